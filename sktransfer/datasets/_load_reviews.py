"""Loaders of public review sets and of bilingual dictionaries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.domains import encode_domains
from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import choose_several, data_file
from sktransfer.datasets._read_table import read_table

_CLS10 = "Webis-CLS-10 (Prettenhofer and Stein 2010), labelled part"
_AMAZON = "the Multi-Domain Sentiment Dataset (Blitzer, Dredze and Pereira 2007)"
_HOTELS = "ChnSentiCorp, hotel reviews (Tan and Zhang 2008)"
_MUSE = "the bilingual dictionaries of MUSE (Facebook Research)"
_NAMES = ["negative", "positive"]
_AMAZON_DOMAINS = ("books", "dvd", "electronics", "kitchen")


def _label(path: Path, table: dict[str, NDArray]) -> NDArray:
    """0 or 1, strictly parsed."""
    return parse_numbers(
        table["label"], path=path, column="label", integer=True, low=0, high=1
    )


def _labelled(path: Path, table: dict[str, NDArray]) -> tuple[NDArray, NDArray]:
    """Labels and stars, strictly parsed."""
    label = _label(path, table)
    rating = parse_numbers(table["rating"], path=path, column="rating", low=1, high=5)
    wrong = np.flatnonzero((rating > 3) != (label == 1))
    if wrong.size:
        i = int(wrong[0])
        raise TableError(
            f"{path}, row {i + 1}, column 'label': expected 1 for a rating above 3 "
            f"and 0 otherwise; got {label[i]} for rating {rating[i]:g}."
        )
    return np.array(_NAMES, dtype=object)[label], rating


def load_cls10(
    language: str,
    category: str,
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load 2000 reviews of one language and category of Webis-CLS-10.

    Parameters
    ----------
    language : {"en", "de", "jp"}
        Language of the reviews.
    category : {"books", "dvd", "music"}
        Product category.
    subset : {"train", "test"}, default="train"
        Which half to load.
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
            Texts.
        tokens : ndarray of object of shape (n_rows,)
            Words of the texts, separated by spaces; Japanese only.
        target : ndarray of object of shape (n_rows,)
            "negative" or "positive" (rating above 3).
        rating : ndarray of float64 of shape (n_rows,)
            Stars, without 3.
        product : ndarray of object of shape (n_rows,)
            Identifiers of the products; empty in English.
        domain : str
            Such as "de/music".
        target_names : list of str
            ["negative", "positive"].
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

    References
    ----------
    Prettenhofer, P. and Stein, B. (2010). Cross-language text classification using
    structural correspondence learning. ACL.
    """
    check_value("language", language, one_of("en", "de", "jp"))
    check_value("category", category, one_of("books", "dvd", "music"))
    check_value("subset", subset, one_of("train", "test"))
    path = data_file(data_home, f"cls10/{language}_{category}_{subset}.csv.gz", _CLS10)
    columns = ["label", "rating", "product", "text"]
    columns += ["tokens"] * (language == "jp")
    table = read_table(path, columns=columns, quoting=True)
    target, rating = _labelled(path, table)
    bunch = Bunch(
        data=table["text"],
        target=target,
        rating=rating,
        product=table["product"],
        domain=f"{language}/{category}",
        target_names=list(_NAMES),
        DESCR=f"{_CLS10}: {language}/{category}, {subset}. No licence is stated. Some "
        "test texts stand in the training part, too.",
    )
    extra = {}
    if language == "jp":
        bunch.tokens = extra["tokens"] = table["tokens"]
    return with_frame(
        bunch,
        as_frame,
        {
            "text": bunch.data,
            "label": target,
            "rating": rating,
            "product": bunch.product,
            **extra,
        },
    )


