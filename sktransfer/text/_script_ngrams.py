"""ScriptNgramCounter: character n-grams whose length suits the script."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import check_parameters, integer
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer.text.checks import check_texts
from sktransfer.text.forms import DENSE_SCRIPT, LONGEST_WORD, ngrams, word_form
from sktransfer.text.writing import Writing, find_writing

# a character of such scripts says about as much as a syllable or a short word
DENSE_LENGTHS = (1, 4)
LETTER_LENGTHS = (3, 5)
# characters without a blank that count in such scripts; see LONGEST_WORD
LONGEST_TEXT = 100_000


@sparse_stays_sparse
class ScriptNgramCounter(ReadsTexts, TransformerMixin, GivenParameters, BaseEstimator):
    """Count character n-grams of a length that suits the script of each text.

    Texts with Chinese, Japanese or Korean characters give n-grams of one to four
    characters, across words. All other texts give n-grams of three to five characters
    of each word and one space on either side of it. So one vectorizer serves texts of
    any language, without a tokenizer.

    Parameters
    ----------
    min_df : int, default=2
        N-grams in fewer texts are left out.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Column of each n-gram. N-grams are sorted.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : With ``analyzer="char_wb"`` it
        gives the same counts of texts of letters, word by word.
    LogCountRatioScaler : Weights for the counts, by labels.

    Notes
    -----
    Texts are normalised to NFKC, in lower case; where the texts of `fit` are Chinese,
    traditional characters to simplified ones. A word shorter than the shortest n-gram
    is its own n-gram. A text without a word has no n-gram. Of a word the first 1000
    characters count; of Chinese, Japanese or Korean without a blank the first 100,000.

    Each distinct word is split once, however often it occurs: the counts are the
    product of two sparse matrices, words in texts and n-grams in words.

    Examples
    --------
    >>> from sktransfer.text import ScriptNgramCounter
    >>> counter = ScriptNgramCounter(min_df=2)
    >>> counts = counter.fit_transform(["a red pen", "red ink", "良い本", "良い"])
    >>> counter.get_feature_names_out()
    array([' re', ' red', ' red ', 'ed ', 'red', 'red ', 'い', '良', '良い'],
          dtype=object)
    >>> counts.shape
    (4, 9)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"min_df": [integer(1)]}

    def __init__(self, *, min_df: int = 2) -> None:
        self.min_df = min_df

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Find the n-grams.

        Parameters
        ----------
        X : iterable of str of length n_samples, or table of one column
            Texts.
        y : object
            Ignored.

        Returns
        -------
        self : ScriptNgramCounter
            Fitted.

        Raises
        ------
        ValueError
            If a single str was given, or `min_df` is out of range.
        TypeError
            If a row is no str.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: Any = None) -> sparse.csr_array:
        """Find the n-grams and count them.

        Parameters
        ----------
        X : iterable of str of length n_samples, or table of one column
            Texts.
        y : object
            Ignored.

        Returns
        -------
        counts : csr_array of float32 of shape (n_samples, n_ngrams)
            Counts.
        """
        check_parameters(self)
        index: defaultdict[str, int] = defaultdict()
        index.default_factory = index.__len__
        texts = check_texts(X, "ScriptNgramCounter")
        self._writing = find_writing(texts)
        counts = _count(texts, index, self._writing, grow=True)
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
        X : iterable of str of length n_samples, or table of one column
            Texts.

        Returns
        -------
        counts : csr_array of float32 of shape (n_samples, n_ngrams)
            Counts. Other n-grams are left out.
        """
        check_is_fitted(self)
        texts = check_texts(X, "ScriptNgramCounter")
        return _count(texts, self.vocabulary_, self._writing, grow=False)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the n-grams.

        Parameters
        ----------
        input_features : object
            Ignored; texts have no names of features.

        Returns
        -------
        names : ndarray of object of shape (n_ngrams,)
            The n-gram of each column.
        """
        check_is_fitted(self)
        return np.array(list(self.vocabulary_), dtype=object)


def _words_and_lengths(
    text: str, writing: Writing
) -> tuple[list[str], tuple[int, int]]:
    """Parts of a text that n-grams do not cross, and the lengths of its n-grams."""
    text = unicodedata.normalize("NFKC", word_form(text, writing)).lower()
    words = [w if len(w) <= LONGEST_WORD else _shortened(w) for w in text.split()]
    if DENSE_SCRIPT.search(text):
        return ["".join(words)], DENSE_LENGTHS
    return [f" {word} " for word in words], LETTER_LENGTHS


def _shortened(word: str) -> str:
    """What counts of a word of letters, or of a text without blanks."""
    return word[: LONGEST_TEXT if DENSE_SCRIPT.search(word) else LONGEST_WORD]


def _count(
    texts: Iterable[str], index: dict[str, int], writing: Writing, *, grow: bool
) -> sparse.csr_array:
    """Counts of the n-grams in the index; grow adds the others to it."""
    words: dict[tuple[str, tuple[int, int]], int] = {}
    word_of_text: list[int] = []
    text_ends = [0]
    for text in texts:
        parts, lengths = _words_and_lengths(text, writing)
        word_of_text += [words.setdefault((w, lengths), len(words)) for w in parts]
        text_ends.append(len(word_of_text))
    ngram_of_word: list[int] = []
    word_ends = [0]
    for word, lengths in words:
        for part in _parts(word, lengths):
            found = ngrams(word, part)
            if grow:
                ngram_of_word += [index[g] for g in found]
            else:
                ngram_of_word += [index[g] for g in found if g in index]
        word_ends.append(len(ngram_of_word))
    in_words = _count_matrix(ngram_of_word, word_ends, len(index))
    counts = _count_matrix(word_of_text, text_ends, len(words)) @ in_words
    counts.sort_indices()
    return counts


def _parts(word: str, lengths: tuple[int, int]) -> list[tuple[int, int]]:
    """Lengths of n-grams to make at once; one by one where they are many."""
    if len(word) <= LONGEST_WORD:
        return [lengths]
    return [(n, n) for n in range(lengths[0], lengths[1] + 1)]


def _count_matrix(
    indices: list[int], ends: list[int], n_columns: int
) -> sparse.csr_array:
    """Count each index in each row; rows end where `ends` says."""
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
