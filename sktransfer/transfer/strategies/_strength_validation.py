"""Correction of scores on labelled target rows, its strength by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import softmax
from sklearn.utils.validation import _num_samples

from sktransfer._core.rows import row_keys
from sktransfer._core.sparse import is_sparse
from sktransfer.transfer.strategies._penalty_paths import (
    float_rows,
    logistic_loss,
    logistic_losses,
    logistic_path,
    ridge_path,
    row_span,
)

# tried strengths, in units of the mean squared length of the labelled target rows
STRENGTHS = (np.inf, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003)
N_FOLDS = 5
CHOOSING_TOL = 1e-4


class StrengthValidation(NamedTuple):
    """The strengths that were tried, and how each was judged."""

    strength: float  # that of the largest share
    strengths: NDArray[np.float64]
    losses: NDArray[np.float64]  # mean over held-out target rows
    shares: NDArray[np.float64]  # of each in the result

    @classmethod
    def given(cls, strength: float) -> StrengthValidation:
        """Nothing was tried: a strength was given."""
        return cls(
            float(strength), np.array([strength]), np.full(1, np.nan), np.ones(1)
        )


class Tuned(NamedTuple):
    """Correction of scores: ``factor * score + X @ W[:-1] + W[-1]``."""

    factor: float
    W: NDArray[np.float64]
    validation: StrengthValidation


def even_folds(
    strata: NDArray[Any], scores: NDArray[np.floating], *ties: NDArray[Any]
) -> NDArray[np.intp]:
    """Fold of each row: classes and scores are spread evenly, in any order of rows.

    Rows of equal scores are dealt in the order of the further keys.
    """
    n = strata.size
    folds = np.empty(n, dtype=np.intp)
    size = np.abs(scores).max(initial=0) or 1.0
    keys = strata, np.round(scores / size, 12), *ties  # equal in spite of rounding
    folds[np.lexsort(keys[::-1])] = np.arange(n) % min(N_FOLDS, n)
    return folds


def row_order(X: Any) -> NDArray[np.float64]:
    """Keys by which rows of numbers are put in an order of their own; else zeros."""
    try:
        return row_keys(float_rows(X if is_sparse(X) else np.asarray(X)))
    except (TypeError, ValueError, IndexError):
        return np.zeros(_num_samples(X))


def temperature(
    scores: NDArray[np.float64], Y: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    r"""Factor that makes scores the best logits of given labels.

    Minimises the logistic loss plus :math:`\frac12 \log^2 a`, the negative logarithm of
    a log-normal prior.
    """

    def loss(log_factor: float) -> float:
        value = logistic_loss(np.exp(log_factor) * scores, Y, weight)[0]
        return value + 0.5 * log_factor**2

    bound = np.log(50)
    found = optimize.minimize_scalar(loss, bounds=(-bound, bound), method="bounded")
    return float(np.exp(found.x))


def held_out_losses(
    fit_path: Callable[[NDArray[np.bool_]], Iterator[NDArray[np.float64]]],
    losses_of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    folds: NDArray[np.intp],
    n_candidates: int,
) -> NDArray[np.float64]:
    """Loss of each candidate in each row, by a fit without the row's fold."""
    losses = np.zeros((folds.size, n_candidates))
    for fold in np.unique(folds):
        held = folds == fold
        for i, scores in enumerate(fit_path(~held)):
            losses[held, i] = losses_of(scores)[held]
    return losses


def check_positive_weight(weight: NDArray[np.float64]) -> None:
    """Refuse labelled target rows that all have weight 0."""
    if not np.any(weight):
        raise ValueError(
            "Learning from labelled target rows needs one of positive weight; all "
            f"{len(weight)} have weight 0. Pass other weights, or "
            "target_labels='ignore'."
        )


def upper_losses(
    losses: NDArray[np.float64], weight: NDArray[np.float64], caution: float = 1.0
) -> NDArray[np.float64]:
    """Loss of each candidate above that of the first, plus its standard error."""
    excess = (losses - losses[:, :1]) * (weight / weight.mean())[:, None]
    error = np.sqrt(len(excess)) * excess.std(axis=0, ddof=1)
    return excess.sum(axis=0) + caution * error


def mean_squared_length(X: Any) -> float:
    """Mean squared length of rows."""
    X = float_rows(X)
    squares = X.multiply(X).sum() if is_sparse(X) else np.vdot(X, X)
    return float(squares) / X.shape[0] or 1.0


def tune_scores(
    X: Any,
    offset: NDArray[np.float64],
    Y: NDArray[np.float64],
    strata: NDArray[Any],
    weight: NDArray[np.float64],
    strength: float | None = None,
    *,
    intercept: bool = True,
    squared: bool = False,
    caution: float = 1.0,
) -> Tuned:
    """Correct scores of target rows by a linear function of their features."""
    check_positive_weight(weight)
    span = row_span(X, intercept)

    def factor(rows: NDArray[np.bool_]) -> float:
        return 1.0 if squared else temperature(offset[rows], Y[rows], weight[rows])

    def path(rows: NDArray[np.bool_], strengths: Any, a: float, tol: float) -> Any:
        parts = span.Z[rows], a * offset[rows], Y[rows], strengths, weight[rows]
        return ridge_path(*parts) if squared else logistic_path(*parts, tol=tol)

    def fit_path(rows: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
        a = factor(rows)
        for D in path(rows, strengths, a, CHOOSING_TOL):
            yield a * offset + span.Z @ D

    def losses_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return (
            ((Y - scores) ** 2).sum(axis=1) if squared else logistic_losses(scores, Y)
        )

    every = np.ones(len(Y), dtype=bool)
    if strength is None:
        strengths = mean_squared_length(X) * np.array(STRENGTHS)
        folds = even_folds(strata, offset[:, -1], row_order(X), Y[:, -1], weight)
        losses = held_out_losses(fit_path, losses_of, folds, strengths.size)
        mean = weight @ losses / weight.sum()
        if squared:  # of a normal distribution, twice the negative log-likelihood
            losses = losses / (2 * max(mean.min(), np.finfo(float).tiny))
        shares = softmax(-upper_losses(losses, weight, caution))
        validation = StrengthValidation(
            strengths[shares.argmax()], strengths, mean, shares
        )
    else:
        validation = StrengthValidation.given(strength)
    a = factor(every)
    D = sum(
        share * D
        for share, D in zip(
            validation.shares, path(every, validation.strengths, a, 1e-8)
        )
    )
    return Tuned(a, span.weights(X, D), validation)
