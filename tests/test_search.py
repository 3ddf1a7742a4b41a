"""A search for policies: what it may ask for, what it finds where the answer is known, and how it goes on."""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from analysis import example, load, pareto
from analysis.caution import AnalysisWarning
from analysis.fronts import hypervolumes, nondominated
from analysis.goals import Goal as Judged
from analysis.goals import judged
from analysis.plots import plot_pareto
from sweep.config import build_study
from sweep.distributions import constant
from sweep.errors import ConfigError
from sweep.plan import store_name
from sweep.run import begin, execute, remaining, run
from sweep.search.engine import Engine
from sweep.search.evolution import candidate, evolve, rounded
from sweep.study import Goal, Lever, Policy, Search, Study
from tests.studies import composed, study

RATE = "national_unemployment_rate"
Floats = NDArray[np.float64]


def _search(levers: int, objectives: int, constraints: int = 0, population: int = 32, generations: int = 40) -> Search:
    """A search over doses x0, x1 … from 0 to 1."""
    names = [f"x{place}" for place in range(levers)]
    base = Policy("base", "Base", doses=dict.fromkeys(names, constant(0.5)))
    return Search(
        base=base,
        levers=tuple(Lever(name, name, 0, 1) for name in names),
        objectives=tuple(Goal(f"f{place}", "min") for place in range(objectives)),
        constraints=tuple(Goal(f"g{place}", "at_most", 0.0) for place in range(constraints)),
        population=population,
        generations=generations,
        fresh_draws=1,
    )


def _values(search: Search, candidates: Sequence[Policy]) -> Floats:
    return np.array([[policy.doses[lever.dose].arguments[0] for lever in search.levers] for policy in candidates])


def _last_front(
    search: Search, evaluate: Callable[[Floats], tuple[Floats, Floats]], seed: int = 1
) -> tuple[Floats, Floats]:
    """Levers and objectives of the front among all that a search proposed."""
    found = list(evolve(search, seed, lambda number, candidates: evaluate(_values(search, candidates))))
    levers, minimized = (np.concatenate([getattr(each, name) for each in found]) for name in ("levers", "minimized"))
    kept = (np.concatenate([each.violated for each in found]) <= 0).all(axis=1)
    front = nondominated(minimized[kept])
    return levers[kept][front], minimized[kept][front]


def _zdt1(x: Floats) -> tuple[Floats, Floats]:
    """Zitzler, Deb and Thiele 2000: the front is f1 = 1 − √f0, where all levers but the first are 0."""
    rest = 1 + 9 * x[:, 1:].mean(axis=1)
    return np.stack([x[:, 0], rest * (1 - np.sqrt(x[:, 0] / rest))], axis=1), np.empty((len(x), 0))


def test_a_search_finds_the_front_of_zdt1() -> None:
    levers, front = _last_front(_search(4, 2), _zdt1)
    assert len(front) > 20
    assert np.abs(front[:, 1] - (1 - np.sqrt(front[:, 0]))).max() < 0.1
    assert np.ptp(front[:, 0]) > 0.8
    assert levers[:, 1:].max() < 0.1


def test_of_four_objectives_the_front_of_dtlz2_is_a_sphere() -> None:
    # Deb, Thiele, Laumanns and Zitzler 2005.
    def dtlz2(x: Floats) -> tuple[Floats, Floats]:
        angle, rest = 0.5 * np.pi * x[:, :3], 1 + ((x[:, 3:] - 0.5) ** 2).sum(axis=1)
        cos, sin = np.cos(angle), np.sin(angle)
        parts = [cos[:, 0] * cos[:, 1] * cos[:, 2], cos[:, 0] * cos[:, 1] * sin[:, 2], cos[:, 0] * sin[:, 1], sin[:, 0]]
        return np.stack(parts, axis=1) * rest[:, None], np.empty((len(x), 0))

    levers, front = _last_front(_search(5, 4, population=36, generations=25), dtlz2)
    assert np.median(np.linalg.norm(front, axis=1)) < 1.05
    assert np.abs(np.median(levers[:, 3:], axis=0) - 0.5).max() < 0.05


def test_constraints_hold_on_the_front() -> None:
    def budget(x: Floats) -> tuple[Floats, Floats]:
        # Less is better in both only by spending, of which there is one.
        return -x, x.sum(axis=1, keepdims=True) - 1

    levers, _ = _last_front(_search(2, 2, constraints=1, generations=20), budget)
    spent = levers.sum(axis=1)
    assert spent.max() <= 1
    assert np.median(spent) > 0.97


