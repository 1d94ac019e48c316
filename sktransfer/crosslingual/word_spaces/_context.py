"""Agreement of the contexts of a word and of its translation, each in its language."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.correspondence import Pivots, column_lengths, pivot_documents
from sktransfer._core.linalg import unit_rows
from sktransfer._core.sparse import is_sparse


def context_agreement(
    source_weights: Any,
    target_weights: Any,
    pairs: Pivots,
    pivots: Pivots,
    target_members: Any,
) -> NDArray[np.float64]:
    """Cosine of the profiles of both words of each pair, z-scored for each pivot."""
    F = _cosines(source_weights, pairs.source, pivots.source)
    G = _cosines(target_weights, pairs.target, target_members)
    # a word always agrees with a pivot that it belongs to: that does not count
    own = pairs.source[:, None] == pivots.source
    if is_sparse(target_members):
        own |= sparse.csr_array(target_members)[pairs.target].toarray() != 0
    else:
        own |= pairs.target[:, None] == target_members
    for profiles in (F, G):
        _standardize(profiles, own)
    return np.einsum("ij,ij->i", F, G)


def context_factors(
    agreement: NDArray[np.float64], weight: float
) -> NDArray[np.float64]:
    """Factors of the scores of pairs, by their agreement."""
    std = agreement.std()
    if not std > 1e-12:
        return np.ones(agreement.size)
    return np.exp(weight * (agreement - agreement.mean()) / std)


def _cosines(
    weights: Any, words: NDArray[np.intp], members: Any
) -> NDArray[np.float64]:
    """Cosine of some words with each pivot, of shape (n_words, n_pivots)."""
    P = pivot_documents(weights, members)
    A = sparse.csc_array(weights)[:, words]
    joint = (P.T @ A).toarray().T
    scale = np.outer(column_lengths(A), column_lengths(P))
    return np.divide(joint, scale, out=np.zeros_like(joint), where=scale > 0)


def _standardize(profiles: NDArray[np.float64], left_out: NDArray[np.bool_]) -> None:
    """Z-score columns over what is not left out, rows of unit length; in place."""
    kept = ~left_out
    n = np.maximum(kept.sum(axis=0), 1)
    profiles[left_out] = 0
    profiles -= profiles.sum(axis=0) / n
    profiles[left_out] = 0
    std = np.sqrt((profiles * profiles).sum(axis=0) / n)
    profiles /= np.where(std > 1e-12, std, 1)
    unit_rows(profiles, out=profiles)
