"""What a policy can do: doses of instruments, when they act, where, and who pays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sweep.kernel.elementary import Array

__all__ = [
    "AI_TAX",
    "BASIC_INCOME",
    "CLOSURES",
    "CONDITIONAL_INCOME",
    "DATA_DIVIDEND",
    "DEBT",
    "DISPLACEMENT_TAX",
    "DIVIDEND",
    "DOSES",
    "FAMILIES",
    "FOUR_DAY_WEEK",
    "GREEN_CARE",
    "GUARANTEE",
    "LABOR_TAX",
    "LUMP_SUM",
    "MOST_DISPLACEMENT_TAX",
    "MOST_PROFIT_TAX",
    "MOST_USAGE_TAX",
    "MUTUAL_AID",
    "NO_POLICY",
    "PLACE_INVESTMENT",
    "PROFIT_TAX",
    "REGIONAL_FUND",
    "SETTINGS",
    "SUPPORT",
    "TRAINING",
    "USAGE_TAX",
    "VETO",
    "WORKER_VOICE",
    "Instruments",
    "Timing",
]

FAMILIES = (
    "basic_income",
    "training",
    "usage_tax",
    "profit_tax",
    "displacement_tax",
    "dividend",
    "four_day_week",
    "worker_voice",
    "guarantee",
    "conditional_income",
    "place_investment",
    "green_care",
    "veto",
    "support",
    "mutual_aid",
    "regional_fund",
    "data_dividend",
)

# Rows of ramps and masks in the compiled loops.
(
    BASIC_INCOME,
    TRAINING,
    USAGE_TAX,
    PROFIT_TAX,
    DISPLACEMENT_TAX,
    DIVIDEND,
    FOUR_DAY_WEEK,
    WORKER_VOICE,
    GUARANTEE,
    CONDITIONAL_INCOME,
    PLACE_INVESTMENT,
    GREEN_CARE,
    VETO,
    SUPPORT,
    MUTUAL_AID,
    REGIONAL_FUND,
    DATA_DIVIDEND,
) = range(len(FAMILIES))

# Dose name -> unit. Every dose belongs to the family whose name it starts with.
DOSES = {
    "basic_income_amount": "USD per month",
    "basic_income_eligible": "share of adults",
    "basic_income_dependents": "share of the amount paid to other residents",
    "training_budget": "USD per year",
    "usage_tax_rate": "share of AI spending",
    "profit_tax_rate": "share of AI rents",
    "displacement_tax_rate": "years of pay per layoff",
    "dividend_share": "share of AI tax revenue",
    "four_day_week_coverage": "share of workers",
    "four_day_week_cut": "share of hours",
    "four_day_week_pay_kept": "share of the pay for the hours cut",
    "worker_voice_strength": "from 0, none, to 1, full",
    "training_older": "share of trainees who are older and low-skilled",
    "training_young": "share of trainees who are young or highly skilled",
    "training_matching": "from 0, none, to 1, full",
    "usage_tax_revenue": "share of GDP that the rate is set to raise",
    "profit_tax_revenue": "share of GDP that the rate is set to raise",
    "displacement_tax_revenue": "share of GDP that the rate is set to raise",
    "guarantee_offers": "share of those without work who get an offer",
    "guarantee_wage": "USD per hour",
    "conditional_income_offers": "share of the unemployed who get an offer",
    "conditional_income_amount": "USD per month",
    "conditional_income_training": "share of participants who train",
    "place_investment_spending": "USD per year",
    "green_care_spending": "USD per year",
    "veto_cut": "share of the ceiling of adoption",
    "support_amount": "USD per month",
    "mutual_aid_coverage": "share of informal workers",
    "mutual_aid_top_up": "USD per month",
    "regional_fund_share": "share of AI tax revenue",
    "regional_fund_training": "share of the fund for training",
    "regional_fund_amount": "USD per month",
    "data_dividend_share": "share of AI rents",
    "guarantee_long_only": "share of offers that only the long-term unemployed get",
    "regional_fund_focus": "exponent on how much more of its jobs a region loses than the mean",
}

# Doses that say to whom or how an instrument applies, and so don't phase in.
SETTINGS = (
    "basic_income_eligible",
    "basic_income_dependents",
    "four_day_week_cut",
    "four_day_week_pay_kept",
    "training_older",
    "training_young",
    "training_matching",
    "guarantee_wage",
    "conditional_income_amount",
    "conditional_income_training",
    "mutual_aid_top_up",
    "regional_fund_training",
    "regional_fund_amount",
    "guarantee_long_only",
    "regional_fund_focus",
)

# Where the revenue of an AI tax stops to rise, or its rate stops to mean anything; the last in years of pay.
MOST_USAGE_TAX, MOST_PROFIT_TAX, MOST_DISPLACEMENT_TAX = 0.9, 0.5, 5.0

CLOSURES = ("debt", "lump_sum", "labor_tax", "ai_tax")
DEBT, LUMP_SUM, LABOR_TAX, AI_TAX = range(len(CLOSURES))


@dataclass(frozen=True)
class Timing:
    """When and where an instrument acts: first month, months of phase-in, regions (None: all)."""

    start_month: int = 0
    phase_in_months: int = 0
    regions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Instruments:
    """Doses of one policy, each a number or one number by draw (D,); a missing dose is zero.

    closure: who pays what the policy costs in net. closures: by family, who pays that family's own cost instead.
    """

    doses: Mapping[str, float | Array] = field(default_factory=dict)
    timing: Mapping[str, Timing] = field(default_factory=dict)
    closure: str = "debt"
    closures: Mapping[str, str] = field(default_factory=dict)

    def ramp(self, months: int) -> Array:
        """Share of each family's dose that is in force by month, (family, months)."""
        month = np.arange(months)
        rows = []
        for family in FAMILIES:
            timing = self.timing.get(family, Timing())
            elapsed = month + 1 - timing.start_month
            rows.append(np.clip(elapsed / max(timing.phase_in_months, 1), 0.0, 1.0))
        return np.array(rows)

    def payers(self) -> Array:
        """Position in CLOSURES of who pays, by family, and last for the policy, (family + 1,)."""
        names = [self.closures.get(family, self.closure) for family in FAMILIES]
        return np.array([CLOSURES.index(name) for name in (*names, self.closure)])

    def mask(self, regions: int) -> Array:
        """One where a family acts, zero elsewhere, (family, R)."""
        mask = np.ones((len(FAMILIES), regions))
        for row, family in enumerate(FAMILIES):
            chosen = self.timing.get(family, Timing()).regions
            if chosen is not None:
                mask[row] = np.isin(np.arange(regions), chosen)
        return mask


NO_POLICY = Instruments()