def test_the_same_results_lead_to_the_same_proposals_and_another_seed_to_others() -> None:
    search = _search(3, 2, population=8, generations=6)

    def proposals(seed: int) -> list[Any]:
        return [g.levers.tolist() for g in evolve(search, seed, lambda number, found: _zdt1(_values(search, found)))]

    assert proposals(1) == proposals(1)
    assert proposals(1)[0] != proposals(2)[0]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_levers_are_round_and_within_bounds(shares: list[float], lower: float, width: float) -> None:
    levers = [Lever("x", "x", lower, lower + width)] * 2
    values = lower + np.array([shares]) * width
    found = rounded(values, levers)
    assert (found >= lower).all() and (found <= lower + width).all()
    for value in found[0]:
        assert value in (lower, lower + width) or value == float(f"{value:.3g}")


def test_a_candidate_is_named_by_its_levers_alone() -> None:
    search = _search(2, 2)
    one, same, other = (candidate(search, values) for values in ([0.1, 0.2], [0.1, 0.2], [0.2, 0.1]))
    assert one == same
    assert one.name != other.name
    assert one.label == "x0 0.1, x1 0.2"


POINTS = arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 4)), elements=st.sampled_from([0.0, 1, 2, 3]))


@given(POINTS)
def test_a_front_is_not_bettered_and_betters_all_the_rest(points: Floats) -> None:
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    front = nondominated(points)
    assert front.any()
    for row, own in enumerate(points):
        better = ((points <= own).all(axis=1) & (points < own).any(axis=1))[front]
        assert better.any() != front[row]
    second = NonDominatedSorting().do(points, only_non_dominated_front=True)
    assert set(np.flatnonzero(front)) == set(second)


@given(POINTS, st.randoms())
def test_hypervolume_never_falls_by_generation(points: Floats, random: Any) -> None:
    generation = np.array([random.randint(1, 4) for _ in points])
    found = hypervolumes(points, np.ones(len(points), dtype=bool), generation)
    assert (np.diff(found) >= -1e-12).all()
    assert found[0] >= 0
    assert found[-1] <= 1 + 1e-12


