"""The kernel's own loops in C++ by gcc with its vector library of elementary functions, beside the compiled kernel.

Both work on the same arrays, and are called for every draw and policy by the same lines of Python.
"""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from sweep.kernel import instruments
from sweep.kernel.compiled import _source, simulate
from sweep.kernel.instruments import DOSES, NO_POLICY, Instruments
from tests.benchmarks.c_translation import struct, translated, view
from tests.benchmarks.measuring import Row, at_least, medians
from tests.benchmarks.same_model import economy, table
from tests.studies import study

__all__ = ["CKernel", "measure"]

FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=c++20", "-fPIC", "-shared")
WIDTHS = (256, 512)
REGIONS, YEARS, CLOSE, SHARE = "us_states", 15, 1e-4, 0.8
_ENTRIES = """
extern "C" void c_begin(const Observed *e, const P *p, const Derived *z, const State *s) {
  kernel::begin(*e, *p, *z, *s);
}
extern "C" void c_settle(const Observed *e, const P *p, const Derived *z, const State *s) {
  kernel::settle(*e, *p, *z, *s);
}
extern "C" float c_run_policy(
    const Observed *e, const P *p, const D *d, const Derived *z, const State *s, const Table<float> *ramp,
    const Row<long> *payers, const Row<float> *lag, float finding, bool compared, long months, bool detail) {
  return kernel::run_policy(*e, *p, *d, *z, *s, *ramp, *payers, *lag, finding, compared, months, detail);
}
"""


class _View(ctypes.Structure):
    _fields_ = [("p", ctypes.c_void_p), ("n", ctypes.c_long * 3)]


def _views(arrays: Sequence[NDArray[Any]]) -> ctypes.Array[_View]:
    assert all(array.flags.c_contiguous for array in arrays)
    return (_View * len(arrays))(*(_View(a.ctypes.data, (ctypes.c_long * 3)(*a.shape)) for a in arrays))


class CKernel:
    """Stands in for the compiled module: the same three functions, made at the first call from what that gets."""

    def __init__(self, folder: Path, flags: Sequence[str]) -> None:
        self.folder, self.flags = folder, flags
        self.library: ctypes.CDLL | None = None
        # By identity; the structure is kept, so that no other gets the same.
        self.kept: dict[int, tuple[Any, ctypes.Array[_View]]] = {}

    def _compile(self, e: Any, p: np.void, z: Any, s: Any) -> ctypes.CDLL:
        shapes = [{name: view(array) for name, array in each._asdict().items()} for each in (e, z, s)]
        types = [struct(type(each).__name__, shape) for each, shape in zip((e, z, s), shapes, strict=True)]
        types += [struct("P", dict.fromkeys(p.dtype.names or (), "float")), struct("D", dict.fromkeys(DOSES, "float"))]
        numbers = {name: value for name, value in vars(instruments).items() if isinstance(value, int | float)}
        code = translated(_source("float32"), numbers)
        (self.folder / "kernel.cc").write_text("\n".join([code, *types, _ENTRIES]))
        command = ["gcc", *self.flags, "-o", "kernel.so", "kernel.cc", "-lmvec", "-lm"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True)
        library = ctypes.CDLL(str(self.folder / "kernel.so"))
        library.c_run_policy.restype = ctypes.c_float
        return library

    def _arrays(self, structure: Any) -> ctypes.Array[_View]:
        if id(structure) not in self.kept:
            self.kept[id(structure)] = structure, _views(structure)
        return self.kept[id(structure)][1]

    def begin(self, e: Any, p: np.void, z: Any, s: Any) -> None:
        """A new draw."""
        if self.library is None:
            self.library = self._compile(e, p, z, s)
        self.library.c_begin(self._arrays(e), p.tobytes(), self._arrays(z), self._arrays(s))

    def settle(self, e: Any, p: np.void, z: Any, s: Any) -> None:
        """After a month without change."""
        assert self.library is not None
        self.library.c_settle(self._arrays(e), p.tobytes(), self._arrays(z), self._arrays(s))

    def run_policy(self, e: Any, p: np.void, d: np.void, z: Any, s: Any, *rest: Any) -> float:
        """One draw under one policy."""
        assert self.library is not None
        ramp, payers, lag, finding, compared, months, detail = rest
        records = self._arrays(e), p.tobytes(), d.tobytes(), self._arrays(z), self._arrays(s)
        numbers = ctypes.c_float(finding), ctypes.c_bool(compared), ctypes.c_long(months), ctypes.c_bool(detail)
        result: float = self.library.c_run_policy(*records, _views([ramp]), _views([payers]), _views([lag]), *numbers)
        return result


@contextmanager
def _instead(kernel: CKernel) -> Iterator[None]:
    with mock.patch("sweep.kernel.compiled.compile_kernel", return_value=kernel):
        yield


def _difference(one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]]) -> float:
    """Largest difference of any outcome, as a share of its largest value."""
    return max(float(np.abs(one[name] - other[name]).max() / max(1e-30, np.abs(one[name]).max())) for name in one)


def measure(quick: bool) -> list[Row]:
    """Speed of both with core outcomes, without policy and with those of the default study, and how far they differ."""
    draws = table(REGIONS, 0, 8 if quick else 32)
    default = [policy.instruments(draws) for policy in study().policies if policy.name != "none"]
    cases = {"no policy": [NO_POLICY], "the default policies": default}

    def run(policies: Sequence[Instruments]) -> dict[str, NDArray[Any]]:
        return dict(simulate(economy(REGIONS), draws, policies, YEARS, outputs=("core",)))

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        kernels = {}
        for width in WIDTHS:
            Path(folder, str(width)).mkdir()
            kernels[width] = CKernel(Path(folder, str(width)), (*FLAGS, f"-mprefer-vector-width={width}"))

        def run_c(width: int, policies: Sequence[Instruments]) -> dict[str, NDArray[Any]]:
            with _instead(kernels[width]):
                return run(policies)

        for name, policies in cases.items():
            runs: dict[str, Callable[[], object]] = {"kernel": partial(run, policies)}
            runs |= {str(width): partial(run_c, width, policies) for width in WIDTHS}
            seconds = medians(runs, 3 if quick else 7)
            best = min(WIDTHS, key=lambda width: seconds[str(width)])
            difference = _difference(run(policies), run_c(best, policies))
            assert difference < CLOSE, f"the C loops differ by {difference:.1e}"
            steps = (1 + len(policies)) * len(draws["regime"]) * YEARS * 12 * economy(REGIONS).employment.size
            mine, others = (steps / seconds[each] / 1e6 for each in ("kernel", str(best)))
            text = f"{mine:.1f} M cell-steps/s; gcc {others:.1f} M, vectors of {best} bits"
            text += f", outcomes within {difference:.0e}"
            rows.append(Row(f"kernel beside its loops in C, {name}", text, *at_least(mine / others, SHARE)))
    return rows
