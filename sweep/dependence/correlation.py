"""Correlations of ranks, which people state, and of the normal or t scores that have them; and which fit together."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_together", "nearest_ranks", "ranks_of", "scores_of"]

Values = NDArray[np.float64]
# Even probabilities of a t distribution's scale: three of them make some 260,000 points, and an error below 2e-4.
_SCALES = (np.arange(64) + 0.5) / 64
# Smallest eigenvalue of scores that fit together, and those that a suggested matrix gets until it survives rounding.
_LEAST, _FLOORS = 1e-9, (1e-3, 1e-2, 3e-2, 0.1)


def ranks_of(scores: Values, freedom: float | None) -> Values:
    """Spearman's correlations of scores of these correlations, same shape; freedom: of t scores, None for normal ones.

    Source: Pearson 1907; of t scores, normal ones with a common random scale, the mean of that over the scales of three
    independent draws.
    """
    if freedom is None:
        return np.asarray(6 / np.pi * np.arcsin(scores / 2))
    from scipy.stats import chi2

    own = 1 / chi2.ppf(_SCALES, freedom)
    shares = np.sqrt(own[:, None] / (own[:, None] + own))
    joint = (shares[:, :, None] * shares[:, None, :]).ravel()
    # Scores that are the same have the same ranks.
    whole = np.arcsin(joint).mean()
    found = [np.arcsin(score * joint).mean() / whole for score in scores.ravel()]
    return np.asarray(found).reshape(scores.shape)


def scores_of(ranks: Values, freedom: float | None) -> Values:
    """The inverse of `ranks_of`, (n, n), with 1 on the diagonal."""
    if freedom is None:
        found = 2 * np.sin(np.pi * ranks / 6)
    else:
        from scipy.optimize import brentq

        def missed(score: float, rank: float) -> float:
            return float(ranks_of(np.array(score), freedom)) - rank

        solved = {rank: brentq(missed, -1, 1, args=(rank,)) for rank in np.unique(ranks[ranks < 1]).tolist()}
        found = np.array([[solved.get(rank, 1.0) for rank in row] for row in ranks.tolist()])
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def fit_together(scores: Values) -> bool:
    """Whether there are scores with these correlations, (n, n)."""
    return bool(np.linalg.eigvalsh(scores)[0] > _LEAST)


def nearest_ranks(ranks: Values, freedom: float | None) -> Values:
    """Rank correlations near these that fit together, to three digits, (n, n).

    Eigenvalues of the scores' correlations are cut off below and the diagonal is scaled back to 1: not the very nearest
    in the sense of Higham 2002, but near enough for what anyone states.
    """
    values, vectors = np.linalg.eigh(scores_of(ranks, freedom))
    for floor in _FLOORS:
        clipped = vectors * np.maximum(values, floor) @ vectors.T
        scale = np.sqrt(np.diag(clipped))
        found = np.round(ranks_of(clipped / np.outer(scale, scale), freedom), 3)
        found = (found + found.T) / 2
        np.fill_diagonal(found, 1.0)
        if fit_together(scores_of(found, freedom)):
            break
    return np.asarray(found)
