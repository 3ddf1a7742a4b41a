"""A small invented sweep for examples: whole by a few lines of arithmetic, in a hundredth of a second."""

import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_count
from sweep import __version__
from sweep.designs import BLOCKS, DESIGNS, REPLICATES, in_blocks
from sweep.errors import ConfigError, nearest

__all__ = ["example"]

Floats = NDArray[np.float64]

_REGIMES = {"slow": 0.7, "rapid": 0.3}
# Uncertain inputs, all between 0 and 1 with equal chances: unit, grade of evidence, meaning.
_INPUTS = {
    "automation": ("share", "C", "tasks that AI takes over"),
    "reinstatement": ("share", "B", "new tasks for each task taken over"),
    "take_up": ("share", "A", "unemployed people who take up retraining"),
}
_POLICIES = {
    "none": "No policy",
    "retraining": "Retraining",
    "ubi": "Basic income",
    "retraining+ubi": "Retraining and basic income",
    "pilot": "Retraining in the North and the South from 2029",
}
# How exposed each region is to AI, 1 on average.
_REGIONS = {"North": 0.6, "South": 0.8, "East": 1.0, "West": 1.0, "Coast": 1.2, "Hills": 1.4}
_YEARS = np.arange(2025, 2036)
_LABOR_FORCE = 160e6


def example(design: str = "sobol", draws: int = 512) -> xr.Dataset:
    """An invented sweep as `load` gives one, for examples and for trying things: no result of the model.

    design: sobol, halton, monte_carlo, saltelli or morris; draws: their number, of the last two rounded down to whole
    blocks.

    Unemployment starts at 4 %. AI adds up to 6 points by 2035 in the slow regime, and up to 18 in the rapid one,
    times `automation`, times 1 − 0.6 `reinstatement`, times how exposed the region is. Retraining takes 30 % of that
    away, times `take_up`; a basic income adds 0.3 points and takes 20 % away; a pilot retrains in two regions.
    Raises ConfigError on other designs, and on fewer draws than one block.

    >>> from analysis import example
    >>> data = example()
    >>> dict(data.sizes)
    {'policy': 5, 'draw': 512, 'region': 6, 'year': 11}
    """
    uniforms = _uniforms(design, draws)
    rapid = uniforms.pop("regime") > _REGIMES["slow"]
    regimes = ("draw", np.where(rapid, "rapid", "slow"), _about_regimes())
    inputs = {name: ("draw", values, _about_input(name)) for name, values in uniforms.items()}
    coordinates = {
        "policy": np.array(list(_POLICIES), dtype=np.dtypes.StringDType()),
        "draw": np.arange(len(rapid)),
        "region": np.array(list(_REGIONS), dtype=np.dtypes.StringDType()),
        "year": _YEARS,
        "regime": regimes,
    }
    attributes = _attributes(design) | {"draws": len(rapid), "draws_loaded": len(rapid)}
    status = ("policy", "draw"), np.ones((len(_POLICIES), len(rapid)), dtype=np.int8)
    return xr.Dataset({**_outcomes(rapid, uniforms), **inputs, "status": status}, coordinates, attributes)


def _uniforms(design: str, draws: int) -> dict[str, Floats]:
    """Probabilities of the regime and of each input in every draw, as a sweep of that design has them."""
    names = ["regime", *_INPUTS]
    if not isinstance(design, str) or design not in (*DESIGNS, *BLOCKS):
        came = repr(design) if isinstance(design, str) else type(design).__name__
        raise ConfigError(f"design: {came}: {nearest(came, (*DESIGNS, *BLOCKS))}")
    refuse_count("draws", draws)
    if design in DESIGNS:
        return {name: DESIGNS[design](1, name, place, 0, draws) for place, name in enumerate(names)}
    blocks, count = BLOCKS[design], len(names)
    whole = draws // blocks.rows(count) * blocks.rows(count)
    if not whole:
        raise ConfigError(f"draws: expected {blocks.rows(count)} or more, a block of {design}, got {draws}")
    return {
        name: in_blocks(blocks, DESIGNS["sobol"], place, count, name == "regime")(1, name, place, 0, whole)
        for place, name in enumerate(names)
    }


