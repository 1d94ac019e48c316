"""Layouts of scores and labels: one column for two classes, else one for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_columns(
    scores: NDArray[np.float64], known: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Scores of a model of some classes as scores of all of them."""
    scores = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    if len(classes) == 2 or len(known) == len(classes):
        return scores
    if scores.shape[1] == 1:
        scores = np.hstack([-scores, scores]) / 2
    columns = np.zeros((len(scores), len(classes)))
    columns[:, np.searchsorted(classes, known)] = scores
    return columns


def one_hot(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """1 in the column of each row's class, else 0; one column for two classes."""
    Y = (labels[:, None] == classes).astype(np.float64)
    return Y[:, 1:] if len(classes) == 2 else Y
