"""Rows of JSON: one object a line, or one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NoReturn

from sktransfer._core.tables.delimited import Frame, TextOptions, pick_columns
from sktransfer._core.tables.ids import object_array
from sktransfer._core.tables.lines import TableError, text_lines

# A table has a field for each row and key. With keys of their own in most rows, that
# are many times what the file holds.
_EMPTY_SHARE, _SMALL = 20, 1_000_000

Row = dict[str, Any]


def json_frames(
    path: Path,
    kind: str,
    columns: Sequence[str] | None,
    n_rows: int,
    options: TextOptions,
) -> Iterator[Frame]:
    """Columns of the values that JSON says, ``n_rows`` rows at a time.

    A field is None where a row leaves the key out or says null. A key of an object in
    an object is a column ``outer.inner``.
    """
    with text_lines(path, options.encoding, options.max_bytes) as lines:
        rows = _rows(path, kind, lines)
        first = True
        while block := list(islice(rows, n_rows)):
            header = _header(path, block, columns)
            if first:
                pick_columns(path, header, columns)
            first = False
            wanted = header if columns is None else columns
            yield {c: object_array([row.get(c) for row in block]) for c in wanted}
        if first:
            raise TableError(f"{path}: the file is empty.")


def _header(path: Path, rows: list[Row], columns: Sequence[str] | None) -> list[str]:
    """Keys of all rows, in the order of their first use."""
    header = list(dict.fromkeys(chain.from_iterable(rows)))
    n_fields, n_filled = len(header) * len(rows), sum(map(len, rows))
    if columns is None and n_fields > _EMPTY_SHARE * n_filled + _SMALL:
        raise TableError(
            f"{path}: {len(rows)} rows have {len(header)} different keys, such as "
            f"{', '.join(map(repr, header[:3]))}, and most rows few of them; that is "
            "no table. Name the columns to read: columns=[...]."
        )
    return header


def _rows(path: Path, kind: str, lines: Iterator[str]) -> Iterator[Row]:
    numbered: Iterator[tuple[int, str]]
    numbered = ((n, line) for n, line in enumerate(lines, 1) if not line.isspace())
    first = next(numbered, None)
    if first is None:
        return
    numbered = chain([first], numbered)
    if kind == ".json" and first[1].lstrip().startswith("["):
        text = "".join(line for _, line in numbered)
        found = decoded_json(path, text, f"{path}: not JSON")
        entries = ((f"entry {n}", entry) for n, entry in enumerate(found, 1))
    else:
        entries = (
            (f"line {n}", decoded_json(path, line, f"{path}, line {n}: not JSON"))
            for n, line in numbered
        )
    for place, row in entries:
        if not isinstance(row, dict):
            raise TableError(
                f"{path}, {place}: expected a JSON object, one for each row; got "
                f"{type(row).__name__}."
            )
        if any(isinstance(value, dict) for value in row.values()):
            row = _flat_row(row)
        yield row


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; write null for a missing value")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def decoded_json(path: Path, text: str, problem: str) -> Any:
    """Value of a text; the message of an error begins with what is the problem."""
    try:
        return _decode(text)
    except (ValueError, RecursionError) as error:
        hint = (
            " Each line must hold one object; a file of one list is named .json."
            if text.strip() in ("[", "{")
            else ""
        )
        raise TableError(f"{problem}: {error}.{hint}") from error


def _flat_row(row: Row) -> Row:
    """Row with the fields of inner objects as fields of its own."""
    flat: Row = {}
    stack = [(key, value) for key, value in reversed(row.items())]
    while stack:
        key, value = stack.pop()
        if not isinstance(value, dict):
            flat[key] = value
            continue
        special = _extended(value)
        if special is not value:
            flat[key] = special
        else:
            inner = reversed(value.items())
            stack.extend((f"{key}.{name}", field) for name, field in inner)
    return flat


def _extended(value: Row) -> Any:
    """Value of MongoDB's extended JSON, such as {"$oid": ...}; else itself."""
    if len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind in ("$oid", "$uuid", "$symbol"):
        return inner
    try:
        if kind in ("$numberLong", "$numberInt"):
            return int(inner)
        if kind in ("$numberDouble", "$numberDecimal"):
            return float(inner)
        if kind == "$date":
            inner = _extended(inner) if isinstance(inner, dict) else inner
            if isinstance(inner, str):
                return inner
            return datetime.fromtimestamp(inner / 1000, UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    return value
