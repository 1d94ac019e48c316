"""Probability models of rows, and the surprisal (-log p) of rows under them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from sklearn.covariance import ledoit_wolf


class Unigram(NamedTuple):
    """Probability of each feature."""

    log_p: NDArray[np.float64]


class Gaussian(NamedTuple):
    """Normal distribution of rescaled rows."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    cholesky: NDArray[np.float64]  # lower factor of the covariance of rescaled rows


Model = Unigram | Gaussian


def fit_unigram(rows: Any, *, smoothing: float, unit: float) -> Unigram:
    r"""Unigram model of counts, :math:`p_j \propto \sum_i x_{ij} + \sigma`."""
    mass = np.asarray(rows.sum(axis=0), np.float64).ravel() + smoothing * unit
    return Unigram(np.log(mass) - np.log(mass.sum()))


def fit_gaussian(rows: NDArray[Any], *, floor: NDArray[np.float64]) -> Gaussian:
    """Normal distribution with a shrunk covariance (Ledoit and Wolf)."""
    rows, scale = np.asarray(rows, np.float64), np.sqrt(floor)
    mean = rows.mean(axis=0)
    C = np.eye(rows.shape[1])
    if len(rows) > 1:
        C += ledoit_wolf((rows - mean) / scale, assume_centered=True)[0]
    return Gaussian(mean, scale, cholesky(C, lower=True))


def surprisal(model: Model, X: Any) -> NDArray[np.float64]:
    """Surprisal of each row in nats; by the unigram model, per token."""
    if isinstance(model, Unigram):
        length = np.asarray(X.sum(axis=1), np.float64).ravel()
        total = -np.asarray(X @ model.log_p, np.float64).ravel()
        return np.divide(total, length, out=np.zeros_like(total), where=length > 0)
    D = (np.asarray(X, np.float64) - model.mean) / model.scale
    Z = solve_triangular(model.cholesky, D.T, lower=True)
    constant = np.log(np.diag(model.cholesky)).sum() + np.log(model.scale).sum()
    return 0.5 * (Z**2).sum(axis=0) + constant


def difference_of(target: Model, source: Model, X: Any) -> NDArray[np.float64]:
    """Surprisal of each row under the target's model less that under the source's."""
    return np.round(surprisal(target, X) - surprisal(source, X), 9)
