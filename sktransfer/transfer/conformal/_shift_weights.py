"""Weights of calibration rows and of new rows, under a shift of rows or of classes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer._core.calibration import log_probabilities
from sktransfer._core.inputs import csr_of_frame, take_rows
from sktransfer._core.labels import known_labels
from sktransfer._core.parts import call_part, fit_weights, last_step, takes_domain
from sktransfer._core.sparse import is_sparse
from sktransfer.weighting import (
    DiscriminatorInstanceWeighter,
    LabelShiftInstanceWeighter,
)

# a source row that weighs more than nearly all target rows do is far out
CAP_LEVEL = 0.95


class ShiftWeights(NamedTuple):
    """Weights of source rows, and what new rows get theirs by.

    Parameters
    ----------
    source : ndarray of shape (n_source,)
        Weights of the source rows that were given.
    weighter : estimator or None
        The fitted weighter; None: all rows weigh 1.
    of_class : ndarray of shape (n_classes,) or None
        Weight of each class, where the weights are those of classes.
    largest : float
        What no weight exceeds.
    """

    source: NDArray[np.float64]
    weighter: Any = None
    of_class: NDArray[np.float64] | None = None
    largest: float = 1.0

    def of_rows(self, X: Any, domain: NDArray[np.int64] | None) -> NDArray[np.float64]:
        """Weights of new rows, for all classes in one column or for each in its own."""
        if self.of_class is not None:
            return self.of_class[None]
        if self.weighter is None:
            return np.ones((1, 1))
        if not hasattr(self.weighter, "score_samples"):
            return np.full((1, 1), self.largest)
        w = np.asarray(call_part(self.weighter, "score_samples", X, domain))
        return np.minimum(w.astype(np.float64), self.largest)[:, None]


def named_weighter(name: str) -> Any:
    """The weighter of a kind of shift."""
    if name == "label_shift":
        return LabelShiftInstanceWeighter(when_unsure="estimate", flatten=None)
    scaled = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return DiscriminatorInstanceWeighter(scaled, flatten=None)


def is_dense_numbers(X: Any) -> bool:
    """Whether rows are a dense table of finite numbers."""
    if is_sparse(X) or np.ndim(X) != 2 or csr_of_frame(X) is not X:
        return False
    values = np.asarray(X)
    return values.dtype.kind in "fiub" and bool(np.isfinite(values).all())


def log_ratios(P: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of probabilities about their mean, as features of a row."""
    L = log_probabilities(P)
    return L - L.mean(axis=1, keepdims=True)


def predictions_and_rows(P: NDArray[np.float64], X: Any) -> NDArray[np.float64]:
    """Features of predictions: ratios, how sure they are, and dense rows if any."""
    confidence = log_probabilities(P).max(axis=1, keepdims=True)
    found = [log_ratios(P), confidence]
    if X is not None:
        found.append(np.asarray(X.toarray() if is_sparse(X) else X, np.float64))
    return np.hstack(found)


def maps_rows(estimator: Any) -> bool:
    """Whether rows become comparable within a model only, by a mapper."""
    if isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    last = last_step(estimator)
    # one that takes domains and has no such parameter may map rows all the same
    return takes_domain(estimator) and getattr(last, "mapper", last) is not None


def shift_weights(
    weighter: Any,
    X: Any,
    y: NDArray[Any],
    domain: NDArray[np.int64],
    classes: NDArray[Any],
) -> ShiftWeights:
    """Fit a weighter to source and target rows, and read its weights."""
    weighter = clone(weighter)
    source = domain > 0
    w = np.asarray(fit_weights(weighter, X, y, domain), np.float64)[source]
    if hasattr(last_step(weighter), "target_shares_"):
        labels = known_labels(y, source)
        of_class = np.array(
            [w[labels == c].mean() if np.any(labels == c) else 0.0 for c in classes]
        )
        return ShiftWeights(w, weighter, of_class, float(of_class.max()))
    weights = ShiftWeights(w, weighter, None, float(w.max()))
    if not hasattr(weighter, "score_samples"):
        return weights
    target = ~source
    of_target = weights.of_rows(take_rows(X, target), domain[target])
    largest = max(float(np.quantile(of_target, CAP_LEVEL)), float(np.median(w)))
    return weights._replace(source=np.minimum(w, largest), largest=largest)


def effective_size(weights: NDArray[np.float64]) -> float:
    """Number of equal rows that weighted ones are worth (Kish)."""
    largest = weights.max(initial=0.0)
    if not largest > 0:
        return 0.0
    w = weights / largest
    return float(w.sum() ** 2 / (w @ w))
