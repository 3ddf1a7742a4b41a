"""Rounding of stored outcomes: within the stated error, never of what isn't finite, and told in the store."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sweep.errors import DamageError
from sweep.store.rounding import rounded, rounding_attributes
from tests.studies import finish

ANY = arrays.arrays(np.float32, 20, elements=st.floats(width=32))
# Not a number with all its bits set, to which no bit can be added.
FULL = np.full(20, 0x7FFFFFFF, np.uint32).view(np.float32)
SMALL = ("regions=archetypes", "draws=64", "years=2", "policy=[ubi]")


@given(ANY, st.integers(4, 22))
@example(FULL, 4)
@example(-FULL, 22)
def test_the_error_is_as_stated_and_rounding_twice_changes_nothing(values: np.ndarray, bits: int) -> None:
    about = rounding_attributes(bits)
    result = rounded(values, about)
    normal = np.isfinite(values) & (np.abs(values) >= np.finfo(np.float32).tiny)
    exact, stored = values[normal].astype(float), result[normal].astype(float)
    assert (np.abs(stored - exact) <= about["quantization_maximum_relative_error"] * np.abs(exact)).all()
    assert np.array_equal(np.isfinite(result), np.isfinite(values))
    assert np.array_equal(np.isnan(result), np.isnan(values))
    assert rounded(result, about).tobytes() == result.tobytes()


@pytest.mark.parametrize("bits", [0, 23, 12.0, "12", True])
def test_attributes_of_unknown_origin_are_refused(bits: object) -> None:
    with pytest.raises(DamageError, match="expected 1 to 22 bits"):
        rounded(np.ones(3, dtype=np.float32), {"quantization_nsb": bits})


def test_regional_outcomes_alone_are_rounded_and_take_less_room(tmp_path: Path) -> None:
    whole = finish(tmp_path / "whole.zarr", *SMALL, "outputs.keep_bits=null")
    fewer = finish(tmp_path / "fewer.zarr", *SMALL, "outputs.keep_bits=6")
    exact, stored = xr.open_zarr(whole, consolidated=False), xr.open_zarr(fewer, consolidated=False)
    assert "quantization_nsb" not in exact["wage"].attrs
    assert stored["wage"].attrs["quantization_nsb"] == 6
    assert stored["wage"].attrs["quantization_maximum_relative_error"] == 2**-7
    xr.testing.assert_identical(exact["national_wage"], stored["national_wage"])
    ratio = stored["wage"].load() / exact["wage"].load()
    assert 0 < np.abs(ratio - 1).max() <= 2**-7
    sizes = [sum(file.stat().st_size for file in (path / "wage").iterdir()) for path in (whole, fewer)]
    assert sizes[1] < 0.7 * sizes[0]
