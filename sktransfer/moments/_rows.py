"""Rows that are added to moments: checks, blocks, products of sparse rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.inputs import one_column, table_container
from sktransfer._core.linalg import slices
from sktransfer._core.sparse import is_sparse

BLOCK = 1 << 21  # numbers in one dense block: 16 MB of float64
_TILE = 256  # rows of a sparse product that are made dense at once


def check_rows(
    X: Any, sample_weight: ArrayLike | None, n_features: int
) -> tuple[Any, NDArray[np.float64] | None]:
    """Rows as an array or summed CSR, and positive weights."""
    X = table_container(X)
    X = sparse.csr_array(X) if is_sparse(X) else np.asarray(X)
    if X.ndim != 2 or X.shape[1] != n_features:
        raise ValueError(
            f"X must be two-dimensional with {n_features} columns, as the state has; "
            f"got shape {X.shape}."
        )
    X = real_numbers(X)
    if sample_weight is None:
        return X, None
    w = one_column(sample_weight, "sample_weight").astype(np.float64)
    if w.shape != (X.shape[0],):
        raise ValueError(
            f"sample_weight must hold one number for each of the {X.shape[0]} rows; "
            f"got shape {w.shape}."
        )
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError(
            "sample_weight must be finite and not negative; got "
            f"{w[~(np.isfinite(w) & (w >= 0))][0]:g}."
        )
    if np.all(w > 0):
        return X, w
    return X[w > 0], w[w > 0]


def real_numbers(X: Any) -> Any:
    """Rows whose type is that of real numbers; objects become float64."""
    if X.dtype.kind in "biuf":
        return X
    if X.dtype.kind == "O":
        try:
            return X.astype(np.float64)
        except (TypeError, ValueError):
            pass
    raise ValueError(
        f"X must hold real numbers; got dtype {X.dtype}. Encode or leave out other "
        "columns first."
    )


def check_finite_squares(squares: NDArray[np.float64], X: Any) -> None:
    """Raise if sums of squares are not finite, and name the values at fault."""
    if np.isfinite(squares).all():
        return
    values = np.asarray(X.data if is_sparse(X) else X, dtype=np.float64).ravel()
    wrong = values[~np.isfinite(values)]
    if wrong.size:
        raise ValueError(
            f"Moments are of finite numbers; got {wrong[0]:g}. Fill missing values or "
            "leave out their rows."
        )
    raise ValueError(
        "The squares of the rows do not fit into float64; got values up to "
        f"{np.abs(values).max(initial=0):g}. Scale the features first."
    )


def dense_blocks(X: Any) -> list[slice]:
    """Slices of rows that are made dense at once."""
    return slices(X.shape[0], max(BLOCK // max(X.shape[1], 1), 256))


def add_sparse_product(out: NDArray[Any], A: Any, B: Any) -> None:
    """Add the product of two sparse matrices to a dense one, in place."""
    for rows in slices(out.shape[0], _TILE):
        out[rows] += (A[rows] @ B).toarray()
