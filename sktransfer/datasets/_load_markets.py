"""Loaders of public interactions of several markets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.domains import encode_domains
from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import choose_several, data_file
from sktransfer.datasets._interactions import (
    Index,
    event_columns,
    interaction_matrix,
)
from sktransfer.datasets._read_table import read_table

_WSDM = "the WSDM Cup 2022 on cross-market recommendation (XMRec)"
_XMARKET = "XMarket, Electronics, 5-core (Bonab et al. 2021)"
_WSDM_MARKETS = ("s1", "s2", "s3", "t1")
_XMARKET_MARKETS = ("ca", "de", "in", "mx", "uk")


def load_wsdmcup22(
    markets: str | Sequence[str] = _WSDM_MARKETS,
    *,
    target: str | Sequence[str] = "t1",
    core: bool = False,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load purchases of markets that share items, with candidates to rank.

    Parameters
    ----------
    markets : str or sequence of str, default=("s1", "s2", "s3", "t1")
        Markets to load. Of "s1" only the 5-core is public.
    target : str or sequence of str, default="t1"
        Markets, among those loaded, to be served.
    core : bool, default=False
        Load the 5-core of each market alone. By default its file is joined to that
        of all interactions: it holds pairs that the other lacks, with the rating 1
        that it gives to every pair.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the training interactions as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (n_users, n_items)
            Ratings of the training part, the markets one below the other. Rows of
            new users are empty.
        sample_domain : ndarray of int64 of shape (n_users,)
            Signed domains, see :func:`sktransfer.encode_domains`.
        market : ndarray of object of shape (n_users,)
            Market of each row.
        user_ids, item_ids : ndarray of object
            Identifiers of the rows and of the columns.
        user_index, item_index : ndarray of int64 of shape (n_interactions,)
            Row and column of each interaction, in the order of the files.
        rating : ndarray of float64 of shape (n_interactions,)
            The ratings in that order.
        valid_rows : ndarray of int64 of shape (n_valid,)
            Rows of the target users to validate on.
        candidates : ndarray of int64 of shape (n_valid, 100)
            Columns that are to be ranked for each; a column of -1 where no
            candidates are public (s1 and s2).
        relevant : ndarray of int64 of shape (n_valid,)
            The right column of each.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or a file does not exist.
    ValueError
        If a file is damaged or has another form than expected.
    """
    markets = choose_several("markets", markets, _WSDM_MARKETS)
    targets = choose_several("target", target, tuple(markets))
    logs, valid = {}, {}
    names = ["userId", "itemId", "rating"]
    for m in markets:
        files = ["train_5core"] if core or m == "s1" else ["train", "train_5core"]
        logs[m] = _read_events(m, files, names, data_home)
        if m in targets:
            valid[m] = _read_candidates(m, data_home)
    items = Index(
        i
        for part in (
            *(log["itemId"] for log in logs.values()),
            *(r for _, r, _ in valid.values()),
            *(c.ravel() for _, _, c in valid.values() if c is not None),
        )
        for i in part
    )
    users, rows, start = [], {}, 0
    for m in markets:
        extra = valid[m][0] if m in valid else ()
        index = Index([*logs[m]["userId"], *extra])
        rows[m] = (index, start)
        users.append(index.labels)
        start += len(index)
    user_index = np.concatenate(
        [rows[m][0](logs[m]["userId"]) + rows[m][1] for m in markets]
    )
    item_index = np.concatenate([items(logs[m]["itemId"]) for m in markets])
    rating = np.concatenate([logs[m]["rating"] for m in markets])
    width = 100 if any(c is not None for _, _, c in valid.values()) else 1
    parts = [
        (
            rows[m][0](u) + rows[m][1],
            np.full((len(u), width), -1)
            if c is None
            else items(c.ravel()).reshape(c.shape),
            items(r),
        )
        for m, (u, r, c) in valid.items()
    ]
    valid_rows, candidates, relevant = (np.concatenate(p) for p in zip(*parts))
    market = np.repeat(np.array(markets, dtype=object), [len(u) for u in users])
    bunch = Bunch(
        data=interaction_matrix(user_index, item_index, rating, (start, len(items))),
        sample_domain=encode_domains(market, target=targets),
        market=market,
        user_ids=np.concatenate(users),
        item_ids=items.labels,
        user_index=user_index,
        item_index=item_index,
        rating=rating,
        valid_rows=valid_rows,
        candidates=candidates,
        relevant=relevant,
        DESCR=f"{_WSDM}: markets {', '.join(markets)}. The repository is Apache-2.0.",
    )
    return with_frame(bunch, as_frame, event_columns(bunch))


def _read_events(
    market: str,
    files: Sequence[str],
    names: Sequence[str],
    data_home: str | os.PathLike[str] | None,
) -> dict[str, NDArray[Any]]:
    """Events of a market's files; a pair has the rating of the first that names it."""
    events: dict[tuple[str, str], float] = {}
    for name in files:
        file = f"interactions/wsdmcup22/{market}/{name}.tsv.gz"
        path = data_file(data_home, file, _WSDM)
        log = read_table(path, columns=names)
        rating = parse_numbers(log["rating"], path=path, column="rating", low=1, high=5)
        own = dict(zip(zip(log["userId"], log["itemId"]), rating))  # the last counts
        events |= {pair: r for pair, r in own.items() if pair not in events}
    pairs = np.array([*events], dtype=object).reshape(-1, 2)
    values = np.fromiter(events.values(), dtype=np.float64, count=len(events))
    return dict(zip(names, (pairs[:, 0], pairs[:, 1], values)))


