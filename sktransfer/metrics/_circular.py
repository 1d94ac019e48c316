"""Circular validation: train back from the predicted target to the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import accuracy_score

from sktransfer._core.parts import fit_part, takes_domain
from sktransfer.metrics._scorer import (
    TargetScorer,
    labelled_source_rows,
    predictions,
    select,
    target_predictions,
)

# trained backwards, the domain that is then the target has no labels
NEED_TARGET_LABELS = ("augment", "fine_tune", "boost")


def fit_back(
    estimator: Any, X: Any, predicted: NDArray[Any], d: NDArray[np.int64]
) -> Any:
    """Fit a clone with source and target exchanged."""
    backward = clone(estimator)
    own = [k for k in backward.get_params() if k.split("__")[-1] == "target_labels"]
    backward.set_params(**dict.fromkeys(own, "ignore"))
    for name, value in backward.get_params().items():
        if name.split("__")[-1] == "strategy" and value in NEED_TARGET_LABELS:
            backward.set_params(**{name: "pool"})
    if not takes_domain(backward):
        return backward.fit(select(X, d < 0), predicted)
    number = predicted.dtype.kind in "fiub"
    y = np.full(d.size, np.nan) if number else np.full(d.size, None, dtype=object)
    y[d < 0] = predicted
    return fit_part(backward, X, y, -d)


class _CircularValidation(TargetScorer):
    """See `circular_validation_scorer`."""

    _name = "circular_validation_scorer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"metric": [callable]}

    def __init__(self, *, metric=accuracy_score):
        self.metric = metric

    def _score(self, estimator, X, y, d, masks):
        rows, labels = labelled_source_rows(y, masks, self._name)
        estimator = getattr(estimator, "best_estimator_", estimator)
        predicted = target_predictions(estimator, "predict", X, d, masks.target)
        if np.unique(predicted).size < 2:  # nothing to learn: all rows get that class
            return self.metric(labels, np.full(labels.size, predicted[0]))
        backward = fit_back(estimator, X, predicted, d)
        return self.metric(
            labels, predictions(backward, "predict", select(X, rows), -d[rows])
        )


def circular_validation_scorer(
    *, metric: Callable[..., float] = accuracy_score
) -> TargetScorer:
    """Make a scorer: accuracy on the source of a model trained on the target.

    A clone of the classifier is trained with source and target exchanged: on the target
    rows of the test fold, labelled by the classifier, and on its source rows without
    labels. The clone then predicts the source rows, whose labels are known. It needs
    labelled source rows and target rows in the test fold, so metadata routing and a
    splitter such as ``KFold(shuffle=True)``, and one more fit for each fold.

    Parameters
    ----------
    metric : callable, default=accuracy_score
        Called as ``metric(y_true, y_pred)``; greater is better.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y, sample_domain=d)``.

    References
    ----------
    L. Bruzzone and M. Marconcini, "Domain adaptation problems: a DASVM classification
    technique and a circular validation strategy", IEEE TPAMI 32(5), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.metrics import circular_validation_scorer
    >>> rng = np.random.default_rng(0)
    >>> d = np.repeat([1, -2], 50)
    >>> X = rng.normal(size=(100, 2)) - np.sign(d)[:, None]
    >>> y = np.where(X[:, 0] > 0, "buys", "leaves")
    >>> model = TransferClassifier().fit(X, y, sample_domain=d)
    >>> circular_validation_scorer()(model, X, y, d) > 0.8
    True
    """
    return _CircularValidation(metric=metric)
