"""Write tables of text files, whole or not at all."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from numbers import Number
from pathlib import Path
from typing import IO, Any

import numpy as np

from sktransfer._core.files import atomic_writer
from sktransfer._core.inputs import is_missing
from sktransfer._core.tables import DELIMITERS, TableError, shown, table_kind

_KINDS = (".csv", ".tsv", ".txt", ".jsonl")
# First characters of what a spreadsheet runs, also in the full width of East Asia.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NEGATIVE_NUMBER = re.compile(r"-[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)


def write_table(
    path: str | os.PathLike[str],
    columns: Mapping[str, Iterable[Any]],
    *,
    escape_formulas: bool = False,
) -> None:
    r"""Write columns to a .csv, .tsv, .txt or .jsonl file, also with .gz.

    The rows go to a temporary file beside it, which takes the place of ``path`` when
    it is complete: a reader never sees half a table, and after an error the old file
    still stands.

    Parameters
    ----------
    path : str or path-like
        The file; its suffix decides its format. An existing file is replaced.
    columns : mapping of str to array-like of shape (n_rows,)
        The columns. Missing values (None, NaN, NaT, pandas' NA, what a mask hides)
        become empty fields, or null in .jsonl files; lists and dicts become JSON.
    escape_formulas : bool, default=False
        Whether to write an apostrophe before a text that a spreadsheet would run as a
        formula: one that begins with =, +, -, @, a tabulator or a line break and is no
        negative number. Files of .jsonl are no tables of a spreadsheet and stay as
        they are.

    Raises
    ------
    TableError
        If the columns differ in length or have no rows of single values, a value
        cannot be written, bytes among them, or the file cannot be.

    See Also
    --------
    read_table : The way back.

    Examples
    --------
    >>> import os, tempfile
    >>> from sktransfer.datasets import write_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "ranked.tsv")
    ...     write_table(path, {"user": ["ann", "bo"], "item": ["A7", "B2"]})
    ...     text = open(path).read()
    >>> text.splitlines()
    ['user\titem', 'ann\tA7', 'bo\tB2']
    """
    path = Path(path)
    kind = table_kind(path, _KINDS, packed=(".gz",))
    table = {str(c): _column_values(path, c, v) for c, v in columns.items()}
    lengths = {c: len(values) for c, values in table.items()}
    if not table or len(set(lengths.values())) > 1:
        raise TableError(
            f"{path}: the columns must be of one length; got {lengths or 'none'}."
        )
    try:
        with atomic_writer(path) as raw:
            zipped = path.suffix.lower() == ".gz"
            _write_rows(raw, _lines(table, kind, escape_formulas), zipped=zipped)
    except IsADirectoryError as error:
        raise TableError(f"{path}: cannot be replaced by a table, {error}.") from error
    except FileNotFoundError as error:
        raise TableError(f"{path}: there is no folder {path.parent}.") from error
    except PermissionError as error:
        raise TableError(f"{path}: no permission to write there.") from error
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}.") from error
    except UnicodeEncodeError as error:
        raise TableError(f"{path}: a text cannot be encoded ({error}).") from error
    except TableError as error:
        raise TableError(f"{path}: {error}") from error


def _column_values(path: Path, name: str, values: Any) -> list[Any]:
    """Values of a column, each of which has a place in a row."""
    if isinstance(values, str | bytes) or getattr(values, "ndim", 1) != 1:
        raise TableError(
            f"{path}: column {name!r} must hold one value for each row; got "
            f"{shown(values)}."
        )
    if hasattr(values, "to_pylist"):  # pyarrow, whose iteration gives scalars
        values = values.to_pylist()
    values = list(values)
    for row, value in enumerate(values, start=1):
        if isinstance(value, bytes | bytearray | memoryview):
            raise TableError(
                f"{path}: {shown(value)} in row {row} of column {name!r} is bytes, not "
                "text. Decode it first."
            )
    return values


def _write_rows(raw: IO[bytes], lines: Iterable[str], *, zipped: bool) -> None:
    # No file name and no time in the gzip header: the same table, the same bytes.
    data: Any = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if zipped else raw
    stream = io.TextIOWrapper(data, encoding="utf-8", newline="")
    for line in lines:
        stream.write(line + "\n")
    stream.flush()
    stream.detach()
    if zipped:
        data.close()


def _lines(
    table: Mapping[str, list[Any]], kind: str, escape_formulas: bool
) -> Iterable[str]:
    rows = zip(*table.values())
    if kind == ".jsonl":
        keys = [json.dumps(c, ensure_ascii=False) for c in table]
        for row in rows:
            cells = (f"{k}: {_json_cell(v)}" for k, v in zip(keys, row))
            yield f"{{{', '.join(cells)}}}"
        return
    delimiter = "," if kind == ".csv" else "\t"
    special = (delimiter, '"', "\n", "\r")
    safe = _inert_text if escape_formulas else _plain_text
    # readers find the delimiter in the header
    header = delimiter.join(
        _field_text(c, (*special, *DELIMITERS), safe) for c in table
    )
    body = (delimiter.join(_field_text(v, special, safe) for v in row) for row in rows)
    for line in itertools.chain([header], body):
        yield line or '""'  # an empty line would be skipped by readers


def _plain_text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _inert_text(value: Any) -> str:
    """Text of a value that a spreadsheet shows and does not run."""
    text = _plain_text(value)
    if not text.startswith(_FORMULA_STARTS) or isinstance(value, Number):
        return text
    return text if _NEGATIVE_NUMBER.fullmatch(text) else f"'{text}"


def _field_text(
    value: Any, special: tuple[str, ...], text_of: Callable[[Any], str]
) -> str:
    if is_missing(value):
        return ""
    text = text_of(value)
    if "\0" in text:
        raise TableError(f"a NUL character cannot be written: {shown(text)}.")
    if any(c in text for c in special) or text.startswith("\ufeff"):
        return '"' + text.replace('"', '""') + '"'
    return text


def _json_cell(value: Any) -> str:
    if is_missing(value):
        return "null"
    if isinstance(value, np.floating):
        value = float(str(value))  # float32 0.1 is 0.1, not 0.10000000149
    elif isinstance(value, np.generic):
        value = value.item()
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TableError(f"{shown(value)} cannot be written as JSON.") from error
