"""Distributional correspondence: translation probabilities, pivots and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.information import presence
from sktransfer._core.linalg import unit_rows
from sktransfer._core.sparse import is_sparse

CORRESPONDENCES = ("cosine", "linear", "pmi")


class TranslationProbabilities(NamedTuple):
    """Probabilities of dictionary pairs, each of shape (n_pairs,)."""

    target_given_source: NDArray[np.float64]
    source_given_target: NDArray[np.float64]


class Pivots(NamedTuple):
    """Chosen pairs of words, the best first, each of shape (n_pivots,)."""

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    score: NDArray[np.float64]


def translation_probabilities(
    source_index: ArrayLike,
    target_index: ArrayLike,
    source_frequency: ArrayLike,
    target_frequency: ArrayLike,
    *,
    n_iter: int = 10,
) -> TranslationProbabilities:
    r"""Probabilities of dictionary pairs, from the word frequencies of two sides.

    Starts with equally probable translations and repeats

    .. math:: J(e, t) = f(e)\,p(t|e), \quad p(e|t) = J(e, t) / \sum_{e'} J(e', t),
              \quad p(t|e) \propto p(e|t)\,f(t),

    so that translations that are frequent on the target side gain. No parallel text is
    needed.
    """
    i = np.asarray(source_index, dtype=np.intp)
    j = np.asarray(target_index, dtype=np.intp)
    f_e = np.asarray(source_frequency, dtype=np.float64)
    f_t = np.asarray(target_frequency, dtype=np.float64)
    forward = _group_shares(np.ones(i.size), i, f_e.size)
    for _ in range(n_iter):
        backward = _group_shares(f_e[i] * forward, j, f_t.size)
        forward = _group_shares(backward * f_t[j], i, f_e.size)
    return TranslationProbabilities(
        forward, _group_shares(f_e[i] * forward, j, f_t.size)
    )


def _group_shares(value: Any, group: Any, n_groups: int) -> NDArray[np.float64]:
    """Divide values by the sum of their group; 0 where the sum is 0."""
    total = np.bincount(group, weights=value, minlength=n_groups)[group]
    return np.divide(value, total, out=np.zeros(len(value)), where=total > 0)


def document_frequency(X: Any) -> NDArray[np.float64]:
    """Share of the documents that hold each word."""
    counts = np.bincount(sparse.csr_array(X).indices, minlength=X.shape[1])
    return counts / max(X.shape[0], 1)


def select_pivots(
    source_index: ArrayLike,
    target_index: ArrayLike,
    probabilities: TranslationProbabilities,
    *,
    source_frequency: ArrayLike,
    target_frequency: ArrayLike,
    gain: ArrayLike,
    n_pivots: int,
    concept_frequency: ArrayLike | None = None,
    source_min_frequency: float = 0.0,
    target_min_frequency: float = 0.0,
) -> Pivots:
    r"""Choose pairs of words that mean the same, inform on the label, are as frequent.

    Each source word keeps its best translation, the one of largest
    :math:`p(t|e)\,p(e|t)`; pairs frequent enough on both sides are ranked by

    .. math:: \text{gain}(e) \cdot \frac{\min(f(e), f(t))}{\max(f(e), f(t))},

    and no target word is taken twice.
    """
    i = np.asarray(source_index, dtype=np.intp)
    j = np.asarray(target_index, dtype=np.intp)
    f_e, f_t = np.asarray(source_frequency)[i], np.asarray(target_frequency)[j]
    if concept_frequency is not None:
        f_t = np.asarray(concept_frequency)[i]
    match = probabilities.target_given_source * probabilities.source_given_target
    order = np.lexsort((j, -match, i))
    first = np.ones(order.size, dtype=bool)
    first[1:] = i[order][1:] != i[order][:-1]
    best = order[first]
    frequent = (f_e >= source_min_frequency) & (f_t >= target_min_frequency)
    best = best[(frequent & (f_e > 0) & (f_t > 0) & (match > 0))[best]]
    score = np.asarray(gain)[i[best]] * (
        np.minimum(f_e, f_t)[best] / np.maximum(f_e, f_t)[best]
    )
    ranked = np.lexsort((j[best], i[best], -score))
    best, score = best[ranked], score[ranked]
    _, once = np.unique(j[best], return_index=True)
    once = np.sort(once)[:n_pivots]
    return Pivots(i[best[once]], j[best[once]], score[once])


def pivot_documents(X: Any, pivots: Any) -> sparse.csc_array:
    """Weight of each pivot in each document."""
    if not is_sparse(pivots):
        return sparse.csc_array(X)[:, np.asarray(pivots, dtype=np.intp)]
    return sparse.csc_array(sparse.csr_array(X) @ sparse.csr_array(pivots))


def pivot_presence(pattern: Any, pivots: Any) -> sparse.csc_array:
    """How far each document holds each pivot."""
    P = pivot_documents(pattern, pivots)
    np.minimum(P.data, 1.0, out=P.data)
    return P


class JointShares(NamedTuple):
    """Shares of the documents that hold a word, a pivot, or both.

    Attributes
    ----------
    word : ndarray of shape (n_words,)
        p(w).
    pivot : ndarray of shape (n_pivots,)
        p(f).
    joint : ndarray of shape (n_words, n_pivots)
        p(w, f).
    """

    word: NDArray[np.float64]
    pivot: NDArray[np.float64]
    joint: NDArray[np.float64]


def joint_shares(X: Any, pivots: Any) -> JointShares:
    """Count the documents that hold words and pivots."""
    n = X.shape[0]
    B = presence(X)
    P = pivot_presence(B, pivots)
    joint = (P.T @ B).toarray().T / n
    return JointShares(document_frequency(X), P.sum(axis=0) / n, joint)


def correspondence(
    X: Any, pivots: Any, function: str, *, shares: JointShares | None = None
) -> NDArray[np.float64]:
    r"""Correspondence of every word with every pivot over the documents.

    With the shares p of documents that hold the word w, the pivot f or both:

    - "cosine": :math:`\sum_d x_{dw} x_{df} / (\|x_w\|\,\|x_f\|)` of the weights;
    - "linear": :math:`p(w|f) - p(w|\bar f)`, where a pivot in no or every document
      has 0;
    - "pmi": :math:`\max(0, \log p(w, f) / (p(w)\,p(f)))`.
    """
    if function == "cosine":
        A = sparse.csc_array(X, dtype=np.float64)
        P = pivot_documents(A, pivots)
        joint = (P.T @ A).toarray().T
        scale = np.outer(column_lengths(A), column_lengths(P))
        return np.divide(joint, scale, out=np.zeros_like(joint), where=scale > 0)
    if function not in CORRESPONDENCES:
        raise ValueError(
            "correspondence must be one or several of "
            f"{', '.join(map(repr, CORRESPONDENCES))}; got {function!r}."
        )
    shares = joint_shares(X, pivots) if shares is None else shares
    p_w, p_f, joint = shares.word[:, None], shares.pivot[None], shares.joint
    if function == "linear":
        spread = p_f * (1 - p_f)
        # p(w|f) - p(w|not f) over a common denominator
        return np.divide(
            joint - p_w * p_f,
            spread,
            out=np.zeros_like(joint),
            where=np.broadcast_to(spread > 0, joint.shape),
        )
    ratio = np.divide(joint, p_w * p_f, out=np.ones_like(joint), where=joint > 0)
    return np.log(np.maximum(ratio, 1.0))


def column_lengths(A: sparse.csc_array) -> NDArray[np.float64]:
    """Euclidean length of each column."""
    return np.sqrt(A.multiply(A).sum(axis=0))


def standardize_profiles(profiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z-score each pivot over the words, then give each word unit length."""
    F = profiles - profiles.mean(axis=0)
    std = profiles.std(axis=0)
    # a constant column leaves rounding noise, which must not be blown up
    varies = std > 1e-12 * np.abs(profiles).max(axis=0, initial=0.0)
    F[:, ~varies] = 0
    F[:, varies] /= std[varies]
    return unit_rows(F, out=F)