def test_hypervolume_by_hand() -> None:
    points = np.array([[0.0, 2.0], [4.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    # Of a box of 4 by 2: the first two dominate nothing, the third three quarters of a half; the last isn't feasible.
    feasible, generation = np.array([True, True, True, False]), np.array([1, 1, 2, 2])
    np.testing.assert_allclose(hypervolumes(points, feasible, generation), [0, 0.375])


BASE = ("regions=archetypes", "draws=8", "years=3", "executor=serial")
ASKED = {
    "levers": {"ubi.amount": [0, 400], "retraining.budget": [0, 4e10]},
    "objectives": {RATE: {"goal": "min", "of": 0.75}, "national_gdp": "max"},
    "constraints": {"net_cost": {"at_most": 5e11, "over": "mean"}},
    "population": 4,
    "generations": 3,
}


def _asked(*overrides: str, **changes: Any) -> Study:
    """A study with a search, some of whose settings are others."""
    config = composed(*BASE, "policy=[ubi,retraining]", *overrides)
    return build_study({**config, "search": {**ASKED, **changes}})


def _run(chosen: Study, generations: int) -> tuple[Engine, list[Any]]:
    """So many generations of a search, and what became of each."""
    at = begin(chosen)
    engine = Engine(chosen, at, lambda report: None)
    found = []
    for each in engine.generations():
        found.append((each.levers.tolist(), each.minimized.tolist(), each.violated.tolist()))
        if each.number == generations:
            break
    return engine, found


def test_a_real_search_is_cut_short_and_goes_on_to_the_same_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = _asked()
    one = replace(chosen, store=replace(chosen.store, path=str(tmp_path / "one.zarr")))
    engine, whole = _run(one, 3)
    engine.finish()
    assert engine.runs > 0

    other = replace(chosen, store=replace(chosen.store, path=str(tmp_path / "other.zarr")))
    calls: list[int] = []

    def dies(study: Study, at: Any, tasks: list[Any], progress: Any) -> str:
        calls.append(len(tasks))
        if len(calls) == 1:
            return execute(study, at, tasks, progress)
        execute(study, at, [replace(tasks[0], policies=tasks[0].policies[:2])], progress)
        raise KeyboardInterrupt

    monkeypatch.setattr("sweep.search.engine.execute", dies)
    with pytest.raises(KeyboardInterrupt):
        _run(other, 3)
    monkeypatch.undo()
    again, found = _run(other, 3)
    assert found == whole
    assert again.runs < engine.runs
    again.finish()
    read, found = _run(other, 3)
    assert (found, read.runs) == (whole, 0)

    data = [load(tmp_path / f"{name}.zarr") for name in ("one", "other")]
    with pytest.warns(AnalysisWarning, match="fresh draws"):
        fronts = [pareto(each) for each in data]
    assert fronts[0].identical(fronts[1].assign_attrs(fronts[0].attrs))
    _check_front(fronts[0], whole)
    _check_fresh(engine, data[0], fronts[0])


def test_errors_of_a_front_that_cannot_be_told_are_told() -> None:
    data, fresh = example(draws=128), example("monte_carlo", 128)
    spec = json.loads(data.attrs["search"])
    for draws, quantile in ((128, 0.5), (64, 0.99)):
        for goal in spec["objectives"]:
            goal["quantile"] = quantile
        own = data.isel(draw=slice(draws)).assign_attrs(search=json.dumps(spec))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AnalysisWarning)
            notices = [pareto(own).attrs["notice"], pareto(own, fresh).attrs["notice"]]
        for notice in notices:
            assert ("some errors can't be told, and are NaN, of objectives, " in notice) == (quantile == 0.99)


def _check_front(found: Any, generations: list[Any]) -> None:
    """What is stored is what the generations were, and the front keeps the budget."""
    assert found["lever"].to_numpy().tolist() == ["ubi.amount", "retraining.budget"]
    assert found["generations"].to_numpy().tolist() == [1, 2, 3]
    proposed = {tuple(levers) for each, _, _ in generations for levers in each}
    assert {tuple(levers) for levers in found["levers"].to_numpy().tolist()} == proposed
    assert (found["constraints"].isel(candidate=found["on_front"].to_numpy()) <= 5e11).all()
    assert found["on_front"].any()
    # Of so few draws the error of a quantile isn't told.
    assert (found["objectives_error"].sel(objective="national_gdp") > 0).all()
    assert found["objectives_by_regime"].dims == ("regime", "candidate", "objective")


def _check_fresh(engine: Engine, data: Any, found: Any) -> None:
    """The front again on other draws."""
    front = found["candidate"].to_numpy()[found["on_front"].to_numpy()].tolist()
    again = engine.again(front)
    names = [policy.name for policy in again.policies[1:]]
    assert set(names) == set(front) & set(engine.best) if len(front) > 4 else names == front
    at = begin(again)
    run(again, at, remaining(again, at), lambda report: None)
    fresh = load(at)
    assert not np.allclose(fresh[RATE].sel(policy="none"), data[RATE].sel(policy="none"))
    both = pareto(data, fresh)
    ran = np.isin(found["candidate"].to_numpy(), names)
    assert both["fresh_feasible"].isel(candidate=~ran).isnull().all()
    with pytest.raises(ConfigError, match="the front was chosen by these draws"):
        pareto(data, data.copy())
    with pytest.raises(ConfigError, match="data: expected the policy 'none'"):
        pareto(data.isel(policy=data["policy"].to_numpy() != "none"), fresh)
    assert both["fresh_objectives"].isel(candidate=~ran).isnull().all()
    assert both["fresh_objectives"].isel(candidate=ran).notnull().all()
    lost = (both["fresh_change"] - both["change"]).mean("candidate") * [1, -1]
    np.testing.assert_allclose(both["optimism"], lost, rtol=1e-12)
    figure = plot_pareto(data, fresh)
    assert [axis.get_xlabel().partition(",")[0] for axis in figure.axes[:2]] == ["national unemployment rate"] * 2
    with pytest.raises(ConfigError, match="none of the candidates"):
        pareto(data, fresh.sel(policy=["none"]))


def test_a_search_has_a_store_of_its_own_whose_name_its_length_does_not_change() -> None:
    name = store_name(_asked(), {})
    assert name.startswith("archetypes-search-")
    assert name == store_name(_asked(generations=9), {})
    assert name != store_name(_asked(population=8), {})
    assert name != store_name(_asked("policy.ubi.dependents=0.5"), {})
    assert name != store_name(_asked("draws=16"), {})


def _outcomes(values: dict[str, Floats], regime: Sequence[str]) -> xr.Dataset:
    """A store of one outcome, by policy (draw, year)."""
    weights = {"flag_meanings": "slow rapid", "weights": [0.75, 0.25]}
    coordinates = {"policy": list(values), "year": [2025, 2026, 2027], "regime": ("draw", list(regime), weights)}
    outcome = (("policy", "draw", "year"), np.stack(list(values.values())), {"units": "1"})
    return xr.Dataset({RATE: outcome}, coordinates, {"design": "monte_carlo"})


def test_goals_of_a_normal_outcome_have_its_quantiles_and_the_errors_of_theory() -> None:
    draws = 8192
    normal = np.random.default_rng(2).normal(size=draws)
    path = np.stack([0 * normal, normal, 3 * normal], axis=1)
    data = _outcomes({"a": path + 1, "none": path, "b": 2 * path}, ["slow"] * draws)
    goals = [Judged(RATE, "min"), Judged(RATE, "max", None, 0.9), Judged(RATE, "min", None, None, "mean")]
    found = judged(data, goals, [Judged(RATE, "at_most", 1.5), Judged(RATE, "at_least", -1.0)])
    assert found["candidate"].to_numpy().tolist() == ["a", "b"]
    spread, share = 3 / np.sqrt(draws), np.sqrt(0.9 * 0.1 / draws)
    top, density = 1.2815516, 0.1754983
    np.testing.assert_allclose(found["objectives"], [[1, 3 * top + 1, 1], [0, 6 * top, 0]], atol=0.12)
    expected = [spread, 3 * share / density, 2 / np.sqrt(draws)]
    np.testing.assert_allclose(found["objectives_error"].sel(candidate="a"), expected, rtol=0.06)
    # What only shifts all draws changes them for sure; what doubles them has changes as uncertain as the draws are.
    np.testing.assert_allclose(found["change"].sel(candidate="a"), [1, 1, 1], atol=1e-9)
    np.testing.assert_allclose(found["change_error"].sel(candidate="a"), 0, atol=1e-9)
    np.testing.assert_allclose(found["change_error"].sel(candidate="b"), expected, rtol=0.06)
    assert found["feasible"].to_numpy().tolist() == [True, True]
    assert not judged(data, goals, [Judged(RATE, "at_most", 0.5)])["feasible"].sel(candidate="a")


def test_quantiles_that_draws_cannot_tell_have_no_error() -> None:
    regime = ["slow"] * 48 + ["rapid"] * 16
    apart = np.random.default_rng(4).normal(size=(64, 1)) + np.where(np.array(regime) == "slow", 0, 100)[:, None]
    data = _outcomes({"none": apart * np.ones(3), "a": 2 * apart * np.ones(3)}, regime)
    # Between two regimes, close to the end, and within a regime.
    for quantile, known in ((0.75, False), (0.999, False), (0.5, True)):
        found = judged(data, [Judged(RATE, "min", None, quantile)], [])
        assert bool(np.isfinite(found["objectives_error"]).all()) == known
        assert bool(np.isfinite(found["change_error"]).all()) == known


def test_goals_are_pooled_by_stated_weights_and_told_by_regime() -> None:
    regime = ["slow", "rapid"] * 8
    flat = np.where(np.array(regime) == "slow", 1.0, 5.0)[:, None] * np.ones(3)
    found = judged(_outcomes({"none": 0 * flat, "a": flat}, regime), [Judged(RATE, "min")], [])
    np.testing.assert_allclose(found["objectives"], [[2.0]])
    np.testing.assert_allclose(found["objectives_by_regime"], [[[1.0]], [[5.0]]])
    assert found.attrs["weights"] == "pooled with stated weights: slow 0.75, rapid 0.25"
    assert found["feasible"].all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levers": {"ubi.amont": [0, 1]}}, r"search\.levers\.ubi\.amont: no such dose.*ubi\.amount"),
        ({"levers": {"ubi.amount": [5, 1]}}, "lower < upper, between 0 and 20000"),
        ({"levers": {"ubi.amount": [0, 1e9]}}, "lower < upper, between 0 and 20000"),
        ({"levers": {"retraining.older": [0, 1], "retraining.young": [0, 1]}}, "at most 1 together with young"),
        ({"objectives": {"unemployment_rate": "min"}}, "no such national outcome"),
        ({"objectives": {"gini": "min"}}, r"'outputs=\[…,distribution\]'"),
        ({"objectives": {"net_cost": {"of": 0.5}}}, "expected min or max"),
        ({"objectives": {"net_cost": {"goal": "min", "of": 1.5}}}, r"search\.objectives\.net_cost\.of"),
        ({"constraints": {"net_cost": {"over": "last"}}}, "one of at_most and at_least"),
        ({"population": 1}, r"search\.population"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _asked(**changes)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("combine=true", "leave combine=false"),
        ("design=morris", "a search takes design=sobol"),
        ("precision={net_cost: {mean: true, se: 1e9}}", "precision: a search judges"),
        ("outputs.keep=national", "needs draws, got national"),
        ("policy=[]", "one or more policies"),
        ("policy=[ubi,retraining,three_pillars]", "search: retraining and three_pillars both hold training"),
    ],
)
def test_studies_that_cannot_be_searched_are_refused_in_words(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _asked(override)


def test_the_shipped_search_is_valid_and_none_is_the_default() -> None:
    found = study("experiment=policy_search")
    assert found.search is not None
    assert found.search.base.name == "job_guarantee+retraining+ubi"
    assert [policy.name for policy in found.policies] == ["none"]
    assert composed()["search"] is None
