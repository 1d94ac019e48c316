"""Sequences of tokens or events as flat arrays, and their recency weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


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


def check_sequences(X: Any, name: str) -> list[Any]:
    """Validate sequences of hashable events."""
    expected = (
        f"{name} takes a list of sequences of item ids, one for each row, such as "
        "[['a', 'b'], ['b']]"
    )
    if isinstance(X, str | bytes | dict) or sparse.issparse(X):
        raise TypeError(f"{expected}; got {type(X).__name__}.")
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if not hasattr(X, "__iter__") or getattr(X, "ndim", 1) == 0:
        raise TypeError(f"{expected}; got {type(X).__name__}.")
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "O":
        X = X[:, 0] if X.shape[1] == 1 else X
    sequences = []
    for i, row in enumerate(X):
        if isinstance(row, np.ndarray) and row.ndim == 1:
            row = row.tolist()
        if not isinstance(row, list | tuple):
            raise TypeError(f"{expected}; got {type(row).__name__} in row {i}.")
        for event in row:
            if event is None or event != event or not _is_hashable(event):
                raise TypeError(
                    f"{name} takes hashable item ids, none missing; got {event!r:.60} "
                    f"in row {i}."
                )
        sequences.append(list(row))
    return sequences


def _is_hashable(event: Any) -> bool:
    try:
        hash(event)
    except TypeError:
        return False
    return True
