"""Which draws belong to which regime, and the stated weights with which regimes may be pooled."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

__all__ = ["Regimes", "regimes_of"]


@dataclass(frozen=True)
class Regimes:
    """The regimes that have draws: names, positions of their draws, and weights that sum to 1."""

    names: tuple[str, ...]
    members: tuple[NDArray[np.intp], ...]
    weights: tuple[float, ...]
    stated: bool

    @property
    def draws(self) -> tuple[int, ...]:
        """Number of draws of each regime."""
        return tuple(len(positions) for positions in self.members)

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
        return f"pooled with {'stated weights' if self.stated else 'shares of draws as weights'}: {shares}"


def regimes_of(data: xr.Dataset) -> Regimes:
    """Read the regimes from the CF flags of `regime`; a store without regimes is one regime of all draws."""
    if "regime" not in data:
        everything = np.arange(data.sizes["draw"])
        return Regimes(("all draws",), (everything,), (1.0,), stated=False)
    codes, flags = np.asarray(data["regime"].to_numpy()), data["regime"].attrs
    present = [int(code) for code in np.unique(codes)]
    values = [int(value) for value in np.atleast_1d(flags.get("flag_values", []))]
    meanings = dict(zip(values, str(flags.get("flag_meanings", "")).split(), strict=False))
    beliefs = dict(zip(values, np.atleast_1d(flags.get("weights", [])).astype(float), strict=False))
    members = tuple(np.flatnonzero(codes == code) for code in present)
    weights, stated = _weights([beliefs.get(code, np.nan) for code in present], [len(m) for m in members])
    return Regimes(tuple(meanings.get(code, f"regime {code}") for code in present), members, weights, stated)


def _weights(beliefs: list[float], draws: list[int]) -> tuple[tuple[float, ...], bool]:
    """Beliefs rescaled to sum to 1 over the regimes present, or shares of draws where none are stated."""
    usable = bool(np.all(np.isfinite(beliefs)) and np.min(beliefs) >= 0 and np.sum(beliefs) > 0)
    raw = np.asarray(beliefs if usable else draws, dtype=float)
    return tuple(float(weight) for weight in raw / raw.sum()), usable
