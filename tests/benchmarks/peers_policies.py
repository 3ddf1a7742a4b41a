"""All policies of the default study under EMA Workbench with the same kernel: see `peers`."""

from tests.benchmarks.peers import measure_policies as measure

__all__ = ["measure"]
