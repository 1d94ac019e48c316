"""Chunks of a log of interactions: whole users as sparse rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer.moments._table_files import as_paths, numbers, read_frames

_LINES = 1 << 20  # of a log, read at once


def interaction_chunks(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    user: str,
    item: str,
    items: ArrayLike,
    value: str | None = None,
    unknown: str = "error",
    chunk_users: int = 50_000,
    separator: str = ",",
) -> Iterator[sparse.csr_array]:
    r"""Read a log of interactions as rows of whole users.

    Parameters
    ----------
    paths : str, path-like or iterable of them
        Files, as in :func:`read_chunks`. The lines of all files must be sorted by user,
        in increasing order of the values as they are read.
    user, item : str
        Names of the columns with the user and the item of an interaction.
    items : array-like of shape (n_items,)
        All items, in the order of the columns of the chunks; each once.
    value : str, default=None
        Name of the column of values. None: each interaction counts 1. Values of the
        same user and item are added.
    unknown : {"error", "ignore"}, default="error"
        What to do with an item that is not in ``items``.
    chunk_users : int, default=50_000
        Users of a chunk; the last one may have fewer.
    separator : str, default=","
        Separator of the fields of a CSV file.

    Yields
    ------
    chunk : csr_array of float64 of shape (n_users, n_items)
        One row for each user, also for users without a known item.

    Raises
    ------
    ValueError
        If a user comes after a larger one, an item is unknown, or a file cannot be
        read.
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
    find = _ItemFinder(items, unknown)
    held: list[tuple[NDArray[Any], ...]] = []
    n_held, last = 0, None
    for path in as_paths(paths):
        for frame in read_frames(path, names, _LINES, separator):
            users = frame[user]
            last, n_new = _check_user_order(path, user, users, last)
            ones = np.ones(len(users))
            values = ones if value is None else numbers(path, frame, [value])[:, 0]
            held.append((users, find(path, frame[item]), values))
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

    def __init__(self, items: ArrayLike, unknown: str) -> None:
        items = np.asarray(items)
        if items.ndim != 1 or items.size == 0:
            raise ValueError(
                f"items must be a list of all items; got shape {items.shape}."
            )
        self.n_items = items.size
        self.unknown = unknown
        self._columns = {name: j for j, name in enumerate(items.tolist())}
        if len(self._columns) != items.size:
            raise ValueError("items must hold each item once; one occurs twice.")

    def __call__(self, path: Path, names: NDArray[Any]) -> NDArray[np.int64]:
        different, inverse = np.unique(names, return_inverse=True)
        columns = np.array([self._columns.get(n, -1) for n in different.tolist()])
        if self.unknown == "error" and columns.min(initial=0) < 0:
            name = different[columns < 0][0]
            raise ValueError(
                f"{path.name} has item {name!r}, which is not in items (of type "
                f"{type(next(iter(self._columns))).__name__}). Add it, or pass "
                'unknown="ignore".'
            )
        return columns[inverse].astype(np.int64)


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


def _check_user_order(
    path: Path, name: str, users: NDArray[Any], last: Any
) -> tuple[Any, int]:
    """Last user and the number of new users; raise if a user comes back."""
    if users.size == 0:
        return last, 0
    start = users[:1] if last is None else np.array([last], dtype=users.dtype)
    line = np.concatenate([start, users])
    try:
        rising = np.asarray(line[:-1] <= line[1:], dtype=bool)  # not with a NaN
    except TypeError:
        raise ValueError(
            f"Column {name!r} of {path.name} holds users of several types, or none at "
            "all in some lines; got "
            f"{', '.join(sorted({type(u).__name__ for u in line.tolist()}))}."
        ) from None
    if not rising.all():
        i = int(np.flatnonzero(~rising)[0])
        raise ValueError(
            f"{path.name} must be sorted by {name!r}, so that no user comes back "
            f"later; got {line[i + 1]!s} after {line[i]!s}. Sort the log first, and "
            "give several files in that order."
        )
    return users[-1], int(np.sum(line[1:] != line[:-1])) + (last is None)
