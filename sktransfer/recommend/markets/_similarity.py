"""Similarity of markets: how alike their items' profiles of co-occurrence are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import entry_rows
from sktransfer._core.topk import row_blocks

_DAMPING = 5  # users: profiles of items with few users are noise, so they shrink
_SAFE_SIZE = 0.5  # a market of half the target's interactions does not outvote it


class MarketEvidence(NamedTuple):
    """Similarity of each source market to the target, and the noise in its profiles."""

    similarity: NDArray[np.float64]  # from 0 to 1
    noise: NDArray[np.float64]  # variance of sampling, in units of that of the signal


class _Market(NamedTuple):
    r"""Residuals :math:`R = A - h m^\top` of a market, and what their products need.

    A is sparse, R is not. So :math:`R^\top R = A^\top A + m v^\top + v m^\top`, with
    :math:`v = (h^\top h / 2) m - A^\top h`, is never computed as a whole: products with
    the sparse part and with the "outer part" :math:`m v^\top + v m^\top` are added.
    """

    A: Any  # CSR of float64 (n_rows, n_items), columns scaled
    transposed: Any
    m: NDArray[np.float64]  # share of each item, scaled alike
    v: NDArray[np.float64]  # see above
    own: float  # sum over users of the squared norm of their part of the Gram matrix


def market_evidence(
    markets: Sequence[Any],
    target: Any,
    weights: Sequence[NDArray[np.floating]] | None = None,
) -> MarketEvidence:
    r"""Similarity of the item profiles of each market to the target's.

    The profile of an item shows which items it is taken together with more often than
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
    markets without a common taste have one near 0. What is left out, as a multiple of
    :math:`\langle G, G \rangle'`, is the noise in the profiles of the market.
    """
    matrices = [*markets, target]
    if weights is None:
        weights = [np.ones(A.shape[0]) for A in matrices]
    groups = [_residuals(A, w) for A, w in zip(matrices, weights)]
    last = len(groups) - 1
    norms, cross, gross = np.zeros((3, len(groups)))
    n_items = target.shape[1]
    for items in row_blocks(n_items, n_items):
        for g in range(last, -1, -1):  # the target first
            G = _gram_rows(groups[g], items)
            if g == last:
                G_target = G
            gross[g] += (G.data**2).sum()
            norms[g] += _twice_times_outer_part(groups[g], G, items)
            cross[g] += G.multiply(G_target).sum()
            cross[g] += _twice_times_outer_part(groups[last], G, items) / 2
            cross[g] += _twice_times_outer_part(groups[g], G_target, items) / 2
    norms += gross
    for g, group in enumerate(groups):
        norms[g] += _outer_part_products(group, group)
        cross[g] += _outer_part_products(group, groups[last])
    norms[norms <= 1e-12 * gross] = 0  # rounding left of nothing
    own = np.array([group.own for group in groups])
    between = norms - own
    between[between <= 1e-12 * gross] = 0
    noise = np.full(last, np.inf)
    np.divide(own[:-1], between[:-1], out=noise, where=between[:-1] > 0)
    usable = (between[:-1] > 0) & (between[-1] > 0)
    square = np.where(usable, between[:-1] * between[-1], norms[:-1] * norms[-1])
    scale = np.sqrt(np.maximum(square, 0))
    similarity = np.zeros(last)
    np.divide(cross[:-1], scale, out=similarity, where=scale > 0)
    return MarketEvidence(np.clip(similarity, 0, 1), noise)


def evidence_weights(
    evidence: MarketEvidence, size: NDArray[np.floating]
) -> NDArray[np.float64]:
    r"""Weights of the rows of each source market, where those of the target count 1.

    Take the target's true profiles as drawn around those of the source, with
    correlation :math:`\rho`. Then the best linear estimate of them adds each source row
    with the weight

    .. math:: w = \rho \, \frac{q}{1 + q - \rho^2},

    q the noise of the source. It is 1 for equal markets. For :math:`\rho < 1` it falls
    as the source grows: all its rows together are worth a fixed number of target rows,
    because more of them do not tell how the target differs. A market that would have
    at most half of the target's interactions counts :math:`\rho` in any case, scaled
    to that half where it is larger.
    """
    rho, q = evidence
    factor, rest = np.ones_like(rho), 1 + q - rho**2
    np.divide(q, rest, out=factor, where=np.isfinite(q) & (rest > 0))
    safe = _SAFE_SIZE / np.maximum(size, _SAFE_SIZE)
    return rho * np.maximum(factor, safe)


def _residuals(X: Any, w: NDArray[np.floating]) -> _Market:
    A = sparse.csr_array(X, dtype=np.float64, copy=True)
    root = np.repeat(np.sqrt(w.astype(np.float64)), np.diff(A.indptr))
    n_items = A.shape[1]
    taken = np.bincount(A.indices, weights=A.data * root**2, minlength=n_items)
    A.data *= root
    A.eliminate_zeros()
    square = np.bincount(A.indices, weights=A.data**2, minlength=n_items)
    if A.nnz:  # in the unit of the squared values
        square += _DAMPING * (A.data**2).mean()
    scale = 1 / np.sqrt(np.where(square > 0, square, 1))
    h = np.asarray(A.sum(axis=1)).ravel()
    total = taken.sum()
    m = scale * taken / total if total != 0 else np.zeros(n_items)
    A.data *= scale[A.indices]
    v = (h @ h) / 2 * m - A.T @ h
    return _Market(A, A.T.tocsr(), m, v, _own_products(A, h, m))


def _gram_rows(group: _Market, items: slice) -> Any:
    """Rows of A.T @ A without its diagonal."""
    G = (group.transposed[items] @ group.A).tocsr()
    row = entry_rows(G)
    G.data[G.indices == row + items.start] = 0
    return G


def _twice_times_outer_part(group: _Market, G: Any, items: slice) -> float:
    """Twice the sum of products of rows of G with a market's outer part."""
    m, v = group.m, group.v
    return float(2 * (m[items] @ (G @ v) + v[items] @ (G @ m)))


def _outer_part_products(a: _Market, b: _Market) -> float:
    """Sum of products of the outer parts of two markets, off the diagonal."""
    whole = (a.v @ b.m) * (a.m @ b.v) + (a.v @ b.v) * (a.m @ b.m)
    return float(2 * whole - 4 * (a.m * a.v * b.m * b.v).sum())


def _own_products(A: Any, h: NDArray, m: NDArray) -> float:
    r"""Sum over users of the squared norm of :math:`r_u r_u^\top` off its diagonal."""
    square = np.asarray(A.multiply(A).sum(axis=1)).ravel()
    length = square - 2 * h * (A @ m) + h**2 * (m @ m)
    row = entry_rows(A)
    mean = h[row] * m[A.indices]
    fourth = np.bincount(
        row, weights=(A.data - mean) ** 4 - mean**4, minlength=A.shape[0]
    )
    return float((length**2 - fourth - h**4 * (m**4).sum()).sum())
