"""A linear teacher that leans less on directions in which only the target varies.

What a dictionary maps badly is noise in target rows. It shows where source rows vary
little and target rows much: a model of the source may lean on such a direction, and
what it reads there in the target is noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import LinearSVC

from sktransfer._core.inputs import take_rows
from sktransfer._core.parts import fit_estimator
from sktransfer.transfer.strategies._rows import TrainingRows

# fewer rows of a side do not tell how it varies
LEAST_ROWS = 50
# With more labelled rows a model follows them more closely, but what is mapped badly
# does not become less. From here on each row is penalised as it would be among so many.
FULL_WEIGHT_ROWS = 2000
# in further ones the source varies so little that they are shrunk to nearly nothing
MAX_DIRECTIONS = 500


def shared_directions(
    source: NDArray[np.floating], target: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    r"""Principal directions of the source, and how much of each the target shares.

    .. math:: s_i = \min(1, \lambda_i / t_i), \quad
              \lambda_i = \tfrac1n \|X_s v_i\|^2, \; t_i = \tfrac1m \|X_t v_i\|^2,

    with the eigenvectors :math:`v_i` of :math:`X_s^\top X_s`.

    Parameters
    ----------
    source, target : ndarray of shape (n_rows, n_features)
        Centred rows of each side.

    Returns
    -------
    V : ndarray of shape (n_features, n_directions)
        The directions, in columns; 500 of the largest variance at most.
    s : ndarray of shape (n_directions,)
        Factors between 0 and 1.
    """
    moments = source.T @ source / source.dtype.type(len(source))
    n = len(moments)
    largest = None if n <= MAX_DIRECTIONS else (n - MAX_DIRECTIONS, n - 1)
    variance, V = linalg.eigh(
        moments, overwrite_a=True, check_finite=False, subset_by_index=largest
    )
    variance = np.clip(variance, 0, None)
    in_target = np.square(target @ V).mean(axis=0)
    shared = np.ones_like(variance)
    np.divide(variance, in_target, out=shared, where=in_target > variance)
    return V, shared


def fit_on_shared_directions(estimator: Any, rows: TrainingRows) -> Any:
    """Fit a linear model to labelled rows, each direction as far as it is shared.

    Its weights are turned back, so that it takes rows as they are. Models whose penalty
    is not the length of their weights, sparse rows and few rows: as ``rows.fit``.
    """
    source, labels, weights = rows.part(rows.labelled)
    target = np.flatnonzero(rows.target & rows.counted)
    enough = min(labels.size, target.size) >= LEAST_ROWS
    if not (enough and isinstance(source, np.ndarray) and _has_l2_penalty(estimator)):
        return rows.fit(estimator)
    V, shared = shared_directions(source, take_rows(rows.mapped, target))
    shared *= np.sqrt(min(1.0, FULL_WEIGHT_ROWS / labels.size))
    model = fit_estimator(clone(estimator), (source @ V) * shared, labels, weights)
    model.coef_ = (model.coef_ * shared) @ V.T
    model.n_features_in_ = source.shape[1]
    return model


def _has_l2_penalty(estimator: Any) -> bool:
    """Whether it is a linear classifier whose weights may be turned."""
    return (
        isinstance(estimator, LogisticRegression | RidgeClassifier | LinearSVC)
        and getattr(estimator, "penalty", "l2") in ("l2", "deprecated")
        and not getattr(estimator, "l1_ratio", None)
    )
