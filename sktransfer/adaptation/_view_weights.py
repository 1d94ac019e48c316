"""Weights of views by what their models say of rows that they were not fitted to."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, nnls
from scipy.special import logsumexp, softmax
from sklearn.linear_model import Ridge
from sklearn.model_selection import StratifiedKFold

from sktransfer._core.sparse import is_sparse

N_FOLDS = 5
LENGTHS = (1.0, 0.5, 0.25)
# keeps weights finite where held-out scores part the classes without an error
PRIOR = 1e-3
# squared correlations that views without anything in common reach held out
BY_CHANCE = 0.02


def held_out(X: Any, Y: NDArray[np.float64], folds: NDArray[np.intp]) -> NDArray:
    """Ridge predictions of each row by a model without the rows of its fold."""
    found = np.zeros(Y.shape)
    for fold in np.unique(folds):
        rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        found[held] = (
            Ridge().fit(X[rest], Y[rest]).predict(X[held]).reshape(-1, Y.shape[1])
        )
    return found


def best_length(
    X: Any, Y: NDArray[np.float64], folds: NDArray[np.intp]
) -> tuple[float, NDArray[np.float64]]:
    """Length of the rows, as a penalty, with the least held-out error; the scores."""
    scores = [held_out(X * length, Y, folds) for length in LENGTHS]
    best = int(np.argmin([np.mean((s - Y) ** 2) for s in scores]))
    return LENGTHS[best], scores[best]


def new_scores(X: Any, Y: NDArray[np.float64], target: Any) -> NDArray[np.float64]:
    """Ridge predictions of target rows by a model of the labelled ones."""
    return Ridge().fit(X, Y).predict(target).reshape(-1, Y.shape[1])


def deal_folds(codes: NDArray[np.intp] | None, n_rows: int) -> NDArray[np.intp]:
    """A fold for each row, the same shares of the classes in each."""
    folds = np.zeros(n_rows, dtype=np.intp)
    strata = np.zeros(n_rows, dtype=np.intp) if codes is None else codes
    n_folds = max(min(N_FOLDS, np.bincount(strata).min()), 2)
    parts = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    for fold, (_, held) in enumerate(parts.split(strata, strata)):
        folds[held] = fold
    return folds


def stacking_weights(
    scores: list[NDArray[np.float64]], codes: NDArray[np.intp]
) -> NDArray[np.float64]:
    r"""Weights of views whose summed scores predict held-out labels best.

    Over :math:`\beta \ge 0` they minimise the mean of
    :math:`-\log \mathrm{softmax}(b + \sum_v \beta_v s_v)_{y}`, with the scores of each
    view in units of their standard deviation; they are returned divided by their sum.
    """
    S = np.stack([s / max(s.std(), 1e-12) for s in scores])
    n_views, n, n_classes = S.shape
    rows = np.arange(n)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        beta, b = parameters[:n_views], parameters[n_views:]
        total = np.tensordot(beta, S, 1) + b
        error = softmax(total, axis=1)
        value = np.mean(logsumexp(total, axis=1) - total[rows, codes])
        error[rows, codes] -= 1
        slope = np.tensordot(S, error, 2) / n + PRIOR * beta
        return (
            float(value + PRIOR / 2 * (beta @ beta)),
            np.r_[slope, error.mean(axis=0) + PRIOR * b],
        )

    bounds = [(0, None)] * n_views + [(None, None)] * n_classes
    start = np.r_[np.ones(n_views), np.zeros(n_classes)]
    beta = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x[:n_views]
    return shares(beta)


def regression_weights(
    scores: list[NDArray[np.float64]], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of views whose summed predictions have the least squared error."""
    S = np.column_stack([(s - s.mean()).ravel() for s in scores])
    scale = np.maximum(S.std(axis=0), 1e-12)
    beta, _ = nnls(S / scale, (y - y.mean()).ravel())
    return shares(beta)


def carried_over(
    source_views: list[Any],
    source_scores: list[NDArray[np.float64]],
    target_views: list[Any],
    target_scores: list[NDArray[np.float64]],
    folds: NDArray[np.intp],
) -> NDArray[np.float64]:
    """How far each view says of the target what the other views can see, 0 to 1.

    What is true of a row shows in all views, so the others predict the scores of a
    view, held out. Where they do so in the source and not in the target, what the view
    says of the target is of its own making. Squared correlations are compared.
    """
    if len(source_views) == 1 or target_scores[0].shape[0] < 2:
        return np.ones(len(source_views))
    on_source = _seen_by_others(source_views, source_scores, folds)
    fold = deal_folds(None, target_scores[0].shape[0])
    on_target = _seen_by_others(target_views, target_scores, fold)
    left = np.clip((on_target + BY_CHANCE) / (on_source + BY_CHANCE), 0, 1)
    return left / max(left.max(), 1e-12)


def _seen_by_others(
    views: list[Any], scores: list[NDArray[np.float64]], folds: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Squared correlation of the scores of each view with what the others predict."""
    seen = np.zeros(len(views))
    for v, own in enumerate(scores):
        others = [view for k, view in enumerate(views) if k != v]
        any_sparse = any(map(is_sparse, others))
        stack = partial(sparse.hstack, format="csr") if any_sparse else np.hstack
        centred = own - own.mean(axis=0)
        predicted = held_out(stack(others), centred, folds)
        predicted = predicted - predicted.mean(axis=0)
        together = max(float((predicted * centred).sum()), 0.0)
        norms = float((predicted**2).sum() * (centred**2).sum())
        seen[v] = together**2 / norms if norms > 0 else 0.0
    return seen


def shares(beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of sum 1; equal ones where all are 0."""
    total = beta.sum()
    return beta / total if total > 0 else np.full(beta.size, 1 / beta.size)
