"""CART: the leaves of scikit-learn's classification tree as boxes, on plain arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.boxes import REGIME, Box, Points
from analysis.shuffling import shuffles

__all__ = ["leaf_boxes"]


def leaf_boxes(points: Points, leaves: int, depth: int, smallest: float) -> list[Box]:
    """The boxes of all leaves, which share out all futures: one without limits where nothing is stronger than chance.

    A tree is pruned by minimal cost complexity (Breiman et al. 1984) as far as takes all from trees of shuffled cases:
    what a branch of noise gains in impurity, weighed by its futures, is the same near the root and far from it.
    smallest: least share of the futures in a leaf, by weight.
    """
    from sklearn.tree import DecisionTreeClassifier

    distinct = [np.unique(column, return_inverse=True) for column in points.values.T]
    # Places among the values instead of values: a tree then depends on their order alone, and not on single precision.
    places = [place.astype(float) for _, place in distinct]
    own = [(points.regime == code).astype(float) for code in range(points.regimes)]
    columns = np.stack([*places, *own], axis=1)
    model = DecisionTreeClassifier(
        max_leaf_nodes=leaves, max_depth=depth, min_weight_fraction_leaf=min(smallest, 0.5), random_state=0
    )
    paths = (
        model.cost_complexity_pruning_path(columns, mixed.wanted, sample_weight=points.weights)
        for mixed in shuffles(points, np.ones_like(points.wanted))
    )
    model.set_params(ccp_alpha=max(float(path.ccp_alphas[-1]) for path in paths))
    model.fit(columns, points.wanted, sample_weight=points.weights)
    return _below(model.tree_, 0, points.everything, [values for values, _ in distinct])


def _below(tree: Any, node: int, box: Box, values: list[NDArray[np.float64]]) -> list[Box]:
    """Boxes of the leaves below a node whose own box is given; values: of each parameter, ascending."""
    if tree.children_left[node] < 0:
        return [box]
    column, threshold = int(tree.feature[node]), int(np.floor(tree.threshold[node]))
    if column < len(values):
        limit = float(values[column][threshold : threshold + 2].mean())
        left, right = box.limited((column, 1), limit), box.limited((column, 0), limit)
    else:
        regime = column - len(values)
        left, right = box.limited(REGIME, regime), box
        for other in range(len(box.regimes)):
            right = right if other == regime else right.limited(REGIME, other)
    return [
        *_below(tree, int(tree.children_left[node]), left, values),
        *_below(tree, int(tree.children_right[node]), right, values),
    ]
