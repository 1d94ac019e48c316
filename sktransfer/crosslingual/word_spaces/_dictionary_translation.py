"""DictionaryTranslation: documents of the target expressed in source words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.parameters import check_parameters, integer
from sktransfer._core.progress import reports_progress
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    link_probabilities,
    probability_matrix,
)


class DictionaryTranslation(WordSpace):
    """Word space whose dimensions are the words of the source language.

    A source word is its own dimension. A target word is spread over all its
    translations e by the probabilities p(e|t), which expectation maximisation fits to
    the word frequencies of both sides. Identical strings and numbers carry over as
    they are; words without a translation are left out.

    Parameters
    ----------
    n_iter : int, default=10
        Rounds of expectation maximisation; 0 takes all translations of a source word
        as equally probable.

    Attributes
    ----------
    source_vectors_ : csr_array of shape (n_source_words, n_source_words)
        The identity.
    target_vectors_ : csr_array of shape (n_target_words, n_source_words)
        p(e|t); rows sum to 1, or to 0 where a word has no translation.
    translation_probabilities_ : csr_array of shape (n_source_words, n_target_words)
        p(t|e).

    See Also
    --------
    DistributionalCorrespondence : Also places words that the dictionary does not know.

    Notes
    -----
    With this word space the mapper returns CSR rows of unit length, as tf-idf does.

    References
    ----------
    .. [1] P. Koehn, K. Knight, "Estimating word translation probabilities from
           unrelated monolingual corpora using the EM algorithm", AAAI 2000.

    Examples
    --------
    >>> from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation
    >>> mapper = CrossLingualMapper(
    ...     [("good", "gut"), ("bad", "schlecht")],
    ...     word_space=DictionaryTranslation(), min_df=1)
    >>> texts = ["good book", "bad book", "gut", "schlecht"]
    >>> Z = mapper.fit_transform(texts, sample_domain=[1, 1, -2, -2])
    >>> mapper.get_feature_names_out()
    array(['bad', 'book', 'good'], dtype=object)
    >>> mapper.transform(["gut"]).toarray()
    array([[0., 0., 1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"n_iter": [integer(0)]}

    translation_probabilities_: sparse.csr_array

    def __init__(self, *, n_iter: int = 10) -> None:
        self.n_iter = n_iter

    @reports_progress
    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> Self:
        """Estimate the probabilities of the translations.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.
        links : Links
            Dictionary pairs as indices of words.
        y : object
            Ignored.

        Returns
        -------
        self : DictionaryTranslation
            Fitted.
        """
        check_parameters(self)
        p = link_probabilities(source, target, links, self.n_iter)
        shape = source.words.size, target.words.size
        self.source_vectors_ = sparse.csr_array(sparse.eye_array(shape[0]))
        self.target_vectors_ = sparse.csr_array(
            (p.source_given_target, (links.target, links.source)), shape=shape[::-1]
        )
        self.translation_probabilities_ = probability_matrix(links, p, source, target)
        self._source_index = source.index
        return self

    def unseen_documents(
        self, weights: sparse.csr_array, words: Sequence[str], side: str
    ) -> Any:
        """Carry identical strings over; other unseen words have no vector.

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
        documents : csr_array of shape (n_documents, n_features) or None
            None if no word is written like a source word.
        """
        same = [
            (k, self._source_index[w])
            for k, w in enumerate(words)
            if w in self._source_index
        ]
        if not same:
            return None
        k, i = np.array(same).T
        shape = len(words), len(self._source_index)
        carry = sparse.csr_array((np.ones(k.size), (k, i)), shape=shape)
        return weights @ carry

    def translation_scores(self, words: NDArray[np.intp]) -> NDArray[np.floating]:
        """Probabilities p(t|e) as scores.

        Parameters
        ----------
        words : ndarray of int of shape (n_words,)
            Indices of source words.

        Returns
        -------
        scores : ndarray of shape (n_words, n_target_words)
            Probability of each target word.
        """
        return self.translation_probabilities_[words].toarray()

    def feature_names(self, source: Corpus, target: Corpus) -> list[str]:
        """The source words.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.

        Returns
        -------
        names : list of str
            The vocabulary of the source.
        """
        return list(source.words)
