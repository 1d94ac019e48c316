"""Calibration of held-out probabilities by a temperature and one bias a class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

PULL = 0.1  # rows; keeps the calibration of separable classes finite


def log_probabilities(P: ArrayLike) -> NDArray[np.float64]:
    """Logarithms of probabilities, of which none is under 1e-9."""
    return np.log(np.maximum(np.asarray(P, np.float64), 1e-9))


def calibration(
    probabilities: ArrayLike, codes: NDArray[np.intp]
) -> tuple[float, NDArray[np.float64]]:
    r"""Temperature and biases that calibrate held-out probabilities.

    Minimises the mean log-loss of :math:`\mathrm{softmax}(a \log p + b)`, with a
    pull towards a = 1 and b = 0 that is worth a tenth of a row.
    """
    S = log_probabilities(probabilities)
    n, k = S.shape
    rows, start = np.arange(n), np.r_[1.0, np.zeros(k)]

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        L = log_softmax(theta[0] * S + theta[1:], axis=1)
        E = np.exp(L)
        E[rows, codes] -= 1
        pull = PULL * (theta - start)
        value = -L[rows, codes].mean() + 0.5 * pull @ (theta - start) / n
        return value, (np.r_[(E * S).sum(), E.sum(axis=0)] + pull) / n

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14})
    return float(found.x[0]), found.x[1:]
