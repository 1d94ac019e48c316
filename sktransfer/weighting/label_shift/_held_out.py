"""Moments of held-out predictions, of one or several models, by class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def stacked(predictions: ArrayLike) -> NDArray[np.float64]:
    """Predictions of target rows with an axis for the models.

    Parameters
    ----------
    predictions : array-like of shape ([n_models,] n_rows, n_outputs)
        Predictions of one model, or of several.

    Returns
    -------
    predictions : ndarray of float64 of shape (n_models, n_rows, n_outputs)
        The same.
    """
    Q = np.asarray(predictions, np.float64)
    return Q[None] if Q.ndim == 2 else Q


def prediction_sides(
    source: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions of source and target rows, checked against each other.

    Parameters
    ----------
    source : array-like of shape (n_source, n_outputs)
        Held-out predictions.
    target : array-like of shape ([n_models,] n_target, n_outputs)
        Predictions of one model, or of several.

    Returns
    -------
    source : ndarray of float64 of shape (n_source, n_outputs)
        The same.
    target : ndarray of float64 of shape (n_models, n_target, n_outputs)
        The same.
    """
    P, Q = np.asarray(source, np.float64), stacked(target)
    if P.ndim != 2 or Q.shape[-1] != P.shape[1]:
        raise ValueError(
            "predictions of both sides must have the same outputs in their columns; "
            f"got shapes {P.shape} and {Q.shape}."
        )
    return P, Q


def mean_error(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of the mean of the rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Independent rows.

    Returns
    -------
    covariance : ndarray of shape (n_columns, n_columns)
        That of the rows over their number; 0 for a single row.
    """
    centred = rows - rows.mean(axis=0)
    return centred.T @ centred / (len(rows) * max(len(rows) - 1, 1))


def class_moments(
    P: NDArray[np.float64], codes: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean predictions of each class and the covariance of each mean.

    Parameters
    ----------
    P : ndarray of shape (n_rows, n_outputs)
        Predictions.
    codes : ndarray of int of shape (n_rows,)
        Classes, 0 to n_classes - 1, each present.

    Returns
    -------
    means : ndarray of shape (n_classes, n_outputs)
        One row for each class.
    errors : ndarray of shape (n_classes, n_outputs, n_outputs)
        Covariances of the means.
    """
    classes = range(int(codes.max()) + 1)
    means = np.array([P[codes == c].mean(axis=0) for c in classes])
    return means, np.array([mean_error(P[codes == c]) for c in classes])
