"""Interactions of target users that are hidden to choose between models."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.topk import row_blocks
from sktransfer.recommend._base import stored_pattern
from sktransfer.recommend._blend import row_spread


class Hidden(NamedTuple):
    """Interactions without one of some rows, and what that one is ranked among."""

    X: Any  # CSR of all rows, without the hidden interactions
    rows: NDArray[np.int64]  # rows of which one is hidden
    items: NDArray[np.int64]  # (n_hidden, 1 + n_others); the hidden item first


def hide_one(
    X: Any,
    rows: NDArray[np.int64],
    catalogue: NDArray[np.bool_],
    n_others: int,
    rng: np.random.RandomState,
) -> Hidden:
    """Hide an interaction of each row, and draw other items to rank it among.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_items)
        Interactions, without stored zeros.
    rows : ndarray of int of shape (n_hidden,)
        Rows with two interactions or more, one of them in the catalogue.
    catalogue : ndarray of bool of shape (n_items,)
        Items that may be hidden, and drawn.
    n_others : int
        Other items to draw for each row from those of the catalogue that the row does
        not hold. Where there are fewer, all of them, then -1.
    rng : RandomState
        Draws them.

    Returns
    -------
    hidden : Hidden
        The parts.
    """
    X = sparse.csr_array(X, copy=True)
    shown = np.flatnonzero(catalogue)
    place, others = [], np.full((rows.size, n_others), -1)
    for i, row in enumerate(rows):
        held = X.indices[X.indptr[row] : X.indptr[row + 1]]
        may = np.flatnonzero(catalogue[held])
        place.append(X.indptr[row] + may[rng.randint(may.size)])
        others[i] = _others(shown, held, n_others, rng)
    place = np.array(place, dtype=np.int64)
    items = np.column_stack([X.indices[place], others]).astype(np.int64)
    X.data[place] = 0
    X.eliminate_zeros()
    return Hidden(X, rows, items)


def _others(
    shown: NDArray[np.int64], held: NDArray, n: int, rng: np.random.RandomState
) -> NDArray[np.int64]:
    left = shown[~np.isin(shown, held)]
    if left.size > n:
        return rng.choice(left, n, replace=False)
    return np.pad(left, (0, n - left.size), constant_values=-1)


def listed_scores(model: Any, X: Any, items: NDArray[np.int64]) -> NDArray[np.floating]:
    """Scores of listed items, standardised over all items of the row.

    Parameters
    ----------
    model : estimator
        With ``predict(X)``.
    X : CSR of shape (n_rows, n_items)
        Rows to score.
    items : ndarray of int64 of shape (n_rows, n_listed)
        Columns of each row; -1 for none, which gets the score of the last column.

    Returns
    -------
    scores : ndarray of shape (n_rows, n_listed)
        Their scores.
    """
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
    """nDCG@10 of the first item of each row among the others.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_listed)
        Scores; the hidden item first.
    items : ndarray of int64 of shape (n_rows, n_listed)
        Items; -1 is no item.

    Returns
    -------
    ndcg : ndarray of shape (n_rows,)
        An item of equal score counts as half before it.
    """
    first, others = scores[:, :1], scores[:, 1:]
    there = items[:, 1:] >= 0
    rank = ((others > first) & there).sum(axis=1)
    rank = rank + ((others == first) & there).sum(axis=1) / 2
    return np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)


def rows_to_hide(
    X: Any, rows: NDArray[np.bool_], catalogue: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Rows with two interactions or more, one of them in the catalogue.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_items)
        Interactions, without stored zeros.
    rows : ndarray of bool of shape (n_rows,)
        Rows to look at.
    catalogue : ndarray of bool of shape (n_items,)
        Items that may be hidden.

    Returns
    -------
    rows : ndarray of int64
        Their numbers.
    """
    row, item = stored_pattern(X)
    in_catalogue = np.bincount(row, weights=catalogue[item], minlength=X.shape[0])
    return np.flatnonzero(rows & (np.diff(X.indptr) >= 2) & (in_catalogue >= 1))
