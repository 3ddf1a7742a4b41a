"""Beliefs by region, by occupation group and over time: what is drawn, what stays as it was, and what is refused."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from analysis import fan, reweighted
from sweep.description import _beside, priors
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.models import model_of
from sweep.paths import SHAPES, Curve
from sweep.plan import identity
from sweep.regions import load_regions
from sweep.study import Study
from tests.studies import finish, study

DRAWS = 4096
RATE = "adoption.innovation_rate"
SMALL = ("regions=archetypes", "draws=16", "years=3", "policy=[ubi]", "executor=serial", "report=false")


@lru_cache
def _study(*overrides: str) -> Study:
    doses = ("policy=[ubi]", "policy.ubi.amount=[uniform,100,900]")
    return study("regions=archetypes", *doses, f"draws={DRAWS}", *overrides)


def _table(*overrides: str, count: int = DRAWS, start: int = 0) -> dict[str, Any]:
    chosen = _study(*overrides)
    return draw_table(chosen, model_of(chosen).regions, start, count)


def _unlike(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in one.keys() & other.keys() if not np.array_equal(one[name], other[name])}


@pytest.mark.parametrize("design", ["sobol", "monte_carlo"])
@pytest.mark.parametrize("correlation", [0, 0.5, 1])
def test_regions_draw_their_own_and_correlate_as_stated(design: str, correlation: float) -> None:
    own = (f"design={design}", f"{RATE}=[per,region,[log_normal,0.02,0.5],{{correlation:{correlation}}}]")
    found, plain = _table(*own), _table(f"design={design}")
    scores = np.log(found["innovation_rate"] / 0.02) / 0.5
    # Standard errors of so many draws are 0.016.
    np.testing.assert_allclose(np.corrcoef(scores.T)[np.triu_indices(4, 1)], correlation, atol=0.07)
    for region in scores.T:
        assert stats.kstest(region, "norm").pvalue > 1e-3
    assert _unlike(found, plain) == {"innovation_rate"}
    if correlation == 1:
        np.testing.assert_array_equal(found["innovation_rate"], np.stack([plain["innovation_rate"]] * 4, axis=1))
    part = _table(*own, start=11, count=30)["innovation_rate"]
    np.testing.assert_array_equal(part, found["innovation_rate"][11:41])


def test_named_regions_have_their_distributions() -> None:
    stated = "[by,{Rural:[uniform,0,0.1],Tech Hub:0.7,other:[uniform,0.8,0.9]},{correlation:1}]"
    found = _table("adoption=central", f"adoption.reinstatement={stated}")
    tech, belt, rural, city = found["reinstatement"].T
    np.testing.assert_array_equal(tech, 0.7)
    np.testing.assert_allclose(rural + 0.8, belt, rtol=1e-12)
    np.testing.assert_array_equal(belt, city)
    assert 0 < rural.min() < 0.001 and 0.099 < rural.max() < 0.1
    assert not found.keys() - _table().keys()


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_one_regime_may_differ_by_region_alone(design: str) -> None:
    own = "adoption.regimes.slow.worth_automating=[per,region,[beta,5,7]]"
    found, plain = _table(own, f"design={design}"), _table(f"design={design}")
    assert _unlike(found, plain) == {"worth_automating"}
    slow = found["regime"] == 0
    same = np.stack([plain["worth_automating"]] * 4, axis=1)
    np.testing.assert_array_equal(found["worth_automating"][~slow], same[~slow])
    assert (np.ptp(found["worth_automating"][slow], axis=1) > 0).all()


@pytest.mark.parametrize(
    ("design", "told"),
    [
        ("sobol", "regional_lag; the design draws what places share alone, what each place has of its own is drawn by "
         "monte_carlo."),
        ("latin_hypercube", "slices are of what places share alone"),
        ("factorial", "each level is the same quantile in all places"),
        ("monte_carlo", ""),
    ],
)  # fmt: skip
def test_a_user_is_told_what_of_places_a_design_draws(design: str, told: str) -> None:
    levels = ("design.levels={wage_curve:2}", "draws=null") if design == "factorial" else ()
    lines = [line for line in _beside(_study(f"design={design}", *levels)) if line.startswith("With values by place")]
    assert told in lines[0] if told else not lines


def test_plain_numbers_by_region_are_no_uncertain_input() -> None:
    own = ("adoption=central", "adoption.reinstatement=[by,{Rural:0.1,other:0.5}]")
    assert "adoption.reinstatement" not in {each.key for each in priors(_study(*own))}
    np.testing.assert_array_equal(_table(*own)["reinstatement"][7], [0.5, 0.5, 0.1, 0.5])


def test_a_path_goes_from_start_to_end_in_the_regimes_that_have_one() -> None:
    own = ("years=10", "adoption.regimes.transformative.reinstatement=[path,[beta,5,5],[beta,2,8],{from:2028,to:2032}]")
    chosen, found, plain = _study(*own), _table(*own), _table("years=10")
    (path,) = chosen.paths
    values = path.values(found, 120)
    moving = found["regime"] == 3
    start, end = found["reinstatement"], found["reinstatement_end"]
    np.testing.assert_array_equal(values[~moving], np.repeat(start[~moving, None], 120, axis=1))
    np.testing.assert_array_equal(values[moving, :25], np.repeat(start[moving, None], 25, axis=1))
    np.testing.assert_allclose(values[moving, 48], (start + end)[moving] / 2, rtol=1e-12)
    np.testing.assert_allclose(values[moving, 72:], np.repeat(end[moving, None], 48, axis=1), rtol=1e-12)
    assert stats.kstest(end[moving], stats.beta(2, 8).cdf).pvalue > 1e-3
    np.testing.assert_array_equal(end[~moving], start[~moving])
    assert _unlike(found, plain) == {"reinstatement"}
    np.testing.assert_array_equal(start[~moving], plain["reinstatement"][~moving])


def test_shapes_begin_and_end_and_never_turn_back() -> None:
    for shape in SHAPES:
        share = Curve(shape, 12, 60).share(100)
        assert not share[:13].any() and (share[60:] == 1).all() and (np.diff(share) >= 0).all()
    assert Curve("logistic", 0, 100).share(101)[50] == pytest.approx(0.5)
    assert Curve("step", 23, 24).share(48).tolist() == [0] * 24 + [1] * 24


def test_the_end_of_a_path_may_move_with_its_start() -> None:
    pair = "[adoption.reinstatement,adoption.reinstatement_end]"
    found = _table(
        "adoption.reinstatement=[path,[beta,5,5],[beta,2,8]]", "adoption=central",
        f"dependence={{renewal:{{inputs:{pair},rank_correlation:0.9}}}}",
    )  # fmt: skip
    assert stats.spearmanr(found["reinstatement"], found["reinstatement_end"])[0] == pytest.approx(0.9, abs=0.02)


def test_identities_have_places_and_paths_only_where_they_are_stated() -> None:
    def stored(*overrides: str) -> dict[str, Any]:
        return identity(_study(*overrides), "1", "k", "r", "s")

    assert not stored().keys() & {"places", "paths"}
    region = stored(f"{RATE}=[per,region,[log_normal,0.02,0.5]]")
    assert region["places"][RATE][0] == "region" and region != stored(f"{RATE}=[per,group,[log_normal,0.02,0.5]]")
    moving = [stored(f"labor.wage_curve=[path,-0.1,-0.05,{{to:{year}}}]") for year in (2030, 2031)]
    assert moving[0]["paths"] != moving[1]["paths"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("adoption.reinstatement=[by,{Rurl:0.1,other:0.5}]", "Rurl: no such region; did you mean 'Rural'"),
        ("adoption.reinstatement=[by,{Rural:0.1}]", "nothing is stated for Tech Hub; add other: for all regions"),
        ("adoption.reinstatement=[by,{Rural:1.1,other:0}]", "adoption.reinstatement, Rural: expected values between 0"),
        ("adoption.reinstatement=[by,{other:0.1}]", "expected [by, {name: distribution, …"),
        ("adoption.cost_saving=[per,region,0.3]", "those that may differ: automation_share"),
        ("labor.wage_curve=[per,group,-0.1]", "those that may differ: imitation_rate"),
        ("adoption.reinstatement=[per,regoin,0.3]", "did you mean 'region'"),
        ("adoption.reinstatement=[pre,region,0.3]", "did you mean 'per'"),
        ("adoption.reinstatement=[per,region,0.3,{corelation:1}]", "did you mean 'correlation'"),
        ("adoption.reinstatement=[per,region,0.3,{correlation:2}]", "expected a number between 0 and 1, got 2"),
        ("adoption.reinstatement=[path,0.3]", "expected [path, start, end]"),
        ("labor.job_finding=[path,0.3,0.2]", "holds for a whole run; those that may move: basic_income_hours"),
        ("labor.wage_curve=[path,-0.1,-0.2,{shape:logistik}]", "did you mean 'logistic'"),
        ("labor.wage_curve=[path,-0.1,-0.2,{form:step}]", "no such setting of a path"),
        ("labor.wage_curve=[path,-0.1,-0.2,{shape:step}]", "a step needs its year"),
        ("labor.wage_curve=[path,-0.1,-0.2,{from:2030,to:2029}]", "expected a year after from, 2030, got 2029"),
        ("labor.wage_curve=[path,-0.1,-0.2,{from:2020}]", "expected the first year, 2026, or a later one"),
        ("labor.wage_curve=[path,-0.1,[uniform,-2,0]]", "labor.wage_curve, end: expected values between -1 and 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        study("regions=archetypes", override)
    assert message in str(error.value) and override.partition("=")[0] in str(error.value)


def test_regimes_that_differ_in_other_ways_are_refused() -> None:
    key = "adoption.regimes.{}.worth_automating={}"
    with pytest.raises(ConfigError, match=r"differs by region in adoption\.regimes\.slow.* and over time in .*rapid"):
        study(key.format("slow", "[per,region,0.2]"), key.format("rapid", "[path,0.2,0.3]"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of four regions with all three."""
    beliefs = (
        f"{RATE}=[per,region,[log_normal,0.02,0.5],{{correlation:0.5}}]",
        "adoption.imitation_rate=[per,group,[log_normal,0.45,0.3]]",
        "adoption.reinstatement=[path,[beta,5,5],[beta,2,8],{to:2028}]",
    )
    return finish(tmp_path_factory.mktemp("beliefs") / "places.zarr", *SMALL, "design=monte_carlo", *beliefs)


