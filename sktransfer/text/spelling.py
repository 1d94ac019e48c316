"""Spelling: words that two languages write, or say, alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

# letters by their sounds; those of kana and Hangul are told by their Unicode names
_SOUNDS = str.maketrans(
    dict(
        zip(
            "абвгґдеёєжзиіїйклмнопрстуфхцчшщыэюяαβγδεζηθικλμνξοπρσςτυφχψω",
            "a b v g g d e e e zh z i i i i k l m n o p r s t u f kh ts ch sh sh i e u "
            "a a v g d e z i th i k l m n ks o p r s s t i f kh ps o".split(),
        )
    )
    | {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ъ": "", "ь": ""}
)
_SYLLABLE = re.compile(r"(?:KATAKANA LETTER|HIRAGANA LETTER|HANGUL SYLLABLE) (.*)")
_ACCENTS = re.compile("[\u0300-\u036f]")
# sounds that other languages write by another letter
_ALIKE = (("ph", "f"), ("th", "s"), ("ck", "k"), ("qu", "k"), ("x", "ks"))
_ALIKE_LETTERS = str.maketrans("lvczjq", "rbksgk", "aeiouwhyー")


def latin_letters(word: str) -> str:
    """A word in Latin letters without marks, as far as it is written in sounds."""
    letters = unicodedata.normalize("NFD", word.lower())
    bare = _ACCENTS.sub("", letters).translate(_SOUNDS)
    if bare.isascii():
        return bare
    return "".join(map(_syllable, unicodedata.normalize("NFC", bare)))


def _syllable(letter: str) -> str:
    found = _SYLLABLE.fullmatch(unicodedata.name(letter, ""))
    return found[1].removeprefix("SMALL ").lower() if found else letter


def consonants(word: str) -> str:
    """Consonants that are heard in a word; those that are often exchanged are one."""
    sounds = latin_letters(word)
    for written, heard in _ALIKE:
        sounds = sounds.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", sounds.translate(_ALIKE_LETTERS))


def spelling_similarity(
    source: Sequence[str], target: Sequence[str]
) -> NDArray[np.float32]:
    """Cosine of the character n-grams of words, of shape (n_source, n_target).

    Words of two alphabets are compared by their consonants.
    """
    forms = [list(map(latin_letters, words)) for words in (source, target)]
    if len({_is_latin(words) for words in (source, target)}) > 1:
        forms = [list(map(consonants, words)) for words in (source, target)]
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32
    ).fit([*forms[0], *forms[1]])
    X, Y = map(vectorizer.transform, forms)
    return (X @ Y.T).toarray()


def _is_latin(words: Sequence[str]) -> bool:
    """Whether most words are written in Latin letters."""
    return sum(latin_letters(w)[:1] == w[:1].lower() for w in words) * 2 > len(words)
