"""Counts of character n-grams whose length suits the script."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sktransfer.text.forms import DENSE_SCRIPT, ngrams

_SPACE = re.compile(r"\s+")
# a character of such scripts says about as much as a syllable or a short word
DENSE_LENGTHS = (1, 4)
LETTER_LENGTHS = (3, 5)


def _segments(text: str) -> tuple[list[str], tuple[int, int]]:
    """Parts of a text that n-grams do not cross, and the lengths of its n-grams."""
    text = unicodedata.normalize("NFKC", text).lower()
    if DENSE_SCRIPT.search(text):
        whole = _SPACE.sub("", text)
        return [whole], DENSE_LENGTHS
    return [f" {word} " for word in text.split()], LETTER_LENGTHS


class ScriptNgramCounter(TransformerMixin, BaseEstimator):
    """Count character n-grams: of 3 to 5 letters in words, of 1 to 4 ideographs.

    Texts with Chinese, Japanese or Korean characters give n-grams of one to four
    characters, across words; others give n-grams of three to five characters of a word
    and the spaces around it. Each word is cut once, however often it occurs: counts are
    the product of two sparse matrices.

    Parameters
    ----------
    min_df : int, default=2
        N-grams in fewer texts are left out.

    Attributes
    ----------
    vocabulary_ : dict
        Column of each n-gram.
    """

    def __init__(self, *, min_df: int = 2) -> None:
        self.min_df = min_df

    def fit(self, X: Iterable[str], y: Any = None) -> ScriptNgramCounter:
        """Find the n-grams.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : None
            Ignored.

        Returns
        -------
        self : ScriptNgramCounter
            Fitted.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: Any = None) -> sparse.csr_array:
        """Find the n-grams and count them.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : None
            Ignored.

        Returns
        -------
        counts : csr_array of shape (n_texts, n_ngrams)
            Counts.
        """
        index: dict[str, int] = defaultdict()
        index.default_factory = index.__len__
        counts = _count(X, index, grow=True)
        df = np.bincount(counts.indices, minlength=counts.shape[1])
        names = np.array(list(index), dtype=object)
        kept = np.flatnonzero(df >= self.min_df)
        kept = kept[np.argsort(names[kept])]
        self.vocabulary_ = {name: k for k, name in enumerate(names[kept])}
        counts = counts[:, kept]
        counts.sort_indices()
        return counts

    def transform(self, X: Iterable[str]) -> sparse.csr_array:
        """Count the n-grams that `fit` has found.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        counts : csr_array of shape (n_texts, n_ngrams)
            Counts.
        """
        check_is_fitted(self)
        return _count(X, self.vocabulary_, grow=False)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the n-grams.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str objects of shape (n_ngrams,)
            One for each column.
        """
        check_is_fitted(self)
        return np.array(list(self.vocabulary_), dtype=object)


def _count(
    texts: Iterable[str], index: dict[str, int], *, grow: bool
) -> sparse.csr_array:
    """Counts of the n-grams in the index, which may grow."""
    words: dict[tuple[str, tuple[int, int]], int] = {}
    held: list[int] = []
    ends = [0]
    for text in texts:
        parts, lengths = _segments(text)
        held += [words.setdefault((part, lengths), len(words)) for part in parts]
        ends.append(len(held))
    columns: list[int] = []
    word_ends = [0]
    for part, lengths in words:
        cut = ngrams(part, lengths)
        if grow:
            columns += [index[g] for g in cut]
        else:
            columns += [index[g] for g in cut if g in index]
        word_ends.append(len(columns))
    in_words = _matrix(columns, word_ends, len(index))
    counts = _matrix(held, ends, len(words)) @ in_words
    counts.sort_indices()
    return counts


def _matrix(indices: list[int], ends: list[int], n_columns: int) -> sparse.csr_array:
    """Count each index in each row."""
    matrix = sparse.csr_array(
        (
            np.ones(len(indices), dtype=np.float32),
            np.array(indices, dtype=np.int64),
            np.array(ends, dtype=np.int64),
        ),
        shape=(len(ends) - 1, n_columns),
    )
    matrix.sum_duplicates()
    return matrix
