"""In which futures something happens: the questions of a report, and the boxes that answer them."""

from dataclasses import dataclass
from functools import partial

import xarray as xr

from analysis.box_stability import resampled
from analysis.box_words import restricted_parameters
from analysis.cases import exceeds, loses, regrets
from analysis.discovery import FEWEST_CASES, prim, uncertain_inputs
from analysis.estimation import share_of
from analysis.monte_carlo import design_of
from analysis.regimes import regimes_of
from analysis.report.findings import Findings

__all__ = ["HALVES", "RATE", "THRESHOLDS", "Answer", "Question", "answer", "distinguished", "questions"]

RATE = "national_unemployment_rate"
# Of unemployment: high, and so high that inputs decide it also where regimes do.
THRESHOLDS = (0.1, 0.15)
# Random halves of the draws in which a box is found anew.
HALVES = 20


@dataclass(frozen=True)
class Question:
    """What may happen: the policy at a place of the store exceeds a threshold, loses to the reference, or isn't best.

    kind: exceeds, loses or regrets.
    """

    kind: str
    outcome: str
    policy: int
    threshold: float = 0.0


@dataclass(frozen=True)
class Answer:
    """In how many draws it happens, its share of all futures with its error, and the boxes that are dense with it.

    boxes: as `analysis.prim` gives them, None where cases, or the others, are too few; stability: as
    `analysis.resampled` gives it, None where there is no box, or too few cases for halves.
    """

    cases: int
    draws: int
    share: float
    error: float
    boxes: xr.Dataset | None = None
    stability: xr.Dataset | None = None

    @property
    def stable(self) -> bool:
        """Whether there is a box, and half of the halves or more limit each parameter that it limits."""
        if self.boxes is None or self.stability is None:
            return False
        first = restricted_parameters(self.boxes.isel(box=0))
        return bool((self.stability["restricted"].sel(parameter=first) >= 0.5).all())


def questions(findings: Findings) -> list[Question]:
    """Whether unemployment is high without policy and under the strongest one, and where that one isn't the best."""
    best = findings.strongest
    found: list[Question] = []
    if RATE in findings.judged([RATE]):
        policies = [0, *([best] if best else [])]
        found += [Question("exceeds", RATE, policy, threshold) for policy in policies for threshold in THRESHOLDS]
    if best and findings.judged([findings.headline]):
        found.append(Question("loses", findings.headline, best))
        found += [Question("regrets", findings.headline, best)] if len(findings.policies) > 2 else []
    return found


def distinguished(findings: Findings, outcome: str) -> bool:
    """Whether anything differs between futures that boxes can be drawn in."""
    return findings.several or bool(uncertain_inputs(findings.sample(outcome)))


def answer(findings: Findings, question: Question) -> Answer:
    """The answer from the first draws, once for all sections."""
    return findings.once(question, partial(_answer, findings, question))


def _answer(findings: Findings, question: Question) -> Answer:
    data = findings.first_draws(question.outcome)
    cases = _cases(findings, data, question)
    happens = cases.to_numpy()
    share, error = share_of(happens, regimes_of(data).strata(pooled=True)[0], design_of(data))
    count, draws = int(happens.sum()), len(happens)
    counted = Answer(count, draws, float(share), float(error))
    if min(count, draws - count) < FEWEST_CASES or not 0 < share < 1 or not distinguished(findings, question.outcome):
        return counted
    data = findings.sample(question.outcome)
    boxes = prim(data, cases)
    halves = bool(boxes.sizes["box"]) and min(count, draws - count) >= 2 * FEWEST_CASES
    stability = resampled(data, cases, resamples=HALVES) if halves else None
    return Answer(counted.cases, draws, counted.share, counted.error, boxes, stability)


def _cases(findings: Findings, data: xr.Dataset, question: Question) -> xr.DataArray:
    """The draws in which it happens, (draw,)."""
    policy, year = findings.policies[question.policy], findings.years[-1]
    if question.kind == "exceeds":
        return exceeds(data, question.outcome, question.threshold, policy, year)
    if question.kind == "loses":
        return loses(data, policy, findings.reference, question.outcome, year)
    return regrets(data, policy, outcome=question.outcome, year=year)