def _outcomes(rapid: NDArray[np.bool_], inputs: dict[str, Floats]) -> dict[str, Any]:
    """What the docstring of `example` says, by policy, draw, region and year, and what follows for the nation."""
    passed, exposed = (_YEARS - _YEARS[0]) / 10, np.array(list(_REGIONS.values()))[:, None]
    pace = np.where(rapid, 0.18, 0.06)
    lost = (pace * inputs["automation"] * (1 - 0.6 * inputs["reinstatement"]))[:, None, None] * exposed * passed
    helped = (0.3 * inputs["take_up"])[:, None, None] * (_YEARS[0] < _YEARS)
    treated = np.isin(list(_REGIONS), ["North", "South"])[:, None] & (_YEARS >= 2029)
    income = 0.003 * (_YEARS[0] < _YEARS) - 0.2 * lost
    # Those who retrain are helped less where a basic income lets them wait.
    changes = [0 * lost, -helped * lost, income, income - 0.6 * helped * lost, -helped * treated * lost]
    # What a pilot does to its neighbors.
    changes[-1] += 0.001 * (~treated & (_YEARS >= 2029))
    rate = 0.04 + lost + np.stack(changes)
    national = rate.mean(axis=2)
    growth = (0.3 * pace / 0.18 * inputs["automation"])[:, None] * passed
    paid = np.array([0.0, 30e9, 400e9, 430e9, 8e9])[:, None, None] * (_YEARS[0] < _YEARS) + 0 * national
    poor = 0.12 + 0.5 * (national - 0.04) - 0.03 * np.array([0, 0, 1, 1, 0])[:, None, None] * (_YEARS[0] < _YEARS)
    by_year, everyone = ("policy", "draw", "year"), _LABOR_FORCE * (1 - national)
    zero = 0 * national
    return {
        "unemployment_rate": (("policy", "draw", "region", "year"), rate, _about("1", "unemployed in the labor force")),
        "national_unemployment_rate": (by_year, national, _about("1", "unemployed in the labor force")),
        "national_employment": (by_year, everyone, _about("persons", "employed persons")),
        "national_gdp": (by_year, 25e12 * (1 + growth - 0.5 * (national - 0.04)), _about("USD per year", "GDP")),
        "national_poverty_rate": (by_year, poor, _about("1", "adults with incomes below the fixed line")),
        "net_cost": (by_year, paid, _about("USD per year", "primary deficit")),
        "national_participation_rate": (by_year, zero + 0.62, _about("1", "labor force in the population")),
        "guarantee_workers": (by_year, zero, _about("persons", "persons in guarantee jobs")),
        "informal_share": (by_year, zero, _about("1", "informally employed among all employed")),
        "labor_tax_change": (by_year, np.minimum(0.5 + 4 * (national - 0.04), 0.6) * (paid > 100e9),
                             _about("1", "change of the labor tax rate that closes the budget")),
    }  # fmt: skip


def _about(units: str, meaning: str) -> dict[str, str]:
    return {"units": units, "long_name": meaning}


def _about_regimes() -> dict[str, Any]:
    return {"flag_meanings": " ".join(_REGIMES), "weights": list(_REGIMES.values()), "long_name": "regime of AI"}


def _about_input(name: str) -> dict[str, Any]:
    units, grade, meaning = _INPUTS[name]
    about = {"units": units, "grade": grade, "grades": [grade] * len(_REGIMES), "source": "invented", "kind": "input"}
    return {**about, "long_name": meaning, "distribution": "uniform(0, 1)"}


def _attributes(design: str) -> dict[str, Any]:
    """What a store says of itself, as far as analyses read it."""
    parameters = {f"adoption.{name}": ["uniform(0.0, 1.0)"] * len(_REGIMES) for name in _INPUTS}
    acts: dict[str, Any] = {name: {"timing": {}} for name in _POLICIES}
    acts["pilot"] = {"timing": {"training": [12 * 3, 0, [0, 1]]}}
    budgets = {"retraining": (30e9, 0), "ubi": (0, 100), "retraining+ubi": (30e9, 100)}
    goals = [
        {"outcome": name, "sense": "min", "bound": None, "quantile": None, "over": "last"}
        for name in ("national_unemployment_rate", "net_cost")
    ]
    candidates = {
        name: {"generation": 0, "levers": {"retraining.budget": budget, "ubi.amount": amount}}
        for name, (budget, amount) in budgets.items()
    }
    search = {"levers": {"retraining.budget": {}, "ubi.amount": {}}, "objectives": goals, "constraints": []}
    moved = {name: [name] for name in ("regime", *_INPUTS)}
    return {
        "title": "An invented sweep",
        "plan_hash": "0" * 64,
        "scenaria_version": __version__,
        "config": "",
        "complete": True,
        "design": design,
        "seed": 1,
        "publishers": "invented for examples",
        "policy_labels": json.dumps(_POLICIES),
        "policy_definitions": json.dumps(acts),
        "identity": json.dumps({"regimes": _REGIMES, "parameters": parameters, "baseline_year": int(_YEARS[0])}),
        "search": json.dumps(search),
        "candidates": json.dumps(candidates),
        "regions": list(_REGIONS),
        "notice": "",
        **(
            {"factors": json.dumps(moved), "factors_by": "parameter", "replicates": REPLICATES}
            if design in BLOCKS
            else {}
        ),
    }
