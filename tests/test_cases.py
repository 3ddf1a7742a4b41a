"""Cases of interest by draw, against closed forms."""

from pathlib import Path

import numpy as np
import pytest

from analysis import exceeds, falls_below, load, loses, regrets
from analysis.cases import told
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


def test_cases_are_the_draws_beyond_a_threshold(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    above = exceeds(data, RATE, 0.085)
    assert above.dims == ("draw",) and np.flatnonzero(above).tolist() == [5, 6, 7, 8]
    assert told(above) == "national unemployment rate above 8.5 % in 2027 under label of none"
    # Under ubi, 0.002 (d + 1) more by the last year, and half of that a year before.
    assert np.flatnonzero(exceeds(data, RATE, 0.085, "ubi")).tolist() == [4, 5, 6, 7, 8]
    assert np.flatnonzero(falls_below(data, RATE, 0.085, "ubi", 2025)).tolist() == [0, 1, 2, 3, 4]
    east = falls_below(data, "unemployment_rate", 0.385, region="East")
    assert np.flatnonzero(east).tolist() == [0, 1, 2, 3, 4]
    assert told(east) == "unemployment rate of East below 38.5 % in 2027 under label of none"
    assert told(exceeds(data, "national_gdp", 5.5e12)).startswith("national GDP above 5.5 trillion USD per year in")


def test_a_policy_loses_where_it_is_worse_and_regrets_what_the_best_would_have_been(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    assert loses(data, "ubi").all() and not loses(data, "none", "ubi").any()
    assert not loses(data, "ubi", outcome="national_gdp").any()
    assert loses(data, "ubi", better="low").all() and not loses(data, "ubi", better="high").any()
    assert told(loses(data, "ubi")) == (
        "national unemployment rate higher under label of ubi than under label of none in 2027"
    )
    assert np.flatnonzero(regrets(data, "ubi", 0.0125)).tolist() == [6, 7, 8]
    assert not regrets(data, "none").any()
    assert "more than 1.25 percentage points worse than under the best policy" in told(regrets(data, "ubi", 0.0125))


def test_words_go_where_they_no_longer_hold(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    above = exceeds(data, RATE, 0.085)
    assert told(~above) == told(above & (data["draw"] > 6)) == told(above.isel(draw=slice(7))) == ""
    assert told(above.copy()) == told(above) != ""


def test_wrong_cases_are_refused(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
        exceeds(data, "national_gpd", 1)
    with pytest.raises(ConfigError, match="did you mean 'ubi'"):
        loses(data, "ubbi")
    with pytest.raises(ConfigError, match="2025 to 2027"):
        exceeds(data, RATE, 0.1, year=2050)
    with pytest.raises(ConfigError, match=r"regional: say region=, .* East, North"):
        exceeds(data, "unemployment_rate", 0.1)
    with pytest.raises(ConfigError, match="people differ"):
        loses(data.assign(hours=data[RATE]), "ubi", outcome="hours")
    with pytest.raises(ConfigError, match="expected 'low' or 'high'"):
        loses(data, "ubi", better="more")
    with pytest.raises(ConfigError, match=r"3 of 9 draws aren't finite"):
        exceeds(data.assign({RATE: data[RATE].where(data["draw"] > 2)}), RATE, 0.1)
