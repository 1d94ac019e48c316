"""Entries of an interaction matrix to hold out: how many, which, and their times.

For whoever splits the interactions of each row by share, number or time.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_array

from sktransfer._core.inputs import table_container
from sktransfer._core.sparse import canonical_csr, entry_rows, is_sparse


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


def native_numbers(X: Any) -> Any:
    """Numbers of a dtype that SciPy takes: not of 16 or 128 bits, nor swapped."""
    kind, size = X.dtype.kind, X.dtype.itemsize
    if kind == "O":  # of a frame whose columns differ
        return X.astype(np.float64)
    if kind == "f" and size not in (4, 8):
        return X.astype(np.float32 if size < 4 else np.float64)
    return X if X.dtype.isnative else X.astype(X.dtype.newbyteorder("="))


def nonzero_csr(X: Any, *, newest: bool = False) -> Any:
    """Interactions as CSR without stored zeros and repeated pairs."""
    if is_sparse(X):
        X = canonical_csr(X, newest=newest)
    X = table_container(X)
    if is_dated(X):
        return _dated_csr(np.asarray(X))[0]
    X = check_array(X, accept_sparse="csr", dtype="numeric")
    if not is_sparse(X):
        return sparse.csr_matrix(native_numbers(X))
    X = X.copy()
    X.eliminate_zeros()
    return X


def is_dated(values: Any) -> bool:
    """Whether values are dates and times of day, and no numbers."""
    if is_sparse(values):
        return False
    values = np.asarray(values)
    return values.dtype.kind == "M" or (
        values.dtype.kind == "O"
        and any(isinstance(v, date | np.datetime64) for v in values.ravel()[:1000])
    )


def _dated_csr(when: NDArray[Any]) -> tuple[Any, np.dtype[Any]]:
    """CSR of dates as whole numbers, none where they are missing, and their dtype."""
    if when.dtype.kind != "M":
        when = when.astype("datetime64[us]")
    when = when.astype(when.dtype.newbyteorder("="), copy=False)
    row, column = np.nonzero(~np.isnat(when))
    entries = (when[row, column].view(np.int64), (row, column))
    return sparse.csr_array(entries, shape=when.shape), when.dtype


def held_out_counts(lengths: NDArray[Any], test_size: float) -> NDArray[np.int64]:
    """Number of interactions to hold out, for each row."""
    if test_size >= 1:
        return np.full(lengths.shape, int(test_size))
    return np.maximum(np.rint(lengths * float(test_size)), 1).astype(np.int64)


def interaction_times(X: Any, time: Any) -> NDArray[Any]:
    """Time of each interaction, in the order of X: numbers or dates."""
    time, dates = time_matrix(time)
    if time.shape != X.shape:
        raise ValueError(f"time must have the shape of X, {X.shape}; got {time.shape}.")
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
    return when if dates is None else when.view(dates)


def time_matrix(time: Any) -> tuple[Any, np.dtype[Any] | None]:
    """Times as CSR, of a repeated pair the newest; their dtype where they are dates."""
    if is_sparse(time):
        return canonical_csr(time, newest=True), None
    time = table_container(time, "time")
    if is_dated(time):
        return _dated_csr(np.asarray(time))
    time = check_array(
        time,
        accept_sparse="csr",  # of a sparse frame
        dtype="numeric",
        ensure_all_finite=False,
    )
    return sparse.csr_array(native_numbers(time)), None


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
