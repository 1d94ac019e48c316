"""Importance-weighted validation: held-out source rows stand for the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sklearn.metrics import accuracy_score

from sktransfer._core.parameters import HasMethods
from sktransfer.metrics._importance import ImportanceScorer
from sktransfer.metrics._scorer import TargetScorer, predictions, select


class _ImportanceWeighted(ImportanceScorer):
    """See `importance_weighted_scorer`."""

    _name = "importance_weighted_scorer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "metric": [callable],
        "weighter": [HasMethods("fit"), None],
        "features": [callable, None],
    }

    def __init__(self, *, metric=accuracy_score, weighter=None, features=None):
        self.metric = metric
        self.weighter = weighter
        self.features = features

    def _score(self, estimator, X, y, d, masks):
        rows, labels, weights = self._weighted_rows(estimator, X, y, d, masks)
        predicted = predictions(estimator, "predict", select(X, rows), d[rows])
        return self.metric(labels, predicted, sample_weight=weights)


def importance_weighted_scorer(
    *,
    metric: Callable[..., float] = accuracy_score,
    weighter: Any = None,
    features: Callable[[Any], Any] | None = None,
) -> TargetScorer:
    """Make a scorer: accuracy on held-out source rows, weighted towards the target.

    It needs labelled source rows and target rows in the test fold, so metadata routing
    and a splitter such as ``KFold(shuffle=True)``. It is right where the label of a
    row depends on its features alone, in the same way in both domains (covariate
    shift), and where the source covers the target. Otherwise it favours models that
    suit the source.

    Parameters
    ----------
    metric : callable, default=accuracy_score
        Called as ``metric(y_true, y_pred, sample_weight=weights)``; greater is better.
    weighter : estimator, default=None
        Weights the source rows, whose labels it sees, for example
        :class:`~sktransfer.weighting.KMMInstanceWeighter`, or a Pipeline that ends in
        one. None: the ratio of the probabilities of target and source by logistic
        regression in five folds.
    features : callable, default=None
        Maps rows to the features that the weights are learned from. None: the steps of
        a Pipeline and the mapper of a TransferClassifier map them.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y, sample_domain=d)``.

    References
    ----------
    M. Sugiyama, M. Krauledat and K.-R. Mueller, "Covariate shift adaptation by
    importance weighted cross validation", Journal of Machine Learning Research 8,
    2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.metrics import importance_weighted_scorer
    >>> rng = np.random.default_rng(0)
    >>> d = np.repeat([1, -2], 50)
    >>> X = rng.normal(size=(100, 2)) - np.sign(d)[:, None]
    >>> y = np.where(X[:, 0] > 0, "buys", "leaves")
    >>> model = TransferClassifier().fit(X, y, sample_domain=d)
    >>> float(importance_weighted_scorer()(model, X, y, d)) > 0.8
    True
    """
    return _ImportanceWeighted(metric=metric, weighter=weighter, features=features)
