"""Read tables of text files strictly, without pandas."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables.lines import TableError, table_format, text_lines
from sktransfer.datasets._arrays import object_array

# The limit of the csv module, 128 kB, is too low for long descriptions. A field
# beyond this one comes from an unclosed quotation mark.
FIELD_LIMIT = 16 * 2**20
# Decompressed bytes of one file: far above any table that fits in memory as text.
BYTE_LIMIT = 4 * 2**30


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    names: Sequence[str] | None = None,
    quoting: bool = True,
    encoding: str = "utf-8",
    max_bytes: int = BYTE_LIMIT,
) -> dict[str, NDArray[np.object_]]:
    """Read the columns of a .csv, .tsv, .txt or .jsonl file, also with .gz.

    The file is streamed. A byte order mark, Windows line ends and line breaks inside
    quotation marks are understood. Blank lines are skipped; all other rows must have
    as many fields as the header.

    Parameters
    ----------
    path : str or path-like
        The file; its suffix decides its format, unless ``delimiter`` does.
    columns : sequence of str, default=None
        The columns to return, in this order; None returns all.
    delimiter : str, default=None
        One character between fields; None means a tabulator in .tsv and .txt files
        and a comma in .csv files.
    names : sequence of str, default=None
        Names of the columns of a file without a header.
    quoting : bool, default=True
        Whether quotation marks enclose fields; False takes them literally.
    encoding : str, default="utf-8"
        Encoding of the text.
    max_bytes : int, default=4294967296
        Largest size after decompression, in bytes.

    Returns
    -------
    table : dict of str to ndarray of object of shape (n_rows,)
        The columns. Fields of text files are str; those of .jsonl files are what
        JSON says, and None where a row leaves the key out or says null.

    Raises
    ------
    TableError
        With the file, and where it applies the line and the column: if the file
        cannot be opened, is empty, cut off or not decodable, or lacks a column; if a
        row has another number of fields; if a limit is exceeded.

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
    path = Path(path)
    kind = table_format(path) if delimiter is None else ".csv"
    if delimiter is None:
        delimiter = "," if kind == ".csv" else "\t"
    with text_lines(path, encoding, max_bytes) as lines:
        if kind == ".jsonl":
            table = _read_json_lines(path, lines, columns)
        else:
            table = _read_delimited(path, lines, columns, delimiter, names, quoting)
    return {name: object_array(values) for name, values in table.items()}


def _read_delimited(
    path: Path,
    lines: Iterator[str],
    columns: Sequence[str] | None,
    delimiter: str,
    names: Sequence[str] | None,
    quoting: bool,
) -> dict[str, list[Any]]:
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        strict=True,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
    )
    limit = csv.field_size_limit()
    csv.field_size_limit(max(limit, FIELD_LIMIT))
    try:
        header = list(names) if names is not None else None
        while header is None:
            row = next(reader, None)
            if row is None:
                raise TableError(f"{path}: the file is empty.")
            header = row or None
        twice = sorted({c for c in header if header.count(c) > 1})
        if twice:
            raise TableError(f"{path}: the header names {twice[0]!r} twice.")
        wanted = _wanted(path, header, columns)
        table: dict[str, list[Any]] = {c: [] for c in wanted}
        picked = [(header.index(c), table[c]) for c in wanted]
        n_rows = 0
        for row in reader:
            if len(row) != len(header):
                if not row:
                    continue
                raise TableError(
                    f"{path}, line {reader.line_num}: {len(row)} field(s), expected "
                    f"{len(header)} ({', '.join(map(repr, header[:8]))}"
                    f"{', ...' if len(header) > 8 else ''})."
                )
            n_rows += 1
            for i, values in picked:
                values.append(row[i])
    except csv.Error as error:
        raise TableError(
            f"{path}, line {reader.line_num}: {error}. Enclose fields that hold "
            "quotation marks, line breaks or the delimiter in quotation marks."
        ) from error
    finally:
        csv.field_size_limit(limit)
    if not n_rows:
        what = "is empty" if names is not None else "has a header but no rows"
        raise TableError(f"{path}: the file {what}.")
    return table


def _wanted(
    path: Path, header: Sequence[str], columns: Sequence[str] | None
) -> list[str]:
    wanted = list(header if columns is None else columns)
    missing = [c for c in wanted if c not in header]
    if missing:
        more = ", ..." if len(header) > 20 else ""
        raise TableError(
            f"{path}: no column {', '.join(map(repr, missing))}; the columns are "
            f"{', '.join(map(repr, header[:20]))}{more}."
        )
    return wanted


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; write null for a missing value")


def _read_json_lines(
    path: Path, lines: Iterator[str], columns: Sequence[str] | None
) -> dict[str, list[Any]]:
    rows: list[dict[str, Any]] = []
    header: dict[str, None] = {}
    decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            row = decode(line)
        except (ValueError, RecursionError) as error:
            raise TableError(f"{path}, line {number}: not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise TableError(
                f"{path}, line {number}: expected a JSON object, one for each row; got "
                f"{type(row).__name__}."
            )
        header.update(dict.fromkeys(row))
        rows.append(row if columns is None else {c: row.get(c) for c in columns})
    if not rows:
        raise TableError(f"{path}: the file is empty.")
    wanted = _wanted(path, list(header), columns)
    return {c: [row.get(c) for row in rows] for c in wanted}
