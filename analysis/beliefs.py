"""The same draws under other beliefs: other weights of regimes and distributions of inputs, by importance weights."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep, refuse_unnamed
from analysis.caution import cautioned
from analysis.inputs import moving_together
from analysis.labels import json_attribute
from analysis.regimes import Regimes, effective_draws, named_regimes, regimes_of
from sweep.distributions import Distribution, parse, parse_exact
from sweep.errors import ConfigError, nearest

__all__ = [
    "LEAST_DRAWS",
    "LEAST_SHARE",
    "WEAK_DRAWS",
    "WEAK_SHARE",
    "Belief",
    "beliefs_of",
    "doses_drawn_from",
    "drawn_from",
    "reweighted",
    "weighed",
]

Floats = NDArray[np.float64]
# A regime's weight, or an input's number or distribution as in the configuration.
Belief = float | Sequence[Any]

# Of all draws, and of a regime's: where fewer count, nothing is said, and up to the next two with a caution.
LEAST_SHARE, LEAST_DRAWS = 0.05, 50
WEAK_SHARE, WEAK_DRAWS = 0.2, 100
# Of a belief: what lies where nothing was drawn is missing from all results.
MOST_MISSING = 0.01
_PROBES = (np.arange(2**14) + 0.5) / 2**14


class _Input(NamedTuple):
    """One belief on an input: its key, the draws it is of, their values, and what these were drawn from."""

    key: str
    positions: NDArray[np.integer]
    values: Floats
    drawn: Distribution
    believed: Distribution


def reweighted(data: xr.Dataset, beliefs: Mapping[str, Belief]) -> xr.Dataset:
    """The dataset with its draws so weighted as if they had been drawn by other beliefs; all analyses take the weights.

    beliefs: weights of regimes, {"slow": 0.5, "rapid": 0.5} (of others 0), and distributions of inputs by their keys
    in the configuration, {"adoption.imitation_rate": ["log_normal", 0.4, 0.3]}, or of one regime,
    {"adoption.regimes.slow.worth_automating": ["beta", 20, 80]}. The coordinate `likelihood`, (draw,), is the density
    of a draw under these beliefs over that under which it was drawn. The attribute `beliefs` has them in words, and
    `effective_draws` says how many draws of equal weight would tell as much.

    Raises ConfigError where these are fewer than 50, or than 5 % of all draws or of a regime's; where over 1 % of a
    belief lies where nothing was drawn; and where it isn't known what was drawn from. Short of that, it warns. Source:
    Kahn and Marshall 1953; effective draws: Kish 1965.

    >>> from analysis import estimates, example, reweighted
    >>> data = reweighted(example(), {"slow": 0.3, "rapid": 0.7, "adoption.automation": ["beta", 3, 2]})
    >>> round(data.attrs["effective_draws"])
    212
    >>> estimates(data, "national_unemployment_rate", pooled=True)["mean"].sel(policy="none", year=2035).round(3).item()
    0.1
    """
    refuse_no_sweep(data)
    found, notices = weighed(data, beliefs)
    counted, weak = _effective(regimes_of(found, weighted=True))
    result = cautioned(found.assign_attrs(effective_draws=counted), *notices, weak)
    before = str(data.attrs.get("notice", ""))
    return result.assign_attrs(notice="; ".join(text for text in (before, result.attrs["notice"]) if text))


def weighed(data: xr.Dataset, beliefs: Mapping[str, Belief]) -> tuple[xr.Dataset, list[str]]:
    """The dataset as `reweighted` gives it, however few draws count, and what is to be known of it.

    For what few draws may tell because they were drawn for it, as tails are. Raises ConfigError as `reweighted`.
    """
    if data.attrs.get("beliefs"):
        raise ConfigError("these draws are weighted by beliefs already: begin with analysis.load, state all at once")
    if not beliefs:
        raise ConfigError("beliefs: expected weights of regimes or distributions of inputs, got none")
    refuse_unnamed("beliefs", beliefs, "{'slow': 0.4, 'rapid': 0.6}")
    inputs = {key: node for key, node in beliefs.items() if "." in key}
    weights = {key: weight for key, weight in beliefs.items() if "." not in key}
    found = _with_regime_weights(named_regimes(data), weights) if weights else named_regimes(data)
    notices = []
    if inputs:
        likelihoods = np.ones(data.sizes["draw"])
        for each in _inputs(found, regimes_of(found, weighted=True), inputs):
            likelihoods[each.positions] *= _ratio(each)
            notices.append(_missing(each))
        meaning = "likelihood of the draw under other beliefs, over that under those it was drawn by"
        found = found.assign_coords(likelihood=("draw", likelihoods, {"long_name": meaning, "units": "1"}))
    told = ", ".join(f"{key} {parse(node, key)}" for key, node in beliefs.items())
    return found.assign_attrs(beliefs=f"under the beliefs {told}"), notices


def beliefs_of(other: xr.Dataset, data: xr.Dataset) -> dict[str, Belief]:
    """What another sweep was drawn from, where it isn't what the draws of `data` are: beliefs for these.

    Raises ConfigError where the sweeps are of other models, regions or years to start from, or of other inputs.
    """
    here, there = (json_attribute(each, "identity") for each in (data, other))
    for key in ("kernel", "regions", "baseline_year", "dependence", "places", "paths"):
        if here.get(key) != there.get(key):
            raise ConfigError(f"the sweeps differ by more than beliefs: {key} {there.get(key)} and {here.get(key)}")
    regimes = regimes_of(named_regimes(data), weighted=True)
    found: dict[str, Belief] = {}
    theirs = drawn_from(other, regimes)
    for key, own in drawn_from(data, regimes).items():
        if theirs.get(key, {}).keys() != own.keys():
            raise ConfigError(f"the sweeps differ by more than beliefs: {key} isn't drawn in the same regimes")
        found |= _differing(key, own, theirs[key])
    doses = doses_drawn_from(other)
    found |= {key: doses[key].node for key, own in doses_drawn_from(data).items() if doses.get(key, own) != own}
    weights, mine = (
        {name: share for name, share in each.get("regimes", {}).items() if share} for each in (there, here)
    )
    return found if weights == mine else found | weights


def _differing(key: str, own: Mapping[str, Distribution], theirs: Mapping[str, Distribution]) -> dict[str, Belief]:
    """Beliefs on one input, by regime where it was drawn differently in them."""
    if len(set(own.values())) == len(set(theirs.values())) == 1:
        first = next(iter(own))
        return {} if own[first] == theirs[first] else {key: theirs[first].node}
    group, _, name = _parts(key)
    changed = [regime for regime in own if own[regime] != theirs[regime]]
    return {f"{group}.regimes.{regime}.{name}": theirs[regime].node for regime in changed}


def _with_regime_weights(data: xr.Dataset, weights: Mapping[str, Belief]) -> xr.Dataset:
    """The dataset with other weights of its regimes. Raises ConfigError where they aren't weights of regimes it has."""
    names = regimes_of(data, weighted=True).names if "regime" in data else ()
    for name, weight in weights.items():
        if name not in names:
            hint = nearest(name, names) if names else "the dataset has no regimes"
            raise ConfigError(f"beliefs: no regime {name!r} among these draws, and no key of an input: {hint}")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise ConfigError(f"beliefs: expected a weight between 0 and 1 for regime {name}, got {weight!r}")
    shares = {name: weight for name, weight in weights.items() if isinstance(weight, int | float)}
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ConfigError(f"beliefs: weights of regimes must add up to 1, got {sum(shares.values()):g}")
    stated = str(data["regime"].attrs.get("flag_meanings", "")).split() or list(names)
    about = {"flag_meanings": " ".join(stated), "weights": [float(shares.get(name, 0)) for name in stated]}
    return data.assign_coords(regime=data["regime"].assign_attrs(about))


