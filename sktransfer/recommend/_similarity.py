"""How alike the item profiles of two markets are, corrected for sampling noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.topk import row_blocks

_DAMPING = 5  # takers: cosines of items with few takers are noise, so they shrink


def market_similarity(markets: Sequence[Any], target: Any) -> NDArray[np.float64]:
    r"""Similarity of the item profiles of each market to the target's.

    The profile of an item is its damped cosine with every other item over the users of
    the market, :math:`c_{ij} / \sqrt{(c_{ii} + 5)(c_{jj} + 5)}` for counts c: which
    items it is taken together with, whatever their popularity. With the profiles as
    rows of G, whose diagonal is left out,

    .. math:: \rho = \frac{\langle G_s, G_t \rangle}
                          {\sqrt{\langle G_s, G_s' \rangle \langle G_t, G_t' \rangle}},

    where :math:`\langle G, G' \rangle` leaves out the products of a user with herself:
    :math:`\|G\|^2 - \sum_u \|g_u\|^2` with :math:`G = \sum_u g_u`. Leaving them out is
    what corrects for sampling noise: a market of few users has a long profile by chance
    alone, and the plain cosine to it is too low. Two samples of one population have an
    expected similarity near 1 at any size from some 200 users on.

    Parameters
    ----------
    markets : sequence of CSR of shape (n_rows, n_items)
        Interactions of each source market.
    target : CSR of shape (n_target_rows, n_items)
        Interactions of the target market.

    Returns
    -------
    similarity : ndarray of shape (n_markets,)
        From 0 to 1. Where no two users of a market share two items, the plain cosine,
        which is lower, is given.

    References
    ----------
    C. Spearman, "The proof and measurement of association between two things", American
    Journal of Psychology 15(1), 1904 (the correction of a correlation for noise).
    """
    groups = [_scale_columns(A) for A in (*markets, target)]
    transposed = [A.T.tocsr() for A in groups]
    norms, cross = np.zeros(len(groups)), np.zeros(len(groups))
    n_items = target.shape[1]
    for items in row_blocks(n_items, n_items):
        for g in reversed(range(len(groups))):  # the target, which is last, first
            G = _without_diagonal(transposed[g][items] @ groups[g], items.start)
            if g == len(groups) - 1:
                G_target = G
            norms[g] += (G.data**2).sum()
            cross[g] += G.multiply(G_target).sum()
    own = np.array([_own_products(A) for A in groups])
    between = norms - own
    # rounding leaves a little where it should be nothing
    between[between <= 1e-10 * norms] = 0
    usable = (between[:-1] > 0) & (between[-1] > 0)
    scale = np.where(
        usable,
        np.sqrt(between[:-1] * between[-1]),
        np.sqrt(norms[:-1] * norms[-1]),
    )
    similarity = np.zeros(len(markets))
    np.divide(cross[:-1], scale, out=similarity, where=scale > 0)
    return np.clip(similarity, 0, 1)


def _scale_columns(A: Any) -> Any:
    """Divide columns by their damped length; the unit of the values does not matter."""
    A = sparse.csr_array(A, dtype=np.float64, copy=True)
    A.eliminate_zeros()
    square = A.data**2
    damped = np.bincount(A.indices, weights=square, minlength=A.shape[1])
    if square.size:
        damped += _DAMPING * square.mean()
    A.data /= np.sqrt(damped)[A.indices]
    return A


def _without_diagonal(G: Any, first: int) -> Any:
    """Set entry (i, first + i) to 0 in some rows of a Gram matrix."""
    G = G.tocsr()
    row = np.repeat(np.arange(G.shape[0]), np.diff(G.indptr))
    G.data[G.indices == row + first] = 0
    return G


def _own_products(A: Any) -> float:
    r"""Sum of :math:`\|g_u\|^2` over users, g_u their Gram matrix without diagonal."""
    square = A.multiply(A)
    n = np.asarray(square.sum(axis=1)).ravel()
    q = np.asarray(square.multiply(square).sum(axis=1)).ravel()
    return float((n**2 - q).sum())
