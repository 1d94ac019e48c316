"""Words of a text, their normal form, their character n-grams, and their idf."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.text._letters import (
    composed,
    one_apostrophe,
    one_encoding,
    without_optional_marks,
)
from sktransfer.text.writing import UNKNOWN, Writing

Tokenizer = Callable[[str], Iterable[str]]
# Scripts that write words without blanks, in few characters: Kana, Han, Hangul.
DENSE_SCRIPT = re.compile(
    r"[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af]"
)
# no word has more characters: what is longer is a code, an image or noise
LONGEST_WORD = 1000

# letters, digits and signs that are in normal form wherever they stand
_SIMPLE = re.compile(
    "[\0-\xa7\xa9\xab\xac\xae\xb0\xb1\xb6\xb7\xbb\xbf-\u012f\u0131"
    "\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0400-\u0481\u048a-\u052f"
    "\u2010\u2012-\u2016\u2018-\u2023\u2030\u2032\u2039\u203a\u20ac"
    "\u3000-\u3029\u3041-\u3096\u309d\u309e\u30a1-\u30fe\u3400-\u9fff\uac00-\ud7a3]*"
)
# what stays: signs that NFKC would make a part of the word or number beside them
# (accents and Korean letters on their own, superscripts, fractions, TM), and blanks
_SYMBOLS = re.compile(
    "([\xa0\xa8\xaa\xaf\xb2-\xb4\xb8-\xba\xbc-\xbe\u02d8-\u02dd\u037a\u0384\u0385\u1fbd"
    "\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe\u2000-\u200a"
    "\u202f\u205f\u2070-\u209f\u2100-\u215f\u2189-\u218b\u2460-\u24ff\u3000\u309b\u309c"
    "\u3131-\u318e\u3200-\u33ff\U0001f100-\U0001f2ff]+)"
)
_JOINERS = "\u200c\u200d"
_SEPARATOR = "\x1f"


def normal_form(text: str) -> str:
    """Text in the one form that stands for all ways to encode its words.

    Composed and decomposed letters, full and half width, ligatures, presentation
    forms and apostrophes become one (NFKC, but for signs that it would make a part of
    a word). What cannot be seen is left out, and so are the vowels and points of
    Arabic and Hebrew. Joiners stay within words. Case and spelling stay.
    """
    if text.isascii():
        return text
    if is_simple(text):
        return one_apostrophe(text)
    text = without_optional_marks(text)
    if len(text) > LONGEST_WORD:  # composing takes the square of a run of marks
        text = _many_marks().sub(r"\1", text)
    if not unicodedata.is_normalized("NFKC", text):
        parts = _SYMBOLS.split(unicodedata.normalize("NFC", text))
        parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
        text = without_optional_marks("".join(parts))
    text = one_encoding(text)
    if any(joiner in text for joiner in _JOINERS):
        text = _edge_joiners().sub("", text)
    return one_apostrophe(composed(text))


def token_form(text: str, writing: Writing = UNKNOWN) -> str:
    """Normal form in one spelling, such as ss for the sharp s; see `Writing`."""
    if text.isascii():
        return text
    text = writing.one_spelling(normal_form(text))
    return text if is_simple(text) else composed(text)


def word_form(word: str, writing: Writing = UNKNOWN) -> str:
    """Token form of a word in lower case: what two spellings of a word share."""
    if word.isascii() and not writing.turkic:
        return word.lower()
    word = writing.one_spelling(writing.lower(normal_form(word)))
    return word if is_simple(word) else composed(word)


def token_forms(words: Iterable[str], writing: Writing = UNKNOWN) -> list[str]:
    """Token form of each word."""
    return _forms(token_form, list(words), writing)


def word_forms(words: Iterable[str], writing: Writing = UNKNOWN) -> list[str]:
    """Token form of each word, in lower case."""
    return _forms(word_form, list(words), writing)


def _forms(
    form: Callable[[str, Writing], str], words: list[str], writing: Writing
) -> list[str]:
    """Form of each word; one call for all of them is faster."""
    forms = form(_SEPARATOR.join(words), writing).split(_SEPARATOR)
    if len(forms) == len(words):
        return forms
    return [form(word, writing) for word in words]


def is_simple(text: str) -> bool:
    """Whether a text is in normal form and has no marks, as nearly all texts are."""
    return text.isascii() or _SIMPLE.fullmatch(text) is not None


@cache
def _marks() -> str:
    """Combining marks of all scripts, as ranges of a character class."""
    characters = map(chr, range(0x300, 0x1F000))
    runs = groupby(characters, lambda c: unicodedata.category(c).startswith("M"))
    marks = [list(run) for is_mark, run in runs if is_mark]
    return "".join(f"{run[0]}-{run[-1]}" for run in marks)


@cache
def _many_marks() -> re.Pattern[str]:
    """More marks on a letter than any language has: 30, as Unicode's streams."""
    return re.compile(f"([{_marks()}]{{30}})[{_marks()}]+")


