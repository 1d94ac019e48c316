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


class Log(NamedTuple):
    """Events of the rows of a log, and its ids."""

    events: LogEvents
    users: Ids
    user: NDArray[np.int64]  # of each row, its place among the users
    items: Ids
    markets: Markets | None = None
    low: LogEvents | None = None  # rated too low
    backend: Any = None  # frame library that the log came in

    def take_rows(self, rows: NDArray[np.integer]) -> Log:
        """Some rows, -1 for one without events."""
        low, markets = self.low, self.markets
        return self._replace(
            events=self.events.take_rows(rows),
            low=None if low is None else low.take_rows(rows),
            user=self.user[rows],
            markets=markets and markets._replace(of_row=markets.of_row[rows]),
        )

    def over_items(self, items: Ids, columns: NDArray[np.int64]) -> Log:
        """The same over other columns, -1 for those that are left out."""
        low = None if self.low is None else self.low.renumbered(columns)
        return self._replace(
            events=self.events.renumbered(columns), low=low, items=items
        )

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
        if not self._parts["user"]:
            raise ValueError("The log has no rows.")
        columns = {role: _joined(parts) for role, parts in self._parts.items()}
        ids = {
            role: self._sorted(role, columns)
            for role in self._readers
            if not (role == "item" and self._given)
        }
        items = ids.get("item") or self._readers["item"].ids()
        row, user, market = _rows(columns, len(ids["user"]))
        high, rating = _rated_high(columns.get("rating"), min_rating)
        when, column = columns.get("time"), columns["item"]
        value = None if rating is None else rating[high].astype(np.float32)
        events = events_of_rows(
            row[high],
            column[high],
            user.size,
            None if when is None else when[high],
            value,
        )
        low = None
        if min_rating is not None:
            low = events_of_rows(row[~high], column[~high], user.size)
        log = Log(events, ids["user"], user, items, low=low, backend=self._backend)
        if market is not None:
            domain = _signed_markets(ids["market"], target)
            log = log._replace(markets=Markets(ids["market"], domain, market))
        return log if self._given else _without_unused_items(log)

    def _sorted(self, role: str, columns: dict[str, NDArray[Any]]) -> Ids:
        """Ids in sorted order; the column is renumbered."""
        order = self._readers[role].order()
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        columns[role] = place[columns[role]]
        return self._readers[role].ids().take(order)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
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


def _rated_high(
    rating: NDArray[np.float64] | None, min_rating: float | None
) -> tuple[Any, NDArray[np.float64] | None]:
    """Rows to learn from, and their values, None where they count the same."""
    if rating is None:
        return slice(None), None
    if min_rating is None:
        return rating != 0, rating
    high = rating >= min_rating
    if not high.any():
        raise ValueError(
            f"No rating is {min_rating:g} or more, the highest is {rating.max():g}. "
            "Lower min_rating."
        )
    return high, None


def _signed_markets(markets: Ids, target: Any) -> NDArray[np.int64]:
    """Numbers of the markets, negative for those to be served."""
    domain = np.arange(1, len(markets) + 1)
    if target is None:
        return -domain
    listed = [target] if np.ndim(target) == 0 else list(target)
    places = markets.places(listed, "target")
    if not places.size or places.min() < 0:
        raise ValueError(
            f"target must be one or several of the markets "
            f"{markets.values[:8].tolist()}; got {target!r}."
        )
    domain[places] *= -1
    return domain


def _without_unused_items(log: Log) -> Log:
    """A log without columns of items that were all rated too low."""
    taken = np.bincount(log.events.column, minlength=len(log.items)) > 0
    if taken.all():
        return log
    columns = np.where(taken, np.cumsum(taken) - 1, -1)
    return log.over_items(log.items.take(np.flatnonzero(taken)), columns)
