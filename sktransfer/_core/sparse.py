"""Sparse matrices, and their stored entries in CSR format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix or array (leaves its static type as it is)."""
    return bool(sparse.issparse(X))


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
