"""Sequential rules: what comes after an item, near or far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import entry_rows, multiply_rows
from sktransfer.recommend._sparse_topk import product_top_k
from sktransfer.recommend.sequences._sessions import Sessions

MAX_PARTNERS = 1000  # of an item among items without order


def step_limits(
    session: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last step of the session of each step."""
    n_steps = np.bincount(session)
    stop = np.cumsum(n_steps)
    return np.repeat(stop - n_steps, n_steps), np.repeat(stop - 1, n_steps)


def step_pairs(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pair each step with a range of steps."""
    n_pairs = np.maximum(last - first + 1, 0)
    indptr = np.r_[0, np.cumsum(n_pairs)]
    partner = np.arange(indptr[-1]) + np.repeat(first - indptr[:-1], n_pairs)
    return np.repeat(np.arange(first.size), n_pairs), partner, indptr


def sum_of_partners(
    M: sparse.csr_array,
    weights: NDArray[np.floating],
    partner: NDArray[np.int64],
    indptr: NDArray[np.int64],
) -> sparse.csr_array:
    """Sum of the items of the partners of each step, times weights."""
    if M.nnz == M.shape[0]:  # one item a step: its number stands for the product
        return sparse.csr_array((weights, M.indices[partner], indptr), shape=M.shape)
    n_steps = M.shape[0]
    return sparse.csr_array((weights, partner, indptr), shape=(n_steps, n_steps)) @ M


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
    """
    dtype = sample_weight.dtype
    window = min(window, int(sessions.n_steps().max(initial=1)))
    weights = np.r_[0, 1 / np.arange(1, window + 1)].astype(dtype)
    W = None
    for rows in sessions.blocks():
        M, session = sessions[rows].step_matrix(dtype)
        _, last = step_limits(session)
        step = np.arange(session.size)
        step, later, indptr = step_pairs(step + 1, np.minimum(step + window, last))
        following = sum_of_partners(M, weights[later - step], later, indptr)
        past = multiply_rows(M, sample_weight[rows][session]).T.tocsr()
        block = past @ following
        W = block if W is None else W + block
    if W is None:
        W = sparse.csr_array((sessions.shape[1],) * 2, dtype=dtype)
    if sessions.items.size > sessions.n_steps().sum():  # steps of several items
        W = W + _partners(sessions, sample_weight)
    total = np.asarray(W.sum(axis=1)).ravel()
    scale = np.where(total > 0, total, 1) ** -power
    return multiply_rows(W, scale.astype(dtype))


def _partners(
    sessions: Sessions, sample_weight: NDArray[np.floating]
) -> sparse.csr_array:
    """Products of items that share a step, without those of an item with itself."""
    M, session = sessions.step_matrix(sample_weight.dtype)
    several = np.diff(M.indptr) > 1
    M, w = M[several], sample_weight[session[several]]
    pairs = product_top_k(M.T.tocsr(), multiply_rows(M, w), MAX_PARTNERS + 1)
    own = pairs.indices == entry_rows(pairs)
    pairs.data[own] = 0
    pairs.eliminate_zeros()
    return pairs
