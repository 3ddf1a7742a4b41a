"""Scenaria: Monte Carlo scenario sweeps of AI adoption, regional labor markets and policies."""

__version__ = "0.1.0"
