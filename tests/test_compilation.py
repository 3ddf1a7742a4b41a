"""One kernel for all threads and all economies."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sweep.kernel import compiled
from sweep.kernel.compiled import simulate
from sweep.regions import load_regions
from tests.kernel_cases import median_draws, policy, tiny_economy


def test_threads_that_start_together_share_one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    built, original = [], compiled._source

    def slow(real: str) -> str:
        built.append(real)
        time.sleep(0.05)
        return original(real)

    monkeypatch.setattr(compiled, "_source", slow)
    compiled._module.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        modules = set(pool.map(compiled.compile_kernel, ["float32"] * 8))
    assert built == ["float32"] and len(modules) == 1


def test_one_compiled_kernel_serves_all_economies() -> None:
    simulate(tiny_economy(), median_draws(1), [], 1)
    simulate(load_regions("us_states"), median_draws(2), [policy("debt")], 1)
    kernel = compiled.compile_kernel()
    assert [len(getattr(kernel, name).signatures) for name in compiled._ENTRIES] == [1, 1, 1]
