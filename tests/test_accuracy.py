"""The compiled kernel against the float64 reference, over draws of the default study."""

from tests.benchmarks.accuracy import LEAST, errors


def test_single_precision_is_within_1e_5_over_the_default_study() -> None:
    for name, (error, largest) in errors(0, 8).items():
        assert error < 1e-5 * max(largest, LEAST), (name, error)
