"""Chunks of rows, of a matrix or of files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

from sktransfer._core.inputs import table_container
from sktransfer._core.interactions import native_numbers
from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer._core.tables import TextOptions
from sktransfer.moments._rows import real_numbers
from sktransfer.moments._table_files import (
    any_column,
    as_paths,
    numbers,
    read_frames,
    text_column,
)


def csr_chunks(X: Any, n_rows: int) -> Iterator[sparse.csr_array]:
    """Consecutive rows of a matrix as CSR arrays.

    Parameters
    ----------
    X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        Rows. Memory-mapped arrays are read one chunk at a time.
    n_rows : int
        Rows of a chunk; the last one may have fewer.

    Yields
    ------
    chunk : csr_array of shape (n_rows, n_features)
        A copy of the rows, of the dtype of ``X``; whole numbers of entries that are
        stored more than once are summed as float64.

    Raises
    ------
    ValueError
        If ``n_rows`` is not a positive integer or ``X`` is not two-dimensional.

    Examples
    --------
    >>> from scipy.sparse import eye_array
    >>> from sktransfer.moments import csr_chunks
    >>> [chunk.shape for chunk in csr_chunks(eye_array(5), 2)]
    [(2, 5), (2, 5), (1, 5)]
    """
    check_value("n_rows", n_rows, integer(1))
    # CSR and arrays can be sliced by rows; other formats are converted once
    X = table_container(X)
    X = X if is_sparse(X) else np.asanyarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must be two-dimensional; got shape {X.shape}.")
    for start in range(0, X.shape[0], n_rows):
        yield sparse.csr_array(native_numbers(real_numbers(X[start : start + n_rows])))


def read_chunks(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: str | Sequence[str] | None = None,
    chunk_rows: int = 50_000,
    dtype: DTypeLike = np.float64,
    delimiter: str | None = None,
    encoding: str | None = None,
    quoting: bool | None = None,
) -> Iterator[NDArray[Any]]:
    r"""Read tables chunk by chunk.

    Parameters
    ----------
    paths : str, path-like or iterable of them
        Files or folders of the kinds that :func:`sktransfer.datasets.read_table` reads.
        They are read in the given order; no chunk has rows of two files. Columns are
        found by their names in each file. pandas reads the numbers of text files
        faster, if it is installed.
    columns : str or sequence of str, default=None
        Columns to read, in this order. None: all columns of the first file. One name
        instead of a list gives one-dimensional chunks of any type: texts for a
        vectorizer, or labels. What is missing among texts is None.
    chunk_rows : int, default=50_000
        Rows of a chunk; the last one of a file may have fewer.
    dtype : dtype, default=float64
        Type of numbers. Missing ones are NaN. One column is read as text with ``str``;
        otherwise it is of numbers if all fields of the first chunk are, where digits
        such as 007 are text.
    delimiter : str, default=None
        One character between the fields of text files. None: a tabulator in .tsv
        files, in others found in the header and the first row.
    encoding : str, default=None
        Encoding of text files, such as "cp1252". None: that of a byte order mark,
        else UTF-8.
    quoting : bool, default=None
        Whether quotation marks enclose fields of text files. None: they do, with a
        warning if a field spans lines.

    Yields
    ------
    chunk : ndarray of shape (n_rows, n_columns) or (n_rows,)
        Rows.

    Raises
    ------
    ValueError
        If a file is no table of a known kind or of another encoding, a column is
        missing or does not hold numbers, or only in its first chunks, or ``delimiter``
        is not one character.
    FileNotFoundError
        If a file does not exist.
    ImportError
        If the package that reads the files is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sktransfer.moments import Moments, read_chunks, reduce_states
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "prices.csv"
    >>> _ = path.write_text("shop,price,rating\na,10,4\na,20,5\nb,30,3\n")
    >>> chunks = read_chunks(path, columns=["price", "rating"], chunk_rows=2)
    >>> reduce_states(chunks, Moments.empty(2)).mean
    array([20.,  4.])
    >>> folder.cleanup()
    """
    check_value("chunk_rows", chunk_rows, integer(1))
    options = TextOptions(delimiter, encoding, quoting)
    if isinstance(columns, str):
        yield from _column_chunks(as_paths(paths), columns, chunk_rows, dtype, options)
        return
    names = None if columns is None else list(columns)
    for path in as_paths(paths):
        for frame in read_frames(path, names, int(chunk_rows), options):
            names = list(frame) if names is None else names
            yield numbers(path, frame, names, np.dtype(dtype))


def _column_chunks(
    paths: list[Path], column: str, n_rows: int, dtype: DTypeLike, options: TextOptions
) -> Iterator[NDArray[Any]]:
    as_text = np.dtype(dtype).kind == "U"
    numeric = None  # until a chunk has a field that is not empty
    for path in paths:
        for frame in read_frames(path, [column], int(n_rows), options, texts=[column]):
            if as_text:
                yield text_column(frame[column])
                continue
            chunk = any_column(frame[column], numeric)
            if numeric and chunk.dtype == object:
                raise ValueError(
                    f"Column {column!r} of {path.name} holds numbers at first, and "
                    f"{_no_number(chunk)!r:.60} later. Read it as text with dtype=str."
                )
            if numeric is None and not (
                chunk.dtype.kind == "f" and all(chunk != chunk)
            ):
                numeric = chunk.dtype != object
            yield chunk


def _no_number(values: NDArray[Any]) -> str:
    """First text that is no number, of values that are not all numbers."""
    texts = [v for v in values.tolist() if isinstance(v, str)]
    found = (v for v in texts if any_column(np.array([v], dtype=object)).dtype == "O")
    return next(found, texts[0])
