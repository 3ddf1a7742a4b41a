"""Probabilities of rare outcomes: closed forms, intervals over repeats, tilted draws against plain ones, refusals."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import beta, binom, norm

from analysis import load, reweighted, satisficing, tail_probability, tilt
from analysis.caution import AnalysisWarning
from analysis.tilting import Tilt, moved
from sweep.distributions import parse
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.studies import finish

RATE = "national_unemployment_rate"
THIRDS = dict.fromkeys(("slow", "central", "rapid"), 1 / 3)
Node = Any
Floats = NDArray[np.float64]
ROOT = float(np.sqrt(2))


def _quiet(function: Callable[..., Any], *given: Any, **choices: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        return function(*given, **choices)


def _one(data: xr.Dataset, threshold: float, **choices: Any) -> dict[str, float]:
    """All that is found of one policy, of all regimes."""
    found = _quiet(tail_probability, data, RATE, threshold, pooled=True, **choices).sel(policy="none")
    return {str(name): float(each) for name, each in found.data_vars.items()}


def _sweep(
    nodes: Mapping[str, Node], draws: int, seed: int, outcome: Callable[..., Floats] | None = None
) -> xr.Dataset:
    """Independent draws of inputs from distributions; the outcome is their sum, under one policy."""
    drawn = {name: parse(node, name) for name, node in nodes.items()}
    generator = np.random.default_rng(seed)
    values = {name: each.quantile(generator.uniform(size=draws)) for name, each in drawn.items()}
    result = np.sum(list(values.values()), axis=0) if outcome is None else outcome(**values)
    texts = {f"labor.{name}": [each.exact()] for name, each in drawn.items()}
    return made({RATE: [result]}, inputs=values, parameters=texts).assign_attrs(seed=seed)


NORMAL = {"x": ["normal", 0, 1], "y": ["normal", 0, 1]}


def test_a_tilted_sum_of_normal_inputs_has_its_probability_and_its_error() -> None:
    far, draws = 3.0, 4000
    tilted = _sweep({name: ["normal", far / ROOT, 1] for name in NORMAL}, draws, 1)
    beliefs = {f"labor.{name}": node for name, node in NORMAL.items()}
    found = _one(tilted, far * ROOT, beliefs=beliefs)
    exact = norm.sf(far)
    # Of the sum in units of its spread, the mean of squared likelihoods beyond is exp(far²)·P(Z > 2 far).
    error = np.sqrt((np.exp(far**2) * norm.sf(2 * far) - exact**2) / draws)
    assert abs(found["probability"] - exact) < 3.5 * error
    assert found["probability_error"] == pytest.approx(error, rel=0.1)
    assert found["variance_reduction"] == pytest.approx(exact * (1 - exact) / draws / error**2, rel=0.25)
    assert found["lower"] < exact < found["upper"]


# What counts, what is drawn instead, a threshold, and the probability to be above it.
ONE_INPUT: list[tuple[Node, Node, float, float]] = [
    (["beta", 2, 8], ["beta", 2, 2], 0.7, float(beta.sf(0.7, 2, 8))),
    (["uniform", 0, 1], ["truncated_normal", 19, 3, 0, 1], 0.99, 0.01),
    (["log_normal", 1, 0.5], ["log_normal", 3, 0.5], 4.0, float(norm.sf(np.log(4) / 0.5))),
    (["choice", {0: 0.98, 1: 0.02}], ["choice", {0: 0.5, 1: 0.5}], 0.5, 0.02),
]


@pytest.mark.parametrize(("believed", "drawn", "threshold", "exact"), ONE_INPUT, ids=str)
def test_what_counts_is_what_is_believed(believed: Node, drawn: Node, threshold: float, exact: float) -> None:
    data = _sweep({"x": drawn}, 3000, 2)
    found = _one(data, threshold, beliefs={"labor.x": believed})
    assert abs(found["probability"] - exact) < 3.5 * found["probability_error"]
    assert found["variance_reduction"] > 2
    # The pilot says by itself what counts; and all of this is the same of the other side.
    pilot = _sweep({"x": believed}, 10, 3)
    assert _one(data, threshold, beliefs=pilot) == found
    other = _one(data, threshold, above=False, beliefs=pilot)
    assert other["probability"] == pytest.approx(1 - exact, abs=3.5 * found["probability_error"])
    assert other["probability_error"] == found["probability_error"]


def test_regimes_are_strata() -> None:
    count, shares, shifts = {"slow": 500, "rapid": 1500}, {"slow": 0.9, "rapid": 0.1}, {"slow": 0.0, "rapid": 2.0}
    generator = np.random.default_rng(3)
    names = generator.permutation(np.repeat(list(count), list(count.values())))
    values = generator.standard_normal(2000) + np.array([shifts[name] for name in names])
    data = made({RATE: [values]}, list(names), shares)
    exact = {name: float(norm.sf(2 - shifts[name])) for name in count}
    variances = {name: exact[name] * (1 - exact[name]) / count[name] for name in count}
    rows = _quiet(tail_probability, data, RATE, 2.0).sel(policy="none")
    for name in count:
        one = rows.sel(regime=name)
        assert abs(one["probability"] - exact[name]) < 3.5 * np.sqrt(variances[name])
        assert one["variance_reduction"] == pytest.approx(1, rel=0.01)
    pooled, total = _one(data, 2.0), sum(shares[name] * exact[name] for name in count)
    error = np.sqrt(sum(shares[name] ** 2 * variances[name] for name in count))
    assert abs(pooled["probability"] - total) < 3.5 * error
    assert pooled["probability_error"] == pytest.approx(error, rel=0.15)
    apart = [shares[name] * float(rows["probability"].sel(regime=name)) for name in count]
    assert pooled["probability"] == pytest.approx(sum(apart))
    assert pooled["upper"] > total > pooled["lower"]


@pytest.mark.parametrize("chance", [0.002, 0.02, 0.3, 0.9])
def test_plain_intervals_cover_as_often_as_they_say(chance: float) -> None:
    repeats, draws = 800, 300
    values = np.random.default_rng(4).uniform(size=(repeats, draws)) < chance
    found = _quiet(tail_probability, made({RATE: values.astype(float)}), RATE, 0.5, pooled=True)
    covered = (found["lower"] <= chance) & (chance <= found["upper"])
    assert float(covered.mean()) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / repeats)
    np.testing.assert_allclose(found["probability"], values.mean(axis=1))
    np.testing.assert_array_equal(found["hits"], values.sum(axis=1))


def test_tilted_estimates_are_unbiased_with_errors_and_intervals_that_hold() -> None:
    far, repeats, draws = 2.5, 120, 200
    exact, found, scaled = norm.sf(far), [], []
    for seed in range(repeats):
        tilted = _sweep({"x": ["normal", far, 1]}, draws, seed)
        found.append(_one(tilted, far, beliefs={"labor.x": ["normal", 0, 1]}))
        weights = norm.pdf(tilted["x"]) / norm.pdf(tilted["x"], far)
        scaled.append(float((weights * (tilted["x"] > far)).sum() / weights.sum()))
    probability = np.array([each["probability"] for each in found])
    spread = probability.std(ddof=1)
    assert abs(probability.mean() - exact) < 3.5 * spread / np.sqrt(repeats)
    assert np.mean([each["probability_error"] for each in found]) == pytest.approx(spread, rel=0.2)
    covered = np.mean([each["lower"] <= exact <= each["upper"] for each in found])
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / repeats)
    # Scaled to the sum of likelihoods, it would err several times as much.
    assert np.std(scaled) > 2 * spread


def test_regimes_of_no_weight_leave_limits_as_they_are() -> None:
    data = made({RATE: [np.arange(90) / 90] * 2}, [*THIRDS] * 30, THIRDS)
    some = data.sel(draw=data["regime"] != "rapid")
    for threshold in (0.5, 2.0):
        found = _quiet(tail_probability, data, RATE, threshold, pooled=True, beliefs={"slow": 0.4, "central": 0.6})
        alone = _quiet(tail_probability, some, RATE, threshold, pooled=True, beliefs={"slow": 0.4, "central": 0.6})
        for name in ("lower", "upper"):
            np.testing.assert_allclose(found[name], alone[name])


def test_no_draw_beyond_gives_a_limit_and_a_warning() -> None:
    data = made({RATE: [np.linspace(0, 1, 1000), np.linspace(0, 1, 1000)]})
    with pytest.warns(AnalysisWarning, match="only a limit is known: none, a; take more draws, or draw towards"):
        found = tail_probability(data, RATE, 2.0, pooled=True).sel(policy="a")
    assert found["probability"] == 0 and np.isnan(found["probability_error"]) and found["lower"] == 0
    limit = float(found["upper"])
    # So many draws of that probability would all stay below with a chance of 2.5 %.
    assert float(binom.pmf(0, 1000, limit)) == pytest.approx(0.025, rel=0.02)
    everything = _one(data, -1.0)
    assert everything["probability"] == 1 and everything["lower"] == pytest.approx(1 - limit)
    # Fewer draws that count leave room for more: of these, one in 1.2 does.
    weighed = _one(_sweep({"x": ["uniform", 0, 1]}, 1000, 5), 2.0, beliefs={"labor.x": ["beta", 2, 2]})
    assert weighed["upper"] == pytest.approx(1.2 * limit, rel=0.05)
    regimes = made({RATE: [np.zeros(1000)]}, ["slow"] * 900 + ["rapid"] * 100, {"slow": 0.5, "rapid": 0.5})
    assert _one(regimes, 1.0)["upper"] == pytest.approx(5 * limit, rel=0.01)


def test_draws_away_from_the_tail_are_told_and_then_refused() -> None:
    believed = {"labor.x": ["normal", 0, 1]}
    away = _sweep({"x": ["normal", -0.8, 1]}, 2000, 6)
    with pytest.warns(AnalysisWarning, match=r"tell less than so many of plain Monte Carlo, for one: none 0\.1"):
        found = tail_probability(away, RATE, 2.0, beliefs=believed).isel(regime=0, policy=0)
    assert found["effective_hits"] < 10 and found["largest_share"] > 0.1
    assert "few draws beyond count, so that errors are rough: none" in found.attrs["notice"]
    with pytest.raises(ConfigError, match="drawn away from this tail, and what weighs most may be missing"):
        tail_probability(_sweep({"x": ["normal", -1.5, 1]}, 2000, 6), RATE, 1.0, beliefs=believed)
    with pytest.warns(AnalysisWarning, match="as far as what is beyond weighs no more than draws do"):
        tail_probability(away, RATE, 9.0, beliefs=believed)


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=4, max_size=30), st.booleans())
@settings(max_examples=15, deadline=None)
def test_laws(rows: list[tuple[int, bool]], sobol: bool) -> None:
    values, rapid = np.array([row[0] for row in rows], dtype=float), [row[1] for row in rows]
    names = np.where(np.arange(len(rows)) < 2, ["slow", "rapid"] * (len(rows) // 2) + ["slow"] * (len(rows) % 2),
                     np.where(rapid, "rapid", "slow"))  # fmt: skip
    design = "sobol" if sobol else "monte_carlo"
    data = made({RATE: [values, -values]}, list(names), {"slow": 0.7, "rapid": 0.3}, design=design)
    for pooled in (False, True):
        over, under = (_quiet(tail_probability, data, RATE, 0.5, above=side, pooled=pooled) for side in (True, False))
        np.testing.assert_allclose(over["probability"] + under["probability"], 1)
        # Of even chances, either side may be the rarer one.
        np.testing.assert_allclose((over["lower"] + under["upper"]).where(abs(over["probability"] - 0.5) > 1e-9, 1), 1)
        assert (over["lower"] <= over["probability"] + 1e-12).all() and (over["upper"] >= over["probability"]).all()
        assert (over["lower"] >= 0).all() and (over["upper"] <= 1).all()
        np.testing.assert_array_equal(over["hits"] + under["hits"], over["draws"].broadcast_like(over["hits"]))
        assert (over["effective_hits"] <= len(rows)).all()
        further = _quiet(tail_probability, data, RATE, 1.5, pooled=pooled)
        assert (further["probability"] <= over["probability"] + 1e-12).all()


def test_probability_is_the_share_that_satisficing_finds() -> None:
    values, shares = np.random.default_rng(7).normal(size=(2, 400)), {"slow": 0.8, "rapid": 0.2}
    data = made({RATE: values}, ["slow", "rapid"] * 200, shares)
    beliefs = {"slow": 0.4, "rapid": 0.6}
    found = _quiet(tail_probability, data, RATE, 1.0, pooled=True, beliefs=beliefs)
    for weighted in (_quiet(reweighted, data, beliefs), data):
        own = _quiet(satisficing, weighted, {RATE: (">=", 1.0)}, pooled=True)
        one = found if weighted is not data else _quiet(tail_probability, data, RATE, 1.0, pooled=True)
        np.testing.assert_allclose(one["probability"], own["share"])
        np.testing.assert_allclose(one["probability_error"], own["share_error"])
    np.testing.assert_allclose(_one(_quiet(reweighted, data, beliefs), 1.0)["probability"], found["probability"][0])
    assert "slow 0.4, rapid 0.6" in found.attrs["weights"]


def test_any_year_counts_by_the_worst() -> None:
    data = made({RATE: [[[0.1, 0.3], [0.2, 0.1], [0.1, 0.1]]]})
    assert _one(data, 0.15, over="worst")["hits"] == 2 and _one(data, 0.15)["hits"] == 1
    assert _one(data, 0.15, over="worst", above=False)["hits"] == 3
    found = _quiet(tail_probability, data, RATE, 0.15, over=2025)
    assert found.attrs["long_name"] == "probability that national unemployment rate is above 15.0 %, in 2025"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"outcome": "national_unemployment"}, "did you mean 'national_unemployment_rate'"),
    ({"threshold": float("nan")}, "threshold: expected a number in the units of national_unemployment_rate, got nan"),
    ({"threshold": "20 %"}, "threshold: expected a number"),
    ({"over": 2050}, "it holds 2025 to 2025"),
    ({"beliefs": {"labor.z": ["normal", 0, 1]}}, "no input 'labor.z'"),
    ({"beliefs": {"labor.x": ["choice", {1: 0.5, 2: 0.5}]}}, "has no density"),
    ({"beliefs": {}}, "got none"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG, ids=str)
def test_wrong_use_is_told_with_what_is_right(changed: dict[str, Any], message: str) -> None:
    data = _sweep(NORMAL, 400, 8)
    arguments: dict[str, Any] = {"outcome": RATE, "threshold": 2.0} | changed
    for function in (tail_probability, tilt):
        with pytest.raises(ConfigError, match=message):
            _quiet(function, data, **arguments)


def test_sweeps_that_differ_by_more_than_beliefs_are_refused() -> None:
    data = _sweep(NORMAL, 400, 8)
    with pytest.raises(ConfigError, match=r"more than beliefs: labor\.y isn't drawn"):
        tail_probability(data, RATE, 2.0, beliefs=_sweep({"x": ["normal", 0, 1]}, 10, 1))
    other = data.assign_attrs(identity=data.attrs["identity"].replace("{", '{"kernel": "other", ', 1))
    with pytest.raises(ConfigError, match="more than beliefs: kernel other and None"):
        tail_probability(data, RATE, 2.0, beliefs=other)
    few = tail_probability(data, RATE, 2.0, beliefs=data)
    xr.testing.assert_identical(few, tail_probability(data, RATE, 2.0))
    with pytest.raises(ConfigError, match="a pilot needs at least 200 draws, and this one has 100"):
        tilt(data.isel(draw=slice(100)), RATE, 2.0)
    with pytest.raises(ConfigError, match="unknown policy 'non': did you mean 'none'"):
        tilt(data, RATE, 2.0, policy="non")


def _tilted(pilot: xr.Dataset, threshold: float, **choices: Any) -> Tilt:
    found: Tilt = _quiet(tilt, pilot, RATE, threshold, **choices)
    return found


def _proposed(found: Tilt) -> dict[str, Node]:
    """What the command line would draw the inputs of NOISY from."""
    pairs = (each.partition("=") for each in found.overrides if each.startswith("labor."))
    texts = {key.removeprefix("labor."): text.strip("[]").split(",") for key, _, text in pairs}
    return {name: [kind, *map(float, rest)] for name, (kind, *rest) in texts.items()}


NOISY = NORMAL | {name: ["uniform", 0, 1] for name in "abcde"}


def _first_two(x: Floats, y: Floats, **others: Floats) -> Floats:
    return x + y


def test_a_tilt_moves_what_matters_to_where_the_tail_is() -> None:
    pilot = _sweep(NOISY, 20_000, 9, _first_two)
    found = _tilted(pilot, 1.5 * ROOT)
    moved_to = _proposed(found)
    assert set(moved_to) == {"x", "y"} and found.overrides[0] == "seed=10"
    # By cross-entropy, each mean is that of the input in the tail.
    expected = norm.pdf(1.5) / norm.sf(1.5) / ROOT
    for kind, mean, sd in moved_to.values():
        assert kind == "normal" and sd == 1 and mean == pytest.approx(expected, abs=0.08)
    assert found.beliefs == {"labor.x": ["normal", 0, 1], "labor.y": ["normal", 0, 1]}
    assert found.table.attrs["level"] == 1.5 * ROOT and not found.table.attrs["notice"]


def test_a_tilt_leaves_what_it_has_no_way_to_move() -> None:
    stated = NORMAL | {"x": ["quantiles", {0.25: -1, 0.75: 1}]}
    found = _tilted(_sweep(stated, 4000, 9), 1.5 * ROOT)
    assert set(_proposed(found)) == {"y"} and found.beliefs.keys() == {"labor.y"}


def test_two_tilts_reach_what_no_pilot_would_meet() -> None:
    far, draws = 4.5, 1500
    pilot = _sweep(NOISY, draws, 10, _first_two)
    sweep = pilot
    with pytest.warns(AnalysisWarning, match="0 draws are beyond 6.364, so that this leads to 3.08: sweep, and tilt"):
        tilt(pilot, RATE, far * ROOT)
    for seed in (11, 12, 13):
        found = _tilted(sweep, far * ROOT, beliefs=pilot)
        sweep = _sweep(NOISY | _proposed(found), draws, seed, _first_two)
    assert found.table.attrs["level"] == far * ROOT
    estimate = _one(sweep, far * ROOT, beliefs=pilot)
    assert estimate == _one(sweep, far * ROOT, beliefs=found.beliefs)
    # 3.4 in a million, known to some per cent from 6,000 draws.
    assert abs(estimate["probability"] - norm.sf(far)) < 3.5 * estimate["probability_error"]
    assert estimate["probability_error"] < 0.1 * norm.sf(far) and estimate["variance_reduction"] > 1e4


KINDS: list[Node] = [
    ["uniform", 2, 5], ["normal", 1, 2], ["truncated_normal", 0.3, 0.1, 0.1, 0.5], ["log_normal", 2, 0.4],
    ["beta", 8, 12], ["triangular", 0, 1, 4], ["pert", 0, 2, 4], ["half_normal", 1.5],
    ["choice", {1: 0.2, 2: 0.5, 4: 0.3}],
]  # fmt: skip
EVEN = (np.arange(4000) + 0.5) / 4000


@pytest.mark.parametrize("node", KINDS, ids=str)
@pytest.mark.parametrize("upper", [True, False])
def test_every_distribution_moves_within_its_support_with_likelihoods_of_finite_spread(node: Node, upper: bool) -> None:
    believed = parse(node, "key")
    values = believed.quantile(EVEN)
    elite = values[-400:] if upper else values[:400]
    proposed = moved(believed, elite, np.ones(400) / 400)
    assert (proposed.density(values) > 0).all()
    shift = proposed.quantile(EVEN).mean() - values.mean()
    assert shift > 0 if upper else shift < 0
    assert np.log(proposed.density(elite) / believed.density(elite)).mean() > 0.05
    points = proposed.quantile(EVEN)
    likelihood = believed.density(points) / proposed.density(points)
    # Of the probability in the tail, that under the belief is got back, and far fewer draws tell as much of it.
    hit = points >= elite[0] if upper else points <= elite[-1]
    inside = float((likelihood * hit).mean())
    exact = float((values >= elite[0] if upper else values <= elite[-1]).mean())
    assert inside == pytest.approx(exact, rel=0.02)
    assert ((likelihood * hit) ** 2).mean() - inside**2 < 0.8 * inside * (1 - inside)


def test_regimes_that_decide_the_tail_get_more_draws() -> None:
    generator = np.random.default_rng(14)
    names = generator.choice(["slow", "rapid"], 2000, p=[0.9, 0.1])
    drawn = {"slow": parse(["beta", 5, 5], "x"), "rapid": parse(["uniform", 0, 1], "x")}
    x = np.where(names == "slow", *(each.quantile(generator.uniform(size=2000)) for each in drawn.values()))
    noise = generator.uniform(size=2000)
    texts = {"adoption.x": [each.exact() for each in drawn.values()], "labor.noise": ["uniform(0.0, 1.0)"]}
    outcome = np.where(names == "rapid", x + 0.2 * noise, 0.1 * x)
    data = made({RATE: [outcome]}, list(names), {"slow": 0.9, "rapid": 0.1}, {"x": x, "noise": noise}, texts)
    found = _tilted(data.assign_attrs(seed=1), 1.0)
    assert found.overrides[0] == "seed=2" and len(found.overrides) == 3
    assert found.overrides[1].startswith("adoption.weights={slow: 0.")
    shares = [float(part.rpartition(" ")[2].strip("}")) for part in found.overrides[1].split(",")]
    assert sum(shares) == pytest.approx(1) and 0.3 < shares[1] < 0.6
    assert found.overrides[2].startswith("++adoption.regimes.rapid.x=[truncated_normal,")
    assert found.beliefs == {"adoption.regimes.rapid.x": ["uniform", 0.0, 1.0], "slow": 0.9, "rapid": 0.1}


SMALL = ("regions=archetypes", "policy=[]", "years=10", "draws=400", "executor=serial", "report=false")


def test_a_tilted_sweep_of_the_model_agrees_with_a_plain_one_and_errs_less(tmp_path: Path) -> None:
    pilot = load(finish(tmp_path / "pilot.zarr", *SMALL, "design=monte_carlo"))
    found = _tilted(pilot, 0.15)
    further = "++adoption.regimes.transformative.automation_share=[beta,14,4.5]"
    tilted = load(finish(tmp_path / "tilted.zarr", *SMALL, "design=monte_carlo", *found.overrides, further))
    plain, better = _one(pilot, 0.15), _one(tilted, 0.15, beliefs=pilot)
    by_hand = found.beliefs | {"adoption.regimes.transformative.automation_share": ["beta", 14, 6]}
    assert better == pytest.approx(_one(tilted, 0.15, beliefs=by_hand))
    both = np.hypot(plain["probability_error"], better["probability_error"])
    assert abs(better["probability"] - plain["probability"]) < 3.5 * both
    assert better["probability_error"] < 0.7 * plain["probability_error"]
    assert better["variance_reduction"] > 3 * plain["variance_reduction"]
