"""Loaders of logs of which some users are held out whole: ML-20M, Million Songs."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.parameters import check_value, integer
from sktransfer._core.tables import (
    TableError,
    object_array,
    parse_numbers,
    table_frames,
)
from sktransfer.datasets._home import data_file
from sktransfer.datasets._interactions import interaction_matrix, whole_numbers

_ML20M = "MovieLens 20M (GroupLens)"
_MSD = "the Echo Nest Taste Profile of the Million Song Dataset"
_SEED = 98765  # of the published split
_LEAST_TO_HOLD_OUT = 5  # items of a user; of fewer none is held out


def load_ml20m(
    *, n_heldout: int = 10_000, data_home: str | os.PathLike[str] | None = None
) -> Bunch:
    """Load MovieLens 20M, split for new users as in the published tables.

    A rating of 4 or more is an interaction; users with 5 or more are kept. Twice
    `n_heldout` users, drawn at random, are left out of the training part, to validate
    and to test; of these a fifth of the interactions with items of the training part is
    held out, rounded down, and none of users with fewer than 5 [1]_.

    Parameters
    ----------
    n_heldout : int, default=10,000
        Number of users to validate, and to test; the published tables have the default.
    data_home : str or path-like, default=None
        Folder that holds ``interactions/ml-20m/ratings.csv``; None means the
        environment variable ``SKTRANSFER_DATA``.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        train : csr_matrix of float32 of shape (n_train, n_items)
            1 for each interaction.
        validation, test : csr_matrix of float32 of shape (n_heldout, n_items)
            What is known of the new users.
        validation_held_out, test_held_out : csr_matrix of float32, of the same shape
            What is to be ranked.
        item_ids : ndarray of shape (n_items,)
            Identifiers of the columns: items that the training part has.
        train_ids, validation_ids, test_ids : ndarray of shape (n_rows,)
            Identifiers of the users.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected, or there are too few
        users.

    See Also
    --------
    sktransfer.model_selection.split_interactions : Splits any log, with `users` for
        new users alone.

    References
    ----------
    .. [1] D. Liang, R. Krishnan, M. Hoffman, T. Jebara, "Variational Autoencoders for
       Collaborative Filtering", WWW 2018.
    """
    check_value("n_heldout", n_heldout, integer(1))
    path = data_file(data_home, "interactions/ml-20m/ratings.csv", _ML20M)
    users, items = [], []
    for frame in table_frames(path, ["userId", "movieId", "rating"], texts=()):
        liked = parse_numbers(frame["rating"], path=path, column="rating") >= 4
        users.append(whole_numbers(path, frame, "userId")[liked])
        items.append(whole_numbers(path, frame, "movieId")[liked])
    user_ids, user = np.unique(np.concatenate(users), return_inverse=True)
    item_ids, item = np.unique(np.concatenate(items), return_inverse=True)
    kept = np.bincount(user)[user] >= 5
    bunch = _split_users(path, user[kept], item[kept], user_ids, item_ids, n_heldout)
    bunch.DESCR = f"{_ML20M}: ratings of 4 or more, for research as its licence says."
    return bunch


def load_msd(
    *, n_heldout: int = 50_000, data_home: str | os.PathLike[str] | None = None
) -> Bunch:
    """Load the songs that users of the Million Song Dataset heard, split for new users.

    Kept are songs of 200 users or more, then users of 20 of these or more; how often
    somebody heard a song does not count. The split is that of :func:`load_ml20m`.

    Parameters
    ----------
    n_heldout : int, default=50,000
        Number of users to validate, and to test; the published tables have the default.
    data_home : str or path-like, default=None
        Folder that holds ``interactions/msd/train_triplets.txt``: user, song and
        count, separated by tabs, without a header. None means the environment variable
        ``SKTRANSFER_DATA``.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As :func:`load_ml20m` returns it.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected, or there are too few
        users.

    References
    ----------
    T. Bertin-Mahieux, D. Ellis, B. Whitman, P. Lamere, "The Million Song Dataset",
    ISMIR 2011.
    """
    check_value("n_heldout", n_heldout, integer(1))
    path = data_file(data_home, "interactions/msd/train_triplets.txt", _MSD)
    user_ids, user, item_ids, item = _read_triplets(path)
    kept = np.bincount(item, minlength=1)[item] >= 200
    user, item = user[kept], item[kept]
    kept = np.bincount(user, minlength=1)[user] >= 20
    bunch = _split_users(path, user[kept], item[kept], user_ids, item_ids, n_heldout)
    bunch.DESCR = f"{_MSD}: songs of 200 users or more, users of 20 songs or more."
    return bunch


def _read_triplets(path: Path) -> tuple[NDArray[Any], ...]:
    """Sorted ids of users and songs, and the places of each line among them."""
    numbers: tuple[dict[str, int], ...] = ({}, {})
    places = array("i"), array("i")
    with open(path, encoding="utf-8") as file:
        for line_number, line in enumerate(file, 1):
            fields = line.split("\t")
            if len(fields) != 3:
                raise TableError(
                    f"{path}: line {line_number} must hold user, song and count, "
                    f"separated by tabs; got {line.strip()[:80]!r}."
                )
            for name, number, place in zip(fields, numbers, places):
                place.append(number.setdefault(name, len(number)))
    found: list[NDArray[Any]] = []
    for number, place in zip(numbers, places):
        ids = object_array(sorted(number))
        rank = np.empty(len(number), dtype=np.int64)
        rank[[number[name] for name in ids]] = np.arange(len(number))
        found += [ids, rank[np.frombuffer(place, dtype=np.intc)]]
    return tuple(found)


def _split_users(
    path: Path,
    user: NDArray[np.int64],
    item: NDArray[np.int64],
    user_ids: NDArray[Any],
    item_ids: NDArray[Any],
    n_heldout: int,
) -> Bunch:
    """Training part, and what is known and held out of the new users."""
    users = np.unique(user)
    if len(users) <= 2 * n_heldout:
        raise ValueError(
            f"{path} has {len(users)} users with enough interactions; n_heldout="
            f"{n_heldout} needs more than {2 * n_heldout}. Pass a smaller one."
        )
    drawn = np.random.RandomState(_SEED).permutation(users)
    train, validation, test = np.split(drawn, [-2 * n_heldout, -n_heldout])
    items = np.unique(item[np.isin(user, train)])
    bunch = Bunch(item_ids=item_ids[items])
    known = np.isin(item, items)
    user, item = user[known], np.searchsorted(items, item[known])
    for name, rows in ("train", train), ("validation", validation), ("test", test):
        rows = np.sort(rows)
        mine = np.isin(user, rows)
        row, column = np.searchsorted(rows, user[mine]), item[mine]
        parts = {name: np.ones(len(row), dtype=bool)}
        if name != "train":
            out = _a_fifth_of_each(row)
            parts = {name: ~out, f"{name}_held_out": out}
        for part, some in parts.items():
            ones = np.ones(np.count_nonzero(some))
            bunch[part] = interaction_matrix(
                row[some], column[some], ones, (len(rows), len(items))
            )
        bunch[f"{name}_ids"] = user_ids[rows]
    return bunch


def _a_fifth_of_each(row: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Interactions to hold out, a fifth of each row's, drawn as in that split."""
    order = np.argsort(row, kind="stable")
    rng = np.random.RandomState(_SEED)
    out = np.zeros(len(row), dtype=bool)
    for entries in np.split(order, np.flatnonzero(np.diff(row[order])) + 1):
        if len(entries) >= _LEAST_TO_HOLD_OUT:
            drawn = rng.choice(len(entries), len(entries) // 5, replace=False)
            out[entries[drawn]] = True
    return out
