"""Scores of classes by any classifier, and their layouts.

Two classes have one column, that of the second class, or two columns; several classes
have one column each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


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


def class_scores(classifier: Any, Z: Any, n_classes: int) -> NDArray[np.float64]:
    """Scores by whatever a classifier has for them, one column for each class."""
    if hasattr(classifier, "decision_function"):
        scores = np.asarray(classifier.decision_function(Z), dtype=np.float64)
        if scores.ndim == 1:
            return np.column_stack([-scores, scores])
        if scores.shape[1] == n_classes:
            return scores
    if hasattr(classifier, "predict_proba"):
        p = np.asarray(classifier.predict_proba(Z), dtype=np.float64)
        scores = np.log(np.clip(p, 1e-6, 1))
        return scores - scores.mean(axis=1, keepdims=True)
    return 2.0 * (np.asarray(classifier.predict(Z))[:, None] == classifier.classes_) - 1


def score_columns(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Scores of two classes as those of the second; of several as they are."""
    return scores[:, 1] if scores.shape[1] == 2 else scores


def two_columns(scores: ArrayLike, n_classes: int) -> NDArray[np.float64]:
    """Undo :func:`score_columns`: one column for each class."""
    scores = np.asarray(scores, dtype=np.float64)
    if n_classes > 2:
        return scores
    scores = scores.ravel()
    return np.column_stack([-scores, scores])


def score_probabilities(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities of classes from scores between -1 and 1."""
    p = np.clip((1 + scores) / 2, 1e-3, 1)
    return p / p.sum(axis=1, keepdims=True)
