"""Shift of single features between two domains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.sparse import is_sparse
from sktransfer.metrics._sides import check_sides
from sktransfer.moments import ColumnMoments


def mean_shift(X: Any, Y: Any) -> NDArray[np.float64]:
    r"""Standardised mean difference :math:`(\mu_t - \mu_s) / \sigma` of each column.

    :math:`\sigma^2` is the mean of the variances of both domains.
    """
    s, t = (ColumnMoments.empty(X.shape[1]).update(Z) for Z in (X, Y))
    difference = t.mean - s.mean
    difference[s.constant() & t.constant() & np.isclose(s.mean, t.mean)] = 0
    spread = np.sqrt((s.variance() + t.variance()) / 2)
    shift = np.zeros(X.shape[1])
    with np.errstate(divide="ignore"):
        np.divide(difference, spread, out=shift, where=difference != 0)
    return shift


def kolmogorov_smirnov(X: Any, Y: Any) -> NDArray[np.float64]:
    """Largest distance of the two distribution functions of each column."""
    if is_sparse(X) or is_sparse(Y):
        X, Y = sparse.csc_array(X), sparse.csc_array(Y)
        return np.array([_ks_sparse(X, Y, j) for j in range(X.shape[1])])
    return np.array([_ks_statistic(X[:, j], Y[:, j]) for j in range(X.shape[1])])


def _ks_statistic(
    x: NDArray[Any], y: NDArray[Any], zeros: tuple[int, int] = (0, 0)
) -> float:
    """Statistic of two samples to which zeros are added."""
    values = np.unique(np.concatenate([x, y, [0.0] * (sum(zeros) > 0)]))
    n, m = len(x) + zeros[0], len(y) + zeros[1]
    below = [
        np.searchsorted(np.sort(z), values, side="right") + k * (values >= 0)
        for z, k in zip((x, y), zeros)
    ]
    return float(np.abs(below[0] / n - below[1] / m).max())


def _ks_sparse(X: Any, Y: Any, j: int) -> float:
    x, y = (Z.data[Z.indptr[j] : Z.indptr[j + 1]] for Z in (X, Y))
    return _ks_statistic(x, y, (X.shape[0] - len(x), Y.shape[0] - len(y)))


def frequency_shift(X: Any, Y: Any) -> NDArray[np.float64]:
    """Difference of the shares of the rows in which each column is not 0."""
    shares = [np.asarray((Z != 0).sum(axis=0)).ravel() / Z.shape[0] for Z in (X, Y)]
    return shares[1] - shares[0]


_MEASURES = {
    "mean": mean_shift,
    "ks": kolmogorov_smirnov,
    "frequency": frequency_shift,
}


def feature_shift(X: Any, Y: Any, *, measure: str = "mean") -> NDArray[np.float64]:
    """How far each feature differs between two domains.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_source, n_features)
        Rows of the source.
    Y : {array-like, sparse matrix} of shape (n_target, n_features)
        Rows of the target.
    measure : {"mean", "ks", "frequency"}, default="mean"
        "mean": target mean minus source mean in standard deviations. "ks": the
        Kolmogorov-Smirnov statistic from 0 to 1, for any difference of the
        distributions. "frequency": share of target rows minus share of source rows in
        which the feature is not 0, for words and other counts.

    Returns
    -------
    shift : ndarray of shape (n_features,)
        One number for each column; "mean" is infinite for a column that is constant
        in both domains, at different values.

    Raises
    ------
    ValueError
        If there is no such measure, or the columns differ.

    Examples
    --------
    >>> from sktransfer.metrics import feature_shift
    >>> feature_shift([[0, 1], [2, 1]], [[2, 1], [4, 1]])
    array([2., 0.])
    >>> feature_shift([[0, 1], [2, 1]], [[2, 1], [4, 1]], measure="frequency")
    array([0.5, 0. ])
    """
    check_value("measure", measure, one_of(*_MEASURES))
    X, Y = check_sides(X, Y)
    return _MEASURES[measure](X, Y)