def test_a_store_holds_values_by_place_and_both_ends(stored: Path) -> None:
    data = xr.open_zarr(stored, consolidated=False)
    assert data["innovation_rate"].dims == ("draw", "region") and data["imitation_rate"].dims == ("draw", "group")
    assert data["group"].to_numpy().tolist() == list(load_regions("archetypes").groups)
    assert data["reinstatement"].dims == data["reinstatement_end"].dims == ("draw",)
    assert np.isfinite(data[["innovation_rate", "imitation_rate", "reinstatement_end"]].to_array()).all()
    assert "correlation 0.5" in data["innovation_rate"].attrs["distribution"]
    assert list(json.loads(data.attrs["identity"])["paths"]) == ["reinstatement"]


def test_analyses_take_it_and_weights_refuse_it(stored: Path) -> None:
    data = xr.open_zarr(stored, consolidated=False)
    assert np.isfinite(fan(data, "national_unemployment_rate", pooled=True)).all()
    for key, message in (
        (RATE, "by region or group as stated"),
        ("adoption.reinstatement_end", "moves over the years"),
    ):
        with pytest.raises(ConfigError, match=message):
            reweighted(data, {key: ["uniform", 0.1, 0.2]})


def test_equal_beliefs_in_other_batches_change_no_bit(tmp_path: Path) -> None:
    alike = (
        "adoption.innovation_rate=[per,region,[log_normal,0.02,0.5],{correlation:1}]",
        "adoption.worth_automating=[by,{Rural:0.4,other:0.4}]",
        "labor.demand_elasticity=[path,0.5,0.5]",
    )
    plain = ("adoption.worth_automating=0.4", "labor.demand_elasticity=0.5")
    few, many = "store.draws_per_chunk=4", "store.draws_per_chunk=16"
    same = [
        xr.open_zarr(finish(tmp_path / f"{place}.zarr", *SMALL, "adoption=central", *own), consolidated=False)
        for place, own in enumerate([(*alike, few), (*plain, many)])
    ]
    for name in ("unemployment_rate", "national_unemployment_rate", "national_gdp"):
        assert np.isfinite(same[0][name]).all()
        np.testing.assert_array_equal(same[0][name], same[1][name])


