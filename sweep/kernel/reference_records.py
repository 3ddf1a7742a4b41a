"""The reference path's records: the month's outcomes, and the year's end by distribution and parts of demand."""

from types import SimpleNamespace

import numpy as np

from sweep.kernel import accounts, distribution, flows
from sweep.kernel.elementary import Array, exp, log
from sweep.kernel.reference_accounts import sum_groups, sum_nation

__all__ = ["record", "record_decomposition", "record_distribution"]

Namespace = SimpleNamespace

_ONE = np.ones((1, 1, 1))
GRID = 119


def _labor(s: Namespace, z: Namespace, p: Namespace, a: Namespace) -> dict[str, Array]:
    employed, short, long = sum_groups(s.employed), sum_groups(s.short), sum_groups(s.long)
    unemployed, training = short + long, sum_groups(s.training)
    guaranteed = s.guarantee_unemployed + s.guarantee_inactive
    conditional = s.conditional_unemployed + s.conditional_inactive
    force = employed + s.informal + guaranteed + unemployed
    expected = z.inactive * s.population / z.population
    idle = unemployed + training + guaranteed + conditional + s.inactive - expected
    rate = unemployed / force
    people = sum_nation(s.population)
    finding = sum_nation(z.finding * z.short) / sum_nation(z.short)
    tight = flows.tightness(finding if s.finding is None else s.finding, finding, p.matching_elasticity)
    worked = p.baseline_hours * s.hours * (1.0 - a.shorter)
    return {
        "unemployment_rate": rate,
        "jobless_rate": idle / s.population,
        "long_term_unemployment_rate": long / force,
        "participation_rate": force / s.population,
        "employment": employed,
        "wage": a.wages / employed,
        "national_unemployment_rate": sum_nation(unemployed) / sum_nation(force),
        "national_jobless_rate": sum_nation(idle) / people,
        "national_participation_rate": sum_nation(force) / people,
        "national_employment": sum_nation(employed),
        "national_wage": sum_nation(a.wages) / sum_nation(employed),
        "trainees": sum_nation(training),
        "layoffs": 12.0 * sum_nation(s.layoffs),
        "scarring_loss": 12.0 * sum_nation(a.lost_pay * accounts.scar_years(rate, p.scarring_low, p.scarring_high)),
        "tightness": tight,
        "vacancies": flows.vacancies(tight, sum_nation(unemployed), sum_nation(z.total_unemployed)),
        "guarantee_workers": sum_nation(guaranteed),
        "conditional_participants": sum_nation(conditional),
        "newly_hired": 12.0 * s.hires,
        "hours": sum_nation(employed * worked) / sum_nation(employed),
        "informal_share": sum_nation(s.informal) / sum_nation(s.informal + employed + guaranteed),
        "not_employable_share": sum_nation(s.excluded) / people,
    }


def _budget(s: Namespace, z: Namespace, p: Namespace, a: Namespace) -> dict[str, Array]:
    usage, profit, displacement = a.rates
    return {
        "net_cost": a.extra,
        "gross_cost": a.outlays,
        "ai_tax_revenue": a.ai_revenue,
        "labor_tax_change": a.rate,
        "basic_income_cost": sum_nation(a.basic_income),
        "retraining_cost": s.training_cost,
        "guarantee_cost": sum_nation(a.guarantee_cost),
        "conditional_income_cost": sum_nation(a.conditional_cost),
        "investment_cost": s.place_cost + s.green_cost,
        "support_cost": sum_nation(a.support),
        "mutual_aid_cost": sum_nation(a.mutual_aid),
        "dividend_cost": sum_nation(a.dividend),
        "data_dividend": sum_nation(a.data_dividend),
        "usage_tax_revenue": sum_nation(a.usage_tax),
        "profit_tax_revenue": sum_nation(a.profit_tax),
        "displacement_tax_revenue": sum_nation(a.displacement_tax),
        "labor_tax_revenue": sum_nation(a.labor_tax),
        "capital_tax_revenue": sum_nation(a.capital_tax),
        "production_tax_revenue": sum_nation(a.production_tax),
        "closure_revenue": a.revenue,
        "social_cost": p.funds_cost * a.extra,
        "guarantee_value": p.guarantee_productivity * sum_nation(a.guarantee_cost),
        "usage_tax_added": usage,
        "profit_tax_added": profit,
        "displacement_tax_added": displacement,
    }


