"""Which draws belong to which regime, and the stated weights with which regimes may be pooled."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

__all__ = ["Regimes", "leading_row", "named_regimes", "regimes_of"]


@dataclass(frozen=True)
class Regimes:
    """The regimes that have draws: names, positions of their draws, and weights that sum to 1.

    absent: regimes that have a stated weight and no draws, so that the weights of the others were scaled up.
    """

    names: tuple[str, ...]
    members: tuple[NDArray[np.intp], ...]
    weights: tuple[float, ...]
    stated: bool
    absent: tuple[str, ...] = ()

    @property
    def draws(self) -> tuple[int, ...]:
        """Number of draws of each regime."""
        return tuple(len(positions) for positions in self.members)

    @property
    def leading(self) -> int:
        """Position of the regime of the largest weight."""
        return int(np.argmax(self.weights))

    @property
    def draw_weights(self) -> NDArray[np.float64]:
        """Weight of each draw, (draw,), summing to 1: its regime's weight shared by the regime's draws."""
        weights = np.zeros(sum(self.draws))
        for positions, weight in zip(self.members, self.weights, strict=True):
            weights[positions] = weight / len(positions)
        return weights

    @property
    def sentence(self) -> str:
        """The weights in words, for titles and attributes of everything pooled."""
        shares = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(self.names, self.weights, strict=True))
        scaled = f" scaled up to 1 (no draws: {', '.join(self.absent)})" if self.absent else ""
        return f"pooled with {f'stated weights{scaled}' if self.stated else 'shares of draws as weights'}: {shares}"


def leading_row(data: xr.Dataset, found: xr.Dataset | xr.DataArray) -> int:
    """Row, in what was found by regime, of the regime of the largest weight; the only one where regimes are joined."""
    return 0 if found.sizes["regime"] == 1 else regimes_of(data).leading


def named_regimes(data: xr.Dataset) -> xr.Dataset:
    """The dataset with `regime` as a coordinate of names on draw, decoded from its CF flags.

    The names and weights of all regimes, with draws or without, stay as attributes.
    """
    if "regime" not in data or data["regime"].dtype.kind not in "iu":
        return data
    names, codes = _coded(data)
    kept = {key: value for key, value in data["regime"].attrs.items() if key != "flag_values"}
    return data.drop_vars("regime").assign_coords(regime=("draw", np.array(names, dtype=str)[codes], kept))


def _coded(data: xr.Dataset) -> tuple[list[str], NDArray[np.intp]]:
    """Names of the regimes, in the order of flags where they are known, and each draw's place among them."""
    regime = data["regime"]
    values, stated = regime.to_numpy(), str(regime.attrs.get("flag_meanings", "")).split()
    if values.dtype.kind not in "iu":
        codes = np.full(len(values), -1, dtype=np.intp)
        for place, name in enumerate(stated):
            codes[values == name] = place
        if (codes >= 0).all():
            return stated, codes
    present, codes = np.unique(values, return_inverse=True)
    if present.dtype.kind not in "iu":
        return [str(name) for name in present], codes
    flags = [int(value) for value in np.atleast_1d(regime.attrs.get("flag_values", []))]
    meanings = dict(zip(flags, stated, strict=False))
    return [meanings.get(int(value), f"regime {int(value)}") for value in present], codes


def regimes_of(data: xr.Dataset) -> Regimes:
    """The regimes of a dataset's draws, in the order stated; without regimes, one regime of all draws."""
    if "regime" not in data:
        everything = np.arange(data.sizes["draw"])
        return Regimes(("all draws",), (everything,), (1.0,), stated=False)
    regime, (names, codes) = data["regime"], _coded(data)
    stated = str(regime.attrs.get("flag_meanings", "")).split()
    beliefs = dict(zip(stated, np.atleast_1d(regime.attrs.get("weights", [])).astype(float), strict=False))
    found = {name: np.flatnonzero(codes == place) for place, name in enumerate(names)}
    present = [name for name in dict.fromkeys([*stated, *sorted(names)]) if len(found.get(name, ()))]
    members = tuple(found[name] for name in present)
    weights, usable = _weights([beliefs.get(name, np.nan) for name in present], [len(m) for m in members])
    absent = tuple(name for name, belief in beliefs.items() if usable and belief > 0 and name not in present)
    return Regimes(tuple(present), members, weights, usable, absent)


def _weights(beliefs: list[float], draws: list[int]) -> tuple[tuple[float, ...], bool]:
    """Beliefs rescaled to sum to 1 over the regimes present, or shares of draws where none are stated."""
    usable = bool(np.all(np.isfinite(beliefs)) and np.min(beliefs) >= 0 and np.sum(beliefs) > 0)
    raw = np.asarray(beliefs if usable else draws, dtype=float)
    return tuple(float(weight) for weight in raw / raw.sum()), usable
