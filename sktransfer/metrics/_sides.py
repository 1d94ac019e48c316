"""Rows of two domains, checked and stacked."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from sktransfer._core.inputs import check_rows_of
from sktransfer._core.sparse import is_sparse


def check_sides(X: Any, Y: Any, *, least: int = 1) -> tuple[Any, Any]:
    """Validate rows of two domains over the same columns."""
    X, Y = (
        check_rows_of(Z, name, ensure_min_samples=least)
        for Z, name in ((X, "X"), (Y, "Y"))
    )
    if X.shape[1] != Y.shape[1]:
        raise ValueError(
            "X and Y must have the same columns; got "
            f"{X.shape[1]} and {Y.shape[1]} of them. Transform the rows of both "
            "domains with one fitted transformer."
        )
    if X.dtype != Y.dtype:
        X, Y = X.astype(np.float64), Y.astype(np.float64)
    return X, Y


def stack_rows(X: Any, Y: Any) -> Any:
    """Rows of both domains in one container: CSR, an array, or an array of texts."""
    if is_sparse(X) or is_sparse(Y):
        return sparse.vstack([sparse.csr_array(X), sparse.csr_array(Y)], format="csr")
    if getattr(X, "ndim", 1) == 2:
        return np.concatenate([X, Y])
    rows = np.empty(len(X) + len(Y), dtype=object)
    rows[:] = [*X, *Y]
    return rows
