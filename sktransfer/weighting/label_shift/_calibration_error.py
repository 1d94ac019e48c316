"""Sampling error of a calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sktransfer._core.calibration import PULL, log_probabilities
from sktransfer.weighting.label_shift._prediction_moments import mean_error


def calibration_error(
    P: NDArray[np.float64], codes: NDArray[np.intp], a: float, b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance of temperature and biases, over draws of the rows of each class."""
    S = log_probabilities(P)
    n, k = S.shape
    R = softmax(a * S + b, axis=1)
    E = R.copy()
    E[np.arange(n), codes] -= 1
    g = np.column_stack([(E * S).sum(axis=1), E])
    mean = (R * S).sum(axis=1)
    curve = np.empty((k + 1, k + 1))
    curve[0, 0] = (R * S**2).sum(axis=1).mean() - (mean**2).mean()
    curve[0, 1:] = curve[1:, 0] = (R * (S - mean[:, None])).mean(axis=0)
    curve[1:, 1:] = np.diag(R.mean(axis=0)) - R.T @ R / n
    curve += PULL * np.eye(k + 1) / n
    noise = np.zeros_like(curve)
    for c in range(k):
        of_class = g[codes == c]
        noise += (len(of_class) / n) ** 2 * mean_error(of_class)
    inverse = np.linalg.inv(curve)
    return inverse @ noise @ inverse
