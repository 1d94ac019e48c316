"""Lines of text files, decompressed and decoded strictly; the error for tables."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

LINE_LIMIT = 64 * 2**20
_BLOCK = 2**18  # characters
# the longer mark first: that of UTF-32 begins as that of UTF-16
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# what browsers read an encoding by: it has the same characters, and more
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# frequent characters of two bytes, where they say most to where they say least
_FREQUENT = {
    'encoding="cp932" of Japan': rb"[\x81-\x98][\x40-\xfc]",
    'encoding="cp949" of Korea': rb"[\xa1\xa3\xb0-\xc8][\xa1-\xfe]",
    'encoding="gb18030" of China': rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]",
    'encoding="big5" of Taiwan': rb"[\xa1\xa4-\xc6][\x40-\x7e\xa1-\xfe]",
}
_XML_ENCODING = re.compile(rb"<\?xml\s[^<>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)")


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


def shown(value: Any) -> str:
    """Show a value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


class _Limited(io.RawIOBase):
    """File object with a limit of bytes, against decompression bombs."""

    def __init__(self, path: Path, raw: Any, limit: float) -> None:
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


def _unpacked(path: Path, raw: io.BufferedReader) -> Any:
    """Bytes of a file, decompressed if their first ones say that they are packed."""
    head = raw.peek(6)[:6]
    packed = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0"}
    packed |= {".zst": b"\x28\xb5\x2f\xfd"}
    found = next((s for s, start in packed.items() if head.startswith(start)), "")
    named = path.suffix.lower()
    if named in packed and named != found and head:
        raise TableError(
            f"{path}: the file is not {_PACKERS[named]} data, although its name ends "
            f"in {named}."
        )
    if found == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if found == ".bz2":
        return bz2.BZ2File(raw)
    if found == ".xz":
        return lzma.LZMAFile(raw)
    return _zstandard(path, raw) if found == ".zst" else raw


_PACKERS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard"}


def _zstandard(path: Path, raw: io.BufferedReader) -> Any:
    try:
        from pyarrow import CompressedInputStream
    except ImportError as error:
        raise ImportError(
            f"Reading {path.name} takes pyarrow, which is not installed. Install it "
            "with pip install 'sktransfer[parquet]', or unpack the file."
        ) from error
    return CompressedInputStream(raw, "zstd")


@contextmanager
def _opened(path: Path, max_bytes: float) -> Iterator[io.BufferedReader]:
    """Open a file, decompressing what is compressed, with one-line errors."""
    try:
        with open(path, "rb") as raw, _unpacked(path, raw) as data:
            yield io.BufferedReader(_Limited(path, data, max_bytes), 2**18)
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise TableError(
            f"{path}: the {_PACKERS.get(path.suffix.lower(), 'compressed')} data is "
            f"cut off or damaged ({error}). Copy or download the file again."
        ) from error
    except FileNotFoundError as error:
        raise TableError(f"{path}: no such file.") from error
    except PermissionError as error:
        raise TableError(f"{path}: no permission to read the file.") from error
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}.") from error


def _encoding(path: Path, encoding: str | None, head: bytes) -> str:
    """Name of the encoding; the byte order mark of UTF-8 is skipped."""
    if encoding is None:
        marks = (name for m, name in _BYTE_ORDER_MARKS.items() if head.startswith(m))
        declared = _XML_ENCODING.match(head)
        if declared is None:
            return next(marks, "utf-8")
        encoding = declared[1].decode()
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise TableError(
            f"{path}: there is no encoding {encoding!r}. Common ones are 'utf-8', "
            "'cp1252', 'utf-16' and 'gb18030'."
        ) from None
    return {"utf-8": "utf-8-sig", **_SUPERSETS}.get(name, name)


@contextmanager
def text_lines(
    path: Path, encoding: str | None, max_bytes: float
) -> Iterator[Iterator[str]]:
    """Iterate over the decoded lines, their ends kept.

    Without an encoding the byte order mark or an XML declaration decides; without
    these it is UTF-8.
    """
    name = "utf-8"
    try:
        with _opened(path, max_bytes) as data:
            name = _encoding(path, encoding, data.peek(200)[:200])
            stream = io.TextIOWrapper(data, encoding=name, newline="")
            try:
                yield chain.from_iterable(_line_blocks(path, stream))
            finally:
                # The wrapper would close the file under the context manager.
                if not data.closed:
                    stream.detach()
    except UnicodeDecodeError as error:
        _raise_undecodable(path, name, max_bytes, error)


def _line_blocks(path: Path, stream: io.TextIOWrapper) -> Iterator[list[str]]:
    """Lines in lists, which takes a tenth of the time of one after the other."""
    number = n_held = 0
    held: list[str] = []  # the line that is not complete, in parts
    while text := stream.read(_BLOCK):
        held.append(text)
        n_held += len(text)
        if "\n" in text or "\r" in text or n_held > LINE_LIMIT:
            lines = _split(path, "".join(held), number)
            # "\r" may be half of a line end
            held = [] if lines[-1].endswith("\n") else [lines.pop()]
            n_held = sum(map(len, held))
            number += len(lines)
            yield lines
    if held:
        yield _split(path, "".join(held), number)


def _split(path: Path, text: str, number: int) -> list[str]:
    """Lines after the first ``number`` of a file; raise if they are no text."""
    lines = io.StringIO(text, newline="").readlines()
    if max(map(len, lines)) > LINE_LIMIT:
        number += next(i for i, line in enumerate(lines, 1) if len(line) > LINE_LIMIT)
        raise TableError(
            f"{path}: line {number} is longer than {LINE_LIMIT} characters; this is no "
            "table of text."
        )
    if "\0" in text:
        number += next(i for i, line in enumerate(lines, 1) if "\0" in line)
        raise TableError(
            f"{path}: line {number} holds a NUL byte; this is no text file, or it has "
            'another encoding. Try encoding="utf-16-le", or save it as UTF-8.'
        )
    return lines


def _raise_undecodable(
    path: Path, encoding: str, max_bytes: float, error: UnicodeDecodeError
) -> NoReturn:
    """Raise an error with the position of the first undecodable byte."""
    where, block = "", error.object
    again = _opened(path, max_bytes) if path.is_file() else nullcontext(io.BytesIO())
    with again as data:
        offset = 0
        # lines of bytes are lines of text in encodings of the family of ASCII alone
        lines = iter(lambda: data.readline(LINE_LIMIT), b"")
        for number, line in enumerate(lines if "16" not in encoding else (), 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as found:
                error = found
                where = f", line {number}, byte {offset + found.start}"
                break
            offset += len(line)
    byte = error.object[error.start]
    name = encoding.removesuffix("-sig").upper()
    advice = f"Save the file as {name}, or say which encoding it has"
    raise TableError(
        f"{path}{where}: byte 0x{byte:02x} is not {name} text. {advice}, such as "
        f"{_usual_encoding(block)}."
    ) from error


def _usual_encoding(block: bytes) -> str:
    """Encoding and where it is usual, by the frequent characters of East Asia."""
    if b"\0" in block:
        return 'encoding="utf-16-le"'
    pairs = re.findall(rb"[\x80-\xff][\x40-\xff]", block)
    shares = {
        usual: sum(re.match(frequent, p) is not None for p in pairs) / len(pairs)
        for usual, frequent in _FREQUENT.items()
        if pairs
    }
    best = max(shares.values(), default=0.0)
    if best < 0.5:
        return 'encoding="cp1252" of Windows'
    return next(usual for usual, share in shares.items() if share > best - 0.1)
