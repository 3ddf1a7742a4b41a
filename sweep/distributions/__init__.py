"""From a config node to a quantile function: a number, or one distribution written as a list."""

from sweep.distributions.distribution import Distribution, constant
from sweep.distributions.node import KINDS, parse, parse_exact

__all__ = ["KINDS", "Distribution", "constant", "parse", "parse_exact"]
