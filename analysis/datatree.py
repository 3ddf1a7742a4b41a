"""A sweep as a tree of datasets, in the groups and dimensions that ArviZ's tools look for."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.beliefs import drawn_from
from analysis.caution import cautioned
from analysis.inputs import input_names
from analysis.labels import json_attribute, policy_labels
from analysis.monte_carlo import design_told
from analysis.regimes import regimes_of
from analysis.statistics import kept_outcomes

__all__ = ["to_datatree"]

_SAMPLE = ["chain", "draw"]
_WEIGHTED = "draws weigh as the coordinate `likelihood` says, which ArviZ doesn't heed"


def to_datatree(data: xr.Dataset, outcomes: Sequence[str] | None = None) -> xr.DataTree:
    """A sweep as an xarray DataTree in the groups of ArviZ's InferenceData, for its statistics and pictures.

    outcomes: names, by default all national outcomes that have draws; regional ones only where they are named.

    `prior` has the uncertain inputs, and doses, (chain, draw, …), `prior_predictive` the outcomes, (chain, draw,
    policy, [region,] year), both as they are stored and with the regime of each draw as coordinate; there is one chain,
    0. `constant_data` has the inputs that are one number in all draws, `policy_label` by policy, and `regime_weight` by
    regime. Nothing was observed, so that there is no `observed_data` and no `posterior`. Attributes of the root are
    those of the store. ArviZ needn't be installed.

    Raises ConfigError on names that aren't there; warns of draws that aren't a sample of the stated distributions, and
    of weights. Source: InferenceData schema specification of ArviZ.

    >>> from analysis import example, to_datatree
    >>> tree = to_datatree(example())
    >>> sorted(tree.children)
    ['constant_data', 'prior', 'prior_predictive']
    >>> dict(tree["prior"].sizes)
    {'chain': 1, 'draw': 512}
    """
    refuse_no_sweep(data)
    told = cautioned(xr.Dataset(), design_told(data), _WEIGHTED if "likelihood" in data.coords else "").attrs["notice"]
    notice = "; ".join(filter(None, [str(data.attrs.get("notice", "")), told]))
    version = str(data.attrs.get("scenaria_version", ""))
    about: dict[str, Any] = {"inference_library": "scenaria", "inference_library_version": version}
    groups = {
        "prior": _sampled(data[input_names(data)]),
        "prior_predictive": _sampled(data[kept_outcomes(data, outcomes)]),
        "constant_data": _constant(data),
    }
    for name, group in groups.items():
        sampled = {"sample_dims": _SAMPLE} if "draw" in group.dims else {}
        groups[name] = group.drop_attrs(deep=False).assign_attrs(about | sampled)
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=data.attrs | {"notice": notice}), **groups})


def _sampled(chosen: xr.Dataset) -> xr.Dataset:
    """The dataset with its draws as those of one chain."""
    return chosen.expand_dims(chain=[0]).transpose(*_SAMPLE, ..., missing_dims="ignore")


def _constant(data: xr.Dataset) -> xr.Dataset:
    """What no draw changes: inputs with one value, labels of policies, weights of regimes."""
    regimes = regimes_of(data, weighted=True)
    own = {key.rpartition(".")[2]: set(each.values()) for key, each in drawn_from(data, regimes).items()}
    by_place = {key.rpartition(".")[2] for key in json_attribute(data, "identity").get("places", {})}
    alike = {name: each for name, each in own.items() if len(each) == 1 and name not in by_place}
    values = {name: next(iter(each)) for name, each in alike.items() if name not in data}
    found = xr.Dataset({name: each.arguments[0] for name, each in values.items() if each.is_constant})
    found = found.assign(policy_label=("policy", _texts(policy_labels(data).values()))).assign_coords(
        policy=data["policy"]
    )
    if "regime" not in data.coords:
        return found
    weights = {"regime_weight": ("regime", list(regimes.weights))}
    return found.assign(weights).assign_coords(regime=_texts(regimes.names))


def _texts(names: Iterable[str]) -> NDArray[Any]:
    """Texts of any length, as Zarr's format has them."""
    # No StringDType, which NumPy before 2.2.5 crashes at when it is copied.
    return np.array(list(names), dtype=object)
