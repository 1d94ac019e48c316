"""Scores of the features by what they tell about the labels of the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.feature_selection import chi2
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from sktransfer._core.information import presence_information
from sktransfer._core.labels import known_labels, label_array, missing_labels

LABEL_SCORES = ("chi2", "mutual_info", "information_gain")


def label_scores(
    X: Any, y: ArrayLike, score_func: str | Callable[..., Any]
) -> NDArray[np.float64]:
    """Score of each feature for the label."""
    if score_func == "mutual_info":
        return presence_information(X, y)
    if score_func == "information_gain":
        return presence_information(X, y) / np.log(2)
    scores = chi2(X, y) if isinstance(score_func, str) else score_func(X, y)
    scores = np.asarray(scores[0] if isinstance(scores, tuple) else scores, dtype=float)
    if scores.shape != (X.shape[1],):
        raise ValueError(
            f"score_func must return one number for each of the {X.shape[1]} features; "
            f"got an array of shape {scores.shape}."
        )
    # chi2 of a feature that never occurs is NaN, F of one that is sure is infinite
    scores = np.nan_to_num(scores, nan=0.0)
    if np.any(scores < 0):
        raise ValueError(
            "score_func must return numbers not below 0, since they are multiplied by "
            f"what the domains share; got {scores.min():.4g}. Shift or clip them in "
            "the function."
        )
    return scores


def source_labels(
    X: Any, y: Any, source: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Source rows that have a label, and their labels."""
    y = label_array(y)
    check_consistent_length(X, y)
    labelled = source.copy()
    labelled[source] = ~missing_labels(y[source])
    if not labelled.any():
        raise ValueError(
            "y holds no label in any source row. Pass labels of the source, or y=None "
            "to TopicFeatureSelector to rank by the topics alone."
        )
    labels = known_labels(y, labelled)
    check_classification_targets(labels)
    return labelled, labels
