"""Weight, mean and scatter in float64, centred so that offsets cost no digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.linalg import add_outer, add_scatter, mirror_lower, slices
from sktransfer._core.sparse import is_sparse
from sktransfer.moments import _rows
from sktransfer.moments._rows import check_finite_squares, dense_blocks
from sktransfer.moments.sums import Sums, check_remaining_squares, diagonal

_SPARSE_ROWS = 1 << 14
_TILE = 256  # columns of a sparse product that are made dense at once


@dataclass(frozen=True, eq=False)
class CentredSums(Sums):
    r"""Weight, mean and scatter of rows about their mean; immutable.

    With :math:`\delta = \mu_2 - \mu_1` and :math:`w = w_1 + w_2`,

    .. math:: \mu = \mu_1 + \tfrac{w_2}{w} \delta, \qquad
              S = S_1 + S_2 + \tfrac{w_1 w_2}{w} \delta \delta^\top .

    Parameters
    ----------
    weight : float
        Sum of the weights.
    n_rows : int
        Number of rows with a positive weight.
    mean : ndarray of float64 of shape (n_features,)
        Weighted mean of the rows; 0 if there are no rows.
    scatter : ndarray of float64 of shape (n_features, n_features) or (n_features,)
        Weighted sum of squared deviations from the mean; one-dimensional: of each
        column alone.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise
           algorithm for computing sample variances", Stanford University, 1979.
    """

    arithmetic: ClassVar[str] = "float64"

    weight: float
    n_rows: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]

    @classmethod
    def empty(cls, n_features: int, ndim: int) -> Self:
        """Sums of no rows."""
        return cls(0.0, 0, np.zeros(n_features), np.zeros((n_features,) * ndim))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.mean.shape[0]

    def blank(self) -> Self:
        """Sums of no rows, of the same shape."""
        return self.empty(self.n_features, self.scatter.ndim)

    def update(self, X: Any, w: NDArray[np.float64] | None) -> Self:
        """Add rows."""
        scatter = np.array(self.scatter, order="C")
        weight, mean = self.weight, np.array(self.mean)
        with np.errstate(invalid="ignore", over="ignore"):  # checked below
            for weight_b, mean_b in self._accumulate(X)(scatter, X, w):
                # scatter within the block is added already; this is between blocks
                delta = mean_b - mean
                total = weight + weight_b
                self._add_between(scatter, delta, weight * (weight_b / total))
                mean += delta * (weight_b / total)
                weight = total
        check_finite_squares(diagonal(scatter), X)
        self._finish(scatter)
        return type(self)(weight, self.n_rows + X.shape[0], mean, scatter)

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums."""
        if other.weight == 0:
            return self
        if self.weight == 0:
            return other
        scatter = np.add(self.scatter, other.scatter, order="C")
        delta = other.mean - self.mean
        weight = self.weight + other.weight
        share = other.weight / weight
        self._add_between(scatter, delta, self.weight * share)
        self._finish(scatter)
        n_rows = self.n_rows + other.n_rows
        return type(self)(weight, n_rows, self.mean + delta * share, scatter)

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again."""
        n_rows = self.n_rows - other.n_rows
        if n_rows == 0:
            return self.blank()
        weight = self.weight - other.weight
        mean = self.mean + (self.mean - other.mean) * (other.weight / weight)
        scatter = np.subtract(self.scatter, other.scatter, order="C")
        share = other.weight / self.weight
        self._add_between(scatter, other.mean - mean, -weight * share)
        self._finish(scatter)
        squares = diagonal(scatter)
        check_remaining_squares(
            squares, diagonal(self.scatter) + self.weight * self.mean**2
        )
        np.maximum(squares, 0, out=squares)
        return type(self)(weight, n_rows, mean, scatter)

    def gram(self) -> NDArray[np.float64]:
        """Weighted products of the columns about 0."""
        gram = np.array(self.scatter, order="C")
        self._add_between(gram, np.array(self.mean), self.weight)
        self._finish(gram)
        return gram

    def _accumulate(self, X: Any) -> Any:
        if self.scatter.ndim == 1:
            return _add_sparse_columns if is_sparse(X) else _add_dense_columns
        return _add_sparse if is_sparse(X) else _add_dense

    def _add_between(self, scatter: NDArray, delta: NDArray, factor: float) -> None:
        if scatter.ndim == 1:
            scatter += factor * delta**2
        else:
            add_outer(scatter, delta, factor)

    def _finish(self, scatter: NDArray) -> None:
        if scatter.ndim == 2:
            mirror_lower(scatter)


def _add_dense(scatter, X, w):
    for rows in dense_blocks(X):
        B, weight, mean = _centred_block(X[rows], None if w is None else w[rows])
        add_scatter(scatter, B)
        del B  # or two blocks would be in memory at once
        yield weight, mean


def _add_sparse(scatter, X, w):
    # A column stored in less than half of the rows has a variance above its squared
    # mean, so its raw products lose no digits. Other columns take about as much memory
    # when dense: they are made dense and centred.
    full = _stored_share(X, w) >= 0.5
    dense, rest = np.flatnonzero(full), np.flatnonzero(~full)
    size = min(_SPARSE_ROWS, max(_rows.BLOCK // max(dense.size, 1), 256))
    for rows in slices(X.shape[0], size):
        X_b, w_b = X[rows], None if w is None else w[rows]
        mean = np.zeros(X.shape[1])
        B, weight, mean[dense] = _centred_block(X_b[:, dense].toarray(), w_b)
        R = X_b[:, rest].astype(np.float64)
        if w_b is None:
            mean[rest] = R.sum(axis=0) / weight
        else:
            mean[rest] = (R.T @ w_b) / weight
            R = sparse.csr_array(R.multiply(np.sqrt(w_b)[:, None]))
        Rt = R.T.tocsr()
        for tile in slices(rest.size, _TILE):
            at = np.ix_(rest[tile], rest) if dense.size else tile
            scatter[at] += (Rt[tile] @ R).toarray()
        centre = np.zeros(X.shape[1])
        centre[rest] = mean[rest]
        add_outer(scatter, centre, -weight)
        if dense.size:
            scatter[np.ix_(dense, dense)] += B.T @ B
            cross = (Rt @ B).T  # B is centred, so R need not be
            scatter[np.ix_(dense, rest)] += cross
            scatter[np.ix_(rest, dense)] += cross.T
        yield weight, mean


def _add_dense_columns(scatter, X, w):
    for rows in dense_blocks(X):
        B, weight, mean = _centred_block(X[rows], None if w is None else w[rows])
        scatter += np.einsum("ij,ij->j", B, B)
        del B
        yield weight, mean


def _add_sparse_columns(scatter, X, w):
    n_features = X.shape[1]
    for rows in slices(X.shape[0], _SPARSE_ROWS):
        X_b = X[rows]
        w_b = np.ones(X_b.shape[0]) if w is None else w[rows]
        weight, values = float(w_b.sum()), X_b.data.astype(np.float64)
        w_entry = np.repeat(w_b, np.diff(X_b.indptr))
        stored = np.bincount(X_b.indices, w_entry, minlength=n_features)
        count = np.bincount(X_b.indices, minlength=n_features)
        absent = np.where(count == X_b.shape[0], 0.0, weight - stored).clip(0)
        mean = np.bincount(X_b.indices, w_entry * values, n_features) / weight
        squares = w_entry * (values - mean[X_b.indices]) ** 2
        scatter += np.bincount(X_b.indices, squares, n_features) + absent * mean**2
        yield weight, mean


def _centred_block(X, w):
    """Rows minus their mean, times the root of the weights; total weight; mean."""
    B = np.array(X, dtype=np.float64, order="C")
    if w is None:
        weight, mean = float(B.shape[0]), B.mean(axis=0)
        B -= mean
        # with large offsets the mean has lost digits; the deviations still have them
        return B, weight, mean + B.mean(axis=0)
    weight = float(w.sum())
    first = B[0].copy()  # deviations from any row lose no digits to an offset
    B -= first
    shift = (w @ B) / weight
    B -= shift
    B *= np.sqrt(w)[:, None]
    return B, weight, first + shift


def _stored_share(X, w):
    """Weighted share of the rows that store a value, for each column."""
    if w is None:
        return np.bincount(X.indices, minlength=X.shape[1]) / X.shape[0]
    w_entry = np.repeat(w, np.diff(X.indptr))
    return np.bincount(X.indices, w_entry, minlength=X.shape[1]) / w.sum()
