"""AlignedEmbeddings: word vectors of two languages, one turned into the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from sktransfer._core.correspondence import (
    TranslationProbabilities,
    document_frequency,
    select_pivots,
)
from sktransfer._core.linalg import unit_rows
from sktransfer._core.word_vectors.training import (
    MODELS,
    WordVectors,
    as_word_vectors,
    train_word_vectors,
)
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links, word_form
from sktransfer.crosslingual.alignments._procrustes import Procrustes
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    check_count,
    link_probabilities,
)
from sktransfer.crosslingual.word_spaces._ngram_backoff import NgramBackoff


class WordRows:
    """Find words among given ones: as they stand, else by their form.

    Parameters
    ----------
    words : iterable of str
        The given words, none twice. Of several that differ only in case or width of
        characters, the first stands for their form.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._index = {word: row for row, word in enumerate(words)}
        self._forms: dict[str, int] = {}
        for word, row in self._index.items():
            self._forms.setdefault(word_form(word), row)

    def look_up(self, words: Iterable[str]) -> NDArray[np.intp]:
        """Find words."""
        rows = [
            self._index[w] if w in self._index else self._forms.get(word_form(w), -1)
            for w in words
        ]
        return np.array(rows, dtype=np.intp)


SIDES = ("source", "target")
ANCHORS = ("best", "weighted")


