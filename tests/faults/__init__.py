"""What may happen to a run, and what its store must be afterwards."""
