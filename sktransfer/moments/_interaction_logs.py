"""Chunks of a log of interactions: whole users as sparse rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer._core.tables import Frame, TextOptions, id_texts, object_array
from sktransfer.moments._table_files import as_paths, numbers, read_frames

_LINES = 1 << 18  # of a log, read at once


def interaction_chunks(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    user: str,
    item: str,
    items: ArrayLike,
    value: str | None = None,
    unknown: str = "error",
    chunk_users: int = 50_000,
    delimiter: str | None = None,
    encoding: str | None = None,
    quoting: bool | None = None,
) -> Iterator[sparse.csr_array]:
    r"""Read a log of interactions as rows of whole users.

    Parameters
    ----------
    paths : str, path-like or iterable of them
        Files or folders, as in :func:`read_chunks`. The lines of all files must be
        sorted by user: all as text (1, 10, 2), or all as whole numbers (1, 2, 10).
    user, item : str
        Names of the columns with the user and the item of an interaction. Ids are text
        ("007" is not "7"); a whole number of a Parquet file or of ``items`` is its
        digits. Every line must have both.
    items : array-like of shape (n_items,)
        All items, in the order of the columns of the chunks; each once.
    value : str, default=None
        Name of the column of values. None: each interaction counts 1. Values of the
        same user and item are added.
    unknown : {"error", "ignore"}, default="error"
        What to do with an item that is not in ``items``.
    chunk_users : int, default=50_000
        Users of a chunk; the last one may have fewer.
    delimiter : str, default=None
        One character between the fields of text files. None: a tabulator in .tsv
        files, in others found in the header and the first row.
    encoding : str, default=None
        Encoding of text files, such as "cp1252". None: that of a byte order mark,
        else UTF-8.
    quoting : bool, default=None
        Whether quotation marks enclose fields of text files. None: they do, with a
        warning if a field spans lines.

    Yields
    ------
    chunk : csr_array of float64 of shape (n_users, n_items)
        One row for each user, also for users without a known item.

    Raises
    ------
    ValueError
        If users are not sorted, an id or a value is missing, an item is unknown, a
        file cannot be read, or ``delimiter`` is not one character.
    FileNotFoundError
        If a file does not exist.
    ImportError
        If the package that reads the files is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sktransfer.moments import interaction_chunks
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "log.csv"
    >>> _ = path.write_text("user,item\n1,pen\n1,ink\n2,ink\n7,pen\n7,pen\n")
    >>> log = interaction_chunks(
    ...     path, user="user", item="item", items=["ink", "pen"], chunk_users=2
    ... )
    >>> [chunk.toarray().tolist() for chunk in log]
    [[[1.0, 1.0], [1.0, 0.0]], [[0.0, 2.0]]]
    >>> folder.cleanup()
    """
    check_value("chunk_users", chunk_users, integer(1))
    check_value("unknown", unknown, one_of("error", "ignore"))
    names = [user, item] if value is None else [user, item, value]
    options = TextOptions(delimiter, encoding, quoting)
    find, check_order = _ItemFinder(items, unknown), _UserOrder(user)
    held: list[tuple[NDArray[Any], ...]] = []
    n_held = 0
    for path in as_paths(paths):
        n_read = 0
        for frame in read_frames(path, names, _LINES, options, texts=[user, item]):
            users, taken = (
                id_texts(frame[c], f"{path.name}, column {c!r}", first_row=n_read + 1)
                for c in (user, item)
            )
            n_new = check_order(path, users)
            values = np.ones(len(users))
            if value is not None:
                values = _values(path, frame, value, n_read)
            n_read += len(users)
            held.append((users, find(path, taken), values))
            n_held += n_new
            if n_held > chunk_users:  # more lines of the last user may follow
                log, rows = _concatenated(held)
                first = 0
                while n_held - first > chunk_users:
                    part = slice(*np.searchsorted(rows, [first, first + chunk_users]))
                    yield _user_rows(log, rows - first, part, chunk_users, find.n_items)
                    first += chunk_users
                rest = np.searchsorted(rows, first)
                held, n_held = [tuple(c[rest:] for c in log)], n_held - first
    if n_held:
        log, rows = _concatenated(held)
        yield _user_rows(log, rows, slice(None), n_held, find.n_items)


class _ItemFinder:
    """Finds the column of each item."""

    def __init__(self, items: Any, unknown: str) -> None:
        items = items if hasattr(items, "dtype") else object_array(items)
        if np.ndim(items) != 1 or len(items) == 0:
            raise ValueError(
                f"items must be a list of all items; got shape {np.shape(items)}."
            )
        self.n_items = len(items)
        self.unknown = unknown
        names = id_texts(items, "items").tolist()
        self._columns = {name: j for j, name in enumerate(names)}
        if len(self._columns) != self.n_items:
            raise ValueError("items must hold each item once; one occurs twice.")

    def __call__(self, path: Path, names: NDArray[Any]) -> NDArray[np.int64]:
        places = map(self._columns.get, names.tolist(), repeat(-1))
        columns = np.fromiter(places, dtype=np.int64, count=names.size)
        if self.unknown == "error" and columns.min(initial=0) < 0:
            name = names[columns < 0][0]
            raise ValueError(
                f"{path.name} has item {name!r:.60}, which is not in items. Add it, or "
                'pass unknown="ignore".'
            )
        return columns


def _values(path: Path, frame: Frame, name: str, n_read: int) -> NDArray[np.float64]:
    values = numbers(path, frame, [name])[:, 0]
    if np.isnan(values).any():
        row = n_read + 1 + int(np.flatnonzero(np.isnan(values))[0])
        raise ValueError(
            f"{path.name}, column {name!r}, row {row}: there is no number. Fill it, or "
            "drop such rows."
        )
    return values


def _concatenated(
    held: list[tuple[NDArray[Any], ...]],
) -> tuple[list[Any], NDArray[Any]]:
    """Columns of the lines read so far, and the number of the user of each line."""
    log = [np.concatenate(parts) for parts in zip(*held)]
    users = log[0]
    rows = np.zeros(users.size, dtype=np.int64)
    np.cumsum(users[1:] != users[:-1], out=rows[1:])
    return log, rows


def _user_rows(log, rows, part, n_users, n_items):
    _, columns, values = (c[part] for c in log)
    rows, known = rows[part], columns >= 0
    coordinates = rows[known], columns[known]
    return sparse.csr_array((values[known], coordinates), shape=(n_users, n_items))


class _UserOrder:
    """Checks that no user comes back: users rise as text, or as whole numbers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._last: str | None = None
        self._number: tuple[int, str] | None = None  # of the last user
        self._as_text = self._as_numbers = True

    def __call__(self, path: Path, users: NDArray[Any]) -> int:
        """Add users of further lines, and return how many are new."""
        change = np.ones(users.size, dtype=bool)
        change[1:] = users[1:] != users[:-1]
        different = users[change].tolist()
        if different[0] == self._last:
            del different[0]
        for user in different:
            self._add(path, user)
        return len(different)

    def _add(self, path: Path, user: str) -> None:
        last, self._last = self._last, user
        before = self._number
        self._number = _as_number(user) if self._as_numbers else None
        if last is None:
            return
        self._as_text &= last < user
        self._as_numbers = bool(before and self._number and before < self._number)
        if not (self._as_text or self._as_numbers):
            raise ValueError(
                f"{path.name} must be sorted by {self.name!r}, so that no user comes "
                f"back later; got {user:.60} after {last:.60}. Sort the log first, all "
                "users as text or all as whole numbers, and give several files in that "
                "order."
            )


def _as_number(user: str) -> tuple[int, str] | None:
    """Place among users that are whole numbers; "007" and "7" have their own."""
    digits = user.removeprefix("-")
    if len(digits) > 1000 or not (digits.isascii() and digits.isdigit()):
        return None
    return int(user), user
