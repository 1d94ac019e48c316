"""Labels that may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import column_or_1d

from sktransfer._core.inputs import column_values, is_missing


def label_array(y: Any) -> NDArray[Any]:
    """One-dimensional array of labels in which missing ones stay what they are.

    NumPy turns a list of strings and NaN or numbers into strings, "nan" among them;
    here it becomes an object array.
    """
    return column_or_1d(_plain_values(y), dtype=None, warn=True)


def row_labels(y: Any, n_rows: int, row: str = "row") -> NDArray[Any] | None:
    """Labels, one for each row; None stays None."""
    if y is None:
        return None
    labels = label_array(y)
    if labels.size != n_rows:
        raise ValueError(
            f"y must have one label for each {row}; got {labels.size} labels for "
            f"{n_rows} {row}s."
        )
    return labels


def _plain_values(y: Any) -> NDArray[Any]:
    """Values of any container; whole numbers of a list stay so beside a missing one."""
    if isinstance(y, list | tuple | Iterator):
        y = list(y)
        labels = np.asarray(y, dtype=object)
        y = labels if missing_labels(labels.ravel()).any() else y
    return column_values(y, "y")


def given_labels(y: Any) -> NDArray[Any] | None:
    """What a user passed as labels, as an array of any shape; None stays None."""
    if y is None:
        return None
    values = _plain_values(y)
    several = values.ndim == 2 and values.shape[1] > 1
    return values if several else column_or_1d(values, dtype=None, warn=True)


def complete_values(y: Any) -> NDArray[Any]:
    """Values of a container of any library; an error where one is missing."""
    values = column_values(y, "y")
    _refuse_missing(values, "y")
    return values


def complete_labels(y: Any, name: str = "y") -> NDArray[Any]:
    """One-dimensional labels of one type; an error where one is missing."""
    labels = label_array(y)
    _refuse_missing(labels, name)
    return known_labels(labels, np.ones(labels.shape[0], dtype=bool))


def _refuse_missing(values: NDArray[Any], name: str) -> None:
    """Raise for None and its like; NaN among floats is left to scikit-learn."""
    if values.dtype.kind != "O":
        return
    missing = missing_labels(values.ravel())
    if missing.any():
        raise ValueError(
            f"{name} has {missing.sum()} missing entries among {missing.size} (NaN, "
            "None or masked). Leave these rows out."
        )


def missing_labels(y: Any) -> NDArray[np.bool_]:
    """Mask of the entries of ``y`` that hold no label (None, NaN or pandas' NA)."""
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return np.isnan(y)
    if y.dtype.kind != "O":
        return np.zeros(y.shape[0], dtype=bool)
    return np.fromiter((is_missing(v) for v in y), dtype=bool, count=y.shape[0])


def is_minus_one(y: NDArray[Any]) -> NDArray[np.bool_]:
    """Where ``y`` is the number -1."""
    if y.dtype.kind in "if":
        return y == -1
    number = (int, float, np.number)
    return np.fromiter(
        (isinstance(v, number) and v == -1 for v in y), dtype=bool, count=y.shape[0]
    )


def known_labels(y: Any, rows: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels of the given rows, in the plainest dtype that holds them.

    An object array that mixes strings or integers with None becomes an array of
    strings or integers once the missing entries are left out.
    """
    labels = np.asarray(y)[rows]
    if labels.dtype.kind == "O":
        if _mixes_strings(labels):
            text = next(v for v in labels if isinstance(v, str))
            other = next(v for v in labels if not isinstance(v, str))
            raise ValueError(
                f"y must hold labels of one type; got strings such as {text!r} next "
                f"to {other!r} of type {type(other).__name__}. Pass [str(label) for "
                "label in y], with None for a missing label."
            )
        plain = np.asarray(labels.tolist())
        return labels if plain.ndim != 1 else plain
    return labels


def _mixes_strings(labels: Iterable[Any]) -> bool:
    """Whether some labels are strings and some are not."""
    return len({issubclass(kind, str) for kind in set(map(type, labels))}) == 2


def mask_labels(y: Any, keep: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels with all but the kept rows replaced by a missing value."""
    labels = known_labels(y, keep)
    if labels.shape[0] == keep.shape[0]:
        return labels
    number = labels.dtype.kind in "fiub"
    masked = np.full(keep.shape[0], np.nan) if number else np.empty(keep.shape[0], "O")
    masked[keep] = labels
    return masked


def labels_in_place(labels: NDArray[Any], rows: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels of some rows in their places, missing elsewhere."""
    if rows.all():  # integers stay integers next to None
        return labels
    masked = np.full(rows.size, None, dtype=object)
    masked[rows] = labels
    return masked
