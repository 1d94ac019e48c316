"""Sessions: the items of each row, in steps of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import events_of
from sktransfer._core.sparse import canonical_csr, entry_rows, is_sparse
from sktransfer.recommend._logs import warn_of_order
from sktransfer.recommend._numbering import check_numbering
from sktransfer.recommend.sequences._events import row_in_order, rows_in_order

_BLOCK_EVENTS = 1 << 19


class Sessions:
    """Events of sessions: which item, at which step.

    Indexed by slices of rows and with the shape of the matrix it stands for, as the
    recommenders' base class expects of interactions.

    Parameters
    ----------
    items : ndarray of int64 of shape (n_events,)
        Item of each event, session by session, ordered by step.
    step : ndarray of int64 of shape (n_events,)
        Step of the event within its session: 0, 1, ...; events of one step have no
        order.
    indptr : ndarray of int64 of shape (n_sessions + 1,)
        Where the events of each session begin.
    n_items : int
        Number of items.

    Attributes
    ----------
    shape : tuple of (int, int)
        Numbers of sessions and of items.
    """

    def __init__(
        self,
        items: NDArray[np.int64],
        step: NDArray[np.int64],
        indptr: NDArray[np.int64],
        n_items: int,
    ) -> None:
        self.items = items
        self.step = step
        self.indptr = indptr
        self.shape = (indptr.size - 1, n_items)
        self._patterns: dict[np.dtype[Any], sparse.csr_array] = {}

    def __getitem__(self, rows: slice) -> Sessions:
        start, stop, _ = rows.indices(self.shape[0])
        indptr = self.indptr[start : stop + 1]
        events = slice(indptr[0], indptr[-1])
        return Sessions(
            self.items[events], self.step[events], indptr - indptr[0], self.shape[1]
        )

    def take(self, rows: NDArray[np.integer]) -> Sessions:
        """Some of the sessions, in the given order."""
        lengths = np.diff(self.indptr)[rows]
        indptr = np.r_[0, np.cumsum(lengths)]
        events = np.arange(indptr[-1]) + np.repeat(
            self.indptr[rows] - indptr[:-1], lengths
        )
        return Sessions(self.items[events], self.step[events], indptr, self.shape[1])

    def without(self, item: NDArray[np.integer]) -> Sessions:
        """Sessions without one item each, in whichever step it is."""
        return self._only(self.items != item[self.rows])

    def _only(self, kept: NDArray[np.bool_]) -> Sessions:
        lengths = np.bincount(self.rows[kept], minlength=self.shape[0])
        indptr = np.r_[0, np.cumsum(lengths)]
        return Sessions(self.items[kept], self.step[kept], indptr, self.shape[1])

    def without_last_step(self) -> tuple[Sessions, sparse.csr_array]:
        """Sessions up to their last step, and the items that are new in that one.

        Sessions of one step are left as they are.
        """
        rows, n_steps = self.rows, self.n_steps()
        last = (self.step == n_steps[rows] - 1) & (n_steps[rows] > 1)
        pair = rows * self.shape[1] + self.items
        new = np.setdiff1d(pair[last], pair[~last])
        row, item = np.divmod(new, self.shape[1])
        indptr = np.searchsorted(row, np.arange(self.shape[0] + 1))
        ones = np.ones(new.size, dtype=bool)
        targets = sparse.csr_array((ones, item, indptr), shape=self.shape)
        return self._only(~last), targets

    def blocks(self, events: int = _BLOCK_EVENTS) -> Iterator[slice]:
        """Slices of sessions with a bounded number of events."""
        start = 0
        while start < self.shape[0]:
            last = self.indptr[start] + events
            stop = int(np.searchsorted(self.indptr, last, side="right")) - 1
            stop = max(stop, start + 1)
            yield slice(start, stop)
            start = stop

    @property
    def rows(self) -> NDArray[np.int64]:
        """Session of each event."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    def nonzero(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns that have an event."""
        return self.rows, self.items

    def n_steps(self) -> NDArray[np.int64]:
        """Number of steps of each session."""
        n_steps = np.zeros(self.shape[0], dtype=np.int64)
        filled = np.flatnonzero(np.diff(self.indptr))
        n_steps[filled] = self.step[self.indptr[filled + 1] - 1] + 1
        return n_steps

    def step_matrix(self, dtype: Any) -> tuple[sparse.csr_array, NDArray[np.int64]]:
        """Items of every step of every session."""
        n_steps = self.n_steps()
        stops = np.cumsum(n_steps)
        indptr = np.arange(self.items.size + 1)
        if n_steps.sum() < self.items.size:  # steps of several items
            place = (stops - n_steps)[self.rows] + self.step
            indptr = np.searchsorted(place, np.arange(n_steps.sum() + 1))
        M = sparse.csr_array(
            (np.ones(self.items.size, dtype=dtype), self.items, indptr),
            shape=(indptr.size - 1, self.shape[1]),
        )
        return M, np.repeat(np.arange(self.shape[0]), n_steps)

    def history(self, decay: float, dtype: Any) -> sparse.csr_array:
        r"""Recency weights: :math:`\sum \mathrm{decay}^{T - t}` by item."""
        back = self.n_steps()[self.rows] - 1 - self.step
        return self._matrix(np.power(float(decay), back).astype(dtype))

    def pattern(self, dtype: Any) -> sparse.csr_array:
        """Which items each session holds."""
        dtype = np.dtype(dtype)
        if dtype not in self._patterns:
            X = self._matrix(np.ones(self.items.size, dtype=dtype))
            X.data[:] = 1
            self._patterns[dtype] = X
        return self._patterns[dtype]

    def _matrix(self, values: NDArray[np.floating]) -> sparse.csr_array:
        X = sparse.csr_array(
            (values, self.items.copy(), self.indptr.copy()), shape=self.shape
        )
        X.sum_duplicates()
        return X


