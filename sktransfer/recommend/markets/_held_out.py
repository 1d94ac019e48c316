"""Interactions of target users that are hidden to choose between models."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.topk import row_blocks
from sktransfer.recommend._base import stored_pattern
from sktransfer.recommend.collaborative._blend import row_spread


class Hidden(NamedTuple):
    """Interactions without one of some rows, and what that one is ranked among."""

    X: Any  # CSR of all rows, without the hidden interactions
    rows: NDArray[np.int64]  # rows of which one is hidden
    items: NDArray[np.int64]  # (n_hidden, 1 + n_others); the hidden item first


class HiddenDraw:
    """Draws by what rows hold, not by where they stand.

    Equal rows draw apart, as copies of different number.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_items)
        Interactions, without stored zeros.
    rows : ndarray of int64 of shape (n_rows_to_draw,)
        Rows to draw for.
    seed : int
        Other seeds, other draws.
    """

    def __init__(self, X: Any, rows: NDArray[np.int64], seed: int) -> None:
        self.rows, self.seed = rows, seed
        marks = np.random.default_rng(seed).integers(2**63, size=X.shape[1])
        held = X[rows]
        sums = np.zeros(rows.size, dtype=np.int64)
        row, item = stored_pattern(held)
        np.add.at(sums, row, marks[item])  # wraps around
        _, kind = np.unique(sums, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        place = np.arange(rows.size)
        begins = np.r_[True, np.diff(kind.ravel()[order]) > 0][: rows.size]
        copy = np.empty(rows.size, dtype=np.int64)
        copy[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
        self.keys = np.stack([sums.view(np.uint64), copy.astype(np.uint64)], axis=1)

    def generator(self, i: int, draw: int) -> np.random.Generator:
        """Generator of a row."""
        return np.random.default_rng([self.seed, draw, *self.keys[i].tolist()])

    def sample(self, n: int) -> NDArray[np.int64]:
        """At most n of the rows."""
        order = np.lexsort(self.keys.T[::-1])
        return np.sort(self.rows[order[:n]])


def hide_one(
    X: Any,
    rows: NDArray[np.int64],
    catalogue: NDArray[np.bool_],
    n_others: int,
    seed: int,
    draw: int = 0,
) -> Hidden:
    """Hide an interaction of each row, and draw other items to rank it among.

    What is drawn for a row depends on its items: it is the same wherever the row
    stands.
    """
    X = sparse.csr_array(X, copy=True)
    X.sort_indices()
    drawn = HiddenDraw(X, rows, seed)
    place = np.empty(rows.size, dtype=np.int64)
    others = np.full((rows.size, n_others), -1)
    for i, row in enumerate(rows):
        rng = drawn.generator(i, draw)
        held = X.indices[X.indptr[row] : X.indptr[row + 1]]
        may = np.flatnonzero(catalogue[held])
        place[i] = X.indptr[row] + may[rng.integers(may.size)]
        left = catalogue.copy()
        left[held] = False
        left = np.flatnonzero(left)
        if left.size > n_others:
            left = rng.choice(left, n_others, replace=False)
        others[i, : left.size] = left
    items = np.column_stack([X.indices[place], others]).astype(np.int64)
    X.data[place] = 0
    X.eliminate_zeros()
    return Hidden(X, rows, items)


def listed_scores(model: Any, X: Any, items: NDArray[np.int64]) -> NDArray[np.floating]:
    """Scores of listed items, standardised over all items of the row."""
    parts = []
    for rows in row_blocks(*X.shape):
        scores = np.asarray(model.predict(X[rows]))
        mean, spread = row_spread(scores)
        listed = np.take_along_axis(scores, items[rows], axis=1)
        parts.append((listed - mean) / spread)
    return np.concatenate(parts)


def hidden_ndcg(
    scores: NDArray[np.floating], items: NDArray[np.int64]
) -> NDArray[np.float64]:
    """nDCG@10 of the first item of each row among the others."""
    first, others = scores[:, :1], scores[:, 1:]
    there = items[:, 1:] >= 0
    rank = ((others > first) & there).sum(axis=1)
    rank = rank + ((others == first) & there).sum(axis=1) / 2
    return np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)


def rows_to_hide(
    X: Any, rows: NDArray[np.bool_], catalogue: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Rows with two interactions or more, one of them in the catalogue."""
    row, item = stored_pattern(X)
    in_catalogue = np.bincount(row, weights=catalogue[item], minlength=X.shape[0])
    return np.flatnonzero(rows & (np.diff(X.indptr) >= 2) & (in_catalogue >= 1))
