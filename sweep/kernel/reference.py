"""The reference path: the monthly order of events on whole NumPy arrays in float64, to read and to test against.

Every array has three axes, (draw, group, region), of length one where a quantity doesn't vary.
"""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np

from sweep.kernel import accounts, adoption, baseline, demand, flows, migration, supply, wages
from sweep.kernel.economy import Economy
from sweep.kernel.elementary import Array, exp
from sweep.kernel.instruments import DOSES, FAMILIES, NO_POLICY, SETTINGS, Instruments
from sweep.kernel.outcomes import NATIONAL, REGIONAL

__all__ = ["simulate_reference"]

Namespace = SimpleNamespace


_ONE = np.ones((1, 1, 1))


def _groups(cells: Array) -> Array:
    return np.asarray(cells.sum(axis=1, keepdims=True))


def _nation(regional: Array) -> Array:
    return np.asarray(regional.sum(axis=(1, 2), keepdims=True))


def _fixed(economy: Economy, p: Namespace) -> Namespace:
    """Everything that follows from the economy and a draw alone."""
    z = Namespace()
    z.employed = economy.employment[None]
    z.rate = economy.unemployment_rate[None, None]
    z.population = economy.population[None, None]
    z.others = (economy.residents - economy.population)[None, None]
    z.residents = economy.residents[None, None]
    z.wage, z.output = economy.wage[None], economy.output[None]
    z.compensation, z.weight = economy.compensation[None], economy.wage_bill_share[None]
    z.labor_share = economy.labor_share[None, None]
    z.production_tax = economy.production_tax_share[None, None]
    z.nontradable = economy.nontradable[None, :, None]
    z.shock = economy.demand_shock[None]
    unemployed = baseline.unemployed(z.employed, z.rate)
    z.long = baseline.long_term_unemployed(unemployed, p.long_term_share)
    z.short = unemployed - z.long
    z.total_employed, z.total_unemployed = _groups(z.employed), _groups(unemployed)
    z.force = z.total_employed + z.total_unemployed
    z.inactive = z.population - z.force
    odds = z.rate / (1.0 - z.rate)
    z.separation = baseline.separation_rate(
        p.job_finding, p.long_term_finding, (1.0 - p.long_term_share) * odds, p.long_term_share * odds, _ONE
    )
    z.exit = baseline.bounded_exit_rate(p.exit_rate, p.job_finding, p.long_term_finding, p.long_term_share)
    z.ageing = baseline.ageing_rate(
        p.job_finding, p.long_term_finding, z.exit, 1.0 - p.long_term_share, p.long_term_share
    )
    z.quit = p.separation_to_inactivity * z.separation
    z.entry = baseline.entry_rate(z.quit * z.total_employed, z.exit * z.total_unemployed, z.inactive)
    human, model = economy.narrow_human[None, :, None], economy.narrow_model[None, :, None]
    z.narrow = adoption.exposure_rating(human, model, p.exposure_weight)
    human, model = economy.wide_human[None, :, None], economy.wide_model[None, :, None]
    z.wide = adoption.exposure_rating(human, model, p.exposure_weight)
    safe = z.employed * (1.0 - z.narrow)
    z.destination = safe / _groups(safe)
    z.local = demand.local_demand_elasticity(p.local_multiplier, economy.nontradable_share[None, None])
    return z


def _start(z: Namespace, draws: int) -> Namespace:
    """The state of the first month: observed stocks, no AI, no programs."""
    cell, region, nation = (draws, *z.employed.shape[1:]), (draws, 1, z.rate.shape[2]), (draws, 1, 1)
    s = Namespace()
    s.employed = np.broadcast_to(z.employed, cell).copy()
    s.short, s.long = np.broadcast_to(z.short, cell).copy(), np.broadcast_to(z.long, cell).copy()
    s.training, s.adoption, s.lagged = np.zeros(cell), np.zeros(cell), np.zeros(cell)
    s.automated, s.layoffs = np.zeros(cell), np.zeros(cell)
    s.inactive = np.broadcast_to(z.inactive, region).copy()
    s.population = np.broadcast_to(z.population, region).copy()
    s.wage, s.income, s.graduates, s.withdrawn = (np.zeros(region) for _ in range(4))
    s.gain, s.cash, s.dividend = (np.zeros(region) for _ in range(3))
    s.debt, s.tax, s.training_cost = (np.zeros(nation) for _ in range(3))
    s.hours, s.produced, s.kept, s.finding = np.ones(region), np.ones(region), np.ones(region), None
    return s


