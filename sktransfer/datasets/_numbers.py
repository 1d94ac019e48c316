"""Fields of a table that are numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.datasets._text_lines import TableError, shown


def parse_numbers(
    values: Iterable[Any],
    *,
    path: str | os.PathLike[str],
    column: str,
    integer: bool = False,
    low: float = -math.inf,
    high: float = math.inf,
) -> NDArray[Any]:
    """Turn the fields of a column into finite numbers, or say which is none."""
    values = list(values)
    kind = "a whole number" if integer else "a finite number"
    if low > -math.inf and high < math.inf:
        kind += f" from {low:g} to {high:g}"
    elif low > -math.inf:
        kind += f" of at least {low:g}"
    numbers = np.empty(len(values), dtype=np.int64 if integer else np.float64)
    for i, value in enumerate(values):
        try:
            number = _number(value, integer)
            if not low <= number <= high or not math.isfinite(number):
                raise ValueError
            numbers[i] = number
        except (ValueError, TypeError, OverflowError) as error:
            raise TableError(
                f"{path}, row {i + 1}, column {column!r}: expected {kind}, got "
                f"{shown(value)}."
            ) from error
    return numbers


def _number(value: Any, integer: bool) -> float:
    if isinstance(value, str):
        # Python reads 1_000 and other scripts' digits as numbers; a table does not.
        if not value.isascii() or "_" in value or len(value) > 400:
            raise ValueError
        return int(value) if integer else float(value)
    if isinstance(value, bool) or (integer and value != int(value)):
        raise ValueError
    return int(value) if integer else float(value)
