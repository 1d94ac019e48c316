"""Lines of text files, decompressed and decoded strictly; the error for tables."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

LINE_LIMIT = 64 * 2**20
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


def table_format(path: Path) -> str:
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


def shown(value: Any, limit: int = 40) -> str:
    """Show a value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


class _Limited(io.RawIOBase):
    """File object with a limit of bytes, against decompression bombs."""

    def __init__(self, path: Path, raw: IO[bytes] | gzip.GzipFile, limit: int) -> None:
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
            data = gzip.GzipFile(fileobj=raw) if zipped else raw
            with data:
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
def text_lines(path: Path, encoding: str, max_bytes: int) -> Iterator[Iterator[str]]:
    """Iterate over the decoded lines, their ends kept."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # skips the byte order mark that some programs write
    try:
        with _opened(path, max_bytes) as data:
            stream = io.TextIOWrapper(data, encoding=encoding, newline="")
            try:
                yield _checked_lines(path, stream)
            finally:
                # The wrapper would close the file under the context manager.
                if not data.closed:
                    stream.detach()
    except UnicodeDecodeError as error:
        _raise_undecodable(path, encoding, max_bytes, error)


def _checked_lines(path: Path, stream: io.TextIOWrapper) -> Iterator[str]:
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
    """Raise an error with the position of the first undecodable byte."""
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
