"""DistributionalCorrespondence: words by what they occur with, in both languages."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.correspondence import (
    CORRESPONDENCES,
    Pivots,
    TranslationProbabilities,
    check_functions,
    document_frequency,
    least_documents,
    pivot_presence,
    pivot_profiles,
    select_pivots,
)
from sktransfer._core.information import presence, presence_gain
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    check_count,
    link_probabilities,
)
from sktransfer.crosslingual.word_spaces._context import (
    context_agreement,
    context_factors,
)
from sktransfer.crosslingual.word_spaces._ngram_backoff import NgramBackoff

FEW_PIVOTS = 10


class DistributionalCorrespondence(WordSpace):
    r"""Word space whose dimensions are pivots: pairs of words that mean the same.

    Distributional correspondence indexing: a word is described by how it occurs with
    each pivot in the texts of its own language. Pivots mean the same on both sides, so
    that words of both languages become comparable, whether the dictionary knows them
    or not.

    Pivots are dictionary pairs with the largest :math:`p(t|e)\,p(e|t)` (expectation
    maximisation on the word frequencies of both sides), ranked by the information gain
    of the source word about the label times the ratio of the smaller to the larger
    document frequency. On the target side all translations of the source word count,
    as far as they mean it: a document holds the pivot with the sum of :math:`p(e|t)`.

    Parameters
    ----------
    n_pivots : int, default=450
        Largest number of pivots.
    correspondence : str or sequence of str, default=("cosine", "linear", "pmi")
        Correspondence functions, "cosine", "linear" or "pmi"; each gives its own
        block of ``n_pivots`` features.
    backoff : float or None, default=20.0
        Words in few documents, other than pivots, are drawn towards words that share
        their character n-grams: a word in df documents keeps df / (df + backoff) of its
        own profile. Words that ``fit`` has not seen rest on n-grams alone. None: no
        back-off; unseen words are left out.
    translation_weight : float, default=20.0
        Words in few documents, other than pivots, are also drawn towards the mean of
        their translations, weighted by their probabilities: it counts as much as
        ``translation_weight`` documents, next to the df documents of the word and
        ``backoff``. 0: profiles rest on the texts of one language alone.
    group_translations : bool, default=True
        A target document holds a pivot as far as its words mean the source word: the
        sum of their p(e|t), and 1 for the best translation. False: it holds the pivot
        where it holds the best translation.
    unify : bool, default=True
        Give both words of a pivot the mean of their two profiles.
    min_pivot_df : int or None, default=None
        Number of documents that must hold a pivot, on each side. None: 0.5 % of the
        documents of the side, but at least 2 and at most 10.
    n_iter : int, default=10
        Rounds of expectation maximisation.
    context_weight : float, default=0.0
        Pivots are chosen a second time: the score of each candidate is multiplied by
        :math:`e^{w z}`, where z is the z-scored agreement of its two words, each
        described by the first pivots in the texts of its own language. Pairs that the
        dictionary has wrong, or that mean something else in these texts, fall behind.
        0: pivots are chosen once.

    Attributes
    ----------
    pivots_ : list of (str, str)
        The pivots, the best first.
    source_vectors_ : ndarray of float32 of shape (n_source_words, n_features)
        Profiles of the source words.
    target_vectors_ : ndarray of float32 of shape (n_target_words, n_features)
        Profiles of the target words.
    translation_probabilities_ : csr_array of shape (n_source_words, n_target_words)
        p(t|e) of the dictionary pairs.

    Warns
    -----
    UserWarning
        If there are fewer than 10 pivots.

    See Also
    --------
    DictionaryTranslation : Uses what the dictionary knows and nothing else.

    Notes
    -----
    Profiles are z-scored per pivot over the words and scaled to unit length.
    Without labels, pivots are ranked by the entropy of their presence instead of the
    information gain. Real labels of many values are cut at their quartiles.

    References
    ----------
    .. [1] A. Moreo, A. Esuli, F. Sebastiani, "Distributional correspondence indexing
           for cross-lingual and cross-domain sentiment classification", Journal of
           Artificial Intelligence Research 55, 2016.
    .. [2] P. Koehn, K. Knight, "Estimating word translation probabilities from
           unrelated monolingual corpora using the EM algorithm", AAAI 2000.

    Examples
    --------
    >>> from sktransfer.crosslingual import (
    ...     CrossLingualMapper, DistributionalCorrespondence)
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> reviews = make_bilingual_reviews(200)
    >>> space = DistributionalCorrespondence(n_pivots=50, correspondence="pmi")
    >>> mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    >>> mapper.fit(
    ...     reviews.data, reviews.target, sample_domain=reviews.sample_domain
    ... ).transform(["Ein tolles Album"]).shape
    (1, 50)
    """

    standardize_documents = True

    def __init__(
        self,
        n_pivots: int = 450,
        *,
        correspondence: str | Sequence[str] = CORRESPONDENCES,
        backoff: float | None = 20.0,
        translation_weight: float = 20.0,
        group_translations: bool = True,
        unify: bool = True,
        min_pivot_df: int | None = None,
        n_iter: int = 10,
        context_weight: float = 0.0,
    ) -> None:
        self.n_pivots = n_pivots
        self.correspondence = correspondence
        self.backoff = backoff
        self.translation_weight = translation_weight
        self.group_translations = group_translations
        self.unify = unify
        self.min_pivot_df = min_pivot_df
        self.n_iter = n_iter
        self.context_weight = context_weight

    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> DistributionalCorrespondence:
        """Choose pivots and describe the words of both sides by them.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.
        links : Links
            Dictionary pairs as indices of words.
        y : array-like of shape (n_source_documents,), default=None
            Labels of the source documents, None or NaN where unknown.

        Returns
        -------
        self : DistributionalCorrespondence
            Fitted.

        Raises
        ------
        ValueError
            If there is no pivot, or a parameter is out of range.
        """
        functions = self._check_parameters()
        p = link_probabilities(source, target, links, self.n_iter)
        self._set_probabilities(links, p, (source.words.size, target.words.size))
        meaning = None
        if self.group_translations:
            # p(e|t): how far each target word means each source word
            meaning = sparse.csr_array(
                (p.source_given_target, (links.source, links.target)),
                shape=(source.words.size, target.words.size),
            )
            meaning.eliminate_zeros()
        pivots = self._pivots(source, target, links, p, meaning, y)
        self.pivots_ = list(
            zip(source.words[pivots.source], target.words[pivots.target])
        )
        columns = {"source": pivots.source, "target": pivots.target}
        sides = {"source": source, "target": target}
        members = dict(columns)
        if meaning is not None:
            members["target"] = _members(meaning, pivots)
        profiles = pivot_profiles(
            [source.weights, target.weights],
            [members[side] for side in sides],
            pivots,
            functions,
            unify=self.unify,
        )
        vectors = dict(zip(sides, profiles))
        self._ngrams = None
        if self.backoff is not None:
            self._ngrams = {
                side: self._smooth(corpus, columns[side], vectors[side])
                for side, corpus in sides.items()
            }
        if self.translation_weight > 0:
            self._borrow(sides, columns, vectors, links, p)
        self.source_vectors_ = vectors["source"]
        self.target_vectors_ = vectors["target"]
        return self

    def _check_parameters(self) -> tuple[str, ...]:
        check_count(self.n_pivots, "n_pivots", 1)
        check_count(self.n_iter, "n_iter", 0)
        if self.min_pivot_df is not None:
            check_count(self.min_pivot_df, "min_pivot_df", 1)
        number = isinstance(self.backoff, Real) and not isinstance(self.backoff, bool)
        if self.backoff is not None and not (number and 0 <= self.backoff < np.inf):
            raise ValueError(
                f"backoff must be None or a number of at least 0; got {self.backoff!r}."
            )
        for name in ("translation_weight", "context_weight"):
            weight = getattr(self, name)
            number = isinstance(weight, Real) and not isinstance(weight, bool)
            if not (number and 0 <= weight < np.inf):
                raise ValueError(
                    f"{name} must be a number of at least 0; got {weight!r}."
                )
        return check_functions(self.correspondence)

    def _pivots(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        p: TranslationProbabilities,
        meaning: sparse.csr_array | None,
        y: ArrayLike | None,
    ) -> Pivots:
        f_e = document_frequency(source.counts)
        f_t = document_frequency(target.counts)
        sizes = source.counts.shape[0], target.counts.shape[0]
        least = [least_documents(n, self.min_pivot_df) for n in sizes]
        candidates = select_pivots(
            links.source,
            links.target,
            p,
            source_frequency=f_e,
            target_frequency=f_t,
            gain=presence_gain(source.counts, f_e, y),
            n_pivots=links.source.size if self.context_weight else self.n_pivots,
            concept_frequency=(
                None if meaning is None else _concept_frequency(target.counts, meaning)
            ),
            # half a document of slack for rounding
            source_min_frequency=(least[0] - 0.5) / sizes[0],
            target_min_frequency=(least[1] - 0.5) / sizes[1],
        )
        pivots = Pivots(*(part[: self.n_pivots] for part in candidates))
        if self.context_weight:
            pivots = self._by_context(source, target, candidates, pivots, meaning)
        found = pivots.source.size
        if found < min(FEW_PIVOTS, self.n_pivots):
            message = (
                f"{found} pivot(s) found: of {links.source.size} dictionary pairs with "
                f"both words in the texts, so many are in at least {least[0]} of "
                f"{sizes[0]} source texts and {least[1]} of {sizes[1]} target texts. "
                "Give a larger dictionary, more texts, or a smaller min_pivot_df, and "
                "check that dictionary and tokenizer write words alike."
            )
            if found == 0:
                raise ValueError(message)
            warnings.warn(message, UserWarning, stacklevel=2)
        return pivots

    def _by_context(
        self,
        source: Corpus,
        target: Corpus,
        candidates: Pivots,
        pivots: Pivots,
        meaning: sparse.csr_array | None,
    ) -> Pivots:
        """Choose pivots again, by the contexts that the first ones show."""
        members = pivots.target if meaning is None else _members(meaning, pivots)
        agreement = context_agreement(
            source.weights, target.weights, candidates, pivots, members
        )
        score = candidates.score * context_factors(agreement, self.context_weight)
        best = np.argsort(-score, kind="stable")[: self.n_pivots]
        return Pivots(candidates.source[best], candidates.target[best], score[best])

    def _smooth(
        self, corpus: Corpus, pivots: NDArray[np.intp], vectors: NDArray[np.float32]
    ) -> NgramBackoff:
        """Draw rare words towards their n-grams, in place."""
        df = document_frequency(corpus.counts) * corpus.counts.shape[0]
        ngrams = NgramBackoff(corpus.words, df)
        borrowed = ngrams.word_vectors(corpus.words, vectors)
        own = (df / (df + self.backoff)).astype(np.float32)
        own[pivots] = 1
        vectors *= own[:, None]
        borrowed *= (1 - own)[:, None]
        vectors += borrowed
        return ngrams

    def _borrow(
        self,
        sides: dict[str, Corpus],
        pivots: dict[str, NDArray[np.intp]],
        vectors: dict[str, NDArray[np.float32]],
        links: Links,
        p: TranslationProbabilities,
    ) -> None:
        """Draw rare words towards the mean of their translations, in place."""
        index = {"source": links.source, "target": links.target}
        probability = {
            "source": p.target_given_source,
            "target": p.source_given_target,
        }
        other = {"source": "target", "target": "source"}
        share, borrowed = {}, {}
        for side, corpus in sides.items():
            df = document_frequency(corpus.counts) * corpus.counts.shape[0]
            borrow = self.translation_weight / (
                df + (self.backoff or 0) + self.translation_weight
            )
            borrow[pivots[side]] = 0
            weights = sparse.csr_array(
                (
                    (probability[side] * borrow[index[side]]).astype(np.float32),
                    (index[side], index[other[side]]),
                ),
                shape=(corpus.words.size, sides[other[side]].words.size),
            )
            share[side] = weights.sum(axis=1)
            borrowed[side] = weights @ vectors[other[side]]
        for side in sides:
            vectors[side] *= (1 - share[side])[:, None]
            vectors[side] += borrowed[side]

    def unseen_documents(
        self, weights: sparse.csr_array, words: Sequence[str], side: str
    ) -> Any:
        """Weighted sums of the vectors of unseen words, by their n-grams.

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
            None without back-off.
        """
        if self._ngrams is None:
            return None
        vectors = self.source_vectors_ if side == "source" else self.target_vectors_
        return self._ngrams[side].documents(weights, words, vectors)

    def feature_names(self, source: Corpus, target: Corpus) -> list[str]:
        """Correspondence function and pivot.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.

        Returns
        -------
        names : list of str
            Such as "cosine(good, gut)".
        """
        return [
            f"{function}({e}, {t})"
            for function in self._check_parameters()
            for e, t in self.pivots_
        ]


def _concept_frequency(
    counts: sparse.csr_array, meaning: sparse.csr_array
) -> NDArray[np.float64]:
    """Share of the target documents that hold each source word in translation."""
    held = pivot_presence(presence(counts), meaning.T)
    return held.sum(axis=0) / max(counts.shape[0], 1)


def _members(meaning: sparse.csr_array, pivots: Pivots) -> sparse.csr_array:
    """How far each target word stands for each pivot, of shape (words, pivots)."""
    members = meaning[pivots.source].tocoo()
    k = np.arange(pivots.source.size)
    best = members.col == pivots.target[members.row]
    return sparse.csr_array(
        (
            np.r_[members.data[~best], np.ones(k.size)],
            (
                np.r_[members.col[~best], pivots.target],
                np.r_[members.row[~best], k],
            ),
        ),
        shape=(meaning.shape[1], k.size),
    )