def _read_candidates(
    market: str, data_home: Any
) -> tuple[NDArray, NDArray, NDArray | None]:
    """Users to validate on, their right items, and 100 candidates of each."""
    folder = f"interactions/wsdmcup22/{market}"
    path = data_file(data_home, f"{folder}/valid_qrel.tsv.gz", _WSDM)
    right = read_table(path, columns=["userId", "itemId"])
    if len(set(right["userId"])) < len(right["userId"]):
        raise TableError(f"{path}: expected one right item for each user; got several.")
    if market in ("s1", "s2"):  # no candidates are public
        return right["userId"], right["itemId"], None
    path = data_file(data_home, f"{folder}/valid_run.tsv.gz", _WSDM)
    run = read_table(path, names=["userId", "candidates"])
    listed = {}
    for i, (user, joined) in enumerate(zip(run["userId"], run["candidates"])):
        listed[user] = joined.split(",")
        if len(listed[user]) != 100:
            raise TableError(
                f"{path}, row {i + 1}, column 'candidates': expected 100 items; got "
                f"{len(listed[user])}."
            )
    lacking = [u for u in right["userId"] if u not in listed]
    if lacking:
        raise TableError(f"{path}: no candidates for user {lacking[0]!r}.")
    candidates = np.array([listed[u] for u in right["userId"]], dtype=object)
    return right["userId"], right["itemId"], candidates


def load_xmarket(
    markets: str | Sequence[str] = _XMARKET_MARKETS,
    *,
    target: str | Sequence[str] | None = "de",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load dated ratings of electronics in five markets that share items.

    Parameters
    ----------
    markets : str or sequence of str, default=("ca", "de", "in", "mx", "uk")
        Markets to load.
    target : str or sequence of str, default="de"
        Markets, among those loaded, to be served; None leaves out
        ``sample_domain``.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the ratings as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (n_users, n_items)
            Ratings, 1 to 5, the markets one below the other; of repeated ratings the
            last in the file.
        sample_domain : ndarray of int64 of shape (n_users,)
            Signed domains, see :func:`sktransfer.encode_domains`, or None.
        market : ndarray of object of shape (n_users,)
            Market of each row.
        user_ids, item_ids : ndarray of object
            Identifiers of the rows and of the columns.
        user_index, item_index : ndarray of int64 of shape (n_ratings,)
            Row and column of each rating, in the order of the files.
        rating, time : ndarray of float64 of shape (n_ratings,)
            The ratings, and the days as seconds since 1970, in that order.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or a file does not exist.
    ValueError
        If a file is damaged or has another form than expected.

    References
    ----------
    Bonab, H., Aliannejadi, M., Vardasbi, A., Kanoulas, E. and Allan, J. (2021).
    Cross-market product recommendation. CIKM.
    """
    markets = choose_several("markets", markets, _XMARKET_MARKETS)
    targets = (
        None if target is None else choose_several("target", target, tuple(markets))
    )
    logs: dict[str, dict[str, NDArray[Any]]] = {}
    columns = ["userId", "itemId", "rate", "date"]
    for m in markets:
        relative = f"interactions/xmarket_electronics/{m}_5core.txt.gz"
        path = data_file(data_home, relative, _XMARKET)
        log: dict[str, NDArray[Any]] = {}
        log |= read_table(path, columns=columns, delimiter=" ")
        logs[m] = log
        log["rate"] = parse_numbers(
            log["rate"], path=path, column="rate", low=1, high=5
        )
        log["date"] = _seconds(path, log["date"])
    items = Index(i for log in logs.values() for i in log["itemId"])
    indexes = [Index(logs[m]["userId"]) for m in markets]
    starts = np.cumsum([0, *map(len, indexes)])
    user_index = np.concatenate(
        [ix(logs[m]["userId"]) + s for m, ix, s in zip(markets, indexes, starts)]
    )
    item_index = np.concatenate([items(logs[m]["itemId"]) for m in markets])
    rating = np.concatenate([logs[m]["rate"] for m in markets])
    market = np.repeat(np.array(markets, dtype=object), [len(ix) for ix in indexes])
    bunch = Bunch(
        data=interaction_matrix(
            user_index, item_index, rating, (int(starts[-1]), len(items))
        ),
        sample_domain=None
        if targets is None
        else encode_domains(market, target=targets),
        market=market,
        user_ids=np.concatenate([ix.labels for ix in indexes]),
        item_ids=items.labels,
        user_index=user_index,
        item_index=item_index,
        rating=rating,
        time=np.concatenate([logs[m]["date"] for m in markets]),
        DESCR=f"{_XMARKET}: markets {', '.join(markets)}. No licence is stated. Many "
        "users of a market are near-duplicates of each other.",
    )
    return with_frame(bunch, as_frame, event_columns(bunch))


def _seconds(path: Path, dates: NDArray) -> NDArray[np.float64]:
    out = np.empty(len(dates))
    for i, date in enumerate(dates):
        try:
            if len(date) != 10:
                raise ValueError
            out[i] = np.datetime64(date, "s").astype(np.int64)
        except ValueError as error:
            raise TableError(
                f"{path}, row {i + 1}, column 'date': expected a date such as "
                f"2016-06-13; got {date!r}."
            ) from error
    return out
