"""A sweep as EMA Workbench has its results: a table of experiments, and outcomes by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.export import writable
from analysis.inputs import input_names, input_values
from analysis.statistics import kept_outcomes, outcome_values
from sweep.errors import ConfigError

__all__ = ["refuse_archive", "to_ema", "write_ema"]

_ENDING = ".tar.gz"


def to_ema(data: xr.Dataset, outcomes: Sequence[str] | None = None) -> tuple[Any, dict[str, NDArray[Any]]]:
    """A sweep as EMA Workbench's `perform_experiments` returns its results: `experiments, outcomes`.

    outcomes: names, by default all national outcomes that have draws; regional ones only where they are named.

    `experiments` is a pandas DataFrame with a row for each policy and draw, draws of a policy beside each other: a
    column for each uncertain input and dose in its units (of one that differs between regions, the mean over them; of
    a dose, in the rows of all policies), `regime` where there are regimes, `scenario` (the draw's number), `policy` and
    `model`; these last four are categories. `outcomes` has arrays (experiment, year), of regional outcomes (experiment,
    region, year), as they are stored, and `TIME`, the years, which EMA Workbench's pictures look for.

    Raises ConfigError on names that aren't there, and on draws under other beliefs, whose weights EMA Workbench has no
    place for. Source: ema_workbench 2.5, em_framework/callbacks.py.

    >>> from analysis import example, to_ema
    >>> experiments, outcomes = to_ema(example(), ["national_unemployment_rate"])
    >>> experiments.columns.tolist()
    ['automation', 'reinstatement', 'take_up', 'regime', 'scenario', 'policy', 'model']
    >>> len(experiments), outcomes["national_unemployment_rate"].shape
    (2560, (2560, 11))
    """
    refuse_no_sweep(data)
    if "likelihood" in data.coords:
        raise ConfigError("EMA Workbench takes all draws alike, and these are weighted by beliefs: take them as loaded")
    values = {name: outcome_values(data, name).to_numpy() for name in kept_outcomes(data, outcomes)}
    found = {name: own.reshape(-1, *own.shape[2:]) for name, own in values.items()}
    policies, draws, years = (data[dim].to_numpy() for dim in ("policy", "draw", "year"))
    numbers = {name: np.tile(input_values(data, name), len(policies)) for name in input_names(data)}
    names = {"regime": np.tile(data["regime"].to_numpy(), len(policies))} if "regime" in data.coords else {}
    names |= {
        "scenario": np.tile(draws, len(policies)),
        "policy": np.repeat(policies.astype(object), len(draws)),
        "model": np.full(len(policies) * len(draws), "scenaria", dtype=object),
    }
    columns = {name: ("experiment", column) for name, column in (numbers | names).items()}
    experiments = xr.Dataset(columns).to_dataframe().reset_index(drop=True).astype(dict.fromkeys(names, "category"))
    return experiments, found | {"TIME": np.broadcast_to(years, (len(experiments), len(years)))}


def write_ema(data: xr.Dataset, file: str | Path, outcomes: Sequence[str] | None = None) -> Path:
    """Write what `to_ema` gives by EMA Workbench's `save_results`, and return the path; folders are made.

    file: NAME.tar.gz, which `ema_workbench.load_results` reads; outcomes: as of `to_ema`. Raises ConfigError on other
    endings, where the package ema-workbench isn't installed, and as `to_ema` does.

    >>> from analysis import example, write_ema
    >>> print(write_ema(example(draws=16), "sweep.tar.gz"))
    sweep.tar.gz
    """
    refuse_no_sweep(data)
    target, workbench = refuse_archive(file), _workbench()
    experiments, found = to_ema(data, outcomes)
    for name, values in found.items():
        # Its archive says of each outcome what it is, which the workbench knows of those that were declared.
        (workbench.TimeSeriesOutcome if values.ndim == 2 else workbench.ArrayOutcome)(name)
    with writable(target):
        workbench.save_results((experiments, found), str(target))
    return target


def refuse_archive(file: str | Path) -> Path:
    """The path of an archive of results. Raises ConfigError where its name is none, and on folders."""
    target = Path(file)
    if not target.name.endswith(_ENDING) or target.name == _ENDING:
        raise ConfigError(f"{target}: expected a file NAME{_ENDING}, as EMA Workbench's load_results reads it")
    if target.is_dir():
        raise ConfigError(f"{target} is a folder: name a file for the results, such as {target / f'sweep{_ENDING}'}")
    return target


def _workbench() -> Any:
    """The package, which takes a second to load."""
    try:
        import ema_workbench
    except ImportError:
        raise ConfigError(
            "EMA Workbench writes this file itself, and its package ema-workbench isn't installed: "
            "add it by `uv pip install ema-workbench`, or take `uv run --with ema-workbench analyze export …`"
        ) from None
    return ema_workbench
