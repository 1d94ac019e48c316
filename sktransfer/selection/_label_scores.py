"""How each feature informs the labels of the source."""

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


def label_scores(X: Any, y: ArrayLike, score: str | Callable) -> NDArray[np.float64]:
    """Score each feature by what it tells about the label.

    Parameters
    ----------
    X : {ndarray, sparse matrix, sparse array} of shape (n_samples, n_features)
        Non-negative features of labelled rows.
    y : array-like of shape (n_samples,)
        Class labels.
    score : {"chi2", "mutual_info", "information_gain"} or callable
        "chi2" is scikit-learn's statistic of the sums of the values in each class,
        "mutual_info" the mutual information of presence and label in nats, and
        "information_gain" the same in bits: the entropy of the label that presence
        takes away. A callable ``score(X, y)`` returns an array, or a tuple that starts
        with it, as scikit-learn's score functions do.

    Returns
    -------
    scores : ndarray of float64 of shape (n_features,)
        Not below 0 and finite; 0 where the score is undefined (NaN).

    Raises
    ------
    ValueError
        If a callable returns anything but one score not below 0 for each feature.
    """
    if score == "mutual_info":
        return presence_information(X, y)
    if score == "information_gain":
        return presence_information(X, y) / np.log(2)
    scores = (chi2 if score == "chi2" else score)(X, y)
    scores = np.asarray(scores[0] if isinstance(scores, tuple) else scores, dtype=float)
    if scores.shape != (X.shape[1],):
        raise ValueError(
            f"score must return one number for each of the {X.shape[1]} features; got "
            f"an array of shape {scores.shape}."
        )
    # chi2 of a feature that never occurs is NaN, F of one that is sure is infinite
    scores = np.nan_to_num(scores, nan=0.0)
    if np.any(scores < 0):
        raise ValueError(
            "score must return numbers not below 0, since they are multiplied by what "
            f"the domains share; got {scores.min():.4g}. Shift or clip them in the "
            "score function."
        )
    return scores


def labelled_source(
    X: Any, y: Any, source: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray]:
    """Source rows that have a label, and their labels.

    Parameters
    ----------
    X : {ndarray, sparse matrix, sparse array} of shape (n_samples, n_features)
        Features, for their number of rows only.
    y : array-like of shape (n_samples,)
        Class labels; those outside ``source`` are not looked at.
    source : ndarray of bool of shape (n_samples,)
        Source rows.

    Returns
    -------
    labelled : ndarray of bool of shape (n_samples,)
        Source rows whose label is not missing.
    labels : ndarray of shape (labelled.sum(),)
        Their labels.

    Raises
    ------
    ValueError
        If no source row has a label, or the labels are no classes.
    """
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
