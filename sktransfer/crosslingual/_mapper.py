"""CrossLingualMapper: texts of two languages become rows of one feature space."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.document_scaling import DocumentScaler, used_source_rows
from sktransfer._core.domains import (
    SIDES,
    check_sample_domain,
    domain_masks,
    require_both_sides,
    row_domains,
    target_row_masks,
)
from sktransfer._core.labels import missing_labels, row_labels
from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import (
    check_parameters,
    check_value,
    integer,
    one_of,
)
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.terms import Terms
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer._core.sparse import is_sparse
from sktransfer.crosslingual._corpus import (
    Corpus,
    build_corpus,
    count_tokens,
    unit_documents,
    weigh_documents,
)
from sktransfer.crosslingual._dictionary import Links, link_vocabularies
from sktransfer.crosslingual._pair_learning import learn_pairs
from sktransfer.crosslingual._tokenizing import (
    check_negators,
    check_tokenizers,
    fit_splitters,
)
from sktransfer.crosslingual._word_terms import (
    source_scores,
    spread_words,
    word_terms,
)
from sktransfer.crosslingual.dictionaries._read import read_dictionary
from sktransfer.crosslingual.word_spaces._base import (
    check_word_space,
    check_word_vectors,
)
from sktransfer.crosslingual.word_spaces._distributional import (
    DistributionalCorrespondence,
)
from sktransfer.text.checks import check_texts
from sktransfer.text.forms import inverse_document_frequency, token_forms

LOW_COVERAGE = 0.1
MOST_UNTRANSLATED = 100  # words that are kept
# pairs are learned if the dictionary has fewer entries and less of the words of the
# target texts are linked, from so many texts of a side at least
FEW_ENTRIES, FEW_WORDS, FEWEST_TEXTS = 10_000, 0.8, 200
LEAST_SUPPORT = 0.6  # 0.5 is chance
NEGATION = 3  # words that a negation reaches
# documents that are mapped at once, which bounds the memory of dense rows
BLOCK = 1000


@sparse_stays_sparse
class CrossLingualMapper(
    ReadsTexts, TransformerMixin, CallbackSupportMixin, GivenParameters, BaseEstimator
):
    """Map texts of a source and of a target language into one feature space.

    It learns from a bilingual dictionary and from texts of both languages; labels of
    source texts help to choose features. A model that is trained on the mapped source
    texts then predicts for texts of the target language.

    Parameters
    ----------
    dictionary : sequence of (str, str), mapping, str or path-like
        Pairs (source word, target word); or a mapping from a source word to a target
        word or a list of them; or the path of a file that
        :func:`~sktransfer.crosslingual.read_dictionary` reads: two columns, MUSE,
        hunalign, FreeDict, CC-CEDICT, JMdict or Wiktionary in one direction. Case,
        width of characters and forms of Unicode do not matter. Entries of two to four
        words, and Chinese, Japanese or Korean entries that the tokenizer cuts into as
        many tokens, are put together again where these tokens follow each other.
    word_space : word space, default=None
        How words of both languages become comparable:
        :class:`DistributionalCorrespondence` (None stands for its defaults),
        :class:`DictionaryTranslation`, :class:`AlignedEmbeddings`, several in a
        :class:`WordSpaceUnion`, or one of your own, see :class:`WordSpace`.
    tokenizer : callable, str or dict, default=None
        From a text to its tokens, or its name such as "jieba:lcut" (module:function),
        for both sides or as ``{"source": f, "target": g}``. None, also for one side:
        words of two or more letters or digits in lower case, and the tokens that
        ``marks`` adds; where a script has no spaces, words that a
        :class:`~sktransfer.text.WordSegmenter` learns from the texts of the side and
        its words in the dictionary. Use ``str.split`` for texts that are already split
        by spaces; keep digits and marks in them, which mean the same on both sides.
        A name can be copied and pickled where the function cannot.
    min_df : int or float, default=2
        Words in fewer documents of their side (a float: in a smaller share of them)
        are left out of the vocabulary.
    inflections : bool, default=True
        Target words without an entry take the entries of words that share their stem:
        Latin words that differ in their last two letters, Japanese words that differ
        in their kana. Probabilities then weigh these translations as any other.
    marks : bool, default=True
        Whether single digits ("5 stars"), "!", "?" and "..." are words for the default
        tokenizer. They mean the same in all languages.
    negation : int or "auto", default="auto"
        Number of words after a negation that are marked as negated, "not_good", up to
        the next punctuation mark; in Japanese and Korean, words before the negation.
        A negated word is translated as the word is. "auto": 3, or 0 if the word space
        uses given vectors, which have no negated words.
    negators : iterable of str or dict, default=None
        Words that negate, for both sides or as ``{"source": [...], "target": [...]}``.
        None, also for one side: those of its language, if its script or its commonest
        words tell one of 30; otherwise the translations of the other side's by the
        dictionary. If the texts of a side have none, no word is marked as negated.
    learn_pairs : bool or "auto", default="auto"
        Whether to learn pairs of words from the texts. It begins with the dictionary
        and with words of the same or a like spelling, which then need not be in it: an
        empty one will do for related languages. Words written the same that the texts
        do not bear out are then no pairs. "auto": if the dictionary has fewer than
        10,000 entries, ``coverage_`` is below 0.8, and there are 200 texts of each
        side.

    Attributes
    ----------
    source_vocabulary_ : ndarray of object of shape (n_source_words,)
        Words of the source texts, sorted.
    target_vocabulary_ : ndarray of object of shape (n_target_words,)
        Words of the target texts, sorted.
    source_vectors_ : {ndarray, csr_array} of shape (n_source_words, n_features)
        Source words in the shared space, before documents are standardised.
    target_vectors_ : {ndarray, csr_array} of shape (n_target_words, n_features)
        Target words in the shared space.
    coverage_ : float
        Share of the words in the target texts that have a translation in the source
        texts: by the dictionary, or written the same. Each occurrence counts; numbers
        and marks are no words here.
    untranslated_words_ : list of str
        Words of the target texts that have none, at most 100, the most frequent first:
        what to add to the dictionary.
    n_links_ : int
        Number of pairs with both words in the texts.
    learned_pairs_ : list of (str, str)
        Pairs that the texts told, the surest first, see ``learn_pairs``.
    support_ : float
        How far dictionary and words written the same bear each other out: told the
        place of a word by all others, the share of the words on the other side that
        its translation comes before; 0.5 by chance, at most 1. The smaller of both
        directions; NaN unless pairs were learned.
    link_doubt_ : str or None
        Why hardly anything links the two sides; None where they are linked.
    word_space_ : word space
        The fitted word space.
    tokenizer_ : dict
        Under "source" and "target", what splits a text of that side into words; its
        ``segmenter`` is what was learned for scripts without spaces, or None.

    Warns
    -----
    UserWarning
        If ``coverage_`` is below 0.1, or ``support_`` below 0.6.

    See Also
    --------
    sktransfer.TransferClassifier : Owns a mapper and a classifier.
    sktransfer.adaptation.CORAL : For features that both domains share already.

    Notes
    -----
    A document is the sum of the vectors of its words, weighted by tf-idf with
    logarithmic counts (idf of its own side, rows of unit length).

    With :class:`DistributionalCorrespondence` the rows are dense float32, z-scored by
    means and standard deviations of the documents of the same domain in ``fit`` and
    scaled to a mean square length of 4. Rows of a domain that is not given, is new, or
    had fewer than 50 rows in ``fit`` use the statistics of all domains of their side.
    Source statistics are those of the labelled rows, if at least 50 are labelled;
    source texts without labels still count for the vocabulary and the word vectors.
    Texts without any known word are at the mean, 0.

    With :class:`DictionaryTranslation` the rows are CSR of unit length over the source
    words.

    A row depends on its own text and on what ``fit`` saw, never on other rows that are
    transformed with it. Labels of target rows are not read.

    References
    ----------
    .. [1] A. Moreo, A. Esuli, F. Sebastiani, "Distributional correspondence indexing
           for cross-lingual and cross-domain sentiment classification", Journal of
           Artificial Intelligence Research 55, 2016.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktransfer.crosslingual import CrossLingualMapper
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> reviews = make_bilingual_reviews(150, source="en/books", target="de/books")
    >>> d, y = reviews.sample_domain, reviews.target
    >>> mapper = CrossLingualMapper(reviews.dictionary)
    >>> Z = mapper.fit_transform(reviews.data, y, sample_domain=d)
    >>> model = LogisticRegression().fit(Z[d > 0], y[d > 0])
    >>> model.predict(mapper.transform(["Wirklich ein sehr spannendes Buch"]))
    array(['positive'], dtype=object)
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "word_space": "DistributionalCorrespondence()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "inflections": ["boolean"],
        "marks": ["boolean"],
        "negation": [integer(0), one_of("auto")],
        "learn_pairs": ["boolean", one_of("auto")],
    }

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__transform = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        dictionary: Sequence[tuple[str, str]] | Mapping[str, Any] | str | os.PathLike,
        *,
        word_space: Any = None,
        tokenizer: Callable[[str], Any] | str | Mapping[str, Any] | None = None,
        min_df: int | float = 2,
        inflections: bool = True,
        marks: bool = True,
        negation: int | str = "auto",
        negators: Iterable[str] | Mapping[str, Any] | None = None,
        learn_pairs: bool | str = "auto",
    ) -> None:
        self.dictionary = dictionary
        self.word_space = word_space
        self.tokenizer = tokenizer
        self.min_df = min_df
        self.inflections = inflections
        self.marks = marks
        self.negation = negation
        self.negators = negators
        self.learn_pairs = learn_pairs

    @reports_progress
    def fit(
        self,
        X: Sequence[str],
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> Self:
        """Learn the shared space.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts; source rows in the source language, target rows in the target
            language. There may be several domains of each language.
        y : array-like of shape (n_samples,), default=None
            Labels; those of target rows are not read. A missing label is None or NaN.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: every row is
            both.

        Returns
        -------
        self : CrossLingualMapper
            Fitted.

        Raises
        ------
        ValueError
            If one side has no row or no word, or no pivot is found.
        """
        self._fit(X, y, sample_domain)
        return self

    def fit_transform(
        self,
        X: Sequence[str],
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> NDArray[np.float32] | sparse.csr_array:
        """Learn the shared space and map each row by its own side.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts of both languages.
        y : array-like of shape (n_samples,), default=None
            Labels; those of target rows are not read.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: every row is
            both in the fit, and mapped as a target row.

        Returns
        -------
        Z : {ndarray of float32, csr_array} of shape (n_samples, n_features)
            Mapped rows, in the order of ``X``.
        """
        texts, documents, domain = self._fit(X, y, sample_domain)
        masks = dict(zip(SIDES, target_row_masks(domain, len(texts))))
        d = row_domains(domain, len(texts))
        return self._assemble(
            {
                side: self._scaled(documents[side], side, d[masks[side]])
                for side in SIDES
                if masks[side].any()
            },
            masks,
        )

    def transform(
        self, X: Sequence[str], sample_domain: ArrayLike | None = None
    ) -> NDArray[np.float32] | sparse.csr_array:
        """Map texts into the shared space.

        Parameters
        ----------
        X : sequence of str of length n_samples, or table of one column
            Texts.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source language, negative = target language.
            None: all are in the target language.

        Returns
        -------
        Z : {ndarray of float32, csr_array} of shape (n_samples, n_features)
            Mapped rows.
        """
        check_is_fitted(self, "word_space_")
        texts = check_texts(X, "CrossLingualMapper")
        domain = check_sample_domain(sample_domain, len(texts))
        by_side = dict(zip(SIDES, target_row_masks(domain, len(texts))))
        d = row_domains(domain, len(texts))
        documents = {}
        for side, mask in by_side.items():
            if mask.any() or (side == "target" and not texts):
                rows = [texts[k] for k in np.flatnonzero(mask)]
                counts = count_tokens(map(self._split[side], rows))
                Z = self._map_documents(counts, side)
                documents[side] = self._scaled(Z, side, d[mask])
        return self._assemble(documents, by_side)

    def _fit(
        self, X: Any, y: Any, sample_domain: Any
    ) -> tuple[list[str], dict[str, Any], NDArray[np.int64] | None]:
        """Fit; return the texts, the mapped documents of each side, the domains."""
        check_parameters(self)
        texts = check_texts(X, "CrossLingualMapper")
        domain = check_sample_domain(sample_domain, len(texts))
        masks = domain_masks(domain, len(texts))
        require_both_sides(masks, "CrossLingualMapper")
        labels = row_labels(y, len(texts), "text")
        labels = None if labels is None else labels[masks.source]
        space = self.word_space
        space = DistributionalCorrespondence() if space is None else space
        check_word_space(space, "word_space")
        space = clone(space)
        pairs = read_dictionary(self.dictionary)
        rows = {
            side: [texts[k] for k in np.flatnonzero(mask)]
            for side, mask in zip(SIDES, masks)
        }
        counts, corpora = self._read_texts(rows, pairs, space.learns_words)
        d = row_domains(domain, len(texts))
        source, target = (
            replace(corpora[side], domains=d[mask]) for side, mask in zip(SIDES, masks)
        )
        links = self._link(pairs, source, target)
        self.word_space_ = space.fit(source, target, links, labels)
        check_word_vectors(self.word_space_, source, target)
        self._feature_names = self.word_space_.feature_names(source, target)
        documents = {s: self._map_documents(counts[s], s) for s in SIDES}
        self._scaler = None
        if self.word_space_.standardize_documents:
            by_side = {side: d[mask] for side, mask in zip(SIDES, masks)}
            self._scaler = self._fit_scaler(documents, by_side, labels)
        return texts, documents, domain

    def _link(
        self, pairs: list[tuple[str, str]], source: Corpus, target: Corpus
    ) -> Links:
        """Links of the two vocabularies; warn if they are hardly linked."""
        links = link_vocabularies(
            pairs, source.index, target.index, inflections=self.inflections
        )
        self.n_links_ = int(links.source.size)
        self.coverage_ = _coverage(target, links.target)
        self.untranslated_words_ = _untranslated(target, links.target)
        links = self._learn_pairs(pairs, source, target, links)
        self.link_doubt_ = _link_doubt(
            self.coverage_, self.support_, self.n_links_, len(pairs)
        )
        if self.link_doubt_ is not None:
            warnings.warn(
                f"{self.link_doubt_}, so the shared space rests on little. Give a "
                "larger dictionary, check that its first column is the source language "
                "(sktransfer.crosslingual.invert turns it round), and that the "
                "tokenizers write words as it does.",
                UserWarning,
                stacklevel=5,
            )
        return links

    def _learn_pairs(
        self, pairs: list[tuple[str, str]], source: Corpus, target: Corpus, links: Links
    ) -> Links:
        """Links by the dictionary and, where it is small, by pairs that texts tell."""
        self.learned_pairs_: list[tuple[str, str]] = []
        self.support_ = np.nan
        learn = self.learn_pairs
        if isinstance(learn, str):  # "auto"
            learn = (
                len(pairs) < FEW_ENTRIES
                and self.coverage_ < FEW_WORDS
                and min(c.counts.shape[0] for c in (source, target)) >= FEWEST_TEXTS
            )
        if not learn:
            return links

        def linked(entries: list[tuple[str, str]]) -> Links:
            return link_vocabularies(
                entries,
                source.index,
                target.index,
                inflections=self.inflections,
                loans=False,
            )

        learned, self.support_ = learn_pairs(source, target, linked(pairs), links)
        if self.support_ < LEAST_SUPPORT:
            return links
        found = zip(source.words[learned.source], target.words[learned.target])
        # numbers and marks are pairs as they are
        self.learned_pairs_ = [pair for pair in found if any(map(str.isalpha, pair[0]))]
        return linked([*pairs, *self.learned_pairs_])

    def _read_texts(
        self,
        texts: dict[str, list[str]],
        pairs: list[tuple[str, str]],
        learns_words: bool,
    ) -> tuple[dict[str, list[Counter[str]]], dict[str, Corpus]]:
        """Word counts of the texts of each side, and its vocabulary and weights."""
        if isinstance(self.negation, str):  # "auto"
            negation = NEGATION if learns_words else 0
        else:
            negation = self.negation
        self._split, tokens = fit_splitters(
            texts,
            pairs,
            tokenizers=check_tokenizers(self.tokenizer),
            negators=check_negators(self.negators),
            negation=negation,
            marks=self.marks,
        )
        counts, corpora = {}, {}
        for side, split in self._split.items():
            counts[side] = count_tokens(map(split.words, tokens.pop(side)))
            words = partial(map, split, texts[side])
            corpora[side] = build_corpus(counts[side], self.min_df, side, words)
        self.tokenizer_ = {
            side: replace(split, joins=None) for side, split in self._split.items()
        }
        self.source_vocabulary_ = corpora["source"].words
        self.target_vocabulary_ = corpora["target"].words
        self._index = {s: corpora[s].index for s in SIDES}
        self._idf = {s: corpora[s].idf for s in SIDES}
        # a word that is in no document of fit has the idf of a word in one document
        self._unseen_idf = {
            s: float(inverse_document_frequency(1, len(counts[s]))) for s in SIDES
        }
        return counts, corpora

    def _fit_scaler(
        self,
        documents: dict[str, Any],
        domains: dict[str, NDArray[np.int64]],
        labels: NDArray[Any] | None,
    ) -> DocumentScaler:
        """Statistics of the documents of each side, and of its larger domains."""
        scaler = DocumentScaler()
        for side, Z in documents.items():
            used = np.ones(Z.shape[0], dtype=bool)
            if side == "source" and labels is not None:
                used = used_source_rows(~missing_labels(labels))
            scale = self.word_space_.feature_scale
            scaler.add_side(side, Z, domains[side], used, scale)
        return scaler

    def _map_documents(self, counts: list[Counter[str]], side: str) -> Any:
        """Weighted sums of word vectors, for blocks of documents."""
        vectors = self.source_vectors_ if side == "source" else self.target_vectors_
        blocks = []
        for start in range(0, max(len(counts), 1), BLOCK):
            known, unseen, words = weigh_documents(
                counts[start : start + BLOCK],
                self._index[side],
                self._idf[side],
                self._unseen_idf[side],
            )
            if not is_sparse(vectors):
                known = known.astype(vectors.dtype)
            Z = known @ vectors
            rest = None
            if words:
                rest = self.word_space_.unseen_documents(unseen, words, side)
            blocks.append(Z if rest is None else Z + rest)
        stack = sparse.vstack if is_sparse(blocks[0]) else np.concatenate
        return blocks[0] if len(blocks) == 1 else stack(blocks)

    def _scaled(self, Z: Any, side: str, domains: NDArray[np.int64]) -> Any:
        """Final rows; overwrites ``Z``."""
        if self._scaler is None:
            return unit_documents(Z)
        return self._scaler.scale(Z, side, domains, empty=~Z.any(axis=1))

    def _map_terms(self, given: Terms) -> Terms:
        """A text as a sum over its words."""
        return word_terms(self, given)

    def _source_features(self, features: Sequence[str], k: int) -> list[list[str]]:
        """Source words that stand behind each word, or word pair, of the target."""
        words = sorted({word for feature in features for word in feature.split()})
        found = dict(zip(words, self.translate(words, 3 * k, to="source").tolist()))
        # digits and marks are what they are in all languages
        behind = [
            [found[w] for w in feature.split() if any(map(str.isalpha, w))]
            for feature in features
        ]
        return [spread_words(each)[:k] for each in behind]

    def _assemble(self, documents: dict[str, Any], masks: dict[str, Any]) -> Any:
        """Rows of both sides in the order of the texts."""
        if len(documents) == 1:
            return next(iter(documents.values()))
        source, target = (documents[s] for s in SIDES)
        if is_sparse(source):
            order = np.r_[
                np.flatnonzero(masks["source"]), np.flatnonzero(masks["target"])
            ]
            return sparse.vstack([source, target], format="csr")[np.argsort(order)]
        Z = np.empty((masks["source"].size, source.shape[1]), dtype=source.dtype)
        Z[masks["source"]], Z[masks["target"]] = source, target
        return Z

    def translate(
        self, words: Sequence[str], k: int = 1, *, to: str = "target"
    ) -> NDArray[np.object_]:
        """Translate words of one side into words of the texts of the other.

        Parameters
        ----------
        words : sequence of str
            Words of the source language, as the tokenizer writes them; of the target
            language with ``to="source"``.
        k : int, default=1
            Number of translations of each word.
        to : {"target", "source"}, default="target"
            Side whose words are wanted.

        Returns
        -------
        translations : ndarray of object of shape (n_words, k)
            Words of that side, the best first: those of the dictionary by p(t|e), with
            ``to="source"`` by p(e|t); then, unless with :class:`DictionaryTranslation`,
            those nearest by the cosine of the word vectors. None where there is no
            (further) one, as for words that the texts do not hold.
        """
        check_is_fitted(self, "word_space_")
        if isinstance(words, str):
            raise ValueError(
                f"translate takes a sequence of words; got the str {words!r}. Wrap it "
                "in a list."
            )
        check_value("k", k, integer(1))
        check_value("to", to, one_of(*SIDES))
        given = "source" if to == "target" else "target"
        words = token_forms(words, self._split[given].writing)
        found = np.full((len(words), k), None, dtype=object)
        index, vocabulary = self._index[given], getattr(self, f"{to}_vocabulary_")
        rows = [n for n, w in enumerate(words) if w in index]
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            known = np.array([index[words[n]] for n in block], dtype=np.intp)
            if to == "target":
                scores = self.word_space_.translation_scores(known)
            else:
                scores = source_scores(self.word_space_, known, self._idf["source"])
            for n, score in zip(block, scores):
                best = np.argsort(-score, kind="stable")[:k]
                best = best[score[best] > 0]
                found[n, : best.size] = vocabulary[best]
        return found

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : object
            Ignored; texts have no names of features.

        Returns
        -------
        names : ndarray of object of shape (n_features,)
            A correspondence function and a pivot, such as "cosine(good, gut)"; or a
            source word with :class:`DictionaryTranslation`.
        """
        check_is_fitted(self, "word_space_")
        return np.array(self._feature_names, dtype=object)

    @property
    def source_vectors_(self) -> Any:
        """Source words in the shared space."""
        return self.word_space_.source_vectors_

    @property
    def target_vectors_(self) -> Any:
        """Target words in the shared space."""
        return self.word_space_.target_vectors_


def _word_shares(target: Corpus) -> NDArray[np.float64]:
    """Share of each word among all tokens; zero for numbers and marks."""
    share = np.array([any(c.isalpha() for c in word) for word in target.words])
    return np.where(share, target.token_shares, 0)


def _untranslated(target: Corpus, translated: NDArray[np.intp]) -> list[str]:
    """The most frequent words of the target texts without a translation."""
    share = _word_shares(target)
    share[translated] = 0
    order = np.argsort(-share, kind="stable")[:MOST_UNTRANSLATED]
    return [str(target.words[k]) for k in order if share[k] > 0]


def _coverage(target: Corpus, translated: NDArray[np.intp]) -> float:
    """Share of the words of the target texts that have a translation."""
    share = _word_shares(target)
    return float(share[np.unique(translated)].sum() / max(share.sum(), 1e-12))


def _link_doubt(
    coverage: float, support: float, n_links: int, n_entries: int
) -> str | None:
    """Why the texts of both sides are hardly linked, None where they are."""
    if coverage < LOW_COVERAGE:
        return (
            f"The dictionary covers {coverage:.1%} of the words of the target texts "
            f"({n_links} pairs, words that both sides write the same included, have "
            f"both words in the texts; it has {n_entries} entries)"
        )
    if support < LEAST_SUPPORT:
        return (
            f"The {n_links} pairs that the dictionary and words written the same give "
            "do not bear each other out: by all others, the translation of a word "
            f"comes before {support:.0%} of the words, by chance before 50%"
        )
    return None
