"""Models, and the probabilities they give to rows that they have not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sktransfer._core.cross_fit import class_probabilities
from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import known_labels
from sktransfer._core.parts import fit_part, takes_domain


def held_out_folds(
    strata: NDArray[np.intp], cv: float, rng: np.random.RandomState
) -> NDArray[np.intp]:
    """Fold in which each row is held out, -1 where in none.

    Rows of stratum -1 and of a stratum of one row are held out in none. A `cv` below 1
    is the share of the rows that a single fold holds out.
    """
    folds = np.full(strata.size, -1)
    for c in range(int(strata.max(initial=-1)) + 1):
        rows = rng.permutation(np.flatnonzero(strata == c))
        if rows.size < 2:
            continue
        if cv < 1:
            n_held = min(max(round(cv * rows.size), 1), rows.size - 1)
            folds[rows[:n_held]] = 0
        else:
            folds[rows] = (np.arange(rows.size) + c) % int(cv)
    held = folds >= 0
    folds[held] = np.unique(folds[held], return_inverse=True)[1]  # none is empty
    return folds


def dealt_rows(
    codes: NDArray[np.intp],
    labelled: NDArray[np.bool_],
    target: NDArray[np.bool_],
    by_domain: bool,
    cv: float,
    rng: np.random.RandomState,
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Fold in which each row is held out, and target rows that any model may judge.

    These are all that models without domains never see, or the few without labels that
    stay in each fit.
    """
    strata = np.full(labelled.size, -1)
    strata[labelled] = codes
    strata[target] += 2 + int(codes.max())
    free = target
    if by_domain:
        few = target.sum() < 2 * max(cv, 1)
        free = target & ~labelled if few else np.zeros_like(target)
    strata[free] = -1
    return held_out_folds(strata, cv, rng), free


def fit_models(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    domain: NDArray[np.int64] | None,
    trained_on: NDArray[np.bool_],
    folds: NDArray[np.intp],
) -> list[Any]:
    """One model for each fold, fitted without its rows.

    Classifiers that take no domains are fitted on the rows of `trained_on`.
    """
    by_domain = domain is not None and takes_domain(estimator)
    models = []
    for fold in range(max(int(folds.max()), 0) + 1):
        rows = folds != fold if by_domain else (folds != fold) & trained_on
        own = None if domain is None else domain[rows]
        labels = y[rows] if by_domain else known_labels(y, rows)
        model = clone(estimator)
        models.append(fit_part(model, take_rows(X, rows), labels, own) or model)
    return models


def held_out_probabilities(
    models: list[Any],
    X: Any,
    domain: NDArray[np.int64] | None,
    judge: NDArray[np.intp],
    classes: NDArray[Any],
) -> NDArray[np.float64]:
    """Probabilities of each row by the model that judges it; 0 where none does."""
    P = np.zeros((judge.size, classes.size))
    for k, model in enumerate(models):
        rows = np.flatnonzero(judge == k)
        if rows.size:
            own = None if domain is None else domain[rows]
            P[rows] = class_probabilities(model, take_rows(X, rows), classes, own)
    return P


def one_model_each(P: NDArray[np.float64], n_models: int) -> NDArray[np.intp]:
    """One of the models for each row, by the digits of its mean prediction.

    That is as good as a draw, and the same in any batch.
    """
    digits = np.modf(1e6 * P[:, 0])[0]
    return np.minimum((n_models * digits).astype(np.intp), n_models - 1)
