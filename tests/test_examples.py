"""Every public function of the analysis shows an example that can be copied, and that gives what it shows."""

import doctest
import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import analysis
import analysis.plots
from sweep.errors import ConfigError

MOST_LINES = 6


def _public() -> Iterator[Any]:
    """Functions that `analysis` offers, and pictures that `analysis.plots` does."""
    for name in analysis.__all__:
        offered = getattr(analysis, name)
        if inspect.isfunction(offered):
            yield pytest.param(offered, id=name)
    for name in analysis.plots.__all__:
        if name.startswith("plot_"):
            yield pytest.param(getattr(analysis.plots, name), id=name)


def _refuse_undescribed(found: xr.Dataset) -> None:
    """Every number says what it is and its unit, or a coordinate tells units along one of its dimensions."""
    told = [each for name, each in found.coords.items() if str(name).endswith("units")]
    stated = {dim for each in told for dim in each.dims}
    whole = any(not each.dims for each in told)
    for name, variable in found.data_vars.items():
        assert variable.attrs.get("long_name"), name
        is_number = variable.dtype.kind in "fiu"
        assert not is_number or "units" in variable.attrs or whole or stated & {*variable.dims} or name == "levers", (
            name
        )


@pytest.mark.parametrize("function", list(_public()))
def test_the_example_gives_what_it_shows(function: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What an example writes goes there.
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestParser().get_doctest(inspect.getdoc(function) or "", {}, function.__name__, None, None)
    assert 0 < len(found.examples) <= MOST_LINES
    assert found.examples[0].source.startswith("from analysis import "), "an example can be copied as it is"
    runner, told = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE), list[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert runner.run(found, out=told.append, clear_globs=False).failed == 0, "".join(told)
    for result in found.globs.values():
        if isinstance(result, xr.Dataset) and "draw" not in result.dims:
            _refuse_undescribed(result)
    assert not function.__name__.startswith("plot_") or list(tmp_path.iterdir()), "a picture is saved"


def test_the_invented_sweep_is_as_told() -> None:
    data = analysis.example(draws=4096)
    found = analysis.estimates(data, "national_unemployment_rate", [], pooled=True)["mean"].sel(year=2035)
    # Means of independent uniforms, and of regimes by their weights; exposure is 1 on average.
    lost = (0.7 * 0.06 + 0.3 * 0.18) * 0.5 * (1 - 0.6 * 0.5)
    helped = 0.3 * 0.5
    expected = [0.04 + lost, 0.04 + (1 - helped) * lost, 0.043 + 0.8 * lost, 0.043 + (0.8 - 0.6 * helped) * lost]
    np.testing.assert_allclose(found[:4], expected, atol=2e-5)
    with pytest.raises(ConfigError, match="did you mean 'saltelli'"):
        analysis.example("saltely")
    with pytest.raises(ConfigError, match="expected 6 or more, a block of saltelli, got 5"):
        analysis.example("saltelli", draws=5)
