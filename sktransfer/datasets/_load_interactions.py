"""Loaders of public interaction logs: sparse matrices of users and items."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import Bunch

from sktransfer._core.domains import encode_domains
from sktransfer.datasets._frame import as_data_frame
from sktransfer.datasets._home import choose, choose_several, data_file
from sktransfer.datasets._tables import TableError, parse_numbers, read_table

_MOVIELENS = "MovieLens 100K (GroupLens)"
_WSDM = "the WSDM Cup 2022 on cross-market recommendation (XMRec)"
_XMARKET = "XMarket, Electronics, 5-core (Bonab et al. 2021)"
_YOOCHOOSE = "the RecSys Challenge 2015 (Yoochoose), the last part"
_CROSS = "the cross-domain data of DisenCDR (from Amazon reviews)"
_WSDM_MARKETS = ("s1", "s2", "s3", "t1")
_XMARKET_MARKETS = ("ca", "de", "in", "mx", "uk")
_YOOCHOOSE_SUBSETS = ("train_full", "train_tr", "train_valid", "test")


class _Index:
    """Columns or rows of a matrix: known identifiers and their places."""

    def __init__(self, labels: Any) -> None:
        self.labels = np.array(sorted(set(labels)), dtype=object)
        self._place = {label: i for i, label in enumerate(self.labels)}

    def __call__(self, labels: Any) -> NDArray[np.int64]:
        return np.fromiter((self._place[v] for v in labels), np.int64, len(labels))

    def __len__(self) -> int:
        return len(self.labels)


def _matrix(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[Any],
    shape: tuple[int, int],
    *,
    add: bool = False,
) -> sparse.csr_matrix:
    """CSR matrix; a pair that occurs again replaces the value, or adds to it."""
    if not add:
        key = rows * np.int64(shape[1]) + columns
        _, last = np.unique(key[::-1], return_index=True)
        keep = np.sort(len(key) - 1 - last)
        rows, columns, values = rows[keep], columns[keep], values[keep]
    return sparse.csr_matrix(
        (np.asarray(values, dtype=np.float32), (rows, columns)), shape=shape
    )


def _whole(path: Path, table: dict[str, NDArray], column: str) -> NDArray[np.int64]:
    return parse_numbers(table[column], path=path, column=column, integer=True, low=0)


def load_movielens100k(
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load 100,000 ratings of 1682 movies by 943 users.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the ratings as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (943, 1682)
            Ratings, 1 to 5.
        user_ids : ndarray of int64 of shape (n_users,)
            Identifiers of the rows.
        item_ids : ndarray of int64 of shape (n_items,)
            Identifiers of the columns.
        user_index, item_index : ndarray of int64 of shape (n_ratings,)
            Row and column of each rating, in the order of the file.
        rating : ndarray of float64 of shape (n_ratings,)
            The ratings in that order.
        time : ndarray of float64 of shape (n_ratings,)
            Seconds since 1970, in that order.
        titles : ndarray of object of shape (n_items,)
            Titles with the year.
        genres : ndarray of bool of shape (n_items, 19)
            Whether a movie is of a genre.
        genre_names : list of str
            Names of the genres.
        age : ndarray of int64 of shape (n_users,)
            Ages in years.
        gender, occupation : ndarray of object of shape (n_users,)
            As the users stated them.
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
    Harper, F. M. and Konstan, J. A. (2015). The MovieLens datasets: history and
    context. ACM Transactions on Interactive Intelligent Systems 5(4).
    """
    form = {"delimiter": "|", "quoting": False, "encoding": "latin-1"}
    paths = {
        part: data_file(
            data_home, f"interactions/movielens100k/u.{part}.gz", _MOVIELENS
        )
        for part in ("data", "genre", "item", "user")
    }
    kinds = read_table(paths["genre"], names=["genre", "number"], **form)
    genre_names = kinds["genre"].tolist()
    head = ["item", "title", "release", "video", "address"]
    movies = read_table(paths["item"], names=[*head, *genre_names], **form)
    people = read_table(
        paths["user"], names=["user", "age", "gender", "occupation", "zip"], **form
    )
    path = paths["data"]
    columns = ["user", "item", "rating", "time"]
    log = read_table(path, names=columns, delimiter="\t")
    user, item = (_whole(path, log, c) for c in ("user", "item"))
    users = _whole(paths["user"], people, "user")
    items = _whole(paths["item"], movies, "item")
    user_index = _places(path, "user", user, users, paths["user"])
    item_index = _places(path, "item", item, items, paths["item"])
    rating = parse_numbers(log["rating"], path=path, column="rating", low=1, high=5)
    time = parse_numbers(log["time"], path=path, column="time", low=0)
    genres = [
        parse_numbers(
            movies[g], path=paths["item"], column=g, integer=True, low=0, high=1
        )
        for g in genre_names
    ]
    bunch = Bunch(
        data=_matrix(user_index, item_index, rating, (len(users), len(items))),
        user_ids=users,
        item_ids=items,
        user_index=user_index,
        item_index=item_index,
        rating=rating,
        time=time,
        titles=movies["title"],
        genres=np.column_stack(genres).astype(bool),
        genre_names=genre_names,
        age=_whole(paths["user"], people, "age"),
        gender=people["gender"],
        occupation=people["occupation"],
        DESCR=f"{_MOVIELENS}. No redistribution and no commercial use.",
    )
    frame = {"user": user, "item": item, "rating": rating, "time": time}
    return _finish(bunch, as_frame, frame)


