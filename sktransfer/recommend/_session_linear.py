"""Linear item-item weights of sessions, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.local_ridge import local_ridge
from sktransfer._core.sparse_topk import product_top_k
from sktransfer.recommend._session_rules import recency_bands, scale_rows
from sktransfer.recommend._sessions import Sessions

_GRAM_ROW = 1000  # entries of an item that are kept where there are more


def session_linear_weights(
    sessions: Sessions,
    *,
    decay: float,
    window: int,
    unordered: float,
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

    Parameters
    ----------
    sessions : Sessions
        The sessions to learn from.
    decay : float
        What a step counts relative to a nearer one, :math:`\delta`.
    window : int
        Steps that S and T look back and ahead.
    unordered : float
        Share :math:`\alpha` of the model of sets, from 0 to 1.
    n_terms : int
        Number of weights in a column.
    l2 : float
        Strength :math:`\lambda` of the penalty.
    sample_weight : ndarray of shape (n_sessions,)
        Weights of the sessions; their dtype is that of B.

    Returns
    -------
    B : csr_array of shape (n_items, n_items)
        Rows are what was seen, columns what follows.

    References
    ----------
    M. Choi et al., "Session-aware linear item-item models for session-based
    recommendation", WWW 2021.
    """
    dtype = sample_weight.dtype
    X = sessions.pattern(dtype)
    inputs, outputs, weights = [X], [X], [unordered * sample_weight]
    decays = np.power(float(decay), np.arange(window)).astype(dtype)
    for rows in sessions.blocks() if unordered < 1 else ():
        M, session = sessions[rows].step_matrix(dtype)
        has_next = np.r_[
            session[1:] == session[:-1], np.zeros(min(session.size, 1), dtype=bool)
        ]
        inputs.append((recency_bands(session, decays, first=0) @ M)[has_next])
        outputs.append((recency_bands(session, decays).T.tocsr() @ M)[has_next])
        weights.append((1 - unordered) * sample_weight[rows][session[has_next]])
    S, T = (sparse.vstack(part, format="csr") for part in (inputs, outputs))
    weighted = scale_rows(S, np.concatenate(weights))
    keep = max(_GRAM_ROW, n_terms)
    gram = product_top_k(S.T.tocsr(), weighted, keep)
    if np.diff(gram.indptr).max(initial=0) >= keep:
        gram = gram.maximum(gram.T.tocsr())  # pruned: symmetric again
    # the terms of each output are the largest products, so few of them are enough
    cross = product_top_k(T.T.tocsr(), weighted, keep).T
    return local_ridge(gram, cross, n_terms=n_terms, l2=l2)
