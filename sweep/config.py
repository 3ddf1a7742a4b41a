"""What a valid config is: the composed configuration checked once, and turned into a frozen study."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sweep.combination import JOINT, combined
from sweep.dependence.settings import dependence
from sweep.designs import BLOCKS, DESIGNS, FIXED
from sweep.distributions import Distribution, parse
from sweep.errors import ConfigError, nearest
from sweep.factors import factors, levers, whole_blocks
from sweep.fixed_designs import check_keys, with_points
from sweep.kernel.economy import Economy
from sweep.kernel.instruments import CLOSURES, Timing
from sweep.kernel.outcomes import OUTPUT_SETS, Outcome
from sweep.nodes import TAIL, bounded, label, refuse_unknown
from sweep.own_study import own_subject, own_text
from sweep.regions import load_regions
from sweep.schema import Config, OutputSettings, RegionSettings, TimingSettings, checked_settings
from sweep.search.settings import highest, search
from sweep.study import KEEP, Execution, Policy, StoreSettings, Study, Subject
from sweep.targets import precision
from sweep.uncertainties import parameters

__all__ = ["INSTRUMENTS", "build_study"]

# Instrument -> field in a policy's yaml -> (dose in the kernel, smallest and largest value).
INSTRUMENTS: dict[str, dict[str, tuple[str, float, float]]] = {
    "basic_income": {
        "amount": ("basic_income_amount", 0, 20_000),
        "eligible": ("basic_income_eligible", 0, 1),
        "dependents": ("basic_income_dependents", 0, 1),
    },
    "training": {
        "budget": ("training_budget", 0, 1e13),
        "older": ("training_older", 0, 1),
        "young": ("training_young", 0, 1),
        "matching": ("training_matching", 0, 1),
    },
    "usage_tax": {"rate": ("usage_tax_rate", 0, 1), "revenue": ("usage_tax_revenue", 0, 0.1)},
    "profit_tax": {"rate": ("profit_tax_rate", 0, 1), "revenue": ("profit_tax_revenue", 0, 0.1)},
    "displacement_tax": {
        "rate": ("displacement_tax_rate", 0, 20),
        "revenue": ("displacement_tax_revenue", 0, 0.1),
    },
    "dividend": {"share": ("dividend_share", 0, 1)},
    "four_day_week": {
        "coverage": ("four_day_week_coverage", 0, 1),
        "cut": ("four_day_week_cut", 0, 0.9),
        "pay_kept": ("four_day_week_pay_kept", 0, 1),
    },
    "worker_voice": {"strength": ("worker_voice_strength", 0, 1)},
    "guarantee": {
        "wage": ("guarantee_wage", 0.01, 1000),
        "offers": ("guarantee_offers", 0, 1),
        "long_term_only": ("guarantee_long_only", 0, 1),
    },
    "conditional_income": {
        "amount": ("conditional_income_amount", 0, 20_000),
        "offers": ("conditional_income_offers", 0, 1),
        "training": ("conditional_income_training", 0, 1),
    },
    "place_investment": {"spending": ("place_investment_spending", 0, 1e13)},
    "green_care": {"spending": ("green_care_spending", 0, 1e13)},
    "veto": {"cut": ("veto_cut", 0, 1)},
    "support": {"amount": ("support_amount", 0, 20_000)},
    "mutual_aid": {
        "coverage": ("mutual_aid_coverage", 0, 1),
        "top_up": ("mutual_aid_top_up", 0, 20_000),
    },
    "regional_fund": {
        "share": ("regional_fund_share", 0, 1),
        "training": ("regional_fund_training", 0, 1),
        "amount": ("regional_fund_amount", 0, 20_000),
        "focus": ("regional_fund_focus", 0, 20),
    },
    "data_dividend": {"share": ("data_dividend_share", 0, 1)},
}


def _limits() -> dict[str, tuple[float, float]]:
    """Smallest and largest value of each dose."""
    fields = (field for instrument in INSTRUMENTS.values() for field in instrument.values())
    return {dose: (lower, upper) for dose, lower, upper in fields}


def _number(node: Any, key: str) -> float:
    distribution = parse(node, key)
    if not distribution.is_constant:
        raise ConfigError(f"{key}: expected a plain number, got {distribution}")
    return distribution.arguments[0]


def _regions(regions: RegionSettings) -> tuple[str | None, Economy]:
    """Where a user's tables are, as seen from any working folder, and the baseline economy."""
    if regions.path == "???":
        raise ConfigError("regions.path: expected the folder with your tables, as in regions.path=my_regions; got none")
    path = None if regions.path is None else str(Path(regions.path).expanduser().absolute())
    return path, load_regions(regions.name, path, regions.baseline_year)


def _outputs(chosen: OutputSettings) -> tuple[str, ...]:
    """Sets of outcomes to keep, in the order of the kernel's; `core` is always among them."""
    return tuple(part for part in OUTPUT_SETS if part == "core" or getattr(chosen, part))


