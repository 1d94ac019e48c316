"""PairMoments: two blocks of columns of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._kinds import Moments
from sktransfer.moments._rows import check_rows
from sktransfer.moments.format import StateFormatError, integer_field


@dataclass(frozen=True, eq=False)
class PairMoments(Moments):
    """Moments of paired rows: within two blocks of columns and across them.

    For alignments (word vectors and those of their translations) and regressions
    (features and targets).

    Parameters
    ----------
    sums : CentredSums or ExactSums
        Weights and sums of the rows, both blocks side by side.
    fingerprint : str, default=""
        Fingerprint of the columns.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state.
    n_left : int, default=0
        Number of columns of the first block.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import PairMoments
    >>> X, Y = np.array([[0, 1], [2, 1]]), np.array([[1], [3]])
    >>> state = PairMoments.empty((2, 1)).update(X, Y)
    >>> state.cross_scatter()
    array([[2.],
           [0.]])
    """

    n_left: int = 0

    @classmethod
    def empty(  # type: ignore[override]
        cls,
        n_features: tuple[int, int],
        *,
        row_norm: tuple[float, float] | None = None,
        **options: Any,
    ) -> Self:
        """State of no rows.

        Parameters
        ----------
        n_features : tuple of two int
            Number of columns of X and of Y.
        row_norm : tuple of two float, default=None
            For "exact": lengths that the rows of X and of Y are clipped to.
        **options : dict
            As in :meth:`Moments.empty`.

        Returns
        -------
        state : PairMoments
            State with all sums 0.
        """
        try:
            left, right = n_features
        except TypeError:
            raise ValueError(
                "PairMoments.empty takes the numbers of columns of X and of Y as a "
                f"tuple; got {n_features!r}."
            ) from None
        for name, width in (("X", left), ("Y", right)):
            check_value(f"n_features of {name}", width, integer(1))
        norms = None
        if row_norm is not None:
            if not isinstance(row_norm, tuple | list) or len(row_norm) != 2:
                raise ValueError(
                    "PairMoments.empty takes row_norm as the two lengths that rows of "
                    f"X and of Y are clipped to; got {row_norm!r}."
                )
            norms = list(zip((left, right), row_norm, strict=True))
        return cls._make_empty(left + right, norms, n_left=int(left), **options)

    @property
    def n_right(self) -> int:
        """Number of columns of the second block."""
        return self.n_features - self.n_left

    def means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean of each block.

        Returns
        -------
        left, right : ndarray of shape (n_left,), (n_right,)
            Weighted means.
        """
        return self.mean[: self.n_left], self.mean[self.n_left :]

    def scatters(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scatter of each block.

        Returns
        -------
        left, right : ndarray of shape (n_left, n_left), (n_right, n_right)
            Weighted sums of squared deviations from the mean.
        """
        n = self.n_left
        return self.scatter[:n, :n], self.scatter[n:, n:]

    def cross_scatter(self) -> NDArray[np.float64]:
        """Products of the deviations of both blocks.

        Returns
        -------
        cross : ndarray of shape (n_left, n_right)
            ``(X - mean).T @ (Y - mean)`` with the rows weighted.
        """
        return self.scatter[: self.n_left, self.n_left :]

    def cross_gram(self) -> NDArray[np.float64]:
        """Products of both blocks about 0.

        Returns
        -------
        cross : ndarray of shape (n_left, n_right)
            ``X.T @ Y`` with the rows weighted.
        """
        return self.gram()[: self.n_left, self.n_left :]

    def _check_rows(self, X: Any, Y: Any, sample_weight: Any) -> tuple[Any, Any]:
        if Y is None:
            raise ValueError(
                "PairMoments needs both blocks of the rows, X and Y; got X alone."
            )
        X, _ = check_rows(X, None, self.n_left)
        if not is_sparse(Y):
            Y = np.asarray(Y)
            Y = Y[:, None] if Y.ndim == 1 else Y
        Y, _ = check_rows(Y, None, self.n_right)
        if X.shape[0] != Y.shape[0]:
            raise ValueError(
                f"X and Y must have the same rows; got {X.shape[0]} and {Y.shape[0]}."
            )
        both: Any
        if is_sparse(X) or is_sparse(Y):
            both = sparse.hstack([sparse.csr_array(X), sparse.csr_array(Y)], "csr")
        else:
            both = np.hstack([X, Y])
        return check_rows(both, sample_weight, self.n_features)

    def _header_fields(self) -> dict[str, Any]:
        return {**super()._header_fields(), "n_left": self.n_left}

    @classmethod
    def _from_header(cls, header: dict[str, Any], sums: Any, **more: Any) -> Self:
        n_left = integer_field(header, "n_left", 1, sums.n_features - 1)
        blocks = getattr(sums, "blocks", None)
        if blocks is not None and [b.width for b in blocks][:-1] != [n_left]:
            raise StateFormatError(f"row_norm must be that of both blocks: {blocks}.")
        return super()._from_header(header, sums, n_left=n_left, **more)

    def _describe_columns(self) -> str:
        return f"{self.n_left} and {self.n_right} columns"
