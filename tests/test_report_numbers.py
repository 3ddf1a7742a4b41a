"""Numbers in pictures and sentences of the report: ticks, and units that fit."""

from analysis.report.svg import number_texts, round_numbers
from analysis.units import readable, scale_for

RATE = "national_unemployment_rate"


def test_ticks_are_round_numbers_with_as_many_digits_as_they_need() -> None:
    assert number_texts(round_numbers((2.3, 5.0), 4)) == ["3", "4", "5"]
    assert number_texts(round_numbers((-0.031, 0.004), 2)) == ["−0.02", "0.00"]
    assert number_texts(round_numbers((6, 33), 4)) == ["10", "20", "30"]
    assert round_numbers((2024.9, 2027.1), 4, whole=True) == [2025, 2026, 2027]
    assert round_numbers((5, 5), 4) == [5]
    assert number_texts([1e-9, 2e-9]) == ["1e−09", "2e−09"]


def test_numbers_are_shown_in_units_that_fit() -> None:
    assert scale_for(RATE, "1", [0.0425]).show(0.0425) == "4.250"
    assert scale_for("national_gdp", "USD per year", [2.9e13]).unit == "trillion USD per year"
    assert scale_for("wage", "USD", [65_000.0]).show(65_000.0) == "65,000"
    assert scale_for(RATE, "1", [0.01], difference=True).unit == "percentage points"
    assert scale_for("net_cost", "USD", [float("nan")]).show(float("nan")) == "–"
    assert scale_for(RATE, "1", [0.01]).show_with_error(-0.0123, 0.00034) == "−1.230 ± 0.067"
    assert scale_for(RATE, "1", [0.01]).show_with_error(0.99999999, 0.0) == "+100 ± 0"
    assert readable("national_gdp") == "national GDP"
