"""Loader of MovieLens 100K."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import data_file
from sktransfer.datasets._interactions import (
    interaction_matrix,
    whole_numbers,
)
from sktransfer.datasets._read_table import read_table

_MOVIELENS = "MovieLens 100K (GroupLens)"


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

    def read(part: str, names: list[str]) -> dict[str, NDArray[np.object_]]:
        return read_table(
            paths[part], names=names, delimiter="|", quoting=False, encoding="latin-1"
        )

    paths = {
        part: data_file(
            data_home, f"interactions/movielens100k/u.{part}.gz", _MOVIELENS
        )
        for part in ("data", "genre", "item", "user")
    }
    kinds = read("genre", ["genre", "number"])
    genre_names = kinds["genre"].tolist()
    head = ["item", "title", "release", "video", "address"]
    movies = read("item", [*head, *genre_names])
    people = read("user", ["user", "age", "gender", "occupation", "zip"])
    path = paths["data"]
    columns = ["user", "item", "rating", "time"]
    log = read_table(path, names=columns, delimiter="\t")
    user, item = (whole_numbers(path, log, c) for c in ("user", "item"))
    users = whole_numbers(paths["user"], people, "user")
    items = whole_numbers(paths["item"], movies, "item")
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
        data=interaction_matrix(
            user_index, item_index, rating, (len(users), len(items))
        ),
        user_ids=users,
        item_ids=items,
        user_index=user_index,
        item_index=item_index,
        rating=rating,
        time=time,
        titles=movies["title"],
        genres=np.column_stack(genres).astype(bool),
        genre_names=genre_names,
        age=whole_numbers(paths["user"], people, "age"),
        gender=people["gender"],
        occupation=people["occupation"],
        DESCR=f"{_MOVIELENS}. No redistribution and no commercial use.",
    )
    frame = {"user": user, "item": item, "rating": rating, "time": time}
    return with_frame(bunch, as_frame, frame)


def _places(
    path: Path,
    column: str,
    values: NDArray[np.int64],
    known: NDArray[np.int64],
    other: Path,
) -> NDArray[np.int64]:
    """Positions of identifiers in the list of another file."""
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
