"""Agreement with other classifiers on target rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sktransfer._core.agreement import dawid_skene
from sktransfer.metrics._scorer import TargetScorer, target_predictions


class _Agreement(TargetScorer):
    """See `agreement_scorer`."""

    _name = "agreement_scorer"

    def __init__(self, references):
        self.references = references

    def _score(self, estimator, X, y, d, masks):
        if len(self.references) < 2:
            raise ValueError(
                "agreement_scorer needs two references at least: two raters that "
                f"differ do not tell who is right; got {len(self.references)}."
            )
        predicted = [
            target_predictions(model, "predict", X, d, masks.target)
            for model in (*self.references, estimator)
        ]
        classes = np.unique(np.concatenate(predicted))
        ratings = np.column_stack([np.searchsorted(classes, s) for s in predicted])
        return dawid_skene(ratings, classes.size).expected_accuracy[-1]

    def __sklearn_clone__(self):
        return self  # the references are fitted


def agreement_scorer(references: Sequence[Any]) -> TargetScorer:
    """Make a scorer: expected accuracy by agreement with other fitted classifiers.

    A Dawid-Skene model of the predictions of all classifiers for the target rows
    estimates how often each is right; the score is the estimated accuracy of the scored
    classifier. It needs target rows alone and no labels. The references should err on
    different rows: methods of different kinds, not settings of one.

    Parameters
    ----------
    references : sequence of classifiers
        At least two fitted classifiers of the same classes: for example one trained on
        the source alone, and one or two methods of adaptation.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y=None,
        sample_domain=None)``. From 0 to 1.

    See Also
    --------
    sktransfer.AutoTransferClassifier : Compares all its candidates this way.

    References
    ----------
    A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates
    using the EM algorithm", Applied Statistics 28(1), 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sktransfer.metrics import agreement_scorer
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> references = [GaussianNB().fit(X, y), KNeighborsClassifier().fit(X, y)]
    >>> model = LogisticRegression().fit(X, y)
    >>> agreement_scorer(references)(model, X) > 0.9
    True
    """
    return _Agreement(references)
