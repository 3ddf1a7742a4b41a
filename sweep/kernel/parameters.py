"""What the labor model leaves uncertain: name, symbol, unit and meaning of each parameter.

Values, units, sources and grades of evidence are in conf/adoption and conf/labor. The order is part of the
randomness scheme (a parameter's position picks its Sobol dimension): append, never reorder.
"""

from dataclasses import dataclass

__all__ = ["BY_GROUP", "BY_REGION", "FIXED", "PARAMETERS", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """One uncertain input: `per` is "" for a scalar by draw or "region" for a value by draw and region."""

    name: str
    group: str
    symbol: str
    unit: str
    meaning: str
    lower: float = float("-inf")
    upper: float = float("inf")
    per: str = ""


_INF = float("inf")

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("exposure_weight", "adoption", "w_e", "share", "weight of human against GPT-4 exposure ratings", 0, 1),
    Parameter("worth_automating", "adoption", "κ", "share", "exposed tasks that are worth automating", 0, 1),
    Parameter("cost_saving", "adoption", "π", "share", "labor cost saved on an automated task", 0, 1),
    Parameter("saving_spread", "adoption", "σ_π", "share", "spread of savings over tasks", 1e-3, 1),
    Parameter("automation_share", "adoption", "φ", "share", "AI use that replaces rather than assists", 0, 0.999),
    Parameter("innovation_rate", "adoption", "p", "1/year", "Bass coefficient of innovation", 0, 5),
    Parameter("imitation_rate", "adoption", "q", "1/year", "Bass coefficient of imitation", 0, 10),
    Parameter("regional_lag", "adoption", "lag", "years", "delay of a region's first adoption", 0, 100, "region"),
    Parameter("reinstatement", "adoption", "ρ", "share", "displaced tasks replaced by new ones", 0, 1),
    Parameter("reinstatement_lag", "adoption", "τ_re", "years", "mean delay of new tasks", 0.1, 100),
    Parameter("rent_share", "adoption", "ϑ", "share", "cost saving kept as AI rents", 0, 1),
    Parameter("frontier_reach", "adoption", "G_max", "share", "how far the exposure frontier moves", 0, 1),
    Parameter("frontier_rise", "adoption", "x", "task share", "exposure beyond today's widest rating", 0, 1),
    Parameter("frontier_midpoint", "adoption", "t_G", "years", "midpoint of the frontier's rise", 0, 100),
    Parameter("frontier_width", "adoption", "w_G", "years", "logistic width of the frontier's rise", 0.05, 50),
    Parameter("displacement_layoffs", "adoption", "w_l", "share", "displaced jobs ended by layoff", 0, 1),
    Parameter("usage_base", "adoption", "c", "share", "AI use that a usage tax can reach", 0, 1),
    Parameter("displacement_tax_borne", "adoption", "t_d", "share", "displacement tax borne by adoption", 0, 1),
    Parameter("profit_tax_distortion", "adoption", "ζ", "share", "profit tax felt by the adoption margin", 0, 1),
    Parameter("profit_base_elasticity", "adoption", "ε_π", "semi-elasticity", "loss of profit tax base", 0, 10),
    Parameter("job_finding", "labor", "f", "1/month", "job finding, unemployed under 27 weeks", 0.01, 0.9),
    Parameter("long_term_share", "labor", "ℓ", "share of U", "unemployed 27 weeks and more", 0, 0.95),
    Parameter("long_term_finding", "labor", "χ", "ratio", "relative finding, long-term unemployed", 0, 1),
    Parameter("matching_elasticity", "labor", "α", "elasticity", "of matches to unemployment", 0.05, 0.95),
    Parameter("exit_rate", "labor", "x", "1/month", "unemployment to inactivity", 0, 0.5),
    Parameter("exit_procyclicality", "labor", "γ_x", "elasticity", "of exits to job finding", 0, 2),
    Parameter("separation_to_inactivity", "labor", "q/s", "share", "separations that leave the labor force", 0, 1),
    Parameter("employment_adjustment", "labor", "λ_E", "1/month", "speed towards desired employment", 0.001, 1),
    Parameter("wage_curve", "labor", "η", "elasticity", "of pay to unemployment", -1, 0),
    Parameter("wage_adjustment", "labor", "λ_w", "1/month", "speed along the wage curve", 0, 1),
    Parameter("wage_pass_through", "labor", "ψ_Ω", "share", "productivity passed on to pay", 0, 5),
    Parameter("demand_elasticity", "labor", "ε", "elasticity", "of labor demand to pay", 0, 10),
    Parameter("productivity_demand", "labor", "ξ", "elasticity", "of labor demand to productivity", 0, 5),
    Parameter("local_multiplier", "labor", "m", "jobs per job", "non-tradable jobs per tradable job", 0, 10),
    Parameter("migration_response", "labor", "mig", "1/month", "net migration per unit of regional gap", 0, 1),
    Parameter("occupational_mixing", "labor", "mob", "1/month", "searchers who change occupation group", 0, 1),
    Parameter("baseline_hours", "labor", "h_0", "hours/week", "average weekly hours", 1, 100),
    Parameter("supply_elasticity", "labor", "ε_p", "elasticity", "participation to net-of-tax pay", 0, 5),
    Parameter("labor_tax", "labor", "τ_L", "rate", "effective tax on compensation", 0, 0.6),
    Parameter("capital_tax", "labor", "τ_K", "rate", "effective tax on capital income", 0, 0.9),
    Parameter("interest_rate", "labor", "r", "1/year", "real interest on public debt", -0.1, 0.5),
    Parameter("scarring_low", "labor", "PV_6", "years of pay", "loss per layoff, unemployment under 6 %", 0, 20),
    Parameter("scarring_high", "labor", "PV_8", "years of pay", "loss per layoff, unemployment over 8 %", 0, 20),
    Parameter("basic_income_participation", "labor", "ψ_N", "pp per $1000/month", "of unconditional income", -50, 50),
    Parameter("basic_income_hours", "labor", "ψ_h", "hours/week per $1000/month", "of unconditional income", -20, 20),
    Parameter("equilibrium_offset", "labor", "ψ_GE", "share", "participation effect undone in equilibrium", 0, 1),
    Parameter("training_success", "labor", "p_s", "probability", "trainees who finish into a better group", 0, 1),
    Parameter("training_effect", "labor", "te", "jobs per graduate", "lasting employment effect", 0, 1),
    Parameter("training_fade", "labor", "fade", "years", "mean life of the training effect", 0.5, 100),
    Parameter("training_displacement", "labor", "dx", "share", "training effect at others' expense", 0, 1),
    Parameter("training_lock_in", "labor", "lk", "jobs per trainee", "matches lost while in training", 0, 1),
    Parameter("training_months", "labor", "D_T", "months", "length of a course", 1, 60),
    Parameter("training_cost", "labor", "c_T", "USD", "cost per trainee", 1, _INF),
    Parameter("trainee_wage_pressure", "labor", "ω_T", "weight", "trainees' pressure on pay", 0, 1),
    Parameter("hours_output_elasticity", "labor", "κ_h", "elasticity", "of output to a cut in hours", 0, 1),
    Parameter("work_sharing", "labor", "ws", "share", "output lost to shorter hours made up by hiring", 0, 1),
    Parameter("voice_slowdown", "adoption", "ψ_V", "share", "pace of adoption lost at full worker voice", -1, 1),
    Parameter("voice_automation_shift", "adoption", "dφ", "share", "automation share at full worker voice", -1, 1),
    Parameter("guarantee_take_up_long", "labor", "t_L", "share", "long-term unemployed who take a job offer", 0, 1),
    Parameter("guarantee_take_up_short", "labor", "t_S", "share", "short-term unemployed who take one", 0, 0.99),
    Parameter("guarantee_take_up_inactive", "labor", "t_N", "share", "inactive who take one", 0, 0.5),
    Parameter("guarantee_overhead", "labor", "oh", "share of pay", "overhead of a job guarantee", 0, 5),
    Parameter("guarantee_crowding", "labor", "cr", "jobs per job", "private jobs per guarantee job", -1, 1),
    Parameter("guarantee_productivity", "labor", "v_J", "share of cost", "value of guarantee work", 0, 2),
    Parameter("guarantee_search", "labor", "χ_J", "ratio", "relative finding, guarantee workers", 0, 0.8),
    Parameter("guarantee_exit", "labor", "x_J", "1/month", "guarantee workers who leave work", 0.001, 0.2),
    Parameter("wage_spread", "labor", "sd", "log", "spread of pay within a group", 0.05, 2),
    Parameter("minimum_wage", "labor", "W_0", "USD/hour", "wage floor at baseline", 0.01, 1000),
    Parameter("conditional_take_up", "labor", "t_C", "share", "unemployed who take conditional income", 0, 0.99),
    Parameter("conditional_from_inactivity", "labor", "i_C", "share", "participants who were inactive", 0, 0.99),
    Parameter("conditional_administration", "labor", "ad_C", "share of payments", "administration", 0, 5),
    Parameter("conditional_lock_in", "labor", "lk_C", "jobs per participant", "matches lost by participants", 0, 1),
    Parameter("training_success_older", "labor", "p_o", "probability", "of older, low-skilled trainees", 0, 1),
    Parameter("training_success_young", "labor", "p_y", "probability", "of young or highly skilled trainees", 0, 1),
    Parameter("matching_gain", "labor", "mg", "share", "success added by full matching", 0, 1),
    Parameter("place_cost_per_job", "labor", "c_J", "USD/year per job", "of investment in place", 1, _INF),
    Parameter("green_jobs_per_million", "labor", "g_J", "jobs per USD million", "of green and care spending", 0, 1000),
    Parameter("not_employable", "labor", "X", "share of adults", "people who cannot be employed", 0, 0.3),
    Parameter("informal_absorption", "labor", "a_I", "share", "formal losers who turn to informal work", 0, 1),
    Parameter("informal_productivity", "labor", "v_I", "ratio", "informal to formal output per worker", 0, 2),
    Parameter("mutual_aid_pooling", "labor", "pool", "share", "spread of incomes that pooling removes", 0, 1),
    Parameter("funds_cost", "labor", "mcf", "USD per USD", "marginal cost of public funds", 0, 5),
    Parameter(
        "satisfaction_unemployed", "labor", "ls_U", "points", "life satisfaction of unemployed less employed", -3, 0
    ),
    Parameter("satisfaction_climate", "labor", "ls_u", "points per pp", "of everybody to unemployment", -0.5, 0.1),
    Parameter("satisfaction_income", "labor", "ls_y", "points per log", "of everybody to income", 0, 2),
    Parameter("guarantee_satisfaction", "labor", "ls_J", "share", "of the loss that guarantee work undoes", 0, 1),
    Parameter("income_spread", "labor", "sd_y", "log", "spread of incomes within a group or status", 0.05, 2),
    Parameter("idle_income", "labor", "y_0", "share of mean pay", "income of people without work or program", 0.01, 1),
    Parameter("poverty_line", "labor", "line", "USD/year", "income below which a person is poor", 1, _INF),
    Parameter("population_demand", "labor", "ω_P", "elasticity", "of a region's labor demand to its population", 0, 1),
    Parameter("capital_charge", "adoption", "cc", "1/year", "yearly charge for a cost paid once", 0.01, 1),
    Parameter("veto_leakage", "adoption", "leak", "share", "activity that leaves a region with a veto", 0, 1),
    Parameter("matching_mobility", "labor", "mm", "share", "mobility between groups added by full matching", 0, 9),
    Parameter("survey_income", "labor", "k_y", "share", "income in household surveys against the accounts", 0.01, 2),
)

# Those that the kernel takes a value of by region, and by occupation group, in the order in which it holds them.
BY_REGION = (
    "regional_lag", "innovation_rate", "imitation_rate", "worth_automating", "automation_share", "reinstatement",
    "displacement_layoffs", "job_finding", "long_term_share", "exit_rate", "wage_curve", "local_multiplier",
    "migration_response", "not_employable",
)  # fmt: skip
BY_GROUP = ("innovation_rate", "imitation_rate", "worth_automating", "reinstatement")
# Those that hold for a whole run: the baseline follows from them before the first month, or they are times or a
# baseline themselves, or, as the labor tax, what behavior is measured against.
FIXED = (
    "regional_lag", "exposure_weight", "frontier_midpoint", "frontier_width", "job_finding", "long_term_share",
    "long_term_finding", "exit_rate", "separation_to_inactivity", "occupational_mixing", "local_multiplier",
    "baseline_hours", "labor_tax", "trainee_wage_pressure", "minimum_wage", "not_employable", "informal_productivity",
)  # fmt: skip
