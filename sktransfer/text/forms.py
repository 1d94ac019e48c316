"""Words of a text, their normal form, their character n-grams, and their idf."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Tokenizer = Callable[[str], Iterable[str]]
_WORD = re.compile(r"(?u)\b\w\w+\b")
# Scripts that write words without blanks, in few characters: Kana, Han, Hangul.
DENSE_SCRIPT = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af]")


def word_tokens(text: str) -> list[str]:
    """Split a text into words of two or more letters or digits, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text.lower()))


def word_form(word: str) -> str:
    """Form of a word without the case and the width of its characters."""
    return unicodedata.normalize("NFKC", word).lower()


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
