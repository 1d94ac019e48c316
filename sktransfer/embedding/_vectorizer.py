"""EmbeddingVectorizer: texts as pooled word vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.parameters import check_parameters, integer, number, one_of
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.terms import Terms
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer.embedding._pooling import (
    POOLINGS,
    column_idf,
    common_components,
    pooling_weights,
    remove_components,
    sif_weights,
    token_counts,
)
from sktransfer.text.checks import check_texts, check_tokens
from sktransfer.text.tokenizers import default_tokenizer, find_tokenizer
from sktransfer.text.word_vectors import WordVectors, is_trainable, train_or_check
from sktransfer.text.writing import find_writing

LOW_COVERAGE = 0.3


class EmbeddingVectorizer(
    ReadsTexts,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    r"""Texts as weighted means of word vectors, trained here or given.

    Word vectors are learned from all texts of ``fit``, labelled or not, of every
    domain. A model of them then needs fewer labels than one of single words.

    Parameters
    ----------
    vectors : WordVectors or given vectors, default=None
        How vectors are trained on the texts of ``fit``: a :class:`WordVectors`, whose
        defaults None stands for. Or vectors that are trained already: gensim
        KeyedVectors, a pair of words and an array of shape (n_words, n_features), a
        mapping from word to vector, or the path of a word2vec (text or binary) or GloVe
        file, plain or .gz. Their words are looked up as the tokenizer writes them, in
        whichever form of Unicode; of two that differ in it alone the first counts.
    pooling : {"sif", "mean", "tfidf"}, default="sif"
        Weights of the words of a document: "sif" is :math:`a / (a + p(w))` with the
        common component removed [1]_, "tfidf" has logarithmic counts.
    tokenizer : callable or str, default=None
        From a text to its tokens, or its name "module:function". None: words of two
        or more letters or digits, in lower case; learned from the texts where no spaces
        stand between words (:class:`~sktransfer.text.WordSegmenter`).
    a : float, default=1e-3
        Of "sif": words whose share of all tokens is larger weigh less than one half.
    n_common : int, default=1
        Of "sif": number of common components to remove; 0 for none.

    Attributes
    ----------
    vocabulary_ : ndarray of object of shape (n_words,)
        Words that have a vector.
    word_vectors_ : ndarray of float32 of shape (n_words, n_features)
        Their vectors.
    word_weights_ : ndarray of float32 of shape (n_words,)
        Weight of each word in a document.
    common_components_ : ndarray of float32 of shape (n_common, n_features)
        Directions that "sif" removes.
    coverage_ : float
        Share of the tokens of the texts in ``fit`` that have a vector.
    tokenizer_ : callable
        The tokenizer.

    Warns
    -----
    UserWarning
        If ``coverage_`` is below 0.3.

    See Also
    --------
    WordVectors : How vectors are trained.
    sktransfer.crosslingual.AlignedEmbeddings : Word vectors of two languages.

    Notes
    -----
    With :math:`n_w` the count of a word w among the n tokens of a document that have
    a vector :math:`v_w`, "sif" is

    .. math:: z = (I - u u^\top)\, \frac{1}{n} \sum_w n_w \frac{a}{a + p(w)}\, v_w,

    where p(w) is the share of w in all tokens of ``fit`` and u the first right singular
    vector of the documents of ``fit``, not centred. "mean" has weights 1 and "tfidf"
    :math:`(1 + \log n_w)\,\mathrm{idf}_w`, divided by their sum; neither removes u.

    Words without a vector are left out, and do not count in n; a document without any
    known word is the zero vector. A row depends on its own text and on the texts of
    ``fit``, never on the other rows. Neither labels nor domains are used.

    Columns have different scales: put a :class:`~sklearn.preprocessing.StandardScaler`
    before a regularised model.

    References
    ----------
    .. [1] S. Arora, Y. Liang, T. Ma, "A simple but tough-to-beat baseline for sentence
           embeddings", ICLR 2017.

    Examples
    --------
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> from sktransfer.embedding import EmbeddingVectorizer, WordVectors
    >>> texts = make_bilingual_reviews(200).data
    >>> vectorizer = EmbeddingVectorizer(WordVectors("ppmi", vector_size=20))
    >>> vectorizer.fit_transform(texts).shape
    (400, 20)
    >>> vectorizer.transform(["", "unheardof"]).any()
    np.False_
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "vectors": "WordVectors()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "pooling": [one_of(*POOLINGS)],
        "tokenizer": [callable, str, None],
        "a": [number(above=0)],
        "n_common": [integer(0)],
    }

    def __init__(
        self,
        vectors: Any = None,
        *,
        pooling: str = "sif",
        tokenizer: Callable[[str], Any] | str | None = None,
        a: float = 1e-3,
        n_common: int = 1,
    ) -> None:
        self.vectors = vectors
        self.pooling = pooling
        self.tokenizer = tokenizer
        self.a = a
        self.n_common = n_common

    @reports_progress
    def fit(self, X: Sequence[str], y: Any = None) -> Self:
        """Learn word vectors, weights of words and the common component.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts, labelled or not.
        y : object
            Ignored.

        Returns
        -------
        self : EmbeddingVectorizer
            Fitted.

        Raises
        ------
        ValueError
            If no word of the texts has a vector, the vectors cannot be read, or a
            parameter is out of range.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Sequence[str], y: Any = None) -> NDArray[np.float32]:
        """Fit, and pool the same texts.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts, labelled or not.
        y : object
            Ignored.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            Document vectors.
        """
        return remove_components(self._fit(X), self.common_components_)

    def transform(self, X: Sequence[str]) -> NDArray[np.float32]:
        """Pool the vectors of the words of texts.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            Document vectors; 0 for texts without a known word.
        """
        check_is_fitted(self, "word_vectors_")
        documents = self._tokens(check_texts(X, "EmbeddingVectorizer"))
        Z = self._pool(token_counts(documents, self._index))
        return remove_components(Z, self.common_components_)

    def _map_terms(self, given: Terms) -> Terms:
        """A text as a sum over its words."""
        counts = sparse.csr_array(sparse.eye_array(self.vocabulary_.size))
        row = None
        if given.row is not None:
            row = self.transform(given.row)
            (text,) = check_texts(given.row, "EmbeddingVectorizer")
            counts = token_counts(self._tokens([text]), self._index)
        weights = pooling_weights(counts, self.word_weights_, self.pooling)
        names, amounts = self.vocabulary_[weights.indices], weights.data
        vectors = self.word_vectors_[weights.indices].astype(np.float64)
        values = vectors * amounts[:, None]
        values = remove_components(values, self.common_components_)
        given = replace(given, row=row)
        return given.split(values, names, [""] * len(names), amounts.tolist())

    def _fit(self, X: Any) -> NDArray[np.float32]:
        """Fit; return the document vectors with their common component."""
        check_parameters(self)
        given = find_tokenizer(self.tokenizer, "tokenizer of EmbeddingVectorizer")
        texts = check_texts(X, "EmbeddingVectorizer")
        if not texts:
            raise ValueError(
                "EmbeddingVectorizer takes at least one text to fit; got no text."
            )
        self._writing = find_writing(texts)
        vectors = WordVectors() if self.vectors is None else self.vectors
        found, known = None, np.array([], dtype=object)
        if not is_trainable(vectors):
            found = train_or_check(vectors, [], writing=self._writing)
            known = found.words
        self.tokenizer_ = given or default_tokenizer(texts, self._writing, known)
        documents = self._tokens(texts)
        if not any(map(len, documents)):
            raise ValueError(
                f"Of {len(texts)} texts, no text has a token. Check the texts and the "
                "tokenizer."
            )
        self.vocabulary_, self.word_vectors_ = (
            train_or_check(vectors, documents) if found is None else found
        )
        self._index = {w: k for k, w in enumerate(self.vocabulary_.tolist())}
        counts = token_counts(documents, self._index)
        n_tokens = sum(map(len, documents))
        self.coverage_ = float(counts.sum(dtype=np.float64)) / n_tokens
        self._check_coverage()
        self.word_weights_ = self._word_weights(counts, n_tokens)
        Z = self._pool(counts)
        n_common = self.n_common if self.pooling == "sif" else 0
        self.common_components_ = common_components(Z, n_common)
        self._n_features_out = self.word_vectors_.shape[1]
        return Z

    def _tokens(self, texts: list[str]) -> list[list[str]]:
        tokens = (check_tokens(self.tokenizer_(x), self._writing) for x in texts)
        return [[t for t in each if t] for each in tokens]

    def _word_weights(self, counts: Any, n_tokens: int) -> NDArray[np.float32]:
        if self.pooling == "sif":
            tokens = np.bincount(
                counts.indices, weights=counts.data, minlength=counts.shape[1]
            )
            return sif_weights(tokens / n_tokens, self.a)
        if self.pooling == "tfidf":
            return column_idf(counts)
        return np.ones(counts.shape[1], dtype=np.float32)

    def _pool(self, counts: Any) -> NDArray[np.float32]:
        weights = pooling_weights(counts, self.word_weights_, self.pooling)
        return weights @ self.word_vectors_

    def _check_coverage(self) -> None:
        remedy = (
            "Lower min_count or give more texts"
            if self.vectors is None or is_trainable(self.vectors)
            else "Check that the vectors are of the same language, and that the "
            "tokenizer writes words as they do (lower case by default)"
        )
        message = (
            f"{self.coverage_:.1%} of the tokens of the texts have a vector. {remedy}."
        )
        if self.coverage_ == 0:
            raise ValueError(message)
        if self.coverage_ < LOW_COVERAGE:
            warnings.warn(message, UserWarning, stacklevel=5)