def unify_profiles(
    source: NDArray[np.floating], target: NDArray[np.floating], pivots: Pivots
) -> None:
    """Give both words of each pivot the mean of their profiles, in place."""
    mean = unit_rows(source[pivots.source] + target[pivots.target])
    source[pivots.source] = mean
    target[pivots.target] = mean


def pivot_profiles(
    sides: Sequence[Any],
    members: Sequence[Any],
    pivots: Pivots,
    functions: Sequence[str],
    *,
    unify: bool = True,
) -> list[NDArray[np.float32]]:
    """Profiles of the words of both sides, one block of pivots for each function."""
    n_pivots = pivots.source.size
    words = [_occurring(X, pivot) for X, pivot in zip(sides, members, strict=True)]
    profiles = [
        np.zeros((X.shape[1], len(functions) * n_pivots), np.float32) for X in sides
    ]
    shares: list[JointShares | None] = [None, None]
    for k, function in enumerate(functions):
        block = slice(k * n_pivots, (k + 1) * n_pivots)
        F = []
        for side, (X, pivot, seen) in enumerate(words):
            if function != "cosine" and shares[side] is None:
                shares[side] = joint_shares(X, pivot)
            found = correspondence(X, pivot, function, shares=shares[side])
            found = standardize_profiles(found)
            if seen.size < sides[side].shape[1]:
                whole = np.zeros((sides[side].shape[1], n_pivots))
                whole[seen] = found
                found = whole
            F.append(found)
        if unify:
            source, target = F
            unify_profiles(source, target, pivots)
        for out, values in zip(profiles, F, strict=True):
            out[:, block] = values
    return profiles


def _occurring(X: Any, members: Any) -> tuple[Any, Any, NDArray[np.intp]]:
    """Weights and pivots of the words that occur, and the indices of these words."""
    seen = np.flatnonzero(document_frequency(X) > 0)
    if seen.size == X.shape[1]:
        return X, members, seen
    if is_sparse(members):
        return X[:, seen], members[seen], seen
    return X[:, seen], np.searchsorted(seen, members), seen


def check_functions(correspondence: str | Sequence[str]) -> tuple[str, ...]:
    """Validate a choice of correspondence functions."""
    if isinstance(correspondence, str):
        functions: tuple[str, ...] = (correspondence,)
    else:
        functions = tuple(correspondence)
    unknown = [f for f in functions if f not in CORRESPONDENCES]
    if unknown or not functions or len(set(functions)) < len(functions):
        raise ValueError(
            "correspondence must be one or several of "
            f"{', '.join(map(repr, CORRESPONDENCES))}, none twice; got "
            f"{correspondence!r}."
        )
    return functions


def least_documents(n_documents: int, given: int | None) -> int:
    """Number of documents that must hold a pivot."""
    if given is not None:
        return int(given)
    return int(np.clip(np.ceil(0.005 * n_documents), 2, 10))
