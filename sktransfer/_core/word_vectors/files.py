"""Files of word vectors, read safely: word2vec text and binary, GloVe text."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import check_value, integer

# No line, and no binary word, may be longer (bytes).
MAX_LINE = 1 << 22
MAX_WORD = 1 << 14
# Deflate cannot expand a byte to more than this.
_MAX_EXPANSION = 1032
_LINES = 4096
_CHUNK = 1 << 22
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_VECTORS = {
    b"\x80": "a pickle, as gensim's save writes it; pickles run code",
    b"PK\x03\x04": "a zip archive. Unpack it first",
    b"\x93NUMPY": "a NumPy array without words. Pass (words, array)",
    b"\xff\xfe": "UTF-16. Convert it to UTF-8",
    b"\xfe\xff": "UTF-16. Convert it to UTF-8",
}


class VectorFile(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    words : list of str
        The words, in the order of the file, none twice.
    vectors : ndarray of float32 of shape (n_words, n_features)
        One row for each word, all finite.
    """

    words: list[str]
    vectors: NDArray[np.float32]


class _Header(NamedTuple):
    n_words: int | None
    n_features: int
    binary: bool


def read_word_vectors(
    path: str | os.PathLike, *, limit: int | None = None
) -> VectorFile:
    """Read a word2vec (text or binary) or GloVe (text) file, plain or gzipped.

    The content tells the format: a first line of two integers is a word2vec
    header, and what follows is text if it is one line of as many numbers as the header
    says. Text lines are a word, which may hold spaces, and its numbers, separated by
    single spaces, in UTF-8, with or without a byte order mark.

    What a header claims is compared with the size of the file before anything is
    allocated, memory grows with what was read, and no line or word may be longer than
    a few megabytes.

    Parameters
    ----------
    path : str or path-like
        The file.
    limit : int, default=None
        Number of words to read; files begin with the most frequent ones. What follows
        is not looked at. None: all.

    Returns
    -------
    file : VectorFile
        Words and vectors.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds a word twice or a value that is not finite, or is
        of another kind. The message names the line or the word.
    """
    path = os.fspath(path)
    check_value("limit", limit, integer(1), None)
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"Word vectors: there is no file {path!r}. Give the path of a word2vec or "
            "GloVe file, plain or .gz."
        )
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        size = os.path.getsize(path) * (_MAX_EXPANSION if packed else 1)
        file: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            _skip_byte_order_mark(file, path)
            header = _read_header(file, path, size)
            read = _binary_entries if header.binary else _text_entries
            return _collect(read(file, path, header, limit), path, header, limit)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _bad(path, f"it is no complete gzip file ({error})") from error


def _bad(path: str, what: str) -> ValueError:
    return ValueError(
        f"Word vectors: cannot read {path!r}: {what}. Expected a word2vec file (text "
        "or binary) or a GloVe text file, plain or .gz; nothing was loaded."
    )


def _skip_byte_order_mark(file: IO[bytes], path: str) -> None:
    """Raise if the file begins as other kinds do."""
    start = file.read(8)
    for magic, kind in _NO_VECTORS.items():
        if start.startswith(magic):
            raise _bad(path, f"it is {kind}")
    file.seek(len(_BYTE_ORDER_MARK) if start.startswith(_BYTE_ORDER_MARK) else 0)


def _line(file: IO[bytes], path: str, number: int) -> bytes:
    line = file.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise _bad(path, f"line {number} is longer than {MAX_LINE} bytes")
    return line.rstrip(b" \r\n")


def _read_header(file: IO[bytes], path: str, size: int) -> _Header:
    """Find the format; leave the file at its first entry."""
    begin = file.tell()
    line = _line(file, path, 1)
    fields = line.split()
    if len(fields) != 2 or not all(f.isdigit() and len(f) < 19 for f in fields):
        fields = line.split(b" ")
        if len(fields) < 2:
            what = "its first line is empty" if fields == [b""] else "it has no vectors"
            raise _bad(path, what if size else "it is empty")
        file.seek(begin)
        return _Header(None, len(fields) - 1, binary=False)
    n_words, n_features = map(int, fields)
    if not n_words or not n_features:
        raise _bad(path, f"its header says {n_words} words of {n_features} values")
    start = file.tell()
    try:
        line = _line(file, path, 2)
    except ValueError:
        line = b""
    text = _numbers([_split(line, n_features)[1]], n_features) is not None
    file.seek(start)
    # the least that words take: one letter, a space, their values; in text spaces and
    # line ends between these, but not behind the last
    least = n_words * ((2 if text else 4) * n_features + 2) - int(text)
    if least > size - start:
        raise _bad(
            path,
            f"its header says {n_words} words of {n_features} values, which "
            f"{size - start} bytes cannot hold",
        )
    held = line.count(b" ")
    if 0 < held < n_features and _numbers([line.partition(b" ")[2]], held) is not None:
        what = f"its header says {n_features} values, and line 2 holds {held}"
        raise _bad(path, what)
    return _Header(n_words, n_features, binary=not text)


