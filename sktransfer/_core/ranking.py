"""Ranking quality of each row, from relevance and ranked items."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import table_container
from sktransfer._core.interactions import native_numbers
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.sparse import canonical_csr


def relevance_matrix(Y: Any, n_rows: int, n_items: int | None = None) -> Any:
    """Relevance of the items of each row, as CSR without explicit zeros."""
    Y = Y.matrix if isinstance(Y, Interactions) else Y
    if not sparse.issparse(Y):
        Y = np.asarray(table_container(Y, "Relevance"))
        if Y.dtype.kind == "O":  # of typed frames
            Y = np.asarray(Y.tolist())
        if Y.ndim == 1 and Y.shape[0] == n_rows:
            Y = _one_each(Y, n_items)
        if Y.dtype.kind not in "biuf":
            raise ValueError(
                "Relevance must be numbers, one for each row and item, or one item "
                f"id for each row; got dtype {Y.dtype}."
            )
    if Y.ndim != 2 or Y.shape[0] != n_rows or n_items not in (None, Y.shape[1]):
        columns = "n_items" if n_items is None else n_items
        raise ValueError(
            f"Relevance must have shape ({n_rows}, {columns}), like the rows that are "
            f"ranked, or ({n_rows},) with one item id for each row; got {Y.shape}."
        )
    if not sparse.issparse(Y):
        Y = sparse.csr_array(native_numbers(Y))
    Y = canonical_csr(Y).astype(np.float64, copy=True)
    Y.eliminate_zeros()
    if not np.isfinite(Y.data).all() or (Y.data < 0).any():
        raise ValueError(
            "Relevance must be finite and not negative, 0 for items that are not "
            "relevant; got NaN, infinity or a negative entry."
        )
    return Y


def _one_each(ids: NDArray[Any], n_items: int | None) -> Any:
    whole = ids.dtype.kind in "iu" or (
        ids.dtype.kind == "f" and bool(np.all(ids == np.rint(ids)))
    )
    top = np.inf if n_items is None else n_items
    if not whole or (ids < -1).any() or (ids >= top).any():
        raise ValueError(
            "One-dimensional relevance must be the id of one relevant item for each "
            f"row, from 0 to {'n_items - 1' if n_items is None else n_items - 1}, or "
            f"-1 for none; got dtype {ids.dtype}"
            + (f", values {ids.min()} to {ids.max()}." if whole else ".")
        )
    ids = ids.astype(np.int64)
    rows = np.flatnonzero(ids >= 0)
    width = int(ids.max(initial=-1)) + 1 if n_items is None else n_items
    return sparse.csr_array(
        (np.ones(rows.size), (rows, ids[rows])), shape=(ids.size, width)
    )


def ranked_gains(relevance: Any, items: NDArray[np.int64]) -> NDArray[np.float64]:
    """Relevance of each ranked item."""
    n_rows, n_items = relevance.shape
    if relevance.nnz == 0 or items.size == 0:
        return np.zeros(items.shape)
    width = np.int64(n_items)
    row = np.repeat(np.arange(n_rows, dtype=np.int64), np.diff(relevance.indptr))
    keys = row * width + relevance.indices
    wanted = np.arange(n_rows, dtype=np.int64)[:, None] * width + items
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    hit = (keys[place] == wanted) & (items >= 0) & (items < n_items)
    return np.where(hit, relevance.data[place], 0.0)


def ndcg_rows(
    relevance: Any, items: NDArray[np.int64], k: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Discounted gain of each ranking, and the best that one of k items could have.

    A short list does not lower what was possible.
    """
    n_ranked, lengths = items.shape[1], np.diff(relevance.indptr)
    k = n_ranked if k is None else k
    places = max(n_ranked, min(k, int(lengths.max(initial=0))))
    discount = 1 / np.log2(np.arange(2, places + 2))
    dcg = ranked_gains(relevance, items) @ discount[:n_ranked]
    row = np.repeat(np.arange(relevance.shape[0]), lengths)
    order = np.lexsort((-relevance.data, row))  # rows stay where they are
    rank = np.arange(row.size) - np.repeat(relevance.indptr[:-1], lengths)
    top = rank < k
    gains = relevance.data[order[top]] * discount[rank[top]]
    ideal = np.bincount(row[top], weights=gains, minlength=relevance.shape[0])
    return dcg, np.asarray(ideal, dtype=np.float64)
