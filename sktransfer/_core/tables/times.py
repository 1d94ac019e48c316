"""Times of a column: numbers, dates and their texts in one form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables.lines import TableError
from sktransfer._core.tables.numbers import parse_numbers


def parse_times(
    values: NDArray[Any], path: Any, column: str, *, first_row: int = 1
) -> NDArray[Any]:
    """Times as finite numbers as they are, or dates as datetime64[us] in UTC.

    Dates without a zone are taken for UTC.
    """
    if values.dtype.kind == "M":
        times = values.astype("datetime64[us]")
        missing = np.flatnonzero(np.isnat(times))
        if missing.size:
            raise _no_time(path, column, int(missing[0]) + first_row, None)
        return times
    if values.dtype.kind in "iu" and np.can_cast(values.dtype, np.int64):
        return values.astype(np.int64)
    if not values.size or _is_number(values[0]):
        return parse_numbers(values, path=path, column=column, first_row=first_row)
    found: dict[Any, datetime] = {}
    for row, value in enumerate(values.tolist(), first_row):
        if value not in found:
            try:
                found[value] = _utc(value)
            except (TypeError, ValueError) as error:
                raise _no_time(path, column, row, value) from error
    return np.array([found[v] for v in values.tolist()], dtype="datetime64[us]")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _utc(value: Any) -> datetime:
    """A date, or its text as ISO 8601 writes it, in UTC and without the zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found != found:  # NaT is a datetime
        raise ValueError(value)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _no_time(path: Any, column: str, row: int, value: Any) -> TableError:
    return TableError(
        f"{path}, row {row}, column {column!r}: expected a number, or a date such as "
        f"2026-11-24 or 2026-11-24T18:30, got {value!r}"
    )
