"""Prediction entropy: how sure a classifier is of the target rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr

from sktransfer.metrics._scorer import TargetScorer, target_predictions


def prediction_entropy(probabilities: ArrayLike) -> float:
    r"""Mean entropy :math:`-\sum_k p_{ik} \log p_{ik}` of the rows, in nats."""
    return float(entr(np.asarray(probabilities)).sum(axis=1).mean())


class _PredictionEntropy(TargetScorer):
    """See `prediction_entropy_scorer`."""

    _name = "prediction_entropy_scorer"

    def _score(self, estimator, X, y, d, masks):
        return -prediction_entropy(
            target_predictions(estimator, "predict_proba", X, d, masks.target)
        )


def prediction_entropy_scorer() -> TargetScorer:
    """Make a scorer: minus the mean entropy of the predicted probabilities.

    It needs target rows alone and no labels. A classifier that is sure of a wrong
    answer gets a good score, so compare only candidates of one kind.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y=None,
        sample_domain=None)``. Greater is better: 0 for certainty, minus the logarithm
        of the number of classes for equal probabilities.

    References
    ----------
    P. Morerio, J. Cavazza and V. Murino, "Minimal-entropy correlation alignment for
    unsupervised deep domain adaptation", ICLR, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sktransfer.metrics import prediction_entropy_scorer
    >>> X, y = np.zeros((4, 1)), [0, 0, 1, 1]
    >>> guess = DummyClassifier(strategy="prior").fit(X, y)
    >>> round(prediction_entropy_scorer()(guess, X), 3)  # -log 2
    -0.693
    """
    return _PredictionEntropy()
