"""What the regression on content predicts: values of items, and their popularity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.topk import row_blocks
from sktransfer.recommend._content import left_out


def prediction_unit(
    X: Any, weights: NDArray[np.floating], sample_weight: NDArray[np.floating]
) -> float:
    r"""How much larger interactions are than what is predicted of them.

    :math:`\|X\|_F / \|X B\|_F` over weighted rows: predictions times this number are
    as large as the interactions, whatever the penalty of B and however sparse X is.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_items)
        Interactions.
    weights : ndarray of shape (n_items, n_items)
        Item-item weights B.
    sample_weight : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    unit : float
        The ratio; 1 where one of them is 0.
    """
    taken = float(X.multiply(X).sum(axis=1) @ sample_weight)
    predicted = 0.0
    for rows in row_blocks(*X.shape):
        block = X[rows] @ weights
        squares = np.einsum("ij,ij->i", block, block, dtype=np.float64)
        predicted += float(squares @ sample_weight[rows])
    return float(np.sqrt(taken / predicted)) if taken > 0 and predicted > 0 else 1.0


def rarity(counts: NDArray[np.floating], power: float) -> NDArray[np.floating]:
    r"""Factors :math:`n^{-p}` of the values of items, with a geometric mean of 1.

    Parameters
    ----------
    counts : ndarray of shape (n_items,)
        Interactions n of each item, above 0.
    power : float
        The power p; 0 gives ones.

    Returns
    -------
    factors : ndarray of shape (n_items,)
        In the dtype of the counts.
    """
    logs = np.log(counts)
    return np.exp(power * (logs.mean() - logs)) if logs.size else logs


def mixed(predicted: Any, own: Any, share: float) -> Any:
    """What is predicted, blended with what was taken.

    Parameters
    ----------
    predicted, own : ndarray
        Of one shape, and about one size.
    share : float
        Share of what was taken.

    Returns
    -------
    values : ndarray
        The blend.
    """
    return (1 - share) * predicted + share * own


def popularity(
    logs: NDArray, inverse: NDArray, diagonal: NDArray, k: NDArray
) -> NDArray:
    """Logarithmic popularity that content predicts, of known items without their own.

    Parameters
    ----------
    logs : ndarray of shape (n_known,)
        Logarithms of the interactions of known items.
    inverse, diagonal : ndarray
        Of :func:`content_ridge`.
    k : ndarray of shape (n_known, n_new)
        Kernel of known and new items.

    Returns
    -------
    predicted : ndarray of shape (n_known + n_new,)
        Above or below the mean.
    """
    centred = logs - logs.mean()
    solved = centred @ inverse
    return np.concatenate([left_out(centred, solved, diagonal), solved @ k])
