"""Items held out inside the training data, as if they were new."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.ranking import ndcg_rows
from sktransfer._core.rows import row_keys, spread_rows
from sktransfer._core.sparse import entry_rows
from sktransfer._core.topk import row_blocks

_PLACES = 10


class NewItemTrial(NamedTuple):
    """Interactions without those of some items and some of the other items'."""

    known: NDArray[np.int64]  # items that are not new
    new: NDArray[np.int64]
    given: Any  # CSR (n_rows, n_known): what is trained on
    rows: NDArray[np.int64]  # rows that are ranked for
    weight: NDArray[np.float64]  # of these rows
    held_out_new: Any  # CSR (rows, n_new)
    held_out: Any  # CSR (rows, n_known + n_new), known items first


def item_order(X: Any, F: Any, w: NDArray[np.floating]) -> NDArray[np.int64]:
    """Items in an order of their contents and counts, wherever they stand."""
    row = entry_rows(X)
    count = np.bincount(X.indices, weights=w[row], minlength=X.shape[1])
    share = w[row] / np.sqrt(np.diff(X.indptr)[row])
    activity = np.bincount(X.indices, weights=share, minlength=X.shape[1])
    return np.lexsort((np.round(activity, 6), np.round(count, 6), row_keys(F)))


def evenly(order: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """At most n of the items of an order, spread over it, ascending."""
    if order.size > n:
        order = order[np.linspace(0, order.size - 1, n).astype(np.int64)]
    return np.sort(order)


def new_item_trial(
    X: Any,
    order: NDArray[np.int64],
    w: NDArray[np.floating],
    *,
    most_rows: int,
    every: int = 5,
    place: int = 0,
) -> NewItemTrial | None:
    """Hold out every fifth item, and about every fifth of the other interactions.

    What is held out depends on the order of the items alone, not on where they or the
    rows stand.
    """
    row = entry_rows(X)
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    is_new = rank % every == place
    known, new = np.flatnonzero(~is_new), np.flatnonzero(is_new)
    if known.size < every or new.size < 2:
        return None
    # the key of a row is that of its set of items: equal rows hold out the same
    mark = _hashed(rank)
    sums = np.zeros(X.shape[0], dtype=np.uint64)
    np.add.at(sums, row, mark[X.indices])
    drawn = _hashed(sums[row] ^ mark[X.indices]) % np.uint64(every) == place
    positive = X.data > 0
    is_held_out = drawn & positive & ~is_new[X.indices]
    given = _keep_entries(X, ~is_held_out)[:, known]
    of_new = is_new[X.indices] & positive
    # rows that took none of the new items too: most lists are read by such users
    rows = np.flatnonzero(np.diff(_keep_entries(X, is_held_out | of_new).indptr))
    rows = rows[(w[rows] > 0) & (np.diff(given.indptr)[rows] > 0)]
    if rows.size < 2:
        return None
    if rows.size > most_rows:
        rows = np.sort(rows[spread_rows(X[rows], most_rows)])
    held_out = _keep_entries(X, is_held_out | of_new)[rows]
    held_out.data[:] = 1
    held_out = held_out[:, np.concatenate([known, new])].tocsr()
    held_out.sort_indices()
    held_out_new = held_out[:, known.size :].tocsr()
    weight = w[rows].astype(np.float64)
    return NewItemTrial(known, new, given.tocsr(), rows, weight, held_out_new, held_out)


def _hashed(keys: NDArray[Any]) -> NDArray[np.uint64]:
    """Hash of integers whose bits all depend on all bits (splitmix64)."""
    z = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _keep_entries(X: Any, keep: NDArray[np.bool_]) -> Any:
    row = entry_rows(X)
    place = (row[keep], X.indices[keep])
    return sparse.csr_array((X.data[keep].astype(float), place), shape=X.shape)


class Relevance(NamedTuple):
    """Relevant items of rows, and how much a row counts."""

    row: NDArray[np.integer]
    column: NDArray[np.integer]
    gain: NDArray[np.float64]
    share: NDArray[np.float64]  # of a row in the mean, divided by its best gain

    @classmethod
    def of(cls, held_out: Any, weight: NDArray[np.float64]) -> Relevance:
        """Relevance of held-out items of weighted rows, those without any left out."""
        none = np.full((held_out.shape[0], 1), -1, dtype=np.int64)
        ideal = ndcg_rows(held_out, none, _PLACES)[1]
        total = weight[ideal > 0].sum()
        share = np.where(ideal > 0, weight, 0) / np.where(ideal > 0, ideal * total, 1)
        return cls(entry_rows(held_out), held_out.indices, held_out.data, share)

    def among(self, kept: NDArray[np.bool_]) -> Relevance:
        """The same where each row keeps some columns only, side by side."""
        there = kept[self.row, self.column]
        row, column = self.row[there], self.column[there]
        places = np.cumsum(kept, axis=1, dtype=np.int32)[row, column] - 1
        return Relevance(row, places, self.gain[there], self.share)

    def ndcg(self, scores: NDArray[np.floating]) -> float:
        """Weighted mean nDCG@10; of equal scores the first ranks highest."""
        row, column = self.row, self.column
        own = scores[row, column]
        if scores.shape[1] > _PLACES:
            least = np.partition(scores, -_PLACES, axis=1)[:, -_PLACES]
            shown = (own >= least[row]) & (own > -np.inf)
        else:
            shown = own > -np.inf
        row, column, own = row[shown], column[shown], own[shown, None]
        rank = np.empty(row.size, dtype=np.int64)
        for block in row_blocks(row.size, scores.shape[1]):
            others = scores[row[block]]
            before = np.arange(scores.shape[1]) < column[block, None]
            above = (others > own[block]) | ((others == own[block]) & before)
            rank[block] = above.sum(axis=1)
        discount = np.where(rank < _PLACES, 1 / np.log2(rank + 2), 0)
        return round(float((self.gain[shown] * discount) @ self.share[row]), 9)
