"""Linear item-item weights of sessions, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import multiply_rows
from sktransfer.recommend._local_ridge import fits_dense, local_ridge
from sktransfer.recommend._sparse_topk import dense_product, product_top_k
from sktransfer.recommend.sequences._rules import (
    step_limits,
    step_pairs,
    sum_of_partners,
)
from sktransfer.recommend.sequences._sessions import Sessions

_GRAM_ROW = 1000  # entries of an item that are kept where there are more
_BLOCK_EVENTS = 1 << 17  # of 19 pairs each by default


def session_linear_weights(
    sessions: Sessions,
    *,
    decay: float,
    window: int,
    unordered_share: float,
    n_terms: int,
    l2: float,
    sample_weight: NDArray[np.floating],
) -> sparse.csr_array:
    r"""Weights that map what a session holds so far to what follows.

    Two linear models of a session are fitted together: from its set of items to itself,
    and from every beginning, weighted by recency, to what comes after it,

    .. math:: \min_B \alpha \|X - XB\|^2 + (1 - \alpha) \|T - SB\|^2 + \lambda \|B\|^2,

    with X the sets, and rows of S and T for each step t of a session with a next one:
    :math:`S_t = \sum_{u \le t} \delta^{t - u} e_{i_u}`,
    :math:`T_t = \sum_{u > t} \delta^{u - t - 1} e_{i_u}`. Each column of B is solved on
    the items that matter to it.
    """
    dtype = sample_weight.dtype
    X = sessions.pattern(dtype)
    window = min(window, int(sessions.n_steps().max(initial=1)))
    sets = multiply_rows(X, unordered_share * sample_weight)
    items, inputs, before = [X], [sets], [sets]
    for rows in sessions.blocks(_BLOCK_EVENTS) if unordered_share < 1 else ():
        M, session = sessions[rows].step_matrix(dtype)
        w = ((1 - unordered_share) * sample_weight[rows])[session]
        items.append(M)
        inputs.append(multiply_rows(_input_sums(M, session, decay, window), w))
        before.append(multiply_rows(_sums_before(M, session, decay, window), w))
    by_item = sparse.vstack(items, format="csr").T.tocsr()
    inputs, before = (sparse.vstack(part, format="csr") for part in (inputs, before))
    keep = max(_GRAM_ROW, n_terms)
    if fits_dense(sessions.shape[1]):
        gram = dense_product(by_item, inputs)
    else:
        gram = product_top_k(by_item, inputs, keep)
        if np.diff(gram.indptr).max(initial=0) >= keep:
            gram = gram.maximum(gram.T.tocsr())  # pruned: symmetric again
    # the terms of each output are the largest products, so few of them are enough
    cross = product_top_k(by_item, before, keep).T
    return local_ridge(gram, cross, n_terms=n_terms, l2=l2)


def _input_sums(
    M: sparse.csr_array, session: NDArray[np.int64], decay: float, window: int
) -> sparse.csr_array:
    r"""P M, such that :math:`M^\top P M = \sum_t S_t S_t^\top`.

    Two steps g apart are both in :math:`S_t` for each t from the later one to the last
    but one of the session: :math:`\delta^{g + 2a}` where t is a steps after the later.
    """
    gap, n = np.arange(window)[:, None], np.arange(window + 1)
    sums = np.r_[0, np.cumsum(float(decay) ** (2 * gap))]
    # of a gap, by the number of steps t
    table = float(decay) ** gap * sums[np.minimum(n, window - gap)]
    table = table.astype(M.dtype)
    reach = np.count_nonzero(table[:, -1])
    first, last = step_limits(session)
    step = np.arange(session.size)
    end = np.where(step < last, np.minimum(step + reach, last) - 1, -1)
    u, v, indptr = step_pairs(np.maximum(step - reach + 1, first), end)
    n = np.minimum(last - step, window)
    weights = table.ravel().take(np.abs(v - u) * (window + 1) + n[np.maximum(u, v)])
    return sum_of_partners(M, weights, v, indptr)


def _sums_before(
    M: sparse.csr_array, session: NDArray[np.int64], decay: float, window: int
) -> sparse.csr_array:
    r"""Q M, such that :math:`M^\top Q M = \sum_t T_t S_t^\top`.

    A step is in :math:`T_t` and one g before it in :math:`S_t` for each t between
    them, :math:`\delta^{g - 1}` every time.
    """
    gaps = np.arange(1, 2 * window)
    weights = np.minimum(gaps, 2 * window - gaps) * float(decay) ** (gaps - 1)
    weights = np.r_[0, weights].astype(M.dtype)
    reach = np.count_nonzero(weights)
    first, _ = step_limits(session)
    step = np.arange(session.size)
    v, u, indptr = step_pairs(np.maximum(step - reach, first), step - 1)
    return sum_of_partners(M, weights[v - u], u, indptr)
