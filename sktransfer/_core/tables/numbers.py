"""Fields of a table that are numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables.lines import TableError, shown


def parse_numbers(
    values: Iterable[Any],
    *,
    path: str | os.PathLike[str],
    column: str,
    integer: bool = False,
    low: float = -math.inf,
    high: float = math.inf,
    first_row: int = 1,
) -> NDArray[Any]:
    """Turn the fields of a column into finite numbers, or say which is none.

    Parameters
    ----------
    values : iterable of str, int or float
        The fields, as :func:`read_table` reads them.
    path : str or path-like
        File that they come from, for the message.
    column : str
        Name of the column, for the message.
    integer : bool, default=False
        Whether they must be whole numbers.
    low, high : float, default=-inf, inf
        Least and largest number that is allowed.
    first_row : int, default=1
        Number of the first row, for the message.

    Returns
    -------
    numbers : ndarray of float64 or int64 of shape (n_rows,)
        The numbers.

    Raises
    ------
    TableError
        If a field is missing or no such number; the message names its row.

    See Also
    --------
    read_table : Reads the columns of a file.

    Examples
    --------
    >>> from sktransfer.datasets import parse_numbers
    >>> parse_numbers(["4", "5.5"], path="log.csv", column="rating", low=1)
    array([4. , 5.5])
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf" and not integer:
        floats = values.astype(np.float64)
        if (np.isfinite(floats) & (low <= floats) & (floats <= high)).all():
            return floats
    values = values.tolist() if isinstance(values, np.ndarray) else list(values)
    kind = "a whole number" if integer else "a finite number"
    if low > -math.inf and high < math.inf:
        kind += f" from {low:g} to {high:g}"
    elif low > -math.inf:
        kind += f" of at least {low:g}"
    numbers = np.empty(len(values), dtype=np.int64 if integer else np.float64)
    for i, value in enumerate(values):
        try:
            number = _one_number(value, integer)
            if not low <= number <= high or not math.isfinite(number):
                raise ValueError
            numbers[i] = number
        except (ValueError, TypeError, OverflowError) as error:
            raise TableError(
                f"{path}, row {i + first_row}, column {column!r}: expected {kind}, got "
                f"{shown(value)}."
            ) from error
    return numbers


def _one_number(value: Any, integer: bool) -> float:
    if isinstance(value, str):
        # Python reads 1_000 and other scripts' digits as numbers; a table does not.
        if not value.isascii() or "_" in value or len(value) > 400:
            raise ValueError
        return int(value) if integer else float(value)
    if isinstance(value, bool) or (integer and value != int(value)):
        raise ValueError
    return int(value) if integer else float(value)
