"""Rare words: their vectors lean on n-grams and on translations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.correspondence import (
    TranslationProbabilities,
    document_frequency,
)
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._ngram_backoff import NgramBackoff

OTHER_SIDE = {"source": "target", "target": "source"}


def lean_on_ngrams(
    corpus: Corpus,
    pivots: NDArray[np.intp],
    vectors: NDArray[np.float32],
    backoff: float,
) -> NgramBackoff:
    """Draw words in few documents, other than pivots, to their n-grams, in place."""
    df = _document_counts(corpus)
    ngrams = NgramBackoff(corpus.words.tolist(), df)
    borrowed = ngrams.word_vectors(corpus.words.tolist(), vectors)
    own = (df / (df + backoff)).astype(np.float32)
    own[pivots] = 1
    vectors *= own[:, None]
    borrowed *= (1 - own)[:, None]
    vectors += borrowed
    return ngrams


def lean_on_translations(
    corpora: dict[str, Corpus],
    pivots: dict[str, NDArray[np.intp]],
    vectors: dict[str, NDArray[np.float32]],
    links: Links,
    p: TranslationProbabilities,
    *,
    weight: float,
    backoff: float,
) -> None:
    """Draw words in few documents, other than pivots, to their translations."""
    index = {"source": links.source, "target": links.target}
    probability = {"source": p.target_given_source, "target": p.source_given_target}
    share: dict[str, NDArray[np.float32]] = {}
    borrowed: dict[str, NDArray[np.float32]] = {}
    for side, corpus in corpora.items():
        borrow = weight / (_document_counts(corpus) + backoff + weight)
        borrow[pivots[side]] = 0
        other = OTHER_SIDE[side]
        weights = sparse.csr_array(
            (
                (probability[side] * borrow[index[side]]).astype(np.float32),
                (index[side], index[other]),
            ),
            shape=(corpus.words.size, corpora[other].words.size),
        )
        share[side] = weights.sum(axis=1)
        borrowed[side] = weights @ vectors[other]
    for side in corpora:
        vectors[side] *= (1 - share[side])[:, None]
        vectors[side] += borrowed[side]


def _document_counts(corpus: Corpus) -> NDArray[np.float64]:
    """Number of documents of each word."""
    return document_frequency(corpus.counts) * corpus.counts.shape[0]
