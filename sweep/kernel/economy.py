"""The economy a run starts from: observed stocks, pay and output by region and group, as arrays."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sweep.kernel.elementary import Array

__all__ = ["Economy"]


@dataclass(frozen=True, eq=False)
class Economy:
    """Observed baseline of R regions and G occupation groups; cells are (G, R), so that regions lie contiguous.

    employment: (G, R) persons, in formal employment where a data set counts informal employment apart;
    unemployment_rate: (R,) share of the labor force, informal employment included; population: (R,) persons of working
    age;
    residents: (R,) persons of all ages; wage: (G, R) USD a year; gdp: (R,) USD a year;
    labor_share, production_tax_share: (R,) shares of GDP; exposures and nontradable: (G,) shares;
    demand_shock: (G, R) outside log shift of labor demand from the first month on;
    informal: (R,) persons in informal employment, or (1,) zeros where all employment counts as formal.
    """

    name: str
    first_year: int
    regions: tuple[str, ...]
    groups: tuple[str, ...]
    employment: Array
    unemployment_rate: Array
    population: Array
    residents: Array
    wage: Array
    gdp: Array
    labor_share: Array
    production_tax_share: Array
    narrow_human: Array
    narrow_model: Array
    wide_human: Array
    wide_model: Array
    nontradable: Array
    demand_shock: Array = field(default_factory=lambda: np.zeros((1, 1)))
    informal: Array = field(default_factory=lambda: np.zeros(1))

    @cached_property
    def wage_bill_share(self) -> Array:
        """Share of each group in its region's wage bill, (G, R)."""
        bill = self.employment * self.wage
        share: Array = bill / bill.sum(axis=0)
        return share

    @cached_property
    def output(self) -> Array:
        """GDP of each cell, by wage bill share, (G, R) USD a year."""
        return self.gdp * self.wage_bill_share

    @cached_property
    def compensation(self) -> Array:
        """Compensation of employees of each cell, (G, R) USD a year."""
        return self.labor_share * self.output

    @cached_property
    def nontradable_share(self) -> Array:
        """Share of a region's employment in non-tradable work, (R,)."""
        share: Array = (self.employment * self.nontradable[:, None]).sum(axis=0) / self.employment.sum(axis=0)
        return share
