"""What every word space offers to the mapper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.extmath import safe_sparse_dot

from sktransfer._core.correspondence import (
    TranslationProbabilities,
    document_frequency,
    translation_probabilities,
)
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links


class WordSpace(BaseEstimator):
    """A space that holds the words of two languages.

    Subclasses give ``fit`` and set ``source_vectors_`` and ``target_vectors_``, one row
    for each word of the vocabulary, and ``translation_probabilities_``; documents are
    weighted sums of these rows.
    """

    # whether documents are z-scored by the statistics of their side
    standardize_documents = False
    # whether any word of the texts gets its place, negated words too
    learns_words = True
    # standard deviation of each feature after that, relative to the others
    feature_scale: Any = 1.0

    def fit(
        self, source: Corpus, target: Corpus, links: Links, y: ArrayLike | None
    ) -> WordSpace:
        """Place the words of both sides.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.
        links : Links
            Dictionary pairs as indices of words.
        y : array-like or None
            Labels of the source documents, None or NaN where unknown.

        Returns
        -------
        self : WordSpace
            Fitted.
        """
        raise NotImplementedError

    def unseen_documents(
        self, weights: sparse.csr_array, words: Sequence[str], side: str
    ) -> Any:
        """Weighted sums of the vectors of words that are not in the vocabulary.

        Parameters
        ----------
        weights : csr_array of shape (n_documents, n_words)
            Weights of these words.
        words : sequence of str
            The words.
        side : {"source", "target"}
            Their language.

        Returns
        -------
        documents : {ndarray, csr_array} of shape (n_documents, n_features), or None
            None where such words have no vector.
        """
        return None

    def translation_scores(self, words: NDArray[np.intp]) -> NDArray[np.floating]:
        """Score every target word as the translation of source words.

        Parameters
        ----------
        words : ndarray of int of shape (n_words,)
            Indices of source words.

        Returns
        -------
        scores : ndarray of shape (n_words, n_target_words)
            2 + p(t|e) for translations of the dictionary, the cosine of the vectors for
            all other words.
        """
        vectors, target = self.source_vectors_[words], self.target_vectors_
        scores = safe_sparse_dot(vectors, target.T, dense_output=True)
        length = np.outer(row_lengths(vectors), row_lengths(target))
        scores = np.divide(scores, length, out=np.zeros_like(scores), where=length > 0)
        linked = self.translation_probabilities_[words].tocoo()
        scores[linked.row, linked.col] = 2 + linked.data
        return scores

    def _set_probabilities(
        self, links: Links, p: TranslationProbabilities, shape: tuple[int, int]
    ) -> None:
        self.translation_probabilities_ = sparse.csr_array(
            (p.target_given_source, (links.source, links.target)), shape=shape
        )

    def feature_names(self, source: Corpus, target: Corpus) -> list[str]:
        """Names of the dimensions.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.

        Returns
        -------
        names : list of str
            One for each feature.
        """
        return [f"dimension{k}" for k in range(self.source_vectors_.shape[1])]


def row_lengths(V: Any) -> NDArray[np.floating]:
    """Euclidean length of each row."""
    squares = V.multiply(V) if sparse.issparse(V) else V * V
    return np.sqrt(np.asarray(squares.sum(axis=1)).ravel())


def link_probabilities(
    source: Corpus, target: Corpus, links: Links, n_iter: int
) -> TranslationProbabilities:
    """Probabilities of dictionary pairs by the document frequencies of their words."""
    return translation_probabilities(
        links.source,
        links.target,
        document_frequency(source.counts),
        document_frequency(target.counts),
        n_iter=n_iter,
    )


def check_count(value: Any, name: str, least: int) -> int:
    """Validate an integer parameter."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"{name} must be an int of at least {least}; got {value!r}.")
    return int(value)