def load_amazon_reviews(
    domains: str | Sequence[str] = _AMAZON_DOMAINS,
    *,
    target: str | Sequence[str] | None = None,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load English reviews of up to four product categories.

    Parameters
    ----------
    domains : str or sequence of str, default=("books", "dvd", "electronics", "kitchen")
        Categories to load, 2000 reviews each.
    target : str or sequence of str, default=None
        Categories to be served; needed for ``sample_domain``.
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
            Texts, in the order of the file.
        title : ndarray of object of shape (n_rows,)
            Headings of the reviews.
        product : ndarray of object of shape (n_rows,)
            Names of the products.
        target : ndarray of object of shape (n_rows,)
            "negative" or "positive" (rating above 3).
        rating : ndarray of float64 of shape (n_rows,)
            Stars, without 3.
        domain : ndarray of object of shape (n_rows,)
            Categories.
        sample_domain : ndarray of int64 of shape (n_rows,)
            Signed domains, see :func:`sktransfer.encode_domains`; None without
            ``target``.
        target_names : list of str
            ["negative", "positive"].
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

    References
    ----------
    Blitzer, J., Dredze, M. and Pereira, F. (2007). Biographies, Bollywood,
    boom-boxes and blenders: domain adaptation for sentiment classification. ACL.
    """
    listed = choose_several("domains", domains, _AMAZON_DOMAINS)
    path = data_file(data_home, "reviews/amazon_reviews.csv.gz", _AMAZON)
    table = read_table(
        path,
        columns=["domain", "label", "rating", "product", "title", "text"],
        quoting=True,
    )
    labels, rating = _labelled(path, table)
    keep = np.isin(table["domain"].astype(str), listed)
    if not keep.any():
        raise TableError(f"{path}: no row of the domains {listed}.")
    domain = table["domain"][keep]
    bunch = Bunch(
        data=table["text"][keep],
        title=table["title"][keep],
        product=table["product"][keep],
        target=labels[keep],
        rating=rating[keep],
        domain=domain,
        sample_domain=None if target is None else encode_domains(domain, target=target),
        target_names=list(_NAMES),
        DESCR=f"{_AMAZON}: raw texts of {', '.join(listed)}. Free for research.",
    )
    return with_frame(
        bunch,
        as_frame,
        {
            "text": bunch.data,
            "title": bunch.title,
            "product": bunch.product,
            "label": bunch.target,
            "rating": bunch.rating,
            "domain": domain,
        },
    )


def load_chinese_hotels(
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load 7766 hotel reviews in simplified Chinese.

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
            Texts, in the order of the file: the positive ones first.
        target : ndarray of object of shape (n_rows,)
            "negative" or "positive" (about two thirds).
        domain : str
            "zh/hotels".
        target_names : list of str
            ["negative", "positive"].
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

    References
    ----------
    Tan, S. and Zhang, J. (2008). An empirical study of sentiment analysis for Chinese
    documents. Expert Systems with Applications 34(4), 2622-2629.
    """
    path = data_file(data_home, "reviews/chinese_hotels.csv.gz", _HOTELS)
    table = read_table(path, columns=["label", "review"], quoting=True)
    bunch = Bunch(
        data=table["review"],
        target=np.array(_NAMES, dtype=object)[_label(path, table)],
        domain="zh/hotels",
        target_names=list(_NAMES),
        DESCR=f"{_HOTELS}: simplified Chinese, without word boundaries. No licence is "
        "stated.",
    )
    return with_frame(bunch, as_frame, {"text": bunch.data, "label": bunch.target})


def load_muse_dictionary(
    target: str = "de",
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load a bilingual dictionary from English.

    Parameters
    ----------
    target : {"de", "ja", "zh"}, default="de"
        Language of the translations; Chinese is in traditional characters.
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the pairs as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        dictionary : list of (str, str)
            Pairs (English word, translation), the most frequent first.
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

    References
    ----------
    Conneau, A., Lample, G., Ranzato, M., Denoyer, L. and Jegou, H. (2018). Word
    translation without parallel data. ICLR.
    """
    check_value("target", target, one_of("de", "ja", "zh"))
    path = data_file(data_home, f"muse/en-{target}.csv.gz", _MUSE)
    table = read_table(path, columns=["en", target])
    bunch = Bunch(
        dictionary=list(zip(table["en"].tolist(), table[target].tolist())),
        DESCR=f"{_MUSE}: en-{target}. Licence CC BY-NC 4.0: no commercial use.",
    )
    return with_frame(bunch, as_frame, table)
