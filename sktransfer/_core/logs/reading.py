"""Columns of a log, block by block, in whatever container it comes in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import column_values, narwhals_object
from sktransfer._core.tables import (
    check_exists,
    object_array,
    parse_numbers,
    parse_times,
    table_frames,
)

_EXPECTED = (
    "frame must be a data frame of pandas, polars or pyarrow, a mapping of columns, "
    "the path of a file or folder, or several of these"
)


class Block(NamedTuple):
    """Some rows of a log."""

    columns: Mapping[str, Any]  # narwhals series or arrays
    where: str  # what the rows are of, for messages
    first_row: int
    backend: Any  # frame library of the rows, None for none

    def times(self, name: str) -> NDArray[Any]:
        """A column of times: numbers, or dates in UTC."""
        column = self.columns[name]
        if isinstance(column, nw.Series):
            column = _dates_or_objects(column)
        return parse_times(column, self.where, name, first_row=self.first_row)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of finite numbers."""
        column = self.columns[name]
        if isinstance(column, nw.Series):
            column = column_values(column.to_native(), name)
        return parse_numbers(
            column, path=self.where, column=name, first_row=self.first_row
        )


def log_blocks(
    frame: Any, names: Sequence[str], texts: Sequence[str]
) -> Iterator[Block]:
    """Columns of a log; texts: those that no reader of files may take for numbers."""
    if isinstance(frame, str | os.PathLike):
        yield from _file_blocks(Path(frame), names, texts)
        return
    native = narwhals_object(frame)
    if isinstance(native, nw.DataFrame | nw.LazyFrame):
        yield _frame_block(native, names)
    elif isinstance(frame, Mapping):
        _check_names(list(frame), names, "The mapping")
        columns = {name: column_values(frame[name], name) for name in names}
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Columns must be of one length; got {lengths}.")
        yield Block(columns, "The log", 1, None)
    elif isinstance(frame, Iterable) and not isinstance(frame, np.ndarray | bytes):
        for part in frame:
            yield from log_blocks(part, names, texts)
    else:
        raise TypeError(f"{_EXPECTED}; got {type(frame).__name__}.")


def _file_blocks(
    path: Path, names: Sequence[str], texts: Sequence[str]
) -> Iterator[Block]:
    check_exists(path)
    first_row = 1
    for columns in table_frames(path, list(dict.fromkeys(names)), texts=texts):
        yield Block(columns, str(path), first_row, None)
        first_row += len(columns[names[0]])


def _frame_block(frame: Any, names: Sequence[str]) -> Block:
    _check_names(frame.collect_schema().names(), names, "The frame")
    frame = frame.select(*dict.fromkeys(names))
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    columns = {name: frame.get_column(name) for name in names}
    return Block(columns, "The frame", 1, frame.implementation)


def _check_names(there: Sequence[str], names: Sequence[str], what: str) -> None:
    missing = [name for name in names if name not in there]
    if missing:
        raise ValueError(
            f"{what} has no column {', '.join(map(repr, missing))}; the columns are "
            f"{', '.join(map(repr, there[:20]))}."
        )


def _dates_or_objects(column: Any) -> NDArray[Any]:
    """Values of a series: dates in UTC, numbers, or objects."""
    if column.dtype == nw.Datetime and column.dtype.time_zone is not None:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if column.dtype in (nw.Datetime, nw.Date) or (
        column.dtype.is_numeric() and not column.null_count()
    ):
        return column.to_numpy()
    return object_array(column.to_list())


def installed_library() -> Any:
    """The frame library for a log that came in none."""
    for name in ("pandas", "polars", "pyarrow"):
        try:
            __import__(name)
        except ImportError:
            continue
        return nw.Implementation.from_backend(name)
    raise ImportError(
        "as_frame=True needs pandas, polars or pyarrow, and none is installed. Install "
        "one, or leave as_frame out."
    )
