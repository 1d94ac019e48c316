"""Columns of Parquet files and of spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables.delimited import Frame, check_distinct, pick_columns
from sktransfer._core.tables.ids import object_array
from sktransfer._core.tables.lines import TableError


def parquet_frames(
    path: Path, columns: Sequence[str] | None, n_rows: int
) -> Iterator[Frame]:
    """Columns of a Parquet file by pyarrow or polars, ``n_rows`` rows at a time.

    Numbers are arrays of their type, other values objects, None where there is none.
    Times are texts as ISO 8601 writes them. A field of a structure is a column
    ``outer.inner``.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        frames = _parquet_with_polars(path, columns, n_rows)
    else:
        frames = _parquet_with_pyarrow(path, columns, n_rows)
    try:
        yield from frames
    except TableError:
        raise
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file.") from error
    except (ValueError, OSError) as error:
        raise TableError(f"{path} cannot be read: {error}") from error


def _parquet_with_pyarrow(
    path: Path, columns: Sequence[str] | None, n_rows: int
) -> Iterator[Frame]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        empty = _flat(pyarrow.Table.from_batches([], file.schema_arrow))
        check_distinct(path, empty.column_names)
        wanted = pick_columns(path, empty.column_names, columns)
        if not file.metadata.num_rows:
            yield {name: np.empty(0) for name in wanted}
        batches = file.iter_batches(batch_size=n_rows, columns=sorted(set(wanted)))
        for batch in batches:
            table = _flat(pyarrow.Table.from_batches([batch]))
            yield {name: _arrow_column(table[name]) for name in wanted}


def _flat(table: Any) -> Any:
    """Table without structures."""
    import pyarrow

    while any(pyarrow.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _arrow_column(column: Any) -> NDArray[Any]:
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if types.is_timestamp(kind) or types.is_date(kind):
        times = column.to_numpy(zero_copy_only=False)
        return _time_texts(times, getattr(kind, "tz", None))
    if types.is_floating(kind) or (
        not column.null_count and (types.is_integer(kind) or types.is_boolean(kind))
    ):
        return column.to_numpy(zero_copy_only=False)
    return object_array(column.to_pylist())


def _time_texts(times: NDArray[Any], zone: Any) -> NDArray[np.object_]:
    """Times as ISO 8601 writes them; with a zone they are of UTC."""
    if times.dtype != "M8[D]":
        times = times.astype("M8[us]")  # Python's own resolution
    end = "+00:00" if zone else ""
    return object_array(
        None if time is None else time.isoformat() + end for time in times.tolist()
    )


def _parquet_with_polars(
    path: Path, columns: Sequence[str] | None, n_rows: int
) -> Iterator[Frame]:
    try:
        import polars
    except ImportError as error:
        raise ImportError(
            f"Reading {path.name} takes pyarrow or polars, and neither is installed. "
            "Install one with pip install 'sktransfer[parquet]'."
        ) from error
    try:
        table = polars.scan_parquet(path, glob=False, hive_partitioning=False)
        table = _without_structures(polars, table)
        names = table.collect_schema().names()
        wanted = pick_columns(path, names, columns)
        for part in _polars_parts(polars, table.select(sorted(set(wanted))), n_rows):
            yield {name: _polars_column(polars, part[name]) for name in wanted}
    except polars.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _without_structures(polars: Any, table: Any) -> Any:
    while structures := [
        (name, kind)
        for name, kind in table.collect_schema().items()
        if kind == polars.Struct
    ]:
        for name, kind in structures:
            inner = [f"{name}.{field.name}" for field in kind.fields]
            table = table.with_columns(
                polars.col(name).struct.rename_fields(inner)
            ).unnest(name)
    return table


def _polars_parts(polars: Any, table: Any, n_rows: int) -> Iterator[Any]:
    total = table.select(polars.len()).collect().item()
    for start in range(0, max(total, 1), n_rows):
        yield table.slice(start, n_rows).collect()


def _polars_column(polars: Any, column: Any) -> NDArray[Any]:
    kind = column.dtype
    if kind in (polars.Datetime, polars.Date):
        return _time_texts(column.to_numpy(), getattr(kind, "time_zone", None))
    if kind.is_float() or (
        not column.null_count() and (kind.is_integer() or kind == polars.Boolean)
    ):
        return column.to_numpy()
    return object_array(column.to_list())


def excel_frames(
    path: Path, columns: Sequence[str] | None, n_rows: int
) -> Iterator[Frame]:
    """Columns of the first sheet of a spreadsheet by openpyxl."""
    try:
        import openpyxl
    except ImportError as error:
        raise ImportError(
            f"Reading {path.name} takes openpyxl, which is not installed. Install it "
            "with pip install 'sktransfer[excel]', or save the sheet as .csv."
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file.") from error
    except Exception as error:  # of zipfile, of XML, of openpyxl
        raise TableError(f"{path} cannot be read: {error}.") from error
    try:
        yield from _sheet_frames(path, book.worksheets[0], columns, n_rows)
    finally:
        book.close()


def _sheet_frames(
    path: Path, sheet: Any, columns: Sequence[str] | None, n_rows: int
) -> Iterator[Frame]:
    sheet.reset_dimensions()  # which some programs write wrongly
    numbered = enumerate(sheet.iter_rows(values_only=True), 1)
    rows = ((n, row) for n, row in numbered if any(v is not None for v in row))
    header = [_cell(v) for v in next(rows, (0, ()))[1]]
    while header and header[-1] is None:
        header.pop()
    if not header:
        raise TableError(f"{path}: the first sheet is empty.")
    names = ["" if name is None else str(name) for name in header]
    check_distinct(path, names)
    wanted = pick_columns(path, names, columns)
    places = {name: place for place, name in enumerate(names)}
    first = True
    while (block := list(islice(rows, n_rows))) or first:
        for n, row in block:
            if any(v is not None for v in row[len(names) :]):
                raise TableError(
                    f"{path}, row {n} of the first sheet: {len(row)} cells, expected "
                    f"{len(names)} as in the header."
                )
        first = False
        yield {
            name: object_array(
                _cell(row[places[name]]) if places[name] < len(row) else None
                for _, row in block
            )
            for name in wanted
        }


def _cell(value: Any) -> Any:
    """Value of a cell; times as ISO 8601 writes them."""
    return value.isoformat() if hasattr(value, "isoformat") else value
