"""CORAL distance: how far the covariances of two domains are apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import dense
from sktransfer.metrics._sides import check_sides
from sktransfer.moments import Moments

# up to here the covariances are held, above only products of rows
_MAX_FEATURES = 2000
_ROWS = 512


def coral_distance(X: Any, Y: Any) -> float:
    r"""Distance of the covariances of two domains.

    .. math:: \frac{1}{4 d^2} \|C_s - C_t\|_F^2

    with the unbiased covariances over d columns. The means do not matter.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_source, n_features)
        Rows of the source, two at least.
    Y : {array-like, sparse matrix} of shape (n_target, n_features)
        Rows of the target, two at least.

    Returns
    -------
    distance : float
        Not negative; in the fourth power of the unit of the columns, so scale them
        (StandardScaler on the source) before you compare data sets.

    Raises
    ------
    ValueError
        If a side has fewer than two rows, or the columns differ.

    Notes
    -----
    Of more than 2000 columns no covariance is built: the norm is a sum of squared
    products of centred rows, in time quadratic in the number of rows.

    References
    ----------
    B. Sun and K. Saenko, "Deep CORAL: correlation alignment for deep domain
    adaptation", ECCV Workshops, 2016.

    Examples
    --------
    >>> from sktransfer.metrics import coral_distance
    >>> coral_distance([[0.0], [2.0]], [[0.0], [4.0]])  # variances 2 and 8
    9.0
    """
    X, Y = check_sides(X, Y, least=2)
    d = X.shape[1]
    if d <= _MAX_FEATURES:
        covariances = [Moments.empty(d).update(Z).covariance(ddof=1) for Z in (X, Y)]
        return float(np.sum((covariances[0] - covariances[1]) ** 2) / (4 * d**2))
    squared = sum(
        _squared_products(A, B) * sign / ((A.shape[0] - 1) * (B.shape[0] - 1))
        for A, B, sign in ((X, X, 1), (Y, Y, 1), (X, Y, -2))
    )
    return float(max(squared, 0.0) / (4 * d**2))


def _squared_products(A: Any, B: Any) -> float:
    """Sum of the squared products of the centred rows of A and B."""
    a, b = (np.asarray(Z.mean(axis=0, dtype=np.float64)).ravel() for Z in (A, B))
    with_b, mean = _times_vector(B, a), float(a @ b)
    total = 0.0
    for start in range(0, A.shape[0], _ROWS):
        rows = A[start : start + _ROWS]
        K = dense(rows @ B.T).astype(np.float64)
        K -= with_b
        K -= (_times_vector(rows, b) - mean)[:, None]
        total += float(np.sum(K**2))
    return total


def _times_vector(Z: Any, vector: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(Z @ vector).ravel()
