"""Tests, in the order of the folders they test; reference/ holds published figures."""
