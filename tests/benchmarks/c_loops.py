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
from sweep.kernel.outcomes import OUTPUT_SETS
from tests.benchmarks.c_translation import struct, translated, view
from tests.benchmarks.measuring import Row, at_least, medians
from tests.benchmarks.same_model import economy, table
from tests.kernel_cases import POLICIES
from tests.studies import study

__all__ = ["CKernel", "measure"]

FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=c++20", "-fPIC", "-shared")
# The best of these counts.
VARIANTS = {
    "vectors of 256 bits": ("-mprefer-vector-width=256",),
    "vectors of 512 bits": ("-mprefer-vector-width=512",),
    "vectors of 512 bits, unrolled": ("-mprefer-vector-width=512", "-funroll-loops"),
}
REGIONS, YEARS, CLOSE, SHARE = "us_states", 15, 1e-4, 0.8
_ENTRIES = """
extern "C" void c_begin(const Observed *e, const P *p, const Derived *z, const State *s,
                        const Ledger *b) {
  kernel::begin(*e, *p, *z, *s, *b);
}
extern "C" void c_settle(const Observed *e, const P *p, const Derived *z, const State *s) {
  kernel::settle(*e, *p, *z, *s);
}
extern "C" float c_run_policy(
    const Observed *e, const P *p, const D *d, const Derived *z, const State *s, const Ledger *b,
    const Table<float> *ramp, const Row<long> *payers, const Row<float> *numbers, const Row<long> *moving,
    const Table<float> *paths, bool placed, float finding, bool compared, long months, bool detail) {
  return kernel::run_policy(
      *e, *p, *d, *z, *s, *b, *ramp, *payers, *numbers, *moving, *paths, placed, finding, compared, months, detail);
}
"""


class _View(ctypes.Structure):
    _fields_ = [("p", ctypes.c_void_p), ("n", ctypes.c_long * 3)]


def _views(arrays: Sequence[NDArray[Any]]) -> ctypes.Array[_View]:
    assert all(array.flags.c_contiguous for array in arrays)
    return (_View * len(arrays))(*(_View(a.ctypes.data, (ctypes.c_long * 3)(*a.shape)) for a in arrays))


class CKernel:
    """Stands in for the compiled module: the same three functions, made at the first call from what that gets."""

    def __init__(self, folder: Path, name: str, flags: Sequence[str]) -> None:
        self.path, self.flags = folder / name.replace(" ", "_"), flags
        self.library: ctypes.CDLL | None = None
        # By identity; the structure is kept, so that no other gets the same.
        self.kept: dict[int, tuple[Any, ctypes.Array[_View]]] = {}

    def _compile(self, p: np.void, *structures: Any) -> ctypes.CDLL:
        shapes = [{name: view(array) for name, array in each._asdict().items()} for each in structures]
        types = [struct(type(each).__name__, shape) for each, shape in zip(structures, shapes, strict=True)]
        types += [struct("P", dict.fromkeys(p.dtype.names or (), "float")), struct("D", dict.fromkeys(DOSES, "float"))]
        numbers = {name: value for name, value in vars(instruments).items() if isinstance(value, int | float)}
        code = translated(_source("float32"), numbers, ("begin", "settle", "run_policy"))
        text, made = self.path.with_suffix(".cc"), self.path.with_suffix(".so")
        text.write_text("\n".join([code, *types, _ENTRIES]))
        command = ["gcc", *self.flags, "-o", str(made), str(text), "-lmvec", "-lm"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        library = ctypes.CDLL(str(made))
        library.c_run_policy.restype = ctypes.c_float
        return library

    def _arrays(self, structure: Any) -> ctypes.Array[_View]:
        if id(structure) not in self.kept:
            self.kept[id(structure)] = structure, _views(structure)
        return self.kept[id(structure)][1]

    def begin(self, e: Any, p: np.void, *rest: Any) -> None:
        """A new draw."""
        if self.library is None:
            self.library = self._compile(p, e, *rest)
        self.library.c_begin(self._arrays(e), p.tobytes(), *map(self._arrays, rest))

    def settle(self, e: Any, p: np.void, z: Any, s: Any) -> None:
        """After a month without change."""
        assert self.library is not None
        self.library.c_settle(self._arrays(e), p.tobytes(), self._arrays(z), self._arrays(s))

    def run_policy(self, e: Any, p: np.void, d: np.void, z: Any, s: Any, b: Any, *rest: Any) -> float:
        """One draw under one policy."""
        assert self.library is not None
        *arrays, placed, finding, compared, months, detail = rest
        records = self._arrays(e), p.tobytes(), d.tobytes(), *map(self._arrays, (z, s, b))
        numbers = (
            ctypes.c_bool(placed),
            ctypes.c_float(finding),
            ctypes.c_bool(compared),
            ctypes.c_long(months),
            ctypes.c_bool(detail),
        )
        result: float = self.library.c_run_policy(*records, *(_views([each]) for each in arrays), *numbers)
        return result

    def keep(self, found: NDArray[Any], rows: NDArray[Any], kept: NDArray[Any], policy: int, draw: int) -> None:
        """As the kernel has it; no loop of equations."""
        kept[:, policy, draw] = np.moveaxis(found[:, rows, : kept.shape[3]], 0, 2)


@contextmanager
def _instead(kernel: CKernel) -> Iterator[None]:
    with (
        mock.patch("sweep.kernel.compiled._ready"),
        mock.patch("sweep.kernel.compiled.compile_kernel", return_value=kernel),
    ):
        yield


def _difference(one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]]) -> float:
    """Largest difference of any outcome, as a share of its largest value."""
    return max(float(np.abs(one[name] - other[name]).max() / max(1e-30, np.abs(one[name]).max())) for name in one)


