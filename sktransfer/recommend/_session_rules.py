"""Sequential rules: what comes after an item, near or far."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse_topk import product_top_k
from sktransfer.recommend._sessions import Sessions

MAX_PARTNERS = 1000  # of an item among items without order


def recency_bands(
    session: NDArray[np.int64], weights: NDArray[np.floating], *, first: int = 1
) -> sparse.csr_array:
    r"""Matrix of a linear recurrence over the steps of sessions.

    :math:`L_{t, t - g} = w_g` where both steps are of one session, for gaps g from
    `first` on: ``L @ M`` sums the steps before each step. With :math:`w_g = \delta^g`
    it is the state :math:`h_t = \delta h_{t-1} + x_t`, cut off after the last weight.

    Parameters
    ----------
    session : ndarray of int64 of shape (n_steps,)
        Session of each step, ascending.
    weights : ndarray of shape (n_gaps,)
        Weight of each gap.
    first : int, default=1
        The first gap; 0 takes the step itself in.

    Returns
    -------
    L : csr_array of shape (n_steps, n_steps)
        Lower triangular, in the dtype of the weights.
    """
    n = session.size
    bands = np.zeros((weights.size, n), dtype=weights.dtype)
    gaps = np.arange(first, first + weights.size)
    for band, gap, weight in zip(bands, gaps, weights):
        band[: max(n - gap, 0)] = weight * (session[: max(n - gap, 0)] == session[gap:])
    # column j of the band of gap g holds the entry (j + g, j)
    return sparse.csr_array(sparse.dia_array((bands, -gaps), shape=(n, n)).tocsr())


def sequential_rules(
    sessions: Sessions,
    *,
    window: int,
    sample_weight: NDArray[np.floating],
    power: float = 0.5,
) -> sparse.csr_array:
    r"""Weights of the rules "after item i, item j".

    .. math:: W_{ij} = s_i^{-p} \sum_{t < u,\ i_t = i,\ i_u = j} \frac{1}{u - t},

    over pairs of events of one session at most `window` steps apart, divided by a power
    of the row sum :math:`s_i`. Items of the same step count as one step apart, in both
    directions.

    Parameters
    ----------
    sessions : Sessions
        The sessions to learn from.
    window : int
        Largest number of steps between two items.
    sample_weight : ndarray of shape (n_sessions,)
        Weights of the sessions; their dtype is that of the rules.
    power : float, default=0.5
        Exponent p: 0 counts, 1 gives shares.

    Returns
    -------
    W : csr_array of shape (n_items, n_items)
        Rows are what was seen, columns what follows.
    """
    dtype = sample_weight.dtype
    weights = (1 / np.arange(1, window + 1)).astype(dtype)
    W = sparse.csr_array((sessions.shape[1],) * 2, dtype=dtype)
    for rows in sessions.blocks():
        M, session = sessions[rows].step_matrix(dtype)
        following = scale_rows(M, sample_weight[rows][session])
        past = (recency_bands(session, weights) @ M).T.tocsr()
        W = W + sparse.csr_array(past @ following)
    if sessions.items.size > sessions.n_steps().sum():  # steps of several items
        W = W + _partners(sessions, sample_weight)
    total = np.asarray(W.sum(axis=1)).ravel()
    scale = np.where(total > 0, total, 1) ** -power
    return scale_rows(W, scale.astype(dtype))


def _partners(
    sessions: Sessions, sample_weight: NDArray[np.floating]
) -> sparse.csr_array:
    """Products of items that share a step, without those of an item with itself."""
    M, session = sessions.step_matrix(sample_weight.dtype)
    several = np.diff(M.indptr) > 1
    M, w = M[several], sample_weight[session[several]]
    pairs = product_top_k(M.T.tocsr(), scale_rows(M, w), MAX_PARTNERS + 1)
    own = pairs.indices == np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr))
    pairs.data[own] = 0
    pairs.eliminate_zeros()
    return pairs


def scale_rows(X: Any, scale: NDArray[np.floating]) -> sparse.csr_array:
    """Multiply each row of a sparse matrix by a number.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_columns)
        Not written to.
    scale : ndarray of shape (n_rows,)
        The numbers.

    Returns
    -------
    scaled : csr_array of shape (n_rows, n_columns)
        In the dtype of X, with its indices.
    """
    data = X.data * np.repeat(scale, np.diff(X.indptr)).astype(X.dtype, copy=False)
    return sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)
