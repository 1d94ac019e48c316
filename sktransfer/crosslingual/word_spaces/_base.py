"""WordSpace: the base of all word spaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

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
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.sparse import is_sparse
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links


class WordSpace(GivenParameters, BaseEstimator):
    """Base of word spaces: vectors for the words of two languages.

    A subclass writes ``fit``, which sets

    - ``source_vectors_`` of shape (n_source_words, n_features) and
      ``target_vectors_`` of shape (n_target_words, n_features): arrays, or CSR arrays,
      with one row for each word of the vocabulary;
    - where it has them, ``translation_probabilities_``: a CSR array of shape
      (n_source_words, n_target_words). Then
      :meth:`~sktransfer.crosslingual.CrossLingualMapper.translate` puts the words of
      the dictionary first.

    The mapper represents a document by the sum of the vectors of its words, weighted by
    tf-idf. All other methods and attributes have defaults that a subclass may override.

    Attributes
    ----------
    standardize_documents : bool
        Whether the mapper z-scores documents by the means and standard deviations of
        their side, and returns dense rows. Default: False, rows are CSR, of unit
        length.
    learns_words : bool
        Whether ``fit`` finds a vector for any word of the texts. Only then the mapper
        marks negated words ("not_good"), unless it is told to. Default: True.
    feature_scale : float or ndarray of shape (n_features,)
        Standard deviation of each feature after z-scoring, relative to the others.
        Default: 1.

    See Also
    --------
    CrossLingualMapper : Takes a word space.
    DictionaryTranslation : The simplest one.

    Notes
    -----
    Wherever this package takes a word space, it takes any estimator that has the
    methods and attributes of this class. It need not inherit from it.

    Examples
    --------
    >>> from sklearn.preprocessing import normalize
    >>> from sktransfer.crosslingual import CrossLingualMapper, WordSpace
    >>> class SharedCompany(WordSpace):
    ...     '''Words by their cosines with each pair of the dictionary.'''
    ...     def fit(self, source, target, links, y=None):
    ...         S, T = (normalize(side.weights, axis=0) for side in (source, target))
    ...         self.source_vectors_ = (S.T @ S[:, links.source]).toarray()
    ...         self.target_vectors_ = (T.T @ T[:, links.target]).toarray()
    ...         return self
    >>> texts = ["good red book", "bad book", "gut rot", "schlecht"]
    >>> mapper = CrossLingualMapper(
    ...     {"good": "gut", "bad": "schlecht"}, word_space=SharedCompany(), min_df=1)
    >>> mapper.fit(texts, sample_domain=[1, 1, -2, -2]).translate(["red"])
    array([['gut']], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    source_vectors_: Any
    target_vectors_: Any
    translation_probabilities_: sparse.csr_array | None = None

    @property
    def standardize_documents(self) -> bool:
        """Whether documents are z-scored."""
        return False

    @property
    def learns_words(self) -> bool:
        """Whether any word of the texts gets a vector."""
        return True

    @property
    def feature_scale(self) -> Any:
        """Standard deviation of each feature, relative to the others."""
        return 1.0

    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> Self:
        """Place the words of both sides; written by a subclass.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side. It has ``words``, the vocabulary, an array of shape
            (n_words,); ``index``, the position of each word; ``counts`` and
            ``weights``, CSR arrays of shape (n_documents, n_words) of counts and of
            tf-idf with rows of unit length; ``idf`` and ``token_shares`` of shape
            (n_words,); and ``tokens()``, which yields the tokens of each document.
        links : Links
            Dictionary pairs with both words in the texts: ``links.source`` and
            ``links.target`` of shape (n_pairs,) are positions in the vocabularies.
        y : array-like of shape (n_source_documents,), default=None
            Labels of the source documents, None or NaN where unknown.

        Returns
        -------
        self : WordSpace
            Fitted.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define fit(source, target, links, y)."
        )

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
        if self.translation_probabilities_ is not None:
            linked = self.translation_probabilities_[words].tocoo()
            scores[linked.row, linked.col] = 2 + linked.data
        return scores

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
    squares = V.multiply(V) if is_sparse(V) else V * V
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


def probability_matrix(
    links: Links, p: TranslationProbabilities, source: Corpus, target: Corpus
) -> sparse.csr_array:
    """p(t|e) of dictionary pairs, of shape (n_source_words, n_target_words)."""
    return sparse.csr_array(
        (p.target_given_source, (links.source, links.target)),
        shape=(source.words.size, target.words.size),
    )


METHODS = (
    "fit",
    "unseen_documents",
    "translation_scores",
    "feature_names",
    "get_params",
)
ATTRIBUTES = ("standardize_documents", "learns_words", "feature_scale")


def check_word_space(space: Any, name: str) -> None:
    """Raise unless an object has the methods and attributes of a word space."""
    if isinstance(space, str):
        raise TypeError(
            f"{name} must be a word space: DistributionalCorrespondence(), the "
            f"default, or DictionaryTranslation(); got {space!r:.200}."
        )
    lacks = [m for m in METHODS if not callable(getattr(space, m, None))]
    lacks += [a for a in ATTRIBUTES if not _declares(space, a)]
    if lacks or isinstance(space, type):
        raise TypeError(
            f"{name} must be a word space such as DistributionalCorrespondence() or "
            f"DictionaryTranslation(); got {space!r:.200}"
            + (f", which lacks {', '.join(lacks)}" if lacks else ", a class")
            + ". Inherit from sktransfer.crosslingual.WordSpace, which has all but fit."
        )


def check_word_vectors(space: Any, source: Corpus, target: Corpus) -> None:
    """Raise unless a fitted word space has a vector for each word of both sides."""
    shapes: list[tuple[int, ...]] = [
        getattr(getattr(space, f"{side}_vectors_", None), "shape", ())
        for side in ("source", "target")
    ]
    words = [source.words.size, target.words.size]
    tables = all(len(shape) == 2 for shape in shapes)
    if not tables or [s[0] for s in shapes] != words or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            f"{type(space).__name__}.fit must set source_vectors_ and target_vectors_ "
            f"with {words[0]} and {words[1]} rows, one for each word, and as many "
            f"columns; their shapes are {shapes[0]} and {shapes[1]}."
        )


def _declares(space: Any, name: str) -> bool:
    """Whether an object has an attribute, which may be a property that needs a fit."""
    return hasattr(type(space), name) or name in getattr(space, "__dict__", {})
