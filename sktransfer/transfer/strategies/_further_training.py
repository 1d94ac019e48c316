"""Training further: for estimators without weights that could be corrected."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import is_sparse
from sktransfer.transfer._class_scores import class_scores
from sktransfer.transfer.strategies._strength_validation import (
    StrengthValidation,
    check_positive_weight,
    even_folds,
    held_out_losses,
    row_order,
    upper_losses,
)

PASSES = (0, 1, 2, 4, 8, 16, 32)
MAX_PASSES = 1000
# members that one pass adds to an ensemble: one for so many that it has
GROWTH = 16


def train_further(
    last: Any,
    Z: Any,
    labels: NDArray[Any],
    sample_weight: NDArray[np.floating] | None,
    strength: float | None,
) -> StrengthValidation:
    """Continue training on labelled target rows after a fit to the source."""
    step = training_step(last, sample_weight is not None)
    classes = getattr(last, "classes_", None)
    unknown = [] if classes is None else np.setdiff1d(labels, classes).tolist()
    if unknown:
        raise ValueError(
            f"{type(last).__name__} cannot learn classes in fine-tuning that the "
            f"source does not have: {unknown!r} occur in target rows only. Use a "
            "linear estimator such as LogisticRegression, or strategy='pool'."
        )
    weight: Any = np.ones(labels.size) if sample_weight is None else sample_weight
    check_positive_weight(weight)
    Y = None if classes is None else labels[:, None] == classes
    likely = hasattr(last, "predict_proba")

    def losses_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        if Y is None:
            return (scores[:, 0] - labels) ** 2
        of_label = (Y * scores).sum(axis=1)
        if likely:
            return -of_label
        return (of_label < scores.max(axis=1)).astype(np.float64)

    def scores_of(model: Any) -> NDArray[np.float64]:
        if classes is None:
            return np.asarray(model.predict(Z), dtype=np.float64).reshape(-1, 1)
        if likely:
            return np.log(np.clip(model.predict_proba(Z), 1e-3, 1))
        return class_scores(model, Z, classes.size)

    def fit_path(rows: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
        model, done = copy.deepcopy(last), 0
        part = Z.tocsr()[rows] if is_sparse(Z) else np.asarray(Z)[rows]
        for n_passes in PASSES:
            step(model, part, labels[rows], weight[rows], n_passes - done)
            done = n_passes
            yield scores_of(model)

    if strength is None:
        strata = np.zeros(labels.size) if classes is None else labels
        folds = even_folds(strata, scores_of(last)[:, -1], row_order(Z), labels, weight)
        losses = held_out_losses(fit_path, losses_of, folds, len(PASSES))
        best = int(upper_losses(losses, weight).argmin())
        with np.errstate(divide="ignore"):
            strengths = 1 / np.array(PASSES, dtype=np.float64)
        mean = weight @ losses / weight.sum()
        validation = StrengthValidation(
            strengths[best], strengths, mean, np.eye(len(PASSES))[best]
        )
    else:
        validation = StrengthValidation.given(strength)
    n_passes = int(np.rint(min(1 / max(validation.strength, 1e-12), MAX_PASSES)))
    step(last, Z, labels, weight, n_passes)
    return validation


def training_step(last: Any, weighted: bool) -> Callable[..., None]:
    """How an estimator is trained further."""
    name = type(last).__name__
    further = hasattr(last, "partial_fit")
    grown = {"warm_start", "n_estimators"} <= set(
        getattr(last, "get_params", dict)(deep=False)
    )
    if not (further or grown):
        raise TypeError(
            f"{name} cannot be fine-tuned: it has neither weights (coef_, intercept_), "
            "partial_fit, nor warm_start with n_estimators. Use such an estimator "
            "(LogisticRegression, RidgeClassifier, MLPClassifier, "
            "RandomForestClassifier, ...), or another strategy."
        )
    function = last.partial_fit if further else last.fit
    takes = "sample_weight" in inspect.signature(function).parameters
    if weighted and not takes:
        raise TypeError(
            f"{name} cannot be weighted: its {function.__name__} takes no "
            "sample_weight, and dropping the weights would undo the transfer. Use an "
            "estimator that takes them, or leave out weighter, target_weight and "
            "sample_weight."
        )

    def pass_on(last: Any, X: Any, y: Any, weight: Any, n_passes: int) -> None:
        extra = {"sample_weight": weight} if weighted else {}
        for _ in range(n_passes):
            last.partial_fit(X, y, **extra)

    def grow(last: Any, X: Any, y: Any, weight: Any, n_passes: int) -> None:
        if n_passes == 0:
            return
        extra = {"sample_weight": weight} if weighted else {}
        if len(np.unique(y)) < len(getattr(last, "classes_", ())):
            raise ValueError(
                f"{name} can be fine-tuned only on target rows of every class, in "
                "every fold: it takes the classes that it is given for all there are. "
                "Label some rows of each class, or use LogisticRegression."
            )
        before = last.get_params(deep=False)
        more = n_passes * max(1, before["n_estimators"] // GROWTH)
        last.set_params(warm_start=True, n_estimators=before["n_estimators"] + more)
        last.fit(X, y, **extra)
        last.set_params(warm_start=before["warm_start"])

    return pass_on if further else grow
