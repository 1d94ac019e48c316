"""Mutual information of the presence of a feature and the label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.labels import known_labels, label_array, missing_labels


def presence(X: Any) -> sparse.csr_array:
    """Sparse pattern of the entries above 0."""
    return sparse.csr_array(X > 0).astype(np.float64)


def presence_information(X: Any, y: ArrayLike) -> NDArray[np.float64]:
    r"""Mutual information of the presence of each feature and the label.

    .. math:: I(F_j; Y) = \sum_{f, c} p(f, c) \log \frac{p(f, c)}{p(f)\,p(c)}

    in nats, where :math:`F_j` tells whether column j is above 0. One sparse product
    serves all columns.
    """
    n = X.shape[0]
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    if classes.size < 2:
        return np.zeros(X.shape[1])
    F = presence(X)
    Y = sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, classes.size))
    with_feature = (Y.T @ F).toarray()
    of_class = np.bincount(codes).astype(np.float64)[:, None]
    information = np.zeros(X.shape[1])
    for joint in (with_feature, of_class - with_feature):
        expected = joint.sum(axis=0) * of_class / n
        ratio = np.divide(joint, expected, out=np.ones_like(joint), where=joint > 0)
        information += (joint * np.log(ratio)).sum(axis=0) / n
    return information.clip(0)


def presence_gain(
    X: Any, frequency: NDArray[np.float64], y: ArrayLike | None
) -> NDArray[np.float64]:
    """Information gain about the known labels; without any, its upper bound."""
    if y is not None:
        labels = label_array(y)
        known = ~missing_labels(labels)
        if known.any():
            classes = _classes(known_labels(labels, known))
            return presence_information(X[np.flatnonzero(known)], classes)
    p = np.clip(frequency, 1e-12, 1 - 1e-12)
    return -(p * np.log(p) + (1 - p) * np.log(1 - p))


def _classes(y: NDArray[Any]) -> NDArray[Any]:
    """Classes as they are; real numbers of many values by their quartile."""
    if y.dtype.kind == "f" and np.unique(y).size > 10:
        return np.searchsorted(np.quantile(y, (0.25, 0.5, 0.75)), y, side="left")
    return y
