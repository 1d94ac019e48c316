"""DistributionalCorrespondence: words by what they occur with, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike
from scipy import sparse

from sktransfer._core.correspondence import (
    CORRESPONDENCES,
    check_functions,
    pivot_profiles,
)
from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import reports_progress
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    link_probabilities,
    probability_matrix,
)
from sktransfer.crosslingual.word_spaces._pivots import (
    choose_pivots,
    pivot_members,
    translation_shares,
)
from sktransfer.crosslingual.word_spaces._rare_words import (
    lean_on_ngrams,
    lean_on_translations,
)


class DistributionalCorrespondence(WordSpace):
    r"""Word space whose dimensions are pivots: pairs of words that mean the same.

    Distributional correspondence indexing: a word is described by how it occurs with
    each pivot in the texts of its own language. Pivots mean the same on both sides, so
    that words of both languages become comparable, whether the dictionary knows them
    or not.

    Pivots are dictionary pairs with the largest :math:`p(t|e)\,p(e|t)` (expectation
    maximisation on the word frequencies of both sides), ranked by the information gain
    of the source word about the label, in the mean source domain, times the ratio of
    the smaller to the larger document frequency. On the target side all translations of
    the source word count: a document holds the pivot to a degree, the sum of their
    :math:`p(e|t)`.

    Parameters
    ----------
    n_pivots : int, default=450
        Largest number of pivots.
    correspondence : str or sequence of str, default=("cosine", "linear", "pmi")
        Correspondence functions, "cosine", "linear" or "pmi"; each gives its own
        block of ``n_pivots`` features.
    backoff : float or None, default=20.0
        Profiles of rare words, other than pivots, are averaged with those of words that
        share their character n-grams: a word in df documents keeps the share
        df / (df + backoff) of its own profile. Words that were not in ``fit`` have the
        profile of their n-grams. None: no back-off; such words are left out.
    translation_weight : float, default=20.0
        Profiles of rare words, other than pivots, are also averaged with the mean of
        their translations, weighted by probability. The mean counts as much as
        ``translation_weight`` documents, next to the df documents of the word and
        ``backoff``. 0: profiles depend on the texts of one language only.
    group_translations : bool, default=True
        Whether all translations of the source word count: a target document holds a
        pivot to a degree, the sum of the p(e|t) of its words, and 1 for the best
        translation. False: only the best translation counts.
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
        described by the first pivots in the texts of its own language. So pairs that
        are wrong in the dictionary, or mean something else in these texts, get a lower
        score. 0: pivots are chosen once.

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
    >>> reviews = make_bilingual_reviews(150)
    >>> space = DistributionalCorrespondence(n_pivots=50, correspondence="pmi")
    >>> mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    >>> mapper.fit(
    ...     reviews.data, reviews.target, sample_domain=reviews.sample_domain
    ... ).transform(["Ein tolles Album"]).shape
    (1, 50)
    """

    standardize_documents = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_pivots": [integer(1)],
        "backoff": [number(0), None],
        "translation_weight": [number(0)],
        "group_translations": ["boolean"],
        "unify": ["boolean"],
        "min_pivot_df": [integer(1), None],
        "n_iter": [integer(0)],
        "context_weight": [number(0)],
    }

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

    @reports_progress
    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> Self:
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
        check_parameters(self)
        functions = check_functions(self.correspondence)
        p = link_probabilities(source, target, links, self.n_iter)
        self.translation_probabilities_ = probability_matrix(links, p, source, target)
        shares = None
        if self.group_translations:
            shares = translation_shares(source, target, links, p)
        pivots = choose_pivots(
            source,
            target,
            links,
            p,
            shares,
            y,
            n_pivots=self.n_pivots,
            min_df=self.min_pivot_df,
            context_weight=self.context_weight,
        )
        self.pivots_ = list(
            zip(source.words[pivots.source], target.words[pivots.target])
        )
        profiles = pivot_profiles(
            [source.weights, target.weights],
            [pivots.source, pivot_members(pivots, shares)],
            pivots,
            functions,
            unify=self.unify,
        )
        corpora = {"source": source, "target": target}
        columns = {"source": pivots.source, "target": pivots.target}
        vectors = dict(zip(corpora, profiles))
        self._ngrams = None
        if self.backoff is not None:
            self._ngrams = {
                side: lean_on_ngrams(corpus, columns[side], vectors[side], self.backoff)
                for side, corpus in corpora.items()
            }
        if self.translation_weight > 0:
            lean_on_translations(
                corpora,
                columns,
                vectors,
                links,
                p,
                weight=self.translation_weight,
                backoff=self.backoff or 0,
            )
        self.source_vectors_ = vectors["source"]
        self.target_vectors_ = vectors["target"]
        return self

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
            for function in check_functions(self.correspondence)
            for e, t in self.pivots_
        ]
