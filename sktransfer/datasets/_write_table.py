"""Write tables of text files, whole or not at all."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from sktransfer._core.files import atomic_writer
from sktransfer.datasets._text_lines import TableError, shown, table_format


def write_table(
    path: str | os.PathLike[str], columns: Mapping[str, Iterable[Any]]
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
        The columns. None and NaN become empty fields, or null in .jsonl files.

    Raises
    ------
    TableError
        If the columns differ in length, a value cannot be written, or the file
        cannot be.

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
    kind = table_format(path)
    table = {str(c): list(values) for c, values in columns.items()}
    lengths = {c: len(values) for c, values in table.items()}
    if not table or len(set(lengths.values())) > 1:
        raise TableError(
            f"{path}: the columns must be of one length; got {lengths or 'none'}."
        )
    try:
        with atomic_writer(path) as raw:
            _write_rows(raw, table, kind, zipped=path.suffix.lower() == ".gz")
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


def _write_rows(
    raw: IO[bytes], table: Mapping[str, list[Any]], kind: str, *, zipped: bool
) -> None:
    # No file name and no time in the gzip header: the same table, the same bytes.
    data: Any = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if zipped else raw
    stream = io.TextIOWrapper(data, encoding="utf-8", newline="")
    rows = zip(*table.values())
    if kind == ".jsonl":
        keys = [json.dumps(c, ensure_ascii=False) for c in table]
        for row in rows:
            cells = (f"{k}: {_json_cell(v)}" for k, v in zip(keys, row))
            stream.write(f"{{{', '.join(cells)}}}\n")
    else:
        delimiter = "," if kind == ".csv" else "\t"
        special = (delimiter, '"', "\n", "\r")
        for row in itertools.chain([tuple(table)], rows):
            line = delimiter.join(_field_text(v, special) for v in row)
            # An empty line would be skipped by readers.
            stream.write((line or '""') + "\n")
    stream.flush()
    stream.detach()
    if zipped:
        data.close()


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and value != value)


def _field_text(value: Any, special: tuple[str, ...]) -> str:
    if _missing(value):
        return ""
    text = str(value)
    if "\0" in text:
        raise TableError(f"a NUL character cannot be written: {shown(text)}.")
    if any(c in text for c in special) or text.startswith("\ufeff"):
        return '"' + text.replace('"', '""') + '"'
    return text


def _json_cell(value: Any) -> str:
    if _missing(value):
        return "null"
    if isinstance(value, np.floating):
        value = float(str(value))  # float32 0.1 is 0.1, not 0.10000000149
    elif isinstance(value, np.generic):
        value = value.item()
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TableError(f"{shown(value)} cannot be written as JSON.") from error
