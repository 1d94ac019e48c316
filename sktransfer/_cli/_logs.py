"""Interaction logs of several markets, read into one matrix over shared items."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._files import name_of, read_columns
from sktransfer._core.tables import id_texts, object_array, parse_times
from sktransfer.datasets import parse_numbers
from sktransfer.recommend import Interactions

TIME_COLUMN = "timestamp"  # read if the file has it
RATING_COLUMN = "rating"


class LogRows(NamedTuple):
    """Rows of one log."""

    user: NDArray[Any]
    item: NDArray[Any]
    counts: NDArray[np.bool_]  # False: rated too low to learn from
    when: NDArray[np.float64] | None  # above 0; days, where times are dates
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
    all_times: Any  # CSR in the shape of X, larger for later; empty rows of markets
    # without times, None where the target has none
    markets: dict[int, Market]
    rated: bool
    disliked: Any  # CSR (n_target, n_items) of what users rated too low; None for none
    n_left_out: int  # target users who rated everything too low

    @property
    def target(self) -> Any:
        """Rows of the target market."""
        return self.X[self.X.shape[0] - len(self.users) :]

    @property
    def times(self) -> Any:
        """Times of the target."""
        if self.all_times is None:
            return None
        return self.all_times[self.X.shape[0] - len(self.users) :]


def market_name_and_path(path: str) -> tuple[str, str]:
    """Split ``name=path``; without a name, use that of the file."""
    head, equals, tail = path.partition("=")
    if equals and head and tail and not Path(path).exists():
        return head, tail
    return name_of(path), path


def read_log(arguments: argparse.Namespace, listed: Sequence[str] = ()) -> MarketLogs:
    """Read the interactions of every market; listed: items that may be new."""
    places = [market_name_and_path(p) for p in [*arguments.source, arguments.target]]
    last = len(places) - 1
    parts = [
        read_market_log(path, arguments, is_target=i == last)
        for i, (_, path) in enumerate(places)
    ]
    every = joined_log(parts)
    log = every[np.diff(every.matrix.indptr) > 0]
    domain: Any = log.sample_domain
    target = log.target
    sold = np.unique(target.matrix.indices)
    # what was rated too low is neither learned from nor new
    new = set(listed).difference(parts[-1].item)
    elsewhere = [column for column, item in enumerate(log.item_ids) if item in new]
    columns = np.concatenate([sold, np.array(elsewhere, dtype=np.int64)])
    known = log.item_ids[columns]
    items = object_array([*known, *sorted(new.difference(known))])

    def over_items(matrix: Any) -> Any:
        nothing = sparse.csr_array((matrix.shape[0], items.size - columns.size))
        return sparse.hstack([matrix[:, columns], nothing], format="csr")

    timed = np.array([part.when is not None for part in parts])
    times = sparse.csr_array(log.times, copy=True)
    times.data[np.repeat(~timed[np.abs(domain) - 1], np.diff(times.indptr))] = 0
    times.eliminate_zeros()
    disliked = None if target.disliked is None else over_items(target.disliked)
    return MarketLogs(
        over_items(log.matrix),
        domain,
        target.user_ids,
        items,
        sold.size,
        over_items(times) if timed[-1] else None,
        markets_of(log, domain, places, sold),
        any(part.rated for part in parts),
        disliked if disliked is not None and disliked.nnz else None,
        len(every.target) - len(target),
    )


def joined_log(parts: Sequence[LogRows]) -> Interactions:
    """The log of all markets, by their numbers; the last one is the target."""
    ones = [np.ones(part.user.size, dtype=np.int64) for part in parts]
    times = [one if part.when is None else part.when for part, one in zip(parts, ones)]
    columns = {
        "user": np.concatenate([part.user for part in parts]),
        "item": np.concatenate([part.item for part in parts]),
        "liked": np.concatenate([part.counts for part in parts]).astype(np.int64),
        "time": np.concatenate(times),
        "market": np.concatenate([i * one for i, one in enumerate(ones)]),
    }
    return Interactions.from_frame(
        columns,
        user="user",
        item="item",
        time="time",
        rating="liked",
        min_rating=1,
        market="market",
        target=len(parts) - 1,
    )


def markets_of(
    log: Interactions,
    domain: NDArray[np.int64],
    places: Sequence[tuple[str, str]],
    sold: NDArray[np.integer],
) -> dict[int, Market]:
    """Sizes of the markets, by their numbers in the log; sold: items of the target."""
    markets = {}
    events = np.concatenate(log.target.sequences)
    for i, (name, path) in enumerate(places):
        code = i + 1 if i + 1 < len(places) else -(i + 1)
        part = log[domain == code].matrix
        shared = np.isin(sold, part.indices)
        if not shared.any():
            raise CommandError(
                f"{path}: shares no item with {places[-1][1]}; item ids must be the "
                "same in all markets"
            )
        markets[code] = Market(
            name,
            "target" if code < 0 else "source",
            part.shape[0],
            np.unique(part.indices).size,
            part.nnz,
            int(shared.sum()),
            float(np.isin(events, part.indices).mean()),
        )
    return markets


def read_market_log(
    path: str, arguments: argparse.Namespace, *, is_target: bool
) -> LogRows:
    """Read one log."""
    names = [arguments.user_column, arguments.item_column]
    time = arguments.time_column or TIME_COLUMN
    rating = arguments.rating_column or RATING_COLUMN
    limit = arguments.min_rating
    needed = [time] if is_target and arguments.time_column else []
    if limit is not None or arguments.rating_column:
        needed.append(rating)
    table = read_columns(path, [*names, *needed], arguments, optional=[time, rating])
    user, item = (id_texts(table[c], f"{path}, column {c!r}") for c in names)
    when = None
    if time in table:
        when = _times_above_0(parse_times(table[time], path, time))
    if limit is None:
        everything = np.ones(user.size, dtype=bool)
        return LogRows(user, item, everything, when, rating in table)
    stars = parse_numbers(table[rating], path=path, column=rating)
    counts = stars >= limit
    if not counts.any():
        raise CommandError(
            f"{path}: no {rating} is {limit:g} or more, the highest is "
            f"{stars.max():g}; lower --min-rating"
        )
    return LogRows(user, item, counts, when)


def _times_above_0(when: NDArray[Any]) -> NDArray[np.float64]:
    """Times from the first one on, which is at 1; in days where they are dates."""
    since = when - when.min()
    if when.dtype.kind == "M":
        since = since / np.timedelta64(1, "D")
    return since.astype(np.float64) + 1
