"""Columns of files for moments: paths, numbers, and one column of any type."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sktransfer._core.tables import (
    MISSING_NUMBERS,
    Frame,
    TextOptions,
    check_exists,
    is_empty,
    object_array,
    table_columns,
    table_frames,
)

_WORDS = dict.fromkeys(MISSING_NUMBERS, np.nan)
_TRUTHS = {"True": True, "TRUE": True, "true": True}
_TRUTHS |= {"False": False, "FALSE": False, "false": False}
_CODE = re.compile(r"\s*[+-]?0\d")  # digits that are no number: "007"


def read_frames(
    path: Path,
    columns: Sequence[str] | None,
    n_rows: int,
    options: TextOptions,
    *,
    texts: Collection[str] = (),
) -> Iterator[Frame]:
    """Columns of a file or folder, some rows at a time."""
    if columns is not None and not columns:
        raise ValueError("columns names a column at least; got none.")
    check_exists(path)
    for frame in table_frames(
        path, columns, n_rows=n_rows, options=options, texts=texts
    ):
        if len(next(iter(frame.values()), ())):
            yield frame


def file_columns(path: str | os.PathLike[str]) -> list[str]:
    """Names of the columns of a file or folder."""
    check_exists(Path(path))
    return table_columns(Path(path))


def numbers(
    path: Path, frame: Frame, names: list[str], dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Columns side by side, all of numbers; missing ones are NaN."""
    out = np.empty((len(next(iter(frame.values()), ())), len(names)), dtype=dtype)
    for j, name in enumerate(names):
        column = frame[name]
        if column.dtype.kind not in "biuf":
            column = _floats(column.tolist(), f"Column {name!r} of {path.name}", name)
        out[:, j] = column
    return out


def _floats(values: list[Any], what: str, name: str) -> NDArray[np.float64]:
    floats = np.empty(len(values))
    for i, value in enumerate(values):
        try:
            floats[i] = _number(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"{what} does not hold numbers; got {value!r:.60}, for one. Leave it "
                f"out of columns, or read it alone with columns={name!r}."
            ) from None
    return floats


def _number(value: Any) -> float:
    if isinstance(value, str):
        # Python reads 1_000 and other scripts' digits as numbers; a table does not.
        if value.isascii() and "_" not in value:
            value = _WORDS.get(value, _TRUTHS.get(value, value))
        else:
            raise ValueError
    return np.nan if is_empty(value) else float(value)


def any_column(values: NDArray[Any], numeric: bool | None = None) -> NDArray[Any]:
    """Numbers if all fields are, else objects with None where a field is empty."""
    if values.dtype != object:
        return values
    listed = values.tolist()
    found = None if numeric is False else _as_numbers(listed)
    if found is not None:
        return found
    return object_array(None if is_empty(v) else v for v in listed)


def _as_numbers(fields: list[Any]) -> NDArray[Any] | None:
    """Array of numbers; None if a field is something else, or a code as "007" is."""
    texts = {v for v in fields if isinstance(v, str)}
    if any(map(_CODE.match, texts)):
        return None
    try:
        read = {text: _typed_number(text) for text in texts}
        fields = [read[v] if isinstance(v, str) else v for v in fields]
        types = set(map(type, fields))
        if types in ({bool}, {int}):
            return np.array(fields, dtype=bool if types == {bool} else np.int64)
    except (ValueError, OverflowError):
        return None
    if types <= {int, float, type(None)}:
        return np.array([np.nan if v is None else v for v in fields], dtype=np.float64)
    return None


def _typed_number(text: str) -> Any:
    if text in _TRUTHS:
        return _TRUTHS[text]
    number = _number(text)
    return int(text) if text.strip().lstrip("+-").isdigit() else number


def text_column(values: NDArray[Any]) -> NDArray[np.object_]:
    """Fields as text, None where a field is empty."""
    return object_array(
        None if is_empty(v) else v if isinstance(v, str) else str(v)
        for v in values.tolist()
    )


def as_paths(paths: Any) -> list[Path]:
    """One path or several as a list."""
    if isinstance(paths, str | os.PathLike):
        return [Path(paths)]
    paths = [Path(path) for path in paths]
    if not paths:
        raise ValueError("There is no file to read; got an empty list of paths.")
    return paths
