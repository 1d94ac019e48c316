"""Read and write tables of text files strictly, without pandas."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The csv module's own limit, 128 kB, is below what long descriptions need. A longer
# field is no field, but a quotation mark that nobody closed.
FIELD_LIMIT = 16 * 2**20
LINE_LIMIT = 64 * 2**20
# Decompressed bytes of one file: far above any table that fits in memory as text.
BYTE_LIMIT = 4 * 2**30
FORMATS = (".csv", ".tsv", ".txt", ".jsonl")


class TableError(ValueError):
    """A file is no table of the kind expected; the message is one line.

    Raised by :func:`read_table`, :func:`write_table` and the loaders. It names the
    file and, where it applies, the line or row and the column.

    Examples
    --------
    >>> from sktransfer.datasets import TableError, read_table
    >>> try:
    ...     read_table("no_such_file.csv")
    ... except TableError as error:
    ...     print(error)
    no_such_file.csv: no such file.
    """


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
    kind = _format(path) if delimiter is None else ".csv"
    if delimiter is None:
        delimiter = "," if kind == ".csv" else "\t"
    with _lines(path, encoding, max_bytes) as lines:
        if kind == ".jsonl":
            table = _read_json_lines(path, lines, columns)
        else:
            table = _read_delimited(path, lines, columns, delimiter, names, quoting)
    return {name: _as_objects(values) for name, values in table.items()}


def _format(path: Path) -> str:
    """Return the suffix that decides the format, without .gz."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in FORMATS:
        raise TableError(
            f"{path}: unknown kind of table; name the file {', '.join(FORMATS)}, "
            "each also with .gz."
        )
    return suffixes[-1]


def _as_objects(values: list[Any]) -> NDArray[np.object_]:
    # np.array would turn lists that JSON nests into a matrix.
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


class _Limited(io.RawIOBase):
    """Bytes of a file object, refused beyond a limit (decompression bombs)."""

    def __init__(self, path: Path, raw: IO[bytes], limit: int) -> None:
        self._path, self._raw, self._limit, self._seen = path, raw, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._raw.read(len(buffer))
        self._seen += len(data)
        if self._seen > self._limit:
            raise TableError(
                f"{self._path}: more than {self._limit} bytes of text after "
                "decompression. Split the file, or raise max_bytes."
            )
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _opened(path: Path, max_bytes: int) -> Iterator[io.BufferedReader]:
    """Open a file, decompressing what is compressed, with one-line errors."""
    try:
        if path.is_dir():
            raise TableError(f"{path}: is a directory, not a file.")
        with open(path, "rb") as raw:
            zipped = raw.peek(2)[:2] == b"\x1f\x8b"
            if path.suffix.lower() == ".gz" and not zipped and raw.peek(1):
                raise TableError(
                    f"{path}: the file is not gzip data, although its name ends in .gz."
                )
            with gzip.open(raw) if zipped else raw as data:
                yield io.BufferedReader(_Limited(path, data, max_bytes), 2**18)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TableError(
            f"{path}: the gzip data is cut off or damaged ({error}). Copy or download "
            "the file again."
        ) from error
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file.") from error
    except PermissionError as error:
        raise TableError(f"{path}: no permission to read the file.") from error
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}.") from error


