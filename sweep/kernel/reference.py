"""The reference path: the monthly order of events on whole NumPy arrays in float64, to read and to test against.

Every array has three axes, (draw, group, region), of length one where a quantity doesn't vary.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, SimpleNamespace

import numpy as np

from sweep.kernel import accounts, adoption, baseline, demand, flows, informality, migration, programs, supply, wages
from sweep.kernel.economy import Economy
from sweep.kernel.elementary import Array, exp, log
from sweep.kernel.instruments import DOSES, FAMILIES, NO_POLICY, SETTINGS, Instruments
from sweep.kernel.outcomes import NATIONAL, REGIONAL
from sweep.kernel.reference_accounts import account, ai_tax_rates, finance, sum_groups, sum_nation
from sweep.kernel.reference_records import record, record_decomposition, record_distribution

__all__ = ["STOCKS", "simulate_reference"]

Namespace = SimpleNamespace


_ONE = np.ones((1, 1, 1))

# Stocks of persons that migrants take along, and the population that they add up to.
STOCKS = (
    "employed", "short", "long", "training", "inactive", "informal", "excluded", "guarantee_unemployed",
    "guarantee_inactive", "conditional_unemployed", "conditional_inactive", "population",
)  # fmt: skip


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
    z.total_employed = sum_groups(z.employed)
    z.informal = np.broadcast_to(economy.informal, z.rate.shape[2:])[None, None]
    z.ratio = z.informal / z.total_employed
    z.finding = informality.formal_finding(p.job_finding, z.ratio)
    z.formal = informality.formal_output_share(p.informal_productivity, z.ratio)
    z.output_all = sum_groups(z.output)
    z.informal_output = informality.informal_output(z.output_all, z.formal, z.informal, z.informal)
    z.income = z.formal * sum_groups(z.compensation) + z.informal_output
    unemployed = baseline.unemployed(z.employed, z.ratio, z.rate)
    z.long = baseline.long_term_unemployed(unemployed, p.long_term_share)
    z.short = unemployed - z.long
    z.total_unemployed = sum_groups(unemployed)
    z.force = z.total_employed + z.total_unemployed
    rest = z.population - z.force - z.informal
    z.excluded = baseline.not_employable(p.not_employable, z.population, rest)
    z.inactive = rest - z.excluded
    odds = (1.0 + z.ratio) * z.rate / (1.0 - z.rate)
    z.separation = baseline.separation_rate(
        z.finding, p.long_term_finding, (1.0 - p.long_term_share) * odds, p.long_term_share * odds, _ONE
    )
    z.exit = baseline.bounded_exit_rate(p.exit_rate, z.finding, p.long_term_finding, p.long_term_share)
    z.ageing = baseline.ageing_rate(z.finding, p.long_term_finding, z.exit, 1.0 - p.long_term_share, p.long_term_share)
    z.quit = p.separation_to_inactivity * z.separation
    z.entry = baseline.entry_rate(z.quit * z.total_employed, z.exit * z.total_unemployed, z.inactive)
    human, model = economy.narrow_human[None, :, None], economy.narrow_model[None, :, None]
    z.narrow = adoption.exposure_rating(human, model, p.exposure_weight)
    human, model = economy.wide_human[None, :, None], economy.wide_model[None, :, None]
    z.wide = adoption.exposure_rating(human, model, p.exposure_weight)
    safe = z.employed * (1.0 - z.narrow)
    z.destination = safe / sum_groups(safe)
    z.local = demand.local_demand_elasticity(p.local_multiplier, economy.nontradable_share[None, None])
    return z


def _start(z: Namespace, draws: int) -> Namespace:
    """The state of the first month: observed stocks, no AI, no programs."""
    cell, region, nation = (draws, *z.employed.shape[1:]), (draws, 1, z.rate.shape[2]), (draws, 1, 1)
    s = Namespace()
    s.employed = np.broadcast_to(z.employed, cell).copy()
    s.short, s.long = np.broadcast_to(z.short, cell).copy(), np.broadcast_to(z.long, cell).copy()
    for name in ("training", "adoption", "unvetoed", "lagged", "automated", "layoffs"):
        setattr(s, name, np.zeros(cell))
    s.lift = np.ones(cell)
    for name in ("inactive", "population", "informal", "excluded"):
        setattr(s, name, np.broadcast_to(getattr(z, name), region).copy())
    for name in (
        "wage", "income", "graduates", "withdrawn", "gain", "dividend", "fund", "benefit", "funded",
        "guarantee_unemployed", "guarantee_inactive", "conditional_unemployed", "conditional_inactive",
    ):  # fmt: skip
        setattr(s, name, np.zeros(region))
    for name in ("debt", "tax", "training_cost", "fund_training_cost", "place_cost", "green_cost", "closing", "usage",
                 "profit", "displacement"):  # fmt: skip
        setattr(s, name, np.zeros(nation))
    s.hires = np.broadcast_to(sum_nation(z.separation * z.total_employed), nation).copy()
    s.hours, s.produced, s.kept, s.finding = np.ones(region), np.ones(region), np.ones(region), None
    s.log_income0 = None
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
    for family in FAMILIES:
        setattr(d, f"{family}_here", mask[FAMILIES.index(family)][None, None])
    return d


def _supply(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    adults = d.basic_income_amount * d.basic_income_eligible
    cash = adults + s.dividend / 12.0
    taxes = supply.net_of_tax_change(p.supply_elasticity, p.labor_tax, s.tax)
    target = supply.withdrawal_target(
        cash, p.basic_income_participation, p.equilibrium_offset, z.population, taxes, z.force
    )
    leaving = supply.withdrawal_step(target, s.withdrawn)
    s.withdrawn = s.withdrawn + leaving
    force = sum_groups(s.employed + s.short + s.long)
    out = supply.withdrawal_share(leaving * s.population / z.population, force)
    s.inactive = s.inactive + force * out
    s.employed, s.short, s.long = (stock * (1.0 - out) for stock in (s.employed, s.short, s.long))
    s.supply = supply.supply_factor(s.withdrawn, z.force)
    s.entry = supply.entry_hazard(z.entry, s.supply, z.inactive, s.withdrawn)
    s.hours = supply.hours_factor(p.basic_income_hours, p.baseline_hours, cash, p.equilibrium_offset)


def _adopt(s: Namespace, z: Namespace, p: Namespace, d: Namespace, month: int) -> None:
    s.automation = adoption.voiced_automation(p.automation_share, p.voice_automation_shift, d.worker_voice_strength)
    moved = p.frontier_reach * adoption.frontier(month / 12.0 * _ONE, p.frontier_midpoint, p.frontier_width)
    exposed = adoption.exposure(z.narrow, z.wide, p.frontier_rise, moved)
    s.laid_off = p.displacement_layoffs * (1.0 - d.worker_voice_strength)
    usage, profit, levy = ai_tax_rates(s, d)
    wedge = accounts.tax_wedge(
        usage,
        p.usage_base,
        p.cost_saving,
        levy * p.displacement_tax_borne * s.automation * s.laid_off * p.capital_charge,
        profit * p.profit_tax_distortion,
    )
    response = adoption.tax_response(p.cost_saving, p.saving_spread, wedge)
    pace = adoption.voice_pace(p.voice_slowdown, d.worker_voice_strength)
    active = adoption.months_adopting(month * _ONE, p.regional_lag) * pace
    spread = p.innovation_rate / 12.0, p.imitation_rate / 12.0, active
    limit = adoption.ceiling(exposed, p.worth_automating, response * (1.0 - d.veto_cut))
    s.adopted = adoption.adoption_step(s.adoption, limit, *spread)
    s.adoption = s.adoption + s.adopted
    free = adoption.ceiling(exposed, p.worth_automating, response)
    s.unvetoed = s.unvetoed + adoption.adoption_step(s.unvetoed, free, *spread)
    s.lagged = s.lagged + adoption.lagged_step(s.adoption, s.lagged, 1.0 / (12.0 * p.reinstatement_lag))
    s.automated = adoption.automated_share(s.automation, s.adoption, p.reinstatement, s.lagged)
    s.gain = demand.productivity(z.labor_share, p.cost_saving, sum_groups(z.weight * s.adoption))
    forgone = demand.productivity(z.labor_share, p.cost_saving, sum_groups(z.weight * s.unvetoed)) - s.gain
    here = d.veto_here * np.where(d.veto_cut.max(axis=2, keepdims=True) > 0, 1.0, 0.0)
    lost = here * demand.leaked_demand(p.veto_leakage, p.productivity_demand, forgone)
    open_jobs = sum_nation((1.0 - here) * z.total_employed)
    s.leak = lost - (1.0 - here) * sum_nation(lost * z.total_employed) / np.maximum(open_jobs, 1.0)


def _offer(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    """What programs take in this month: hazards of the unemployed and inactive, and jobs that investment pays for."""
    leaving = programs.guarantee_outflow(p.guarantee_search, z.finding, p.guarantee_exit)
    open_offers = d.guarantee_offers * (1.0 - d.guarantee_long_only)
    s.offer_short = programs.guarantee_offer(open_offers, p.guarantee_take_up_short, leaving)
    s.offer_long = d.guarantee_offers * p.guarantee_take_up_long
    s.offer_inactive = programs.guarantee_offer(open_offers, p.guarantee_take_up_inactive, p.guarantee_exit)
    s.diverted = programs.diverted_share(d.guarantee_offers, p.guarantee_take_up_long)
    unemployed = sum_groups(s.short + s.long)
    pool = sum_nation(unemployed * d.training_here)
    budget = d.training_budget.max(axis=2, keepdims=True)
    place = 12.0 * programs.with_overhead(d.regional_fund_amount, p.conditional_administration)
    trained, supported = d.regional_fund_training * s.fund, (1.0 - d.regional_fund_training) * s.fund
    s.intake = flows.training_intake(budget, p.training_cost, pool) * d.training_here
    fund_intake = programs.fund_intake(trained, p.training_cost, unemployed)
    s.intake = s.intake + fund_intake
    s.training_cost = 12.0 * p.training_cost * sum_nation(s.intake * unemployed)
    s.fund_training_cost = 12.0 * p.training_cost * sum_nation(fund_intake * unemployed)
    places = programs.open_ended_offer(d.conditional_income_offers, p.conditional_take_up)
    funded = programs.fund_intake((1.0 - p.conditional_from_inactivity) * supported, place, unemployed)
    s.conditional = places + funded
    amount = programs.benefit(d.conditional_income_amount, places, d.regional_fund_amount, funded)
    s.benefit = np.where(s.conditional > 0, amount, s.benefit)
    paid = d.regional_fund_amount * funded / np.maximum(s.conditional * s.benefit, 1e-20)
    s.funded = np.where(s.conditional * s.benefit > 0, paid, s.funded)
    s.success = programs.mixed_success(
        p.training_success, p.training_success_older, p.training_success_young,
        d.training_older, d.training_young, p.matching_gain * d.training_matching,
    )  # fmt: skip
    jobs, costs = np.zeros_like(s.population), []
    per_job = {"place_investment": p.place_cost_per_job, "green_care": 1e6 / p.green_jobs_per_million}
    for family, cost in per_job.items():
        here = getattr(d, f"{family}_here") * z.total_employed
        spending = getattr(d, f"{family}_spending").max(axis=2, keepdims=True)
        jobs = jobs + programs.placed_jobs(spending, cost) * here / np.maximum(sum_nation(here), 1.0)
        costs.append(spending + np.zeros_like(s.debt))
    s.placed, (s.place_cost, s.green_cost) = jobs, costs


def _move(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    desired = _desire(s, z, p, d)
    m = _hire(s, z, p, desired)
    _compete(s, z, p, m)
    _enroll(s, z, p, d, m)
    _flow(s, z, p, d, m)


def _desire(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> Array:
    """Desired employment of each cell."""
    s.local = demand.local_demand(z.local, z.nontradable, s.income)
    s.produced = demand.hours_output(d.four_day_week_coverage, d.four_day_week_cut, p.hours_output_elasticity)
    s.kept = demand.hours_pay(d.four_day_week_coverage, d.four_day_week_cut, d.four_day_week_pay_kept)
    s.policy_drag = demand.hours_drag(p.demand_elasticity, s.kept, s.produced, p.work_sharing) + s.leak
    s.policy_drag = s.policy_drag + p.demand_elasticity * log(s.lift)
    s.month_wage = s.wage
    drag = p.demand_elasticity * s.wage + s.policy_drag
    s.logs = demand.log_demand(s.automated, s.gain, p.productivity_demand, drag, s.local, z.shock)
    s.people = migration.followed_by_demand(s.population / z.population, p.population_demand) * s.supply
    guaranteed = s.guarantee_unemployed + s.guarantee_inactive
    lasting = p.training_effect * s.graduates - p.conditional_lock_in * s.conditional_unemployed
    effect = (1.0 - p.training_displacement) * lasting + p.guarantee_crowding * guaranteed + s.placed
    added = effect * z.destination - (1.0 - p.training_displacement) * p.training_lock_in * s.training
    desired = demand.desired_employment(z.employed, s.logs, s.people, added)
    without = z.employed * exp(s.logs) * s.people
    s.direct = log(np.maximum(desired, 1e-20) / np.maximum(without, 1e-20))
    return desired


def _hire(s: Namespace, z: Namespace, p: Namespace, desired: Array) -> Namespace:
    """Layoffs, hires, and the hazards of finding work and of giving up that follow."""
    m = Namespace(separations=z.separation * s.employed)
    displaced = flows.displacement_layoffs(s.laid_off, s.automation, s.adopted, s.employed)
    need = flows.hiring_need(m.separations, displaced, p.employment_adjustment, desired, s.employed)
    hires = np.maximum(need, 0.0)
    s.layoffs = displaced + np.maximum(-need, 0.0)
    m.jobs = s.employed / sum_groups(s.employed)
    m.seeking = p.guarantee_search * s.guarantee_unemployed * m.jobs
    searchers = s.short + p.long_term_finding * s.long + m.seeking
    share = flows.per_searcher(searchers)
    m.finding = flows.finding_rate(hires * share)
    m.leave = flows.exit_hazard(z.exit, (hires - displaced) * share, 1.0 / z.finding, p.exit_procyclicality)
    return m


def _compete(s: Namespace, z: Namespace, p: Namespace, m: Namespace) -> None:
    """Hazards of leaving unemployment, scaled so that no more people leave than are there."""
    gap = z.total_employed * s.people - sum_groups(s.employed)
    people = s.population / z.population
    target = informality.informal_target(z.informal, people, p.informal_absorption, z.ratio, gap)
    m.fallback = informality.informal_hazard(target, s.informal, sum_groups(s.short))
    short = m.finding + m.leave + z.ageing + s.intake + s.offer_short + s.conditional + m.fallback
    long = p.long_term_finding * m.finding + m.leave + s.intake + s.offer_long + s.conditional
    m.short_scale, m.long_scale = flows.risk_scale(short), flows.risk_scale(long)
    m.leaving_short, m.leaving_long = m.short_scale * short, m.long_scale * long
    m.short, m.long = m.short_scale * s.short, m.long_scale * s.long
    m.total_short, m.total_long = sum_groups(m.short), sum_groups(m.long)


def _enroll(s: Namespace, z: Namespace, p: Namespace, d: Namespace, m: Namespace) -> None:
    """Participants after the month, and what their comings and goings add to other stocks."""
    m.aged = z.ageing * m.short
    m.diverted = s.diverted * m.aged
    done = s.conditional_unemployed / 12.0
    schooled = s.success * d.conditional_income_training
    m.finishing = s.training / p.training_months
    m.succeeding = s.success * sum_groups(m.finishing) + schooled * done
    m.returning = (1.0 - schooled) * done
    joined = s.offer_short * m.total_short + s.offer_long * m.total_long + sum_groups(m.diverted)
    supported = s.conditional * (m.total_short + m.total_long)
    from_inactive = programs.taken_from_inactivity(supported, p.conditional_from_inactivity, s.inactive)
    guaranteed_inactive = s.offer_inactive * s.inactive
    back = p.guarantee_exit * (s.guarantee_unemployed + s.guarantee_inactive) + s.conditional_inactive / 12.0
    m.inactive = back - from_inactive - guaranteed_inactive
    hiring = p.guarantee_search * sum_groups(m.finding * m.jobs) + p.guarantee_exit
    s.guarantee_unemployed = programs.participants_next(s.guarantee_unemployed, joined, hiring)
    s.guarantee_inactive = programs.participants_next(s.guarantee_inactive, guaranteed_inactive, p.guarantee_exit)
    s.conditional_unemployed = programs.participants_next(s.conditional_unemployed, supported, _ONE / 12.0)
    s.conditional_inactive = programs.participants_next(s.conditional_inactive, from_inactive, _ONE / 12.0)
    s.informal = s.informal + m.fallback * m.total_short


def _flow(s: Namespace, z: Namespace, p: Namespace, d: Namespace, m: Namespace) -> None:
    """Moves between stocks, all from start-of-month stocks."""
    s.finding = sum_nation(m.finding * m.short) / sum_nation(s.short)
    hired = m.finding * (m.short + p.long_term_finding * m.long + m.seeking)
    s.hires = sum_nation(hired)
    quits = p.separation_to_inactivity * m.separations
    entrants = s.entry * s.inactive
    inflow = m.separations - quits + s.layoffs + (entrants + m.returning) * m.jobs + m.succeeding * z.destination
    failed = (1.0 - s.success) * m.finishing
    s.inactive = s.inactive + (sum_groups(quits + m.leave * (m.short + m.long)) - entrants + m.inactive)
    s.employed = flows.employed_next(s.employed, hired, m.separations, s.layoffs)
    s.training = s.training + (s.intake * (m.short + m.long) - m.finishing)
    s.short = flows.short_next(s.short, inflow, m.leaving_short)
    s.long = flows.long_next(s.long, m.aged - m.diverted + failed, m.leaving_long)
    s.graduates = flows.graduates_next(s.graduates, _ONE, m.succeeding, p.training_fade)
    trainees, unemployed = sum_groups(s.training), sum_groups(s.short + s.long)
    rate = flows.mobility(p.occupational_mixing, p.matching_mobility, d.training_matching, trainees, unemployed)
    s.short = s.short + flows.mixing(s.short, sum_groups(s.short), m.jobs, rate)


def _pay_and_migrate(s: Namespace, z: Namespace, p: Namespace) -> None:
    employed, unemployed = sum_groups(s.employed) + s.informal, sum_groups(s.short + s.long)
    participants = sum_groups(s.training) + s.guarantee_unemployed + s.conditional_unemployed
    slack = wages.slack(unemployed, employed, participants, p.trainee_wage_pressure)
    s.wage = s.wage + wages.wage_step(
        s.wage, slack / z.rate, p.wage_curve, p.wage_pass_through, s.gain, p.wage_adjustment
    )
    force = employed + s.guarantee_unemployed + s.guarantee_inactive + unemployed
    value = migration.attraction(unemployed / force, z.rate, s.wage)
    movers = s.population * migration.eagerness(p.migration_response, p.migration_response.max(axis=2, keepdims=True))
    mean = sum_nation(movers * value) / sum_nation(movers)
    scale = 1.0 + migration.net_migration_rate(p.migration_response, value, mean)
    for stock in STOCKS:
        setattr(s, stock, getattr(s, stock) * scale)


def _run(
    economy: Economy,
    p: Namespace,
    draws: int,
    instruments: Instruments,
    paths: Mapping[str, Array],
    years: int,
    twin: list[Array] | None,
) -> tuple[dict[str, Array], list[Array]]:
    """One policy over all draws; `twin` holds the primary deficit by month of the same draws without it."""
    z, months = _fixed(economy, p), 12 * years
    s = _start(z, draws)
    ramp, mask = instruments.ramp(months), instruments.mask(len(economy.regions))
    sizes = {name: len(economy.regions) for name in REGIONAL} | dict.fromkeys(NATIONAL, 1)
    out = {name: np.zeros((draws, years + 1, size)) for name, size in sizes.items()}
    deficits: list[Array] = []
    for month in range(-1, months):
        p = Namespace(**vars(p) | {name: each[:, max(month, 0), None, None] for name, each in paths.items()})
        d = _dose(instruments, ramp, mask, month)
        if month >= 0:
            _supply(s, z, p, d)
            _adopt(s, z, p, d, month)
            _offer(s, z, p, d)
            _move(s, z, p, d)
            _pay_and_migrate(s, z, p)
        a = account(s, z, p, d)
        if month < 0:
            balanced = a.primary
        a.deficit = a.primary - balanced
        a.extra = a.deficit - twin[month + 1] if twin is not None else np.zeros_like(a.deficit)
        deficits.append(a.deficit)
        finance(s, z, p, d, a, instruments)
        monthly = record(s, z, p, a)
        yearly = {"debt": s.debt}
        if month < 0 or month % 12 == 11:
            yearly |= record_distribution(s, z, p, d, a) | record_decomposition(s, z, p)
        _store(out, month // 12 + 1, monthly, yearly, 12.0 if month >= 0 else 1.0)
    return out, deficits


def _store(
    out: dict[str, Array], year: int, monthly: Mapping[str, Array], yearly: Mapping[str, Array], months: float
) -> None:
    for name, value in monthly.items():
        out[name][:, year] += np.broadcast_to(value, (len(value), 1, out[name].shape[2]))[:, 0] / months
    for name, value in yearly.items():
        out[name][:, year] = np.broadcast_to(value, (len(value), 1, out[name].shape[2]))[:, 0]


def simulate_reference(
    economy: Economy,
    draws: Mapping[str, Array],
    policies: Sequence[Instruments],
    years: int,
    paths: Mapping[str, Array] = MappingProxyType({}),
) -> dict[str, Array]:
    """Outcomes of no policy and then of every policy on the same draws, in float64.

    draws: parameter name -> (D,), by region (D, R), or by group (D, G, 1); paths: of parameters that move, values by
    month (D, 12 · years), the first of which are those of draws. Returns outcome name -> (1 + policies, D, R,
    years + 1), national outcomes without R; the first row is no policy, which every policy is compared with.
    """
    count = len(next(iter(draws.values())))
    placed = {name: values if values.ndim == 3 else values.reshape(count, 1, -1) for name, values in draws.items()}
    p = Namespace(**placed)
    none, twin = _run(economy, p, count, NO_POLICY, paths, years, None)
    results = [none, *(_run(economy, p, count, policy, paths, years, twin)[0] for policy in policies)]
    block = {}
    for name in (*REGIONAL, *NATIONAL):
        stacked = np.stack([result[name] for result in results])
        block[name] = np.moveaxis(stacked, 2, 3) if name in REGIONAL else stacked[..., 0]
    return block
