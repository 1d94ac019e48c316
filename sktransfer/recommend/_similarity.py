"""How alike the item profiles of two markets are, corrected for sampling noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.topk import row_blocks

_DAMPING = 5  # takers: profiles of items with few takers are noise, so they shrink


class _Market(NamedTuple):
    """Residuals A - outer(h, m) of a market, and what their products need."""

    A: Any  # CSR of float64 (n_rows, n_items), columns scaled
    transposed: Any
    m: NDArray[np.float64]  # share of each item, scaled alike
    v: NDArray[np.float64]  # gram = A.T @ A + outer(m, v) + outer(v, m)
    own: float  # sum over users of the squared norm of her part of the gram


def market_similarity(markets: Sequence[Any], target: Any) -> NDArray[np.float64]:
    r"""Similarity of the item profiles of each market to the target's.

    The profile of an item says which items it is taken together with more often than
    their popularity and the activity of the users explain. With counts x of user u and
    item i, the residuals are

    .. math:: r_{ui} = \frac{x_{ui} - x_{u\cdot} x_{\cdot i} / x_{\cdot\cdot}}
                            {\sqrt{x_{\cdot i} + 5}},

    and the profiles are the rows of :math:`G = \sum_u r_u r_u^\top` without its
    diagonal. The similarity is the correlation

    .. math:: \rho = \frac{\langle G_s, G_t \rangle}
                          {\sqrt{\langle G_s, G_s \rangle' \langle G_t, G_t \rangle'}},

    where :math:`\langle G, G \rangle'` leaves out the products of a user with herself.
    That corrects for sampling noise: a market of few users has long profiles by chance
    alone, so that without it small markets would look unlike all others. Two samples of
    one population have a similarity near 1 at any size from some 100 users on, two
    markets without a common taste have one near 0.

    Parameters
    ----------
    markets : sequence of CSR of shape (n_rows, n_items)
        Interactions of each source market.
    target : CSR of shape (n_target_rows, n_items)
        Interactions of the target market.

    Returns
    -------
    similarity : ndarray of shape (n_markets,)
        From 0 to 1. Where the users of a market have no taste in common, the plain
        cosine of the profiles, which is lower, is given.

    References
    ----------
    C. Spearman, "The proof and measurement of association between two things", American
    Journal of Psychology 15(1), 1904 (the correction of a correlation for noise).
    """
    groups = [_residuals(A) for A in (*markets, target)]
    last = len(groups) - 1
    norms, cross = np.zeros(len(groups)), np.zeros(len(groups))
    n_items = target.shape[1]
    for items in row_blocks(n_items, n_items):
        for g in range(last, -1, -1):  # the target first
            G = _gram_rows(groups[g], items)
            if g == last:
                G_target = G
            norms[g] += (G.data**2).sum() + _with_outer(groups[g], G, items)
            cross[g] += G.multiply(G_target).sum()
            cross[g] += _with_outer(groups[last], G, items) / 2
            cross[g] += _with_outer(groups[g], G_target, items) / 2
    for g, group in enumerate(groups):
        norms[g] += _outer_products(group, group)
        cross[g] += _outer_products(group, groups[last])
    # what is left of rounding errors counts as nothing
    between = np.array([n - g.own for n, g in zip(norms, groups)])
    between[between <= 1e-10 * norms] = 0
    usable = (between[:-1] > 0) & (between[-1] > 0)
    square = np.where(usable, between[:-1] * between[-1], norms[:-1] * norms[-1])
    scale = np.sqrt(np.maximum(square, 0))
    similarity = np.zeros(last)
    np.divide(cross[:-1], scale, out=similarity, where=scale > 0)
    return np.clip(similarity, 0, 1)


def _residuals(X: Any) -> _Market:
    X = sparse.csr_array(X, dtype=np.float64, copy=True)
    X.eliminate_zeros()
    square = np.bincount(X.indices, weights=X.data**2, minlength=X.shape[1])
    if X.nnz:  # in the unit of the squared values
        square += _DAMPING * (X.data**2).mean()
    scale = 1 / np.sqrt(np.maximum(square, np.finfo(float).tiny))
    h = np.asarray(X.sum(axis=1)).ravel()
    taken = np.bincount(X.indices, weights=X.data, minlength=X.shape[1])
    total = h.sum()
    m = scale * taken / total if total > 0 else np.zeros(X.shape[1])
    A = X
    A.data = A.data * scale[A.indices]
    v = (h @ h) / 2 * m - A.T @ h
    return _Market(A, A.T.tocsr(), m, v, _own_products(A, h, m))


def _gram_rows(group: _Market, items: slice) -> Any:
    """Rows of A.T @ A without its diagonal."""
    G = (group.transposed[items] @ group.A).tocsr()
    row = np.repeat(np.arange(G.shape[0]), np.diff(G.indptr))
    G.data[G.indices == row + items.start] = 0
    return G


def _with_outer(group: _Market, G: Any, items: slice) -> float:
    """Twice the product of rows of G with outer(m, v) + outer(v, m)."""
    m, v = group.m, group.v
    return float(2 * (m[items] @ (G @ v) + v[items] @ (G @ m)))


def _outer_products(a: _Market, b: _Market) -> float:
    """Product of the outer parts of two markets, without the diagonal."""
    whole = (a.v @ b.m) * (a.m @ b.v) + (a.v @ b.v) * (a.m @ b.m)
    return float(2 * whole - 4 * (a.m * a.v * b.m * b.v).sum())


def _own_products(A: Any, h: NDArray, m: NDArray) -> float:
    r"""Sum over users of the squared norm of :math:`r_u r_u^\top` off its diagonal."""
    square = np.asarray(A.multiply(A).sum(axis=1)).ravel()
    length = square - 2 * h * (A @ m) + h**2 * (m @ m)
    row = np.repeat(np.arange(A.shape[0]), np.diff(A.indptr))
    mean = h[row] * m[A.indices]
    fourth = np.bincount(
        row, weights=(A.data - mean) ** 4 - mean**4, minlength=A.shape[0]
    )
    return float((length**2 - fourth - h**4 * (m**4).sum()).sum())
