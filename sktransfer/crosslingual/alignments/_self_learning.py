"""SelfLearningAlignment: grow a small dictionary, or none, by what is closest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from sktransfer._core.inputs import check_rows_of, validate_rows
from sktransfer._core.linalg import unit_rows
from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import in_rounds, reports_progress
from sktransfer.crosslingual.alignments._base import (
    Alignment,
    as_rows,
    normalize_rows,
)
from sktransfer.crosslingual.alignments._dictionary_induction import (
    NORMALIZE,
    candidate_pairs,
    closest_profiles,
    draw_pairs,
    identical_pairs,
)
from sktransfer.crosslingual.alignments._parts import fit_alignment, map_side
from sktransfer.crosslingual.alignments._procrustes import orthogonal_map
from sktransfer.crosslingual.alignments._whitened import WhitenedAlignment

CANDIDATES = 32  # of each row, from which one is drawn
TOLERANCE = 1e-6  # the least improvement of the objective that counts


class SelfLearningProgress(NamedTuple):
    """State of the learning, which a callback gets after each round."""

    n_iter: int
    objective: float
    keep_probability: float
    n_pairs: int


class SelfLearningAlignment(Alignment):
    r"""Alignment of two vocabularies that learns its own dictionary.

    Two steps alternate: a rotation is fitted to the pairs, and new pairs are found, the
    rows that are closest under the rotation (by CSLS, in both directions). At first
    only a random part of the candidates is kept, which helps to get away from a poor
    start. The part grows whenever the objective stops improving. In the end ``final``
    is fitted to the dictionary.

    Parameters
    ----------
    final : alignment, default=None
        Fitted on the dictionary in the end, see :class:`Alignment` for what may stand
        here. None:
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
        Probability with which a candidate is kept at first. 1: all are kept.
    growth : float, default=2.0
        Factor by which ``keep_probability`` grows, up to 1.
    patience : int, default=10
        Number of rounds without improvement (of more than 1e-6 in the objective)
        before the probability grows, and once it is 1, before learning stops.
    max_iter : int, default=500
        Largest number of rounds.
    callback : callable, default=None
        Called with a SelfLearningProgress (n_iter, objective, keep_probability,
        n_pairs) after each round; learning stops if it returns True.
    random_state : int, RandomState instance or None, default=None
        Seed of the random choice of candidates.

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
    distributed alike. This works if both spaces have nearly the same shape, as for
    related languages and texts of one domain. Elsewhere it ends in a wrong dictionary:
    compare ``objectives_`` of runs, or check some translations.

    Candidates that are not kept are replaced by the next best, among the 32 best of a
    row. Time is that of
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

    _part_examples: ClassVar[dict[str, str]] = {"final": "WhitenedAlignment()"}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "k": [integer(1)],
        "max_words": [integer(1)],
        "n_profile_words": [integer(1)],
        "keep_probability": [number(1e-3, 1)],
        "growth": [number(1.01)],
        "patience": [integer(1)],
        "max_iter": [integer(1)],
        "callback": [callable, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        final: Any = None,
        *,
        k: int = 10,
        max_words: int = 10_000,
        n_profile_words: int = 4000,
        keep_probability: float = 0.1,
        growth: float = 2.0,
        patience: int = 10,
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
        self.max_iter = max_iter
        self.callback = callback
        self.random_state = random_state

    @reports_progress
    def fit(  # type: ignore[override]
        self,
        X: ArrayLike,
        y: ArrayLike,
        pairs: ArrayLike | None = None,
        source_words: Sequence[str] | None = None,
        target_words: Sequence[str] | None = None,
    ) -> Self:
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
        check_parameters(self)
        if y is None:
            raise ValueError(
                "SelfLearningAlignment requires y to be passed, but the target y is "
                "None. Give the vectors of the target vocabulary."
            )
        sources = validate_rows(self, X, accept_sparse=False)
        targets = as_rows(check_rows_of(y, "y", accept_sparse=False, ensure_2d=False))
        self.n_target_features_in_ = targets.shape[1]
        A = normalize_rows(sources[: self.max_words], NORMALIZE)[0]
        B = normalize_rows(targets[: self.max_words], NORMALIZE)[0]
        B = B.astype(A.dtype, copy=False)
        known = _known_pairs(sources, targets, pairs, source_words, target_words)
        if known is None:
            n = self.n_profile_words
            found = closest_profiles(A[:n], B[:n], self.k)
            W = orthogonal_map(A[found[:, 0]], B[found[:, 1]])
        else:  # known pairs may be beyond the cut-off
            first = normalize_rows(sources[known[:, 0]], NORMALIZE)[0]
            second = normalize_rows(targets[known[:, 1]], NORMALIZE)[0]
            W = orthogonal_map(first, second)
        found = self._improve_dictionary(A, B, W)
        # pairs of both directions weigh twice
        final = WhitenedAlignment() if self.final is None else self.final
        columns = sources[found[:, 0]], targets[found[:, 1]]
        self.final_, *_ = fit_alignment(final, *columns, "final")
        self.pairs_ = np.unique(found, axis=0)
        return self

    def _improve_dictionary(
        self, A: NDArray[Any], B: NDArray[Any], W: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Fit rotations and find pairs in turns; return the last pairs."""
        rng = check_random_state(self.random_state)
        keep, best, waited = self.keep_probability, -np.inf, 0
        self.objectives_ = []
        for n_iter in in_rounds(range(1, self.max_iter + 1), "round"):
            mapped = unit_rows(A @ W.astype(A.dtype))
            found = candidate_pairs(mapped, B, self.k, CANDIDATES if keep < 1 else 1)
            self.objectives_.append(found.objective)
            pairs = draw_pairs(found, keep, rng)
            W = orthogonal_map(A[pairs[:, 0]], B[pairs[:, 1]])
            progress = SelfLearningProgress(
                n_iter, found.objective, keep, pairs.shape[0]
            )
            if self.callback is not None and self.callback(progress) is True:
                break
            if found.objective > best + TOLERANCE:
                best, waited = found.objective, 0
                continue
            waited += 1
            if waited >= self.patience:
                if keep >= 1:
                    break
                keep, waited = min(1.0, keep * self.growth), 0
        self.n_iter_ = len(self.objectives_)
        mapped = unit_rows(A @ W.astype(A.dtype))
        return draw_pairs(candidate_pairs(mapped, B, self.k, 1), 1.0, rng)

    def apply_map(self, rows: NDArray[Any], side: str) -> NDArray[Any]:
        """Map rows of one side by the final alignment.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features of the side)
            Rows, float32 or float64.
        side : {"source", "target"}
            The side.

        Returns
        -------
        mapped : ndarray of shape (n_rows, n_features_out)
            In the dtype of the rows.
        """
        return map_side(self.final_, rows, side, self.n_features_in_)


def _known_pairs(
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
    if source_words is not None and target_words is not None:
        for words, Z, name in ((source_words, X, "X"), (target_words, Y, "y")):
            if len(words) != Z.shape[0]:
                raise ValueError(
                    f"{name} has {Z.shape[0]} rows, but there are {len(words)} "
                    "words for them."
                )
        found.append(identical_pairs(source_words, target_words))
    elif source_words is not None or target_words is not None:
        raise ValueError("Give source_words and target_words, or neither.")
    if not found:
        return None
    start = np.unique(np.vstack(found), axis=0)
    if not len(start):
        raise ValueError(
            "there is no pair to begin with: pairs is empty and no word is written "
            "alike on both sides. Give pairs, or neither pairs nor words."
        )
    return start