def _inputs(data: xr.Dataset, regimes: Regimes, beliefs: Mapping[str, Belief]) -> Iterator[_Input]:
    """Beliefs on inputs, by regime. Raises ConfigError where one isn't of an input that was drawn."""
    stored, levers = drawn_from(data, regimes), doses_drawn_from(data)
    for key, node in beliefs.items():
        believed = parse(node, key)
        if key in levers and not together_with(data, key):
            yield _Input(key, np.arange(data.sizes["draw"]), data[key].to_numpy(), levers[key], believed)
            continue
        group, regime, name = _parts(key)
        if beside := together_with(data, f"{group}.{name}"):
            raise ConfigError(f"{key}: drawn together with {', '.join(beside)}, which no weights follow: sweep with it")
        drawn = stored.get(f"{group}.{name}")
        if why := unweighed(data, f"{group}.{name}"):
            raise ConfigError(f"{key}: {why}, which no weights follow: sweep with it")
        if drawn is None and name in data:
            raise ConfigError(
                f"{key}: its values are rows of a table and of no distribution, so that nothing weighs them"
            )
        if drawn is None or (regime and regime not in drawn):
            valid = [*stored, *levers, *(f"{group}.regimes.{each}.{name}" for each in drawn or ())]
            raise ConfigError(f"beliefs: no input {key!r} in the store: {nearest(key, valid)}")
        own = [regime] if regime else [each for each in drawn if f"{group}.regimes.{each}.{name}" not in beliefs]
        if len({drawn[each] for each in own}) > 1:
            told = ", ".join(f"{each} from {drawn[each]}" for each in own)
            one = f"{group}.regimes.{own[0]}.{name}"
            raise ConfigError(f"{key}: drawn differently by regime, {told}: state a belief for each, as {one}")
        if name not in data:
            raise ConfigError(f"{key}: {drawn[own[0]]} in every draw, which no weights change: sweep with {key}=…")
        for each in own:
            positions = regimes.members[regimes.names.index(each)]
            yield _Input(key, positions, data[name].isel(draw=positions).to_numpy(), drawn[each], believed)