@contextmanager
def _lines(path: Path, encoding: str, max_bytes: int) -> Iterator[Iterator[str]]:
    """Iterate over the decoded lines, their ends kept."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # the mark that some programs put in front
    try:
        with _opened(path, max_bytes) as data:
            stream = io.TextIOWrapper(data, encoding=encoding, newline="")
            try:
                yield _checked(path, stream)
            finally:
                # The wrapper would close the file under the context manager.
                if not data.closed:
                    stream.detach()
    except UnicodeDecodeError as error:
        _raise_undecodable(path, encoding, max_bytes, error)


def _checked(path: Path, stream: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) == LINE_LIMIT:
            raise TableError(
                f"{path}: line {number} is longer than {LINE_LIMIT} characters; this "
                "is no table of text."
            )
        if "\0" in line:
            raise TableError(
                f"{path}: line {number} holds a NUL byte; this is no text file, or it "
                "has another encoding (UTF-16?). Save it as UTF-8."
            )
        yield line


def _raise_undecodable(
    path: Path, encoding: str, max_bytes: int, error: UnicodeDecodeError
) -> NoReturn:
    """Say where the first undecodable byte stands: the stream itself cannot."""
    where = ""
    with _opened(path, max_bytes) as data:
        offset = 0
        for number, line in enumerate(iter(lambda: data.readline(LINE_LIMIT), b""), 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as again:
                error = again
                where = f", line {number}, byte {offset + again.start}"
                break
            offset += len(line)
    byte = error.object[error.start]
    name = encoding.removesuffix("-sig").upper()
    raise TableError(
        f"{path}{where}: byte 0x{byte:02x} is not {name} text. Save the file as {name}."
    ) from error


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
        picked = [(header.index(c), values := []) for c in wanted]
        table = {c: values for c, (_, values) in zip(wanted, picked)}
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


def parse_numbers(
    values: Iterable[Any],
    *,
    path: str | os.PathLike[str],
    column: str,
    integer: bool = False,
    low: float = -math.inf,
    high: float = math.inf,
) -> NDArray[Any]:
    """Turn the fields of a column into finite numbers, or say which is none.

    Parameters
    ----------
    values : iterable of str or numbers
        The fields.
    path : str or path-like
        The file, for the message.
    column : str
        The column, for the message.
    integer : bool, default=False
        Whether only whole numbers will do.
    low : float, default=-inf
        Smallest number allowed.
    high : float, default=inf
        Largest number allowed.

    Returns
    -------
    numbers : ndarray of float64 or int64
        The numbers.

    Raises
    ------
    TableError
        With file, row (the first below the header is 1) and column of the first
        field that is no finite number within the bounds.
    """
    values = list(values)
    kind = "a whole number" if integer else "a finite number"
    if low > -math.inf and high < math.inf:
        kind += f" from {low:g} to {high:g}"
    elif low > -math.inf:
        kind += f" of at least {low:g}"
    numbers = np.empty(len(values), dtype=np.int64 if integer else np.float64)
    for i, value in enumerate(values):
        try:
            number = _number(value, integer)
            if not low <= number <= high or not math.isfinite(number):
                raise ValueError
            numbers[i] = number
        except (ValueError, TypeError, OverflowError) as error:
            raise TableError(
                f"{path}, row {i + 1}, column {column!r}: expected {kind}, got "
                f"{_shown(value)}."
            ) from error
    return numbers


def _number(value: Any, integer: bool) -> float:
    if isinstance(value, str):
        # Python reads 1_000 and other scripts' digits as numbers; a table does not.
        if not value.isascii() or "_" in value or len(value) > 400:
            raise ValueError
        return int(value) if integer else float(value)
    if isinstance(value, bool) or (integer and value != int(value)):
        raise ValueError
    return int(value) if integer else float(value)


def _shown(value: Any, limit: int = 40) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def write_table(path: str | os.PathLike[str], columns: Mapping[str, ArrayLike]) -> None:
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
    kind = _format(path)
    table = {str(c): list(values) for c, values in columns.items()}
    lengths = {c: len(values) for c, values in table.items()}
    if not table or len(set(lengths.values())) > 1:
        raise TableError(
            f"{path}: the columns must be of one length; got {lengths or 'none'}."
        )
    target = Path(os.path.realpath(path))  # a link keeps pointing to its file
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no regular file"
        raise TableError(f"{path}: cannot be replaced by a table, it is {what}.")
    temporary = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        # Not tempfile: its files are readable by their owner only, for ever.
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            with open(descriptor, "wb") as raw:
                _write_rows(raw, table, kind, zipped=path.suffix.lower() == ".gz")
                raw.flush()
                os.fsync(raw.fileno())
            if target.exists():
                os.chmod(temporary, target.stat().st_mode & 0o7777)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except FileNotFoundError as error:
        raise TableError(f"{path}: there is no folder {target.parent}.") from error
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
            line = delimiter.join(_cell(v, special) for v in row)
            # An empty line would be skipped by readers.
            stream.write((line or '""') + "\n")
    stream.flush()
    stream.detach()
    if zipped:
        data.close()


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and value != value)


def _cell(value: Any, special: tuple[str, ...]) -> str:
    if _missing(value):
        return ""
    text = str(value)
    if "\0" in text:
        raise TableError(f"a NUL character cannot be written: {_shown(text)}.")
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
        raise TableError(f"{_shown(value)} cannot be written as JSON.") from error
