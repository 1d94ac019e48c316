"""Loaders of public texts with categories."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.tables import TableError, object_array, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import data_file
from sktransfer.datasets._read_table import read_table

_NEWSGROUPS = "20 Newsgroups, sorted by date (Lang 1995; Rennie)"
_PRICERUNNER = "the product classification and clustering data (UCI repository)"
_MWPD = "the product classification task of the MWPD challenge (ISWC 2020)"


def load_newsgroups20(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load the messages of 20 newsgroups, headers and quotes stripped.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The part by date.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of object of shape (n_rows,)
            Texts: subject, line break, body.
        subject : ndarray of object of shape (n_rows,)
            Subjects alone.
        target : ndarray of object of shape (n_rows,)
            Names of the groups, such as "comp.graphics".
        topic : ndarray of object of shape (n_rows,)
            The first part of the names, such as "comp".
        subset : ndarray of object of shape (n_rows,)
            "train" or "test".
        id : ndarray of object of shape (n_rows,)
            Numbers of the messages.
        target_names : list of str
            The groups, sorted.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected.
    """
    check_value("subset", subset, one_of("train", "test", "all"))
    path = data_file(data_home, "reviews/newsgroups20.csv.gz", _NEWSGROUPS)
    columns = ["group", "split", "id", "subject", "body"]
    table = read_table(path, columns=columns, quoting=True)
    table = _rows(path, table, "split", subset, ("train", "test"))
    text = object_array(f"{s}\n{b}" for s, b in zip(table["subject"], table["body"]))
    return with_frame(
        Bunch(
            data=text,
            subject=table["subject"],
            target=table["group"],
            topic=object_array(g.partition(".")[0] for g in table["group"]),
            subset=table["split"],
            id=table["id"],
            target_names=sorted(set(table["group"])),
            DESCR=f"{_NEWSGROUPS}, {subset}. No licence is stated.",
        ),
        as_frame,
        table,
    )


def load_pricerunner(
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load 35,311 product titles of 306 shops in ten categories.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of object of shape (n_rows,)
            Titles, in which German umlauts are spaces.
        target : ndarray of object of shape (n_rows,)
            Names of the categories.
        shop : ndarray of int64 of shape (n_rows,)
            Numbers of the shops: the domains.
        language : ndarray of object of shape (n_rows,)
            "en" or "de".
        cluster : ndarray of object of shape (n_rows,)
            Names of the products that the titles mean.
        target_names : list of str
            The categories, sorted.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected.
    """
    path = data_file(data_home, "products/pricerunner.csv.gz", _PRICERUNNER)
    table = read_table(
        path,
        columns=[
            "product_title",
            "vendor_id",
            "cluster_label",
            "category_label",
            "lang",
        ],
    )
    shop = parse_numbers(
        table["vendor_id"], path=path, column="vendor_id", integer=True
    )
    return with_frame(
        Bunch(
            data=table["product_title"],
            target=table["category_label"],
            shop=shop,
            language=table["lang"],
            cluster=table["cluster_label"],
            target_names=sorted(set(table["category_label"])),
            DESCR=f"{_PRICERUNNER}. Licence, unverified: CC BY 4.0.",
        ),
        as_frame,
        table,
    )


def load_mwpd(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load product offers of many shops and countries with GS1 categories.

    Parameters
    ----------
    subset : {"train", "validation", "test", "all"}, default="train"
        The part of the challenge.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of object of shape (n_rows,)
            Names of the products.
        description : ndarray of object of shape (n_rows,)
            Descriptions.
        shop_category : ndarray of object of shape (n_rows,)
            What the shop calls the category.
        target : ndarray of object of shape (n_rows,)
            Categories of the first level, the same as ``levels[:, 0]``.
        levels : ndarray of object of shape (n_rows, 3)
            Categories of the three levels.
        host : ndarray of object of shape (n_rows,)
            The shops.
        tld : ndarray of object of shape (n_rows,)
            Ends of their addresses, such as "com" or "uk": the domains.
        subset : ndarray of object of shape (n_rows,)
            "train", "validation" or "test".
        target_names : list of str
            Categories of the first level, sorted.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected.
    """
    subsets = ("train", "validation", "test")
    check_value("subset", subset, one_of(*subsets, "all"))
    path = data_file(data_home, "products/mwpd2020_categories.csv.gz", _MWPD)
    levels = ["lvl1", "lvl2", "lvl3"]
    columns = ["split", "host", "tld", "Name", "Description", "CategoryText", *levels]
    table = read_table(path, columns=columns, quoting=True)
    table = _rows(path, table, "split", subset, subsets)
    return with_frame(
        Bunch(
            data=table["Name"],
            description=table["Description"],
            shop_category=table["CategoryText"],
            target=table["lvl1"],
            levels=np.column_stack([table[c] for c in levels]),
            host=table["host"],
            tld=table["tld"],
            subset=table["split"],
            target_names=sorted(set(table["lvl1"])),
            DESCR=f"{_MWPD}, {subset}. No licence is stated.",
        ),
        as_frame,
        table,
    )


def _rows(
    path: Path,
    table: dict[str, NDArray],
    column: str,
    subset: str,
    subsets: tuple[str, ...],
) -> dict[str, NDArray]:
    """Rows of one part of a table."""
    for i, value in enumerate(table[column]):
        if value not in subsets:
            raise TableError(
                f"{path}, row {i + 1}, column {column!r}: expected one of "
                f"{', '.join(map(repr, subsets))}; got {value!r}."
            )
    if subset == "all":
        return table
    keep = table[column] == subset
    if not keep.any():
        raise TableError(f"{path}: no row has {column!r} equal to {subset!r}.")
    return {name: values[keep] for name, values in table.items()}
