"""Rows of .csv, .tsv and .txt files, each checked against the header."""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sktransfer._core.tables.ids import object_array
from sktransfer._core.tables.lines import TableError, text_lines

# The limit of the csv module, 128 kB, is too low for long descriptions. A field
# beyond this one comes from an unclosed quotation mark.
FIELD_LIMIT = 16 * 2**20
# Rows that are lists at the same time. Python's garbage collector looks through all
# lists after every 700 new ones, so that larger blocks take several times as long.
_BLOCK = 500
DELIMITERS = ",;\t|"  # those that are found
# What pandas takes for a missing number.
MISSING_NUMBERS = tuple(
    " NA N/A n/a #N/A #NA <NA> NULL null None NaN nan -NaN -nan".split(" ")
)
Frame = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TextOptions:
    """How text files are written, where that is not found by reading them."""

    delimiter: str | None = None
    encoding: str | None = None
    quoting: bool | None = None  # None: True, and a warning of fields that span lines
    names: Sequence[str] | None = None
    max_bytes: float = float("inf")

    def __post_init__(self) -> None:
        """Raise if the delimiter is none."""
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(
                "The character between fields must be one character, or None to find "
                f"it; got {self.delimiter!r}."
            )


def delimited_frames(
    path: Path,
    kind: str,
    columns: Sequence[str] | None,
    n_rows: int,
    options: TextOptions,
    *,
    texts: Collection[str] | None = None,
) -> Iterator[Frame]:
    """Columns of text, ``n_rows`` rows at a time; the first frame may have none.

    Where pandas is installed it reads the columns that are not in ``texts`` as numbers.
    With None, all are texts, and pandas is not imported.
    """
    with text_lines(path, options.encoding, options.max_bytes) as lines:
        rows = _Rows(path, kind, lines, options)
        wanted = pick_columns(path, rows.header, columns)
        n_read = None
        while n_read is None or n_read > 0:
            frame = None
            if texts is not None:
                frame = rows.read_by_pandas(wanted, n_rows, texts)
            frame = rows.read_texts(wanted, n_rows) if frame is None else frame
            first, n_read = n_read is None, len(next(iter(frame.values()), ()))
            if first or n_read:
                yield frame
        rows.warn_of_headers()


def pick_columns(
    path: Path, header: Sequence[str], columns: Sequence[str] | None
) -> list[str]:
    """Names of the columns to read; raise if one is not there."""
    wanted = list(header if columns is None else columns)
    there = set(header)
    missing = [c for c in wanted if c not in there]
    if missing:
        more = ", ..." if len(header) > 20 else ""
        raise TableError(
            f"{path}: no column {', '.join(map(repr, missing))}; the columns are "
            f"{', '.join(map(repr, header[:20]))}{more}."
        )
    return wanted


def check_distinct(path: Path, header: list[str]) -> None:
    """Raise if two columns have one name."""
    twice = [c for c, n in Counter(header).items() if n > 1]
    if twice:
        raise TableError(f"{path}: the header names {min(twice)!r} twice.")


