"""Items held out inside the training data, as if they were new."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.ranking import ndcg_rows
from sktransfer._core.rows import row_keys, spread_rows
from sktransfer._core.sparse import entry_rows
from sktransfer._core.topk import top_k

_MAX_ROWS = 2000


class NewItemTrial(NamedTuple):
    """Interactions without those of some items and some of the other items'."""

    known: NDArray[np.int64]  # items that are not new
    new: NDArray[np.int64]
    given: Any  # CSR (n_rows, n_known): what is trained on
    rows: NDArray[np.int64]  # rows that are ranked for
    weight: NDArray[np.float64]  # of these rows
    held_out_new: Any  # CSR (rows, n_new)
    held_out: Any  # CSR (rows, n_known + n_new), known items first


def new_item_trial(
    X: Any, F: Any, w: NDArray[np.floating], *, every: int = 5, place: int = 0
) -> NewItemTrial | None:
    """Hold out every fifth item, and about every fifth of the other interactions.

    What is held out depends on contents and counts alone, not on the order of rows or
    items.
    """
    lengths = np.diff(X.indptr)
    row = entry_rows(X)
    count = np.bincount(X.indices, weights=w[row], minlength=X.shape[1])
    activity = np.bincount(
        X.indices, weights=w[row] / np.sqrt(lengths[row]), minlength=X.shape[1]
    )
    order = np.lexsort((np.round(activity, 6), np.round(count, 6), row_keys(F)))
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
    if rows.size > _MAX_ROWS:
        rows = np.sort(rows[spread_rows(X[rows], _MAX_ROWS)])
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


def mean_ndcg(
    scores: NDArray[np.floating],
    held_out: Any,
    weight: NDArray[np.float64],
    k: int = 10,
) -> float:
    """Weighted mean nDCG of ranking by score, over rows with a relevant item."""
    dcg, ideal = ndcg_rows(held_out, top_k(scores, k)[0])
    rows = ideal > 0
    if not rows.any():
        return 0.0
    mean = (dcg[rows] / ideal[rows]) @ weight[rows] / weight[rows].sum()
    return round(float(mean), 9)
