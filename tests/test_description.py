"""What `sweep describe` tells of the inputs of a study, before anything is run."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy import stats

from sweep.__main__ import _sweep, config_folder
from sweep.description import describe, priors
from sweep.prior_picture import _lines, prior_picture
from tests.studies import composed, study

OVERRIDES = (
    "labor.wage_curve=[normal,-0.09,0.01]",
    "labor.capital_tax=[choice,{0.1:0.5,0.2:0.5}]",
    "policy=[ubi]",
    "policy.ubi.amount=[uniform,100,300]",
    "dependence={pace:{inputs:[labor.wage_curve,labor.labor_tax],rank_correlation:0.5}}",
)


def test_priors_have_their_numbers_and_evidence() -> None:
    found = list(priors(study(*OVERRIDES)))
    by_key = {each.key: each for each in found}
    wage = by_key["labor.wage_curve"]
    assert wage.numbers == pytest.approx((*stats.norm(-0.09, 0.01).ppf([0.05, 0.5, 0.95]), -0.09), abs=1e-6)
    assert (wage.grade, wage.source, wage.unit, wage.regimes) == (
        "set by the user",
        "set by the user",
        "elasticity",
        (),
    )
    assert by_key["labor.capital_tax"].numbers[3] == pytest.approx(0.15)
    assert by_key["labor.long_term_share"].grade == "A"
    assert by_key["labor.long_term_share"].source == "BLS, 27 weeks and more, 2015-2019"
    assert by_key["policy.ubi.amount"].numbers == pytest.approx((110, 200, 290, 200))
    assert by_key["policy.ubi.amount"].unit == "USD per month"
    # By regime where they differ, each regime once.
    own = [each for each in found if each.key == "adoption.reinstatement"]
    assert [each.regimes for each in own] == [("slow", "central", "rapid"), ("transformative",)]
    assert [each.grade for each in own] == ["B", "C"]
    assert not any(each.regimes for each in priors(study("adoption=rapid")))


def test_the_command_prints_a_table_and_draws_a_picture_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # A few inputs: all of them take seconds to draw.
    some = [each for each in priors(study(*OVERRIDES)) if each.key.startswith(("adoption.r", "labor.w", "policy"))]
    monkeypatch.setattr("sweep.description.priors", lambda study: iter(some))
    describe(composed(*OVERRIDES), list(OVERRIDES), "")
    printed = capsys.readouterr().out
    for key in {each.key for each in some}:
        assert f"{key} " in printed or f"{key}\n" in printed
    assert "normal(-0.09, 0.01)" in printed and "Regimes, by weight: slow 0.3, central 0.4" in printed
    assert "Move together: labor.wage_curve, labor.labor_tax (gaussian: rank_correlation" in printed
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "results/us_states_priors.png"
    ]
    assert "picture: results/us_states_priors.png" in printed
    assert imread(tmp_path / "results" / "us_states_priors.png")[..., :3].std() > 0.04


def test_a_picture_has_a_panel_for_each_input_and_a_line_for_each_regime() -> None:
    found = [each for each in priors(study(*OVERRIDES)) if each.key in ("adoption.reinstatement", "labor.capital_tax",
                                                                       "adoption.frontier_rise")]  # fmt: skip
    panels = [axes for axes in prior_picture(found, ("slow", "central", "rapid", "transformative")).axes
              if axes.get_visible()]  # fmt: skip
    assert [axes.get_title() for axes in panels] == ["reinstatement", "frontier rise", "capital tax"]
    x, y = (np.asarray(each, dtype=float) for each in panels[0].lines[0].get_data())
    assert float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum()) == pytest.approx(1, abs=0.01)
    assert [len(axes.lines) for axes in panels] == [4, 4, 0]
    assert panels[2].get_xlim()[0] < 0.1 and panels[2].get_xlim()[1] > 0.2
    colors = {"a": "#000000", "b": "#ffffff"}
    assert _lines((), colors)[0][1] == "-" and _lines(("b",), colors) == [("#ffffff", "-")]
    assert [color for color, _ in _lines(("a", "b"), colors)] == ["#000000", "#ffffff"]


def test_describe_is_a_command_with_a_runs_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sweep.prior_picture._COLUMNS", 1)
    monkeypatch.setattr("sweep.description.priors", lambda study: iter(()))
    monkeypatch.setattr("sys.argv", ["sweep"])
    assert _sweep(config_folder(), ["describe", "adoption=rapid", "store.folder=elsewhere"]) == 0
    assert "further parameters are plain numbers" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
