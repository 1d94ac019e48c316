"""Conformity scores: how little a class suits a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NAMES = ("lac", "aps", "randomized_aps")


def lac_scores(P: NDArray[np.float64]) -> NDArray[np.float64]:
    """One less the probability of each class (least ambiguous sets)."""
    return 1 - P


def aps_scores(
    P: NDArray[np.float64], u: NDArray[np.float64] | float = 0.0
) -> NDArray[np.float64]:
    """Probability of all likelier classes, and a share u of its own (adaptive sets)."""
    order = np.argsort(-P, axis=1, kind="stable")
    ranked = np.take_along_axis(P, order, axis=1)
    before = np.zeros_like(P)
    before[:, 1:] = ranked[:, :-1].cumsum(axis=1)
    scores = np.empty_like(P)
    np.put_along_axis(scores, order, before, axis=1)
    return scores + u * P


def class_scores(
    P: NDArray[np.float64], conformity_score: str, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Score of each class of each row."""
    if conformity_score == "lac":
        return lac_scores(P)
    randomized = conformity_score == "randomized_aps"
    return aps_scores(P, rng.uniform(size=(len(P), 1)) if randomized else 0.0)
