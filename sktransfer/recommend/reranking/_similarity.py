"""Similarity of all pairs of items within each list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import check_rows_of, column_values, is_missing
from sktransfer._core.sparse import dense, is_sparse
from sktransfer.recommend.content._item_table import item_content
from sktransfer.recommend.reranking._item_columns import ItemColumns

N_NEIGHBORS = 100  # of each item, asked of a recommender
_MAX_DENSE = 5_000  # items, of a dense matrix of all pairs

Pairs = Callable[[NDArray[np.int64]], NDArray[np.float32]]


def similarity_of_pairs(similarity: Any, columns: ItemColumns) -> Pairs:
    """Function that takes numbers of items, (n, m), to similarities (n, m, m)."""
    if hasattr(similarity, "similar_items"):
        return _of_matrix(_neighbors(similarity, columns))
    if isinstance(similarity, str):
        similarity = [similarity]
    names = isinstance(similarity, list | tuple) and similarity
    if names and all(isinstance(name, str) for name in names):
        rows = item_content({name: _listed(columns[name], name) for name in names})
        return _of_features(_ranked_rows(rows, columns))
    table = check_rows_of(similarity, "similarity", dtype=np.float32)
    if table.shape[0] == table.shape[1]:
        return _of_matrix(_ranked_rows(_ranked_rows(table, columns).T, columns).T)
    return _of_features(_ranked_rows(table, columns))


def _listed(column: Any, name: str) -> list[Any]:
    """Values of a column, None where there is none, as Python's own."""
    values = column_values(column, name).tolist()
    return [
        None if is_missing(v) else str(v) if isinstance(v, bool) else v for v in values
    ]


def _ranked_rows(table: Any, columns: ItemColumns) -> Any:
    """Rows of the ranked items, zeros for those without one."""
    rows = columns.rows
    if columns.by_id and columns.has_no_table:
        raise ValueError(
            "Diversity by features or similarities of a ranked frame needs items=, a "
            "frame with the ids of their rows in the column 'item'."
        )
    if not columns.by_id:
        rows = columns.ids.astype(np.int64)
    if rows.max(initial=-1) >= table.shape[0]:
        raise ValueError(
            "similarity must have a row for each item, in the order of items or of the "
            f"columns of X; got {table.shape[0]} rows where row {rows.max()} is ranked."
        )
    if is_sparse(table):
        there = sparse.diags_array((rows >= 0).astype(table.dtype))
        return sparse.csr_array(there @ sparse.csr_array(table)[np.maximum(rows, 0)])
    return np.where((rows >= 0)[:, None], table[rows], 0)


def _neighbors(model: Any, columns: ItemColumns) -> Any:
    """Similarities by a recommender, the largest of an item 1, symmetric."""
    ids = columns.ids
    place: Any = ids
    if columns.by_id:
        if not hasattr(model, "log_"):
            raise ValueError(
                "The recommender of Diversity knows no ids of items: it was not fitted "
                "to Interactions. Fit it to a log, or rerank pairs of arrays."
            )
        place = model.log_.item_columns(ids)
    elif hasattr(model, "log_"):
        ids = model.log_.item_ids[place]
    known = np.flatnonzero(place >= 0)
    n_items = model.n_features_in_
    number = np.full(n_items + 1, -1)
    number[place[known]] = known
    S = sparse.csr_array((ids.size, ids.size), dtype=np.float32)
    if known.size:
        k = min(N_NEIGHBORS, n_items)
        similar, scores = model.similar_items(ids[known], k)
        highest = np.maximum(scores[:, :1], 0)
        found = (similar >= 0) & (number[similar] >= 0) & (scores > 0)
        row, column = np.nonzero(found)
        values = (scores / np.where(highest > 0, highest, 1))[row, column]
        where = (known[row], number[similar[row, column]])
        S = sparse.csr_array((values.astype(np.float32), where), shape=S.shape)
    return S.maximum(S.T)


def _of_matrix(S: Any) -> Pairs:
    """Similarities from a matrix of all pairs of ranked items."""
    if not is_sparse(S) or S.shape[0] <= _MAX_DENSE:
        table = np.ascontiguousarray(dense(S), dtype=np.float32)
        return lambda items: table[items[:, :, None], items[:, None, :]]
    S = sparse.csr_matrix(S)  # whose entries are sampled as a dense row
    S.sort_indices()

    def sampled(items: NDArray[np.int64]) -> NDArray[np.float32]:
        n, m = items.shape
        row = np.repeat(items.ravel(), m)
        column = np.tile(items, m).ravel()
        return np.asarray(S[row, column], dtype=np.float32).reshape(n, m, m)

    return sampled


def _of_features(features: Any) -> Pairs:
    """Cosines of features."""
    if is_sparse(features):
        V = sparse.csr_array(features, dtype=np.float32)
        lengths = np.sqrt(np.asarray(V.multiply(V).sum(axis=1)).ravel())
        V = sparse.csr_array(sparse.diags_array(_inverse(lengths)) @ V)
        if V.shape[0] <= _MAX_DENSE:
            return _of_matrix(V @ V.T)
        return lambda items: _sparse_products(V, items)
    rows = np.asarray(features, dtype=np.float32)
    rows = rows * _inverse(np.sqrt((rows * rows).sum(axis=1)))[:, None]

    def products(items: NDArray[np.int64]) -> NDArray[np.float32]:
        own = rows[items]
        return np.matmul(own, own.transpose(0, 2, 1))

    return products


def _inverse(lengths: NDArray[np.float32]) -> NDArray[np.float32]:
    found = 1 / np.where(lengths > 0, lengths, 1)
    return found.astype(np.float32)


def _sparse_products(V: Any, items: NDArray[np.int64]) -> NDArray[np.float32]:
    """Products of the rows of each list: features of another list share no column."""
    n, m = items.shape
    own = V[items.ravel()]
    shift = np.repeat(np.arange(n).repeat(m), np.diff(own.indptr)) * V.shape[1]
    apart = sparse.csr_array(
        (own.data, own.indices + shift, own.indptr), shape=(n * m, n * V.shape[1])
    )
    found = (apart @ apart.T).tocoo()
    row, column = found.coords
    S = np.zeros((n * m, m), dtype=np.float32)
    S[row, column % m] = found.data
    return S.reshape(n, m, m)
