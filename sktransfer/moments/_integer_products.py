"""Sums and products of rounded rows in integers, without any rounding on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.linalg import add_scatter, mirror_lower, slices
from sktransfer.moments._rows import add_sparse_product, dense_blocks

FLOAT64_INTEGERS = 1 << 53  # float64 holds all integers up to this
Rounding = Callable[[Any], NDArray[np.float64]]


def add_dense_rows(
    sums: NDArray[np.int64],
    products: NDArray[np.int64],
    X: NDArray[Any],
    w: NDArray[np.int64] | None,
    rounded: Rounding,
    largest: int,
) -> None:
    """Add sums and products of rounded rows, a block at a time."""
    # products of so many rows are whole numbers that float64 holds, so BLAS adds
    # them without rounding, in whatever order
    most = max(FLOAT64_INTEGERS // largest**2, 1)
    for block in dense_blocks(X):
        B, w_block = rounded(X[block]), None if w is None else w[block]
        for part, weight in _weighted_parts(B.shape[0], w_block, most):
            Q = B[part]
            if weight is None:
                sums += Q.sum(axis=0).astype(np.int64)
            elif weight.sum() <= most:
                sums += (weight @ Q).astype(np.int64)
            else:  # one row that weighs more than float64 holds
                Q, weight = Q.astype(np.int64), weight.astype(np.int64)
                sums += weight @ Q
            if products.ndim == 1:
                P = Q if weight is None else Q * weight[:, None]
                products += np.einsum("ij,ij->j", Q, P).astype(np.int64)
            elif weight is None:
                exact = np.zeros(products.shape)
                add_scatter(exact, Q)
                mirror_lower(exact)
                products += exact.astype(np.int64)
            else:
                products += (Q.T @ (Q * weight[:, None])).astype(np.int64)


def _weighted_parts(
    n_rows: int, w: NDArray[np.int64] | None, most: int
) -> Iterator[tuple[slice, Any]]:
    """Slices of rows of a total weight that stays exact, and their weights."""
    if w is None:
        yield from ((part, None) for part in slices(n_rows, most))
        return
    start, total = 0, np.r_[0, np.cumsum(np.minimum(w, most + 1), dtype=np.int64)]
    while start < n_rows:
        stop = int(np.searchsorted(total, total[start] + most, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop), w[start:stop]
        start = stop


def add_sparse_rows(
    sums: NDArray[np.int64],
    products: NDArray[np.int64],
    X: Any,
    w: NDArray[np.int64] | None,
    rounded: Rounding,
) -> None:
    """Add sums and products of rounded sparse rows."""
    data = rounded(X).astype(np.int64)
    weighted = data if w is None else data * np.repeat(w, np.diff(X.indptr))
    np.add.at(sums, X.indices, weighted)
    if products.ndim == 1:
        np.add.at(products, X.indices, weighted * data)
        return
    Q = sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)
    Qt = sparse.csr_array((weighted, X.indices, X.indptr), shape=X.shape).T.tocsr()
    add_sparse_product(products, Qt, Q)
