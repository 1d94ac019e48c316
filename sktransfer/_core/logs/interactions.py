"""Interactions: a log as a matrix, with times, markets, and ids both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.logs.events import LogEvents
from sktransfer._core.logs.ids import Ids, plain_values
from sktransfer._core.logs.log_columns import Log, read_log
from sktransfer._core.logs.time_weights import weights_by_age
from sktransfer._core.parameters import check_value, number, one_of
from sktransfer._core.tables import object_array

HALF_LIFE = number(above=0, most=np.inf)


class Interactions:
    """A log of interactions: its matrix, times and markets, with the original ids.

    Made by :meth:`from_frame`. It stands for a matrix of users by items wherever this
    package takes one: in `fit`, `recommend`, `predict` and `score` of recommenders, in
    splitters and searches. A recommender that was fitted to it is asked by ids, and
    answers with a frame of the library that the log came in::

        log = Interactions.from_frame(frame, user="customer", item="sku")
        model = EASERecommender().fit(log)
        model.recommend(["c17", "c23"], k=5, as_frame=True)

    A row is a user; where there are markets, a user of one market. Each pair of user
    and item is one interaction, however often the log has it; of its ratings and times
    the newest count. :attr:`sequences` keeps the repeats. A log may be empty, as that
    of a night without sales: nothing is learned from it, and nobody served.

    Ids are texts, whole numbers or UUIDs. They are kept and given back in the type that
    they came in, and found by their text, so that 7 and "7" are one id, and "007" is
    another.

    Parameters
    ----------
    log : record of arrays
        What :meth:`from_frame` and :meth:`from_sequences` have read.

    Attributes
    ----------
    matrix : csr_array of float32 of shape (n_users, n_items)
        1 for each interaction, or its rating.
    times : csr_array of shape (n_users, n_items) or None
        When each interaction took place, as numbers above 0: as they came, or
        microseconds since 1970 of dates; with a constant added where some are not above
        0. None where the log has no times.
    sample_domain : ndarray of int64 of shape (n_users,) or None
        Market of each row: negative where it is to be served, positive for others;
        their absolute values are 1, 2, ... in sorted order of the markets. None where
        the log has no markets.
    markets : ndarray of shape (n_users,) or None
        Name of the market of each row.
    user_ids : ndarray of shape (n_users,)
        Id of each row, in sorted order in each market.
    item_ids : ndarray of shape (n_items,)
        Id of each column, in sorted order.
    sequences : list of ndarray of int32
        Columns that each user took, in time order, repeats among them.
    disliked : csr_array of bool of shape (n_users, n_items) or None
        What was last rated below `min_rating`: it is neither learned from nor
        recommended. Items that nobody likes in the log are no columns; that they are
        disliked is kept for recommenders that know them.
    shape : tuple of (int, int)
        Numbers of users and items.

    See Also
    --------
    sktransfer.AutoTransferRecommender : Compares recommenders on a log.
    sktransfer.model_selection.split_interactions : Holds out a part of a log.

    Examples
    --------
    >>> from sktransfer import EASERecommender, Interactions
    >>> frame = {"user": ["007", "007", "8", "8", "9"], "item": [5, 6, 5, 6, 5]}
    >>> log = Interactions.from_frame(frame, user="user", item="item")
    >>> log
    Interactions(n_users=3, n_items=2, n_interactions=5)
    >>> log.user_ids.tolist(), log.item_ids.tolist()
    (['007', '8', '9'], [5, 6])
    >>> model = EASERecommender(l2=1.0).fit(log)
    >>> items, scores = model.recommend(["9"], k=1)
    >>> log.item_ids[items].tolist()
    [[6]]
    """

    __iter__ = None  # rows are taken by log[rows]

    def __init__(self, log: Log) -> None:
        self._log = log
        self.shape = (log.events.n_rows, len(log.items) - log.n_unliked)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        user: str,
        item: str,
        time: str | None = None,
        rating: str | None = None,
        market: str | None = None,
        min_rating: float | None = None,
        target: Any = None,
        items: ArrayLike | None = None,
    ) -> Interactions:
        """Read a log with a row for each interaction.

        Parameters
        ----------
        frame : data frame, mapping, path, or iterable of these
            A frame of pandas, polars (a lazy one too) or pyarrow; a mapping of names to
            columns; the path of a .csv, .tsv, .jsonl, .json, .parquet or .xlsx file or
            of a folder of them; or several of these, such as the chunks of a file, read
            one after the other. Only the named columns are read.
        user, item : str
            Names of the columns with the user and the item of an interaction.
        time : str, default=None
            Name of the column of times: numbers that grow with time, dates, or their
            texts as ISO 8601 writes them. Dates without a zone are of UTC.
        rating : str, default=None
            Name of a column of numbers, the values of `matrix`: ratings, counts. A 0 is
            no interaction. None: each interaction counts 1.
        market : str, default=None
            Name of the column with the market of an interaction. A user of two markets
            is two rows.
        min_rating : float, default=None
            Learn from no lower ratings; each interaction that is left counts 1. What a
            user rated lower, when she last rated it, is not recommended to her.
        target : market or list of markets, default=None
            Markets to be served; the others are sources, which the target learns from.
            None: all are served. In a later log, which `partial_fit` takes, the markets
            of the first one stay targets or sources, whether they occur or not; new
            ones are sources unless `target` names them, or neither log names any.
        items : array-like of shape (n_items,), default=None
            All items, each once, in the order of the columns: of a table of items, with
            those that nobody has taken yet. None: those of the log, sorted.

        Returns
        -------
        log : Interactions
            The log.

        Raises
        ------
        ValueError
            If a column or a value is missing, an id is neither a text nor a whole
            number, or an item of the log is not among `items`. `fit` raises it, too, if
            no interaction is left, or a market of `target` does not occur.
        FileNotFoundError
            If there is no file of this name.

        Examples
        --------
        >>> from sktransfer import Interactions
        >>> frame = {
        ...     "user": ["a", "b", "b"],
        ...     "item": ["pen", "pen", "ink"],
        ...     "country": ["uk", "de", "de"],
        ... }
        >>> log = Interactions.from_frame(
        ...     frame, user="user", item="item", market="country", target="de"
        ... )
        >>> log.sample_domain
        array([-1,  2])
        >>> log.target.user_ids.tolist()
        ['b']
        """
        names = {"user": user, "item": item, "time": time, "rating": rating}
        names |= {"market": market}
        return cls(read_log(frame, names, min_rating, target, items))

    @classmethod
    def from_sequences(
        cls, sequences: Sequence[Sequence[Any]], *, items: ArrayLike | None = None
    ) -> Interactions:
        """Take sequences of item ids in time order.

        Parameters
        ----------
        sequences : list of sequences of ids
            Items of each user or session, the oldest first.
        items : array-like of shape (n_items,), default=None
            All items, as in :meth:`from_frame`.

        Returns
        -------
        log : Interactions
            The log. The ids of its users are their row numbers, and the times of its
            interactions their places, 1, 2, ...

        Examples
        --------
        >>> from sktransfer import Interactions
        >>> log = Interactions.from_sequences([["hat", "bag"], ["bag"]])
        >>> log.times.toarray()
        array([[2, 1],
               [1, 0]])
        """
        lengths = np.array([len(row) for row in sequences], dtype=np.int64)
        indptr = np.r_[0, np.cumsum(lengths)]
        user = np.repeat(np.arange(lengths.size), lengths)
        frame = {
            "user": user,
            "item": object_array(v for row in sequences for v in row),
            "time": np.arange(user.size) - indptr[user] + 1,
        }
        names = {"user": "user", "item": "item", "time": "time"}
        log = read_log(frame, names, None, None, items)
        rows = np.full(lengths.size, -1)
        rows[lengths > 0] = np.arange(log.events.n_rows)
        users, events = Ids(np.arange(lengths.size)), log.events.take_rows(rows)
        return cls(log._replace(events=events, users=users, user=users.values))

    def __repr__(self) -> str:
        n_users, n_items = self.shape
        more = f", n_interactions={self._newest[0].size}"
        if self._log.markets is not None:
            more += f", markets={self._log.markets.ids.values.tolist()}"
        return f"Interactions(n_users={n_users}, n_items={n_items}{more})"

    def __len__(self) -> int:
        return self.shape[0]

    def __getstate__(self) -> dict[str, Any]:
        return {"log": self._log.narrowed()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["log"].widened())  # type: ignore[misc]

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise TypeError("Interactions are no array. Pass log.matrix.")

    def __getitem__(self, rows: Any) -> Interactions:
        """Some rows: a slice, their numbers or a mask."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        numbers = np.arange(self.shape[0])[rows]
        return Interactions(self._log.take_rows(np.atleast_1d(numbers)))

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Newest event of each pair, and the pair of each event."""
        return self._log.events.newest(len(self._log.items))

    @cached_property
    def _newest(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Newest event of each entry of the matrix, and the entry of each, or -1."""
        newest, pair = self._pairs
        low = self._log.events.low
        if low is None:
            return newest, pair
        liked = ~low[newest]
        entry = np.where(liked, np.cumsum(liked) - 1, -1)
        return newest[liked], entry[pair]

    @cached_property
    def _liked(self) -> LogEvents:
        """Events to learn from."""
        events = self._log.events
        if events.low is None:
            return events
        kept = events.keep(~events.low & (self._newest[1] >= 0))
        return replace(kept, low=None)

    def _csr(self, values: NDArray[Any], newest: Any = None) -> Any:
        """Values of some events as a matrix: of the newest ones of its entries."""
        newest = self._newest[0] if newest is None else newest
        events = self._log.events
        counts = np.bincount(events.rows[newest], minlength=self.shape[0])
        indptr = np.r_[0, np.cumsum(counts)]
        return sparse.csr_array((values, events.column[newest], indptr), self.shape)

    @cached_property
    def matrix(self) -> Any:
        """Interactions, users in rows and items in columns."""
        newest, value = self._newest[0], self._log.events.value
        if value is None:
            return self._csr(np.ones(newest.size, dtype=np.float32))
        return self._csr(value[newest])

    @cached_property
    def times(self) -> Any:
        """Times at the places of `matrix`, above 0; None where there are none."""
        when = self._log.events.when
        if when is None:
            return None
        when = when[self._newest[0]]
        when = when.view(np.int64) if when.dtype.kind == "M" else when
        smallest = when.min(initial=1)
        return self._csr(when if smallest > 0 else when - smallest + 1)

    def time_weights(self, half_life: float, *, newest_of: str = "market") -> Any:
        r"""Weights of the interactions by their age, halved every `half_life`.

        An interaction of age a counts :math:`2^{-a/h}`, the newest one 1, and no one
        less than :math:`2^{-60}`. ``log.matrix * log.time_weights(90)`` is a matrix in
        which old interactions count less, for whatever takes one; recommenders with a
        parameter `half_life` learn from it.

        Parameters
        ----------
        half_life : float
            Age h at which an interaction counts half, in the unit of the times: days
            where these are dates. Infinity: all count 1.
        newest_of : {"market", "user"}, default="market"
            Ages are counted from the newest interaction of the market (of the log, if
            it has no markets), or of the user.

        Returns
        -------
        weights : csr_array of float32 of shape (n_users, n_items)
            At the places of `matrix`.

        Raises
        ------
        ValueError
            If the log has no times.

        Examples
        --------
        >>> from sktransfer import Interactions
        >>> frame = {"user": [1, 1, 2], "item": [1, 2, 2], "day": [0, 30, 90]}
        >>> log = Interactions.from_frame(frame, user="user", item="item", time="day")
        >>> log.time_weights(30).toarray()
        array([[0.125, 0.25 ],
               [0.   , 1.   ]], dtype=float32)
        """
        check_value("half_life", half_life, HALF_LIFE)
        check_value("newest_of", newest_of, one_of("market", "user"))
        events, markets = self._log.events, self._log.markets
        newest = self._newest[0]
        if events.when is None:
            raise ValueError(
                f"half_life={half_life:g} needs the times of the interactions, and the "
                "log has none. Pass Interactions.from_frame(..., time=...)."
            )
        group = events.rows[newest]
        if newest_of == "market":
            group = group * 0 if markets is None else markets.of_row[group]
        return self._csr(weights_by_age(events.when[newest], group, half_life))

    @property
    def sample_domain(self) -> NDArray[np.int64] | None:
        """Signed number of the market of each row."""
        markets = self._log.markets
        return None if markets is None else markets.domain[markets.of_row]

    @property
    def markets(self) -> NDArray[Any] | None:
        """Name of the market of each row."""
        markets = self._log.markets
        return None if markets is None else markets.ids.values[markets.of_row]

    @property
    def user_ids(self) -> NDArray[Any]:
        """Id of each row."""
        return self._log.users.values[self._log.user]

    @property
    def item_ids(self) -> NDArray[Any]:
        """Id of each column."""
        return self._log.items.values[: self.shape[1]]

    @property
    def sequences(self) -> list[NDArray[np.int32]]:
        """Columns that each user took, in time order."""
        return np.split(self._liked.column, self._liked.indptr[1:-1])

    @cached_property
    def disliked(self) -> Any:
        """Pairs that were last rated too low; None where there are none."""
        events, newest = self._log.events, self._pairs[0]
        if events.low is None:
            return None
        columns = events.column[newest] < self.shape[1]
        newest = newest[events.low[newest] & columns]
        if not newest.size:
            return None
        return self._csr(np.ones(newest.size, dtype=bool), newest)

    @property
    def target(self) -> Interactions:
        """Rows of the markets to be served; all of a log without markets."""
        domain = self.sample_domain
        return self if domain is None else self[domain < 0]

    def item_columns(self, ids: Any) -> NDArray[np.int64]:
        """Column of each item.

        Parameters
        ----------
        ids : array-like of shape (n,)
            Ids of items.

        Returns
        -------
        columns : ndarray of int64 of shape (n,)
            Their columns, -1 for items that are not in the log.
        """
        places = self._log.items.places(ids, "items")
        return np.where(places < self.shape[1], places, -1)

    def user_rows(self, ids: Any) -> NDArray[np.int64]:
        """Row of each user, among those to be served.

        Parameters
        ----------
        ids : array-like of shape (n,)
            Ids of users.

        Returns
        -------
        rows : ndarray of int64 of shape (n,)
            Their rows, -1 for users that are not in the log, or in no market to be
            served.

        Raises
        ------
        ValueError
            If a user is in several of the markets to be served.
        """
        rows = np.append(self._row_of_user, -1)[self._log.users.places(ids, "users")]
        if (rows == -2).any():
            user = plain_values(ids)[rows == -2][0]
            raise ValueError(
                f"User {user!r} is in several of the markets to be served. Pass the "
                "rows of one of them, such as log[log.markets == name]."
            )
        return rows

    @cached_property
    def _row_of_user(self) -> NDArray[np.int64]:
        """Row of each of the ids of users: -1 for none, -2 for several."""
        domain = self.sample_domain
        served = np.arange(self.shape[0])
        served = served if domain is None else served[domain < 0]
        users = self._log.user[served]
        rows = np.full(len(self._log.users), -1)
        rows[users] = served
        counts = np.bincount(users, minlength=rows.size)
        rows[counts > 1] = -2
        return rows
