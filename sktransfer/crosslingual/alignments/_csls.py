"""Exact retrieval by cosine and by CSLS, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.inputs import check_rows_of
from sktransfer._core.linalg import unit_rows
from sktransfer._core.parameters import check_value, integer
from sktransfer._core.topk import top_k

_ENTRIES = 24_000_000  # similarities in one block: 96 MB of float32
_MOST_ROWS = 4096
_GROUP = 64  # a group's maximum stands for so many entries
_CACHED = 1 << 18  # entries that stay in the cache
_CHUNK = 1 << 21  # entries that a full partition takes at once


class _Blocks:
    """Products of blocks of rows of X with all rows of Y, in memory used again."""

    def __init__(
        self, X: NDArray[Any], Y: NDArray[Any], block_size: int | None
    ) -> None:
        n_rows, n = X.shape[0], Y.shape[0]
        if block_size is None:
            block_size = max(1, min(_ENTRIES // n, _MOST_ROWS))
        self.size = min(block_size, n_rows)
        self.X, self.Y = X, Y
        self.product = np.empty((self.size, n), dtype=X.dtype)
        self.mask = np.empty((self.size, n), dtype=bool)

    def __iter__(self) -> Iterator[tuple[slice, NDArray[Any], NDArray[np.bool_]]]:
        """Yield rows, their similarities, and memory for a mask of the same shape."""
        for start in range(0, self.X.shape[0], self.size):
            rows = slice(start, min(start + self.size, self.X.shape[0]))
            found = slice(0, rows.stop - start)
            S = np.dot(unit_rows(self.X[rows]), self.Y.T, out=self.product[found])
            yield rows, S, self.mask[found]


def _row_largest(
    S: NDArray[Any], k: int, mask: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The k largest entries of each row, as top_k gives them, in fewer steps.

    The k-th largest of the maxima of disjoint groups is a lower bound of the k-th
    largest entry, and few entries reach it.
    """
    n_rows, n = S.shape
    if k == 1:
        best = S.argmax(axis=1)[:, None]
        return best, np.take_along_axis(S, best, axis=1)
    group = min(_GROUP, n // (4 * k))
    if group < 2:
        return _chunked_top_k(S, k)
    n_groups = n // group
    # interleaved groups: maxima of contiguous runs
    maxima = S[:, : group * n_groups].reshape(n_rows, group, n_groups).max(axis=1)
    least = np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k]
    np.greater_equal(S, least[:, None], out=mask)
    if np.count_nonzero(mask) > 4 * k * n_rows:  # ties
        return _chunked_top_k(S, k)
    row, column, place, width = _ragged(np.flatnonzero(mask), n, n_rows)
    values = np.full((n_rows, width), -np.inf, dtype=S.dtype)
    columns = np.zeros((n_rows, width), dtype=np.int64)
    values[row, place] = S[row, column]
    columns[row, place] = column
    found, best = top_k(values, k)
    return np.take_along_axis(columns, found, axis=1), best


