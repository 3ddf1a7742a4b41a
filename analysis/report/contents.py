"""What a report holds: its outcomes are read one after the other, and pictures ordered as soon as they can be."""

from functools import cache
from pathlib import Path

import xarray as xr

from analysis.labels import legend
from analysis.regimes import regimes_of
from analysis.report.page import Findings, page
from analysis.report.pictures import (
    Picture,
    difference_picture,
    fan_picture,
    region_picture,
    regional_difference_picture,
)
from analysis.report.results import Result, result
from analysis.report.studio import Order, Studio
from analysis.report.tables import write_tables
from analysis.statistics import outcome_names, summary

__all__ = ["compose"]

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


def compose(data: xr.Dataset, target: Path, studio: Studio) -> str:
    """Tabulate what the store holds into the folder, order its pictures there, and return the page."""
    about, leading, reference = legend(data), regimes_of(data).leading, str(data["policy"].to_numpy()[0])
    by_region = outcome_names(data, regional=True)
    regional = [name for name in REGIONAL if name in by_region] or by_region[:1]
    several = data.sizes["policy"] > 1

    @cache
    def found(outcome: str) -> Result:
        return result(data, outcome)

    def ordered(picture: Picture) -> Picture:
        studio.order(Order(picture.draw, target / picture.file))
        return picture

    fans = [
        ordered(fan_picture(about, found(name).quantiles, number))
        for number, name in enumerate(_present(data, FANS), start=1)
    ]
    compared = [found(name) for name in _present(data, DIFFERENCES) if several and found(name).differs]
    differences = [
        ordered(difference_picture(about, each.differences, leading, number))
        for number, each in enumerate(compared, start=1)
    ]
    regions = [ordered(region_picture(about, data, name, reference)) for name in regional]
    if several:
        regions += [ordered(regional_difference_picture(about, data, name, reference)) for name in regional]
    headlines = [found(name) for name in _present(data, HEADLINES)]
    # Of outcomes that are nowhere else, no more than the summary is taken.
    elsewhere = {*HEADLINES, *FANS, *DIFFERENCES}
    summaries = [
        found(name).summary if name in elsewhere else summary(data, name)
        for name in outcome_names(data, regional=False)
    ]
    tables = write_tables(summaries, headlines, reference, target)
    return page(data, Findings(headlines, compared, fans, differences, regions, tables))


def _present(data: xr.Dataset, wanted: tuple[str, ...]) -> list[str]:
    """The wanted outcomes that the store holds, or its first national ones if it holds none of them."""
    national = outcome_names(data, regional=False)
    return [name for name in wanted if name in national] or national[: len(wanted)]
