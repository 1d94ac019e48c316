"""The columns of a log as numbered users, items and markets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.logs.events import LogEvents, events_of_rows, narrowest
from sktransfer._core.logs.ids import IdReader, Ids, plain_values
from sktransfer._core.logs.reading import Block, log_blocks
from sktransfer._core.parameters import check_value, number
from sktransfer._core.tables import id_texts


class Markets(NamedTuple):
    """Markets of a log, and that of each row."""

    ids: Ids
    domain: NDArray[np.int64]  # signed number of each market
    of_row: NDArray[np.int64]
    target: Any = None  # list of those that are named to be served; None: all are

    def missing_target(self, *others: Ids) -> list[Any]:
        """What is named to be served, and is none of the markets here or in others."""
        named = [] if self.target is None else self.target
        places = [ids.places(named, "target") for ids in (self.ids, *others)]
        known = np.max(places, axis=0) >= 0
        return [market for market, there in zip(named, known) if not there]


class Log(NamedTuple):
    """Events of the rows of a log, and its ids."""

    events: LogEvents
    users: Ids
    user: NDArray[np.int64]  # of each row, its place among the users
    items: Ids
    markets: Markets | None = None
    n_unliked: int = 0  # of the items, the last ones, which are no columns
    backend: Any = None  # frame library that the log came in

    def take_rows(self, rows: NDArray[np.integer]) -> Log:
        """Some rows, -1 for one without events."""
        markets = self.markets
        return self._replace(
            events=self.events.take_rows(rows),
            user=self.user[rows],
            markets=markets and markets._replace(of_row=markets.of_row[rows]),
        )

    def over_items(
        self, items: Ids, columns: NDArray[np.int64], n_unliked: int = 0
    ) -> Log:
        """The same over other columns, -1 for those that are left out."""
        events = self.events.renumbered(columns)
        return self._replace(events=events, items=items, n_unliked=n_unliked)

    def with_columns(self, places: NDArray[np.integer]) -> Log:
        """The same with the items at some places as columns, in this order."""
        every = np.arange(len(self.items))
        order = np.concatenate([places, np.setdiff1d(every, places)])
        n_unliked = every.size - len(places)
        if np.array_equal(order, every):
            return self._replace(n_unliked=n_unliked)
        return self.over_items(self.items.take(order), np.argsort(order), n_unliked)

    def narrowed(self) -> Log:
        """The same with few bytes for each row, to be stored."""
        return self._with_rows_as(narrowest)

    def widened(self) -> Log:
        """The inverse of `narrowed`."""
        return self._with_rows_as(lambda numbers: numbers.astype(np.int64))

    def _with_rows_as(self, change: Callable[[Any], Any]) -> Log:
        markets = self.markets
        return self._replace(
            user=change(self.user),
            markets=markets and markets._replace(of_row=change(markets.of_row)),
        )

    def row_keys(self) -> Iterator[tuple[str, ...]]:
        """Texts of the user of each row, and of the market where there is one."""
        texts = [id_texts(self.users.values, "users")[self.user]]
        if self.markets is not None:
            names = id_texts(self.markets.ids.values, "markets")
            texts.append(names[self.markets.of_row])
        return zip(*texts)


def read_log(
    frame: Any,
    names: Mapping[str, str | None],
    min_rating: float | None,
    target: Any,
    items: Any,
) -> Log:
    """Read a log; names: of its columns by what they hold."""
    check_value("min_rating", min_rating, number(-np.inf, np.inf), None)
    named = {role: name for role, name in names.items() if name is not None}
    for needed, by, given in (
        ("rating", "min_rating", min_rating),
        ("market", "target", target),
    ):
        if given is not None and needed not in named:
            raise ValueError(
                f"{by}={given!r} needs a column; got {needed}=None. Pass {needed}= "
                "with its name."
            )
    reader = _LogReader(named, items)
    for block in log_blocks(frame, list(named.values()), reader.id_names):
        reader.add(block)
    return reader.log(min_rating, target)


class _GivenItems:
    """Numbers items by a list that has them all."""

    def __init__(self, items: Any) -> None:
        self._ids = Ids(items if hasattr(items, "__len__") else list(items))
        texts = id_texts(self._ids.values, "items")
        if len(set(texts)) < texts.size:
            raise ValueError("items must hold each item once; one occurs twice.")

    def codes(self, column: Any, where: str, first_row: int = 1) -> NDArray[np.int64]:
        """Place of each item."""
        codes = self._ids.places(column, where)
        if codes.min(initial=0) < 0:
            item = plain_values(column)[codes < 0][0]
            raise ValueError(
                f"{where} has item {item!r:.60}, which is not in items. Add it there, "
                "or leave out its rows."
            )
        return codes

    def ids(self) -> Ids:
        """The items as given."""
        return self._ids


class _LogReader:
    """Adds up the blocks of a log."""

    def __init__(self, names: Mapping[str, str], items: Any) -> None:
        self._names = names
        self._readers: dict[str, Any] = {
            role: IdReader() for role in ("user", "item", "market") if role in names
        }
        self._given = items is not None
        if self._given:
            self._readers["item"] = _GivenItems(items)
        self.id_names = [names[role] for role in self._readers]
        self._parts: dict[str, list[NDArray[Any]]] = {role: [] for role in names}
        self._backend: Any = None

    def add(self, block: Block) -> None:
        """Read further rows."""
        self._backend = self._backend or block.backend
        if not len(block.columns[self._names["user"]]):
            return
        for role, name in self._names.items():
            if role in self._readers:
                where = f"{block.where}, column {name!r}"
                found = self._readers[role].codes(
                    block.columns[name], where, block.first_row
                )
            else:
                found = block.times(name) if role == "time" else block.numbers(name)
            self._parts[role].append(found)

    def log(self, min_rating: float | None, target: Any) -> Log:
        """The log of all rows."""
        columns = {role: _joined(role, parts) for role, parts in self._parts.items()}
        ids = {
            role: self._sorted(role, columns)
            for role in self._readers
            if not (role == "item" and self._given)
        }
        items = ids.get("item") or self._readers["item"].ids()
        row, user, market = _rows(columns, len(ids["user"]))
        value, low = _strength(columns.get("rating"), min_rating)
        events = events_of_rows(
            row, columns["item"], user.size, columns.get("time"), value, low
        )
        if events.value is not None:
            events = events.keep(events.value != 0)
        log = Log(events, ids["user"], user, items, backend=self._backend)
        if market is not None:
            log = log._replace(markets=_markets(ids["market"], market, target))
        return log if self._given else log.with_columns(_liked_items(log))

    def _sorted(self, role: str, columns: dict[str, NDArray[Any]]) -> Ids:
        """Ids in sorted order; the column is renumbered."""
        order = self._readers[role].order()
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        columns[role] = place[columns[role]]
        return self._readers[role].ids().take(order)


def _joined(role: str, parts: list[NDArray[Any]]) -> NDArray[Any]:
    if not parts:
        return np.empty(0, np.float64 if role in ("time", "rating") else np.int64)
    if len({part.dtype.kind == "M" for part in parts}) > 1:
        raise ValueError("Times must be all numbers or all dates; got both.")
    return np.concatenate(parts)


def _rows(
    columns: Mapping[str, NDArray[Any]], n_users: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Row of each interaction, and the user and market of each row."""
    user = columns["user"]
    if "market" not in columns:
        return user, np.arange(n_users), None
    keys, row = np.unique(columns["market"] * n_users + user, return_inverse=True)
    return row.reshape(-1), keys % n_users, keys // n_users


def _strength(
    rating: NDArray[np.float64] | None, min_rating: float | None
) -> tuple[NDArray[np.float32] | None, NDArray[np.bool_] | None]:
    """Values of events, None for 1, and whether they are rated too low."""
    if rating is None:
        return None, None
    if min_rating is None:
        return rating.astype(np.float32), None
    return None, rating < min_rating


def _liked_items(log: Log) -> NDArray[np.intp]:
    """Places of the items that somebody likes by the newest rating."""
    column, low = log.events.column, log.events.low
    if low is not None:
        newest, _ = log.events.newest(len(log.items))
        column = column[newest[~low[newest]]]
    return np.flatnonzero(np.bincount(column, minlength=len(log.items)))


def _markets(ids: Ids, of_row: NDArray[np.int64], target: Any) -> Markets:
    """Markets, whose numbers are negative for those to be served."""
    domain = np.arange(1, len(ids) + 1)
    if target is None:
        return Markets(ids, -domain, of_row)
    listed = [target] if np.ndim(target) == 0 else list(target)
    if not listed:
        raise ValueError("target must be one or several of the markets; got none.")
    places = ids.places(listed, "target")
    domain[places[places >= 0]] *= -1
    return Markets(ids, domain, of_row, listed)
