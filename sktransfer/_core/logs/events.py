"""Events of rows as flat arrays: which column, when, how much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


def narrowest(numbers: NDArray[np.integer]) -> NDArray[np.integer]:
    """Whole numbers from 0 on in as few bytes as hold them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


@dataclass(frozen=True)
class LogEvents:
    """Events of rows, one row after the other, in each in time order.

    Attributes
    ----------
    column : ndarray of int32 of shape (n_events,)
        Column of each event.
    indptr : ndarray of int64 of shape (n_rows + 1,)
        Where the events of each row begin.
    when : ndarray of shape (n_events,) or None
        Numbers or datetime64[us].
    value : ndarray of float32 of shape (n_events,) or None
        Strength; None for 1.
    low : ndarray of bool of shape (n_events,) or None
        Whether it was rated too low to learn from; None where nothing was.
    """

    column: NDArray[np.integer]
    indptr: NDArray[np.int64]
    when: NDArray[Any] | None = None
    value: NDArray[np.float32] | None = None
    low: NDArray[np.bool_] | None = None

    def __getstate__(self) -> dict[str, Any]:
        lengths = narrowest(np.diff(self.indptr))
        state = {**self.__dict__, "column": narrowest(self.column), "lengths": lengths}
        del state["indptr"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        indptr = np.r_[0, np.cumsum(state.pop("lengths"), dtype=np.int64)]
        column = state.pop("column").astype(np.int32)
        self.__dict__.update(state, column=column, indptr=indptr)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.indptr.size - 1

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row of each event."""
        return np.repeat(np.arange(self.n_rows), np.diff(self.indptr))

    def take_rows(self, rows: NDArray[np.integer]) -> LogEvents:
        """Some rows, in the order of their numbers; -1 for one without events."""
        start, stop = self.indptr[rows], self.indptr[rows + 1]
        lengths = np.where(rows < 0, 0, stop - start)
        indptr = np.r_[0, np.cumsum(lengths)]
        places = np.arange(indptr[-1]) + np.repeat(start - indptr[:-1], lengths)
        return self._at(places, indptr)

    def keep(self, kept: NDArray[np.bool_]) -> LogEvents:
        """Some of the events."""
        n_kept = np.r_[0, np.cumsum(kept)]
        return self._at(np.flatnonzero(kept), n_kept[self.indptr])

    def renumbered(self, columns: NDArray[np.int64]) -> LogEvents:
        """Events with other columns; those whose new column is -1 are left out."""
        events = replace(self, column=columns[self.column].astype(np.int32))
        known = events.column >= 0
        return events if known.all() else events.keep(known)

    def _at(self, places: NDArray[np.intp], indptr: NDArray[np.int64]) -> LogEvents:
        when, value, low = _taken(places, self.when, self.value, self.low)
        return LogEvents(self.column[places], indptr, when, value, low)

    def newest(self, n_columns: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Newest event of each pair of row and column, and the pair of each event."""
        keys = self.rows * np.int64(n_columns) + self.column
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        last = np.append(ordered[1:] != ordered[:-1], True)[: order.size]
        pair = np.empty(order.size, dtype=np.int64)
        pair[order] = np.cumsum(last) - last
        return order[last], pair


def events_of_rows(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    n_rows: int,
    when: NDArray[Any] | None = None,
    value: NDArray[np.float32] | None = None,
    low: NDArray[np.bool_] | None = None,
) -> LogEvents:
    """Events in any order as those of rows; equal times stay in their order."""
    order = np.lexsort((row,) if when is None else (when, row))
    indptr = np.r_[0, np.cumsum(np.bincount(row, minlength=n_rows))]
    return LogEvents(
        column[order].astype(np.int32), indptr, *_taken(order, when, value, low)
    )


def _taken(places: NDArray[np.intp], *arrays: NDArray[Any] | None) -> list[Any]:
    """Values at some places, of those that are there."""
    return [None if values is None else values[places] for values in arrays]
