"""Interactions of rows: their times, the last ones, and parts of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_array

from sktransfer._core.sparse import is_sparse


def mark_last(
    X: Any,
    row: NDArray[Any],
    rng: np.random.RandomState,
    n_out: NDArray[np.int64],
    when: NDArray[Any] | None = None,
) -> NDArray[np.bool_]:
    """Mark the last interactions of each row, by time and then at random."""
    lengths = np.diff(X.indptr)
    n_out = np.clip(n_out, 0, np.maximum(lengths - 1, 0))
    keys = (rng.random_sample(row.size),) + (() if when is None else (when,))
    order = np.lexsort((*keys, row))
    # order goes through the rows one by one; the last n_out of each are held out
    rank_from_end = np.repeat(X.indptr[1:], lengths) - np.arange(row.size)
    out = np.zeros(row.size, dtype=bool)
    out[order] = rank_from_end <= n_out[row]
    return out


def nonzero_csr(X: Any) -> Any:
    """Interactions as CSR without stored zeros."""
    X = check_array(X, accept_sparse="csr", dtype="numeric")
    if not is_sparse(X):
        return sparse.csr_matrix(X)
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    return X


def held_out_counts(lengths: NDArray[Any], test_size: float) -> NDArray[np.int64]:
    """Number of interactions to hold out, for each row."""
    if test_size >= 1:
        return np.full(lengths.shape, int(test_size))
    return np.maximum(np.rint(lengths * float(test_size)), 1).astype(np.int64)


def interaction_times(X: Any, time: Any) -> NDArray[Any]:
    """Time of each interaction, in the order of X."""
    time = sparse.csr_array(time)
    if time.shape != X.shape:
        raise ValueError(f"time must have the shape of X, {X.shape}; got {time.shape}.")
    time = time.copy()
    time.sum_duplicates()
    width = np.int64(X.shape[1])
    keys, wanted = (_entry_keys(A, width) for A in (time, X))
    place = np.searchsorted(keys, wanted)
    known = place < keys.size
    known[known] = keys[place[known]] == wanted[known]
    if not known.all():
        raise ValueError(
            f"time must be stored for each interaction of X; got none for "
            f"{int((~known).sum())} of {known.size}. Times start above 0."
        )
    when = time.data[place]
    if not np.isfinite(when).all():
        raise ValueError("time must be finite; got NaN or infinity.")
    return when


def _entry_keys(A: Any, width: np.int64) -> NDArray[np.int64]:
    """A number for the row and column of each stored entry."""
    row = np.repeat(np.arange(A.shape[0], dtype=np.int64), np.diff(A.indptr))
    return row * width + A.indices


def kept_entries(X: Any, row: NDArray[Any], keep: NDArray[np.bool_]) -> Any:
    """Some of the interactions, in the order in which X stores them."""
    indptr = np.zeros(X.shape[0] + 1, dtype=X.indptr.dtype)
    np.cumsum(np.bincount(row[keep], minlength=X.shape[0]), out=indptr[1:])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return kind((X.data[keep], X.indices[keep], indptr), shape=X.shape)
