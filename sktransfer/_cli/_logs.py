"""Interaction logs of several markets, read into one matrix over shared items."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._files import SUFFIXES, read_columns
from sktransfer.datasets import parse_numbers

TIME_COLUMN = "timestamp"  # read if the file has it
RATING_COLUMN = "rating"


class LogRows(NamedTuple):
    """Rows of one log."""

    user: NDArray[Any]
    item: NDArray[Any]
    time: NDArray[np.float64] | None
    rated: bool = False  # there are ratings, which are not used


class Market(NamedTuple):
    """Size of a market, and its overlap with the target."""

    name: str
    side: str
    users: int
    items: int
    interactions: int
    shared_items: int  # also sold by the target
    shared_share: float  # of the target's interactions, with items of this market


class MarketLogs(NamedTuple):
    """Interactions of all markets with the items that may be recommended."""

    X: Any  # CSR (n_users of all markets, n_items), the target's rows last
    sample_domain: NDArray[np.int64]
    users: NDArray[Any]  # of the target
    items: NDArray[Any]  # sold by the target, then by other markets only, then by none
    n_sold: int
    n_taken: int  # in any market
    times: Any  # CSR (n_target, n_items), larger for later; None where not known
    markets: dict[int, Market]
    rated: bool

    @property
    def target(self) -> Any:
        """Rows of the target market."""
        return self.X[self.X.shape[0] - len(self.users) :]

    @property
    def all_times(self) -> Any:
        """Times in the shape of X; rows of other markets are empty."""
        if self.times is None:
            return None
        nothing = sparse.csr_array((self.X.shape[0] - len(self.users), len(self.items)))
        return sparse.vstack([nothing, self.times], format="csr")


def market_name_and_path(path: str) -> tuple[str, str]:
    """Split ``name=path``; without a name, use that of the file."""
    head, equals, tail = path.partition("=")
    if equals and head and tail and not Path(path).exists():
        return head, tail
    name = Path(path).name
    suffix = max((s for s in SUFFIXES if name.endswith(s)), key=len, default="")
    return name.removesuffix(suffix), path


def read_log(arguments: argparse.Namespace, listed: ArrayLike = ()) -> MarketLogs:
    """Read the interactions of every market."""
    places = [market_name_and_path(p) for p in [*arguments.source, arguments.target]]
    last = len(places) - 1
    logs = [
        read_market_log(path, arguments, timed=i == last)
        for i, (_, path) in enumerate(places)
    ]
    every, all_codes = np.unique(
        np.concatenate([log.item for log in logs]), return_inverse=True
    )
    codes = np.split(all_codes, np.cumsum([log.item.size for log in logs])[:-1])
    sold = np.unique(codes[-1])
    new = np.setdiff1d(np.asarray(listed, dtype=str), every[sold])
    elsewhere = np.flatnonzero(np.isin(every, new))
    taken = np.concatenate([sold, elsewhere])
    column = np.full(every.size, -1)
    column[taken] = np.arange(taken.size)
    items = np.concatenate([every[taken], np.setdiff1d(new, every)])

    blocks, d, markets = [], [], {}
    for i, ((name, path), log) in enumerate(zip(places, logs)):
        users, row = np.unique(log.user, return_inverse=True)
        row, place = np.unique(np.stack([row, codes[i]]), axis=1)
        there = column[place] >= 0
        X = sparse.csr_array(
            (np.ones(there.sum(), np.float32), (row[there], column[place[there]])),
            shape=(users.size, items.size),
        )
        shared = np.isin(sold, place)
        if not shared.any():
            raise CommandError(
                f"{path}: shares no item with {places[-1][1]}; item ids must be the "
                "same in all markets"
            )
        code = -(i + 1) if i == last else i + 1
        markets[code] = Market(
            name,
            "target" if i == last else "source",
            users.size,
            np.unique(place).size,
            row.size,
            int(shared.sum()),
            float(np.isin(codes[-1], place).mean()),
        )
        blocks.append(X)
        d.append(np.full(users.size, code))
    times = None
    if logs[-1].time is not None:
        row = np.searchsorted(users, logs[-1].user)
        times = latest_times(row, column[codes[-1]], logs[-1].time, blocks[-1].shape)
    return MarketLogs(
        sparse.vstack(blocks, format="csr"),
        np.concatenate(d),
        users,
        items,
        sold.size,
        taken.size,
        times,
        markets,
        any(log.rated for log in logs),
    )


def latest_times(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    time: NDArray[np.float64],
    shape: tuple[int, int],
) -> Any:
    """Matrix of the ranks of times; of repeated pairs the latest."""
    rank = np.unique(time, return_inverse=True)[1] + 1.0
    order = np.lexsort((rank, column, row))
    row, column, rank = row[order], column[order], rank[order]
    keep = np.append((np.diff(row) != 0) | (np.diff(column) != 0), True)
    return sparse.csr_array((rank[keep], (row[keep], column[keep])), shape=shape)


def read_market_log(
    path: str, arguments: argparse.Namespace, *, timed: bool
) -> LogRows:
    """Read one log."""
    names = [arguments.user_column, arguments.item_column]
    time = arguments.time_column or TIME_COLUMN
    rating = arguments.rating_column or RATING_COLUMN
    limit = arguments.min_rating
    needed = [time] if timed and arguments.time_column else []
    if limit is not None or arguments.rating_column:
        needed.append(rating)
    table = read_columns(path, [*names, *needed], optional=[time, rating])
    for column in names:
        missing = [i for i, v in enumerate(table[column]) if v is None or v == ""]
        if missing:
            raise CommandError(
                f"{path}: column {column!r} is empty in {len(missing)} rows, the "
                f"first is row {missing[0] + 1}"
            )
    user, item = (np.array([str(v) for v in table[c]]) for c in names)
    when = parse_times(table[time], path, time) if timed and time in table else None
    if limit is None:
        return LogRows(user, item, when, rating in table)
    stars = parse_numbers(table[rating], path=path, column=rating)
    keep = stars >= limit
    if not keep.any():
        raise CommandError(
            f"{path}: no {rating} is {limit:g} or more, the highest is "
            f"{stars.max():g}; lower --min-rating"
        )
    return LogRows(user[keep], item[keep], None if when is None else when[keep])


def parse_times(
    values: Sequence[Any] | NDArray[Any], path: str, column: str
) -> NDArray[np.float64]:
    """Times as numbers: numbers as they are, ISO dates as seconds since 1970."""
    try:
        float(values[0])
    except (TypeError, ValueError):
        pass
    else:
        return parse_numbers(values, path=path, column=column)
    seconds: dict[Any, float] = {}
    for i, value in enumerate(values):
        if value in seconds:
            continue
        try:
            date = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise CommandError(
                f"{path}, row {i + 1}, column {column!r}: expected a number, or a date "
                f"such as 2026-11-24 or 2026-11-24T18:30, got {value!r}"
            ) from error
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        seconds[value] = date.timestamp()
    return np.array([seconds[v] for v in values])
