"""Sentences of the executive summary on what holds up, what decides, and in which futures it goes wrong."""

import numpy as np
import xarray as xr

from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.naming import input_name, policy_names, regime_names
from analysis.report.questions import RATE, THRESHOLDS, Answer, Question, answer
from analysis.report.sections.robustness import OUTCOMES, standing, threshold_told
from analysis.report.sections.scenarios import conditions, told_question
from analysis.report.sections.sensitivity import Shares, decisive

__all__ = ["Verdicts"]

# Inputs that are told, and the evidence that is.
MOST_INPUTS, WEAKEST = 3, "C"


class Verdicts:
    """Tells each point, "" where the store holds nothing for it or draws can't tell."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self.findings, self.language = findings, language
        self.outcome = findings.headline
        self.judged = findings.independent and bool(findings.judged([self.outcome]))
        self.name = language.outcome(self.outcome)
        self.policies = policy_names(findings.data, language)
        self.regimes = regime_names(findings.regimes.names, language)

    def _say(self, key: str, **values: object) -> str:
        return self.language.say(f"summary.{key}", **values)

    @property
    def _pooled(self) -> str:
        """That all regimes are meant, as a part of a sentence, nothing where there is only one."""
        return self._say("pooled") if self.findings.several else ""

    def holds(self) -> str:
        """Which policy has the least regret, how often it keeps a threshold, and which has by other outcomes."""
        if not self.judged or len(self.policies) < 2:
            return ""
        found, language = self._standing(self.outcome), self.language
        regret, kept = (found.sel(criterion=name) for name in ("regret_q90", "satisficing"))
        best = int(np.argmin(regret["value"].to_numpy()))
        scale = language.scale(self.outcome, self.findings.units(self.outcome), regret["value"], difference=True)

        def far(place: int) -> str:
            value, error = float(regret["value"][place]), float(regret["error"][place])
            return language.measured(language.with_error(value, error, scale, signed=False), scale)

        def often(place: int) -> str:
            return language.percent(float(kept["value"][place]), float(kept["error"][place]))

        about = {"policy": self.policies[best], "where": self._pooled, "outcome": self.name}
        if not best:
            return self._say("regret_reference", **about, regret=far(0))
        threshold = threshold_told(self.findings, language, self.outcome)
        close = [name for name, near in zip(self.policies, regret["as_good"].to_numpy(), strict=True) if near]
        return language.sentences(
            self._say("regret", **about, regret=far(best), other=far(0), reference=self.policies[0]),
            self._say("as_good", policies=language.listed(close)) if len(close) > 1 else "",
            self._say("kept", outcome=self.name, threshold=threshold, share=often(best), other=often(0)),
            self._otherwise(best),
        )

    def _standing(self, outcome: str) -> xr.Dataset:
        found = standing(self.findings, outcome, pooled=self.findings.several)
        return found if self.findings.several else found.isel(regime=0)

    def _otherwise(self, best: int) -> str:
        """Which policy has the least regret by other outcomes, where it is surely another one."""
        told = []
        for outcome in self.findings.judged(OUTCOMES):
            regret = self._standing(outcome).sel(criterion="regret_q90")
            if not regret["as_good"].to_numpy()[best]:
                name = self.policies[int(np.argmin(regret["value"].to_numpy()))]
                told.append(self._say("by_outcome", outcome=self.language.outcome(outcome), policy=name))
        return self._say("otherwise", listed=self.language.listed(told)) if told else ""

    def decides(self) -> str:
        """What explains most of the headline's variance without policy, over all regimes and in the leading one."""
        if not self.judged:
            return ""
        leading, several = self.findings.regimes.leading, self.findings.several
        by_regime, pooled = (decisive(self.findings, self.outcome, "by_input", pooled) for pooled in (False, True))
        told = []
        if several and pooled is not None:
            told.append(self._decides(pooled, self._say("in_all"), "decides"))
        name = self.findings.regimes.names[leading]
        if by_regime is not None and name in by_regime["regime"].to_numpy():
            where = self._say("in_regime", regime=self.regimes[leading]) if several else ""
            told.append(self._decides(by_regime.sel(regime=name), where, "decides_in" if told else "decides"))
            told.append(self._assumed(name))
        return self.language.sentences(*told)

    def _decides(self, found: xr.Dataset, where: str, key: str) -> str:
        """Which inputs explain most of one regime, or of all of them, or that draws can't tell any."""
        listed = self._explain(Shares.of(found.isel(policy=0)))
        about = {"outcome": self.name, "year": self.findings.years[-1], "where": where}
        return self._say(key, **about, listed=listed) if listed else self._say("undecided", **about)

    def _explain(self, shares: Shares) -> str:
        """The inputs that surely explain some, with their shares."""
        places = [place for place in shares.strongest(MOST_INPUTS) if shares.lower[place] > 0]
        return self.language.listed(
            self._say(
                "explains",
                name=self._input(shares.names[place]),
                share=self.language.percent(shares.first[place], shares.error[place]),
            )
            for place in places
        )

    def _input(self, name: str) -> str:
        return self._say("regime") if name == "regime" else input_name(self.findings.data, name, self.language)

    def _assumed(self, regime: str) -> str:
        """What inputs whose distribution is an assumption explain in a regime."""
        found = decisive(self.findings, self.outcome, "by_evidence", pooled=False)
        if found is None or WEAKEST not in found["factor"].to_numpy():
            return ""
        own = found.sel(regime=regime, factor=WEAKEST).isel(policy=0)
        share = self.language.percent(float(own["first"]), float(own["first_error"]))
        return self._say("assumed" if own["first_lower"] > 0 else "assumed_unsure", share=share)

    def fails(self) -> str:
        """Where unemployment is high without policy, and how often under the strongest policy, or that one loses."""
        if not self.judged:
            return ""
        best, language, told = self.findings.strongest, self.language, []
        if self.outcome == RATE:
            high = Question("exceeds", RATE, 0, THRESHOLDS[0])
            told.append(self._where(high, answer(self.findings, high)))
            if best:
                own = answer(self.findings, Question("exceeds", RATE, best, THRESHOLDS[0]))
                told.append(self._say("under", policy=self.policies[best], share=self._share(own)))
        if best:
            own = answer(self.findings, Question("loses", self.outcome, best))
            loses = {"policy": self.policies[best], "reference": self.policies[0], "share": self._share(own)}
            told.append(self._say("loses", outcome=self.name, **loses))
        return language.sentences(*told)

    def _share(self, own: Answer) -> str:
        return self.language.percent(own.share, own.error)

    def _where(self, question: Question, own: Answer) -> str:
        """In how many futures something happens, and where, if halves of the draws agree on it."""
        happens = self.language.title(told_question(self.findings, self.language, question))
        counted = self._say("happens", happens=happens, share=self._share(own))
        if not own.stable or own.boxes is None:
            return counted
        box = own.boxes.isel(box=0)
        density, coverage = (
            self.language.percent(float(box[key]), float(box[f"{key}_error"])) for key in ("density", "coverage")
        )
        limits = conditions(self.findings, self.language, box)
        return self.language.sentences(
            counted, self._say("mostly", conditions=limits, density=density, coverage=coverage)
        )
