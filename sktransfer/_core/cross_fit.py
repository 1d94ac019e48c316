"""Probabilities of rows by models that did not see them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import clone

from sktransfer._core.parts import call_part


def class_probabilities(
    model: Any, X: Any, classes: NDArray[Any], sample_domain: Any = None
) -> NDArray[np.float64]:
    """Probabilities of some classes; 0 of one that the classifier does not know."""
    if hasattr(model, "predict_proba"):
        p = np.asarray(call_part(model, "predict_proba", X, sample_domain), np.float64)
    elif hasattr(model, "decision_function"):
        scores = call_part(model, "decision_function", X, sample_domain)
        scores = np.asarray(scores, np.float64)
        if scores.ndim == 1:
            p = np.column_stack([expit(-scores), expit(scores)])
        else:
            p = softmax(scores, axis=1)
    else:
        raise TypeError(
            "estimator must give predict_proba or decision_function; got "
            f"{type(model).__name__}, which has neither predict_proba nor "
            "decision_function. Use a classifier that has, such as LogisticRegression."
        )
    P = np.zeros((len(p), classes.size))
    P[:, np.searchsorted(classes, model.classes_)] = p
    P[~np.isfinite(P).all(axis=1)] = 1 / classes.size
    return P


def cross_fit(
    estimator: Any, X: Any, codes: NDArray[np.intp], folds: NDArray[np.intp]
) -> tuple[NDArray[np.float64], list[Any]]:
    """Held-out probabilities of each row, and the models that gave them."""
    classes = np.arange(int(codes.max()) + 1)
    P = np.tile(np.bincount(codes) / codes.size, (codes.size, 1))
    models = []
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        if np.unique(codes[rest]).size < 2:
            continue
        model = clone(estimator).fit(X[rest], codes[rest])
        P[held] = class_probabilities(model, X[held], classes)
        models.append(model)
    return P, models
