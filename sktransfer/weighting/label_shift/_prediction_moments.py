"""Means and covariances of predictions, by class, of one or several models."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def with_model_axis(predictions: ArrayLike) -> NDArray[np.float64]:
    """Predictions with a first axis for the models, which is added where missing."""
    Q = np.asarray(predictions, np.float64)
    return Q[None] if Q.ndim == 2 else Q


def prediction_sides(
    source: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions of source and target rows, checked against each other."""
    P, Q = np.asarray(source, np.float64), with_model_axis(target)
    if P.ndim != 2 or Q.shape[-1] != P.shape[1]:
        raise ValueError(
            "predictions of both sides must have the same outputs in their columns; "
            f"got shapes {P.shape} and {Q.shape}."
        )
    return P, Q


def mean_error(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of the mean of the rows."""
    centred = rows - rows.mean(axis=0)
    return centred.T @ centred / (len(rows) * max(len(rows) - 1, 1))


def class_moments(
    P: NDArray[np.float64], codes: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean predictions of each class and the covariance of each mean."""
    classes = range(int(codes.max()) + 1)
    means = np.array([P[codes == c].mean(axis=0) for c in classes])
    return means, np.array([mean_error(P[codes == c]) for c in classes])