def stacked_sessions(parts: Sequence[Sessions]) -> Sessions:
    """Sessions of several over the same items, one after the other."""
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    return Sessions(
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.step for part in parts]),
        np.r_[0, np.cumsum(lengths)],
        parts[0].shape[1],
    )


_NUMBER_THEM = (
    "Number the items first, for example with numpy.unique(return_inverse=True), or "
    "pass texts in fit, too."
)


def item_sequences(X: Any, name: str) -> list[Any] | None:
    """Sequences of whole numbers in any container; None where X is a matrix."""
    found = rows_in_order(X) or []
    rows = [row_in_order(row) for row in found]
    orderless = rows and isinstance(found[0], str | bytes | Mapping | Set)
    if not orderless and all(row is None for row in rows):
        return None
    for i, row in enumerate(rows):
        if row is None:
            raise TypeError(
                f"{name} takes a sequence of item ids in time order for each row; got "
                f"{type(found[i]).__name__} in row {i}. Pass lists, empty for no item."
            )
    kinds = {kind for row in rows for kind in _kinds(row)}
    if all(issubclass(kind, Integral) and not _is_bool(kind) for kind in kinds):
        return rows
    if all(issubclass(kind, Real) for kind in kinds):
        values = np.array(list(chain.from_iterable(rows)), dtype=np.float64)
        if not any(map(_is_bool, kinds)) and not (values % 1).any():
            return [np.asarray(row, dtype=np.float64).astype(np.int64) for row in rows]
    odd = next(v for row in rows for v in row if not _is_whole(v))
    raise TypeError(
        f"{name} takes sequences of item ids, which are the columns of the items: "
        f"whole numbers from 0 on; got {odd!r:.60}. {_NUMBER_THEM} Pass rows of a "
        "matrix as an array."
    )


