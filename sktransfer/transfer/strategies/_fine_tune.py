"""Fine-tuning: a model of the source, corrected on the labelled target rows."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer

from sktransfer.transfer._class_columns import class_columns, one_hot
from sktransfer.transfer.strategies._continue_training import train_further
from sktransfer.transfer.strategies._held_out_strength import Choice, tune_scores

_LINEAR_SQUARED = ("RidgeClassifier", "RidgeClassifierCV")


def last_step(model: Any) -> Any:
    """The last step of a Pipeline, or the model itself."""
    while isinstance(model, Pipeline):
        model = model.steps[-1][1]
    return model


def before_last_step(model: Any, X: Any) -> Any:
    """Rows as the last step of a fitted Pipeline gets them."""
    while isinstance(model, Pipeline):
        if len(model.steps) > 1:
            X = model[:-1].transform(X)
        model = model.steps[-1][1]
    return X


def is_linear(model: Any) -> bool:
    """Whether a fitted model predicts by weights that can be set."""
    return {"coef_", "intercept_"} <= set(vars(last_step(model)))


def warn_of_one_class(labels: NDArray[Any]) -> None:
    """Say that labels of one class cannot tell strengths apart."""
    warnings.warn(
        f"The {labels.size} labelled target rows are all of one class, "
        f"{labels.tolist()[0]!r}, "
        "from which no strength can be chosen: the model is kept as it is without "
        "them. Label target rows of another class, or set strength.",
        UserWarning,
        stacklevel=5,
    )


def fine_tune_classifier(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    sample_weight: NDArray[np.floating] | None = None,
    strength: float | None = None,
) -> tuple[Any, Choice]:
    r"""Correct a classifier of the source on labelled target rows.

    A linear model with weights :math:`w_s` becomes the minimiser of

    .. math:: \sum_i w_i \ell(y_i, x_i w) + \frac{\lambda}{2} \|w - a w_s\|^2

    with the logistic loss (squared loss for RidgeClassifier, with a = 1), the factor
    a of :func:`temperature`, and the intercept a weight like the others. Others are
    trained further: :math:`1 / \lambda` is the number of passes over the target rows.
    """
    classes = np.union1d(model.classes_, labels)
    if strength is None and np.all(labels == labels[0]):
        warn_of_one_class(labels)
        strength = np.inf
    if strength is not None and np.isinf(strength):
        return copy.deepcopy(model), Choice.given(np.inf)
    weight = np.ones(labels.size) if sample_weight is None else sample_weight
    weight = np.asarray(weight, dtype=np.float64)
    if is_linear(model):
        return _tune_linear(model, X, labels, classes, weight, strength)
    tuned = copy.deepcopy(model)
    Z = before_last_step(model, X)
    parts = Z, labels, sample_weight, strength
    return tuned, train_further(last_step(tuned), *parts)


def _tune_linear(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    classes: NDArray[Any],
    weight: NDArray[np.float64],
    strength: float | None,
) -> tuple[Any, Choice]:
    model = copy.deepcopy(model)
    last = last_step(model)
    Z = before_last_step(model, X)
    offset = class_columns(last.decision_function(Z), last.classes_, classes)
    Z = Z if sparse.issparse(Z) else np.asarray(Z)
    Y = one_hot(labels, classes)
    squared = type(last).__name__ in _LINEAR_SQUARED
    tuned = tune_scores(
        Z,
        offset,
        2 * Y - 1 if squared else Y,
        labels,
        weight,
        strength,
        intercept=bool(getattr(last, "fit_intercept", True)),
        squared=squared,
    )
    set_weights(last, tuned.factor, tuned.W.T, classes)
    return model, tuned.choice


def set_weights(
    last: Any, factor: float, W: NDArray[np.float64], classes: NDArray[Any]
) -> None:
    """Multiply the weights of a linear classifier and add to them."""
    coef = last.coef_.toarray() if sparse.issparse(last.coef_) else last.coef_
    dtype, known, features = coef.dtype, last.classes_, coef.shape[-1]
    coef = class_columns(np.atleast_2d(coef).T, known, classes).T
    flat = coef.shape[0] == 1 and np.ndim(last.coef_) == 1  # RidgeClassifier's layout
    coef = (factor * coef + W[:, :features]).astype(dtype)
    last.coef_ = coef[0] if flat else coef
    if W.shape[1] > features:
        b = np.broadcast_to(last.intercept_, (1 if len(known) == 2 else len(known),))
        b = class_columns(b[None, :], known, classes)[0]
        last.intercept_ = (factor * b + W[:, -1]).astype(dtype)
    elif len(classes) != len(known):
        last.intercept_ = np.zeros(len(classes), dtype=dtype)
    if hasattr(last, "_label_binarizer"):
        last._label_binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(classes)
    if "classes_" in vars(last):
        last.classes_ = classes


def fine_tune_regressor(
    model: Any,
    X: Any,
    y: NDArray[np.float64],
    sample_weight: NDArray[np.floating] | None = None,
    strength: float | None = None,
) -> tuple[Any, Choice]:
    r"""Correct a regressor of the source on labelled target rows.

    A linear model with weights :math:`w_s` becomes the minimiser of

    .. math:: \frac12 \sum_i w_i (y_i - x_i w)^2 + \frac{\lambda}{2} \|w - w_s\|^2

    with the intercept a weight like the others. Others are trained further:
    :math:`1 / \lambda` is the number of passes over the target rows.
    """
    tuned = copy.deepcopy(model)
    if strength is None and y.size < 2:
        strength = np.inf  # nothing to choose by
    if strength is not None and np.isinf(strength):
        return tuned, Choice.given(np.inf)
    Z, last = before_last_step(model, X), last_step(tuned)
    if not is_linear(model):
        return tuned, train_further(last, Z, y, sample_weight, strength)
    offset = np.asarray(last.predict(Z), dtype=np.float64).reshape(-1, 1)
    Z = Z if sparse.issparse(Z) else np.asarray(Z)
    weight = np.ones(y.size) if sample_weight is None else sample_weight
    correction = tune_scores(
        Z,
        offset,
        y[:, None],
        np.zeros(y.size),
        np.asarray(weight, dtype=np.float64),
        strength,
        intercept=bool(getattr(last, "fit_intercept", True)),
        squared=True,
    )
    coef = last.coef_.toarray() if sparse.issparse(last.coef_) else last.coef_
    W, features = correction.W[:, 0], coef.shape[-1]
    last.coef_ = (coef + W[:features].reshape(coef.shape)).astype(coef.dtype)
    if W.size > features:
        last.intercept_ = last.intercept_ + W[-1]
    return tuned, correction.choice
