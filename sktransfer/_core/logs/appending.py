"""A log and a later one as one log: new users as further rows, new items as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.logs.events import LogEvents, events_of_rows
from sktransfer._core.logs.ids import Ids, with_further
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
    items, columns = with_further(old.items, new.items)
    used, place = np.unique(new.user, return_inverse=True)
    users, numbers = with_further(old.users, new.users.take(used))
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
    if market is not None:
        of_row = np.r_[market.of_row, of_row[first_of_new]]
        market = market._replace(of_row=of_row)
    joined = old._replace(
        events=events,
        users=users,
        user=np.r_[old.user, user[first_of_new]],
        items=items,
        markets=market,
        backend=old.backend or new.backend,
    )
    shown = np.arange(log.shape[1])
    further = np.setdiff1d(columns[: later.shape[1]], shown)
    return Interactions(joined.with_columns(np.append(shown, further))), rows


def columns_of_later(log: Interactions, later: Interactions) -> NDArray[np.int64]:
    """Columns of a log that a later one says something of, liked or not."""
    columns = log.item_columns(later._log.items.values)
    taken = np.unique(columns[later._log.events.column])
    return taken[taken >= 0]


def with_other_users(log: Interactions, known: Interactions) -> Interactions:
    """Rows as users that another log does not have, by further whole numbers."""
    n, start = log.shape[0], known.shape[0]
    while (known._log.users.places(np.arange(start, start + n), "users") >= 0).any():
        start += max(n, 1)
    users = Ids(np.arange(start, start + n))
    return Interactions(log._log._replace(users=users, user=np.arange(n)))


def _joined_markets(old: Markets, new: Markets) -> tuple[Markets, NDArray[np.int64]]:
    """Markets of both, and those of the new rows.

    Those of the first log stay targets or sources. Of the others those are targets
    that the later log names; if neither names any, all are.
    """
    _check_target(old, new)
    ids, numbers = with_further(old.ids, new.ids)
    sign = np.sign(new.domain)
    if new.target is None and old.target is not None:
        sign = np.abs(sign)
    further = numbers >= len(old.ids)
    domain = np.r_[old.domain, (numbers[further] + 1) * sign[further]]
    return old._replace(ids=ids, domain=domain), numbers[new.of_row]


def _check_target(old: Markets, new: Markets) -> None:
    """Check what the later log names as its target."""
    missing = new.missing_target(old.ids)
    if missing:
        known = [*old.ids.values[:8].tolist(), *new.ids.values[:8].tolist()]
        raise ValueError(
            "target of the later log must be one or several of the markets "
            f"{list(dict.fromkeys(known))}; got {missing[0]!r}."
        )
    named = [] if new.target is None else new.target
    places = old.ids.places(named, "target")
    for market, place in zip(named, places):
        if place >= 0 and old.domain[place] > 0:
            raise ValueError(
                f"The later log names {market!r} as a target, which is a source in the "
                "log of fit. Leave target= out, or fit to a log with this target."
            )


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
        _joined_times(old.when, new.when) if new.column.size else old.when,
        _joined_values(old, new),
        _joined_marks(old, new),
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
    if not new.column.size or (old.value is None and new.value is None):
        return old.value
    rated = [part.value is not None for part in (old, new)]
    if not all(rated) and all(part.column.size for part in (old, new)):
        first, second = ("ratings" if there else "no ratings" for there in rated)
        raise ValueError(
            f"The log of fit has {first}, the later one {second}. Read both with the "
            "same rating= and min_rating=."
        )
    values = [part.value for part in (old, new)]
    return np.concatenate([value for value in values if value is not None])


def _joined_marks(old: LogEvents, new: LogEvents) -> Any:
    """Marks of what was rated too low; None where nothing was."""
    if old.low is None and new.low is None:
        return None
    return np.concatenate(
        [
            np.zeros(part.column.size, dtype=bool) if part.low is None else part.low
            for part in (old, new)
        ]
    )
