"""Kinds of table files by their names, and the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from sktransfer._core.tables.lines import TableError

DELIMITED = (".csv", ".tsv", ".txt")
JSON = (".jsonl", ".ndjson", ".json")
KINDS = (*DELIMITED, *JSON, ".parquet", ".xlsx")
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_WITHOUT_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how Spark names a missing one


class TableFile(NamedTuple):
    """One file of a table, and the columns that the names of its folders give."""

    path: Path
    kind: str
    constants: dict[str, str]


def table_kind(
    path: Path, kinds: Sequence[str] = KINDS, packed: Sequence[str] = _PACKED
) -> str:
    """Suffix that decides the kind, without that of a compressed file."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes[-1:] and suffixes[-1] in packed:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in kinds:
        raise TableError(
            f"{path}: unknown kind of table; name the file {', '.join(kinds)}, those "
            f"of text also with {', '.join(packed)}."
        )
    return suffixes[-1]


def check_exists(path: Path) -> None:
    """Raise if there is neither a file nor a folder of this name."""
    if not path.exists():
        table_kind(path)
        raise FileNotFoundError(f"There is no file {str(path)!r}.")


def table_files(path: Path, *, delimited: bool = False) -> list[TableFile]:
    """Files of a table: itself, or the parts in a folder, sorted by name.

    ``delimited`` is the kind of files with other suffixes, else they are refused.
    As Spark and Hive write folders, names that begin with "_" or "." are no parts,
    parts without a byte have no rows, and a folder ``country=de`` is a column.
    """
    if not os.path.isdir(path):  # False also for names that no file can have
        return [TableFile(path, _kind(path, delimited), {})]
    parts = []
    for file in sorted(path.rglob("*")):
        inner = file.relative_to(path).parts
        if any(name.startswith(("_", ".")) for name in inner) or not file.is_file():
            continue
        if file.stat().st_size:
            keys = [name.partition("=") for name in inner[:-1] if "=" in name]
            constants = {unquote(key): _constant(value) for key, _, value in keys}
            parts.append(TableFile(file, _kind(file, delimited), constants))
    if not parts:
        raise TableError(f"{path}: is a directory, and no file in it is a table.")
    return parts


def is_pipe(path: Path) -> bool:
    """Whether what a path names can be read once only, such as /dev/stdin."""
    return path.exists() and not (path.is_file() or path.is_dir())


def _kind(path: Path, delimited: bool) -> str:
    linked = Path(os.path.realpath(path))  # of /dev/stdin, a file that it reads from
    for name in (path, linked):
        with suppress(TableError):
            return table_kind(name)
    return ".csv" if delimited or is_pipe(path) else table_kind(path)


def _constant(value: str) -> str:
    return "" if value == _WITHOUT_VALUE else unquote(value)
