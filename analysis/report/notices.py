"""What a reader must know first: dropped draws, an unfinished run, regimes with few draws, open budgets."""

from collections.abc import Callable

import xarray as xr

from analysis.financing import ai_tax_gap_shares, revenue_gap_shares, tax_limit_shares
from analysis.labels import json_attribute
from analysis.monte_carlo import design_of, undrawn
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.naming import policy_names, regime_names

__all__ = ["notices"]

# Below the first, tails rest on a handful of draws; below the second, the spread that errors are made of does too.
FEW_DRAWS, TOO_FEW_DRAWS = 100, 10
GAPS: dict[str, Callable[[xr.Dataset], dict[str, float]]] = {
    "tax_limit": tax_limit_shares,
    "ai_tax_gap": ai_tax_gap_shares,
    "revenue_gap": revenue_gap_shares,
}


def notices(findings: Findings, language: Language) -> list[str]:
    """Sentences, the most important first."""
    return [
        *_incomplete(findings.data, language),
        *_chosen_draws(findings.data, language),
        *_few_draws(findings, language),
        *_open_budgets(findings, language),
    ]


def _incomplete(data: xr.Dataset, language: Language) -> list[str]:
    """What of the store isn't shown, by the attributes that `load` sets."""
    facts = {name: int(data.attrs.get(f"draws_{name}", 0)) for name in ("missing", "not_finite", "stopped")}
    left_out = json_attribute(data, "policies_left_out")
    told = []
    total = data.sizes["draw"] + sum(facts.values())
    if left_out:
        listed = language.listed(
            language.say("notice.left_out_policy", policy=name, done=f"{done:,}", draws=f"{total:,}")
            for name, done in left_out.items()
        )
        told.append(language.say("notice.left_out", listed=listed))
    elif not data.attrs.get("complete", True):
        told.append(language.say("notice.unsealed" if data.attrs.get("unsealed") else "notice.incomplete"))
    if sum(facts.values()):
        counts = {name: f"{count:,}" for name, count in facts.items()}
        told.append(language.say("notice.dropped", dropped=f"{sum(facts.values()):,}", draws=f"{total:,}", **counts))
    if data.attrs.get("statistics_missing"):
        told.append(language.say("notice.statistics_missing"))
    uncounted = max((int(each.attrs.get("draws_left_out", 0)) for each in data.data_vars.values()), default=0)
    if uncounted:
        told.append(language.say("notice.uncounted", draws=f"{uncounted:,}"))
    return told


def _chosen_draws(data: xr.Dataset, language: Language) -> list[str]:
    """Where draws are no sample of what is uncertain."""
    design = design_of(data)
    return [language.say("notice.undrawn", design=design)] if undrawn(design) else []


def _few_draws(findings: Findings, language: Language) -> list[str]:
    """Regimes of which there are too few draws for what is shown."""
    regimes = findings.regimes
    names = regime_names(regimes.names, language)
    told = []
    for key, limit in (("few", FEW_DRAWS), ("too_few", TOO_FEW_DRAWS)):
        few = [f"{name} ({count})" for name, count in zip(names, regimes.draws, strict=True) if count < limit]
        if few:
            told.append(language.say(f"notice.{key}", limit=limit, regimes=language.listed(few)))
    return told


def _open_budgets(findings: Findings, language: Language) -> list[str]:
    """Policies whose budgets don't close, and in how many draws."""
    data = findings.data
    names = dict(zip(findings.policies, policy_names(data, language), strict=True))
    return [
        language.say(f"notice.{key}", policy=names[policy], share=_share(share, language), year=findings.years[-1])
        for key, shares in GAPS.items()
        for policy, share in shares(data).items()
    ]


def _share(share: float, language: Language) -> str:
    return language.say("notice.less_than_one") if share < 0.01 else language.percent(round(share, 2))