class AlignedEmbeddings(WordSpace):
    r"""Word space of word vectors that an alignment brings together.

    Vectors of each language, given or trained on the texts at hand, are mapped into
    one space by an alignment that is fitted on the pairs of the dictionary whose words
    both have a vector.

    Parameters
    ----------
    alignment : estimator, default=None
        Fitted on paired rows by ``fit(X, Y)``, with ``transform(X, Y)`` for both sides.
        One whose fit takes ``pairs``, such as
        :class:`~sktransfer.crosslingual.SelfLearningAlignment`, gets the vectors of all
        words of the texts, the most frequent first, and the pairs of the dictionary to
        begin with. None: :class:`~sktransfer.crosslingual.Procrustes`.
    source_vectors, target_vectors : word vectors, str or path-like, default=None
        Vectors of each language: gensim KeyedVectors, words with an array of shape
        (n_words, n_features), a mapping, or the path of a word2vec (text or binary) or
        GloVe file, plain or .gz. A word of the texts that they do not have as it
        stands takes the first one that differs only in case or width of characters.
        None: trained on the texts of that side.
    limit : int or None, default=200_000
        Given vectors are read up to so many words; they begin with the most frequent.
    model : {"ppmi", "skipgram", "cbow", "glove"}, default="ppmi"
        How vectors are trained, see
        :class:`~sktransfer.embedding.EmbeddingVectorizer`.
    vector_size : int, default=300
        Number of features of trained vectors.
    window : int, default=5
        Largest distance of neighbours in training.
    n_em_iter : int, default=10
        Rounds of expectation maximisation for the translation probabilities.
    n_iter : int, default=None
        Passes of training. None: 10. "ppmi" has none.
    anchors : {"best", "weighted"}, default="best"
        Pairs that the alignment is fitted on. "best": for each source word the
        translation of largest :math:`p(t|e)\,p(e|t)`, no target word twice. "weighted":
        all pairs, weighted by these products.
    backoff : bool, default=True
        Words without a vector take the mean of words that share their character
        n-grams. False: they are 0.
    random_state : int, RandomState instance or None, default=None
        Seed of training.
    workers : int, default=1
        Threads of gensim. Results are reproducible with one only.

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
    DistributionalCorrespondence : Vectors that are comparable as they come.
    WordSpaceUnion : Several word spaces side by side.

    Notes
    -----
    Vectors trained on some thousand reviews of each language are turned into each
    other only roughly, since the two spaces have different shapes; vectors of large
    texts do better.

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
    >>> reviews = make_bilingual_reviews(200)
    >>> space = AlignedEmbeddings(vector_size=20, random_state=0)
    >>> mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    >>> mapper.fit(reviews.data, sample_domain=reviews.sample_domain).transform(
    ...     ["Ein tolles Album"]).shape
    (1, 20)
    """

    standardize_documents = True

    def __init__(
        self,
        alignment: Any = None,
        *,
        source_vectors: Any = None,
        target_vectors: Any = None,
        limit: int | None = 200_000,
        model: str = "ppmi",
        vector_size: int = 300,
        window: int = 5,
        n_em_iter: int = 10,
        n_iter: int | None = None,
        anchors: str = "best",
        backoff: bool = True,
        random_state: int | np.random.RandomState | None = None,
        workers: int = 1,
    ) -> None:
        self.alignment = alignment
        self.source_vectors = source_vectors
        self.target_vectors = target_vectors
        self.limit = limit
        self.model = model
        self.vector_size = vector_size
        self.window = window
        self.n_em_iter = n_em_iter
        self.n_iter = n_iter
        self.anchors = anchors
        self.backoff = backoff
        self.random_state = random_state
        self.workers = workers

    @property
    def learns_words(self) -> bool:
        """Whether any word of the texts gets its place: where vectors are trained."""
        return self.source_vectors is None and self.target_vectors is None

    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> AlignedEmbeddings:
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
        self._check_parameters()
        p = link_probabilities(source, target, links, self.n_em_iter)
        self._set_probabilities(links, p, (source.words.size, target.words.size))
        rng = check_random_state(self.random_state)
        corpora = dict(zip(SIDES, (source, target)))
        vectors, rows = {}, {}
        for side, corpus in corpora.items():
            vectors[side], rows[side] = self._vectors(corpus, side, rng)
        anchors, weights = self._anchors(corpora, links, p, rows)
        self.anchors_ = list(
            zip(source.words[anchors.source], target.words[anchors.target])
        )
        alignment = Procrustes() if self.alignment is None else clone(self.alignment)
        grows = has_fit_parameter(alignment, "pairs")
        self._check_anchors(
            1 if grows else min(vectors[s].vectors.shape[1] for s in SIDES)
        )
        fit_parameters: dict[str, Any] = {}
        if grows:
            # an alignment that finds further pairs: all words, the frequent ones first
            order = {s: _by_frequency(corpora[s], rows[s]) for s in SIDES}
            fit_parameters["pairs"] = np.column_stack(
                [_positions(order[s], a) for s, a in zip(SIDES, anchors)]
            )
        else:
            order = dict(zip(SIDES, anchors))
        fitted = [vectors[s].vectors[rows[s][order[s]]] for s in SIDES]
        if has_fit_parameter(alignment, "sample_weight"):
            fit_parameters["sample_weight"] = weights
        self.alignment_ = alignment.fit(*fitted, **fit_parameters)
        mapped = alignment.transform(*(vectors[s].vectors for s in SIDES))
        placed = {}
        self._given, self._ngrams = {}, {}
        for side, Z in zip(SIDES, mapped):
            Z = unit_rows(np.asarray(Z, dtype=np.float32))
            placed[side] = self._place(corpora[side], rows[side], Z, side)
            if getattr(self, f"{side}_vectors") is not None:
                # for words that the texts of fit do not hold
                self._given[side] = WordRows(vectors[side].words), Z
        self.source_vectors_, self.target_vectors_ = (placed[s] for s in SIDES)
        self.source_coverage_, self.target_coverage_ = (
            float(np.mean(rows[s] >= 0)) for s in SIDES
        )
        return self

    def _check_parameters(self) -> None:
        for name, least in {
            "vector_size": 1,
            "window": 1,
            "n_em_iter": 0,
            "workers": 1,
        }.items():
            check_count(getattr(self, name), name, least)
        for name in ("n_iter", "limit"):
            if getattr(self, name) is not None:
                check_count(getattr(self, name), name, 1)
        for name, allowed in (("model", MODELS), ("anchors", ANCHORS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be one of {', '.join(map(repr, allowed))}; got "
                    f"{getattr(self, name)!r}."
                )
        if self.anchors == "weighted" and self.alignment is not None:
            if not has_fit_parameter(self.alignment, "sample_weight"):
                raise ValueError(
                    'anchors="weighted" needs an alignment whose fit takes '
                    f"sample_weight; {type(self.alignment).__name__} does not. Take "
                    'anchors="best", or Procrustes().'
                )

    def _vectors(
        self, corpus: Corpus, side: str, rng: np.random.RandomState
    ) -> tuple[WordVectors, NDArray[np.intp]]:
        """Word vectors of a side, and the row of each word of its vocabulary, or -1."""
        given = getattr(self, f"{side}_vectors")
        if given is not None:
            found = as_word_vectors(given, limit=self.limit, name=f"{side}_vectors")
            return found, WordRows(found.words).look_up(corpus.words)
        known = corpus.index
        documents = [[t for t in tokens if t in known] for tokens in corpus.tokens()]
        found = train_word_vectors(
            documents,
            model=self.model,
            vector_size=self.vector_size,
            window=self.window,
            min_count=1,
            n_iter=self.n_iter,
            random_state=rng,
            workers=self.workers,
        )
        return found, WordRows(found.words).look_up(corpus.words)

    def _anchors(
        self,
        corpora: dict[str, Corpus],
        links: Links,
        p: TranslationProbabilities,
        rows: dict[str, NDArray[np.intp]],
    ) -> tuple[Links, NDArray[np.float64]]:
        """Pairs to fit the alignment on, and their weights."""
        both = (rows["source"][links.source] >= 0) & (rows["target"][links.target] >= 0)
        links = Links(links.source[both], links.target[both])
        p = TranslationProbabilities(*(q[both] for q in p))
        f_e, f_t = (document_frequency(corpora[s].counts) for s in SIDES)
        if self.anchors == "weighted":
            agreement = p.target_given_source * p.source_given_target
        else:
            pivots = select_pivots(
                links.source,
                links.target,
                p,
                source_frequency=f_e,
                target_frequency=f_t,
                gain=np.ones(f_e.size),
                n_pivots=max(links.source.size, 1),
            )
            links, agreement = Links(pivots.source, pivots.target), 1.0
        return links, agreement * (f_e[links.source] * f_t[links.target]) ** 0.25

    def _check_anchors(self, n_features: int) -> None:
        found = len(self.anchors_)
        if found and found >= n_features:
            return
        message = (
            f"The alignment of vectors with {n_features} features rests on {found} "
            "dictionary pairs whose words both have a vector. Give a larger "
            "dictionary, more texts, or a smaller vector_size, and check that the "
            "vectors are of the languages of the texts."
        )
        if not found:
            raise ValueError(message)
        warnings.warn(message, UserWarning, stacklevel=3)

    def _place(
        self,
        corpus: Corpus,
        rows: NDArray[np.intp],
        mapped: NDArray[np.float32],
        side: str,
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
                sparse.csr_array(weights[:, other]), [words[k] for k in other], vectors
            )
            total = rest if total is None else total + rest
        return total


def _by_frequency(corpus: Corpus, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Words of the texts that have a vector, the most frequent first."""
    known = np.flatnonzero(rows >= 0)
    frequency = document_frequency(corpus.counts)[known]
    return known[np.argsort(-frequency, kind="stable")]


def _positions(order: NDArray[np.intp], words: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each word stands in an order."""
    sorter = np.argsort(order)
    return sorter[np.searchsorted(order, words, sorter=sorter)]
