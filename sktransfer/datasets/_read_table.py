"""Read tables of files strictly."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables import (
    TableError,
    TextOptions,
    object_array,
    table_frames,
)

# Decompressed bytes of one file: far above any table that fits in memory as text.
BYTE_LIMIT = 4 * 2**30


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    names: Sequence[str] | None = None,
    quoting: bool | None = None,
    encoding: str | None = None,
    max_bytes: int = BYTE_LIMIT,
) -> dict[str, NDArray[np.object_]]:
    """Read the columns of a table.

    The suffix decides the kind: .csv, .tsv and .txt files with a header; .jsonl,
    .ndjson and .json files with a JSON object a line, or of one list of objects;
    .parquet; .xlsx, of which the first sheet is read. Text files may also end in .gz,
    .bz2, .xz or .zst. A folder is read as its files one after the other: the parts
    that Spark writes, whose names ``country=de`` of folders are columns. A pipe without
    a suffix, such as /dev/stdin, is read as text with a header.

    Text is streamed. A byte order mark, Windows line ends and line breaks inside
    quotation marks are understood. Blank lines are skipped, as are lines that repeat
    the header, with a warning. All other rows must have as many fields as the header;
    if the first one ends in one more delimiter, all must.

    Parameters
    ----------
    path : str or path-like
        The file, folder or pipe. Parquet needs pyarrow or polars, .xlsx openpyxl, .zst
        pyarrow.
    columns : sequence of str, default=None
        The columns to return, in this order; None returns all.
    delimiter : str, default=None
        One character between fields of text files. None: a tabulator in .tsv files;
        in others the one of comma, semicolon, tabulator and "|" that the header holds
        most often, and the first row as often.
    names : sequence of str, default=None
        Names of the columns of a text file without a header.
    quoting : bool, default=None
        Whether quotation marks enclose fields; False takes them literally. None: they
        do, with a warning if a field spans lines.
    encoding : str, default=None
        Encoding of text files, such as "cp1252". None: what a byte order mark says
        (UTF-8, UTF-16 or UTF-32), else UTF-8.
    max_bytes : int, default=4294967296
        Largest size of a text file after decompression, in bytes.

    Returns
    -------
    table : dict of str to ndarray of object of shape (n_rows,)
        The columns. Fields of .csv, .tsv and .txt files are str; those of other files
        are what the file says, and None where it says nothing. Times are texts as ISO
        8601 writes them. A key or field inside another is a column ``outer.inner``.

    Raises
    ------
    TableError
        With the file, and where it applies the line and the column: if the file
        cannot be opened, is empty, cut off or not decodable, or lacks a column; if a
        row has another number of fields; if a limit is exceeded; if rows of JSON have
        so many keys of their own that they are no table.
    ValueError
        If ``delimiter`` is not one character.
    ImportError
        If the package that reads this kind of file is not installed.

    See Also
    --------
    write_table : The way back.

    Examples
    --------
    >>> import os, tempfile
    >>> from sktransfer.datasets import read_table, write_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "reviews.csv.gz")
    ...     write_table(path, {"text": ["a sharp knife", "dull"], "stars": [5, 1]})
    ...     table = read_table(path, columns=["stars", "text"])
    >>> table["stars"].tolist(), table["text"].tolist()
    (['5', '1'], ['a sharp knife', 'dull'])
    """
    options = TextOptions(delimiter, encoding, quoting, names, max_bytes)
    return _whole_table(Path(path), columns, options)


def _whole_table(
    path: Path, columns: Sequence[str] | None, options: TextOptions
) -> dict[str, NDArray[np.object_]]:
    """All rows of a table as objects; raise if there are none."""
    frames = list(table_frames(path, columns, options=options))
    table = {
        name: np.concatenate([_objects(frame[name]) for frame in frames])
        for name in frames[0]
    }
    if table and not any(map(len, table.values())):
        what = "has a header but no rows" if options.names is None else "is empty"
        raise TableError(f"{path}: the file {what}.")
    return table


def _objects(values: NDArray) -> NDArray[np.object_]:
    """Values as Python's own, None where there is none."""
    if values.dtype.kind == "f":
        return object_array(None if v != v else v for v in values.tolist())
    return values if values.dtype == object else object_array(values.tolist())
