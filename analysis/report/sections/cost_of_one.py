"""What one job-year, or one person-year out of poverty, costs under each policy, where there is such a cost at all."""

import numpy as np
import xarray as xr

from analysis.costs import DISCOUNT, NEEDED, cost_effectiveness
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.fitness import unfit
from analysis.report.language import Language
from analysis.report.markup import Markup, joined, row, scrolled, tag
from analysis.report.naming import policy_names, regime_names, weights_told

__all__ = ["cost_of_one"]

COST = "net_cost"
# Where there is no cost of one, and the gain says why.
WITHOUT = ("noise", "loss", "saves")


def cost_of_one(findings: Findings, language: Language) -> Markup:
    """A table for each thing that is gained, policies by regimes; of draws that don't fit, why there is none."""
    heading = tag("h3", language.say("cost_of_one.heading"))
    wanted = dict.fromkeys([COST, *(name for needed in NEEDED.values() for name in needed)])
    known = [name for name in wanted if name in findings.national and findings.is_whole(name)]
    gained = [effect for effect, needed in NEEDED.items() if set(needed) <= set(known)]
    reason = unfit(findings, language) or ("" if gained and COST in known else language.say("absent.outcomes"))
    if reason:
        return joined(heading, tag("p", reason, class_="absent"))
    data = findings.together(known)

    def costs(pooled: bool) -> xr.Dataset:
        found: xr.Dataset = findings.once(
            ("cost of one", pooled), lambda: cost_effectiveness(data, findings.reference, pooled=pooled)
        )
        return found.expand_dims("regime") if pooled else found

    found = [costs(pooled=False), *([costs(pooled=True)] if findings.several else [])]
    chooser = Chooser.numbered(
        language.say("cost_of_one.of"), [language.title(language.name("gained", name)) for name in gained]
    )
    tables = [_table(findings, language, [each.sel(effect=effect) for each in found], effect) for effect in gained]
    choice = Choice((chooser,))
    states = [choice.when(table, str(place)) for place, table in enumerate(tables)]
    drawn = choice.draw(*states) if len(tables) > 1 else tables[0]
    return joined(heading, drawn, tag("p", _reading(findings, language), class_="note"))


def _reading(findings: Findings, language: Language) -> str:
    """What the numbers are, and what stands where there are none."""
    reading = language.say(
        "cost_of_one.reading",
        reference=policy_names(findings.data, language)[0],
        first=findings.years[0],
        last=findings.years[-1],
        discount=f"{100 * DISCOUNT:g}",
    )
    weights = weights_told(findings.regimes, language) if findings.several else ""
    return language.sentences(reading, language.say("form.error"), weights)


def _table(findings: Findings, language: Language, found: list[xr.Dataset], effect: str) -> Markup:
    """Costs of one by policy, and by regime, and pooled last; found: by regime, then pooled."""
    keys = ("verdict", "cost_of_one", "lower", "upper", "gain", "gain_error")
    told = {key: np.concatenate([each[key].transpose("regime", "policy").to_numpy() for each in found]) for key in keys}
    scale = language.scale("cost", str(found[0].attrs["units"]), told["cost_of_one"])
    amount = language.scale(effect, "person-years", told["gain"], difference=True)

    def cell(regime: int, policy: int) -> Markup:
        verdict, *numbers, gain, error = (told[key][regime, policy] for key in keys)
        middle, low, high = map(float, numbers)
        own = scale.digits_for((high - low) / 2 or middle, 2)
        words = language.say(f"verdict.{verdict}", value=own.show(middle), low=own.show(low), high=own.show(high))
        return tag("td", words, tag("small", language.with_error(gain, error, amount)) if verdict in WITHOUT else "")

    names, views = policy_names(findings.data, language)[1:], range(len(told["gain"]))
    rows = [row(name, *(cell(view, policy) for view in views)) for policy, name in enumerate(names)]
    regimes = [*regime_names(findings.regimes.names, language), language.say("regime.pooled")]
    heads = [language.say("control.policy"), *(regimes[view] for view in views)]
    name = language.name("gained", effect)
    title = language.say("cost_of_one.title", gained=name, unit=scale.unit, amount=amount.unit)
    return joined(tag("h4", title), scrolled(title, heads, rows, "figures changes"))
