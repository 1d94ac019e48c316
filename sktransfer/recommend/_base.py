"""What all recommenders share: ranking, dense scores and their quality."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sktransfer._core.ranking import ndcg_rows, relevance_matrix
from sktransfer._core.topk import row_blocks, top_k
from sktransfer.recommend._sparse_topk import dense_product


class Candidates(NamedTuple):
    """Items that may be recommended: the same to all rows, or listed for each."""

    shared: NDArray[np.int64] | None
    rows: Any  # CSR pattern of shape (n_rows, n_items), or None


_CANDIDATES = (
    "candidates must be a 1-D array of item ids or a boolean mask for all rows, or one "
    "list of item ids for each row (a 2-D array may be padded with -1), or a sparse "
    "matrix of the shape of X"
)


def check_candidates(candidates: Any, n_rows: int, n_items: int) -> Candidates:
    """Validate the items that may be recommended."""
    if candidates is None:
        return Candidates(None, None)
    if sparse.issparse(candidates):
        if candidates.shape != (n_rows, n_items):
            raise ValueError(
                f"{_CANDIDATES}; got a sparse matrix of shape {candidates.shape} "
                f"where X has {(n_rows, n_items)}."
            )
        pattern = sparse.csr_array(candidates, copy=True)
        pattern.sum_duplicates()
        pattern.eliminate_zeros()
        return Candidates(None, pattern)
    try:
        ids = np.asarray(candidates)
    except ValueError:  # lists of several lengths
        ids = np.empty(0, dtype=object)
    if ids.dtype.kind == "b" and ids.shape == (n_items,):
        return Candidates(np.flatnonzero(ids), None)
    if ids.dtype.kind == "b" and ids.shape == (n_rows, n_items):
        return Candidates(None, sparse.csr_array(ids))
    if ids.ndim == 1 and ids.dtype.kind in "iu":
        return Candidates(np.unique(_in_range(ids, n_items)), None)
    if ids.dtype.kind == "b" or not hasattr(candidates, "__len__"):
        raise ValueError(f"{_CANDIDATES}; got shape {ids.shape}, dtype {ids.dtype}.")
    if len(candidates) != n_rows:
        raise ValueError(
            f"{_CANDIDATES}; got {len(candidates)} lists for {n_rows} rows."
        )
    lists = [np.asarray(row if len(row) else [], dtype=None) for row in candidates]
    for i, row in enumerate(lists):
        if row.ndim != 1 or (row.size and row.dtype.kind not in "iu"):
            raise ValueError(f"{_CANDIDATES}; got {candidates[i]!r} for row {i}.")
    rows = np.repeat(np.arange(n_rows), [row.size for row in lists])
    flat = np.concatenate([row.astype(np.int64) for row in lists])
    rows, flat = rows[flat != -1], flat[flat != -1]
    _in_range(flat, n_items)
    pattern = sparse.csr_array(
        (np.ones(flat.size, dtype=bool), (rows, flat)), shape=(n_rows, n_items)
    )
    pattern.sum_duplicates()
    return Candidates(None, pattern)


def _in_range(ids: NDArray[Any], n_items: int) -> NDArray[np.int64]:
    if ids.size and (ids.min() < 0 or ids.max() >= n_items):
        raise ValueError(
            f"candidates must be item ids from 0 to {n_items - 1}, the columns of X; "
            f"got ids from {ids.min()} to {ids.max()}."
        )
    return ids.astype(np.int64)


def weighted_rows(X: Any, sample_weight: NDArray[np.floating]) -> Any:
    """Rows of a sparse matrix, each times its weight."""
    w = sample_weight.astype(X.dtype, copy=False)
    data = X.data * np.repeat(w, np.diff(X.indptr))
    return type(X)((data, X.indices, X.indptr), shape=X.shape)


def check_products(diagonal: NDArray[np.floating]) -> None:
    """Refuse interactions whose squares overflow."""
    if not np.isfinite(diagonal).all():
        raise ValueError(
            f"The products of items overflow in {diagonal.dtype}. Scale X down, or "
            "pass X as float64."
        )


def sparse_scores(X: Any, item_weights: Any) -> NDArray[np.floating]:
    """Dense scores of all items by sparse item-item weights."""
    X = sparse.csr_array(X).astype(item_weights.dtype, copy=False)
    return dense_product(X, item_weights)


def stored_pattern(X: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the entries that are not 0."""
    if not sparse.issparse(X):
        return np.nonzero(X)
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    there = X.data != 0
    return rows[there], X.indices[there]


def padded_rows(pattern: Any) -> NDArray[np.int64]:
    """Columns of each row of a CSR pattern, padded with -1."""
    lengths = np.diff(pattern.indptr)
    columns = np.full((lengths.size, lengths.max(initial=0)), -1, dtype=np.int64)
    columns[np.arange(columns.shape[1]) < lengths[:, None]] = pattern.indices
    return columns