def record(s: Namespace, z: Namespace, p: Namespace, a: Namespace) -> dict[str, Array]:
    """This month's outcomes, regional (draw, 1, region) and national (draw, 1, 1)."""
    gdp, people = sum_nation(a.gdp), sum_nation(s.population)
    output = {
        "gdp": a.gdp,
        "ai_adoption": sum_groups(z.weight * s.adoption),
        "national_gdp": gdp,
        "labor_share": sum_nation(a.labor + a.public_pay) / gdp,
        "theil_gdp": sum_nation(accounts.theil(a.gdp / gdp, a.gdp / s.population / (gdp / people))),
    }
    return _labor(s, z, p, a) | _budget(s, z, p, a) | output


def _components(s: Namespace, z: Namespace, p: Namespace, d: Namespace, a: Namespace) -> list[tuple[Array, ...]]:
    """People, flat amount, mean of the rest and its log spread by group and status, (draw, component, region).

    Each twice: who is eligible for a basic income, and who isn't.
    """
    net = 1.0 - p.labor_tax - a.rate
    given = s.dividend - a.per_head
    mean_wage = sum_groups(z.employed * z.wage) / z.total_employed
    idle = p.survey_income * p.idle_income * (1.0 - p.labor_tax) * mean_wage
    work = p.survey_income * net * z.wage * exp(s.wage) * s.hours * s.kept * a.lift
    unemployed = sum_groups(s.short + s.long + s.training)
    rest = unemployed + s.inactive
    pooled = distribution.pooled_spread(p.income_spread, p.mutual_aid_pooling, d.mutual_aid_coverage)
    informal = (
        p.survey_income * a.informal / np.maximum(s.informal, 1.0) + 12.0 * d.mutual_aid_top_up * d.mutual_aid_coverage
    )
    spread = p.income_spread
    parts = [
        (s.employed, given, work, spread),
        (rest, given, idle, spread),
        (s.guarantee_unemployed + s.guarantee_inactive, net * 1040.0 * d.guarantee_wage + given, idle, spread),
        (s.conditional_unemployed + s.conditional_inactive, 12.0 * s.benefit + given, idle, spread),
        (s.excluded, 12.0 * d.support_amount + given, idle, spread),
        (s.informal, given, informal, pooled),
    ]
    share, basic = d.basic_income_eligible, 12.0 * d.basic_income_amount
    eligible = [(share * people, flat + basic, mean, spread) for people, flat, mean, spread in parts]
    return eligible + [((1.0 - share) * people, flat, mean, spread) for people, flat, mean, spread in parts]


def record_distribution(s: Namespace, z: Namespace, p: Namespace, d: Namespace, a: Namespace) -> dict[str, Array]:
    """Poverty, inequality and life satisfaction at the end of a year."""
    parts = _components(s, z, p, d, a)
    poor = [part[0] * distribution.share_below(p.poverty_line, *part[1:]) for part in parts]
    regional = np.asarray(sum(sum_groups(part) for part in poor))
    everyone = np.asarray(sum(sum_groups(people) for people, *_ in parts))
    people, income = sum_nation(s.population), sum_nation(a.disposable)
    pooled = _pool(parts)
    mean = _sum_parts(pooled[0] * (pooled[1] + pooled[2])) / sum_nation(everyone)
    lines = distribution.grid_income(mean, np.arange(float(GRID))[None, None])
    below = _below(pooled, lines, sum_nation(everyone))
    gini = distribution.gini_term(below, lines, mean).sum(axis=2, keepdims=True)
    before = np.concatenate([np.zeros_like(below[..., :1]), below[..., :-1]], axis=2)
    log_income = distribution.log_income_term(below, before, lines).sum(axis=2, keepdims=True)
    if s.log_income0 is None:
        s.log_income0 = log_income
    return {
        "disposable_income": a.disposable / s.population,
        "poverty_rate": regional / everyone,
        "national_disposable_income": income / people,
        "theil_income": sum_nation(
            accounts.theil(a.disposable / income, a.disposable / s.population / (income / people))
        ),
        "national_poverty_rate": sum_nation(regional) / sum_nation(everyone),
        "relative_poverty_rate": _below(pooled, 0.6 * _median(below, lines), sum_nation(everyone)),
        "informal_poverty_rate": sum_nation(poor[5] + poor[11]) / np.maximum(sum_nation(s.informal), 1.0),
        "not_employable_poverty_rate": sum_nation(poor[4] + poor[10]) / np.maximum(sum_nation(s.excluded), 1.0),
        "gini": gini,
        "life_satisfaction": _satisfaction(s, z, p, log_income - s.log_income0),
    }


