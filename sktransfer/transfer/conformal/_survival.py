"""How much weight of calibration rows lies at a score or above it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9  # scores of equal rows in batches of other sizes


class Survival(NamedTuple):
    """A falling step function of the score.

    Parameters
    ----------
    scores : ndarray of shape (n_atoms,)
        In ascending order.
    mass : ndarray of shape (n_atoms + 1,)
        Weight at the i-th score and above it; 0 at the end.
    """

    scores: NDArray[np.float64]
    mass: NDArray[np.float64]


def survival(scores: ArrayLike, mass: ArrayLike) -> Survival:
    """Step function of scores with weights, of which some may be negative.

    Where negative weights make it rise, it is the middle of the nearest falling
    functions above and below.
    """
    scores, mass = np.asarray(scores, np.float64), np.asarray(mass, np.float64)
    order = np.argsort(scores, kind="stable")
    above = np.append(mass[order][::-1].cumsum()[::-1], 0.0)
    if mass.min(initial=0.0) < 0:
        upper = np.maximum.accumulate(above[::-1])[::-1]
        lower = np.minimum.accumulate(above)
        above = np.maximum((upper + lower) / 2, 0.0)
    return Survival(scores[order], above)


def mass_at_or_above(
    function: Survival, scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weight of the calibration rows whose score is no lower."""
    place = np.searchsorted(function.scores, scores - _ROUNDING)
    return function.mass[place]