def _split(line: bytes, d: int) -> tuple[bytes, bytes]:
    """Word and values of a line; a word may hold spaces, so d values are at its end."""
    if line.count(b" ") > d:
        word, *values = line.rsplit(b" ", d)
        return word, b" ".join(values)
    word, _, rest = line.partition(b" ")
    return word, rest


def _numbers(rows: list[bytes], d: int) -> NDArray[np.float32] | None:
    """Values of lines; None where one of them is not d numbers."""
    if not all(rows):
        return None
    lines = [row.decode("latin-1") for row in rows]
    try:
        with np.errstate(over="ignore"):
            values = np.loadtxt(
                lines, np.float32, comments=None, delimiter=" ", ndmin=2
            )
    except ValueError:
        return None
    return values if values.shape == (len(rows), d) else None


def _text_entries(
    file: IO[bytes], path: str, header: _Header, limit: int | None
) -> Iterator[tuple[list[bytes], NDArray[np.float32], int]]:
    """Words, vectors and the number of the first line, some megabytes at a time."""
    number, left = (1 if header.n_words is None else 2), limit
    d = header.n_features
    while left is None or left > 0:
        words: list[bytes] = []
        rows: list[bytes] = []
        size, line = 0, b""
        wanted = _LINES if left is None else min(_LINES, left)
        while len(words) < wanted and size < _CHUNK:
            line = _line(file, path, number + len(words))
            if not line:
                break
            size += len(line)
            word, values = _split(line, d)
            words.append(word)
            rows.append(values)
        if number == 2 and len(words) > 1 and all(map(_ends_in_number, words)):
            raise _bad(path, f"its header says {d} values, and its lines hold more")
        if words:
            yield words, _parse(rows, path, d, number), number
        if not line:
            if file.read(1 << 16).strip():
                raise _bad(path, f"line {number + len(words)} is empty")
            return
        number += len(words)
        left = None if left is None else left - len(words)


def _ends_in_number(word: bytes) -> bool:
    _, space, end = word.rpartition(b" ")
    return bool(space) and _numbers([end], 1) is not None


def _parse(rows: list[bytes], path: str, d: int, number: int) -> NDArray[np.float32]:
    values = _numbers(rows, d)
    if values is not None:
        return values
    bad = next(k for k, row in enumerate(rows) if _numbers([row], d) is None)
    raise _bad(
        path,
        f"line {number + bad} is not a word and {d} numbers: {rows[bad][:60]!r}",
    )


def _binary_entries(
    file: IO[bytes], path: str, header: _Header, limit: int | None
) -> Iterator[tuple[list[bytes], NDArray[np.float32], int]]:
    """Words, vectors and the number of the first entry, some megabytes at a time."""
    n_words, d = header.n_words, header.n_features
    assert n_words is not None  # a binary file has a header
    width, done, rest = 4 * d, 0, b""
    n = n_words if limit is None else min(n_words, limit)
    while done < n:
        chunk = file.read(max(_CHUNK, width))
        rest += chunk
        words: list[bytes] = []
        values, position = bytearray(), 0
        while done + len(words) < n:
            space = rest.find(b" ", position, position + MAX_WORD + 1)
            if space < 0:
                if len(rest) - position > MAX_WORD:
                    number = done + len(words) + 1
                    raise _bad(path, f"word {number} is longer than {MAX_WORD} bytes")
                break
            if space + 1 + width > len(rest):
                break
            words.append(rest[position:space].lstrip(b"\n"))
            values += rest[space + 1 : space + 1 + width]
            position = space + 1 + width
        if words:
            yield words, np.frombuffer(values, "<f4").reshape(-1, d), done + 1
        done += len(words)
        rest = rest[position:]
        if not chunk and done < n:
            raise _bad(path, f"it ends in word {done + 1} of {n_words}")
    if n == n_words and (rest + file.read(1)).strip(b"\n"):
        raise _bad(path, f"it goes on after the {n_words} words that its header says")


def _collect(
    entries: Iterator[tuple[list[bytes], NDArray[np.float32], int]],
    path: str,
    header: _Header,
    limit: int | None,
) -> VectorFile:
    """Check and store; memory grows with what is read."""
    place = "word" if header.binary else "line"
    found: dict[str, int] = {}
    buffer = bytearray()
    for words, vectors, number in entries:
        for k, raw in enumerate(words, number):
            try:
                word = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _bad(
                    path, f"{place} {k} is not UTF-8 ({raw[:40]!r}: {error.reason})"
                ) from error
            if not word:
                raise _bad(path, f"{place} {k} has no word")
            first = found.setdefault(word, k)
            if first != k:
                raise _bad(
                    path, f"{place}s {first} and {k} hold the same word {word!r:.60}"
                )
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if bad.size:
            word = words[bad[0]].decode("utf-8")
            raise _bad(
                path,
                f"{place} {number + bad[0]} ({word!r:.60}) holds a value that is not "
                "finite",
            )
        buffer += vectors.astype("<f4", copy=False).tobytes()
    told = header.n_words
    if told is not None and len(found) != (told if limit is None else min(told, limit)):
        raise _bad(path, f"its header says {told} words, and it holds {len(found)}")
    matrix = np.frombuffer(buffer, dtype="<f4").reshape(-1, header.n_features)
    return VectorFile(list(found), matrix.astype(np.float32, copy=False))
