"""Other rows, columns and forms of a log, for whoever learns from it or serves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.interactions import interaction_times
from sktransfer._core.logs.events import LogEvents, events_of_rows
from sktransfer._core.logs.ids import IdReader, Ids, plain_values, with_further
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.log_columns import Log, Markets
from sktransfer._core.logs.reading import installed_library
from sktransfer._core.sparse import entry_rows


def events_of(log: Interactions) -> LogEvents:
    """All events to learn from, repeats among them."""
    return log._liked


def check_to_learn_from(log: Interactions) -> None:
    """Check that a log has what `fit` needs."""
    if not events_of(log).column.size:
        n_low, what = log._log.events.column.size, "it has no rows"
        if n_low:
            what = f"all of its {n_low} ratings are below min_rating. Lower min_rating"
        raise ValueError(f"The log has no interactions to learn from: {what}.")
    markets = log._log.markets
    missing = [] if markets is None else markets.missing_target()
    if markets is not None and missing:
        raise ValueError(
            f"target must be one or several of the markets "
            f"{markets.ids.values[:8].tolist()}; got {missing[0]!r}."
        )


def pair_times(log: Interactions) -> NDArray[Any] | None:
    """Times in the order of the entries of the matrix: numbers as given, or dates."""
    when = log._log.events.when
    return None if when is None else when[log._newest[0]]


def log_of_matrix(X: Any, times: Any, domain: NDArray[np.int64]) -> Interactions:
    """A log of a CSR matrix and of the times at its places; numbers are its ids."""
    value = None if (X.data == 1).all() else X.data.astype(np.float32)
    when = interaction_times(X, times)
    users, items = (Ids(np.arange(n)) for n in X.shape)
    names, of_row = np.unique(domain, return_inverse=True)
    return Interactions(
        Log(
            events_of_rows(entry_rows(X), X.indices, X.shape[0], when, value),
            users,
            users.values,
            items,
            Markets(Ids(names), names, of_row.ravel()),
        )
    )


def times_in_days(log: Interactions) -> Any:
    """Times at the places of the matrix, in days where they are dates; or None."""
    when = log._log.events.when
    if when is None or when.dtype.kind != "M":
        return log.times
    return log.times * (np.timedelta64(1, "us") / np.timedelta64(1, "D"))


def split_pairs(
    log: Interactions, out: NDArray[np.bool_], *, by_time: bool
) -> tuple[Interactions, Interactions]:
    """The same rows without some of the entries of the matrix, and with these alone.

    What is disliked is in both, but what a user disliked after the first entry that is
    taken out by its time is not in the first.
    """
    events, (newest, entry) = log._log.events, log._newest
    taken, disliked = np.append(out, False)[entry], entry < 0
    left = ~taken
    if by_time and events.low is not None and events.when is not None:
        n_before = np.zeros(taken.size + 1, dtype=np.int64)
        n_before[newest[out] + 1] = 1
        np.cumsum(n_before, out=n_before)
        before = n_before[:-1] == n_before[events.indptr[events.rows]]
        left &= ~disliked | (events.low & before)
    parts = (events.keep(left), events.keep(taken | disliked))
    past, future = (Interactions(log._log._replace(events=part)) for part in parts)
    return past, future


def newest_pairs(log: Interactions, *, times: bool) -> Interactions:
    """The same without repeats, each pair as it was last; without times unless kept."""
    events, newest = log._log.events, log._pairs[0]
    if newest.size < events.column.size:
        last = np.zeros(events.column.size, dtype=bool)
        last[newest] = True
        events = events.keep(last)
    if not times:
        events = replace(events, when=None)
    return Interactions(log._log._replace(events=events))


def rows_of_users(log: Interactions, ids: Any) -> Interactions:
    """A row for each user; without interactions for those that are not in the log."""
    rows = log.user_rows(ids)
    found = log._log.take_rows(rows)._replace(markets=None)
    unknown = rows < 0
    if unknown.any():
        users = found.users.take(found.user[~unknown])
        users = users.extended(plain_values(ids)[unknown].tolist())
        place = np.empty(rows.size, dtype=np.int64)
        place[np.argsort(unknown, kind="stable")] = np.arange(rows.size)
        found = found._replace(users=users, user=place)
    return Interactions(found)


def numbered_rows(log: Interactions, n_rows: int) -> Interactions:
    """Rows without interactions over the same columns, with their numbers as ids."""
    found = log._log.take_rows(np.full(n_rows, -1))
    users = Ids(np.arange(n_rows))
    return Interactions(found._replace(users=users, user=users.values, markets=None))


def rows_like(log: Interactions, other: Interactions) -> Interactions:
    """A row for each row of another log, of the same user and market."""
    if log._log.user is other._log.user:
        return log
    place = {key: row for row, key in enumerate(log._log.row_keys())}
    rows = [place.get(key, -1) for key in other._log.row_keys()]
    return Interactions(log._log.take_rows(np.array(rows, dtype=np.int64)))


def over_items_of(log: Interactions, other: Interactions) -> Interactions:
    """The same rows over the columns of another log; other items are left out."""
    own, theirs = log._log, other._log
    if own.items is theirs.items and log.shape[1] == other.shape[1]:
        return log
    columns = other.item_columns(own.items.values)
    return Interactions(own.over_items(theirs.items, columns, theirs.n_unliked))


def with_new_items(log: Interactions, ids: Any) -> Interactions:
    """The same with further columns, of items that nobody has taken."""
    reader = IdReader()
    reader.codes(plain_values(ids), "names")
    items, places = with_further(log._log.items, reader.ids())
    new = places[places >= log.shape[1]]
    columns = np.append(np.arange(log.shape[1]), new)
    return Interactions(log._log._replace(items=items).with_columns(columns))


def ranked_frame(
    log: Interactions, items: NDArray[np.int64], scores: NDArray[np.floating]
) -> Any:
    """Ranked items of each row as a frame of the library that the log came in."""
    found = log._log
    backend = found.backend or installed_library()
    row, place = np.nonzero(items >= 0)
    columns = {
        "user": found.users.series("user", found.user[row], backend),
        "item": found.items.series("item", items[row, place], backend),
    }
    markets = found.markets
    if markets is not None and np.unique(markets.of_row).size > 1:
        market = markets.ids.series("market", markets.of_row[row], backend)
        columns = {"market": market, **columns}
    return _with_scores(columns, scores[row, place], place, backend)


def similar_frame(
    log: Interactions,
    columns: NDArray[np.int64],
    similar: NDArray[np.int64],
    scores: NDArray[np.floating],
) -> Any:
    """Similar items of each item as a frame of the library that the log came in."""
    found = log._log
    backend = found.backend or installed_library()
    row, place = np.nonzero(similar >= 0)
    both = {"item": columns[row], "similar_item": similar[row, place]}
    ids = {name: found.items.series(name, c, backend) for name, c in both.items()}
    return _with_scores(ids, scores[row, place], place, backend)


def _with_scores(
    columns: dict[str, Any],
    scores: NDArray[np.floating],
    place: NDArray[np.intp],
    backend: Any,
) -> Any:
    """Series and the scores and ranks of their rows as a native frame."""
    for name, values in {"score": scores, "rank": place + 1}.items():
        columns[name] = nw.new_series(name, values, backend=backend)
    first, *others = columns.values()
    return first.to_frame().with_columns(*others).to_native()