def test_doses_move_together_with_inputs_and_each_other() -> None:
    lever = ("policy=[ubi]", "policy.ubi.amount=[uniform,100,900]", "policy.ubi.eligible=[uniform,0.5,1]")
    doses = "[labor.basic_income_hours,policy.ubi.amount,policy.ubi.eligible]"
    own = f"dependence={{cash:{{inputs:{doses},rank_correlation:0.8}}}}"
    found, plain = (_table(*lever, *more) for more in ((own,), ()))
    names = ("basic_income_hours", "policy.ubi.amount", "policy.ubi.eligible")
    ranks = stats.spearmanr(np.stack([found[name] for name in names], axis=1))[0]
    np.testing.assert_allclose(ranks[np.triu_indices(3, 1)], 0.8, atol=0.03)
    assert stats.kstest(found["policy.ubi.amount"], stats.uniform(100, 800).cdf).pvalue > 1e-3
    assert _unlike(found, plain) - {"basic_income_hours"} == {"policy.ubi.amount", "policy.ubi.eligible"}
    np.testing.assert_array_equal(
        _table(*lever, own, start=7, count=9)["policy.ubi.amount"], found["policy.ubi.amount"][7:16]
    )


def test_doses_that_are_not_drawn_are_told() -> None:
    group = "dependence={{cash:{{inputs:[labor.wage_curve,policy.ubi.{}],rank_correlation:0.5}}}}"
    with pytest.raises(
        ConfigError, match=r"no uncertain dose of the chosen policies, 'policy\.ubi\.amont'; did you mean"
    ):
        _study(group.format("amont"))
    with pytest.raises(ConfigError, match="no uncertain dose of the chosen policies"):
        study("policy=[ubi]", group.format("amount"))
