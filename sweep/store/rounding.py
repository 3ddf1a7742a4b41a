"""Fewer bits of what nobody knows so exactly: stored numbers are rounded to a stated relative error."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numcodecs.bitround import BitRound
from numpy.typing import NDArray

from sweep.errors import DamageError

__all__ = ["rounded", "rounding_attributes"]

_BITS = "quantization_nsb"


def rounding_attributes(keep_bits: int) -> dict[str, Any]:
    """Attributes of a rounded array, by names of the CF conventions (1.12, section 8.4).

    keep_bits: bits of the mantissa that are kept; the rest are rounded to nearest, ties to even.
    """
    return {
        "quantization": "bitround",
        _BITS: keep_bits,
        "quantization_maximum_relative_error": 2.0 ** -(keep_bits + 1),
    }


def rounded(values: NDArray[Any], attributes: Mapping[str, Any]) -> NDArray[Any]:
    """Values as an array of these attributes stores them; what isn't finite stays. Raises DamageError."""
    keep_bits = attributes.get(_BITS)
    if keep_bits is None:
        return values
    if values.dtype != np.float32 or type(keep_bits) is not int or not 1 <= keep_bits <= 22:
        raise DamageError(f"{_BITS}: expected 1 to 22 bits of single precision, got {keep_bits!r:.40}")
    result: NDArray[Any] = BitRound(keep_bits).encode(values).view(values.dtype).reshape(values.shape)
    # A carry makes infinity of the largest numbers and zero of some kinds of NaN.
    np.copyto(result, values, where=~(np.isfinite(result) & np.isfinite(values)))
    return result