def _pool(parts: list[tuple[Array, ...]]) -> tuple[Array, ...]:
    """Each group and status of the nation: people, flat amount, mean, spread in and between regions, (draw, part, 1).

    Flat is what everybody in it has, wherever; what regions have beyond it is part of their means.
    """
    pooled = []
    for people, given, income, spread in parts:
        flat = np.min(given, axis=2, keepdims=True)
        mean = income + (given - flat)
        count, total = people.sum(axis=2, keepdims=True), (people * mean).sum(axis=2, keepdims=True)
        squares = (people * mean * mean).sum(axis=2, keepdims=True)
        held = np.maximum(count, 1e-20)
        within = np.where(count > 0, (people * spread).sum(axis=2, keepdims=True) / held, 1.0)
        flat = flat + 0.0 * count
        pooled.append((count, flat, total / held, distribution.spread_over_regions(within, count, total, squares)))
    return tuple(np.concatenate(columns, axis=1) for columns in zip(*pooled, strict=True))


def _below(pooled: tuple[Array, ...], lines: Array, everyone: Array) -> Array:
    """Share of the nation's adults with incomes below lines (draw, 1, line)."""
    count, flat, mean, spread = pooled
    return _sum_parts(count * distribution.share_below(lines, flat, mean, spread)) / everyone


def _sum_parts(values: Array) -> Array:
    """Sum over parts, first of those with and without a basic income, so that nobody adds nothing to the last bit."""
    half = values.shape[1] // 2
    return np.asarray((values[:, :half] + values[:, half:]).sum(axis=1, keepdims=True))


def _median(below: Array, lines: Array) -> Array:
    """Income that half of all have less than, between the grid's points in logs."""
    upper = np.clip((below < 0.5).sum(axis=2, keepdims=True), 1, GRID - 1)
    f0, f1 = (np.take_along_axis(below, upper - back, axis=2) for back in (1, 0))
    y0, y1 = (log(np.take_along_axis(lines, upper - back, axis=2)) for back in (1, 0))
    return np.asarray(exp(y0 + (y1 - y0) * (0.5 - f0) / np.maximum(f1 - f0, 1e-20)))


def _satisfaction(s: Namespace, z: Namespace, p: Namespace, richer: Array) -> Array:
    people, unemployed = sum_nation(s.population), sum_nation(s.short + s.long)
    guaranteed = s.guarantee_unemployed + s.guarantee_inactive
    force = sum_nation(s.employed) + sum_nation(s.informal + guaranteed) + unemployed
    force0 = sum_nation(z.force + z.informal)
    change = unemployed / people - sum_nation(z.total_unemployed) / sum_nation(z.population)
    climate = p.satisfaction_climate * 100.0 * (unemployed / force - sum_nation(z.total_unemployed) / force0)
    rich = p.satisfaction_income * richer
    change_in_points: Array = accounts.satisfaction_change(
        change,
        sum_nation(s.guarantee_unemployed) / people,
        p.guarantee_satisfaction,
        p.satisfaction_unemployed,
        climate,
        rich,
    )
    return change_in_points


def record_decomposition(s: Namespace, z: Namespace, p: Namespace) -> dict[str, Array]:
    """Parts of the log of labor demand, weighted by baseline jobs; they add up to the whole."""
    names = ("displaced_jobs", "reinstated_jobs", "displacement", "reinstatement", "productivity", "wage", "local",
             "policy", "supply", "total")  # fmt: skip
    keys = [name if name.endswith("jobs") else f"demand_{name}" for name in names]
    if s.finding is None:
        return dict.fromkeys(keys, np.zeros_like(s.debt))
    lost, gross = s.automation * s.adoption, 1.0 - s.automation * s.adoption
    jobs = z.employed / sum_nation(z.employed)

    def mean(part: Array) -> Array:
        return sum_nation(jobs * part)

    parts = [
        sum_nation(z.employed * lost),
        sum_nation(z.employed * s.automation * p.reinstatement * s.lagged),
        mean(log(gross)),
        mean(log((1.0 - s.automated) / gross)),
        mean(p.productivity_demand * s.gain + 0.0 * jobs),
        mean(-p.demand_elasticity * s.month_wage + 0.0 * jobs),
        mean(s.local),
        mean(s.direct - s.policy_drag),
        mean(log(s.people) + 0.0 * jobs),
        mean(s.logs - z.shock + s.direct + log(s.people)),
    ]
    return dict(zip(keys, parts, strict=True))
