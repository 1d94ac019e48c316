"""Ids of users and items are text, in whatever a file keeps them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import is_missing
from sktransfer._core.tables.lines import TableError, shown

_EXACT = 2.0**53  # from here on, float64 does not hold every whole number


def id_texts(values: Any, where: str, *, first_row: int = 1) -> NDArray[np.object_]:
    """Ids as text: the same id in a file of text and in one of numbers is the same.

    Text stays as it is ("007" is not "7"), a whole number is its decimal digits, and
    bytes that are no text their hexadecimal ones.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        Texts, whole numbers, or floats that hold whole numbers below 2**53, as columns
        of whole numbers with gaps become in some programs.
    where : str
        What the messages begin with, such as "log.csv, column 'user'".
    first_row : int, default=1
        Number of the first row, for the messages.

    Returns
    -------
    texts : ndarray of object of shape (n_rows,)
        The ids as str, none of them empty.

    Raises
    ------
    TableError
        If an id is missing, or is neither text nor a whole number.
    """
    if not hasattr(values, "dtype"):
        values = object_array(values)
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        numbers, place = np.unique(array, return_inverse=True)
        return object_array(map(str, numbers.tolist()))[place.reshape(-1)]
    listed = array.tolist()
    if set(map(type, listed)) - {str}:
        for row, value in enumerate(listed, first_row):
            if type(value) is not str:
                listed[row - first_row] = _id_text(value, where, row)
    if not all(listed):
        rows = [row for row, text in enumerate(listed, first_row) if not text]
        raise TableError(
            f"{where}, row {rows[0]}: there is no id, as in {len(rows)} of "
            f"{len(listed)} rows. Every row needs one: fill these, or drop them."
        )
    return object_array(listed)


def object_array(values: Any) -> NDArray[np.object_]:
    """One-dimensional array of any values, lists among them."""
    listed = list(values)
    out = np.empty(len(listed), dtype=object)
    out[:] = listed
    return out


def is_empty(value: Any) -> bool:
    """Whether a field holds nothing: no character, or a missing value."""
    return value == "" if isinstance(value, str) else is_missing(value)


def _id_text(value: Any, where: str, row: int) -> str:
    """Text of one id that is not a str; empty where it is missing."""
    if is_missing(value):
        return ""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | UUID):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:  # such as the 16 bytes of a UUID
            return value.hex()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return f"{value:.0f}"
    if isinstance(value, float) and value.is_integer():
        if abs(value) < _EXACT:
            return str(int(value))
        raise TableError(
            f"{where}, row {row}: {value!r} is a float, which does not hold the last "
            "digits of so large an id. Store ids as text or as whole numbers."
        )
    raise TableError(
        f"{where}, row {row}: an id is a text or a whole number; got {shown(value)}."
    )
