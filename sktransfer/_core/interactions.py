"""Entries of an interaction matrix to hold out: how many, which, and their times.

For whoever splits the interactions of each row by share, number or time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_array

from sktransfer._core.sparse import entry_rows, is_sparse


def mark_held_out(
    X: Any,
    n_out: NDArray[np.int64],
    *,
    when: NDArray[Any] | None = None,
    rng: np.random.RandomState | None = None,
) -> NDArray[np.bool_]:
    """Mark the entries of each row to hold out: the latest, or drawn if no times.

    Equal times are ordered by `rng`, or as stored. Each row keeps one entry at least.
    """
    lengths = np.diff(X.indptr)
    row = entry_rows(X)
    n_out = np.clip(n_out, 0, np.maximum(lengths - 1, 0))
    keys = [] if rng is None else [rng.random_sample(row.size)]
    if when is not None:
        keys.append(when)
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
    return entry_rows(A) * width + A.indices


def kept_entries(X: Any, keep: NDArray[np.bool_]) -> Any:
    """Some of the interactions, in the order in which X stores them."""
    row = entry_rows(X)
    indptr = np.zeros(X.shape[0] + 1, dtype=X.indptr.dtype)
    np.cumsum(np.bincount(row[keep], minlength=X.shape[0]), out=indptr[1:])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return kind((X.data[keep], X.indices[keep], indptr), shape=X.shape)