def _row_means(S: NDArray[Any], k: int) -> NDArray[Any]:
    """Mean of the k largest entries of each row.

    They are in the k disjoint groups with the largest maxima, or equal to some there.
    """
    n_rows, n = S.shape
    group = min(_GROUP, n // (4 * k))
    if group < 2:
        return np.partition(S, n - k, axis=1)[:, n - k :].mean(axis=1)
    n_groups = n // group
    # interleaved groups: maxima of contiguous runs
    grouped = S[:, : group * n_groups].reshape(n_rows, group, n_groups)
    maxima = grouped.max(axis=1)
    best = np.argpartition(maxima, n_groups - k, axis=1)[:, n_groups - k :]
    found = grouped[np.arange(n_rows)[:, None], :, best].reshape(n_rows, group * k)
    found = np.hstack([found, S[:, group * n_groups :]])
    return np.partition(found, found.shape[1] - k, axis=1)[:, -k:].mean(axis=1)


def _chunked_top_k(S: NDArray[Any], k: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    size = max(1, _CHUNK // S.shape[1])
    parts = [top_k(S[i : i + size], k) for i in range(0, S.shape[0], size)]
    columns, values = zip(*parts)
    return np.concatenate(columns), np.concatenate(values)


def _ragged(
    flat: NDArray[np.intp], n_columns: int, n_rows: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], int]:
    """Row, column and place within its row of each of ascending flat indices."""
    row, column = np.divmod(flat, n_columns)
    counts = np.bincount(row, minlength=n_rows)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return row, column, np.arange(row.size) - first[row], int(counts.max())


class _ColumnLargest:
    """The k largest entries of each column of blocks that come one after another."""

    def __init__(self, n_columns: int, k: int, dtype: Any) -> None:
        self.values = np.full((n_columns, k), -np.inf, dtype=dtype)
        self.least = np.full(n_columns, -np.inf, dtype=dtype)

    def update(self, S: NDArray[Any], mask: NDArray[np.bool_]) -> None:
        n_columns, k = self.values.shape
        if self.least.min() == -np.inf:
            # the k-th largest maximum of disjoint groups of rows is a lower bound
            group = S.shape[0] // (4 * k)
            if group < 2:
                return self._partition(S)
            maxima = S[: 4 * k * group].reshape(4 * k, group, n_columns).max(axis=1)
            least = np.partition(maxima.T, 3 * k, axis=1)[:, 3 * k]
            np.greater_equal(S, least, out=mask)
        else:
            np.greater(S, self.least, out=mask)
        if np.count_nonzero(mask) > 4 * k * n_columns:  # ties, or a bad order
            return self._partition(S)
        flat = np.flatnonzero(mask)
        value, column = S.ravel()[flat], flat % n_columns
        order = np.argsort(column, kind="stable")
        changed, start, counts = np.unique(
            column[order], return_index=True, return_counts=True
        )
        if not changed.size:
            return None
        place = np.arange(order.size) - np.repeat(start, counts)
        table = np.full((changed.size, k + counts.max()), -np.inf, dtype=S.dtype)
        table[:, :k] = self.values[changed]
        table[np.repeat(np.arange(changed.size), counts), k + place] = value[order]
        self._keep(changed, table)

    def _partition(self, S: NDArray[Any]) -> None:
        n_columns, k = self.values.shape
        size = max(1, _CHUNK // (S.shape[0] + k))
        for start in range(0, n_columns, size):
            columns = slice(start, start + size)
            self._keep(columns, np.hstack([self.values[columns], S[:, columns].T]))

    def _keep(self, columns: Any, table: NDArray[Any]) -> None:
        k = self.values.shape[1]
        largest = np.partition(table, table.shape[1] - k, axis=1)[:, -k:]
        self.values[columns] = largest
        self.least[columns] = largest.min(axis=1)


def neighborhood_means(
    X: NDArray[Any], Y: NDArray[Any], k: int, *, block_size: int | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean cosine of each row with its k nearest rows on the other side."""
    r_X = np.empty(X.shape[0], dtype=X.dtype)
    columns = _ColumnLargest(Y.shape[0], min(k, X.shape[0]), X.dtype)
    for rows, S, mask in _Blocks(X, Y, block_size):
        r_X[rows] = _row_means(S, min(k, Y.shape[0]))
        columns.update(S, mask)
    return r_X, columns.values.mean(axis=1)


def ranked_rows(
    X: NDArray[Any],
    Y: NDArray[Any],
    penalty: NDArray[Any] | None,
    n_neighbors: int,
    *,
    block_size: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Rows of Y with the largest cosine minus penalty."""
    indices = np.empty((X.shape[0], n_neighbors), dtype=np.int64)
    values = np.empty((X.shape[0], n_neighbors), dtype=X.dtype)
    chunk = max(1, _CACHED // Y.shape[0])
    for rows, S, mask in _Blocks(X, Y, block_size):
        for start in range(0, S.shape[0], chunk):  # read twice, the second time cached
            part = slice(start, min(start + chunk, S.shape[0]))
            found = slice(rows.start + part.start, rows.start + part.stop)
            if penalty is not None:
                S[part] -= penalty
            indices[found], values[found] = _row_largest(
                S[part], n_neighbors, mask[part]
            )
    return indices, values


def csls_neighbors(
    X: ArrayLike,
    Y: ArrayLike,
    *,
    k: int = 10,
    n_neighbors: int = 1,
    block_size: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    r"""Nearest rows by cross-domain similarity local scaling (CSLS), exactly.

    .. math:: \operatorname{CSLS}(x, y) = 2 \cos(x, y) - r_Y(x) - r_X(y),

    where :math:`r_Y(x)` is the mean cosine of x with its k nearest rows of Y and
    :math:`r_X(y)` that of y with its k nearest rows of X. Rows that are close to
    everything (hubs) lose against rows that are close to x in particular.

    Parameters
    ----------
    X : array-like of shape (n_rows_x, n_features)
        Rows to find neighbours of. They also are the neighbourhood of the rows of Y:
        give many.
    Y : array-like of shape (n_rows_y, n_features)
        Rows to choose from.
    k : int, default=10
        Size of the neighbourhoods; all rows, where there are fewer.
    n_neighbors : int, default=1
        Number of rows to return.
    block_size : int, default=None
        Rows of X whose similarities are in memory at once. None: as many as make 96
        MB of float32, at most 4096. It does not change the answer.

    Returns
    -------
    indices : ndarray of int64 of shape (n_rows_x, n_neighbors)
        Rows of Y, the best first; of equal ones the first.
    scores : ndarray of shape (n_rows_x, n_neighbors)
        Their CSLS, in the dtype of the computation.

    Raises
    ------
    ValueError
        If the sides have different numbers of features, or a parameter is out of
        range.

    Notes
    -----
    Two passes of matrix products over all pairs; of a block of rows only what can be
    among the largest is looked at again. float32 if both sides are, else float64: twice
    the time. Null rows have cosine 0 with everything.

    References
    ----------
    .. [1] A. Conneau, G. Lample, M. Ranzato, L. Denoyer, H. Jégou, "Word translation
           without parallel data", ICLR 2018.

    Examples
    --------
    >>> from sktransfer.crosslingual import csls_neighbors
    >>> Y = [[1.0, 0.1], [0.1, 1.0]]
    >>> indices, scores = csls_neighbors([[0.0, 1.0], [1.0, 0.0]], Y, k=1)
    >>> indices.ravel()
    array([1, 0])
    """
    A, B = _check_sides(X, Y, n_neighbors, block_size)
    check_value("k", k, integer(1))
    B = unit_rows(B)
    r_A, r_B = neighborhood_means(A, B, k, block_size=block_size)
    indices, values = ranked_rows(A, B, r_B / 2, n_neighbors, block_size=block_size)
    values *= 2
    values -= r_A[:, None]
    return indices, values


def nearest_neighbors(
    X: ArrayLike,
    Y: ArrayLike,
    *,
    n_neighbors: int = 1,
    block_size: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Nearest rows by cosine, exactly."""
    A, B = _check_sides(X, Y, n_neighbors, block_size)
    return ranked_rows(A, unit_rows(B), None, n_neighbors, block_size=block_size)


def _check_sides(
    X: ArrayLike, Y: ArrayLike, n_neighbors: int, block_size: int | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    A = check_rows_of(X, "X", accept_sparse=False)
    B = check_rows_of(Y, "Y", accept_sparse=False)
    if A.shape[1] != B.shape[1]:
        raise ValueError(
            f"X has {A.shape[1]} features and Y has {B.shape[1]}: map both into one "
            "space first, by the transform(X, Y) of an alignment."
        )
    check_value("n_neighbors", n_neighbors, integer(1))
    if n_neighbors > B.shape[0]:
        raise ValueError(
            f"n_neighbors={n_neighbors} rows were asked for, but Y has {B.shape[0]}."
        )
    check_value("block_size", block_size, integer(1), None)
    dtype = np.result_type(A, B)
    return A.astype(dtype, copy=False), B.astype(dtype, copy=False)
