"""A distilled model, corrected on the labelled target rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.pipeline import Pipeline

from sktransfer._core.sparse import is_sparse
from sktransfer.transfer._class_scores import one_hot, score_columns
from sktransfer.transfer.strategies._default_student import plain_output
from sktransfer.transfer.strategies._fine_tuning import warn_of_one_class
from sktransfer.transfer.strategies._penalty_paths import float_rows
from sktransfer.transfer.strategies._strength_validation import (
    StrengthValidation,
    mean_squared_length,
    tune_scores,
)

# what was distilled from many rows is harder to improve on by few labels
CAUTION = 2.0


class Correction(NamedTuple):
    """Linear correction of soft labels, on views of which each has unit length."""

    factor: float
    W: NDArray[np.float64]
    scales: list[float]
    validation: StrengthValidation


@plain_output()
def native_features(student: Any, X: Any) -> Any:
    """Rows as the last step of a student gets them."""
    if isinstance(student, Pipeline) and len(student.steps) > 1:
        return student[:-1].transform(X)
    if is_sparse(X):
        return X
    X = np.asarray(X)
    if X.ndim != 2:
        return None
    try:
        return float_rows(X)
    except (TypeError, ValueError):  # columns of texts
        return None


def stack_views(views: list[Any], scales: list[float]) -> Any:
    """Views of the same rows side by side, each divided by its scale."""
    if any(is_sparse(view) for view in views):
        views = [sparse.csr_array(view) / scale for view, scale in zip(views, scales)]
        return sparse.hstack(views, format="csr")
    return np.hstack([np.asarray(v) / scale for v, scale in zip(views, scales)])


def fit_correction(
    views: list[Any],
    scores: NDArray[np.float64],
    labels: NDArray[Any],
    classes: NDArray[Any],
    weight: Any,
    strength: float | None,
) -> Correction | None:
    """Learn from labelled target rows what a model without them gets wrong."""
    if strength is None and np.all(labels == labels[0]):
        warn_of_one_class(labels, stacklevel=8)
        strength = np.inf
    if not views or (strength is not None and np.isinf(strength)):
        return None
    scales = [float(np.sqrt(mean_squared_length(view))) for view in views]
    X = stack_views(views, scales)
    Y = one_hot(labels, classes)
    offset: Any = score_columns(scores).reshape(len(labels), -1)
    tuned = tune_scores(X, offset, Y, labels, weight, strength, caution=CAUTION)
    return Correction(tuned.factor, tuned.W, scales, tuned.validation)


def corrected(
    correction: Correction, views: list[Any], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Soft labels after the correction."""
    X = stack_views(views, correction.scales)
    logits = correction.factor * score_columns(scores).reshape(len(scores), -1)
    logits = logits + X @ correction.W[:-1] + correction.W[-1]
    if logits.shape[1] > 1:
        return 2 * softmax(logits, axis=1) - 1
    p = expit(logits[:, 0])
    return 2 * np.column_stack([1 - p, p]) - 1
