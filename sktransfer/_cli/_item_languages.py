"""Texts of items in two languages, brought into one by a dictionary."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._console import CommandError
from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation
from sktransfer.crosslingual._dictionary import read_dictionary

SIGN = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
# in order, as a dictionary's words of several signs are put together again
_TOKENS = re.compile(rf"{SIGN}|(?:(?!{SIGN})\w){{2,}}")


class Translation(NamedTuple):
    """Texts of items by the words of one language."""

    first: str  # language of the features
    second: str  # language that is translated
    blocks: dict[str, Any]  # CSR (n_items, n_words) of each column of texts
    coverage: dict[str, float]  # share of the words that have a translation

    def __str__(self) -> str:
        shares = ", ".join(
            f"{100 * share:.0f} % in {name!r}" for name, share in self.coverage.items()
        )
        return (
            f"The dictionary translates {self.second} texts of items into "
            f"{self.first}: of the words, {shares}."
        )


def split_in_order(text: str) -> list[str]:
    """Words of two or more letters or digits, and single signs, in order."""
    return _TOKENS.findall(text.lower())


def translate_columns(
    columns: Mapping[str, Sequence[Any]],
    languages: Sequence[Any],
    dictionary: str,
    *,
    path: str,
    language_column: str,
) -> Translation:
    """Bring texts of two languages into the words of one."""
    language = _two_languages(languages, path, language_column)
    pairs = read_dictionary(dictionary)
    texts = {
        name: ["" if v is None else str(v) for v in values]
        for name, values in columns.items()
    }
    first, second = _sides(texts, language, pairs, dictionary, path)
    domain = np.where(language == first, 1, -2)
    blocks, coverage = {}, {}
    for name, values in texts.items():
        if len(_words(values, language)) < 2:
            continue
        mapper = CrossLingualMapper(
            pairs,
            word_space=DictionaryTranslation(),
            tokenizer=split_in_order,
            min_df=1,
            negation=0,
        )
        blocks[name] = mapper.fit_transform(values, sample_domain=domain)
        coverage[name] = mapper.coverage_
    if not blocks:
        raise CommandError(
            f"{path}: no column has texts of {first!r} and of {second!r}; --dictionary "
            "translates texts of one column into each other"
        )
    return Translation(first, second, blocks, coverage)


def _two_languages(
    languages: Sequence[Any], path: str, column: str
) -> NDArray[np.str_]:
    names = ["" if v is None else str(v).strip() for v in languages]
    if "" in names:
        raise CommandError(
            f"{path}: column {column!r} is empty in row {names.index('') + 1}; "
            "--dictionary needs the language of each item"
        )
    found = sorted(set(names))
    if len(found) != 2:
        shown = ", ".join(map(repr, found[:5])) + (", ..." if len(found) > 5 else "")
        raise CommandError(
            f"{path}: column {column!r} must name two languages for --dictionary; got "
            f"{shown}"
        )
    return np.array(names)


def _words(values: Sequence[str], language: NDArray[np.str_]) -> dict[str, set[str]]:
    """Words of each language that has any."""
    words: dict[str, set[str]] = {}
    for name, text in zip(language.tolist(), values):
        if tokens := split_in_order(text):
            words.setdefault(name, set()).update(tokens)
    return words


def _sides(
    texts: Mapping[str, Sequence[str]],
    language: NDArray[np.str_],
    pairs: Sequence[tuple[str, str]],
    dictionary: str,
    path: str,
) -> tuple[str, str]:
    """Languages of the first and second column of the dictionary."""
    words: dict[str, set[str]] = {name: set() for name in np.unique(language).tolist()}
    for values in texts.values():
        for name, found in _words(values, language).items():
            words[name] |= found
    a, b = words
    split = [tuple(set(split_in_order(word)) for word in pair) for pair in pairs]
    n_pairs = {
        (x, y): sum(bool(s and t) and s <= words[x] and t <= words[y] for s, t in split)
        for x, y in ((a, b), (b, a))
    }
    sides = max(n_pairs, key=n_pairs.__getitem__)
    if n_pairs[sides] == 0:
        raise CommandError(
            f"{dictionary}: no row has a word of the {a!r} texts of {path} and one of "
            f"the {b!r} texts; expected a word and its translation in each row, for "
            "texts of these languages"
        )
    return sides
