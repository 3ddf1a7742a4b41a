"""Hydra groups of the sweep; inside the wheel they live in sweep/conf."""
