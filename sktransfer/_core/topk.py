"""The k largest entries of each row of a dense matrix, with ties settled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_BLOCK_ENTRIES = 1 << 23  # 32 MB of float32
_RANKED_ENTRIES = 1 << 20  # 4 MB of float32, which caches hold
_GROUPS = 8  # as a multiple of the entries to take


def row_blocks(
    n_rows: int, n_columns: int, *, entries: int = _BLOCK_ENTRIES
) -> Iterator[slice]:
    """Slices of rows whose dense matrices have a bounded number of entries."""
    size = max(1, entries // max(n_columns, 1))
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def top_k(
    scores: NDArray[np.floating], k: int
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Columns of the k largest entries of each row, largest first.

    Of equal entries the one with the smaller column comes first, at the k-th place
    too, so that the answer depends on the scores alone.
    """
    n_rows, n_columns = scores.shape
    indices = np.full((n_rows, k), -1, dtype=np.int64)
    values = np.full((n_rows, k), -np.inf, dtype=scores.dtype)
    m = min(k, n_columns)
    if m == 0 or n_rows == 0:
        return indices, values
    blocks = row_blocks(n_rows, n_columns, entries=_RANKED_ENTRIES)
    found = np.concatenate([_largest(scores[rows], m) for rows in blocks])
    best = np.take_along_axis(scores, found, axis=1)
    order = np.argsort(-best, axis=1, kind="stable")  # columns ascend, so ties do
    indices[:, :m] = np.take_along_axis(found, order, axis=1)
    values[:, :m] = np.take_along_axis(best, order, axis=1)
    indices[values == -np.inf] = -1
    return indices, values


def _largest(scores: NDArray[np.floating], m: int) -> NDArray[np.int64]:
    """Ascending columns of the m largest entries of each row, first ones of ties."""
    n_rows, n = scores.shape
    if m == n:
        return np.tile(np.arange(n), (n_rows, 1))
    n_groups = _GROUPS * m
    if n < 4 * n_groups:
        return _partitioned(scores, m)
    # m groups have an entry of at least the m-th largest of their maxima
    maxima = _maxima_of_groups(scores, n_groups)
    last = maxima.shape[1] - m
    row, column = np.divmod(
        _places_from(scores, np.partition(maxima, last, axis=1)[:, last]), n
    )
    count = np.bincount(row, minlength=n_rows)
    found = np.empty((n_rows, m), dtype=np.int64)
    many = count > n_groups  # many equal entries
    if many.any():
        found[many] = _partitioned(scores[many], m)
        few = ~many[row]
        row, column = row[few], column[few]
        count[many] = 0
    first = np.cumsum(count) - count
    order = np.arange(row.size) - first[row]
    columns = np.zeros((n_rows, count.max(initial=m)), dtype=np.int64)
    values = np.full(columns.shape, -np.inf, dtype=scores.dtype)
    columns[row, order] = column
    values[row, order] = scores[row, column]
    rest = ~many
    chosen = _partitioned(values[rest], m)
    found[rest] = np.take_along_axis(columns[rest], chosen, axis=1)
    return found


def _maxima_of_groups(
    scores: NDArray[np.floating], n_groups: int
) -> NDArray[np.floating]:
    """Largest entry of disjoint groups of columns, of n_groups or somewhat more.

    The matrix is folded in half as often as that goes; odd columns are left out.
    """
    half = scores.shape[1] // 2
    maxima = np.maximum(scores[:, :half], scores[:, half : 2 * half])
    while half // 2 >= n_groups:
        half //= 2
        folded = maxima[:, :half]
        np.maximum(folded, maxima[:, half : 2 * half], out=folded)
        maxima = folded
    return maxima


def _places_from(
    scores: NDArray[np.floating], bound: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Flat places of the entries of at least the bound of their row.

    They are few, so eight are looked at together.
    """
    there = np.zeros(-(-scores.size // 8) * 8, dtype=bool)
    own = there[: scores.size].reshape(scores.shape)
    np.greater_equal(scores, bound[:, None], out=own)
    eights = np.flatnonzero(there.view(np.uint64) != 0)
    place = np.flatnonzero(there.reshape(-1, 8).take(eights, axis=0))
    return 8 * eights[place >> 3] + (place & 7)


def _partitioned(scores: NDArray[np.floating], m: int) -> NDArray[np.int64]:
    """As `_largest`, by a partition of whole rows."""
    n = scores.shape[1]
    if m == n:
        return np.tile(np.arange(n), (len(scores), 1))
    found = np.argpartition(scores, n - m, axis=1)[:, n - m :]
    found.sort(axis=1)
    threshold = np.take_along_axis(scores, found, axis=1).min(axis=1)
    tied = np.flatnonzero((scores >= threshold[:, None]).sum(axis=1) > m)
    if tied.size:
        above = scores[tied] > threshold[tied, None]
        equal = scores[tied] == threshold[tied, None]
        left = m - above.sum(axis=1)
        equal &= equal.cumsum(axis=1) <= left[:, None]
        found[tied] = np.nonzero(above | equal)[1].reshape(-1, m)
    return found
