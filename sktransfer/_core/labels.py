"""Labels that may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import column_or_1d

from sktransfer._core.inputs import column_values

# pandas, without importing it, and NumPy's entry under a mask
_MISSING_TYPES = ("NAType", "NaTType", "MaskedConstant")


def label_array(y: Any) -> NDArray[Any]:
    """One-dimensional array of labels in which missing ones stay what they are.

    NumPy turns a list of strings and NaN into strings, "nan" among them; here it
    becomes an object array.
    """
    if isinstance(y, list | tuple | Iterator):
        y = list(y)
        labels = np.asarray(y, dtype=object)
        y = labels if missing_labels(labels.ravel()).any() else y
    return column_or_1d(column_values(y, "y"), dtype=None, warn=True)


def missing_labels(y: Any) -> NDArray[np.bool_]:
    """Mask of the entries of ``y`` that hold no label (None, NaN or pandas' NA)."""
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return np.isnan(y)
    if y.dtype.kind != "O":
        return np.zeros(y.shape[0], dtype=bool)
    return np.fromiter((_is_missing(v) for v in y), dtype=bool, count=y.shape[0])


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def known_labels(y: Any, rows: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels of the given rows, in the plainest dtype that holds them.

    An object array that mixes strings or integers with None becomes an array of
    strings or integers once the missing entries are left out.
    """
    labels = np.asarray(y)[rows]
    if labels.dtype.kind == "O":
        plain = np.asarray(labels.tolist())
        mixed = plain.dtype.kind == "U" and not all(isinstance(v, str) for v in labels)
        return labels if mixed or plain.ndim != 1 else plain
    return labels


def mask_labels(y: Any, keep: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels with all but the kept rows replaced by a missing value."""
    labels = known_labels(y, keep)
    if labels.shape[0] == keep.shape[0]:
        return labels
    number = labels.dtype.kind in "fiub"
    masked = np.full(keep.shape[0], np.nan) if number else np.empty(keep.shape[0], "O")
    masked[keep] = labels
    return masked