class BaseRecommender(BaseEstimator):
    """Base class of recommenders on a matrix of interactions.

    A subclass validates in `fit` with ``self._validate_fit(X, y)`` and defines
    ``_score_block(X)``: the dense scores of all items for some rows.
    """

    def _validate_fit(self, X: Any, y: Any) -> Any:
        """Validate X; of y only the form is noted, which `predict` follows."""
        X = self._validate_interactions(X, reset=True)
        self._one_item = (
            y is not None and not sparse.issparse(y) and np.asarray(y).ndim == 1
        )
        return X

    def _validate_interactions(self, X: Any, *, reset: bool) -> Any:
        """Check X; of a sparse one, sum what is stored twice, in floats."""
        if sparse.issparse(X) and X.dtype.kind in "iub":
            X = X.astype(np.float32)  # before repeated entries are summed in 8 bits
        X = validate_data(
            self,
            X,
            accept_sparse="csr",
            accept_large_sparse=True,
            dtype=[np.float32, np.float64],
            reset=reset,
        )
        if sparse.issparse(X) and not X.has_canonical_format:
            X = X.copy()  # it may be the user's
            X.sum_duplicates()
        return X

    def _row_weights(self, X: Any, sample_weight: Any) -> NDArray[np.floating]:
        """Weights of the rows in the dtype of X, 1 where None are given."""
        return _check_sample_weight(
            sample_weight, X, dtype=X.dtype, ensure_non_negative=True
        )

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        raise NotImplementedError(f"{type(self).__name__} must define _score_block(X).")

    def recommend(
        self,
        X: Any,
        k: int = 10,
        *,
        candidates: Any = None,
        exclude_seen: bool = True,
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        """Rank items for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far. They need not be
            users seen in `fit`.
        k : int, default=10
            Number of items for each row.
        candidates : array-like, list of array-like or sparse matrix, default=None
            Items that may be recommended: item ids (one-dimensional) or a boolean
            mask of shape (n_items,) for all rows; or one list of item ids for each
            row, where a two-dimensional array may be padded with -1; or a sparse
            matrix of the shape of X, not 0 where an item may be recommended. None
            allows all.
        exclude_seen : bool, default=True
            Leave out items that the row has interacted with in X.

        Returns
        -------
        items : ndarray of int64 of shape (n_rows, k)
            Columns of X, best first, the smaller id first among equal scores; -1
            where fewer than k items are allowed.
        scores : ndarray of shape (n_rows, k)
            Their scores; ``-inf`` where there is no item.
        """
        check_is_fitted(self)
        if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
            raise ValueError(f"k must be an integer >= 1; got {k!r}.")
        X = self._validate_interactions(X, reset=False)
        allowed = check_candidates(candidates, *X.shape)
        parts = [
            self._rank_block(X[rows], int(k), allowed, rows, exclude_seen)
            for rows in row_blocks(*X.shape)
        ]
        items, scores = (np.concatenate(part) for part in zip(*parts))
        return items, scores

    def _rank_block(
        self, X: Any, k: int, allowed: Candidates, rows: slice, exclude_seen: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        scores = self._score_block(X)
        if exclude_seen:
            scores[stored_pattern(X)] = -np.inf
        if allowed.shared is not None:
            places, values = top_k(scores[:, allowed.shared], k)
            ids = np.append(allowed.shared, -1)  # place -1 is no item
            return ids[places], values
        if allowed.rows is None:
            return top_k(scores, k)
        ids = padded_rows(allowed.rows[rows])
        listed = np.take_along_axis(scores, np.maximum(ids, 0), axis=1)
        listed[ids < 0] = -np.inf
        places, values = top_k(listed, k)
        ids = np.pad(ids, ((0, 0), (0, 1)), constant_values=-1)
        return np.take_along_axis(ids, places, axis=1), values

    def predict(self, X: Any) -> NDArray[Any]:
        """Score every item for each row.

        The matrix of scores is dense; :meth:`recommend` holds only a block of it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Higher is better; items that cannot be recommended have ``-inf``. As
            predictions have the form of y in scikit-learn: where `fit` was given a
            one-dimensional y, an item for each row, this is the best new item of each
            row, of shape (n_rows,), -1 for none.
        """
        check_is_fitted(self)
        if self._one_item:
            return self.recommend(X, 1)[0][:, 0]
        X = self._validate_interactions(X, reset=False)
        scores = None
        for rows in row_blocks(*X.shape):
            block = self._score_block(X[rows])
            if scores is None:  # the first block tells the dtype
                scores = np.empty(X.shape, dtype=block.dtype)
            scores[rows] = block
        return scores

    def score(self, X: Any, y: Any) -> float:
        """Mean nDCG@10 of held-out interactions, given those in X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions given to the recommender; these items are not ranked.
        y : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
            Held-out interactions (relevance, 0 or more); one-dimensional: the id of
            one held-out item for each row, -1 for none.

        Returns
        -------
        score : float
            The mean over rows that have a held-out interaction.
        """
        items, _ = self.recommend(X, 10)
        relevance = relevance_matrix(y, items.shape[0], self.n_features_in_)
        dcg, ideal = ndcg_rows(relevance, items)
        rows = ideal > 0
        if not rows.any():
            raise ValueError(
                "score needs held-out interactions; got none in any row. Split with "
                "split_interactions."
            )
        return float((dcg[rows] / ideal[rows]).mean())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
