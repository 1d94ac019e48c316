"""Two-stage TrAdaBoost.R2: boosting of regressors from source to target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from sklearn.base import clone

from sktransfer._core.inputs import take_rows
from sktransfer._core.parts import copy_features, fit_estimator
from sktransfer.transfer.strategies._strength_validation import (
    check_positive_weight,
    even_folds,
    row_order,
)

# the vote of a model without any error
MAX_VOTE = 30.0


class MedianVote:
    """Weighted median of fitted regressors."""

    def __init__(self, estimators: list[Any], votes: NDArray[np.float64]) -> None:
        self.estimators_ = estimators
        self.votes_ = votes
        copy_features(estimators[0], self)

    def predict(self, Z: Any) -> NDArray[np.float64]:
        """Weighted median of the members' predictions."""
        predicted = np.column_stack([np.ravel(e.predict(Z)) for e in self.estimators_])
        order = np.argsort(predicted, axis=1, kind="stable")
        votes = np.cumsum(self.votes_[order], axis=1)
        middle = (votes >= 0.5 * votes[:, -1:]).argmax(axis=1)
        rows = np.arange(len(predicted))
        return predicted[rows, order[rows, middle]]


def relative_errors(
    errors: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Errors as shares of the largest one in a row of positive weight."""
    largest = errors[weights > 0].max(initial=0.0)
    if largest <= 0:
        return np.zeros_like(errors)
    return np.minimum(errors / largest, 1.0)


def r2_weights(
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
    target: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], float]:
    r"""Weights of the next round of AdaBoost.R2 that leaves source rows alone.

    With the errors :math:`e` relative to the largest of a row that counts,
    :math:`\epsilon = \sum_i w_i e_i` and :math:`\beta = \epsilon / (1 - \epsilon)`,
    target rows are multiplied by :math:`\beta^{1 - e_i}`.
    """
    e = relative_errors(errors, weights)
    if not e.any():
        return weights, MAX_VOTE
    error = float(weights @ e)
    if error >= 0.5:
        return weights, 0.0
    beta = max(error / (1 - error), np.exp(-MAX_VOTE))
    following = np.where(target, weights * beta ** (1 - e), weights)
    return following / following.sum(), float(-np.log(beta))


def stage_weights(
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
    target: NDArray[np.bool_],
    share: float,
) -> NDArray[np.float64]:
    r"""Weights of the next stage: source rows fade, the worst of them first.

    Source rows are multiplied by :math:`\beta^{e_i}` with errors :math:`e` relative to
    the largest and the :math:`\beta` that gives the target rows the wanted share.
    """
    e = relative_errors(errors, weights)
    held = weights[target].sum()

    def excess(log_beta: float) -> float:
        faded = (weights * np.exp(log_beta * e))[~target].sum()
        return held / (held + faded) - share

    following = weights.copy()
    if excess(0.0) < 0:
        low = -700.0
        log_beta = optimize.brentq(excess, low, 0.0) if excess(low) > 0 else low
        following[~target] *= np.exp(log_beta * e[~target])
        faded = following[~target].sum()
        following[~target] *= held * (1 - share) / (share * faded)
    return following / following.sum()


def fit_r2(
    estimator: Any,
    Z: Any,
    y: NDArray[np.float64],
    target: NDArray[np.bool_],
    weights: NDArray[np.float64],
    n_estimators: int,
    total: float,
) -> MedianVote:
    """AdaBoost.R2 in which the weights of source rows stay, whose sum is 1."""
    found: list[Any] = []
    votes: list[float] = []
    w = weights
    for _ in range(n_estimators):
        model = fit_estimator(clone(estimator), Z, y, w * total)
        errors = np.abs(np.ravel(model.predict(Z)) - y)
        w, vote = r2_weights(w, errors, target)
        if vote <= 0 and found:
            break
        found.append(model)
        votes.append(vote if vote > 0 else 1.0)
        if vote <= 0 or vote >= MAX_VOTE:
            break
    return MedianVote(found, np.array(votes))


def fit_two_stage_r2(
    estimator: Any,
    Z: Any,
    y: NDArray[np.float64],
    target: NDArray[np.bool_],
    weights: NDArray[np.floating] | None,
    n_estimators: int,
    n_stages: int,
) -> tuple[MedianVote, NDArray[np.float64], NDArray[np.float64]]:
    """Fade the source out in stages, and keep the stage that serves the target best."""
    n = y.size
    counts = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    check_positive_weight(counts[target])
    total = counts.sum()
    w = counts / total
    known = np.flatnonzero(target)
    first = w[known].sum()
    if known.size < 2 or first >= 1:  # nothing to choose a stage by, or no source
        n_stages = 1
    order = row_order(take_rows(Z, known))
    folds = even_folds(np.zeros(known.size), y[known], order, counts[known])
    stages, errors = [], []
    for t in range(n_stages):
        error, counted = 0.0, 0.0
        for fold in np.unique(folds) if n_stages > 1 else ():
            held = known[folds == fold]
            rows = np.setdiff1d(np.arange(n), held)
            part = take_rows(Z, rows)
            inside = w[rows] / w[rows].sum()
            model = fit_r2(
                estimator,
                part,
                y[rows],
                target[rows],
                inside,
                n_estimators,
                counts[rows].sum(),
            )
            predicted = model.predict(take_rows(Z, held))
            error += float(np.sum(counts[held] * (predicted - y[held]) ** 2))
            counted += counts[held].sum()
        stages.append(w)
        errors.append(error / (counted or 1.0))
        if t + 1 < n_stages:
            model = fit_estimator(clone(estimator), Z, y, w * total)
            share = first + (t + 1) / (n_stages - 1) * (1 - first)
            away = np.abs(np.ravel(model.predict(Z)) - y)
            w = stage_weights(w, away, target, min(share, 1 - 1e-6))
    best = int(np.argmin(errors))
    w = stages[best]
    model = fit_r2(estimator, Z, y, target, w, n_estimators, total)
    return model, w * total, np.array(errors)
