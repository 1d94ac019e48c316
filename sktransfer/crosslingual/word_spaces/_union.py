"""WordSpaceUnion: several word spaces side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone

from sktransfer._core.parameters import number
from sktransfer._core.parts.named_parts import NamedParts
from sktransfer._core.progress import reports_progress
from sktransfer._core.sparse import dense, is_sparse
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._base import (
    WordSpace,
    check_word_space,
    row_lengths,
)


class WordSpaceUnion(NamedParts, WordSpace):
    r"""Word space that concatenates others, each scaled so that none dominates.

    Parameters
    ----------
    word_spaces : list of (str, word space)
        Names, which are none of the parameters and hold no "__", and word spaces, see
        :class:`WordSpace`. A parameter of one is reached as ``name__parameter``.
    weights : mapping of str to float, default=None
        Length of the documents in each word space, above 0; 1 where a name is missing.

    Attributes
    ----------
    word_spaces_ : list of (str, word space)
        The fitted word spaces.
    source_vectors_ : {ndarray, csr_array} of shape (n_source_words, n_features)
        Source words, scaled, float32.
    target_vectors_ : {ndarray, csr_array} of shape (n_target_words, n_features)
        Target words, scaled, float32.
    translation_probabilities_ : csr_array of shape (n_source_words, n_target_words)
        p(t|e) of the dictionary pairs, by the first word space.
    scales_ : dict of str to float
        What the vectors of each word space were multiplied by.

    See Also
    --------
    DistributionalCorrespondence : By what words occur with.
    AlignedEmbeddings : By word vectors.
    DictionaryTranslation : By translations.

    Notes
    -----
    Vectors of a word space are divided by the mean length of the documents of both
    sides in it, and multiplied by its weight. Where documents are z-scored, the
    standard deviations of the features of a space with :math:`n_b` of :math:`n`
    features are :math:`w_b \sqrt{n / (n_b \sum_c w_c^2)}`, so that again
    a space has the length of its weight whatever its number of features.

    With a :class:`DictionaryTranslation` among them, rows are sparse, of unit length,
    and not z-scored.

    Examples
    --------
    >>> from sktransfer.crosslingual import (
    ...     AlignedEmbeddings, CrossLingualMapper, DistributionalCorrespondence,
    ...     WordSpaceUnion)
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> from sktransfer.embedding import WordVectors
    >>> reviews = make_bilingual_reviews(150)
    >>> pivots = DistributionalCorrespondence(30, correspondence="pmi")
    >>> vectors = AlignedEmbeddings(vectors=WordVectors("ppmi", vector_size=20))
    >>> space = WordSpaceUnion(
    ...     [("pivots", pivots), ("vectors", vectors)], weights={"vectors": 0.5})
    >>> mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    >>> mapper = mapper.set_params(word_space__pivots__n_pivots=40)
    >>> mapper.fit(reviews.data, sample_domain=reviews.sample_domain).transform(
    ...     ["Ein tolles Album"]).shape
    (1, 60)
    """

    _list_name: ClassVar[str] = "word_spaces"
    _part_name: ClassVar[str] = "word space"

    def __init__(
        self,
        word_spaces: Sequence[tuple[str, Any]],
        *,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.word_spaces = word_spaces
        self.weights = weights

    @property
    def standardize_documents(self) -> bool:
        """Whether documents are z-scored: where all word spaces want it."""
        return all(space.standardize_documents for _, space in self.word_spaces)

    @property
    def learns_words(self) -> bool:
        """Whether any word of the texts gets its place: in all word spaces."""
        self._check_word_spaces()
        return all(space.learns_words for _, space in self.word_spaces)

    @property
    def feature_scale(self) -> NDArray[np.float64]:
        """Standard deviation of each feature, relative to the others."""
        return self._feature_scale

    @reports_progress
    def fit(
        self,
        source: Corpus,
        target: Corpus,
        links: Links,
        y: ArrayLike | None = None,
    ) -> Self:
        """Fit each word space and scale it.

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
        self : WordSpaceUnion
            Fitted.

        Raises
        ------
        ValueError
            If names or weights are no such, or a word space cannot be fitted.
        """
        weights = self._check_word_spaces()
        self.word_spaces_ = [
            (name, clone(space).fit(source, target, links, y))
            for name, space in self.word_spaces
        ]
        spaces = [space for _, space in self.word_spaces_]
        lengths = [_mean_length(space, source, target) for space in spaces]
        self.scales_ = {
            name: float(weight / length) if length > 0 else 0.0
            for (name, _), weight, length in zip(self.word_spaces_, weights, lengths)
        }
        sizes = np.array([s.source_vectors_.shape[1] for s in spaces])
        per_feature = weights * np.sqrt(sizes.sum() / sizes / (weights**2).sum())
        self._feature_scale = np.concatenate(
            [
                factor * np.broadcast_to(space.feature_scale, size)
                for factor, space, size in zip(per_feature, spaces, sizes)
            ]
        )
        self.source_vectors_ = self._stack([s.source_vectors_ for s in spaces])
        self.target_vectors_ = self._stack([s.target_vectors_ for s in spaces])
        self.translation_probabilities_ = getattr(
            spaces[0], "translation_probabilities_", None
        )
        self._sizes = sizes
        return self

    def _check_word_spaces(self) -> NDArray[np.float64]:
        """Validate; return the weight of each word space."""
        names = self._checked_names()
        for name, space in self.word_spaces:
            check_word_space(space, f"word_spaces: the one named {name!r}")
        return self._checked_weights(names, number(above=0))

    def _stack(self, blocks: Sequence[Any]) -> Any:
        """Scaled blocks side by side; sparse if one of them is."""
        scaled = [
            (block.multiply(factor) if is_sparse(block) else block * factor).astype(
                np.float32
            )
            for block, factor in zip(blocks, self.scales_.values())
        ]
        if not any(map(is_sparse, scaled)):
            return np.concatenate(scaled, axis=1)
        return sparse.csr_array(sparse.hstack(scaled, format="csr"))

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
            0 in a word space where such words have no vector; None where they have
            none in any.
        """
        found = [
            space.unseen_documents(weights, words, side)
            for _, space in self.word_spaces_
        ]
        if all(block is None for block in found):
            return None
        n = weights.shape[0]
        blocks = [
            sparse.csr_array((n, size), dtype=np.float32) if block is None else block
            for block, size in zip(found, self._sizes)
        ]
        if not is_sparse(self.source_vectors_):
            blocks = list(map(dense, blocks))
        return self._stack(blocks)

    def feature_names(self, source: Corpus, target: Corpus) -> list[str]:
        """Names of the features.

        Parameters
        ----------
        source, target : Corpus
            Documents of each side.

        Returns
        -------
        names : list of str
            Name of the word space and of its feature, such as "pivots__pmi(good, gut)".
        """
        return [
            f"{name}__{feature}"
            for name, space in self.word_spaces_
            for feature in space.feature_names(source, target)
        ]


def _mean_length(space: WordSpace, source: Corpus, target: Corpus) -> float:
    """Mean Euclidean length of the documents of both sides."""
    lengths = []
    for corpus, vectors in (
        (source, space.source_vectors_),
        (target, space.target_vectors_),
    ):
        lengths.append(row_lengths(corpus.weights.astype(np.float32) @ vectors))
    return float(np.concatenate(lengths).mean(dtype=np.float64))
