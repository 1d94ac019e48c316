"""Sparse matrices, and their stored entries in CSR format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix or array (leaves its static type as it is)."""
    return bool(sparse.issparse(X))


def dense(X: Any) -> NDArray[Any]:
    """Values of a sparse matrix as an array; an array as it is."""
    return X.toarray() if is_sparse(X) else X


def entry_rows(X: Any) -> NDArray[np.int64]:
    """Row of each stored entry."""
    return np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))


def nonzero_entries(X: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the entries that are not 0, of a dense matrix too."""
    if not is_sparse(X):
        rows, columns = np.nonzero(X)
        return rows, columns
    there = X.data != 0
    return entry_rows(X)[there], X.indices[there]


def with_data(X: Any, data: NDArray[Any]) -> Any:
    """Matrix with other values at the same places."""
    return type(X)((data, X.indices, X.indptr), shape=X.shape)


def multiply_rows(X: Any, factors: NDArray[np.floating]) -> Any:
    """Matrix with each row times a number, in its own dtype."""
    factors = factors.astype(X.dtype, copy=False)
    return with_data(X, X.data * np.repeat(factors, np.diff(X.indptr)))


def multiply_columns(X: Any, factors: NDArray[np.floating]) -> Any:
    """Matrix with each column times a number, in its own dtype."""
    return with_data(X, X.data * factors.astype(X.dtype, copy=False)[X.indices])


def canonical_csr(X: Any, *, newest: bool = False) -> Any:
    """CSR in which each entry is stored once, with 32-bit indices where they fit.

    X itself where it is so; it is never written to. Repeated entries are summed, narrow
    ones without wrapping; or the largest is taken, which of times is the newest.
    """
    if X.format == "csr" and X.has_canonical_format:
        return narrow_indices(X)
    if newest:
        return narrow_indices(_largest_entries(X))
    dtype = X.dtype
    wide = {"b": np.int64, "i": np.int64, "u": np.uint64, "f": np.float64}
    total = X.astype(wide.get(dtype.kind, dtype), copy=False).tocsr()
    total = total.copy() if total is X else total
    total.sum_duplicates()
    whole = dtype.kind in "biu" and total.nnz < X.nnz
    return narrow_indices(total if whole else total.astype(dtype, copy=False))


def _largest_entries(X: Any) -> Any:
    """CSR of the largest of the values that are stored for each entry."""
    entries = X.tocoo()
    row, column, value = entries.row, entries.col, entries.data
    order = np.lexsort((value, column, row))
    row, column, value = row[order], column[order], value[order]
    last = np.ones(row.size, dtype=bool)
    last[:-1] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    indptr = np.zeros(X.shape[0] + 1, dtype=column.dtype)
    np.cumsum(np.bincount(row[last], minlength=X.shape[0]), out=indptr[1:])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return kind((value[last], column[last], indptr), shape=X.shape)


def summed_csr(X: Any) -> Any:
    """The same, but for the order of a row's entries, which vectorizers leave open."""
    if X.format == "csr" and _stores_entries_once(X):
        return narrow_indices(X)
    return canonical_csr(X)


def _stores_entries_once(X: Any) -> bool:
    """Whether no entry of a CSR matrix is stored twice."""
    if X.has_canonical_format:
        return True
    # sorting the rows takes five times as long
    entries = (np.empty(X.nnz, np.int8), X.indices, X.indptr)
    return bool(sparse.csr_array(entries, shape=X.shape).tocsc().has_canonical_format)


def narrow_indices(X: Any) -> Any:
    """CSR or CSC with 32-bit indices where they fit: some estimators take no others."""
    if X.indices.dtype == X.indptr.dtype == np.int32:
        return X
    if max(*X.shape, X.nnz) > np.iinfo(np.int32).max:
        return X
    indices, indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    # whoever sorts the new indices moves the data with them
    data = X.data if X.has_sorted_indices else X.data.copy()
    return type(X)((data, indices, indptr), shape=X.shape)


def unshared_order(X: Any) -> Any:
    """X, a copy where a row is in no order: SciPy sorts in place what it compares."""
    return X.copy() if is_sparse(X) and not X.has_sorted_indices else X
