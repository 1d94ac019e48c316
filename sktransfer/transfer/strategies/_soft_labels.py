"""Soft labels, and students that are fitted to them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _num_samples

from sktransfer._core.parts import fit_estimator
from sktransfer.transfer._class_scores import score_columns, two_columns
from sktransfer.transfer.strategies._default_student import plain_output
from sktransfer.transfer.strategies._penalty_paths import row_products

# tanh(1.5 z): a score of one standard deviation stands for a probability of 95 %
SHARPNESS = 1.5
# rows up to which leave-one-out scores are exact: the kernel is a dense n x n matrix
MAX_EXACT = 4000
N_FOLDS = 10
N_SHIFTS = 10


def score_scale(
    scores: NDArray[np.floating], sample_weight: NDArray[np.floating] | None = None
) -> float:
    """Standard deviation of scores over rows and classes; 1 where they are equal."""
    mean = np.average(scores, axis=0, weights=sample_weight)
    variance = np.average((scores - mean) ** 2, axis=0, weights=sample_weight)
    scale = float(np.sqrt(variance).mean())
    return scale if scale > 1e-12 * np.abs(scores).max(initial=0) else 1.0


def soft_labels(scores: NDArray[np.floating], scale: float) -> NDArray[np.float64]:
    """Labels between -1 and 1 that scores stand for."""
    return 2 * softmax(SHARPNESS / scale * scores, axis=1) - 1


@plain_output()
def fit_student(
    student: Any,
    X: Any,
    labels: NDArray[np.floating],
    *,
    known: NDArray[np.bool_] | None = None,
    n_rounds: int = 0,
    sample_weight: NDArray[np.floating] | None = None,
) -> Any:
    """Fit a student to soft labels, after rounds in which it refines them."""
    labels = refined_labels(student, X, labels, known=known, n_rounds=n_rounds)
    # scaling by log-count ratios is weighted as the regression is
    return fit_estimator(
        student, X, score_columns(labels), sample_weight, every_step=True
    )


def refined_labels(
    student: Any,
    X: Any,
    labels: NDArray[np.floating],
    *,
    known: NDArray[np.bool_] | None = None,
    n_rounds: int = 0,
) -> NDArray[np.floating]:
    """Replace soft labels by the student's predictions without the row, in rounds."""
    shares = class_shares(labels)
    for _ in range(n_rounds):
        scores = leave_one_out_scores(student, X, labels)
        # a regression shrinks towards the mean, so a rare class would shrink away
        scores = with_shares(scores, shares)
        refined = soft_labels(scores, score_scale(scores))
        if known is not None:
            refined[known] = labels[known]
        labels = refined
    return labels


def class_shares(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share of the rows in which each class has the largest score."""
    largest = scores.argmax(axis=1)
    return np.bincount(largest, minlength=scores.shape[1]) / len(scores)


def with_shares(
    scores: NDArray[np.floating], shares: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Shift the scores of each class so that the classes have given shares."""
    shifted = np.array(scores, dtype=np.float64)
    wanted = np.flatnonzero((shares > 0) & (shares < 1))
    if len(shares) == 2 and wanted.size:
        middle = np.quantile(shifted[:, 1] - shifted[:, 0], shares[0]) / 2
        return shifted + np.array([middle, -middle])
    for _ in range(N_SHIFTS):
        for k in wanted:
            others = np.delete(shifted, k, axis=1).max(axis=1)
            shifted[:, k] -= np.quantile(shifted[:, k] - others, 1 - shares[k])
    return shifted


def share_shift(
    scores: NDArray[np.floating], shares: NDArray[np.floating]
) -> NDArray[np.float64]:
    """What to add to the scores of each class so that the classes have given shares."""
    return (with_shares(scores, shares) - scores).mean(axis=0)


@plain_output()
def student_scores(student: Any, X: Any, n_classes: int) -> NDArray[np.float64]:
    """Predictions of a student, one column for each class."""
    return two_columns(student.predict(X), n_classes)


@plain_output()
def leave_one_out_scores(
    student: Any, X: Any, labels: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Scores of each row by a student that was fitted without it."""
    y, n = score_columns(labels), _num_samples(X)
    last = student.steps[-1][1] if isinstance(student, Pipeline) else student
    if isinstance(last, Ridge) and last is not student and len(student.steps) > 1:
        X, student = student[:-1].fit_transform(X, y), last
    if isinstance(last, Ridge) and last.fit_intercept and n <= MAX_EXACT:
        return two_columns(ridge_leave_one_out(X, y, last.alpha), labels.shape[1])
    folds = KFold(min(N_FOLDS, n), shuffle=True, random_state=0)
    return two_columns(cross_val_predict(student, X, y, cv=folds), labels.shape[1])


@plain_output()
def fit_and_leave_one_out(
    student: Any,
    X: Any,
    labels: NDArray[np.floating],
    *,
    sample_weight: NDArray[np.floating] | None = None,
) -> tuple[Any, NDArray[np.float64]]:
    """Fit a student, and score each row by one that was fitted without it."""
    steps = student.steps if isinstance(student, Pipeline) else []
    shared = len(steps) > 1 and student.memory is None and sample_weight is None
    if shared and isinstance(steps[-1][1], Ridge):
        # rows are turned into features once for both
        last, Z = steps[-1][1], student[:-1].fit_transform(X, score_columns(labels))
        last.fit(Z, score_columns(labels))
        return student, leave_one_out_scores(last, Z, labels)
    scores = leave_one_out_scores(clone(student), X, labels)
    return fit_student(student, X, labels, sample_weight=sample_weight), scores


def ridge_leave_one_out(X: Any, y: NDArray[np.floating], alpha: float) -> NDArray:
    """Leave-one-out predictions of ridge regression with an intercept."""
    K = row_products(X)
    mean = K.mean(axis=0)
    K -= mean
    K -= (K.mean(axis=1))[:, None]
    n = K.shape[0]
    K[np.diag_indices(n)] += alpha
    # H = 1/n + K (K + alpha)^-1, so that 1 - H = alpha (K + alpha)^-1 - 1/n
    inverse = linalg.inv(K, overwrite_a=True, check_finite=False)
    centred = y - y.mean(axis=0)
    residual = alpha * (inverse @ centred)
    left = alpha * np.diag(inverse) - 1 / n
    left = np.maximum(left, 1e-12)
    return y - residual / (left if y.ndim == 1 else left[:, None])
