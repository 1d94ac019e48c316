"""Probabilities of rows by models that did not see them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import clone


def class_probabilities(model: Any, X: Any, n_classes: int) -> NDArray[np.float64]:
    """Probabilities of the classes 0 to n_classes - 1 by a fitted classifier."""
    known = np.asarray(model.classes_, dtype=np.intp)
    if hasattr(model, "predict_proba"):
        p = np.asarray(model.predict_proba(X), np.float64)
    elif hasattr(model, "decision_function"):
        scores = np.asarray(model.decision_function(X), np.float64)
        if scores.ndim == 1:
            p = np.column_stack([expit(-scores), expit(scores)])
        else:
            p = softmax(scores, axis=1)
    else:
        raise TypeError(
            f"{type(model).__name__} gives neither predict_proba nor "
            "decision_function; use a classifier that does, such as "
            "LogisticRegression."
        )
    P = np.zeros((X.shape[0], n_classes))
    P[:, known] = p
    P[~np.isfinite(P).all(axis=1)] = 1 / n_classes
    return P


def cross_fit(
    estimator: Any, X: Any, codes: NDArray[np.intp], folds: NDArray[np.intp]
) -> tuple[NDArray[np.float64], list[Any]]:
    """Held-out probabilities of each row, and the models that gave them."""
    n_classes = int(codes.max()) + 1
    P = np.tile(np.bincount(codes) / codes.size, (codes.size, 1))
    models = []
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        if np.unique(codes[rest]).size < 2:
            continue
        model = clone(estimator).fit(X[rest], codes[rest])
        P[held] = class_probabilities(model, X[held], n_classes)
        models.append(model)
    return P, models
