"""Dictionary induction: pairs of rows of two vector spaces that should match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd

from sktransfer.crosslingual.alignments._base import normalize_rows
from sktransfer.crosslingual.alignments._csls import neighborhood_means, ranked_rows

NORMALIZE = ("unit", "center", "unit")


def identical_pairs(
    source_words: Sequence[str], target_words: Sequence[str]
) -> NDArray[np.int64]:
    """Rows of the words, numerals among them, that are written alike on both sides."""
    first: dict[str, int] = {}
    for row, word in enumerate(target_words):
        first.setdefault(word, row)
    found: dict[str, tuple[int, int]] = {}
    for row, word in enumerate(source_words):
        if word in first:
            found.setdefault(word, (row, first[word]))
    return np.array(list(found.values()), dtype=np.int64).reshape(-1, 2)


def similarity_profiles(Z: NDArray[Any]) -> NDArray[Any]:
    """Sorted similarities of each row to all rows, which no rotation changes."""
    U, s, _ = svd(Z, full_matrices=False)
    return np.sort((U * s) @ U.T, axis=1)


def closest_profiles(X: NDArray[Any], Y: NDArray[Any], k: int) -> NDArray[np.int64]:
    """Pairs of rows whose similarities within their own side are distributed alike."""
    n = min(X.shape[0], Y.shape[0])
    A, B = (
        normalize_rows(similarity_profiles(Z[:n]), NORMALIZE)[0].astype(X.dtype)
        for Z in (X, Y)
    )
    candidates = candidate_pairs(A, B, k, 1)
    return np.unique(
        np.vstack(
            [
                np.c_[np.arange(n), candidates.forward[:, 0]],
                np.c_[candidates.backward[:, 0], np.arange(n)],
            ]
        ),
        axis=0,
    )


class MutualCandidates(NamedTuple):
    """Rows of the other side, best first, and the mean cosine of the best ones."""

    forward: NDArray[np.int64]
    backward: NDArray[np.int64]
    objective: float


def candidate_pairs(
    X: NDArray[Any], Y: NDArray[Any], k: int, n_candidates: int
) -> MutualCandidates:
    """MutualCandidates of both directions by CSLS."""
    r_X, r_Y = neighborhood_means(X, Y, k)
    forward, f = ranked_rows(X, Y, r_Y / 2, min(n_candidates, Y.shape[0]))
    backward, b = ranked_rows(Y, X, r_X / 2, min(n_candidates, X.shape[0]))
    cosines = [f[:, 0] + r_Y[forward[:, 0]] / 2, b[:, 0] + r_X[backward[:, 0]] / 2]
    return MutualCandidates(
        forward, backward, float(np.mean([np.mean(c, dtype=float) for c in cosines]))
    )


def draw_pairs(
    candidates: MutualCandidates, keep_probability: float, rng: np.random.RandomState
) -> NDArray[np.int64]:
    """For each row its best candidate that is kept; a probability says which are."""
    found = []
    for rows in (candidates.forward, candidates.backward):
        rank = np.zeros(rows.shape[0], dtype=np.int64)
        if keep_probability < 1:
            rank += rng.geometric(keep_probability, size=rows.shape[0]) - 1
        drawn = np.flatnonzero(rank < rows.shape[1])
        found.append(np.c_[drawn, rows[drawn, rank[drawn]]])
    return np.vstack([found[0], found[1][:, ::-1]])
