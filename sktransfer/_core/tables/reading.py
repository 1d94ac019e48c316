"""The one reader of tables: every kind of file, whole or some rows at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from sktransfer._core.tables.columnar import excel_frames, parquet_frames
from sktransfer._core.tables.delimited import (
    Frame,
    TextOptions,
    delimited_frames,
    pick_columns,
)
from sktransfer._core.tables.ids import object_array
from sktransfer._core.tables.json_rows import json_frames
from sktransfer._core.tables.kinds import JSON, TableFile, is_pipe, table_files
from sktransfer._core.tables.lines import TableError

_BLOCK = 1 << 16  # rows


def table_frames(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    n_rows: int = _BLOCK,
    options: TextOptions | None = None,
    texts: Collection[str] | None = None,
) -> Iterator[Frame]:
    """Columns of a table, ``n_rows`` rows at a time.

    Parameters
    ----------
    path : Path
        A file, or a folder of files that are read one after the other.
    columns : sequence of str, default=None
        Columns to read. None: all of the first file, which the others have as well.
    n_rows : int
        Rows of a frame; the last one of a file may have fewer.
    options : TextOptions, default=None
        How text files are written. None: found by reading.
    texts : collection of str, default=None
        Columns that are not numbers: pandas may read the others of text files as such.
        None: all are texts, and pandas is not imported.

    Yields
    ------
    frame : dict of str to ndarray of shape (n_rows,)
        Fields of text files are str. Other files give numbers as arrays of their type
        and objects with None for what is missing. The first frame of a file may have
        no rows.

    Raises
    ------
    TableError
        If the files are no tables with these columns.
    ImportError
        If a package is missing that reads this kind of file.
    """
    options = TextOptions() if options is None else options
    for file in table_files(path, delimited=options.delimiter is not None):
        for frame in _file_frames(file, columns, n_rows, options, texts):
            columns = list(frame) if columns is None else columns
            yield frame


def _file_frames(
    file: TableFile,
    columns: Sequence[str] | None,
    n_rows: int,
    options: TextOptions,
    texts: Collection[str] | None,
) -> Iterator[Frame]:
    path, kind, constants = file
    inner = columns
    if columns is not None and constants:
        inner = [name for name in columns if name not in constants] or None
    if kind in JSON:
        frames = json_frames(path, kind, inner, n_rows, options)
    elif kind == ".parquet":
        frames = parquet_frames(path, inner, n_rows)
    elif kind == ".xlsx":
        frames = excel_frames(path, inner, n_rows)
    else:
        frames = delimited_frames(path, kind, inner, n_rows, options, texts=texts)
    for frame in frames:
        if constants:
            n = len(next(iter(frame.values())))
            frame |= {name: object_array([v] * n) for name, v in constants.items()}
            wanted = pick_columns(path, list(frame), columns)
            frame = {name: frame[name] for name in wanted}
        yield frame


def table_columns(path: Path) -> list[str]:
    """Names of the columns of a table, of which the rows are read afterwards."""
    if is_pipe(path):
        raise TableError(
            f"{path}: is a pipe, which can be read once only, and its columns must be "
            "known first. Write it to a file."
        )
    return list(next(table_frames(path, n_rows=1000)))
