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
    """What may be ranked: all, the same items for all rows, or some for each row.

    `check_candidates` makes one of what a user passes, and passes one on as it is, so
    that a recommender hands to its parts what it was told. All means the catalogue of
    the recommender; items that are named may be others, too.
    """

    shared: NDArray[np.int64] | None = None
    by_row: Any = None  # CSR pattern of shape (n_rows, n_items), or None
    as_candidates: bool = False  # ranked as few candidates, not as a whole catalogue

    @property
    def all(self) -> bool:
        """Whether every item may be recommended."""
        return self.shared is None and self.by_row is None

    def among(self, items: NDArray[np.bool_]) -> AllowedItems:
        """Those of them among some items."""
        if items.all():
            return self
        if self.by_row is not None:
            pattern = sparse.csr_array(self.by_row.multiply(items[None]))
            pattern.eliminate_zeros()
            return self._replace(by_row=pattern)
        named = np.flatnonzero(items)
        if self.shared is not None:
            named = self.shared[items[self.shared]]
        return self._replace(shared=named)

    def without(self, items: NDArray[np.bool_]) -> AllowedItems:
        """Those of them without some of each row, a mask of (n_rows, n_items)."""
        left = ~items
        if self.shared is not None:
            left &= np.isin(np.arange(items.shape[1]), self.shared)
        elif self.by_row is not None:
            left &= self.by_row.toarray() != 0
        return self._replace(shared=None, by_row=sparse.csr_array(left))

    def of_columns(self, columns: NDArray[np.int64]) -> AllowedItems:
        """The same of a matrix of some columns, in ascending order."""
        if self.by_row is not None:
            return self._replace(by_row=self.by_row[:, columns])
        if self.shared is not None:
            places = np.flatnonzero(np.isin(columns, self.shared))
            return self._replace(shared=places)
        return self

    def of_rows(self, rows: Any) -> AllowedItems:
        """The same of some rows."""
        if self.by_row is None:
            return self
        return self._replace(by_row=self.by_row[rows])

    def name_any(self, items: NDArray[np.bool_]) -> bool:
        """Whether some of these items are named."""
        if self.all:
            return False
        named = self.shared if self.by_row is None else self.by_row.indices
        return bool(items[named].any())

    def as_argument(self) -> Any:
        """In a form that every recommender takes as candidates."""
        return self.shared if self.by_row is None else self.by_row

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


ALL_ITEMS = AllowedItems()


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
    if isinstance(candidates, AllowedItems):
        return candidates
    if candidates is None:
        return ALL_ITEMS
    return _named_items(candidates, n_rows, n_items)._replace(as_candidates=True)


def ranks_candidates(candidates: Any) -> bool:
    """Whether what is passed as candidates, validated or not, is ranked as such."""
    if isinstance(candidates, AllowedItems):
        return candidates.as_candidates
    return candidates is not None


def rank_among(
    model: Any, X: Any, k: int, allowed: AllowedItems, **options: Any
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Rank by any fitted recommender what may be ranked."""
    told = hasattr(model, "_rank")  # of this package
    candidates = allowed if told else allowed.as_argument()
    if candidates is not None:
        options["candidates"] = candidates
    ranking: tuple[NDArray[np.int64], NDArray[np.floating]]
    ranking = model.recommend(X, k, **options)
    return ranking


def _named_items(candidates: Any, n_rows: int, n_items: int) -> AllowedItems:
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