def measure(quick: bool) -> list[Row]:
    """Speed of both, without policy and with those of the default study, and how far their outcomes differ."""
    draws = table(REGIONS, 0, 4 if quick else 16)
    default = [policy.instruments(draws) for policy in study().policies if policy.name != "none"]
    core = ("core",)
    cases: dict[str, tuple[Sequence[Instruments], Sequence[str]]] = {
        "core outcomes, no policy": ([NO_POLICY], core),
        "core outcomes, the default policies": (default, core),
        "all outcomes, the default policies": (default, OUTPUT_SETS),
    }

    def run(policies: Sequence[Instruments], outputs: Sequence[str] = OUTPUT_SETS) -> dict[str, NDArray[Any]]:
        return dict(simulate(economy(REGIONS), draws, policies, YEARS, outputs=outputs))

    with tempfile.TemporaryDirectory() as folder:
        kernels = {name: CKernel(Path(folder), name, (*FLAGS, *flags)) for name, flags in VARIANTS.items()}

        def run_c(variant: str, *arguments: Any) -> dict[str, NDArray[Any]]:
            with _instead(kernels[variant]):
                return run(*arguments)

        rows = []
        for name, (policies, outputs) in cases.items():
            runs: dict[str, Callable[[], object]] = {"kernel": partial(run, policies, outputs)}
            runs |= {variant: partial(run_c, variant, policies, outputs) for variant in VARIANTS}
            seconds = medians(runs, 3 if quick else 9)
            best = min(VARIANTS, key=lambda variant: seconds[variant])
            steps = (1 + len(policies)) * len(draws["regime"]) * YEARS * 12 * economy(REGIONS).employment.size
            mine, others = (steps / seconds[each] / 1e6 for each in ("kernel", best))
            text = f"{mine:.1f} M cell-steps/s; gcc {others:.1f} M ({best})"
            rows.append(Row(name, text, *at_least(mine / others, SHARE)))
        difference = _difference(run(POLICIES), run_c(best, POLICIES))
    kept = f"≤ {CLOSE:.0e}{'' if difference <= CLOSE else ': not reached'}"
    return [*rows, Row("largest difference of any outcome, all instruments", f"{difference:.0e}", "", kept)]