def _parts(key: str) -> tuple[str, str, str]:
    """Group, regime ("" for all) and name of an input's key."""
    group, _, rest = key.partition(".")
    if rest.startswith("regimes."):
        regime, _, name = rest.removeprefix("regimes.").partition(".")
        return group, regime, name
    return group, "", rest


def together_with(data: xr.Dataset, key: str) -> tuple[str, ...]:
    """Keys of the inputs that were drawn to move together with one."""
    return tuple(name for own in moving_together(data) if key in own for name in own if name != key)


def unweighed(data: xr.Dataset, key: str) -> str:
    """Why no weights follow another distribution of an input, "" where they do."""
    identity = json_attribute(data, "identity")
    if key in identity.get("places", {}):
        return "drawn by region or group as stated for each"
    moving = key.rpartition(".")[2].removesuffix("_end") in identity.get("paths", {})
    return "moves over the years" if moving else ""


def drawn_from(data: xr.Dataset, regimes: Regimes) -> dict[str, dict[str, Distribution]]:
    """What each parameter of the model was drawn from, by regime with draws."""
    identity = json_attribute(data, "identity")
    parameters, order = identity.get("parameters", {}), list(identity.get("regimes", {}))
    found = {}
    for key, texts in parameters.items():
        every = dict(zip(order, texts, strict=False)) if len(texts) > 1 else dict.fromkeys(regimes.names, texts[0])
        found[key] = {name: parse_exact(str(every[name]), key) for name in regimes.names if name in every}
    return found


def doses_drawn_from(data: xr.Dataset) -> dict[str, Distribution]:
    """What each uncertain dose of a policy was drawn from."""
    kinds = {str(name): array.attrs for name, array in data.data_vars.items() if array.attrs.get("kind") == "lever"}
    texts = {name: str(about.get("drawn_from", about.get("distribution"))) for name, about in kinds.items()}
    return {name: parse_exact(text, name) for name, text in texts.items()}


def _ratio(of: _Input) -> Floats:
    """Density under the belief over that drawn from, (draw,); of values by region, which are independent, a product."""
    if of.drawn.is_discrete != of.believed.is_discrete:
        raise ConfigError(
            f"{of.key}: drawn from {of.drawn}, to which {of.believed} has no density: state a distribution of the same "
            "sort, over a range or of single values, or run the sweep with it"
        )
    before = of.drawn.density(of.values)
    if not (before > 0).all():
        raise ConfigError(f"{of.key}: some draws can't come from {of.drawn}, which the store says they do")
    return np.asarray((of.believed.density(of.values) / before).reshape(len(of.values), -1).prod(axis=1))


def _missing(of: _Input) -> str:
    """What part of a belief lies where nothing was drawn, in words; "" for none. Raises ConfigError if it is much."""
    missing = float((of.drawn.density(of.believed.quantile(_PROBES)) == 0).mean())
    told = f"{of.key}: {100 * missing:.2g} % of {of.believed} lies where nothing was drawn from {of.drawn}"
    if missing > MOST_MISSING:
        raise ConfigError(f"{told}: run the sweep with it")
    return told if missing else ""


def _effective(regimes: Regimes) -> tuple[float, str]:
    """How many draws count, and in words where that are few. Raises ConfigError where they are too few."""
    weights = np.ones(sum(regimes.draws)) if regimes.likelihoods is None else regimes.likelihoods
    weak = []
    if len(regimes.names) > 1:
        for name, positions in zip(regimes.names, regimes.members, strict=True):
            weak.append(_too_few(name, effective_draws(weights[positions]), len(positions), 0, 0))
        weights = regimes.draw_weights
    counted = effective_draws(weights)
    weak.append(_too_few("all regimes together", counted, len(weights), LEAST_DRAWS, WEAK_DRAWS))
    return counted, "; ".join(text for text in weak if text)


def _too_few(name: str, counted: float, draws: int, least: int, weak: int) -> str:
    """A caution where few of some draws count, "" where enough do. Raises ConfigError where too few do."""
    told = f"{name}: {counted:.0f} of {draws:,} draws count under these beliefs"
    if counted < max(LEAST_SHARE * draws, least):
        raise ConfigError(
            f"{told}, fewer than {max(LEAST_SHARE * draws, least):.0f}: they are too far from what was drawn by; take "
            "more draws, beliefs that are nearer, or run the sweep with them"
        )
    return told if counted < max(WEAK_SHARE * draws, weak) else ""
