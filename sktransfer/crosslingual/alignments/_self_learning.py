"""SelfLearningAlignment: grow a small dictionary, or none, by what is closest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import validate_data

from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual.alignments._base import (
    FLOATS,
    Alignment,
    as_rows,
    check_number,
    fit_first,
    normalize_rows,
    orthogonal_map,
)
from sktransfer.crosslingual.alignments._csls import (
    check_count,
    neighborhood_means,
    ranked_rows,
)
from sktransfer.crosslingual.alignments._whitened import WhitenedAlignment

NORMALIZE = ("unit", "center", "unit")
CANDIDATES = 32  # of which one that is kept is drawn


class SelfLearningProgress(NamedTuple):
    """What a callback is told after each round."""

    n_iter: int
    objective: float
    keep_probability: float
    n_pairs: int


def identical_pairs(
    source_words: Sequence[str], target_words: Sequence[str]
) -> NDArray[np.int64]:
    """Rows of the words, numerals among them, that are written alike on both sides."""
    first: dict[str, int] = {}
    for row, word in enumerate(target_words):
        first.setdefault(word, row)
    found = {}
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


class Candidates(NamedTuple):
    """Rows of the other side, best first, and the mean cosine of the best ones."""

    forward: NDArray[np.int64]
    backward: NDArray[np.int64]
    objective: float


def candidate_pairs(
    X: NDArray[Any], Y: NDArray[Any], k: int, n_candidates: int
) -> Candidates:
    """Candidates of both directions by CSLS."""
    r_X, r_Y = neighborhood_means(X, Y, k)
    forward, f = ranked_rows(X, Y, r_Y / 2, min(n_candidates, Y.shape[0]))
    backward, b = ranked_rows(Y, X, r_X / 2, min(n_candidates, X.shape[0]))
    cosines = [f[:, 0] + r_Y[forward[:, 0]] / 2, b[:, 0] + r_X[backward[:, 0]] / 2]
    return Candidates(
        forward, backward, float(np.mean([np.mean(c, dtype=float) for c in cosines]))
    )


def draw_pairs(
    candidates: Candidates, keep_probability: float, rng: np.random.RandomState
) -> NDArray[np.int64]:
    """The best candidate of each row that is kept, each kept with a probability."""
    found = []
    for rows in (candidates.forward, candidates.backward):
        rank = np.zeros(rows.shape[0], dtype=np.int64)
        if keep_probability < 1:
            rank = rng.geometric(keep_probability, size=rows.shape[0]) - 1
        drawn = np.flatnonzero(rank < rows.shape[1])
        found.append(np.c_[drawn, rows[drawn, rank[drawn]]])
    return np.vstack([found[0], found[1][:, ::-1]])


class SelfLearningAlignment(Alignment):
    r"""Alignment of two vocabularies that learns its own dictionary.

    In turns a rotation is fitted on the pairs, and the pairs are what is closest under
    the rotation (CSLS, both directions). At first only a random part of the candidates
    is kept, so that a poor beginning is left behind; the part grows whenever the
    dictionary stops getting better. Last, ``final`` is fitted on the dictionary.

    Parameters
    ----------
    final : alignment, default=None
        Fitted on the dictionary in the end. None:
        :class:`~sktransfer.crosslingual.WhitenedAlignment`, which re-weights both
        sides alike.
    k : int, default=10
        Neighbourhood of CSLS.
    max_words : int, default=10_000
        Frequency cut-off: the first rows of each side, which are the most frequent
        words, take part in learning; all others are only mapped.
    n_profile_words : int, default=4000
        Number of these words that are compared by their similarity profiles where
        learning begins from nothing.
    keep_probability : float, default=0.1
        Probability of a candidate to be kept, at first. 1: nothing is left to chance.
    growth : float, default=2.0
        What it is multiplied by, up to 1.
    patience : int, default=10
        Number of rounds without improvement before it grows, and in the end before
        learning stops.
    tol : float, default=1e-6
        Smallest improvement of the objective that counts.
    max_iter : int, default=500
        Largest number of rounds.
    callback : callable, default=None
        Called with a SelfLearningProgress (n_iter, objective, keep_probability,
        n_pairs) after each round; learning stops if it returns True.
    random_state : int, RandomState instance or None, default=None
        Seed of what is kept.

    Attributes
    ----------
    final_ : alignment
        The final alignment, fitted.
    pairs_ : ndarray of int64 of shape (n_pairs, 2)
        The dictionary: source row and target row.
    objectives_ : list of float
        Mean cosine of the closest rows in each round.
    n_iter_ : int
        Number of rounds.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    WhitenedAlignment : For a dictionary of thousands of pairs.

    Notes
    -----
    ``fit`` takes whole vocabularies, whose rows are *not* paired. Without ``pairs`` and
    words learning begins with rows whose similarities to their own side are
    distributed alike. This works where both spaces have nearly the same shape, as for
    related languages and texts of one domain, and fails with a dictionary of noise
    elsewhere: compare ``objectives_`` of runs, or check some translations.

    What is random is drawn from the 32 best candidates of each row. Time is that of
    three matrix products of all pairs of ``max_words`` words for each round, memory
    that of one block of them.

    References
    ----------
    .. [1] M. Artetxe, G. Labaka, E. Agirre, "A robust self-learning method for fully
           unsupervised cross-lingual mappings of word embeddings", ACL 2018.
    .. [2] M. Artetxe, G. Labaka, E. Agirre, "Learning bilingual word embeddings with
           (almost) no bilingual data", ACL 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import SelfLearningAlignment
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 8)) ** 3
    >>> Y = X @ np.linalg.qr(rng.normal(size=(8, 8)))[0]
    >>> seed = [(row, row) for row in range(12)]
    >>> alignment = SelfLearningAlignment(random_state=0).fit(X, Y, pairs=seed)
    >>> indices, _ = alignment.translate(X, Y)
    >>> bool((indices.ravel() == np.arange(400)).mean() > 0.9)
    True
    """

    def __init__(
        self,
        final: Alignment | None = None,
        *,
        k: int = 10,
        max_words: int = 10_000,
        n_profile_words: int = 4000,
        keep_probability: float = 0.1,
        growth: float = 2.0,
        patience: int = 10,
        tol: float = 1e-6,
        max_iter: int = 500,
        callback: Callable[[SelfLearningProgress], Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.final = final
        self.k = k
        self.max_words = max_words
        self.n_profile_words = n_profile_words
        self.keep_probability = keep_probability
        self.growth = growth
        self.patience = patience
        self.tol = tol
        self.max_iter = max_iter
        self.callback = callback
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        pairs: ArrayLike | None = None,
        source_words: Sequence[str] | None = None,
        target_words: Sequence[str] | None = None,
    ) -> SelfLearningAlignment:
        """Learn a dictionary of two vocabularies and the maps of both.

        Parameters
        ----------
        X : array-like of shape (n_source_words, n_source_features)
            Source vectors, the most frequent words first.
        y : array-like of shape (n_target_words, n_target_features) or (n_target_words,)
            Target vectors, the most frequent words first. Rows are not paired.
        pairs : array-like of shape (n_pairs, 2), default=None
            Known pairs: row of X and row of y.
        source_words : sequence of str of length n_source_words, default=None
            Words of the source. Words that are written alike on both sides, such as
            numerals and names, are pairs to begin with.
        target_words : sequence of str of length n_target_words, default=None
            Words of the target.

        Returns
        -------
        self : SelfLearningAlignment
            Fitted.

        Raises
        ------
        ValueError
            If there is nothing to begin with, or a parameter is out of range.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(
                "SelfLearningAlignment requires y to be passed, but the target y is "
                "None. Give the vectors of the target vocabulary."
            )
        X = validate_data(self, X, dtype=FLOATS)
        Y = as_rows(check_array(y, dtype=FLOATS, ensure_2d=False, input_name="y"))
        self.n_target_features_in_ = Y.shape[1]
        A = normalize_rows(X[: self.max_words], NORMALIZE)[0]
        B = normalize_rows(Y[: self.max_words], NORMALIZE)[0]
        B = B.astype(A.dtype, copy=False)
        start = self._start(X, Y, pairs, source_words, target_words)
        if start is None:
            n = self.n_profile_words
            start = A, B, closest_profiles(A[:n], B[:n], self.k)
        else:  # known pairs may be beyond the cut-off
            rows = normalize_rows(X[start[:, 0]], NORMALIZE)[0]
            start = rows, normalize_rows(Y[start[:, 1]], NORMALIZE)[0], None
        self._learn(A, B, *start)
        self._finish(X, Y)
        return self

    def _start(
        self,
        X: NDArray[Any],
        Y: NDArray[Any],
        pairs: ArrayLike | None,
        source_words: Sequence[str] | None,
        target_words: Sequence[str] | None,
    ) -> NDArray[np.int64] | None:
        """Pairs to begin with, or None for similarity profiles."""
        found = []
        if pairs is not None:
            given = np.asarray(pairs)
            sizes = X.shape[0], Y.shape[0]
            shape = given.ndim == 2 and given.shape[1] == 2 and given.dtype.kind in "iu"
            if not shape or (given < 0).any() or (given >= sizes).any():
                raise ValueError(
                    "pairs must be an integer array of shape (n_pairs, 2) with rows "
                    f"of X, below {sizes[0]}, and of y, below {sizes[1]}; got dtype "
                    f"{given.dtype} and shape {given.shape}."
                )
            found.append(given.astype(np.int64))
        if (source_words is None) != (target_words is None):
            raise ValueError("Give source_words and target_words, or neither.")
        if source_words is not None:
            for words, Z, name in ((source_words, X, "X"), (target_words, Y, "y")):
                if len(words) != Z.shape[0]:
                    raise ValueError(
                        f"{name} has {Z.shape[0]} rows, but there are {len(words)} "
                        "words for them."
                    )
            found.append(identical_pairs(source_words, target_words))
        if not found:
            return None
        start = np.unique(np.vstack(found), axis=0)
        if not len(start):
            raise ValueError(
                "there is no pair to begin with: pairs is empty and no word is written "
                "alike on both sides. Give pairs, or neither pairs nor words."
            )
        return start

    def _learn(
        self,
        A: NDArray[Any],
        B: NDArray[Any],
        first_A: NDArray[Any],
        first_B: NDArray[Any],
        pairs: NDArray[np.int64] | None,
    ) -> None:
        rng = check_random_state(self.random_state)
        keep, best, waited = self.keep_probability, -np.inf, 0
        self.objectives_ = []
        if pairs is not None:
            first_A, first_B = first_A[pairs[:, 0]], first_B[pairs[:, 1]]
        W, _ = orthogonal_map(first_A, first_B)
        for n_iter in range(1, self.max_iter + 1):
            mapped = unit_rows(A @ W.astype(A.dtype))
            found = candidate_pairs(mapped, B, self.k, CANDIDATES if keep < 1 else 1)
            self.objectives_.append(found.objective)
            self.pairs_ = draw_pairs(found, keep, rng)
            W, _ = orthogonal_map(A[self.pairs_[:, 0]], B[self.pairs_[:, 1]])
            progress = SelfLearningProgress(
                n_iter, found.objective, keep, self.pairs_.shape[0]
            )
            if self.callback is not None and self.callback(progress) is True:
                break
            if found.objective > best + self.tol:
                best, waited = found.objective, 0
                continue
            waited += 1
            if waited >= self.patience:
                if keep >= 1:
                    break
                keep, waited = min(1.0, keep * self.growth), 0
        self.n_iter_ = len(self.objectives_)
        mapped = unit_rows(A @ W.astype(A.dtype))
        found = candidate_pairs(mapped, B, self.k, 1)
        self.pairs_ = draw_pairs(found, 1.0, rng)

    def _finish(self, X: NDArray[Any], Y: NDArray[Any]) -> None:
        """Fit the final alignment; pairs of both directions weigh twice."""
        final = WhitenedAlignment() if self.final is None else self.final
        self.final_, mapped, _ = fit_first(
            final, X[self.pairs_[:, 0]], Y[self.pairs_[:, 1]], name="final"
        )
        self.pairs_ = np.unique(self.pairs_, axis=0)
        self._n_features_out = mapped.shape[1]

    def _check_parameters(self) -> None:
        for name in ("k", "max_words", "n_profile_words", "patience", "max_iter"):
            check_count(getattr(self, name), name)
        check_number(self.keep_probability, "keep_probability", least=1e-3, most=1.0)
        check_number(self.growth, "growth", least=1.01)
        check_number(self.tol, "tol")

    def _map(self, Z: NDArray[Any], side: str) -> NDArray[Any]:
        return self.final_.map_rows(Z, side)
