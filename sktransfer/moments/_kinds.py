"""States with mean and scatter, with variances alone, and with products about 0."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer.moments._raw_sums import RawSums
from sktransfer.moments._state import MomentState


class _CentredMoments(MomentState):
    """State with mean and scatter."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """Weighted mean of the rows; 0 if there are no rows."""
        return self.sums.mean

    @property
    def scatter(self) -> NDArray[np.float64]:
        """Weighted sum of squared deviations from the mean."""
        return self.sums.scatter

    def _normalizer(self, ddof: float) -> float:
        if self.weight <= ddof:
            raise ValueError(
                f"The state holds rows of total weight {self.weight:g}; dividing by "
                f"weight - ddof needs more than ddof={ddof:g}. Update it with rows."
            )
        return self.weight - ddof


class Moments(_CentredMoments):
    """Weight, mean and scatter matrix.

    Memory is one matrix of (n_features, n_features) and a block of rows. Rows are
    centred before they are multiplied, so large offsets of the columns cost no digits.

    Parameters
    ----------
    sums : CentredSums or ExactSums
        Weights and sums of the rows.
    fingerprint : str, default=""
        Fingerprint of the columns.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import Moments
    >>> a = Moments.empty(2).update(np.array([[0, 0], [2, 2]]))
    >>> b = Moments.empty(2).update(np.array([[4, 1]]))
    >>> a.merge(b).mean
    array([2., 1.])
    >>> a.merge(b).gram()
    array([[20.,  8.],
           [ 8.,  5.]])
    """

    def covariance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Covariance matrix.

        Parameters
        ----------
        ddof : float, default=0
            Subtracted from the weight in the divisor; 1 gives the unbiased estimate.

        Returns
        -------
        covariance : ndarray of shape (n_features, n_features)
            The scatter over ``weight - ddof``.

        Raises
        ------
        ValueError
            If the weight is not above ``ddof``.
        """
        return self.scatter / self._normalizer(ddof)

    def gram(self) -> NDArray[np.float64]:
        """Uncentred second moments, ``X.T @ X`` with the rows weighted.

        Returns
        -------
        gram : ndarray of shape (n_features, n_features)
            The scatter about 0.
        """
        return self.sums.gram()


class ColumnMoments(_CentredMoments):
    """Weight, mean and variance of each column alone.

    Memory is proportional to the number of columns.

    Parameters
    ----------
    sums : CentredSums or ExactSums
        Weights and sums of the rows.
    fingerprint : str, default=""
        Fingerprint of the columns.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import ColumnMoments
    >>> state = ColumnMoments.empty(2).update(np.array([[0, 5], [2, 5]]))
    >>> state.variance()
    array([1., 0.])
    """

    products_ndim = 1

    def variance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Variance of each column.

        Parameters
        ----------
        ddof : float, default=0
            Subtracted from the weight in the divisor; 1 gives the unbiased estimate.

        Returns
        -------
        variance : ndarray of shape (n_features,)
            The scatter over ``weight - ddof``.

        Raises
        ------
        ValueError
            If the weight is not above ``ddof``.
        """
        return self.scatter / self._normalizer(ddof)

    def constant(self) -> NDArray[np.bool_]:
        """Which columns hold one value, up to rounding.

        Returns
        -------
        constant : ndarray of bool of shape (n_features,)
            True where the variance is 0 up to rounding.
        """
        # the bound that sklearn.preprocessing.StandardScaler uses
        eps = np.finfo(np.float64).eps
        variance, n = self.variance(), self.n_rows
        return variance <= n * eps * variance + (n * self.mean * eps) ** 2


class GramMoments(MomentState):
    """Weight and products of columns about 0, for counts and interactions.

    Parameters
    ----------
    sums : RawSums or ExactSums
        Weights and products of the rows.
    fingerprint : str, default=""
        Fingerprint of the columns.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer.moments import GramMoments
    >>> GramMoments.empty(2).update(csr_array([[1, 1], [0, 1]])).gram()
    array([[1., 1.],
           [1., 2.]])
    """

    _float_sums = RawSums

    @classmethod
    def from_gram(cls, gram: ArrayLike, *, weight: float, n_rows: int) -> Self:
        """State of rows whose products are known.

        Parameters
        ----------
        gram : array-like of shape (n_features, n_features)
            Products of the columns, ``X.T @ X`` with the rows weighted.
        weight : float
            Sum of the weights of the rows.
        n_rows : int
            Number of rows with a positive weight.

        Returns
        -------
        state : GramMoments
            In float64, with no fingerprint and no shards.
        """
        products = np.array(gram, dtype=np.float64)
        return cls(RawSums(float(weight), int(n_rows), products))

    def gram(self) -> NDArray[np.float64]:
        """Products of the columns, ``X.T @ X`` with the rows weighted.

        Returns
        -------
        gram : ndarray of shape (n_features, n_features)
            A copy.
        """
        return self.sums.gram()
