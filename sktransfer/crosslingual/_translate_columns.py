"""Columns of texts in two languages, brought into the words of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer.crosslingual._mapper import CrossLingualMapper
from sktransfer.crosslingual.dictionaries._read import read_dictionary
from sktransfer.crosslingual.word_spaces._dictionary_translation import (
    DictionaryTranslation,
)
from sktransfer.text.characters import words_and_signs


class TranslatedColumns(NamedTuple):
    """Texts by the words of one language, see :func:`translate_columns`.

    Parameters
    ----------
    language : str
        Language of the features: that of the dictionary's first column.
    translated : str
        Language that was translated: that of the dictionary's second column.
    features : dict of str to CSR of shape (n_texts, n_words)
        Tf-idf of the words of `language`, for each column with texts of both.
    coverage : dict of str to float
        Share of the words of each column that have a translation.
    """

    language: str
    translated: str
    features: dict[str, Any]
    coverage: dict[str, float]


def translate_columns(
    columns: Mapping[str, Sequence[Any]], languages: ArrayLike, dictionary: Any
) -> TranslatedColumns:
    """Bring columns of texts in two languages into the words of one of them.

    Texts of items that are described in two languages become comparable, for
    :class:`~sktransfer.ColdStartRecommender` or any other model.

    Parameters
    ----------
    columns : mapping of str to sequence of (str or None), each of length n_texts
        Columns of texts; None for a missing one.
    languages : array-like of str of shape (n_texts,)
        Language of each row, by two names of any kind.
    dictionary : sequence of (str, str), mapping or path
        A word and its translation in each row, as :func:`read_dictionary` takes them.
        Which language is in which column is seen from the texts.

    Returns
    -------
    translated : TranslatedColumns
        Features of each column that has texts of both languages. Words without a
        translation that are not written the same do not count.

    Raises
    ------
    ValueError
        If there are not two languages, no pair of the dictionary has a word of each
        side, or no column has texts of both.

    See Also
    --------
    CrossLingualMapper : For texts of two domains, with unlabelled texts and other
        word spaces.

    Examples
    --------
    >>> from sktransfer.crosslingual import translate_columns
    >>> titles = ["red shoe", "blue hat", "rot Schuh", "Hut, blau"]
    >>> pairs = [("red", "rot"), ("shoe", "Schuh"), ("blue", "blau"), ("hat", "Hut")]
    >>> found = translate_columns({"title": titles}, ["en", "en", "de", "de"], pairs)
    >>> found.language, found.translated, found.coverage
    ('en', 'de', {'title': 1.0})
    >>> alike = (found.features["title"] @ found.features["title"].T).toarray()
    >>> bool(alike[0, 2] > 0.5), bool(alike[0, 3] > 0)
    (True, False)
    """
    language = np.asarray(languages).astype(str)
    names = np.unique(language).tolist()
    if language.ndim != 1 or len(names) != 2:
        raise ValueError(
            "languages must be one-dimensional and name two languages; got "
            f"{names[:5]} of shape {language.shape}."
        )
    texts = {
        name: ["" if v is None else str(v) for v in values]
        for name, values in columns.items()
    }
    pairs = read_dictionary(dictionary)
    first, second = _languages_of_dictionary(texts, language, pairs)
    domain = np.where(language == first, 1, -2)
    features, coverage = {}, {}
    for name, values in texts.items():
        if len(_words_by_language(values, language)) < 2:
            continue
        mapper = CrossLingualMapper(
            pairs,
            word_space=DictionaryTranslation(),
            tokenizer=words_and_signs,
            min_df=1,
            negation=0,
        )
        features[name] = mapper.fit_transform(values, sample_domain=domain)
        coverage[name] = mapper.coverage_
    if not features:
        raise ValueError(
            f"no column has texts of {first!r} and of {second!r}; texts of one column "
            "are translated into each other"
        )
    return TranslatedColumns(first, second, features, coverage)


def _words_by_language(
    values: Sequence[str], language: NDArray[np.str_]
) -> dict[str, set[str]]:
    """Words of each language that has any."""
    words: dict[str, set[str]] = {}
    for name, text in zip(language.tolist(), values):
        if tokens := words_and_signs(text):
            words.setdefault(name, set()).update(tokens)
    return words


def _languages_of_dictionary(
    texts: Mapping[str, Sequence[str]],
    language: NDArray[np.str_],
    pairs: Sequence[tuple[str, str]],
) -> tuple[str, str]:
    """Languages of the first and second column of the dictionary."""
    words: dict[str, set[str]] = {name: set() for name in np.unique(language).tolist()}
    for values in texts.values():
        for name, found in _words_by_language(values, language).items():
            words[name] |= found
    a, b = words
    split = [tuple(set(words_and_signs(word)) for word in pair) for pair in pairs]
    n_pairs = {
        (x, y): sum(bool(s and t) and s <= words[x] and t <= words[y] for s, t in split)
        for x, y in ((a, b), (b, a))
    }
    sides = max(n_pairs, key=n_pairs.__getitem__)
    if n_pairs[sides] == 0:
        raise ValueError(
            f"dictionary: no row has a word of the {a!r} texts and one of the {b!r} "
            "texts; expected a word and its translation in each row, for texts of "
            "these languages"
        )
    return sides
