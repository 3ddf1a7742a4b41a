"""The report's figures: CSV files with all digits, and the rows of the tables on the page."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.labels import policy_labels
from analysis.report.results import Result
from analysis.units import Scale, readable, scale_for

__all__ = ["paired_rows", "summary_rows", "write_tables"]


def write_tables(
    summaries: Sequence[xr.Dataset], chosen: Sequence[Result], reference: str, folder: Path
) -> dict[str, str]:
    """Write the CSV files, fans and differences of the chosen outcomes only, and return what each file holds."""
    written = {
        "summary.csv": "all national outcomes in the last year: pooled quantiles and medians by regime",
        "fans.csv": "quantiles by regime, policy and year",
        "differences.csv": f"same-draw differences to {reference} by regime, policy and year",
    }
    names = [each.outcome for each in chosen]
    _write(folder / "summary.csv", [_pooled(each) for each in summaries])
    _write(folder / "fans.csv", [each.quantiles.to_dataset(name="value") for each in chosen], names)
    _write(folder / "differences.csv", [each.differences for each in chosen], names)
    return written


def _pooled(result: xr.Dataset) -> xr.Dataset:
    """A summary with a column for each regime's median and one for the weights."""
    medians = result["median_by_regime"]
    regimes = {f"median_{name}": medians.sel(regime=name, drop=True) for name in medians["regime"].to_numpy()}
    table = result.drop_dims("regime").assign(regimes).drop_vars("draws", errors="ignore")
    return table.assign(
        weights=result.attrs["weights"], outcome=result.attrs["outcome"], units=result.attrs.get("units", "")
    )


def _write(path: Path, tables: list[xr.Dataset], outcomes: Sequence[str] = ()) -> None:
    """Write tables of the same columns under each other, with a column that names the outcome."""
    for position, table in enumerate(tables):
        frame = table.to_dataframe().reset_index()
        if outcomes:
            frame.insert(0, "outcome", outcomes[position])
            frame.insert(
                1,
                "units",
                table["value" if "value" in table else "mean"].attrs.get("units", table.attrs.get("units", "")),
            )
        frame.to_csv(path, index=False, mode="a" if position else "w", header=not position, float_format="%.8g")


def _column(scale: Scale, values: NDArray[np.float64]) -> list[str]:
    """One regime's figures, (policy,), with the digits that their size asks for."""
    own = scale.digits_for(values)
    return [own.show(value) for value in values]


def _rows(data: xr.Dataset, result: xr.Dataset, columns: list[list[str]]) -> list[list[str]]:
    """Columns of texts as rows that begin with the policy's label."""
    labels = policy_labels(data)
    return [
        list(row) for row in zip((labels[str(name)] for name in result["policy"].to_numpy()), *columns, strict=True)
    ]


def summary_rows(data: xr.Dataset, result: xr.Dataset) -> tuple[Scale, list[str], list[list[str]]]:
    """Scale, heads and rows of one outcome's table: medians by regime, pooled median and pooled 5 to 95 %."""
    outcome = str(result.attrs["outcome"])
    regimes = [str(name) for name in result["regime"].to_numpy()]
    columns = [result["median_by_regime"].sel(regime=name).to_numpy() for name in regimes]
    ends = np.stack([result["lower"], result["median"], result["upper"]])
    scale = scale_for(outcome, str(result.attrs.get("units", "")), np.concatenate([np.ravel(ends), *columns]))
    wide = scale.digits_for(ends)
    texts = [_column(scale, values) for values in columns]
    texts.append([wide.show(value) for value in ends[1]])
    texts.append([f"{wide.show(low)} to {wide.show(high)}" for low, high in zip(ends[0], ends[2], strict=True)])
    heads = ["policy", *map(readable, regimes), "pooled median", "pooled 5 to 95 %"]
    return scale, heads, _rows(data, result, texts)


def paired_rows(data: xr.Dataset, differences: xr.Dataset) -> tuple[Scale, list[str], list[list[str]]]:
    """Scale, heads and rows of one outcome's differences: mean ± 1.96 standard errors by regime."""
    last = differences.isel(year=-1)
    units = str(last.attrs.get("units", ""))
    scale = scale_for(str(last.attrs["outcome"]), units, last["mean"].to_numpy(), difference=True)
    texts = []
    for position in range(last.sizes["regime"]):
        means, errors = (last[name].isel(regime=position).to_numpy() for name in ("mean", "standard_error"))
        pairs = zip(means, 1.96 * errors, strict=True)
        texts.append([scale.show_with_error(mean, error) for mean, error in pairs])
    return scale, ["policy", *(readable(str(name)) for name in last["regime"].to_numpy())], _rows(data, last, texts)
