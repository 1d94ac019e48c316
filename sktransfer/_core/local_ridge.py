"""Ridge regressions of each item on its own few neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import get_lapack_funcs

from sktransfer._core.sparse_topk import keep_largest

_DENSE_ENTRIES = 1 << 25  # 128 MB of float32: up to 5,792 items


def local_ridge(
    gram: Any,
    cross: Any,
    *,
    n_terms: int,
    l2: float,
    diagonal: NDArray[np.floating] | None = None,
) -> sparse.csr_array:
    r"""Sparse weights that predict each column from a few others.

    For column j, with K the `n_terms` rows i of the largest
    :math:`C_{ij} / \sqrt{G_{ii} + \lambda}`,

    .. math:: B_{Kj} = (G_{KK} + \lambda I)^{-1} C_{Kj},

    and 0 elsewhere: ridge regression in closed form on the terms that matter to j. Time
    and memory grow linearly with the number of columns; with `n_terms` of at least that
    number it is the ridge regression on all.

    Parameters
    ----------
    gram : {ndarray, CSR} of shape (n_items, n_items)
        Gram matrix G of the inputs. Of a sparse one, entries may be left out: one of
        two mirrored entries is enough, and eigenvalues below :math:`\lambda` that this
        gives :math:`G_{KK} + \lambda I` are lifted to it where they would make weights
        large.
    cross : CSR of shape (n_items, n_items)
        Products C of inputs (rows) and outputs (columns).
    n_terms : int
        Number of terms K of a regression, at least 1.
    l2 : float
        Strength :math:`\lambda` of the penalty, above 0.
    diagonal : ndarray of shape (n_items,), default=None
        Diagonal of G, where the entries are given without it.

    Returns
    -------
    B : csr_array of shape (n_items, n_items)
        The weights, at most `n_terms` in a column.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the Gram matrix is not finite.
    """
    n_items = gram.shape[0]
    if sparse.issparse(gram):
        gram = sparse.csr_array(gram)
        if not gram.has_canonical_format:
            gram = gram.copy()
            gram.sum_duplicates()
        if n_items**2 <= _DENSE_ENTRIES:
            gram = gram.toarray()
    if diagonal is None:
        diagonal = gram.diagonal()
    penalised = (diagonal + l2).astype(gram.dtype, copy=False)
    scale = np.sqrt(penalised)
    # row j: the terms of item j, in order of their index
    terms = sparse.csr_array(sparse.csr_array(cross).T.tocsr(), copy=True)
    terms.data = terms.data / scale[terms.indices]
    terms.sort_indices()
    terms = keep_largest(terms, n_terms)
    products = terms.data * scale[terms.indices]
    solved = np.zeros(terms.nnz, dtype=gram.dtype)
    place = np.full(n_items, -1, dtype=np.int32)
    dense = isinstance(gram, np.ndarray)
    posv = get_lapack_funcs("posv", (gram if dense else gram.data,))

    def system(own: slice) -> NDArray[np.floating]:
        K = terms.indices[own]
        G = gram[K[:, None], K] if dense else _entries(gram, K, place)
        G.flat[:: K.size + 1] = penalised[K]
        return G

    filled = np.flatnonzero(np.diff(terms.indptr))
    starts, stops = terms.indptr[filled], terms.indptr[filled + 1]
    columns = list(map(slice, starts.tolist(), stops.tolist()))
    exact = np.empty(filled.size, dtype=bool)
    for j, own in enumerate(columns):
        _, solved[own], info = posv(system(own), products[own])
        exact[j] = info == 0
    # larger weights need an eigenvalue below l2, as a pruned Gram matrix may have
    bound = _norms(products, starts) / l2 * (1 + 1e-3)
    exact &= _norms(solved, starts) <= bound
    for j in np.flatnonzero(~exact):
        own = columns[j]
        solved[own] = _lifted_solution(system(own), products[own], l2)
    B = sparse.csr_array((solved, terms.indices, terms.indptr), shape=terms.shape)
    return B.T.tocsr()


def _entries(
    gram: Any, K: NDArray[np.integer], place: NDArray[np.int32]
) -> NDArray[np.floating]:
    """Dense rows and columns K of a sparse matrix; one of two mirrored entries will do.

    Whole rows are read and placed: faster than to search each of their entries. `place`
    is -1 everywhere, and is so again at the end.
    """
    start, length = gram.indptr[K], gram.indptr[K + 1] - gram.indptr[K]
    place[K] = np.arange(K.size)
    rows = [gram.indices[a : a + n] for a, n in zip(start, length)]
    column = place[np.concatenate(rows)]
    place[K] = -1
    there = np.flatnonzero(column >= 0)
    row = np.repeat(np.arange(K.size), length)[there]
    before = np.cumsum(length) - length
    G = np.zeros((K.size, K.size), dtype=gram.dtype)
    G[row, column[there]] = gram.data[there + (start - before)[row]]
    return np.where(G == 0, G.T, G)


def _norms(
    values: NDArray[np.floating], starts: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Norms of consecutive parts of a vector."""
    if starts.size == 0:
        return np.empty(0)
    return np.sqrt(np.add.reduceat(np.square(values, dtype=np.float64), starts))


def _lifted_solution(
    A: NDArray[np.floating], y: NDArray[np.floating], l2: float
) -> NDArray[np.floating]:
    """Solution of A x = y with the eigenvalues of A lifted to l2 at least."""
    if not np.isfinite(A).all():
        raise np.linalg.LinAlgError("The Gram matrix is not finite.")
    values, vectors = np.linalg.eigh(A)
    # what rounding leaves of an eigenvalue of 0 is no eigenvalue
    least = max(l2, values.size * np.finfo(A.dtype).eps * values[-1])
    return vectors @ ((vectors.T @ y) / np.maximum(values, least))
