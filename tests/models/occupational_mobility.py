"""Workers who move on a network of occupations while automation moves demand between them, in expected values.

After del Rio-Chanona, Mealy, Beguerisse-Díaz, Lafond and Farmer 2021, Journal of the Royal Society Interface 18:
20200898, with their equations in the limit of many workers and rates near theirs for the US; the network, a ring with
a bridge, is invented. Occupations stand where a store has regions. Steps are of 6.75 weeks; arrays (draw, occupation).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sweep.model import Lever, Model, Outcome, Parameter

Values = NDArray[np.float64]
Numbers = Mapping[str, Values]
OCCUPATIONS = 8
WORKERS = np.linspace(50.0, 150.0, OCCUPATIONS)
# Share of each occupation's work that automation may take.
EXPOSURE = np.linspace(0.6, 0.0, OCCUPATIONS)
STEP, YEARS, SETTLING = 6.75 / 52, 12, 250
STEPS_A_YEAR = round(1 / STEP)
MIDPOINT, WIDTH = 6.0, 0.8


def _links() -> Values:
    """Where movers go, (from, to): to both neighbors on the ring, and over a bridge; rows add up to 1."""
    links = np.zeros((OCCUPATIONS, OCCUPATIONS))
    for here in range(OCCUPATIONS):
        links[here, [(here - 1) % OCCUPATIONS, (here + 1) % OCCUPATIONS]] = 1.0
    links[0, OCCUPATIONS // 2] = links[OCCUPATIONS // 2, 0] = 0.5
    found: Values = links / links.sum(axis=1, keepdims=True)
    return found


LINKS = _links()


def network(staying: Values, openness: Values) -> Values:
    """Ease of moving, (draw, from, to): within the occupation, along links, and with openness anywhere."""
    moving = (1 - openness[:, None, None]) * LINKS + openness[:, None, None] / OCCUPATIONS
    found: Values = staying[:, None, None] * np.eye(OCCUPATIONS) + (1 - staying[:, None, None]) * moving
    return found


def step(state: tuple[Values, ...], target: Values, ease: Values, inputs: Numbers) -> tuple[Values, ...]:
    """Employed, unemployed and vacancies one step later, in expectation, when employers want `target` jobs."""
    employed, unemployed, vacancies = state
    separation, opening, speed = (inputs[name][:, None] for name in ("separation", "opening", "adjustment"))
    gap = employed + vacancies - target
    separated = separation * employed + (1 - separation) * np.minimum(speed * np.maximum(gap, 0), employed)
    opened = opening * employed + (1 - opening) * speed * np.maximum(-gap, 0)
    reach = vacancies[:, None, :] * ease
    applications = unemployed[:, :, None] * reach / reach.sum(axis=2, keepdims=True)
    received = applications.sum(axis=1)
    hired = applications * (vacancies * -np.expm1(-received / vacancies) / received)[:, None, :]
    arrivals, departures = hired.sum(axis=1), hired.sum(axis=2)
    return employed - separated + arrivals, unemployed + separated - departures, vacancies + opened - arrivals


def demand(jobs: Values, share: Values) -> Values:
    """Jobs that employers want when a share of exposed work is automated and the hours are spread over all work."""
    left = jobs * (1 - share[:, None] * EXPOSURE)
    found: Values = left * (jobs.sum(axis=1, keepdims=True) / left.sum(axis=1, keepdims=True))
    return found


def simulate(inputs: Numbers, levers: Numbers) -> dict[str, Values]:
    draws = len(inputs["separation"])
    jobs = np.repeat(WORKERS[None], draws, axis=0)
    ease = network(inputs["staying"], levers["openness"])
    state: tuple[Values, ...] = (0.94 * jobs, 0.06 * jobs, 0.04 * jobs)
    for _ in range(SETTLING):
        state = step(state, jobs, ease, inputs)
    years = [state]
    for year in range(YEARS):
        for part in range(STEPS_A_YEAR):
            time = year + (part + 1) / STEPS_A_YEAR
            share = inputs["automated"] / (1 + np.exp(-(time - MIDPOINT) / WIDTH))
            state = step(state, demand(jobs, share), ease, inputs)
        years.append(state)
    employed, unemployed, vacancies = (np.stack(each, axis=2) for each in zip(*years, strict=True))
    rate = unemployed.sum(axis=1) / (employed + unemployed).sum(axis=1)
    return {"employed": employed, "unemployed": unemployed, "vacancies": vacancies, "national_unemployment_rate": rate}


MODEL = Model(
    name="occupational_mobility",
    title="Occupational mobility and automation",
    parameters=[
        Parameter("separation", "1/step", ["uniform", 0.012, 0.02], "spontaneous separation", 0, 1),
        Parameter("opening", "1/step", ["uniform", 0.009, 0.015], "spontaneous vacancies", 0, 1),
        Parameter("adjustment", "1/step", ["uniform", 0.1, 0.22], "speed towards the demand of employers", 0, 1),
        Parameter("staying", "share", ["uniform", 0.45, 0.65], "searchers who stay in their occupation", 0, 0.99),
        Parameter("automated", "share", ["beta", 4, 4], "exposed work that is automated in the end", 0, 1),
    ],
    levers=[Lever("openness", "share", 0.0, 1.0, meaning="moves that may go anywhere, as after retraining")],
    outcomes=[
        Outcome("employed", "persons", ("region", "year"), "employed by occupation"),
        Outcome("unemployed", "persons", ("region", "year"), "unemployed by last occupation"),
        Outcome("vacancies", "jobs", ("region", "year"), "vacancies by occupation"),
        Outcome("national_unemployment_rate", "1", ("year",), "unemployed among all workers"),
    ],
    regions=[f"occupation {place}" for place in range(1, OCCUPATIONS + 1)],
    years=range(YEARS + 1),
    simulate=simulate,
    sources="del Rio-Chanona et al. 2021, doi:10.1098/rsif.2020.0898 (estimates); the network is invented",
)
