"""One kernel for all threads and all economies."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sweep.kernel import compiled
from sweep.kernel.compiled import simulate
from sweep.regions import load_regions
from tests.kernel_cases import median_draws, policy, tiny_economy


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The number types that sources were made for, in an empty cache."""
    made, original = [], compiled._source

    def slow(real: str) -> str:
        made.append(real)
        time.sleep(0.05)
        return original(real)

    known = sys.modules.copy()
    monkeypatch.setattr(compiled, "_source", slow)
    monkeypatch.setattr(compiled, "_CACHE", tmp_path)
    compiled._module.cache_clear()
    yield made
    compiled._module.cache_clear()
    sys.modules.update(known)


def test_threads_that_start_together_share_one_kernel(built: list[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        modules = set(pool.map(compiled.compile_kernel, ["float32"] * 8))
    assert built == ["float32"] and len(modules) == 1


def test_a_source_is_made_once_for_all_starts_and_again_where_it_is_not_whole(built: list[str]) -> None:
    path = Path(str(compiled.compile_kernel().__file__))
    whole = path.read_bytes()
    compiled._module.cache_clear()
    assert compiled.compile_kernel().__file__ == str(path) and built == ["float32"]
    for other in (b"", whole[: len(whole) // 2], whole.replace(b"np.float64", b"np.float32"), None):
        path.unlink() if other is None else path.write_bytes(other)
        compiled._module.cache_clear()
        compiled.compile_kernel()
        assert path.read_bytes() == whole
    assert built == ["float32"] * 5


def test_one_compiled_kernel_serves_all_economies() -> None:
    simulate(tiny_economy(), median_draws(1), [], 1)
    simulate(load_regions("us_states"), median_draws(2), [policy("debt")], 1)
    kernel = compiled.compile_kernel()
    entries = [getattr(kernel, name) for name in compiled._ENTRIES]
    assert [len(entry.signatures) for entry in entries] == [1, 1, 1, 1]
    # What this process compiled itself would differ, in last bits, from what others load.
    assert [dict(entry.stats.cache_misses) for entry in entries] == [{}, {}, {}, {}]
