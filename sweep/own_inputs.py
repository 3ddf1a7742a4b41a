"""What a parameter of a user's own model is drawn from: a distribution, one by region, or a path over its years."""

from typing import Any, NamedTuple

from sweep.distributions import Distribution
from sweep.errors import ConfigError
from sweep.model import Model, Parameter
from sweep.nodes import of_model
from sweep.path_nodes import path_of
from sweep.paths import Curve
from sweep.places import FORMS, Reader, placed, word_of
from sweep.study import Places

__all__ = ["Drawn", "drawn_from"]


class Drawn(NamedTuple):
    """What a parameter is drawn from; places: by region, where these differ; end, curve: of one that moves."""

    distribution: Distribution
    places: tuple[Places, ...] = ()
    end: Distribution | None = None
    curve: Curve | None = None


def drawn_from(node: Any, key: str, about: Parameter, model: Model) -> Drawn:
    """What a node says of a parameter. Raises ConfigError, also where the model takes no values of that sort."""

    def read(own: Any, where: str) -> Distribution:
        return of_model(own, where, about)

    def refuse(sort: str) -> None:
        if about.per == sort:
            return
        declared = f'per="{sort}", so that it gets one for each'
        if model.framework:
            raise ConfigError(
                f"{key}: {model.name} is a model of {model.framework}, which takes one value in all {sort}s; state one "
                f"distribution, or wrap it in a sweep.model.Model of your own whose parameter has {declared}"
            )
        raise ConfigError(
            f"{key}: {model.name} takes one value in all {sort}s; declare the parameter with {declared}, or state one "
            "distribution"
        )

    word = word_of(node)
    if word == "per" and node[1:2] == ["group"]:
        wrong = f"{key}: expected a value by region or year: occupation groups are the labor model's, and {model.name}"
        raise ConfigError(f"{wrong} has none; take [per, region, …], or declare a parameter for each group")
    if word == "path":
        refuse("year")
        start, end, curve = path_of(node, key, read, (model.years[0], model.years[-1]), 1)
        return Drawn(start, (), end, curve)
    if word in FORMS:
        _, places, distribution = placed(node, key, Reader({"region": model.regions}, read, refuse))
        return Drawn(distribution, (places,))
    return Drawn(read(node, key))
