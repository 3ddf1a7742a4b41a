"""Which draws belong to which regime, and with what weights draws and regimes are pooled.

Whatever weighs draws takes these weights, so that other beliefs (`analysis.beliefs`) enter everywhere alike.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import refuse_nothing
from sweep.errors import ConfigError

__all__ = ["Regimes", "Strata", "effective_draws", "leading_row", "named_regimes", "pooled_weights", "regimes_of"]

# Parts of all draws, each with its share and the weights of draws, (draw,), within it, both of which sum to 1.
Strata = list[tuple[float, NDArray[np.float64]]]


@dataclass(frozen=True)
class Regimes:
    """The regimes that have draws: names, positions of their draws, and weights that sum to 1.

    absent: regimes that have a stated weight and no draws, so that the weights of the others were scaled up;
    likelihoods: of draws under other beliefs, relative to those they were drawn by, (draw,), None for the same ones;
    beliefs: the other beliefs in words, "" for none.
    """

    names: tuple[str, ...]
    members: tuple[NDArray[np.integer], ...]
    weights: tuple[float, ...]
    stated: bool
    absent: tuple[str, ...] = ()
    likelihoods: NDArray[np.float64] | None = None
    beliefs: str = ""

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
        return np.asarray(np.asarray(self.weights) @ np.stack(self.weights_by_regime))

    @property
    def weights_by_regime(self) -> list[NDArray[np.float64]]:
        """Weight of each draw in each regime, (draw,): equal within it or by likelihood, 0 outside; they sum to 1."""
        likelihoods = np.ones(sum(self.draws)) if self.likelihoods is None else self.likelihoods
        shared = []
        for positions in self.members:
            weights = np.zeros(len(likelihoods))
            weights[positions] = likelihoods[positions] / likelihoods[positions].sum()
            shared.append(weights)
        return shared

    def strata(self, pooled: bool) -> list[Strata]:
        """What each result is of: a regime, or all of them, with stated shares or as chance had them."""
        shared = self.weights_by_regime
        if not pooled:
            return [[(1.0, weights)] for weights in shared]
        return [list(zip(self.weights, shared, strict=True))] if self.stated else [[(1.0, self.draw_weights)]]

    def counts(self, pooled: bool) -> dict[str, Any]:
        """Coordinates of a result: regimes by name, draws, and how many of equal weight would tell as much."""
        # Not of the weights of all draws, of each regime: of a million they would be most of what an analysis holds.
        effective = [
            float(len(own)) if self.likelihoods is None else effective_draws(self.likelihoods[own])
            for own in self.members
        ]
        if pooled:
            pairs = zip(self.weights, effective, strict=True)
            squares = sum(weight**2 / (own or np.nan) for weight, own in pairs)
            return {"draws": sum(self.draws), "effective_draws": 1 / squares}
        counts = {"draws": list(self.draws), "effective_draws": effective}
        return {"regime": list(self.names), **{name: ("regime", each) for name, each in counts.items()}}

    @property
    def sentence(self) -> str:
        """The weights in words, for titles and attributes of everything pooled."""
        shares = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(self.names, self.weights, strict=True))
        scaled = f" scaled up to 1 (no draws: {', '.join(self.absent)})" if self.absent else ""
        beliefs = f"; {self.beliefs}" if self.beliefs else ""
        source = f"stated weights{scaled}" if self.stated else "shares of draws as weights"
        return f"pooled with {source}: {shares}{beliefs}"

    @property
    def pooled_attributes(self) -> dict[str, str]:
        """Attributes of everything pooled: `weights`, and where several are weak, `weights_caution`, both in words."""
        caution = ""
        if not self.stated:
            caution = "the data state no weights of regimes: they are pooled by their shares of draws"
        elif self.absent:
            caution = f"regimes of stated weight have no draws, so that others count for more: {', '.join(self.absent)}"
        told = {"weights": self.sentence}
        return told | {"weights_caution": caution} if caution and len(self.names) > 1 else told


def pooled_weights(strata: Strata) -> NDArray[np.float64]:
    """Weight of each draw, (draw,), in all strata together, summing to 1."""
    return np.asarray(np.sum([share * weights for share, weights in strata], axis=0))


def effective_draws(weights: NDArray[np.float64]) -> float:
    """How many draws of equal weight would tell as much as draws of these weights (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum() ** 2) / squares if squares else 0.0