def listed_sequences(X: Any) -> list[Any] | None:
    """Rows of a container of sequences; None where a row is none, or X a matrix."""
    rows = [row_in_order(row) for row in rows_in_order(X) or []]
    return rows if rows and all(row is not None for row in rows) else None


def starts_with_number(rows: Sequence[Any]) -> bool:
    """Whether the first event of all is a number, or there is none."""
    return isinstance(next((row[0] for row in rows if len(row)), 0), Real)


def _kinds(row: Any) -> set[type]:
    """Types of the values of a row."""
    if isinstance(row, np.ndarray) and row.dtype.kind != "O":
        return {row.dtype.type} if row.size else set()
    return set(map(type, row))


def _is_bool(kind: type) -> bool:
    return issubclass(kind, bool | np.bool_)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Real) and not _is_bool(type(value)) and value % 1 == 0


def sessions_of_sequences(X: Sequence[Any], n_items: int | None, name: str) -> Sessions:
    """Sessions of lists of item ids in time order."""
    lengths = np.fromiter(map(len, X), np.int64, len(X))
    if all(isinstance(row, np.ndarray) for row in X):
        # an empty row may be of floats
        items = np.concatenate(X, dtype=np.int64, casting="unsafe")
    else:
        items = np.fromiter(chain.from_iterable(X), np.int64, lengths.sum())
    if items.size and items.min() < 0:
        raise ValueError(
            f"{name} takes sequences of item ids from 0 on, the columns of the items; "
            f"got {items.min()}. {_NUMBER_THEM}"
        )
    if n_items is None:
        if items.size == 0:
            raise ValueError(
                f"{name} needs a session with an item to fit; got {len(X)} empty "
                "sequence(s)."
            )
        n_items = int(items.max()) + 1
        check_numbering(n_items, items.size, name)
    known = items < n_items
    if not known.all():
        rows = np.repeat(np.arange(len(X)), lengths)
        items, lengths = items[known], np.bincount(rows[known], minlength=len(X))
    indptr = np.r_[0, np.cumsum(lengths)]
    step = np.arange(items.size) - np.repeat(indptr[:-1], lengths)
    return Sessions(items, step, indptr, n_items)


def sessions_of_log(log: Interactions, name: str) -> Sessions:
    """Sessions of the events of a log; without times, each is one step."""
    events = events_of(log)
    when = events.when
    if when is None:
        warn_of_order(name)
        return sessions_of_matrix(log.matrix)
    rows = events.rows
    order = np.lexsort((events.column, when, rows))
    items, when = events.column[order].astype(np.int64), when[order]
    later = (when[1:] != when[:-1]) | (rows[1:] != rows[:-1])
    there = np.append(True, later | (items[1:] != items[:-1]))[: items.size]
    total = np.cumsum(np.append(False, later))[: items.size]
    rows, items, total = rows[there], items[there], total[there]
    indptr = np.r_[0, np.cumsum(np.bincount(rows, minlength=log.shape[0]))]
    first = np.minimum(indptr[:-1], max(total.size - 1, 0))[rows]
    return Sessions(items, total - total[first], indptr, log.shape[1])


def sessions_of_matrix(X: Any) -> Sessions:
    """Sessions of a matrix whose values grow with time."""
    X = canonical_csr(X, newest=True).copy() if is_sparse(X) else sparse.csr_array(X)
    X.eliminate_zeros()
    rows = entry_rows(X)
    order = np.lexsort((X.data, rows))  # of equal values the smaller column first
    value = X.data[order]
    new = np.r_[False, (value[1:] != value[:-1]) & (rows[1:] == rows[:-1])]
    total = np.cumsum(new)
    indptr = X.indptr.astype(np.int64)
    lengths = np.diff(indptr)
    filled = lengths > 0
    first = np.repeat(total[indptr[:-1][filled]], lengths[filled])
    return Sessions(
        X.indices[order].astype(np.int64), total - first, indptr, X.shape[1]
    )
