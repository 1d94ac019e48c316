"""Texts: validated, and split into tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Tokenizer = Callable[[str], Iterable[str]]
_WORD = re.compile(r"(?u)\b\w\w+\b")
# Scripts that write words without blanks, in few characters: Kana, Han, Hangul.
DENSE_SCRIPT = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af]")


def word_tokens(text: str) -> list[str]:
    """Split a text into words of two or more letters or digits, in lower case.

    Parameters
    ----------
    text : str
        The text. It is normalised to NFC, so that a letter with an accent is one
        letter however it is encoded.

    Returns
    -------
    tokens : list of str
        As :class:`~sklearn.feature_extraction.text.CountVectorizer` finds them.
    """
    return _WORD.findall(unicodedata.normalize("NFC", text.lower()))


def ngrams(text: str, lengths: tuple[int, int]) -> list[str]:
    """All substrings of some lengths.

    Parameters
    ----------
    text : str
        The text.
    lengths : tuple of (int, int)
        The smallest and the largest number of characters.

    Returns
    -------
    ngrams : list of str
        The shorter ones first. A text shorter than the smallest length is its own
        n-gram.
    """
    low, high = lengths
    if len(text) < low:
        return [text]
    return [
        text[k : k + n] for n in range(low, high + 1) for k in range(len(text) - n + 1)
    ]


def inverse_document_frequency(
    df: NDArray[np.integer] | int, n_documents: int
) -> NDArray[np.float64]:
    """Smoothed inverse document frequency.

    Parameters
    ----------
    df : ndarray of int or int
        Number of documents that hold each word.
    n_documents : int
        Number of documents.

    Returns
    -------
    idf : ndarray of float64
        ``log((1 + n) / (1 + df)) + 1``.
    """
    return np.log((1 + n_documents) / (1 + np.asarray(df))) + 1


def check_texts(X: Any, name: str) -> list[str]:
    """Validate a sequence of texts.

    Parameters
    ----------
    X : sequence of str, Series, or table of one column
        The texts.
    name : str
        Who asks, for the message.

    Returns
    -------
    texts : list of str
        The texts.
    """
    if isinstance(X, str | bytes):
        raise ValueError(
            f"{name} takes a sequence of texts, one for each row; got one "
            f"{type(X).__name__}. Wrap it in a list."
        )
    if sparse.issparse(X):
        raise TypeError(
            f"{name} takes texts; got a sparse matrix. Pass the texts themselves, not "
            "their counts."
        )
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        if X.ndim == 2 and X.shape[1] == 1:
            X = X[:, 0]
        if X.ndim != 1:
            raise ValueError(
                f"{name} takes one text for each row; got an array of shape {X.shape}. "
                "Select the column of texts."
            )
        X = X.tolist()
    texts = list(X)
    if texts and all(isinstance(t, list | tuple) and len(t) == 1 for t in texts):
        texts = [t[0] for t in texts]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"{name} takes texts of type str; got {type(text).__name__} "
                f"({text!r:.60}) in row {row}. Replace missing texts by ''."
            )
    return [str(t) for t in texts]


def check_tokens(tokens: Any) -> list[str]:
    """Validate what a tokenizer returned for one text.

    Parameters
    ----------
    tokens : iterable of str
        The tokens.

    Returns
    -------
    tokens : list of str
        The same.
    """
    if isinstance(tokens, str):
        raise TypeError(
            "tokenizer must return a list of tokens; got a str. For texts that are "
            "split already use str.split."
        )
    tokens = list(tokens)
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(
                "tokenizer must return tokens of type str; got "
                f"{type(token).__name__} ({token!r:.60})."
            )
    return tokens


def is_text(X: Any) -> bool:
    """Whether the rows are texts.

    Parameters
    ----------
    X : array-like, sparse matrix or sequence of texts
        Rows.

    Returns
    -------
    text : bool
        True for a one-dimensional sequence that begins with a str.
    """
    if getattr(X, "ndim", 1) != 1 or not hasattr(X, "__len__") or len(X) == 0:
        return False
    first = X.iloc[0] if hasattr(X, "iloc") else X[0]
    return isinstance(first, str)
