"""TrAdaBoost: source rows that contradict the labelled target rows fade out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sktransfer._core.parts import copy_features, fit_estimator
from sktransfer.transfer._class_scores import score_probabilities
from sktransfer.transfer.strategies._strength_validation import check_positive_weight


def boosted_weights(
    weights: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    target: NDArray[np.bool_],
    n_estimators: int,
    n_classes: int = 2,
    counts: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], float]:
    r"""Weights of the next round, and the vote of this one.

    With the error :math:`\epsilon` of the target rows, wrong target rows are multiplied
    by :math:`e^\alpha` with :math:`\alpha = \log\frac{1-\epsilon}{\epsilon} +
    \log(K-1)`, wrong source rows by :math:`\beta = 1/(1 + \sqrt{2 \ln n_s / N})`. The
    term of the K classes is that of SAMME. Of a row that counts several times there
    are as many.
    """
    counts = np.ones(weights.size) if counts is None else counts
    n_source, n_target = counts[~target].sum(), counts[target].sum()
    error = weights[target & wrong].sum() / weights[target].sum()
    error = max(error, 0.25 / max(n_target, 1))
    vote = float(np.log((1 - error) / error) + np.log(n_classes - 1))
    beta = 1 / (1 + np.sqrt(2 * np.log(max(n_source, 1)) / n_estimators))
    factor = np.where(target, np.exp(vote), beta)
    next_weights = np.where(wrong, weights * factor, weights)
    return next_weights * (counts.sum() / next_weights.sum()), vote


class BoostedVote:
    """Weighted vote of fitted classifiers, each of which may know some classes only."""

    def __init__(
        self, estimators: list[Any], votes: NDArray[np.float64], classes: NDArray[Any]
    ) -> None:
        self.estimators_ = estimators
        self.votes_ = votes
        self.classes_ = classes
        copy_features(estimators[0], self)

    def shares(self, Z: Any) -> NDArray[np.float64]:
        """Share of the votes for each class."""
        shares: Any = 0.0
        for estimator, vote in zip(self.estimators_, self.votes_):
            predicted = np.asarray(estimator.predict(Z))
            shares = shares + vote * (predicted[:, None] == self.classes_)
        return shares / np.sum(self.votes_)

    def predict(self, Z: Any) -> NDArray[Any]:
        """Class with the most votes."""
        return self.classes_[self.shares(Z).argmax(axis=1)]

    def predict_proba(self, Z: Any) -> NDArray[np.float64]:
        """Share of the votes for each class."""
        return score_probabilities(2 * self.shares(Z) - 1)

    def predict_log_proba(self, Z: Any) -> NDArray[np.float64]:
        """Logarithm of :meth:`predict_proba`."""
        return np.log(self.predict_proba(Z))

    def decision_function(self, Z: Any) -> NDArray[np.float64]:
        """Votes for each class; for two classes, second less first."""
        shares = self.shares(Z)
        return shares[:, 1] - shares[:, 0] if shares.shape[1] == 2 else shares


def fit_boosted(
    estimator: Any,
    Z: Any,
    labels: NDArray[Any],
    target: NDArray[np.bool_],
    weights: NDArray[np.floating] | None,
    n_estimators: int,
) -> tuple[BoostedVote, NDArray[np.float64]]:
    """Fit a series of classifiers to rows whose weights follow the target's errors."""
    counts: Any = np.ones(labels.size) if weights is None else weights
    check_positive_weight(counts[target])
    w = counts
    classes = np.unique(labels)
    found: list[Any] = []
    votes: list[float] = []
    used = w
    for _ in range(n_estimators):
        model = fit_estimator(clone(estimator), Z, labels, w)
        wrong = np.asarray(model.predict(Z)) != labels
        following, vote = boosted_weights(
            w, wrong, target, n_estimators, classes.size, counts
        )
        if vote <= 0 and found:
            break  # no better than chance on the target: what came before votes
        used = w
        found.append(model)
        votes.append(max(vote, 1e-12))
        if vote <= 0:
            break
        w = following
    half = len(found) // 2
    return BoostedVote(found[half:], np.array(votes[half:]), classes), used
