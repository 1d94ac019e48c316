"""A log and a later one as one log: new users as further rows, new items as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.logs.events import LogEvents, events_of_rows
from sktransfer._core.logs.ids import Ids
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.log_columns import Markets


def append_log(
    log: Interactions, later: Interactions
) -> tuple[Interactions, NDArray[np.int64]]:
    """Both logs as one, and the row of it that each row of the later one became.

    Rows and columns of the first log stay where they are. Of events of one user at one
    time, or without times, those of the later log are the newer ones.
    """
    old, new = log._log, later._log
    items, columns = _with_further(old.items, new.items)
    used, place = np.unique(new.user, return_inverse=True)
    users, numbers = _with_further(old.users, new.users.take(used))
    user, market = numbers[place.reshape(-1)], None
    keys = [old.user, user]
    if old.markets is not None and new.markets is not None:
        market, of_row = _joined_markets(old.markets, new.markets)
        keys = [
            key + len(users) * number
            for key, number in zip(keys, (old.markets.of_row, of_row))
        ]
    elif (old.markets is None) != (new.markets is None):
        which = ("no", "") if old.markets is None else ("", "no")
        raise ValueError(
            "The log of fit has {}markets, the later one {}markets. Read both with the "
            "same market=.".format(*(word and word + " " for word in which))
        )
    rows, first_of_new = _found_rows(*keys)
    n_rows = keys[0].size + first_of_new.size
    events = _joined_events(old.events, new.events, columns, rows, n_rows)
    low = None
    if old.low is not None or new.low is not None:
        first, then = (
            part or _no_events(n) for part, n in zip((old.low, new.low), keys)
        )
        low = _joined_events(first, then, columns, rows, n_rows)
    if market is not None:
        of_row = np.r_[market.of_row, of_row[first_of_new]]
        market = market._replace(of_row=of_row)
    joined = old._replace(
        events=events,
        users=users,
        user=np.r_[old.user, user[first_of_new]],
        items=items,
        markets=market,
        low=low,
        backend=old.backend or new.backend,
    )
    return Interactions(joined), rows


def with_other_users(log: Interactions, known: Interactions) -> Interactions:
    """Rows as users that another log does not have, by further whole numbers."""
    n, start = log.shape[0], known.shape[0]
    while (known._log.users.places(np.arange(start, start + n), "users") >= 0).any():
        start += max(n, 1)
    users = Ids(np.arange(start, start + n))
    return Interactions(log._log._replace(users=users, user=np.arange(n)))


def _with_further(ids: Ids, more: Ids) -> tuple[Ids, NDArray[np.int64]]:
    """Ids with those of others that are new, and the place of each of the others."""
    places = ids.places(more.values, "The ids")
    new = np.flatnonzero(places < 0)
    if new.size:
        places[new] = len(ids) + np.arange(new.size)
        ids = ids.extended(more.values[new].tolist())
    return ids, places


def _joined_markets(old: Markets, new: Markets) -> tuple[Markets, NDArray[np.int64]]:
    """Markets of both, those of the first as it has them, and those of the new rows."""
    ids, numbers = _with_further(old.ids, new.ids)
    domain = np.r_[old.domain, np.empty(len(ids) - len(old.ids), dtype=np.int64)]
    further = numbers >= len(old.ids)
    domain[numbers[further]] = (numbers[further] + 1) * np.sign(new.domain[further])
    return Markets(ids, domain, old.of_row), numbers[new.of_row]


def _found_rows(
    old: NDArray[np.int64], new: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Row of each key of the new rows, and the first place of each that is not old."""
    row_of = dict(zip(old[::-1].tolist(), range(old.size - 1, -1, -1)))
    rows = np.empty(new.size, dtype=np.int64)
    first: list[int] = []
    for i, key in enumerate(new.tolist()):
        if key not in row_of:
            row_of[key] = old.size + len(first)
            first.append(i)
        rows[i] = row_of[key]
    return rows, np.array(first, dtype=np.intp)


def _joined_events(
    old: LogEvents,
    new: LogEvents,
    columns: NDArray[np.int64],
    rows: NDArray[np.int64],
    n_rows: int,
) -> LogEvents:
    """Events of both, those of the new rows over the columns and rows of both."""
    return events_of_rows(
        np.r_[old.rows, rows[new.rows]],
        np.r_[old.column, columns[new.column]],
        n_rows,
        _joined_times(old.when, new.when),
        _joined_values(old, new),
    )


def _joined_times(old: Any, new: Any) -> Any:
    kinds = ["none" if when is None else when.dtype.kind for when in (old, new)]
    if kinds == ["none", "none"]:
        return None
    if "none" in kinds or kinds.count("M") == 1:
        names = {"none": "no times", "M": "dates"}
        first, second = (names.get(kind, "numbers as times") for kind in kinds)
        raise ValueError(
            f"The log of fit has {first}, the later one {second}. Read both with the "
            "same time=."
        )
    return np.concatenate([old, new])


def _joined_values(old: LogEvents, new: LogEvents) -> Any:
    if old.value is None and new.value is None:
        return None
    rated = [part.value is not None for part in (old, new)]
    if not all(rated) and all(part.column.size for part in (old, new)):
        first, second = ("ratings" if there else "no ratings" for there in rated)
        raise ValueError(
            f"The log of fit has {first}, the later one {second}. Read both with the "
            "same rating= and min_rating=."
        )
    values = [part.value for part in (old, new)]
    return np.concatenate([value for value in values if value is not None])


def _no_events(rows: NDArray[np.int64]) -> LogEvents:
    return LogEvents(np.empty(0, np.int32), np.zeros(rows.size + 1, dtype=np.int64))
