"""Content of items from the columns of a table: texts, categories, lists, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import SplineTransformer

from sktransfer._core.parameters import check_value, one_of
from sktransfer.text.characters import words_and_sign_pairs
from sktransfer.text.forms import DENSE_SCRIPT
from sktransfer.text.segmentation import WordSegmenter, has_unsplit_words, is_spaceless

KINDS = ("category", "empty", "list", "number", "text")
_MOSTLY = 0.9  # share of the values that say what a column holds
_N_INTERVALS = 8  # numbers are compared on a grid of so many quantiles


def column_kind(values: Sequence[Any]) -> str:
    """What a column of a table holds, seen from its values.

    Parameters
    ----------
    values : sequence of length n_items
        Strings, numbers or lists of strings; None for a missing value.

    Returns
    -------
    kind : {"number", "list", "category", "text", "empty"}
        "number" where nine in ten values are finite numbers, also as strings; "list"
        where a value is a list; "text" where values have more than three words on
        average or most of them differ; else "category".

    Raises
    ------
    ValueError
        If most values are numbers and some are not.

    Examples
    --------
    >>> from sktransfer.recommend import column_kind
    >>> column_kind(["9.99", 12, None]), column_kind(["new", "used", "new", "new"])
    ('number', 'category')
    """
    there = [(row, v) for row, v in enumerate(values, start=1) if v is not None]
    if not there:
        return "empty"
    if any(isinstance(v, list) for _, v in there):
        return "list"
    bad = [(row, v) for row, v in there if np.isnan(_finite_or_nan(v))]
    if len(bad) < (1 - _MOSTLY) * len(there):
        if bad:
            row, value = bad[0]
            raise ValueError(
                f"row {row}: expected a finite number as in {len(there) - len(bad)} "
                f"other rows, got {value!r}; leave unknown numbers empty"
            )
        return "number"
    texts = [str(v) for _, v in there]
    long = np.mean([len(words_and_sign_pairs(t)) for t in texts]) > 3
    return "text" if long or 2 * len(set(texts)) > len(texts) else "category"


def item_content(
    columns: Mapping[str, Sequence[Any]],
    *,
    kinds: Mapping[str, str] | None = None,
    features: Mapping[str, Any] | None = None,
) -> Any:
    """Features of items from the columns of a table, each column counting the same.

    Texts become tf-idf of their words (of characters and pairs in scripts without
    blanks), lists and categories tf-idf of their values, and numbers their closeness
    on a grid of quantiles: two items share the more, the closer they are.

    Parameters
    ----------
    columns : mapping of str to sequence, each of length n_items
        Strings, numbers or lists of strings; None for a missing value.
    kinds : mapping of str to str, default=None
        What each column holds, see :func:`column_kind`. None: seen from the values.
    features : mapping of str to sparse matrix, default=None
        Features, of n_items rows, to use in place of those of some columns, such as
        :attr:`~sktransfer.crosslingual.TranslatedColumns.features`.

    Returns
    -------
    content : csr_array of shape (n_items, n_features)
        For the `item_features` of a recommender. The rows of each column have a mean
        square length of 1, over the items that it describes. What occurs in a single
        item is left out.

    Raises
    ------
    ValueError
        If a kind is unknown, or columns differ in length.

    See Also
    --------
    ColdStartRecommender : Learns from content.
    sktransfer.crosslingual.translate_columns : Texts in two languages.

    Examples
    --------
    >>> from sktransfer.recommend import item_content
    >>> content = item_content({
    ...     "title": ["red wool hat", "blue wool hat", "steel pan"],
    ...     "price": [10, 12, 40],
    ... })
    >>> alike = (content @ content.T).toarray()
    >>> bool(alike[0, 1] > alike[0, 2])
    True
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(
            f"columns must be of one length; got {sorted(lengths)} rows in "
            f"{len(columns)} columns."
        )
    if kinds is None:
        kinds = {name: column_kind(values) for name, values in columns.items()}
    given = {} if features is None else features
    parts = []
    for name, kind in kinds.items():
        check_value(f"The kind of column {name!r}", kind, one_of(*KINDS))
        block = _column_features(columns[name], kind, given.get(name))
        if block is not None:
            parts.append(block)
    if not parts:
        return sparse.csr_array((lengths.pop(), 1))
    return sparse.csr_array(sparse.hstack(parts, format="csr"))


def _finite_or_nan(value: Any) -> float:
    """The number of a field, NaN where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return np.nan
    return number if np.isfinite(number) else np.nan


def _column_features(values: Sequence[Any], kind: str, given: Any = None) -> Any:
    """Features of one column, None where no two items share anything."""
    if kind == "empty":
        return None
    if given is not None:
        block = given
    elif kind == "number":
        block = number_features(values)
    elif kind == "text":
        texts = ["" if v is None else str(v) for v in values]
        block = _tfidf_features(texts, _word_reader(texts))
    else:
        lists = [
            v if isinstance(v, list) else [str(v)] * (v is not None) for v in values
        ]
        block = _tfidf_features(lists, set)
    if block is None:
        return None
    square = block.multiply(block).sum() / max(
        np.count_nonzero(np.diff(block.indptr)), 1
    )
    return block / np.sqrt(square) if square > 0 else None


def _word_reader(texts: Sequence[str]) -> Callable[[str], list[str]]:
    """Words and signs of a text; words of Thai and its like are learned from all."""

    def is_learned(text: str) -> bool:
        return is_spaceless(text) and not DENSE_SCRIPT.search(text)

    learned = list(filter(is_learned, texts))
    if not has_unsplit_words(learned):
        return words_and_sign_pairs
    segment = WordSegmenter().fit(learned)
    return lambda text: (segment if is_learned(text) else words_and_sign_pairs)(text)


def _tfidf_features(values: Sequence[Any], analyzer: Callable[[Any], Any]) -> Any:
    """Tf-idf of what occurs in two items or more."""
    try:
        model = TfidfVectorizer(analyzer=analyzer, min_df=2, sublinear_tf=True)
        return sparse.csr_array(model.fit_transform(values))
    except ValueError:  # no two items share a word
        return None


def number_features(values: Sequence[Any]) -> Any:
    """Closeness of numbers to each other, on a grid of quantiles."""
    x = np.array([np.nan if v is None else _finite_or_nan(v) for v in values])
    there = ~np.isnan(x)
    knots = np.unique(np.quantile(x[there], np.linspace(0, 1, _N_INTERVALS + 1)))
    features = np.zeros((x.size, knots.size))
    if knots.size < 2:
        features[there] = 1
    else:
        hats = SplineTransformer(degree=1, knots=knots[:, None])
        features[there] = hats.fit_transform(x[there, None])
    return sparse.csr_array(features)