def _thresholds(
    stated: Mapping[str, Sequence[float]], outcomes: Sequence[Outcome], outputs: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Thresholds by outcome, each once and in order; only of outcomes that are computed."""
    parts = {outcome.name: outcome.part for outcome in outcomes}
    refuse_unknown(stated, parts, "outputs.thresholds.", "outcome")
    for name in stated:
        if parts[name] not in outputs:
            raise ConfigError(
                f"outputs.thresholds.{name}: this outcome isn't computed; add 'outputs=[…,{parts[name]}]', or remove it"
            )
    return {name: tuple(sorted(set(values))) for name, values in stated.items() if values}


def _regimes(adoption: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    if "regimes" not in adoption:
        regime = adoption.get("regime", "own")
        if not isinstance(regime, str):
            raise ConfigError(f"adoption.regime: expected a name, got {regime!r}")
        return (regime,), (1.0,)
    names, weights = tuple(adoption["regimes"]), adoption.get("weights", {})
    if not isinstance(weights, Mapping):
        raise ConfigError(f"adoption.weights: expected a weight by regime, got {weights!r}")
    refuse_unknown(weights, names, "adoption.weights.", "regime")
    shares = tuple(_number(weights.get(name, 0), f"adoption.weights.{name}") for name in names)
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ConfigError(f"adoption.weights: expected weights ≥ 0 that add up to 1, got {dict(weights)}")
    return names, shares


def _timing(node: Mapping[str, Any], key: str, economy: Economy) -> Timing:
    regions = node.get("regions")
    if not isinstance(regions, list) and regions != "all" and "regions" in node:
        raise ConfigError(f"{key}.regions: expected all, or a list such as [{regions}], got {regions!r}")
    timing = checked_settings(TimingSettings, dict(node), key)
    first = economy.first_year + 1
    if timing.start < first:
        raise ConfigError(f"{key}.start: expected {first}, the year after the baseline, or later, got {timing.start}")
    chosen = None
    if timing.regions != "all":
        refuse_unknown(timing.regions, economy.regions, f"{key}.regions: ", "region")
        chosen = tuple(sorted(economy.regions.index(region) for region in timing.regions))
    return Timing(12 * (timing.start - first), round(12 * timing.phase_in), chosen)


def _financing(node: Mapping[str, Any], key: str, otherwise: str = "debt") -> str:
    closure = node.get("financing", otherwise)
    if closure not in CLOSURES:
        raise ConfigError(f"{key}.financing: expected one of {', '.join(CLOSURES)}, got {closure!r}")
    return str(closure)


def _policy(name: str, node: Mapping[str, Any], economy: Economy) -> Policy:
    """One policy: a single instrument, or a mix whose members are instruments."""
    key = f"policy.{name}"
    settings = {field: value for field, value in node.items() if field not in ("label", "financing")}
    members = {key: settings} if "instrument" in settings else {f"{key}.{m}": v for m, v in settings.items()}
    doses: dict[str, Distribution] = {}
    dose_keys: dict[str, str] = {}
    timing: dict[str, Timing] = {}
    closure = _financing(node, key)
    closures: dict[str, str] = {}
    for where, member in members.items():
        if not isinstance(member, Mapping) or "instrument" not in member:
            valid = ["label", "financing", "instrument"]
            hint = nearest(where.rpartition(".")[2], valid)
            raise ConfigError(f"{where}: expected an instrument with its settings, got {member!r}; {hint}")
        instrument = member["instrument"]
        refuse_unknown([str(instrument)], INSTRUMENTS, f"{where}.instrument: ", "instrument")
        if instrument in timing:
            raise ConfigError(f"{where}.instrument: {instrument} is in this policy already; a mix holds each once")
        fields = INSTRUMENTS[instrument]
        own = [] if where == key else ["financing"]
        refuse_unknown(member, [*fields, "instrument", *own, *TimingSettings.model_fields], f"{where}.", "key")
        payer = _financing(member, where, closure)
        if payer != closure:
            closures[instrument] = payer
        timing[instrument] = _timing(
            {field: member[field] for field in TimingSettings.model_fields if field in member}, where, economy
        )
        for field, (dose, lower, upper) in fields.items():
            if field not in member:
                raise ConfigError(f"{where}.{field}: missing; a number or a distribution is needed")
            doses[dose] = bounded(member[field], f"{where}.{field}", lower, upper)
            dose_keys[dose] = f"{where}.{field}"
    _shares_of_trainees(doses, dose_keys)
    return Policy(name, label(node, key, name), closure, doses, dose_keys, timing, closures)


def _shares_of_trainees(doses: Mapping[str, Distribution], keys: Mapping[str, str]) -> None:
    if "training_older" in doses:
        most = sum(
            float(doses[name].quantile(np.array([1 - TAIL]))[0]) for name in ("training_older", "training_young")
        )
        if most > 1 + 1e-9:
            place = keys["training_older"]
            raise ConfigError(
                f"{place}: expected at most 1 together with young, shares of all trainees; got {most:.4g}"
            )


def _forbid_targets(node: Any, key: str = "") -> None:
    """Refuse object construction from config, and numbers that no config may hold."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            where = f"{key}.{name}" if key else str(name)
            if name == "_target_":
                raise ConfigError(f"{where}: configs may not name code to run")
            _forbid_targets(value, where)
    elif isinstance(node, list):
        open_sides = {math.inf, -math.inf} if node[:1] == ["truncated"] else set()
        for value in node:
            if not (isinstance(value, float) and value in open_sides):
                _forbid_targets(value, key)
    elif isinstance(node, float) and not math.isfinite(node):
        raise ConfigError(f"{key}: expected a finite number, got {node!r}")


def _changed_policies(changed: set[str]) -> tuple[str, ...]:
    """Policies whose results the user changed; a label decides no result."""
    parts = [key.split(".") for key in changed if key.startswith("policy.")]
    return tuple(sorted({path[1] for path in parts if path[2:] != ["label"]}))


def _check_blocks(study: Study, by: str | None) -> None:
    """Refuse what designs in blocks can't take, and what only they can."""
    if study.design not in BLOCKS:
        if by is not None:
            raise ConfigError(f"design.by: design={study.design} moves no factors; take design={' or '.join(BLOCKS)}")
        return
    if study.keep == "statistics":
        raise ConfigError(
            f"outputs.keep: design={study.design} needs its draws; take outputs.keep=national, or draws, got statistics"
        )
    if not factors(study):
        raise ConfigError(f"design={study.design} has nothing to move: no input of this study is uncertain")


def _labor(checked: Config, changed: set[str]) -> Subject:
    """The labor model on the chosen regions."""
    path, economy = _regions(checked.regions)
    regimes, weights = _regimes(checked.adoption)
    adoption, adoption_paths = parameters(checked.adoption, "adoption", changed, economy, checked.years)
    labor, labor_paths = parameters(checked.labor, "labor", changed, economy, checked.years)
    policies = {"none": Policy("none", "No policy")}
    for name, node in checked.policy.items():
        if JOINT in name:
            raise ConfigError(f"policy.{name}: {JOINT} joins the names of policies in a mix; choose another name")
        if name == "none":
            refuse_unknown(node, ["label"], "policy.none.", "key")
            policies[name] = Policy(name, label(node, "policy.none", "No policy"))
        else:
            policies[name] = _policy(name, node, economy)
    return Subject(
        name=checked.regions.name,
        title=checked.regions.title,
        publishers=checked.regions.publishers,
        regions=economy.regions,
        regions_path=path,
        years=tuple(range(economy.first_year, economy.first_year + checked.years + 1)),
        outputs=_outputs(checked.outputs),
        thresholds=checked.outputs.thresholds,
        regimes=regimes,
        regime_weights=weights,
        uncertainties=(*adoption, *labor),
        paths=(*adoption_paths, *labor_paths),
        policies=tuple(policies.values()),
        limits=_limits(),
    )


def build_study(config: Mapping[str, Any], overrides: Iterable[str] = (), config_text: str = "") -> Study:
    """The study that a composed configuration describes.

    overrides: command line overrides, so that values the user set are not credited to the default's source.
    Raises ConfigError that names key, expectation, what came and the nearest valid name.
    """
    _forbid_targets(config)
    checked = checked_settings(Config, dict(config))
    changed = {override.lstrip("+~").partition("=")[0] for override in overrides}
    refuse_unknown([checked.outputs.keep], KEEP, "outputs.keep: ", "setting")
    refuse_unknown([checked.design.name], [*DESIGNS, *BLOCKS, *FIXED], "design.name: ", "design")
    check_keys(checked.design, checked.draws)
    subject = own_subject(checked, changed) or _labor(checked, changed)
    none, *chosen = subject.policies
    found = search(checked, chosen, subject)
    if found:
        chosen = []
        if subject.source is None:
            most = highest(found)
            _shares_of_trainees(most.doses, most.dose_keys)
    policies = (none, *(combined(chosen) if checked.combine else chosen))
    study = Study(
        draws=checked.draws or 0,
        seed=checked.seed,
        years=len(subject.years) - 1,
        outputs=subject.outputs,
        keep_bits=checked.outputs.keep_bits,
        keep=checked.outputs.keep,
        thresholds=_thresholds(subject.thresholds, subject.outcomes, subject.outputs),
        dependence=dependence(checked.dependence or {}, subject.uncertainties, checked.design.name, levers(policies)),
        precision=precision(checked, subject),
        regions=subject.name,
        title=subject.title,
        publishers=subject.publishers,
        regions_path=subject.regions_path,
        baseline_year=subject.years[0],
        design=checked.design.name,
        by=checked.design.by or "parameter",
        regimes=subject.regimes,
        regime_weights=subject.regime_weights,
        uncertainties=subject.uncertainties,
        paths=subject.paths,
        policies=policies,
        changed_policies=_changed_policies(changed),
        execution=Execution(**checked.executor.model_dump()),
        store=StoreSettings(**checked.store.model_dump()),
        report=checked.report.language if checked.report else None,
        search=found,
        config_text=own_text(config, subject) if subject.source else config_text,
        model=subject.source,
        outcomes=subject.outcomes,
        lever_units=subject.lever_units,
    )
    _check_blocks(study, checked.design.by)
    return with_points(replace(study, draws=whole_blocks(study)), checked.design)