def _dose(instruments: Instruments, ramp: Array, mask: Array, month: int) -> Namespace:
    """Doses in force this month, each (draw, 1, region); zero before the first month."""
    d = Namespace()
    for name in DOSES:
        family = next(family for family in FAMILIES if name.startswith(family))
        row = FAMILIES.index(family)
        share = ramp[row, month] * mask[row] if month >= 0 else 0.0 * mask[row]
        scale = share if name not in SETTINGS else np.ones_like(share)
        value = np.asarray(instruments.doses.get(name, 0.0), dtype=float).reshape(-1, 1, 1)
        setattr(d, name, value * scale[None, None])
    d.training_here = mask[FAMILIES.index("training")][None, None]
    d.dividend_here = mask[FAMILIES.index("dividend")][None, None]
    return d


def _supply(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    adults = d.basic_income_amount * d.basic_income_eligible
    s.cash = adults + s.dividend / 12.0
    taxes = supply.net_of_tax_change(p.supply_elasticity, p.labor_tax, s.tax)
    target = supply.withdrawal_target(
        s.cash, p.basic_income_participation, p.equilibrium_offset, z.population, taxes, z.force
    )
    leaving = supply.withdrawal_step(target, s.withdrawn)
    s.withdrawn = s.withdrawn + leaving
    force = _groups(s.employed + s.short + s.long)
    out = supply.withdrawal_share(leaving * s.population / z.population, force)
    s.inactive = s.inactive + force * out
    s.employed, s.short, s.long = (stock * (1.0 - out) for stock in (s.employed, s.short, s.long))
    s.supply = supply.supply_factor(s.withdrawn, z.force)
    s.entry = supply.entry_hazard(z.entry, s.supply, z.inactive, s.withdrawn)
    s.hours = supply.hours_factor(p.basic_income_hours, p.baseline_hours, s.cash, p.equilibrium_offset)


def _adopt(s: Namespace, z: Namespace, p: Namespace, d: Namespace, month: int) -> None:
    s.automation = adoption.voiced_automation(p.automation_share, p.voice_automation_shift, d.worker_voice_strength)
    moved = p.frontier_reach * adoption.frontier(month / 12.0 * _ONE, p.frontier_midpoint, p.frontier_width)
    exposed = adoption.exposure(z.narrow, z.wide, p.frontier_rise, moved)
    wedge = accounts.tax_wedge(
        d.usage_tax_rate,
        p.usage_base,
        p.cost_saving,
        d.displacement_tax_rate * p.displacement_tax_borne * s.automation,
        d.profit_tax_rate * p.profit_tax_distortion,
    )
    limit = adoption.ceiling(exposed, p.worth_automating, adoption.tax_response(p.cost_saving, p.saving_spread, wedge))
    pace = adoption.voice_pace(p.voice_slowdown, d.worker_voice_strength)
    active = adoption.months_adopting(month * _ONE, p.regional_lag) * pace
    s.adopted = adoption.adoption_step(s.adoption, limit, p.innovation_rate, p.imitation_rate, active)
    s.adoption = s.adoption + s.adopted
    s.lagged = s.lagged + adoption.lagged_step(s.adoption, s.lagged, p.reinstatement_lag)
    s.automated = adoption.automated_share(s.automation, s.adoption, p.reinstatement, s.lagged)
    s.gain = demand.productivity(z.labor_share, p.cost_saving, _groups(z.weight * s.adoption))


def _move(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    local = demand.local_demand(z.local, z.nontradable, s.income)
    s.produced = demand.hours_output(d.four_day_week_coverage, d.four_day_week_cut, p.hours_output_elasticity)
    s.kept = demand.hours_pay(d.four_day_week_coverage, d.four_day_week_cut, d.four_day_week_pay_kept)
    drag = p.demand_elasticity * s.wage + demand.hours_drag(p.demand_elasticity, s.kept, s.produced, p.work_sharing)
    logs = demand.log_demand(s.automated, s.gain, p.productivity_demand, drag, local, z.shock)
    people = s.population / z.population * s.supply
    effect = p.training_effect * s.graduates * z.destination - p.training_lock_in * s.training
    desired = demand.desired_employment(z.employed, logs, people, (1.0 - p.training_displacement) * effect)

    separations = z.separation * s.employed
    laid_off = p.displacement_layoffs * (1.0 - d.worker_voice_strength)
    displaced = flows.displacement_layoffs(laid_off, s.automation, s.adopted, s.employed)
    need = flows.hiring_need(separations, displaced, p.employment_adjustment, desired, s.employed)
    hires = np.maximum(need, 0.0)
    s.layoffs = displaced + np.maximum(-need, 0.0)
    searchers = s.short + p.long_term_finding * s.long
    finding = flows.finding_rate(hires, searchers)
    leave = flows.exit_hazard(z.exit, hires - displaced, searchers, p.job_finding, p.exit_procyclicality)
    unemployed = _nation(_groups(s.short + s.long) * d.training_here)
    budget = d.training_budget.max(axis=2, keepdims=True)
    start = flows.training_intake(budget, p.training_cost, unemployed) * d.training_here
    s.training_cost = 12.0 * p.training_cost * _nation(start * _groups(s.short + s.long))
    short_scale = flows.risk_scale(finding + leave + z.ageing + start)
    long_scale = flows.risk_scale(p.long_term_finding * finding + leave + start)
    short, long = short_scale * s.short, long_scale * s.long
    finishing = s.training / p.training_months
    total_finishing = _groups(finishing)

    s.finding = _nation(finding * short) / _nation(s.short)
    hired = finding * (short + p.long_term_finding * long)
    quits = p.separation_to_inactivity * separations
    entrants = s.entry * s.inactive
    jobs = s.employed / _groups(s.employed)
    s.inactive = s.inactive + (_groups(quits + leave * (short + long)) - entrants)
    inflow = separations - quits + s.layoffs + entrants * jobs
    inflow = inflow + p.training_success * total_finishing * z.destination
    failed = (1.0 - p.training_success) * finishing
    s.employed = flows.employed_next(s.employed, hired, separations, s.layoffs)
    s.training = s.training + (start * (short + long) - finishing)
    leaving = short_scale * (finding + leave + z.ageing + start)
    aged = z.ageing * short
    s.short = flows.short_next(s.short, inflow, leaving)
    s.long = flows.long_next(s.long, aged + failed, long_scale * (p.long_term_finding * finding + leave + start))
    s.graduates = flows.graduates_next(s.graduates, p.training_success, total_finishing, p.training_fade)
    s.short = s.short + flows.mixing(s.short, _groups(s.short), jobs, p.occupational_mixing)


def _pay_and_migrate(s: Namespace, z: Namespace, p: Namespace) -> None:
    employed, unemployed = _groups(s.employed), _groups(s.short + s.long)
    slack = wages.slack(unemployed, employed, _groups(s.training), p.trainee_wage_pressure)
    s.wage = s.wage + wages.wage_step(
        s.wage, slack / z.rate, p.wage_curve, p.wage_pass_through, s.gain, p.wage_adjustment
    )
    value = migration.attraction(unemployed / (employed + unemployed), z.rate, s.wage)
    mean = _nation(s.population * value) / _nation(s.population)
    scale = 1.0 + migration.net_migration_rate(p.migration_response, value, mean)
    for stock in ("employed", "short", "long", "training", "inactive", "population"):
        setattr(s, stock, getattr(s, stock) * scale)


def _account(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> Namespace:
    """Incomes, AI revenue and the primary budget before financing."""
    a = Namespace()
    pay = exp(s.wage)
    tasks = accounts.task_volume(s.employed, z.employed, s.hours, s.automated)
    a.gdp = _groups(accounts.output(z.output, s.gain, tasks, z.labor_share)) * s.produced
    a.labor = _groups(accounts.compensation(z.compensation, s.employed, z.employed, s.hours * s.kept, pay))
    a.wages = _groups(s.employed * z.wage) * pay * s.hours * s.kept
    value = _groups(z.compensation * s.adoption * tasks) * pay
    spending = accounts.ai_spending(p.cost_saving, _ONE, value)
    rents = accounts.ai_rents(p.rent_share, p.cost_saving, _ONE, value)
    a.lost_pay = _groups(s.layoffs * z.wage) * pay
    a.ai_taxes = (
        accounts.usage_tax(d.usage_tax_rate, p.usage_base, spending)
        + accounts.profit_tax(d.profit_tax_rate, rents, p.profit_base_elasticity)
        + accounts.displacement_tax(d.displacement_tax_rate, a.lost_pay, _ONE)
    )
    capital = accounts.capital_income(a.gdp, a.labor, z.production_tax * a.gdp, a.ai_taxes)
    a.taxes = _nation(p.labor_tax * a.labor + p.capital_tax * capital + z.production_tax * a.gdp)
    a.ai_revenue = _nation(a.ai_taxes)
    adults = d.basic_income_eligible * s.population
    dependents = d.basic_income_dependents * z.others * s.population / z.population
    a.basic_income = accounts.basic_income_cost(d.basic_income_amount, adults, dependents)
    residents = z.residents * s.population / z.population
    s.dividend = d.dividend_share * a.ai_revenue / np.maximum(_nation(residents * d.dividend_here), 1.0)
    a.transfers = a.basic_income + s.dividend * residents
    a.outlays = _nation(a.transfers) + s.training_cost
    a.primary = a.outlays - a.taxes - a.ai_revenue
    return a


def _finance(s: Namespace, z: Namespace, p: Namespace, a: Namespace, closure: str, extra: Array) -> None:
    """Close the budget gap that the policy opens, carry debt, and pass disposable income on to demand."""
    wage_bill = _nation(a.labor)
    a.revenue = np.zeros_like(extra)
    a.rate = s.tax
    if closure == "labor_tax":
        a.revenue = s.tax * wage_bill
        s.tax = accounts.labor_tax_step(s.tax, extra - a.revenue, wage_bill, p.labor_tax)
    elif closure == "lump_sum":
        a.revenue = extra
    s.debt = accounts.debt_next(s.debt, p.interest_rate, a.deficit - a.revenue)
    levy = a.revenue * (a.labor / wage_bill if closure == "labor_tax" else s.population / _nation(s.population))
    # Local prices follow local pay: a rise in pay raises what local spending costs, not how much it buys.
    income, income0 = a.labor / exp(s.wage) + a.transfers - levy, _groups(z.compensation)
    change = demand.income_change(income / s.population, income0 / z.population)
    response = demand.local_response(p.local_multiplier)
    jobs = z.total_employed * s.population / z.population
    s.income = change - demand.income_balance(_nation(jobs * exp(response * change)), _nation(jobs), response)


def _record(s: Namespace, z: Namespace, p: Namespace, a: Namespace) -> dict[str, Array]:
    """This month's outcomes, regional (draw, 1, region) and national (draw, 1, 1)."""
    employed, short, long = _groups(s.employed), _groups(s.short), _groups(s.long)
    unemployed, training = short + long, _groups(s.training)
    force = employed + unemployed
    idle = unemployed + training + s.inactive - z.inactive * s.population / z.population
    rate = unemployed / force
    people = _nation(s.population)
    finding = p.job_finding if s.finding is None else s.finding
    tight = flows.tightness(finding, p.job_finding, p.matching_elasticity)
    gdp = _nation(a.gdp)
    return {
        "unemployment_rate": rate,
        "jobless_rate": idle / s.population,
        "long_term_unemployment_rate": long / force,
        "participation_rate": force / s.population,
        "employment": employed,
        "wage": a.wages / employed,
        "gdp": a.gdp,
        "ai_adoption": _groups(z.weight * s.adoption),
        "national_unemployment_rate": _nation(unemployed) / _nation(force),
        "national_jobless_rate": _nation(idle) / people,
        "national_participation_rate": _nation(force) / people,
        "national_employment": _nation(employed),
        "national_wage": _nation(a.wages) / _nation(employed),
        "national_gdp": gdp,
        "labor_share": _nation(a.labor) / gdp,
        "net_cost": a.extra,
        "gross_cost": a.outlays,
        "ai_tax_revenue": a.ai_revenue,
        "debt": s.debt,
        "labor_tax_change": a.rate,
        "trainees": _nation(training),
        "layoffs": 12.0 * _nation(_groups(s.layoffs)),
        "scarring_loss": 12.0 * _nation(a.lost_pay * accounts.scar_years(rate, p.scarring_low, p.scarring_high)),
        "tightness": tight,
        "vacancies": flows.vacancies(tight, _nation(unemployed), _nation(z.total_unemployed)),
        "theil_gdp": _nation(accounts.theil(a.gdp, s.population, gdp, people)),
    }


def _run(
    economy: Economy, p: Namespace, draws: int, instruments: Instruments, years: int, twin: list[Array] | None
) -> tuple[dict[str, Array], list[Array]]:
    """One policy over all draws; `twin` holds the primary deficit by month of the same draws without it."""
    z = _fixed(economy, p)
    s = _start(z, draws)
    months = 12 * years
    ramp, mask = instruments.ramp(months), instruments.mask(len(economy.regions))
    sizes = {name: len(economy.regions) for name in REGIONAL} | dict.fromkeys(NATIONAL, 1)
    out = {name: np.zeros((draws, years + 1, size)) for name, size in sizes.items()}
    deficits: list[Array] = []
    for month in range(-1, months):
        d = _dose(instruments, ramp, mask, month)
        if month >= 0:
            _supply(s, z, p, d)
            _adopt(s, z, p, d, month)
            _move(s, z, p, d)
            _pay_and_migrate(s, z, p)
        a = _account(s, z, p, d)
        if month < 0:
            balanced = a.primary
        a.deficit = a.primary - balanced
        a.extra = a.deficit - twin[month + 1] if twin is not None else np.zeros_like(a.deficit)
        deficits.append(a.deficit)
        _finance(s, z, p, a, instruments.closure, a.extra)
        year = month // 12 + 1
        for name, value in _record(s, z, p, a).items():
            value = np.broadcast_to(value, (draws, 1, sizes[name]))[:, 0]
            if name == "debt":
                out[name][:, year] = value
            else:
                out[name][:, year] += value / (12.0 if month >= 0 else 1.0)
    return out, deficits


def simulate_reference(
    economy: Economy, draws: Mapping[str, Array], policies: Sequence[Instruments], years: int
) -> dict[str, Array]:
    """Outcomes of no policy and then of every policy on the same draws, in float64.

    draws: parameter name -> (D,) or, per region, (D, R). Returns outcome name -> (1 + policies, D, R, years + 1),
    national outcomes without R; the first row is no policy, which every policy is compared with.
    """
    first = next(iter(draws.values()))
    p = Namespace(**{name: values.reshape(len(first), 1, -1) for name, values in draws.items()})
    none, twin = _run(economy, p, len(first), NO_POLICY, years, None)
    results = [none, *(_run(economy, p, len(first), policy, years, twin)[0] for policy in policies)]
    block = {}
    for name in (*REGIONAL, *NATIONAL):
        stacked = np.stack([result[name] for result in results])
        block[name] = np.moveaxis(stacked, 2, 3) if name in REGIONAL else stacked[..., 0]
    return block
