"""Ridge regressions of each item on its own few neighbours, in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse_topk import keep_largest

_BATCH_ENTRIES = 1 << 21  # of the small matrices that are solved at once
_DENSE_ENTRIES = 1 << 25  # 128 MB of float32: up to 5,792 items


def local_ridge(gram: Any, cross: Any, *, n_terms: int, l2: float) -> sparse.csr_array:
    r"""Sparse weights that predict each column from a few others.

    For column j, with K the `n_terms` rows i of the largest
    :math:`C_{ij} / \sqrt{G_{ii} + \lambda}`,

    .. math:: B_{Kj} = (G_{KK} + \lambda I)^{-1} C_{Kj},

    and 0 elsewhere: ridge regression in closed form on the terms that matter to j. Time
    and memory grow linearly with the number of columns; with `n_terms` of at least that
    number it is the ridge regression on all.

    Parameters
    ----------
    gram : CSR of shape (n_items, n_items)
        Gram matrix G of the inputs: symmetric, not negative. Entries may be left out:
        eigenvalues below :math:`\lambda` that this gives :math:`G_{KK} + \lambda I` are
        lifted to it where they would make weights large.
    cross : CSR of shape (n_items, n_items)
        Products C of inputs (rows) and outputs (columns).
    n_terms : int
        Number of terms K of a regression, at least 1.
    l2 : float
        Strength :math:`\lambda` of the penalty, above 0.

    Returns
    -------
    B : csr_array of shape (n_items, n_items)
        The weights, at most `n_terms` in a column.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a system is singular in this precision.
    """
    n_items = gram.shape[0]
    gram = sparse.csr_array(gram)
    gram.sum_duplicates()
    lookup = gram.toarray() if n_items**2 <= _DENSE_ENTRIES else gram
    scale = np.sqrt(gram.diagonal() + l2).astype(gram.dtype, copy=False)
    # row j: the terms of item j, in order of their index
    terms = sparse.csr_array(sparse.csr_array(cross).T.tocsr(), copy=True)
    terms.data = terms.data / scale[terms.indices]
    terms.sort_indices()
    terms = keep_largest(terms, n_terms)
    products = terms.data * scale[terms.indices]
    lengths = np.diff(terms.indptr)
    solved = np.zeros(terms.nnz, dtype=gram.dtype)
    order = np.argsort(lengths, kind="stable")  # batches of similar size
    order = order[lengths[order] > 0]
    start = 0
    while start < order.size:
        k = int(lengths[order[start]])
        # lengths ascend: a batch may grow to the first of twice the length
        stop = int(np.searchsorted(lengths[order], 2 * k, side="right"))
        stop = min(stop, start + max(1, _BATCH_ENTRIES // (4 * k * k)))
        items = order[start:stop]
        place = np.arange(lengths[items].max())
        there = place < lengths[items][:, None]
        where = (terms.indptr[items][:, None] + place)[there]
        solved[where] = _solve(lookup, terms.indices[where], products[where], there, l2)
        start = stop
    B = sparse.csr_array((solved, terms.indices, terms.indptr), shape=terms.shape)
    return B.T.tocsr()


def _solve(
    gram: Any,
    terms: NDArray[np.integer],
    products: NDArray[np.floating],
    there: NDArray[np.bool_],
    l2: float,
) -> NDArray[np.floating]:
    """Weights of a batch of regressions, padded to the same number of terms."""
    ids = np.zeros(there.shape, dtype=np.int64)
    ids[there] = terms
    k = there.shape[1]
    rows, columns = np.broadcast_arrays(ids[:, :, None], ids[:, None, :])
    if sparse.issparse(gram):
        G = np.asarray(gram[rows.ravel(), columns.ravel()]).reshape(rows.shape)
    else:
        G = gram[rows, columns]
    G = G * (there[:, :, None] & there[:, None, :])
    diagonal = np.arange(k)
    G[:, diagonal, diagonal] += np.where(there, l2, 1).astype(G.dtype)
    y = np.zeros(there.shape, dtype=G.dtype)
    y[there] = products
    x = np.linalg.solve(G, y[:, :, None])[:, :, 0]
    # larger weights need an eigenvalue below l2, as a pruned Gram matrix may have
    size, bound = (np.einsum("ij,ij->i", v, v) for v in (x, y / l2))
    wild = np.flatnonzero(~(size <= bound * (1 + 1e-3)))
    if wild.size:
        values, vectors = np.linalg.eigh(G[wild])
        z = np.einsum("ikl,ik->il", vectors, y[wild]) / np.maximum(values, l2)
        x[wild] = np.einsum("ikl,il->ik", vectors, z)
    return x[there]
