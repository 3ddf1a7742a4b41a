"""How a fish stock grows: what `ema_harvest.py` imports, as a user splits a model."""

import math


def grown(stock: float, rate: float, capacity: float, shape: str) -> float:
    """The stock a year later, by logistic or Gompertz growth."""
    if shape == "gompertz":
        return stock + rate * stock * math.log(capacity / stock)
    return stock + rate * stock * (1 - stock / capacity)
