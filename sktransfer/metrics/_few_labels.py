"""Accuracy on the few target rows that have a label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import accuracy_score

from sktransfer._core.labels import (
    is_minus_one,
    known_labels,
    label_array,
    missing_labels,
)
from sktransfer.metrics._scorer import TargetScorer, target_predictions


class _FewLabels(TargetScorer):
    """See `few_label_scorer`."""

    _name = "few_label_scorer"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"metric": [callable]}

    def __init__(self, *, metric=accuracy_score):
        self.metric = metric

    def _score(self, estimator, X, y, d, masks):
        rows = masks.target.copy()
        if y is not None:
            y = label_array(y)
            rows[rows] = ~missing_labels(y[rows]) & ~_marked_missing(y[rows], estimator)
        if y is None or not rows.any():
            raise ValueError(
                "few_label_scorer needs target rows with a label in the test fold; "
                f"all {masks.target.sum()} labels are missing. Use fewer folds, a "
                "splitter that spreads them (TargetKFold stratifies), or a scorer "
                "that needs none."
            )
        predicted = target_predictions(estimator, "predict", X, d, rows)
        return self.metric(known_labels(y, rows), predicted)


def _marked_missing(y, estimator):
    """Labels of -1, where the classifier knows no such class."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or is_minus_one(np.asarray(classes)).any():
        return np.zeros(y.shape[0], dtype=bool)
    return is_minus_one(y)


def few_label_scorer(*, metric: Callable[..., float] = accuracy_score) -> TargetScorer:
    """Make a scorer: accuracy on the target rows that have a label.

    Other target rows, with NaN, None, a masked label or -1 where -1 is no class of the
    estimator, and source rows do not count. The standard
    error of the accuracy on 50 rows is .06, on 200 rows .03.

    Parameters
    ----------
    metric : callable, default=accuracy_score
        Called as ``metric(y_true, y_pred)``; greater is better.

    Returns
    -------
    scorer : callable
        For ``scoring=``; called as ``scorer(estimator, X, y, sample_domain=d)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sktransfer.metrics import few_label_scorer
    >>> X = np.zeros((4, 1))
    >>> model = DummyClassifier().fit(X, ["a", "a", "a", "b"])
    >>> few_label_scorer()(model, X, ["b", "a", "b", None], [1, -2, -2, -2])
    0.5
    """
    return _FewLabels(metric=metric)