class _Rows:
    """Rows of one file, from its lines."""

    def __init__(
        self, path: Path, kind: str, lines: Iterator[str], options: TextOptions
    ) -> None:
        self.path = path
        self._lines = lines
        self._held: Iterator[str] = iter(())  # lines that are to be read again
        self._line = 0  # lines of the file that are read
        first = self._first_lines()
        if not first:
            raise TableError(f"{path}: the file is empty.")
        self._delimiter = options.delimiter or _delimiter(kind, first, options.names)
        self._quoting = options.quoting is not False
        self._headers: list[int] = []  # lines that repeat the header
        self._warns = options.quoting is None
        if options.names is None:
            header: list[str] = []
            while not header:
                header = self._raw_rows(1)[0]
            self._set_header(header)
            self._names = set(self.header)
            if len(self.header) == 1 or any(map(_NUMBER.match, self.header)):
                self._names = set()  # a row may well be equal to such a header
        else:
            self._set_header(list(options.names))
            self._names = set()

    def _set_header(self, header: list[str]) -> None:
        """Find out what a delimiter at the end of the header or of rows means."""
        row = self._first_row()
        if len(header) > 1 and header[-1] == "":
            if len(row) != len(header) or not row[-1]:
                header = header[:-1]
        check_distinct(self.path, header)
        self.header = header
        self._places = {name: place for place, name in enumerate(header)}
        self._open = len(row) == len(header) + 1 and not row[-1]
        self._width = len(header) + self._open

    def _first_row(self) -> list[str]:
        """First row that is not blank; its lines are read again afterwards."""
        read: list[str] = []

        def recorded(lines: Iterator[str]) -> Iterator[str]:
            for text in lines:
                read.append(text)
                yield text

        lines, held = self._lines, self._held
        row: list[str] = []
        self._lines, self._held = recorded(chain(held, lines)), iter(())
        while not row and (rows := self._raw_rows(1)):
            row = rows[0]
        self._lines, self._held = lines, held
        self._put_back(read)
        return row

    def _first_lines(self) -> list[str]:
        """One or two lines that are not blank; they are read again afterwards."""
        read: list[str] = []
        found: list[str] = []
        for text in self._lines:
            self._line += 1
            read.append(text)
            found += [text] if text.strip("\r\n") else []
            if len(found) == 2:
                break
        self._put_back(read)
        return found

    def _put_back(self, lines: list[str]) -> None:
        self._held = iter([*lines, *self._held])
        self._line -= len(lines)

    def _raw_rows(self, n: int) -> list[list[str]]:
        """Next rows as they are."""
        reader = csv.reader(
            chain(self._held, self._lines),
            delimiter=self._delimiter,
            quoting=csv.QUOTE_MINIMAL if self._quoting else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            with _field_limit():
                return list(islice(reader, n))
        except csv.Error as error:
            raise TableError(
                f"{self.path}, line {self._line + reader.line_num}: {error}. Enclose "
                "fields that hold quotation marks, line breaks or the delimiter in "
                "quotation marks; where quotation marks are characters like any other, "
                "pass quoting=False."
            ) from error
        finally:
            self._line += reader.line_num

    def read_texts(self, wanted: list[str], n_rows: int) -> Frame:
        """Columns of the next rows as text."""
        columns: dict[str, list[str]] = {name: [] for name in wanted}
        n_left, start = n_rows, self._line
        while n_left and (rows := self._raw_rows(min(n_left, _BLOCK))):
            rows = self._checked(rows, start)
            n_left, start = n_left - len(rows), self._line
            fields = list(zip(*rows))
            for name in columns if rows else ():
                columns[name].extend(fields[self._places[name]])
        return {name: object_array(values) for name, values in columns.items()}

    def _checked(self, rows: list[list[str]], line: int) -> list[list[str]]:
        """Rows with as many fields as the header, without blank lines and headers."""
        width, names = self._width, self._names
        if (
            self._line - line == len(rows)
            and all(len(row) == width for row in rows)
            and not any(row[0] in names for row in rows)
            and not (self._open and any(row[-1] for row in rows))
        ):
            return rows
        kept = []
        for row in rows:
            n_lines = 1 + sum(len(_LINE_BREAK.findall(field)) for field in row)
            line += n_lines
            if n_lines > 1:
                self._warn_of_span(line, n_lines)
            if (len(row) != width and row) or (self._open and any(row[-1:])):
                raise TableError(self._wrong_length(row, line))
            if row and not self._is_header(row, line):
                kept.append(row)
        return kept

    def _wrong_length(self, row: list[str], line: int) -> str:
        header = self.header
        end = " and nothing after the last delimiter, as in the first row"
        return (
            f"{self.path}, line {line}: {len(row)} field(s), expected {len(header)} "
            f"({', '.join(map(repr, header[:8]))}{', ...' if len(header) > 8 else ''})"
            f"{end if self._open else ''}."
        )

    def _is_header(self, row: list[str], line: int) -> bool:
        if row[0] not in self._names or sorted(row[: len(self.header)]) != sorted(
            self.header
        ):
            return False
        if row[: len(self.header)] != self.header:
            raise TableError(
                f"{self.path}, line {line}: a second header, with the columns in "
                "another order. Give the files that were joined here one by one."
            )
        self._headers.append(line)
        return True

    def _warn_of_span(self, line: int, n_lines: int) -> None:
        if self._warns:
            self._warns = False
            warnings.warn(
                f"{self.path}: the field in quotation marks that ends in line {line} "
                f"began {n_lines - 1} line(s) above. If it is a text with line breaks, "
                "pass quoting=True; if quotation marks are characters like any other, "
                "pass quoting=False.",
                stacklevel=2,
            )

    def warn_of_headers(self) -> None:
        """Warn if the header was found again between rows."""
        if self._headers:
            warnings.warn(
                f"{self.path}: the header is repeated {len(self._headers)} time(s), "
                f"first in line {self._headers[0]}; these lines are left out.",
                stacklevel=2,
            )

    def read_by_pandas(
        self, wanted: list[str], n_rows: int, texts: Collection[str]
    ) -> Frame | None:
        """Columns of the next rows; None where pandas may misread them."""
        try:
            import pandas
        except ImportError:
            return None
        block = list(islice(chain(self._held, self._lines), n_rows))
        self._line += len(block)
        text = "".join(block)
        if not block or not self._plain(block, text):
            self._put_back(block)
            return None
        places = {name: self._places[name] for name in wanted}
        numbers = [place for name, place in places.items() if name not in texts]
        table = pandas.read_csv(
            BytesIO(text.encode()),
            sep=self._delimiter,
            header=None,
            names=range(self._width),
            usecols=sorted(places.values()),
            index_col=False,
            quoting=csv.QUOTE_NONE,
            skip_blank_lines=False,
            low_memory=False,  # one type for a column of the block
            dtype={places[name]: object for name in texts if name in places},
            na_values={place: MISSING_NUMBERS for place in numbers},
            keep_default_na=False,
        )
        return {name: table[place].to_numpy() for name, place in places.items()}

    def _plain(self, block: list[str], text: str) -> bool:
        """Whether every line is a row, without quotation marks."""
        delimiter, n, names = self._delimiter, self._width - 1, self._names
        end = delimiter if self._open else ""
        return (
            0 < n < 10 * len(block)  # a column takes pandas as long as many fields
            and not (self._quoting and '"' in text)
            and set(map(str.count, block, repeat(delimiter))) == {n}
            and not any(line[: line.find(delimiter)] in names for line in block)
            and all(line.rstrip("\r\n").endswith(end) for line in block if end)
        )


_QUOTED = re.compile('"[^"]*("|$)')
_NUMBER = re.compile(r"\s*[+-]?\.?\d")
_LINE_BREAK = re.compile("\r\n|\r|\n")


def _delimiter(kind: str, lines: list[str], names: Sequence[str] | None) -> str:
    """Find the delimiter in the first lines that are not blank, one or two."""
    usual = "," if kind == ".csv" else "\t"
    if kind == ".tsv":
        return usual
    outside = [_QUOTED.sub("", line) for line in lines]
    counts = {
        c: [line.count(c) for line in outside]
        for c in dict.fromkeys([usual, *DELIMITERS])
    }
    if names is not None:
        return next((c for c in counts if counts[c][0] + 1 == len(names)), usual)
    # a row has as many as the header, or ends in one more
    fitting = [c for c, (n, *row) in counts.items() if n and row in ([n], [n + 1], [])]
    return max(fitting or counts, key=lambda c: counts[c][0])


@contextmanager
def _field_limit() -> Iterator[None]:
    """Long fields, while the csv module reads; its limit is one for all readers."""
    limit = csv.field_size_limit(FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
