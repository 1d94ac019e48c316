"""Items that may be recommended: validated, and ranked by their scores."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import hidden_as_none
from sktransfer._core.sparse import canonical_csr, is_sparse
from sktransfer._core.topk import top_k


class AllowedItems(NamedTuple):
    """Items that may be recommended: all, the same to all rows, or listed by row."""

    shared: NDArray[np.int64] | None = None
    by_row: Any = None  # CSR pattern of shape (n_rows, n_items), or None

    @property
    def all(self) -> bool:
        """Whether every item may be recommended."""
        return self.shared is None and self.by_row is None

    def ranked(
        self, scores: NDArray[np.floating], rows: slice, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        """The k best allowed items of some rows, from the scores of all items."""
        if self.all:
            return top_k(scores, k)
        if self.shared is not None:
            places, values = top_k(scores[:, self.shared], k)
            return np.append(self.shared, -1)[places], values  # place -1 is no item
        items = self.listed(rows)
        scores = np.take_along_axis(scores, np.maximum(items, 0), axis=1)
        scores[items < 0] = -np.inf
        return rank_listed(items, scores, k)

    def listed(self, rows: slice) -> NDArray[np.int64]:
        """Allowed items of some rows, padded with -1, where not all are allowed."""
        if self.shared is not None:
            return np.tile(self.shared, (rows.stop - rows.start, 1))
        pattern = self.by_row[rows]
        lengths = np.diff(pattern.indptr)
        items = np.full((lengths.size, lengths.max(initial=0)), -1, dtype=np.int64)
        items[np.arange(items.shape[1]) < lengths[:, None]] = pattern.indices
        return items


def rank_listed(
    items: NDArray[np.int64], scores: NDArray[np.floating], k: int
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """The k best of the items listed in each row, -1 where there are fewer."""
    places, values = top_k(scores, k)
    items = np.pad(items, ((0, 0), (0, 1)), constant_values=-1)  # place -1 is no item
    return np.take_along_axis(items, places, axis=1), values


_EXPECTED = (
    "candidates must be a 1-D array of item ids or a boolean mask for all rows, or one "
    "list of item ids for each row (a 2-D array may be padded with -1), or a sparse "
    "matrix of the shape of X"
)


def check_candidates(candidates: Any, n_rows: int, n_items: int) -> AllowedItems:
    """Validate the items that may be recommended."""
    if candidates is None:
        return AllowedItems()
    if is_sparse(candidates):
        return AllowedItems(by_row=_pattern(candidates, n_rows, n_items))
    ids = item_ids(candidates)
    if ids.dtype.kind == "b" and ids.shape == (n_items,):
        return AllowedItems(np.flatnonzero(ids))
    if ids.dtype.kind == "b" and ids.shape == (n_rows, n_items):
        return AllowedItems(by_row=sparse.csr_array(ids))
    if _is_mask_of_numbers(ids, n_items):
        raise ValueError(
            f"{_EXPECTED}; got 0 and 1 for each of the {n_items} items, which are the "
            "same two ids again and again. Pass candidates.astype(bool)."
        )
    if ids.ndim == 1 and ids.dtype.kind in "iu":
        return AllowedItems(np.unique(_in_range(ids, n_items)))
    if ids.dtype.kind == "b" or ids.ndim == 0:
        raise ValueError(f"{_EXPECTED}; got shape {ids.shape}, dtype {ids.dtype}.")
    return AllowedItems(by_row=_pattern_of_lists(ids, n_rows, n_items))


def allowed_items(candidates: Any, items: NDArray[np.bool_], n_rows: int) -> Any:
    """Candidates among some items only, in a form that ``recommend`` takes."""
    allowed = check_candidates(candidates, n_rows, items.size)
    if allowed.by_row is not None:
        pattern = sparse.csr_array(allowed.by_row.multiply(items[None]))
        pattern.eliminate_zeros()
        return pattern
    if allowed.shared is None:
        return items
    mask = np.zeros_like(items)
    mask[allowed.shared] = True
    return mask & items


def _is_mask_of_numbers(ids: NDArray[Any], n_items: int) -> bool:
    if ids.dtype.kind not in "iu" or ids.shape[-1:] != (n_items,) or n_items < 3:
        return False
    return bool(((ids == 0) | (ids == 1)).all())


def item_ids(values: Any) -> NDArray[Any]:
    """Item ids in any container as an array, whole floats as integers.

    Lists of several lengths become an array of objects.
    """
    if isinstance(values, Set | Iterator | range):
        values = list(values)
    if isinstance(values, list | tuple):
        values = hidden_as_none(values)
    elif np.ma.is_masked(values):
        values = values.astype(object).filled(None)  # no ids
    try:
        ids = np.asarray(values)
        if ids.dtype.kind == "O":  # of a typed series, or of lists
            ids = np.asarray(ids.tolist())
    except ValueError:  # lists of several lengths
        ids = np.empty(len(values), dtype=object)
        ids[:] = list(values)
    whole = ids.dtype.kind == "f" and np.isfinite(ids).all() and not (ids % 1).any()
    return ids.astype(np.int64) if whole and ids.size else ids


def _pattern(candidates: Any, n_rows: int, n_items: int) -> sparse.csr_array:
    if candidates.shape != (n_rows, n_items):
        raise ValueError(
            f"{_EXPECTED}; got a sparse matrix of shape {candidates.shape} where X has "
            f"{(n_rows, n_items)}."
        )
    pattern = sparse.csr_array(canonical_csr(candidates), copy=True)
    pattern.eliminate_zeros()
    return pattern


def _pattern_of_lists(
    candidates: NDArray[Any], n_rows: int, n_items: int
) -> sparse.csr_array:
    if len(candidates) != n_rows:
        raise ValueError(f"{_EXPECTED}; got {len(candidates)} lists for {n_rows} rows.")
    lists = [item_ids(row) for row in candidates]
    for i, row in enumerate(lists):
        if row.ndim != 1 or (row.size and row.dtype.kind not in "iu"):
            raise ValueError(f"{_EXPECTED}; got {candidates[i]!r:.60} for row {i}.")
    rows = np.repeat(np.arange(n_rows), [row.size for row in lists])
    ids = np.concatenate([row.astype(np.int64) for row in lists])
    rows, ids = rows[ids != -1], ids[ids != -1]
    _in_range(ids, n_items)
    pattern = sparse.csr_array(
        (np.ones(ids.size, dtype=bool), (rows, ids)), shape=(n_rows, n_items)
    )
    pattern.sum_duplicates()
    return pattern


def _in_range(ids: NDArray[Any], n_items: int) -> NDArray[np.int64]:
    if ids.size and (ids.min() < 0 or ids.max() >= n_items):
        raise ValueError(
            f"candidates must be item ids from 0 to {n_items - 1}, the columns of X; "
            f"got ids from {ids.min()} to {ids.max()}."
        )
    return ids.astype(np.int64)
