"""Pivots of distributional correspondence: which dictionary pairs they are."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.correspondence import (
    Pivots,
    TranslationProbabilities,
    document_frequency,
    least_documents,
    pivot_presence,
    select_pivots,
)
from sktransfer._core.document_scaling import MIN_DOMAIN_ROWS
from sktransfer._core.information import presence, presence_gain
from sktransfer._core.labels import label_array, missing_labels
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.word_spaces._context import (
    context_agreement,
    context_factors,
)

FEW_PIVOTS = 10


def choose_pivots(
    source: Corpus,
    target: Corpus,
    links: Links,
    p: TranslationProbabilities,
    shares: sparse.csr_array | None,
    y: ArrayLike | None,
    *,
    n_pivots: int,
    min_df: int | None,
    context_weight: float,
) -> Pivots:
    """Choose pivots; `shares` are p(e|t) where all translations count."""
    f_e = document_frequency(source.counts)
    f_t = document_frequency(target.counts)
    sizes = source.counts.shape[0], target.counts.shape[0]
    least = [least_documents(n, min_df) for n in sizes]
    candidates = select_pivots(
        links.source,
        links.target,
        p,
        source_frequency=f_e,
        target_frequency=f_t,
        gain=mean_domain_gain(source, f_e, y),
        n_pivots=links.source.size if context_weight else n_pivots,
        concept_frequency=(
            None if shares is None else _concept_frequency(target.counts, shares)
        ),
        # half a document of slack for rounding
        source_min_frequency=(least[0] - 0.5) / sizes[0],
        target_min_frequency=(least[1] - 0.5) / sizes[1],
    )
    pivots = Pivots(
        candidates.source[:n_pivots],
        candidates.target[:n_pivots],
        candidates.score[:n_pivots],
    )
    if context_weight:
        members = pivot_members(pivots, shares)
        agreement = context_agreement(
            source.weights, target.weights, candidates, pivots, members
        )
        score = candidates.score * context_factors(agreement, context_weight)
        best = np.argsort(-score, kind="stable")[:n_pivots]
        pivots = Pivots(candidates.source[best], candidates.target[best], score[best])
    found = pivots.source.size
    if found < min(FEW_PIVOTS, n_pivots):
        message = (
            f"{found} pivot(s) found: of {links.source.size} dictionary pairs with "
            f"both words in the texts, so many are in at least {least[0]} of "
            f"{sizes[0]} source texts and {least[1]} of {sizes[1]} target texts. "
            "Give a larger dictionary, more texts, or a smaller min_pivot_df, and "
            "check that dictionary and tokenizer write words alike."
        )
        if found == 0:
            raise ValueError(message)
        warnings.warn(message, UserWarning, stacklevel=4)
    return pivots


def mean_domain_gain(
    source: Corpus, frequency: NDArray[np.float64], y: ArrayLike | None
) -> NDArray[np.float64]:
    """Information gain in the mean domain, each weighted by its labelled documents.

    A word that tells the domain tells the label of none of them. Domains of few
    labelled documents count as one.
    """
    if y is None or source.domains is None:
        return presence_gain(source.counts, frequency, y)
    labels = label_array(y)
    known = np.flatnonzero(~missing_labels(labels))
    values, sizes = np.unique(source.domains[known], return_counts=True)
    large = values[sizes >= MIN_DOMAIN_ROWS]
    group = np.where(np.isin(source.domains[known], large), source.domains[known], 0)
    if np.unique(group).size < 2:
        return presence_gain(source.counts, frequency, y)
    gain = np.zeros(source.words.size)
    for value in np.unique(group):
        rows = known[group == value]
        share = rows.size / known.size
        gain += share * presence_gain(source.counts[rows], frequency, labels[rows])
    return gain


def translation_shares(
    source: Corpus, target: Corpus, links: Links, p: TranslationProbabilities
) -> sparse.csr_array:
    """p(e|t): how far each target word means each source word; one row for each e."""
    shares = sparse.csr_array(
        (p.source_given_target, (links.source, links.target)),
        shape=(source.words.size, target.words.size),
    )
    shares.eliminate_zeros()
    return shares


def _concept_frequency(
    counts: sparse.csr_array, shares: sparse.csr_array
) -> NDArray[np.float64]:
    """Share of the target documents that hold each source word in translation."""
    held = pivot_presence(presence(counts), shares.T)
    return held.sum(axis=0) / max(counts.shape[0], 1)


def pivot_members(
    pivots: Pivots, shares: sparse.csr_array | None
) -> NDArray[np.intp] | sparse.csr_array:
    """Best target word of each pivot; or the shares of all, (n_words, n_pivots)."""
    if shares is None:
        return pivots.target
    members = shares[pivots.source].tocoo()
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
        shape=(shares.shape[1], k.size),
    )
