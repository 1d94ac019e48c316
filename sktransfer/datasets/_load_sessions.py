"""Loaders of shop sessions and of users with two categories."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import Bunch

from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import data_file
from sktransfer.datasets._interactions import (
    interaction_matrix,
    whole_numbers,
)
from sktransfer.datasets._read_table import read_table

_YOOCHOOSE = "the RecSys Challenge 2015 (Yoochoose), the last part"
_CROSS = "the cross-domain data of DisenCDR (from Amazon reviews)"
_YOOCHOOSE_SUBSETS = ("train_full", "train_tr", "train_valid", "test")


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
    check_value("subset", subset, one_of(*_YOOCHOOSE_SUBSETS))
    columns = ["SessionId", "ItemId", "Time"]
    found = []
    for part in dict.fromkeys((subset, "train_full", "test")):
        relative = f"interactions/yoochoose100k/{part}.txt.gz"
        path = data_file(data_home, relative, _YOOCHOOSE)
        log = read_table(path, columns=columns)
        item = whole_numbers(path, log, "ItemId")
        found.append(item)
        if part == subset:
            session = whole_numbers(path, log, "SessionId")
            time = parse_numbers(log["Time"], path=path, column="Time", low=0)
    items = np.unique(np.concatenate(found))
    users, user_index = np.unique(session, return_inverse=True)
    user_index = user_index.astype(np.int64)
    item_index = np.searchsorted(items, found[0])
    order = np.lexsort((time, user_index))  # stable: ties stay as in the file
    stops = np.cumsum(np.bincount(user_index))[:-1]
    bunch = Bunch(
        data=interaction_matrix(
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
    return with_frame(bunch, as_frame, frame)


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
    check_value("target", target, one_of("electronic", "phone"))
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
        value = whole_numbers(path, table, "value")
        if np.any(value != 1):
            i = int(np.flatnonzero(value != 1)[0])
            raise TableError(
                f"{path}, row {i + 1}, column 'value': expected 1; got {value[i]}."
            )
        logs[key] = (
            whole_numbers(path, table, "user"),
            whole_numbers(path, table, "item"),
        )
    users = np.unique(np.concatenate([u for u, _ in logs.values()]))
    items = np.unique(np.concatenate([logs["train"][1], logs["test"][1]]))
    source_items = np.unique(logs["source"][1])

    def matrix(key: str, columns: NDArray[np.int64]) -> sparse.csr_matrix:
        u, i = (
            np.searchsorted(known, values)
            for known, values in zip((users, columns), logs[key])
        )
        return interaction_matrix(u, i, np.ones(len(u)), (len(users), len(columns)))

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
    return with_frame(bunch, as_frame, frame)
