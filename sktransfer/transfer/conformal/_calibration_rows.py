"""Step functions of the scores, from the rows that calibrate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sktransfer._core.calibration import calibration, log_probabilities
from sktransfer.transfer.conformal._shift_weights import effective_size
from sktransfer.transfer.conformal._survival import Survival, survival

# so many labelled target rows as let this many fall outside the sets are enough alone
ENOUGH_OUTSIDE = 20
# classes of rows whose expected probabilities are kept for one side, 60 MB
MOST_EXPECTED = 2_000_000


class JudgedRows(NamedTuple):
    """Rows with the predictions of models that have not seen them.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes)
        Predictions.
    codes : ndarray of shape (n_samples,)
        Class of the rows that may calibrate, -1 elsewhere.
    judge : ndarray of shape (n_samples,)
        Model that predicts each row, -1 where none does.
    target : ndarray of bool of shape (n_samples,)
        Rows of the target.
    """

    probabilities: NDArray[np.float64]
    codes: NDArray[np.intp]
    judge: NDArray[np.intp]
    target: NDArray[np.bool_]

    @property
    def source_rows(self) -> NDArray[np.intp]:
        """Labelled rows of the source."""
        return np.flatnonzero((self.codes >= 0) & ~self.target)

    @property
    def labelled_target(self) -> NDArray[np.intp]:
        """Labelled rows of the target."""
        return np.flatnonzero((self.codes >= 0) & self.target)

    def needs_source(self, alpha: float) -> bool:
        """Whether the labelled target rows are too few to calibrate alone."""
        return self.labelled_target.size < ENOUGH_OUTSIDE / alpha


def calibration_weights(
    rows: JudgedRows, source_weights: NDArray[np.float64], alpha: float
) -> NDArray[np.float64]:
    """Weight of each row; where target rows are labelled, source rows fill up."""
    w = np.zeros(rows.codes.size)
    w[rows.source_rows] = source_weights
    n_target = rows.labelled_target.size
    if n_target:
        missing = max(ENOUGH_OUTSIDE / alpha - n_target, 0)
        if w.any():
            w *= min(effective_size(w), missing) / w.sum()
        w[rows.labelled_target] = 1
    return w


def target_probabilities(
    rows: JudgedRows, of_class: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Calibrated probabilities, by the shares of the classes in the target."""
    known = rows.codes >= 0
    a, b = calibration(rows.probabilities[known], rows.codes[known])
    P = softmax(a * log_probabilities(rows.probabilities) + b, axis=1)
    if of_class is None:
        return P
    P *= np.maximum(of_class, np.finfo(float).tiny)
    return P / P.sum(axis=1, keepdims=True)


def calibration_survival(
    rows: JudgedRows, scores: NDArray[np.float64], w: NDArray[np.float64]
) -> Survival:
    """Weight of the calibration rows at a score and above it."""
    own = np.flatnonzero(w > 0)
    return survival(scores[own, rows.codes[own]], w[own])


def doubly_robust_survival(
    rows: JudgedRows,
    scores: NDArray[np.float64],
    w: NDArray[np.float64],
    expected: NDArray[np.float64],
    *,
    most: int = MOST_EXPECTED,
) -> Survival:
    """The same with what is expected of target rows, less what it is of these rows.

    Each class of a row stands for a share of it, its expected probability. Of a side
    with more than `most` of these, every second or third row stands for all.
    """
    own = np.flatnonzero(w > 0)
    target = np.flatnonzero(rows.target & (rows.judge >= 0))
    some, aims = (
        side[:: max(1, side.size * scores.shape[1] // most)] for side in (own, target)
    )
    total = w.sum()
    lost = w[some] * (total / w[some].sum())
    atoms = [scores[own, rows.codes[own]], scores[some], scores[aims]]
    mass = [
        w[own],
        -lost[:, None] * expected[some],
        total / aims.size * expected[aims],
    ]
    return survival(
        np.concatenate([part.ravel() for part in atoms]),
        np.concatenate([part.ravel() for part in mass]),
    )


def is_too_small(size: float, alpha: float) -> bool:
    """Whether no class can be left out: even the lowest p-value is above alpha."""
    return size < 1 / alpha - 1 - 1e-9


def few_rows(n_rows: int, size: float, alpha: float) -> str:
    """What to say then."""
    needed = int(np.ceil(1 / alpha - 1 - 1e-9))
    return (
        f"The {n_rows} rows that calibrate are worth {size:.1f} equally weighted ones; "
        f"with alpha={alpha:g} at least {needed} are needed to leave any class out, so "
        "every set holds all classes. Label more rows, raise alpha, or compare with "
        "weighter=None."
    )
