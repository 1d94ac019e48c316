"""The strategies of a transfer estimator: labelled rows of several domains in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from sktransfer._core.parts import fit_estimator
from sktransfer.transfer.strategies._boosting import fit_boosted
from sktransfer.transfer.strategies._fine_tune import fine_tune_classifier
from sktransfer.transfer.strategies._held_out_strength import Choice
from sktransfer.transfer.strategies._self_training import fit_self_trained

# they compare source and target by labels
NEED_TARGET_LABELS = ("augment", "fine_tune", "boost")


class Rows(NamedTuple):
    """Mapped rows, and what is known of them."""

    Z: Any
    labelled: NDArray[np.bool_]
    labels: NDArray[Any]  # of the labelled rows
    domain: NDArray[np.int64] | None
    weights: NDArray[np.floating] | None

    def part(self, mask: NDArray[np.bool_]) -> tuple[Any, Any, Any]:
        """Rows, labels and weights of some of the labelled rows."""
        rows = np.flatnonzero(mask)
        Z = self.Z
        if rows.size != _num_samples(Z):
            Z = _safe_indexing(Z, rows)
        weights = None if self.weights is None else self.weights[rows]
        return Z, self.labels[mask[self.labelled]], weights

    def taught(self) -> Rows:
        """Without the labels of target rows, if those of source rows will do."""
        if self.domain is None:
            return self
        target = self.domain[self.labelled] < 0
        known = np.unique(self.labels[~target])
        new = np.setdiff1d(self.labels[target], known)
        if not target.any() or known.size < 2 or new.size:
            return self
        return self._replace(
            labelled=self.labelled & (self.domain > 0), labels=self.labels[~target]
        )


def check_target_labels(strategy: str, rows: Rows) -> None:
    """Raise if a strategy lacks what it learns from."""
    if rows.domain is None or strategy in ("pool", "distill"):
        return
    target = rows.domain < 0
    if not target.any():
        raise ValueError(
            f"strategy={strategy!r} needs target rows to learn from; got none (no "
            "negative entry in sample_domain). Add target rows, or use "
            "strategy='pool'."
        )
    if strategy in NEED_TARGET_LABELS and not (target & rows.labelled).any():
        raise ValueError(
            f"strategy={strategy!r} learns from labelled target rows; got none. Pass "
            "target_labels='use' and the labels of some target rows, or use 'pool', "
            "'self_train' or 'distill', which need none."
        )


class Learned(NamedTuple):
    """A model that predicts mapped rows, and how it came about."""

    model: Any
    sample_weight: NDArray[np.floating]
    choice: Choice | None = None


def learn(
    strategy: str,
    estimator: Any,
    rows: Rows,
    *,
    strength: float | None = None,
    n_estimators: int = 20,
    n_rounds: int = 5,
) -> Learned:
    """Fit a classifier to labelled rows of several domains."""
    check_target_labels(strategy, rows)
    none = np.zeros(rows.labelled.size, dtype=bool)
    target = none if rows.domain is None else rows.domain < 0
    used = np.zeros(rows.labelled.size)
    used[rows.labelled] = 1.0 if rows.weights is None else rows.weights[rows.labelled]
    source = rows.labelled & ~target
    if strategy == "fine_tune" and target.any() and source.any():
        X, labels, weights = rows.part(source)
        _check_two_classes(labels)
        model = fit_estimator(clone(estimator), X, labels, weights)
        X, labels, weights = rows.part(rows.labelled & target)
        tuned, choice = fine_tune_classifier(model, X, labels, weights, strength)
        return Learned(tuned, used, choice)
    if strategy == "self_train":
        model, taken = fit_self_trained(
            estimator,
            rows.Z,
            rows.labelled,
            rows.labels,
            target & ~rows.labelled,
            rows.weights,
            n_rounds,
        )
        used[taken] = 1.0 if rows.weights is None else rows.weights[taken]
        return Learned(model, used)
    X, labels, weights = rows.part(rows.labelled)
    if strategy == "boost" and target.any():
        model, used[rows.labelled] = fit_boosted(
            estimator, X, labels, target[rows.labelled], weights, n_estimators
        )
        return Learned(model, used)
    return Learned(fit_estimator(clone(estimator), X, labels, weights), used)


def _check_two_classes(labels: NDArray[Any]) -> None:
    if np.all(labels == labels[0]):
        raise ValueError(
            "strategy='fine_tune' needs a model of the source, and the source rows "
            f"are all of one class, {labels.tolist()[0]!r}. Add source rows of another "
            "class, or use strategy='pool'."
        )
