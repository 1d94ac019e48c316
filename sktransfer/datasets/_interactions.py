"""Shared by loaders of interaction logs: sparse matrices and indices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import Bunch

from sktransfer._core.tables import parse_numbers


class Index:
    """Rows or columns of a matrix by identifier.

    Parameters
    ----------
    labels : iterable of str
        Identifiers, which may repeat; their sorted order is that of the places.
    """

    def __init__(self, labels: Any) -> None:
        self.labels = np.array(sorted(set(labels)), dtype=object)
        self._place = {label: i for i, label in enumerate(self.labels)}

    def __call__(self, labels: Any) -> NDArray[np.int64]:
        return np.fromiter((self._place[v] for v in labels), np.int64, len(labels))

    def __len__(self) -> int:
        return len(self.labels)


def interaction_matrix(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[Any],
    shape: tuple[int, int],
    *,
    add: bool = False,
) -> sparse.csr_matrix:
    """Build a CSR matrix of events, in which pairs may occur again."""
    if not add:
        key = rows * np.int64(shape[1]) + columns
        _, last = np.unique(key[::-1], return_index=True)
        keep = np.sort(len(key) - 1 - last)
        rows, columns, values = rows[keep], columns[keep], values[keep]
    return sparse.csr_matrix(
        (np.asarray(values, dtype=np.float32), (rows, columns)), shape=shape
    )


def whole_numbers(
    path: Path, table: dict[str, NDArray], column: str
) -> NDArray[np.int64]:
    """Parse a column of whole numbers that are not negative."""
    return parse_numbers(table[column], path=path, column=column, integer=True, low=0)


def event_columns(bunch: Bunch) -> dict[str, NDArray]:
    """List the events of several markets as columns of a frame."""
    columns = {
        "market": bunch.market[bunch.user_index],
        "user": bunch.user_ids[bunch.user_index],
        "item": bunch.item_ids[bunch.item_index],
        "rating": bunch.rating,
    }
    return columns | ({"time": bunch.time} if "time" in bunch else {})