def _places(
    path: Path,
    column: str,
    values: NDArray[np.int64],
    known: NDArray[np.int64],
    other: Path,
) -> NDArray[np.int64]:
    """Places of identifiers in another file's list."""
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, values, sorter=order)
    place = order[np.minimum(place, len(known) - 1)]
    wrong = np.flatnonzero(known[place] != values)
    if wrong.size:
        i = int(wrong[0])
        raise TableError(
            f"{path}, row {i + 1}, column {column!r}: {values[i]} does not occur in "
            f"{other.name}."
        )
    return place


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
        Load the 5-core of each market instead of all its interactions.
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
        part = "train_5core" if core or m == "s1" else "train"
        path = data_file(data_home, f"interactions/wsdmcup22/{m}/{part}.tsv.gz", _WSDM)
        logs[m] = read_table(path, columns=names)
        logs[m]["rating"] = parse_numbers(
            logs[m]["rating"], path=path, column="rating", low=1, high=5
        )
        if m in targets:
            valid[m] = _read_candidates(m, data_home)
    items = _Index(
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
        index = _Index([*logs[m]["userId"], *extra])
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
        data=_matrix(user_index, item_index, rating, (start, len(items))),
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
    return _finish(bunch, as_frame, _event_frame(bunch))


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
    logs = {}
    columns = ["userId", "itemId", "rate", "date"]
    for m in markets:
        relative = f"interactions/xmarket_electronics/{m}_5core.txt.gz"
        path = data_file(data_home, relative, _XMARKET)
        log = logs[m] = read_table(path, columns=columns, delimiter=" ")
        log["rate"] = parse_numbers(
            log["rate"], path=path, column="rate", low=1, high=5
        )
        log["date"] = _seconds(path, log["date"])
    items = _Index(i for log in logs.values() for i in log["itemId"])
    indexes = [_Index(logs[m]["userId"]) for m in markets]
    starts = np.cumsum([0, *map(len, indexes)])
    user_index = np.concatenate(
        [ix(logs[m]["userId"]) + s for m, ix, s in zip(markets, indexes, starts)]
    )
    item_index = np.concatenate([items(logs[m]["itemId"]) for m in markets])
    rating = np.concatenate([logs[m]["rate"] for m in markets])
    market = np.repeat(np.array(markets, dtype=object), [len(ix) for ix in indexes])
    bunch = Bunch(
        data=_matrix(user_index, item_index, rating, (int(starts[-1]), len(items))),
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
    return _finish(bunch, as_frame, _event_frame(bunch))


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


def load_yoochoose(
    *,
    subset: str = "train_full",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load clicks of shop sessions in time order.

    Parameters
    ----------
    subset : {"train_full", "train_tr", "train_valid", "test"}, default="train_full"
        The part; "train_full" is "train_tr" and "train_valid" together.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the clicks as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (n_sessions, n_items)
            Numbers of clicks. The columns are the same for every subset.
        user_ids : ndarray of int64 of shape (n_sessions,)
            Identifiers of the sessions, in ascending order.
        item_ids : ndarray of int64 of shape (n_items,)
            Identifiers of the items.
        sequences : list of ndarray of int64
            Columns that each session clicked, in time order.
        user_index, item_index : ndarray of int64 of shape (n_clicks,)
            Row and column of each click, in the order of the file.
        time : ndarray of float64 of shape (n_clicks,)
            Seconds since 1970, in that order.
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
    choose("subset", subset, _YOOCHOOSE_SUBSETS)
    columns = ["SessionId", "ItemId", "Time"]
    found = []
    for part in dict.fromkeys((subset, "train_full", "test")):
        relative = f"interactions/yoochoose100k/{part}.txt.gz"
        path = data_file(data_home, relative, _YOOCHOOSE)
        log = read_table(path, columns=columns)
        item = _whole(path, log, "ItemId")
        found.append(item)
        if part == subset:
            session = _whole(path, log, "SessionId")
            time = parse_numbers(log["Time"], path=path, column="Time", low=0)
    items = np.unique(np.concatenate(found))
    users, user_index = np.unique(session, return_inverse=True)
    user_index = user_index.astype(np.int64)
    item_index = np.searchsorted(items, found[0])
    order = np.lexsort((time, user_index))  # stable: ties stay as in the file
    stops = np.cumsum(np.bincount(user_index))[:-1]
    bunch = Bunch(
        data=_matrix(
            user_index,
            item_index,
            np.ones(len(time)),
            (len(users), len(items)),
            add=True,
        ),
        user_ids=users,
        item_ids=items,
        sequences=np.split(item_index[order], stops),
        user_index=user_index,
        item_index=item_index,
        time=time,
        DESCR=f"{_YOOCHOOSE}: {subset}. No licence is stated.",
    )
    frame = {"session": session, "item": found[0], "time": time}
    return _finish(bunch, as_frame, frame)


def load_cross_domain(
    target: str = "electronic",
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load purchases of the same users in two product categories.

    Parameters
    ----------
    target : {"electronic", "phone"}, default="electronic"
        The category to be served; the other is the source.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the training purchases of both as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (n_users, n_target_items)
            Training purchases in the target category.
        source_data : csr_matrix of float32 of shape (n_users, n_source_items)
            Purchases of the same users in the source category.
        test : csr_matrix of float32 of shape (n_users, n_target_items)
            Purchases of the target category that were held out.
        user_ids : ndarray of int64 of shape (n_users,)
            Identifiers of the rows.
        item_ids, source_item_ids : ndarray of int64
            Identifiers of the columns of both categories.
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
    choose("target", target, ("electronic", "phone"))
    source = "phone" if target == "electronic" else "electronic"
    folders = {target: f"{target}_{source}", source: f"{source}_{target}"}
    names = ["user", "item", "value"]
    logs: dict[str, tuple[NDArray, NDArray]] = {}
    for key, relative in (
        ("train", f"{folders[target]}/train"),
        ("test", f"{folders[target]}/test"),
        ("source", f"{folders[source]}/train"),
    ):
        path = data_file(
            data_home, f"interactions/cross_domain/{relative}.txt.gz", _CROSS
        )
        table = read_table(path, names=names)
        value = _whole(path, table, "value")
        if np.any(value != 1):
            i = int(np.flatnonzero(value != 1)[0])
            raise TableError(
                f"{path}, row {i + 1}, column 'value': expected 1; got {value[i]}."
            )
        logs[key] = (_whole(path, table, "user"), _whole(path, table, "item"))
    users = np.unique(np.concatenate([u for u, _ in logs.values()]))
    items = np.unique(np.concatenate([logs["train"][1], logs["test"][1]]))
    source_items = np.unique(logs["source"][1])

    def matrix(key: str, columns: NDArray[np.int64]) -> sparse.csr_matrix:
        u, i = (
            np.searchsorted(known, values)
            for known, values in zip((users, columns), logs[key])
        )
        return _matrix(u, i, np.ones(len(u)), (len(users), len(columns)))

    bunch = Bunch(
        data=matrix("train", items),
        source_data=matrix("source", source_items),
        test=matrix("test", items),
        user_ids=users,
        item_ids=items,
        source_item_ids=source_items,
        DESCR=f"{_CROSS}: from {source} to {target}. The repository is MIT.",
    )
    frame = {}
    if as_frame:
        both = [logs["train"], logs["source"]]
        frame = {
            "domain": np.repeat([target, source], [len(u) for u, _ in both]),
            "user": np.concatenate([u for u, _ in both]),
            "item": np.concatenate([i for _, i in both]),
        }
    return _finish(bunch, as_frame, frame)


def _event_frame(bunch: Bunch) -> dict[str, NDArray]:
    columns = {
        "market": bunch.market[bunch.user_index],
        "user": bunch.user_ids[bunch.user_index],
        "item": bunch.item_ids[bunch.item_index],
        "rating": bunch.rating,
    }
    return columns | ({"time": bunch.time} if "time" in bunch else {})


def _finish(bunch: Bunch, as_frame: bool, columns: dict[str, Any]) -> Bunch:
    if as_frame:
        bunch.frame = as_data_frame(columns)
    return bunch
