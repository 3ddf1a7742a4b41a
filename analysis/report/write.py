"""Writes the report of one store: reads it once, draws, tabulates, and puts the page together last."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from analysis.load import load
from analysis.location import report_folder
from analysis.report.page import Findings, page
from analysis.report.pictures import (
    difference_pictures,
    fan_pictures,
    region_picture,
    regional_difference_picture,
)
from analysis.report.tables import write_tables
from analysis.statistics import outcome_names
from sweep.errors import ConfigError

if TYPE_CHECKING:
    from sweep.store import Where

__all__ = ["write_report"]

HEADLINES = (
    "national_unemployment_rate",
    "national_jobless_rate",
    "national_employment",
    "national_wage",
    "national_gdp",
    "labor_share",
    "net_cost",
    "theil_gdp",
    "national_poverty_rate",
    "life_satisfaction",
)
FANS = ("national_unemployment_rate", "national_jobless_rate", "national_gdp", "labor_share")
DIFFERENCES = (
    "national_unemployment_rate",
    "national_jobless_rate",
    "national_employment",
    "national_gdp",
    "net_cost",
    "ai_tax_revenue",
    "national_poverty_rate",
    "not_employable_poverty_rate",
    "informal_poverty_rate",
    "gini",
    "life_satisfaction",
)
REGIONAL = ("unemployment_rate",)


def write_report(where: "Where", folder: str | Path | None = None, policies: Sequence[str] | None = None) -> Path:
    """Write pictures, tables and the page `index.html` into a folder, and return the path of the page.

    policies: those to show, by default all. Without `folder` it is `report_folder`.
    """
    target = report_folder(where) if folder is None else Path(folder)
    data = load(where, policies)
    if (target / "zarr.json").exists():
        raise ConfigError(f"{target} is a store: choose another folder for the report")
    target.mkdir(parents=True, exist_ok=True)
    text = _compose(data, target)
    (target / "index.html").write_text(text, encoding="utf-8")
    return target / "index.html"


def _compose(data: xr.Dataset, target: Path) -> str:
    """Draw and tabulate what the store holds into the folder, and return the page."""
    headlines, fans, compared = (_present(data, wanted) for wanted in (HEADLINES, FANS, DIFFERENCES))
    regional = [name for name in REGIONAL if name in data] or outcome_names(data, regional=True)[:1]
    reference = str(data["policy"].to_numpy()[0])
    several = data.sizes["policy"] > 1
    regions = [region_picture(data, name, reference, target) for name in regional]
    if several:
        compared = [name for name in compared if _differ(data[name])]
        regions += [regional_difference_picture(data, name, reference, target) for name in regional]
    return page(
        data,
        Findings(
            headlines=headlines,
            compared=compared,
            fans=fan_pictures(data, fans, target),
            differences=difference_pictures(data, compared, reference, target) if several else [],
            regions=regions,
            tables=write_tables(data, headlines, reference, target),
        ),
    )


def _differ(outcome: xr.DataArray) -> bool:
    """Whether any policy changes an outcome in the last year: AI taxes aren't shown where nobody raises them."""
    last = outcome.isel(year=-1)
    return bool((last != last.isel(policy=0)).any())


def _present(data: xr.Dataset, wanted: tuple[str, ...]) -> list[str]:
    """The wanted outcomes that the store holds, or its first national ones if it holds none of them."""
    national = outcome_names(data, regional=False)
    return [name for name in wanted if name in national] or national[: len(wanted)]
