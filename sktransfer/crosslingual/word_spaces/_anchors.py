"""Anchors: the dictionary pairs that an alignment of word vectors is fitted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.correspondence import (
    TranslationProbabilities,
    document_frequency,
    select_pivots,
)
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links


def choose_anchors(
    links: Links,
    p: TranslationProbabilities,
    corpora: tuple[Corpus, Corpus],
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    *,
    weighted: bool,
) -> tuple[Links, NDArray[np.float64]]:
    """Pairs of known words to fit an alignment on, and their weights."""
    both = known[0][links.source] & known[1][links.target]
    links = Links(links.source[both], links.target[both])
    p = TranslationProbabilities(*(q[both] for q in p))
    f_e, f_t = (document_frequency(corpus.counts) for corpus in corpora)
    if weighted:
        weights = p.target_given_source * p.source_given_target
    else:  # the best translation of each source word, no target word twice
        pivots = select_pivots(
            links.source,
            links.target,
            p,
            source_frequency=f_e,
            target_frequency=f_t,
            gain=np.ones(f_e.size),
            n_pivots=max(links.source.size, 1),
        )
        links = Links(pivots.source, pivots.target)
        weights = np.ones(links.source.size)
    return links, weights * (f_e[links.source] * f_t[links.target]) ** 0.25


def by_frequency(corpus: Corpus, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Words of the texts that have a vector, the most frequent first."""
    known = np.flatnonzero(rows >= 0)
    frequency = document_frequency(corpus.counts)[known]
    return known[np.argsort(-frequency, kind="stable")]


def positions_in(order: NDArray[np.intp], words: NDArray[np.intp]) -> NDArray[np.intp]:
    """Position of each word in an order of words."""
    sorter = np.argsort(order)
    return sorter[np.searchsorted(order, words, sorter=sorter)]
