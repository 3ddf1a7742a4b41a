"""A fishery as users of EMA Workbench write one: built and run below, under `__main__`."""

from typing import Any

from ema_workbench import (
    ArrayOutcome,
    BooleanParameter,
    CategoricalParameter,
    Constant,
    IntegerParameter,
    Model,
    MultiprocessingEvaluator,
    RealParameter,
    ScalarOutcome,
    TimeSeriesOutcome,
    ema_logging,
)
from harvest import grown  # type: ignore[import-not-found]
from scipy import stats


def fishery(
    rate: float, delay: int, shape: str, storms: bool, capacity: float, price: float, effort: float = 0.1, gear: int = 1
) -> dict[str, Any]:
    stock, years, landed, path = capacity / 2, 12, [0.0, 0.0], [capacity / 2]
    for year in range(years):
        share = effort * gear if year >= delay else 0.0
        catch = share * stock * (0.5 if storms and year % 2 else 1.0)
        landed[year % 2] += catch
        stock = grown(stock - catch, rate, capacity, shape)
        path.append(stock)
    return {"TIME": list(range(2025, 2026 + years)), "stock": path, "landed": landed, "price": price}


if __name__ == "__main__":
    ema_logging.log_to_stderr(ema_logging.INFO)
    model = Model("fishery", function=fishery)
    model.uncertainties = [
        RealParameter("growth rate", 0.2, 0.6, variable_name="rate"),
        IntegerParameter("delay", 0, 4),
        CategoricalParameter("shape", ["logistic", "gompertz"]),
        BooleanParameter("storms"),
        RealParameter.from_dist("price", stats.triang(0.5, loc=1, scale=2)),
    ]
    model.levers = [RealParameter("effort", 0, 0.4), CategoricalParameter("gear", [1, 2], default=2)]
    model.constants = [Constant("capacity", 100.0)]
    model.outcomes = [
        TimeSeriesOutcome("TIME"),
        TimeSeriesOutcome("stock"),
        ArrayOutcome("landed"),
        ScalarOutcome("earned", variable_name=["landed", "price"], function=lambda landed, price: sum(landed) * price),
    ]
    with MultiprocessingEvaluator(model) as evaluator:
        results = evaluator.perform_experiments(1000, policies=4)
    raise SystemExit("a sweep never comes here")
