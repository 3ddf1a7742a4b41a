"""Tallies add up to the same bits, whatever is counted first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.counting import Counter, _ordered
from sweep.store import Counted, Pilot, Tally

OUTCOME = Counted("x", "x", "1", True, 32, (0.5,))


def _counted(values: np.ndarray, counter: Counter) -> Tally:
    tally = Tally.empty([OUTCOME], 2, {True: 3, False: 1})
    counter.add(tally, {"x": values}, np.ones(values.shape[:2], np.int8))
    return tally


def _same(first: Tally, second: Tally) -> bool:
    arrays = zip(first.counted["x"].values(), second.counted["x"].values(), strict=True)
    return first.draws == second.draws and all(a.tobytes() == b.tobytes() for a, b in arrays)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(1, 59), st.floats(1e-3, 1e3))
def test_tallies_add_up(seed: int, draws: int, cut: int, spread: float) -> None:
    generator = np.random.default_rng(seed)
    values = (generator.standard_t(2, (2, draws, 3, 1)) * spread).astype(np.float32)
    values[:, :, 0] = np.where(generator.random((2, draws, 1)) < 0.5, np.float32(-0.0), np.float32(0.0))
    pilot = Pilot({"x": _ordered([values[:, : max(2, draws // 3)]])})
    counter = Counter([OUTCOME], {"x": pilot.grid(OUTCOME)}, {True: 3, False: 1})
    cut = min(cut, draws - 1)
    first, second, every = (_counted(each, counter) for each in (values[:, :cut], values[:, cut:], values))
    third = _counted(values[:, ::-1], counter)
    assert _same(every, third)
    left, right, empty = (Tally.empty([OUTCOME], 2, {True: 3, False: 1}) for _ in range(3))
    left.add(first)
    left.add(second)
    right.add(second)
    right.add(first)
    assert _same(left, right)
    assert _same(left, every)
    left.add(empty)
    assert _same(left, every)
