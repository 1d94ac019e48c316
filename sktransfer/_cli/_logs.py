"""Interaction logs of several markets, read into one matrix over shared items."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._files import name_of, read_columns
from sktransfer._core.tables import id_texts, object_array, parse_times
from sktransfer.datasets import parse_numbers

TIME_COLUMN = "timestamp"  # read if the file has it
RATING_COLUMN = "rating"


class LogRows(NamedTuple):
    """Rows of one log."""

    users: NDArray[Any]  # names in order
    user: NDArray[np.int64]  # of each row, its place among the users
    item: NDArray[Any]
    counts: NDArray[np.bool_]  # False: rated too low to learn from
    time: NDArray[Any] | None  # numbers or dates
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
    times: Any  # CSR (n_target, n_items), larger for later; None where not known
    markets: dict[int, Market]
    rated: bool
    disliked: Any  # CSR (n_target, n_items) of what users rated too low; None for none
    n_left_out: int  # target users who rated everything too low

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
    return name_of(path), path


def names_and_places(
    values: Iterable[str],
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Names in order, each once, and the place of each value among them."""
    values = list(values)
    names = sorted(set(values))
    place = {name: i for i, name in enumerate(names)}
    places = np.fromiter(map(place.__getitem__, values), np.int64, len(values))
    return object_array(names), places


class Catalogue(NamedTuple):
    """Items that may be recommended."""

    items: NDArray[Any]  # sold by the target, then by other markets only, then by none
    column: NDArray[np.int64]  # in items of each item of the logs; -1 for none
    sold: NDArray[np.int64]  # items of the logs that the target has sold


def read_log(arguments: argparse.Namespace, listed: Sequence[str] = ()) -> MarketLogs:
    """Read the interactions of every market; listed: items that may be new."""
    places = [market_name_and_path(p) for p in [*arguments.source, arguments.target]]
    last = len(places) - 1
    logs = [
        read_market_log(path, arguments, timed=i == last)
        for i, (_, path) in enumerate(places)
    ]
    target = logs[-1]
    every, all_codes = names_and_places(chain.from_iterable(log.item for log in logs))
    codes = np.split(all_codes, np.cumsum([log.item.size for log in logs])[:-1])
    sold = np.unique(codes[-1][target.counts])
    # what was rated too low is neither learned from nor new
    new = set(listed).difference(target.item)
    catalogue = catalogue_of(every, sold, new)
    blocks, d, markets = [], [], {}
    for i, ((name, path), log) in enumerate(zip(places, logs)):
        users, X, pairs = market_rows(log, codes[i], catalogue)
        shared = np.isin(sold, pairs)
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
            np.unique(pairs).size,
            pairs.size,
            int(shared.sum()),
            float(np.isin(codes[-1][target.counts], pairs).mean()),
        )
        blocks.append(X)
        d.append(np.full(users.size, code))
    column = catalogue.column[codes[-1]]
    return MarketLogs(
        sparse.vstack(blocks, format="csr"),
        np.concatenate(d),
        target.users[users],
        catalogue.items,
        sold.size,
        latest_times(target, users, column, X.shape),
        markets,
        any(log.rated for log in logs),
        disliked_items(target, users, column, X.shape),
        target.users.size - users.size,
    )


def catalogue_of(
    every: NDArray[Any], sold: NDArray[np.int64], new: set[str]
) -> Catalogue:
    """Catalogue of the items sold and of new ones, by names; every: all of the logs."""
    elsewhere = [code for code, name in enumerate(every.tolist()) if name in new]
    taken = np.concatenate([sold, np.array(elsewhere, dtype=np.int64)])
    column = np.full(every.size, -1)
    column[taken] = np.arange(taken.size)
    items = [*every[taken], *sorted(new.difference(every[elsewhere]))]
    return Catalogue(object_array(items), column, sold)


def market_rows(
    log: LogRows, codes: NDArray[np.int64], catalogue: Catalogue
) -> tuple[NDArray[np.int64], Any, NDArray[np.int64]]:
    """Users, their rows over the catalogue, and the item of each pair of the log."""
    users, row = np.unique(log.user[log.counts], return_inverse=True)
    row, pairs = np.unique(np.stack([row, codes[log.counts]]), axis=1)
    column = catalogue.column[pairs]
    there = column >= 0
    X = sparse.csr_array(
        (np.ones(there.sum(), np.float32), (row[there], column[there])),
        shape=(users.size, catalogue.items.size),
    )
    return users, X, pairs


def disliked_items(
    log: LogRows,
    users: NDArray[np.int64],
    column: NDArray[np.int64],
    shape: tuple[int, int],
) -> Any:
    """Matrix of what each user rated too low; None where nobody did."""
    low = ~log.counts & (column >= 0) & np.isin(log.user, users)
    if not low.any():
        return None
    place = np.searchsorted(users, log.user[low]), column[low]
    return sparse.csr_array((np.ones(low.sum(), np.float32), place), shape=shape)


def latest_times(
    log: LogRows,
    users: NDArray[np.int64],
    column: NDArray[np.int64],
    shape: tuple[int, int],
) -> Any:
    """Ranks of times as a matrix, of repeated pairs the latest; None without times."""
    if log.time is None:
        return None
    row = np.searchsorted(users, log.user[log.counts])
    column = column[log.counts]
    rank = np.unique(log.time[log.counts], return_inverse=True)[1] + 1.0
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
    table = read_columns(path, [*names, *needed], arguments, optional=[time, rating])
    ids, item = (id_texts(table[c], f"{path}, column {c!r}") for c in names)
    users, user = names_and_places(ids)
    when = parse_times(table[time], path, time) if timed and time in table else None
    if limit is None:
        everything = np.ones(user.size, dtype=bool)
        return LogRows(users, user, item, everything, when, rating in table)
    stars = parse_numbers(table[rating], path=path, column=rating)
    counts = stars >= limit
    if not counts.any():
        raise CommandError(
            f"{path}: no {rating} is {limit:g} or more, the highest is "
            f"{stars.max():g}; lower --min-rating"
        )
    return LogRows(users, user, item, counts, when)
