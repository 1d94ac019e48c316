"""Chunks of rows, of a matrix or of CSV and Parquet files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._table_files import as_paths, numbers, read_frames


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
        A copy of the rows, of the dtype of ``X``.

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
    X = X.tocsr() if is_sparse(X) else np.asanyarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must be two-dimensional; got shape {X.shape}.")
    for start in range(0, X.shape[0], n_rows):
        yield sparse.csr_array(X[start : start + n_rows])


def read_chunks(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: str | Sequence[str] | None = None,
    chunk_rows: int = 50_000,
    dtype: DTypeLike = np.float64,
    separator: str = ",",
) -> Iterator[NDArray[Any]]:
    r"""Read tables chunk by chunk.

    Parameters
    ----------
    paths : str, path-like or iterable of them
        Files whose names end in ".parquet", ".csv" or ".tsv"; compressed CSV files end
        in ".gz", ".bz2", ".xz" or ".zst" after that. They are read in the given order;
        no chunk has rows of two files. Parquet needs pyarrow or polars, CSV needs
        pandas or polars (of compressed files, polars reads only ".gz" and ".zst"). If
        both are installed, the former is used.
    columns : str or sequence of str, default=None
        Columns to read, in this order. None: all columns of the first file. One name
        instead of a list gives one-dimensional chunks of any type: texts for a
        vectorizer, or labels.
    chunk_rows : int, default=50_000
        Rows of a chunk; the last one of a file may have fewer.
    dtype : dtype, default=float64
        Type of numbers. Missing ones are NaN.
    separator : str, default=","
        Separator of the fields of a CSV file; always a tab for ".tsv".

    Yields
    ------
    chunk : ndarray of shape (n_rows, n_columns) or (n_rows,)
        Rows.

    Raises
    ------
    ValueError
        If the name of a file has another ending, or a column is missing or does not
        hold numbers.
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
    if isinstance(columns, str):
        for path in as_paths(paths):
            for frame in read_frames(path, [columns], int(chunk_rows), separator):
                yield frame[columns]
        return
    names = None if columns is None else list(columns)
    for path in as_paths(paths):
        for frame in read_frames(path, names, int(chunk_rows), separator):
            names = list(frame) if names is None else names
            yield numbers(path, frame, names, np.dtype(dtype))
