"""Sequences of tokens or events as flat arrays, and their recency weights."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import hidden_as_none


class Events(NamedTuple):
    """Known events of sequences, one after the other.

    Attributes
    ----------
    ids : ndarray of int64 of shape (n_events,)
        Index of each event in the vocabulary.
    indptr : ndarray of int64 of shape (n_sequences + 1,)
        Where each sequence begins.
    n_ids : int
        Size of the vocabulary.
    """

    ids: NDArray[np.int64]
    indptr: NDArray[np.int64]
    n_ids: int

    def ahead(self) -> NDArray[np.int64]:
        """Number of events of the same sequence before each event."""
        return np.arange(self.ids.size) - np.repeat(
            self.indptr[:-1], np.diff(self.indptr)
        )

    def behind(self) -> NDArray[np.int64]:
        """Number of events of the same sequence after each event."""
        return np.repeat(self.indptr[1:], np.diff(self.indptr)) - (
            np.arange(self.ids.size) + 1
        )

    def matrix(self, values: NDArray[np.floating]) -> sparse.csr_array:
        """Sum a value of each event by sequence and index."""
        shape = (self.indptr.size - 1, self.n_ids)
        X = sparse.csr_array(
            (values.copy(), self.ids.copy(), self.indptr.copy()), shape=shape
        )
        X.sum_duplicates()
        return X


def find_events(sequences: Sequence[Sequence[Any]], index: dict[Any, int]) -> Events:
    """Look up the events of sequences; those not in the index are left out."""
    lengths = np.array([len(row) for row in sequences], dtype=np.int64)
    unknown = -1
    ids = np.fromiter(
        (index.get(event, unknown) for event in chain.from_iterable(sequences)),
        np.int64,
        lengths.sum(),
    )
    known = ids != unknown
    rows = np.repeat(np.arange(lengths.size), lengths)[known]
    indptr = np.searchsorted(rows, np.arange(lengths.size + 1))
    return Events(ids[known], indptr.astype(np.int64), len(index))


def decay_weights(distance: NDArray[np.int64], decay: float) -> NDArray[np.float32]:
    """Weights ``decay ** distance`` that never vanish but for ``decay=0``."""
    weights = np.power(float(decay), distance)
    if decay > 0:
        weights = np.maximum(weights, np.finfo(np.float32).tiny)
    return weights.astype(np.float32)


def rows_in_order(X: Any) -> list[Any] | None:
    """Rows of a container of sequences; None where it is a matrix, or no container."""
    if isinstance(X, str | bytes | Mapping | Set) or sparse.issparse(X):
        return None
    if isinstance(X, list | tuple | Iterator):
        return list(hidden_as_none(list(X)))
    if isinstance(X, np.ndarray) or _is_frame(X):
        X = np.asarray(X)
        if X.ndim == 2 and X.shape[1] == 1 and X.dtype.kind == "O":
            X = X[:, 0]
        return list(X) if X.ndim == 1 and X.dtype.kind == "O" else None
    for method in ("to_list", "to_pylist"):  # of a series of pandas, polars, pyarrow
        if hasattr(X, method):
            return list(getattr(X, method)())
    return None


def row_in_order(row: Any) -> Any:
    """A list, tuple or array of the events of a row; None where they have no order."""
    if isinstance(row, list | tuple):
        return row
    if isinstance(row, np.ndarray):
        return row if row.ndim == 1 else None
    if isinstance(row, Sequence | deque | Iterator):
        return None if isinstance(row, str | bytes) else list(row)
    if _is_frame(row) or not hasattr(row, "__array__"):
        return None
    return row_in_order(np.asarray(row))  # a series


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns")  # of pandas, polars and pyarrow


def check_sequences(X: Any, name: str) -> list[Any]:
    """Validate sequences of hashable events."""
    expected = (
        f"{name} takes a list of sequences of item ids, one for each row, such as "
        "[['a', 'b'], ['b']]"
    )
    X = np.asarray(X) if _is_frame(X) else X
    rows = rows_in_order(X)
    if rows is None and isinstance(X, np.ndarray) and X.ndim == 2:
        rows = list(X)
    if rows is None:
        raise TypeError(f"{expected}; got {type(X).__name__}.")
    sequences = []
    for i, events in enumerate(rows):
        row = row_in_order(events)
        if row is None:
            raise TypeError(f"{expected}; got {type(events).__name__} in row {i}.")
        row = row.tolist() if isinstance(row, np.ndarray) else list(row)
        for event in row:
            if event is None or event != event or not _is_hashable(event):
                raise TypeError(
                    f"{name} takes hashable item ids, none missing; got {event!r:.60} "
                    f"in row {i}."
                )
        sequences.append(row)
    return sequences


def _is_hashable(event: Any) -> bool:
    try:
        hash(event)
    except TypeError:
        return False
    return True
