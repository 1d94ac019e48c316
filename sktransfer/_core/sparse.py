"""Sparse matrices and arrays."""

from __future__ import annotations

from typing import Any

from scipy import sparse


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix or array (leaves its static type as it is)."""
    return bool(sparse.issparse(X))
