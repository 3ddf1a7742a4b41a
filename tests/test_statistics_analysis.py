"""Analyses of stores that keep statistics: what draws would give, and a word where these are needed."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analysis import (
    compared,
    estimates,
    exceedance,
    fan,
    load,
    paired_difference,
    summary,
    tabulated,
    tail_sentence,
    write_report,
)
from analysis.export import csv_text
from sweep.errors import ConfigError
from tests.statistics_cases import KEPT, write_drawn, write_whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whole(tmp_path_factory.mktemp("statistics") / "whole.zarr")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn(tmp_path_factory.mktemp("draws") / "drawn.zarr")


def test_analyses_take_statistics_as_they_take_draws(whole: Path, drawn: Path) -> None:
    counted, every = load(whole), load(drawn)
    quantiles, exact = fan(counted, "gdp"), fan(every, "gdp", pooled=True)
    assert list(quantiles["regime"].to_numpy()) == ["all regimes"]
    assert quantiles["draws"].to_numpy().tolist() == [700]
    off = quantiles.attrs["quantile_error"]
    assert off < 0.5 * float(exact.max() - exact.min())
    np.testing.assert_allclose(
        quantiles.isel(regime=0), np.quantile(every["gdp"], exact["quantile"], axis=1).transpose(1, 2, 3, 0), atol=off
    )
    assert summary(counted, "gdp")["median"].dims == ("policy", "region")
    paired, plain = paired_difference(counted, "gdp"), paired_difference(every, "gdp")
    whole_mean = plain["mean"].weighted(plain["draws"]).mean("regime")
    np.testing.assert_allclose(paired["mean"].isel(regime=0), whole_mean, rtol=1e-5, atol=1e-6)
    xr.testing.assert_equal(
        paired_difference(counted, "gdp", pooled=True)["mean"], paired["mean"][0, ..., :].drop_vars("regime")
    )
    assert paired.sel(policy="ubi", region="Tech Hub", year=2027).sizes == {"regime": 1}
    # Errors as of independent draws, of draws that are such, where chance decides how many each regime has.
    chance = paired_difference(every.drop_vars("regime").assign_attrs(design="monte_carlo"), "gdp")
    np.testing.assert_allclose(paired["below_zero_error"], chance["below_zero_error"], rtol=1e-4)
    for name in ("lower_error", "upper_error"):
        known = chance[name].to_numpy() > 1e-6
        assert 0.5 < np.median(paired[name].to_numpy()[known] / chance[name].to_numpy()[known]) < 2
    last = paired_difference(counted.isel(year=[-1]).sel(policy=["none", "ubi"]), "gdp")
    xr.testing.assert_allclose(last["mean"], paired["mean"].isel(year=[-1]).sel(policy=["ubi"]))


def test_errors_of_statistics_are_those_of_independent_draws(whole: Path, drawn: Path) -> None:
    counted, every = load(whole), load(drawn)
    # As if chance had decided how many draws each regime has, which is how they were counted.
    chance = every.drop_vars("regime").assign_attrs(design="monte_carlo")
    for pooled in (False, True):
        found, exact = (estimates(each, "gdp", (0.25, 0.5), [3.0, 6.0], pooled) for each in (counted, chance))
        assert found["quantiles_error"].dims == exact["quantiles_error"].dims
        for name in ("mean", "mean_error", "above", "above_error"):
            np.testing.assert_allclose(found[name], exact[name], rtol=1e-4, atol=1e-6)
        known = exact["quantiles_error"].to_numpy() > 1e-6
        ratio = (found["quantiles_error"].to_numpy() / exact["quantiles_error"].to_numpy())[known]
        assert 0.5 < np.median(ratio) < 2
        assert found.attrs["errors"] == "as of independent draws: rather too large than too small"
    with pytest.raises(ConfigError, match=r"draws above 2 weren't counted; counted: 1\.5, 3, 6; run the sweep with"):
        exceedance(counted, "gdp", [2.0])
    with pytest.raises(ConfigError, match="counted: none"):
        exceedance(counted, "wage", [2.0])


def test_statistics_make_tables_too(whole: Path) -> None:
    data = load(whole)
    found = tabulated(data, ["gdp"], [2027], pooled=True)
    paired = paired_difference(data, "gdp").isel(regime=0).sel(year=[2027])
    np.testing.assert_allclose(found["difference"].isel(outcome=0).sel(policy=paired["policy"]), paired["mean"])
    assert int(found["draws"]) == 700 and float(found["quantile_error"].item()) > 0
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert rows[0]["regime"] == "over all 700 draws, in all regimes as they were drawn"
    assert float(rows[0]["quantile_error"]) == pytest.approx(float(found["quantile_error"].item()))
    by_regime = tabulated(data, ["gdp"], [2027])
    xr.testing.assert_allclose(
        by_regime["mean"].isel(regime=0, drop=True), found["mean"].drop_vars(["draws", "effective_draws"])
    )


def test_statistics_are_compared_with_draws_as_if_these_were_others(whole: Path, drawn: Path) -> None:
    found = compared(load(whole), load(drawn), ["gdp"], pooled=True).isel(outcome=0)
    assert not found["paired"] and not found["beyond_noise"].any()
    both = np.hypot(found["first_error"], found["second_error"])
    np.testing.assert_allclose(found["difference_error"], both)
    # Of the draws that both keep.
    national = compared(load(whole), load(drawn), ["national_gdp"], pooled=True).isel(outcome=0)
    assert national["paired"] and (national["difference"] == 0).all()
    assert f"the same {KEPT} draws" in national.attrs["draws_told"]
    with pytest.raises(ConfigError, match=r"no regime in common .*: compare them pooled"):
        compared(load(whole), load(drawn), ["gdp"])


def test_what_needs_draws_says_so(whole: Path) -> None:
    data = load(whole)
    with pytest.raises(ConfigError, match=r"gdp is kept as statistics .*outputs.keep=statistics.* needs its draws"):
        tail_sentence(data, "gdp")
    with pytest.raises(ConfigError, match="differences are to 'none' alone, not to 'ubi'"):
        paired_difference(data, "gdp", "ubi")
    with pytest.raises(ConfigError, match="a choice of draws, as of a regime, doesn't change them"):
        fan(data.sel(draw=data["regime"] == data["regime"][0]), "gdp")
    for changed in (data.mean("region"), data.sum("region", keep_attrs=True)):
        with pytest.raises(ConfigError, match="can't be added up or averaged over"):
            fan(changed, "gdp")
    with pytest.raises(
        ConfigError, match="with the dimensions policy, draw, year; got a dataset with policy, draw, re"
    ):
        fan(data.max("year"), "gdp")
    with pytest.raises(ConfigError, match="expected numbers from 0 to 1"):
        fan(data, "gdp", [95])


def test_the_report_is_whole_and_says_what_was_kept(whole: Path, tmp_path: Path) -> None:
    page = write_report(whole, tmp_path / "report.html").read_text()
    assert (
        f"national outcomes and inputs of the first {KEPT} draws, all outcomes as statistics over all 700 draws" in page
    )
    assert f"3 policies, {KEPT} of 700 draws, 4 regions" in page
    assert ", 2027, No policy, all regimes: highest in" in page
    sections = re.findall(r'<section id="(\w+)"', page)
    assert {"paths", "exceedance", "regions"} <= set(sections)
    # It needs draws by region.
    assert "winners" not in sections
