"""Sparse products by blocks of rows: dense, or the largest entries of each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_BLOCK_PRODUCTS = 1 << 23  # bounds the entries of a block: 96 MB with their indices
_CACHED_PRODUCTS = 1 << 19
_BUCKET_ENTRIES = 1 << 22


def product_slices(A: Any, B: Any, products: int) -> Iterator[slice]:
    """Slices of the rows of a sparse product that cost about the same."""
    cost = np.zeros(A.shape[0] + 1, dtype=np.int64)
    if A.nnz:
        each = np.r_[0, np.cumsum(np.diff(B.indptr)[A.indices], dtype=np.int64)]
        cost = each[A.indptr]
    start = 0
    while start < A.shape[0]:
        stop = int(np.searchsorted(cost, cost[start] + products, side="right")) - 1
        stop = min(max(stop, start + 1), A.shape[0])
        yield slice(start, stop)
        start = stop


def product_blocks(
    A: Any, B: Any, *, products: int = _BLOCK_PRODUCTS
) -> Iterator[tuple[slice, Any]]:
    """Multiply two sparse matrices, some rows at a time."""
    for rows in product_slices(A, B, products):
        yield rows, A[rows] @ B


def dense_product(A: Any, B: Any) -> NDArray[np.floating]:
    """Product of two sparse matrices as a dense one.

    For each entry of A the row of B is written down, and all that a row of A brings
    together is summed into its dense row: no sparse product is built before, which
    takes three times as long.
    """
    product = np.empty((A.shape[0], B.shape[1]), dtype=B.dtype)
    lengths = np.diff(B.indptr)
    ones = bool((A.data == 1).all())
    for rows in product_slices(A, B, _CACHED_PRODUCTS):
        own = slice(A.indptr[rows.start], A.indptr[rows.stop])
        inner = A.indices[own]
        terms = B[inner]
        if not ones:
            terms.data *= np.repeat(A.data[own], lengths[inner])
        start = terms.indptr[A.indptr[rows.start : rows.stop + 1] - own.start]
        # repeated entries of a row are summed
        terms = sparse.csr_array(
            (terms.data, terms.indices, start), shape=(start.size - 1, B.shape[1])
        )
        terms.toarray(out=product[rows])
    return product


def row_thresholds(X: Any, k: int) -> NDArray[np.floating]:
    """The k-th largest stored entry of each row."""
    lengths = np.diff(X.indptr)
    thresholds = np.full(lengths.size, -np.inf, dtype=X.data.dtype)
    for rows, values in padded_buckets(X, np.flatnonzero(lengths > k)):
        width = values.shape[1]
        thresholds[rows] = np.partition(values, width - k, axis=1)[:, width - k]
    return thresholds


def padded_buckets(
    X: Any, rows: NDArray[np.integer]
) -> Iterator[tuple[NDArray[np.integer], NDArray[np.floating]]]:
    """Stored entries of rows of similar length, padded to a dense matrix."""
    lengths = np.diff(X.indptr)[rows]
    rows = rows[np.argsort(lengths, kind="stable")]
    lengths = np.sort(lengths)
    start = 0
    while start < rows.size:
        stop = int(np.searchsorted(lengths, 2 * lengths[start], side="right"))
        width = int(lengths[stop - 1])
        stop = min(stop, start + max(1, _BUCKET_ENTRIES // width))
        width = int(lengths[stop - 1])
        taken, length = rows[start:stop], lengths[start:stop, None]
        place = np.arange(width)
        there = place < length
        values = np.full(there.shape, -np.inf, dtype=X.data.dtype)
        values[there] = X.data[(X.indptr[taken][:, None] + place)[there]]
        yield taken, values
        start = stop


def keep_largest(X: Any, k: int) -> Any:
    """Keep the k largest stored entries of each row.

    Rows are partitioned, not sorted. Of equal entries at the k-th place the ones stored
    first are kept, which are those with the smaller columns where indices are sorted.
    """
    lengths = np.diff(X.indptr)
    if lengths.size == 0 or lengths.max() <= k:
        return X
    row = np.repeat(np.arange(lengths.size), lengths)
    threshold = row_thresholds(X, k)[row]
    keep = X.data > threshold
    tied = np.flatnonzero(X.data == threshold)
    if tied.size:
        left = k - np.bincount(row[keep], minlength=lengths.size)
        first = np.searchsorted(row[tied], row[tied])
        keep[tied[np.arange(tied.size) - first < left[row[tied]]]] = True
    indptr = np.zeros(lengths.size + 1, dtype=X.indptr.dtype)
    np.cumsum(np.bincount(row[keep], minlength=lengths.size), out=indptr[1:])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return kind((X.data[keep], X.indices[keep], indptr), shape=X.shape)


def product_top_k(A: Any, B: Any, k: int, *, products: int = _BLOCK_PRODUCTS) -> Any:
    """The k largest stored entries of each row of a sparse product."""
    parts = []
    for _, block in product_blocks(A, B, products=products):
        if np.diff(block.indptr).max(initial=0) > k:
            block.sort_indices()  # ties are settled by the order of storage
        parts.append(keep_largest(block, k))
    if not parts:
        return A @ B
    return sparse.vstack(parts, format="csr")
