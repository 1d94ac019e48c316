"""Base of all sums of rows: read-only arrays, and small pickles."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Sums:
    """Frozen dataclass of numbers and read-only arrays.

    Unpickling calls the constructor, so that unpickled arrays are read-only too. Arrays
    that are all 0, as in sums of no rows, are pickled as their shapes alone.
    """

    def __post_init__(self) -> None:
        for name, array in self.arrays().items():
            view = array.view()  # the array of the caller stays writeable
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __reduce__(self) -> tuple[Any, ...]:
        arrays = self.arrays()
        others = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in arrays
        }
        if any(array.any() for array in arrays.values()):
            copies = {name: np.array(array) for name, array in arrays.items()}
            return _rebuild, (type(self), copies | others)
        shapes = {name: (a.shape, a.dtype.str) for name, a in arrays.items()}
        return _rebuild_zeros, (type(self), shapes, others)

    @property
    def settings(self) -> dict[str, Any]:
        """What two sums must share to be merged; nothing here."""
        return {}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays that are stored."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: v for name, v in values if isinstance(v, np.ndarray)}


def _rebuild(kind: type[Sums], values: dict[str, Any]) -> Sums:
    return kind(**values)


def _rebuild_zeros(
    kind: type[Sums], shapes: dict[str, Any], others: dict[str, Any]
) -> Sums:
    return kind(**{name: np.zeros(*form) for name, form in shapes.items()}, **others)


def diagonal(products: NDArray[Any]) -> NDArray[Any]:
    """Sums of squares of each column, as a view."""
    if products.ndim == 1:
        return products
    return products.ravel()[:: products.shape[0] + 1]


def check_remaining_squares(squares: NDArray[Any], whole: NDArray[Any]) -> None:
    """Raise if sums of squares are below 0 after rows were taken off."""
    below = np.flatnonzero(squares < -1e-6 * whole)
    if below.size:
        raise ValueError(
            f"The rows to take off do not fit those of the state in column {below[0]}: "
            "sums of squares below 0 would be left. Only rows that were added, with "
            "their weights, can be forgotten."
        )


def can_hold(whole: Any, part: Any) -> bool:
    """Whether the numbers of rows and the weights allow `part` to be in `whole`."""
    rows, weight = whole.n_rows - part.n_rows, whole.weight - part.weight
    return rows >= 0 and weight >= 0 and (rows > 0) == (weight > 0)
