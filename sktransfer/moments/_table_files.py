"""Columns of CSV and Parquet files, some rows at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_PACKED = (".gz", ".bz2", ".xz", ".zst")
Frame = dict[str, NDArray[Any]]


def read_frames(
    path: Path, columns: list[str] | None, n_rows: int, separator: str
) -> Iterator[Frame]:
    """Read a file some rows at a time."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    ending = endings[-1] if endings else ""
    if ending not in (".parquet", ".csv", ".tsv"):
        raise ValueError(
            f"Files of chunks end in .parquet, .csv or .tsv; got {path.name!r}. Read "
            "it yourself and pass a generator of arrays."
        )
    if not path.exists():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    if columns is not None and not columns:
        raise ValueError("columns names a column at least; got none.")
    if ending == ".parquet":
        frames = _parquet(path, columns, n_rows)
    else:
        frames = _csv(path, columns, n_rows, "\t" if ending == ".tsv" else separator)
    try:
        yield from frames
    except ValueError as error:  # those of pandas and pyarrow do not say which file
        if path.name in str(error):
            raise
        raise ValueError(f"{path.name} cannot be read: {error}") from error


def _csv(
    path: Path, columns: list[str] | None, n_rows: int, separator: str
) -> Iterator[Frame]:
    try:
        import pandas
    except ImportError:
        yield from _csv_with_polars(path, columns, n_rows, separator)
        return
    header = pandas.read_csv(path, sep=separator, nrows=0)
    _check_columns(path, columns, header.columns)
    chunks = pandas.read_csv(path, sep=separator, usecols=columns, chunksize=n_rows)
    with chunks:
        for chunk in chunks:
            names = chunk.columns if columns is None else columns
            yield {name: _numpy_column(chunk[name].to_numpy()) for name in names}


def _parquet(path: Path, columns: list[str] | None, n_rows: int) -> Iterator[Frame]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        yield from _parquet_with_polars(path, columns, n_rows)
        return
    with ParquetFile(path) as file:
        _check_columns(path, columns, file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=n_rows, columns=columns):
            names = batch.schema.names if columns is None else columns
            yield {
                name: _numpy_column(batch.column(name).to_numpy(zero_copy_only=False))
                for name in names
            }


def _csv_with_polars(
    path: Path, columns: list[str] | None, n_rows: int, separator: str
) -> Iterator[Frame]:
    if path.suffix.lower() in (".bz2", ".xz"):
        raise ImportError(
            f"Reading {path.name} takes pandas, which is not installed: polars unpacks "
            ".gz and .zst alone. Install it with pip install 'sktransfer[frame]'."
        )
    polars = _polars("CSV files takes pandas or polars", "frame")
    # the type of a column is that of its first lines, which pandas finds chunk by chunk
    table = polars.scan_csv(
        path, separator=separator, infer_schema_length=10_000, glob=False
    )
    yield from _polars_frames(polars, path, table, columns, n_rows)


def _parquet_with_polars(
    path: Path, columns: list[str] | None, n_rows: int
) -> Iterator[Frame]:
    polars = _polars("Parquet files takes pyarrow or polars", "parquet")
    table = polars.scan_parquet(path, glob=False)
    yield from _polars_frames(polars, path, table, columns, n_rows)


def _polars(what: str, extra: str) -> Any:
    try:
        import polars
    except ImportError as error:
        raise ImportError(
            f"Reading {what}, and neither is installed. Install one with pip install "
            f"'sktransfer[{extra}]'."
        ) from error
    return polars


def _polars_frames(
    polars: Any, path: Path, table: Any, columns: list[str] | None, n_rows: int
) -> Iterator[Frame]:
    try:
        names = table.collect_schema().names()
        _check_columns(path, columns, names)
        names = names if columns is None else columns
        for part in _polars_parts(polars, table.select(sorted(set(names))), n_rows):
            yield {name: _numpy_column(part[name].to_numpy()) for name in names}
    except polars.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _polars_parts(polars: Any, table: Any, n_rows: int) -> Iterator[Any]:
    if hasattr(table, "collect_batches"):
        yield from table.collect_batches(chunk_size=n_rows, maintain_order=True)
        return
    # older releases: a slice of a CSV file is found by reading what is before it
    total = table.select(polars.len()).collect().item()
    for start in range(0, total, n_rows):
        yield table.slice(start, n_rows).collect()


def _check_columns(path: Path, columns: list[str] | None, there: Iterable[str]) -> None:
    there = list(there)
    missing = [] if columns is None else [c for c in columns if c not in there]
    if missing:
        raise ValueError(
            f"{path.name} has no column {missing[0]!r}. Its columns are "
            f"{', '.join(map(str, there)):.300}."
        )


def _numpy_column(column: NDArray[Any]) -> NDArray[Any]:
    """Numbers as they are, texts as Python objects."""
    return column if column.dtype.kind in "biuf" else np.asarray(column, dtype=object)


def numbers(
    path: Path, frame: Frame, names: list[str], dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Columns side by side, all of numbers."""
    n_rows = len(next(iter(frame.values()), ()))
    out = np.empty((n_rows, len(names)), dtype=dtype)
    for j, name in enumerate(names):
        try:
            out[:, j] = frame[name]
        except (TypeError, ValueError):
            raise ValueError(
                f"Column {name!r} of {path.name} does not hold numbers; got "
                f"{frame[name][0]!r:.60}, for one. Leave it out of columns, or read it "
                f"alone with columns={name!r}."
            ) from None
    return out


def as_paths(paths: Any) -> list[Path]:
    """One path or several as a list."""
    if isinstance(paths, str | os.PathLike):
        return [Path(paths)]
    paths = [Path(path) for path in paths]
    if not paths:
        raise ValueError("There is no file to read; got an empty list of paths.")
    return paths
