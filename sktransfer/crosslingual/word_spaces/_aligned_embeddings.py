"""AlignedEmbeddings: word vectors of two languages, one turned into the other."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from sktransfer._core.correspondence import document_frequency
from sktransfer._core.domains import SIDES
from sktransfer._core.parameters import (
    HasMethods,
    check_parameters,
    integer,
    one_of,
)
from sktransfer._core.progress import reports_progress
from sktransfer._core.word_vectors.given import VectorTable
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.alignments._parts import map_both, require_alignment
from sktransfer.crosslingual.alignments._procrustes import Procrustes
from sktransfer.crosslingual.word_spaces._anchors import (
    by_frequency,
    choose_anchors,
    positions_in,
)
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    link_probabilities,
    probability_matrix,
)
from sktransfer.crosslingual.word_spaces._ngram_backoff import NgramBackoff
from sktransfer.crosslingual.word_spaces._word_finder import WordFinder
from sktransfer.text.word_vectors import WordVectors, train_or_check


class AlignedEmbeddings(WordSpace):
    r"""Word space of word vectors, mapped into one space by an alignment.

    Vectors of each language, given or trained on the texts at hand, are mapped into
    one space by an alignment that is fitted on the pairs of the dictionary whose words
    both have a vector.

    Parameters
    ----------
    alignment : alignment, default=None
        Fitted on paired rows by ``fit(X, Y)``, with ``transform(X, Y)`` for both sides,
        see :class:`Alignment`. One whose fit takes ``pairs``, such as
        :class:`~sktransfer.crosslingual.SelfLearningAlignment`, gets the vectors of all
        words of the texts, the most frequent first, and the pairs of the dictionary to
        begin with. None: :class:`~sktransfer.crosslingual.Procrustes`.
    vectors : WordVectors, default=None
        How vectors are trained on the texts of a side for which none are given. None:
        ``WordVectors("ppmi", vector_size=300, min_count=1)``. Only words of the
        vocabulary count.
    source_vectors, target_vectors : given vectors, default=None
        Vectors of each language: gensim KeyedVectors, a pair of words and an array of
        shape (n_words, n_features), a mapping from word to vector, or the path of a
        word2vec (text or binary) or GloVe file, plain or .gz. A word of the texts that
        they do not have as it stands takes the first one that differs only in case;
        forms of Unicode, such as full width, make no other word. None: trained on the
        texts of that side.
    limit : int or None, default=200_000
        Given vectors are read up to so many words; they begin with the most frequent.
    n_em_iter : int, default=10
        Rounds of expectation maximisation for the translation probabilities.
    anchors : {"best", "weighted"}, default="best"
        Pairs that the alignment is fitted on. "best": for each source word the
        translation of largest :math:`p(t|e)\,p(e|t)`, no target word twice. "weighted":
        all pairs, weighted by these products.
    backoff : bool, default=True
        Words without a vector take the mean of words that share their character
        n-grams. False: they are 0.

    Attributes
    ----------
    alignment_ : estimator
        The fitted alignment.
    anchors_ : list of (str, str)
        The pairs that it was fitted on.
    source_vectors_ : ndarray of float32 of shape (n_source_words, n_features)
        Source words in the common space, with unit length.
    target_vectors_ : ndarray of float32 of shape (n_target_words, n_features)
        Target words in the common space, with unit length.
    translation_probabilities_ : csr_array of shape (n_source_words, n_target_words)
        p(t|e) of the dictionary pairs.
    source_coverage_, target_coverage_ : float
        Share of the words of each vocabulary that have a vector of their own.

    Warns
    -----
    UserWarning
        If there are fewer pairs than the vectors have features.

    See Also
    --------
    sktransfer.WordVectors : How vectors are trained.
    DistributionalCorrespondence : Vectors that are comparable as they come.
    WordSpaceUnion : Several word spaces side by side.

    Notes
    -----
    Vectors that are trained on a few thousand reviews of each language align only
    roughly, because the two spaces have different shapes. Vectors of large texts align
    better.

    Words seen often have better vectors: where the alignment takes ``sample_weight``, a
    pair weighs :math:`(f(e) f(t))^{1/4}`, with f the share of the documents of its side
    that hold a word; times :math:`p(t|e)\,p(e|t)` with "weighted".

    Words outside the vocabulary that given vectors know have these vectors in
    ``transform`` too.

    References
    ----------
    .. [1] T. Mikolov, Q. V. Le, I. Sutskever, "Exploiting similarities among languages
           for machine translation", arXiv:1309.4168, 2013.
    .. [2] C. Xing, D. Wang, C. Liu, Y. Lin, "Normalized word embedding and orthogonal
           transform for bilingual word translation", NAACL 2015.

    Examples
    --------
    >>> from sktransfer.crosslingual import AlignedEmbeddings, CrossLingualMapper
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> from sktransfer.embedding import WordVectors
    >>> reviews = make_bilingual_reviews(150)
    >>> space = AlignedEmbeddings(vectors=WordVectors("ppmi", vector_size=20))
    >>> mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    >>> mapper.fit(reviews.data, sample_domain=reviews.sample_domain).transform(
    ...     ["Ein tolles Album"]).shape
    (1, 20)
    """

    standardize_documents = True

    _part_examples: ClassVar[dict[str, str]] = {
        "vectors": "WordVectors()",
        "alignment": "Procrustes()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "vectors": [HasMethods("fit"), None],
        "limit": [integer(1), None],
        "n_em_iter": [integer(0)],
        "anchors": [one_of("best", "weighted")],
        "backoff": ["boolean"],
    }

    def __init__(
        self,
        alignment: Any = None,
        *,
        vectors: Any = None,
        source_vectors: Any = None,
        target_vectors: Any = None,
        limit: int | None = 200_000,
        n_em_iter: int = 10,
        anchors: str = "best",
        backoff: bool = True,
    ) -> None:
        self.alignment = alignment
        self.vectors = vectors
        self.source_vectors = source_vectors
        self.target_vectors = target_vectors
        self.limit = limit
        self.n_em_iter = n_em_iter
        self.anchors = anchors
        self.backoff = backoff

    @property
    def learns_words(self) -> bool:
        """Whether any word of the texts gets its place: where vectors are trained."""
        return self.source_vectors is None and self.target_vectors is None

    @reports_progress
    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> Self:
        """Find or train vectors of both sides and align them.

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
        self : AlignedEmbeddings
            Fitted.

        Raises
        ------
        ValueError
            If no pair has a vector on both sides, vectors cannot be read, or a
            parameter is out of range.
        """
        check_parameters(self)
        alignment = Procrustes() if self.alignment is None else self.alignment
        require_alignment(alignment, "alignment")
        alignment = clone(alignment)
        takes_weights = has_fit_parameter(alignment, "sample_weight")
        weighted = self.anchors == "weighted"
        if weighted and not takes_weights:
            raise ValueError(
                'anchors="weighted" needs an alignment whose fit takes sample_weight; '
                f"{type(alignment).__name__} does not. Take "
                'anchors="best", or Procrustes().'
            )
        p = link_probabilities(source, target, links, self.n_em_iter)
        self.translation_probabilities_ = probability_matrix(links, p, source, target)
        corpora = source, target
        tables = self._word_vectors(corpora)
        finders = [WordFinder(table.words) for table in tables]
        rows = [f.look_up(corpus.words) for f, corpus in zip(finders, corpora)]
        anchors, weights = choose_anchors(
            links, p, corpora, (rows[0] >= 0, rows[1] >= 0), weighted=weighted
        )
        self.anchors_ = list(
            zip(source.words[anchors.source], target.words[anchors.target])
        )
        given = weights if takes_weights else None
        self._fit_alignment(alignment, corpora, tables, rows, anchors, given)
        mapped = map_both(self.alignment_, tables[0].vectors, tables[1].vectors)
        self._ngrams: dict[str, tuple[NgramBackoff, NDArray[np.intp]]] = {}
        self.source_vectors_, self.target_vectors_ = (
            self._vocabulary_vectors(*part)
            for part in zip(SIDES, corpora, rows, mapped)
        )
        # for words that the texts of fit do not hold
        self._given = {
            side: (finder, Z)
            for side, finder, Z in zip(SIDES, finders, mapped)
            if getattr(self, f"{side}_vectors") is not None
        }
        self.source_coverage_, self.target_coverage_ = (
            float(np.mean(found >= 0)) for found in rows
        )
        return self

    def _fit_alignment(
        self,
        alignment: Any,
        corpora: tuple[Corpus, Corpus],
        tables: list[VectorTable],
        rows: list[NDArray[np.intp]],
        anchors: Links,
        weights: NDArray[np.float64] | None,
    ) -> None:
        """Fit on the anchors; or on all words, where further pairs are found."""
        parameters: dict[str, Any] = {}
        order: Sequence[NDArray[np.intp]] = anchors
        if weights is not None:
            parameters["sample_weight"] = weights
        if has_fit_parameter(alignment, "pairs"):
            _check_size(self.anchors_, 1)
            order = [by_frequency(c, r) for c, r in zip(corpora, rows)]
            parameters["pairs"] = np.column_stack(
                [positions_in(o, a) for o, a in zip(order, anchors)]
            )
        else:
            _check_size(self.anchors_, min(t.vectors.shape[1] for t in tables))
        pairs = [t.vectors[r[o]] for t, r, o in zip(tables, rows, order)]
        self.alignment_ = alignment.fit(*pairs, **parameters)

    def _word_vectors(self, corpora: tuple[Corpus, Corpus]) -> list[VectorTable]:
        """Word vectors of each side, given or trained."""
        model = self.vectors
        if model is None:
            model = WordVectors("ppmi", vector_size=300, min_count=1)
        if hasattr(model, "random_state"):
            # one sequence of random numbers for both sides
            model = copy.copy(model)
            model.random_state = check_random_state(model.random_state)
        tables = []
        for side, corpus in zip(SIDES, corpora):
            given = getattr(self, f"{side}_vectors")
            if given is None:
                found = train_or_check(model, corpus.known_tokens())
            else:
                name = f"{side}_vectors"
                found = train_or_check(given, [], limit=self.limit, name=name)
            tables.append(found)
        return tables

    def _vocabulary_vectors(
        self,
        side: str,
        corpus: Corpus,
        rows: NDArray[np.intp],
        mapped: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Vectors of a vocabulary in the common space."""
        placed = np.zeros((rows.size, mapped.shape[1]), dtype=np.float32)
        known = np.flatnonzero(rows >= 0)
        placed[known] = mapped[rows[known]]
        if self.backoff:
            df = document_frequency(corpus.counts) * corpus.counts.shape[0]
            ngrams = NgramBackoff(corpus.words[known].tolist(), df[known])
            missing = np.flatnonzero(rows < 0)
            if missing.size:
                placed[missing] = ngrams.word_vectors(
                    corpus.words[missing].tolist(), placed[known]
                )
            self._ngrams[side] = ngrams, known
        return placed

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
        documents : ndarray of shape (n_documents, n_features) or None
            By the given vectors, else by n-grams. None where neither is there.
        """
        rows = np.full(len(words), -1, dtype=np.intp)
        total = None
        if side in self._given:
            given, mapped = self._given[side]
            rows = given.look_up(words)
            known = np.flatnonzero(rows >= 0)
            part = weights[:, known].astype(np.float32)
            total = part @ mapped[rows[known]]
        if side in self._ngrams:
            ngrams, vocabulary = self._ngrams[side]
            other = np.flatnonzero(rows < 0)
            vectors = (
                self.source_vectors_ if side == "source" else self.target_vectors_
            )[vocabulary]
            rest = ngrams.documents(
                sparse.csr_array(weights[:, other]),
                [words[k] for k in other.tolist()],
                vectors,
            )
            total = rest if total is None else total + rest
        return total


def _check_size(anchors: list[tuple[str, str]], n_features: int) -> None:
    """Raise without any pair, warn of fewer than features."""
    found = len(anchors)
    if found and found >= n_features:
        return
    message = (
        f"The alignment of vectors with {n_features} features rests on {found} "
        "dictionary pairs whose words both have a vector. Give a larger dictionary, "
        "more texts, or a smaller vector_size, and check that the vectors are of the "
        "languages of the texts."
    )
    if not found:
        raise ValueError(message)
    warnings.warn(message, UserWarning, stacklevel=5)