@cache
def _edge_joiners() -> re.Pattern[str]:
    """Joiners at an end of a word."""
    word, edge = rf"[\w{_marks()}]", rf"[\w{_marks()}{_JOINERS}]"
    return re.compile(
        f"(?<={word})[{_JOINERS}]+(?!{edge})|(?<!{edge})[{_JOINERS}]+(?={word})"
    )


# signs within a word: apostrophes between Cyrillic letters, in some French words and
# in names (O'Brien, o'clock); Hebrew abbreviations; the Catalan double l
_INNER_SIGN = (
    "(?:'(?:(?<=[\u0400-\u052f]')(?=[\u0400-\u052f])|(?<=\\bo')(?=\\w\\w)"
    "|(?<=\\baujourd')(?=hui\\b)|(?<=\\bquelqu')(?=une?s?\\b)|(?<=\\bprud')(?=hom))"
    "|['\"](?<=[\u05d0-\u05ea].)(?=[\u05d0-\u05ea])|\xb7(?<=l.)(?=l))"
)
# what a text without marks has if it has such an apostrophe; letters are found fast
_LATIN_HINTS = [re.compile(hint) for hint in (r"o'(?<=\bo')\w\w", "d'h", "u'u")]
_CYRILLIC_HINT = re.compile("'[\u0400-\u052f]")


class WordPattern:
    r"""A regular expression of words, with the marks that belong to their letters.

    Parameters
    ----------
    pattern : str
        Regular expression. "{w}" stands for what goes on with a word: ``\w``, a
        combining mark, a joiner or a sign that is a part of the word; "{m}" for any
        marks and joiners after a letter.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._simple = re.compile(pattern.replace("{w}", r"\w").replace("{m}", ""))

    @cached_property
    def _marked(self) -> re.Pattern[str]:
        marks = _marks() + _JOINERS
        letter = rf"[\w{marks}]"
        filled = self._pattern.replace("{m}", f"[{marks}]*")
        for count in "+*":  # without a way back, which would take memory
            run = f"(?:{letter}++|{_INNER_SIGN}){count}+"
            filled = filled.replace("{w}" + count, run)
        return re.compile(filled.replace("{w}", f"(?:{letter}|{_INNER_SIGN})"))

    def findall(self, text: str) -> list[str]:
        """All words of a text in normal form."""
        simple = is_simple(text) and not _may_have_inner_sign(text)
        return (self._simple if simple else self._marked).findall(text)


def _may_have_inner_sign(text: str) -> bool:
    """Whether a text without marks may have a sign within a word; seldom."""
    return (
        "\xb7" in text
        or ("'" in text and any(hint.search(text) for hint in _LATIN_HINTS))
        or (not text.isascii() and _CYRILLIC_HINT.search(text) is not None)
    )


_WORD = WordPattern(r"\b\w{w}+")


def word_tokens(text: str, writing: Writing = UNKNOWN) -> list[str]:
    """Split a text into words of two or more letters or digits, in lower case."""
    return _WORD.findall(word_form(text, writing))


# for scikit-learn's vectorizers of texts: the same words
WORDS_OF_TEXTS: dict[str, Any] = {
    "preprocessor": word_form,
    "tokenizer": word_tokens,
    "token_pattern": None,
}


def ngrams(text: str, lengths: tuple[int, int]) -> list[str]:
    """All substrings of a least to a largest length; a shorter text as it is."""
    low, high = lengths
    if len(text) < low:
        return [text]
    return [
        text[k : k + n] for n in range(low, high + 1) for k in range(len(text) - n + 1)
    ]


def inverse_document_frequency(
    df: NDArray[np.integer] | int, n_documents: int
) -> NDArray[np.float64]:
    """Smoothed inverse document frequencies, log((1 + n) / (1 + df)) + 1."""
    return np.log((1 + n_documents) / (1 + np.asarray(df))) + 1