def leading_row(data: xr.Dataset, found: xr.Dataset | xr.DataArray) -> int:
    """Row, in what was found by regime, of the regime of the largest weight; the only one where regimes are joined."""
    return 0 if found.sizes["regime"] == 1 else regimes_of(data, weighted=True).leading


def named_regimes(data: xr.Dataset) -> xr.Dataset:
    """The dataset with `regime` as a coordinate of names on draw, decoded from its CF flags.

    The names and weights of all regimes, with draws or without, stay as attributes.
    """
    if "regime" not in data or data["regime"].dtype.kind not in "iu":
        return data
    names, codes = _coded(data)
    kept = {key: value for key, value in data["regime"].attrs.items() if key != "flag_values"}
    # Draws share the few texts. Where xarray isn't told to leave them as they are, it makes a text for each draw, which
    # of a million would be most of what analyses hold.
    shared = xr.Variable("draw", np.array(names, dtype=object)[codes], kept, fastpath=True)
    return data.drop_vars("regime").assign_coords(regime=shared)


def _coded(data: xr.Dataset) -> tuple[list[str], NDArray[np.integer]]:
    """Names of the regimes, in the order of flags where they are known, and the place of each draw's among them."""
    regime = data["regime"]
    values, stated = regime.to_numpy(), str(regime.attrs.get("flag_meanings", "")).split()
    if values.dtype.kind not in "iu":
        codes = np.full(len(values), -1, dtype=np.int16)
        for place, name in enumerate(stated):
            codes[values == name] = place
        if (codes >= 0).all():
            return stated, codes
        present, places = np.unique(values, return_inverse=True)
        return [str(name) for name in present], places
    present = np.unique(values)
    codes = np.zeros(len(values), dtype=np.int16)
    for place, flag in enumerate(present):
        codes[values == flag] = place
    flags = [int(value) for value in np.atleast_1d(regime.attrs.get("flag_values", []))]
    meanings = dict(zip(flags, stated, strict=False))
    return [meanings.get(int(value), f"regime {int(value)}") for value in present], codes


def regimes_of(data: xr.Dataset, weighted: bool = False) -> Regimes:
    """The regimes of a dataset's draws, in the order stated; without regimes, one regime of all draws.

    weighted: whether the caller heeds that draws of a regime may weigh differently, by `Regimes.strata`,
    `weights_by_regime` or `draw_weights`. Raises ConfigError where they do and it doesn't, and on no draws.
    """
    if "likelihood" in data.coords and not weighted:
        raise ConfigError(
            "this analysis takes all draws of a regime alike, and these are weighted by beliefs about inputs: give it "
            "other weights of regimes alone, or draws as analysis.load has them"
        )
    refuse_nothing({"draw": data.sizes["draw"]})
    likelihoods = data["likelihood"].to_numpy() if "likelihood" in data.coords else None
    beliefs = str(data.attrs.get("beliefs", ""))
    if "regime" not in data:
        everything = np.arange(data.sizes["draw"])
        return Regimes(("all draws",), (everything,), (1.0,), False, (), likelihoods, beliefs)
    regime, (names, codes) = data["regime"], _coded(data)
    stated = str(regime.attrs.get("flag_meanings", "")).split()
    shares = dict(zip(stated, np.atleast_1d(regime.attrs.get("weights", [])).astype(float), strict=False))
    # Of a million draws they are most of what an analysis that counts holds.
    narrow: type[np.integer] = np.int32 if len(codes) < 2**31 else np.int64
    found = {name: np.flatnonzero(codes == place).astype(narrow) for place, name in enumerate(names)}
    present = [name for name in dict.fromkeys([*stated, *sorted(names)]) if len(found.get(name, ()))]
    members = tuple(found[name] for name in present)
    weights, usable = _weights([shares.get(name, np.nan) for name in present], [len(m) for m in members])
    absent = tuple(name for name, share in shares.items() if usable and share > 0 and name not in present)
    return Regimes(tuple(present), members, weights, usable, absent, likelihoods, beliefs)


def _weights(beliefs: list[float], draws: list[int]) -> tuple[tuple[float, ...], bool]:
    """Beliefs rescaled to sum to 1 over the regimes present, or shares of draws where none are stated."""
    usable = bool(np.all(np.isfinite(beliefs)) and np.min(beliefs) >= 0 and np.sum(beliefs) > 0)
    raw = np.asarray(beliefs if usable else draws, dtype=float)
    return tuple(float(weight) for weight in raw / raw.sum()), usable
