"""What the regression on content predicts: values of items, and their popularity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.topk import row_blocks


class PredictionScale(NamedTuple):
    """Size of predictions, and how far apart they are."""

    unit: float  # how much larger interactions are than what is predicted of them
    spread: float  # typical deviation, over items not taken, of what is predicted


def prediction_scale(
    X: Any, predict: Callable[[Any], NDArray], sample_weight: NDArray[np.floating]
) -> PredictionScale:
    r"""Size of the predictions X B of rows of interactions X, over weighted rows.

    The unit is :math:`\|X\|_F / \|X B\|_F`: predictions times this number are as
    large as the interactions, whatever the penalty of B and however sparse X is. The
    spread is the geometric mean over rows of :func:`moments_over_untaken`'s deviation.
    """
    taken = float(X.multiply(X).sum(axis=1) @ sample_weight)
    predicted = logs = total = 0.0
    for rows in row_blocks(*X.shape):
        part, w = X[rows], sample_weight[rows]
        block = predict(rows)
        squares = np.einsum("ij,ij->i", block, block, dtype=np.float64)
        predicted += float(squares @ w)
        deviation = moments_over_untaken(block, part.toarray() != 0)[1].ravel()
        there = (deviation > 0) & (w > 0)
        logs += float(np.log(deviation[there].astype(np.float64)) @ w[there])
        total += float(w[there].sum())
    defined = taken > 0 and predicted > 0
    unit = float(np.sqrt(taken / predicted)) if defined else 1.0
    return PredictionScale(unit, float(np.exp(logs / total)) if total > 0 else 1.0)


def moments_over_untaken(
    scores: NDArray[np.floating], taken: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mean and deviation of the scores of each row over items it has not taken."""
    n = np.maximum((~taken).sum(axis=1, keepdims=True), 1).astype(scores.dtype)
    mean = np.where(taken, 0, scores).sum(axis=1, keepdims=True) / n
    centred = np.where(taken, 0, scores - mean)
    deviation = np.sqrt(np.einsum("ij,ij->i", centred, centred)[:, None] / n)
    largest = np.abs(scores).max(axis=1, keepdims=True, initial=0)
    flat = deviation <= 8 * np.finfo(scores.dtype).eps * largest
    return mean, np.where(flat, 0, deviation)


def rarity_factors(counts: NDArray[np.floating], power: float) -> NDArray[np.floating]:
    """Factors :math:`n^{-p}` of the values of items, with a geometric mean of 1."""
    logs = np.log(counts)
    return np.exp(power * (logs.mean() - logs)) if logs.size else logs


def blend_values(predicted: Any, own: Any, share: float) -> Any:
    """What is predicted, blended with what was taken."""
    return (1 - share) * predicted + share * own
