"""Ridge regressions of each item on its own few neighbours, and on shared terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve_triangular

from sktransfer._core.sparse import is_sparse
from sktransfer.recommend._lapack import lapack_routine
from sktransfer.recommend._sparse_topk import keep_largest, row_thresholds

_DENSE_ENTRIES = 1 << 25  # 128 MB of float32: up to 5,792 items
SHARED_PENALTY = 1e-4  # of the weight of a shared term, relative to its energy


def fits_dense(n_items: int) -> bool:
    """Whether a Gram matrix is used as a dense one, faster to read."""
    return n_items**2 <= _DENSE_ENTRIES


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
    """
    systems = _Systems(gram, cross, n_terms, l2, diagonal)
    solved = np.zeros(systems.products.size, dtype=systems.dtype)
    exact = np.ones(systems.n_items, dtype=bool)
    posv = lapack_routine("posv", solved.dtype)
    for j, own, A in systems:
        # the transpose is Fortran-contiguous
        _, solved[own], info = posv(A.T, systems.products[own], overwrite_a=1)
        exact[j] = info == 0
    # larger weights need an eigenvalue below l2, as a pruned Gram matrix may have;
    # asked of all columns at once, which is faster than of each
    bound = systems.norms(systems.products) / l2 * (1 + 1e-3)
    exact &= systems.norms(solved) <= bound
    for _, own, A in systems.chosen(np.flatnonzero(~exact)):
        solved[own] = _lifted_solution(A, systems.products[own], l2)
    return systems.weights(solved)


def local_and_shared_ridge(
    gram: Any,
    terms: Any,
    *,
    l2: float,
    diagonal: NDArray[np.floating],
    shared: NDArray[np.floating],
    shared_products: NDArray[np.floating],
    cut: NDArray[np.bool_] | None = None,
) -> tuple[sparse.csr_array, NDArray[np.floating]]:
    r"""Weights of items on each other: sparse ones, and those of shared combinations.

    For item j with its terms K, the weights of all items are :math:`b = R_j c` with
    :math:`R_j = [I_K, F - e_j f_j^\top]`: any weights on K, and any combination of the
    columns of F, in which item j itself has no part. Of these the best by the objective
    of all weights is

    .. math:: c = (R_j^\top (G + \lambda I) R_j)^{-1} R_j^\top G_j.

    Every system is assembled from :math:`G_{KK}`, :math:`G_{Kj}` and :math:`G F`, so
    time and memory grow linearly with the number of items.
    """
    n_items, n_shared = shared.shape
    systems = _Systems(gram, terms, n_items, l2, diagonal)
    solved = np.zeros(systems.products.size, dtype=systems.dtype)
    W = np.zeros((n_items, n_shared), dtype=systems.dtype)
    if cut is not None:
        systems.explained = explained_products(shared, shared_products, cut)
    E = shared_products + l2 * shared
    M = shared.T @ E
    M[np.diag_indices(n_shared)] += SHARED_PENALTY
    posv = lapack_routine("posv", M.dtype)
    for j, own, A in systems:
        f, e = shared[j], E[j]
        penalised = systems.penalised[j]
        products = systems.products[own]
        K = systems.indices[own]
        k = K.size
        S = np.empty((k + n_shared, k + n_shared), dtype=systems.dtype)
        y = np.empty(k + n_shared, dtype=systems.dtype)
        unit = 1 / systems.scale[K]  # a diagonal of 1, as M has
        S[:k, :k] = A * (unit[:, None] * unit)
        S[k:, :k] = ((E[K] - products[:, None] * f) * unit[:, None]).T
        S[k:, k:] = M - f[:, None] * e - (e - penalised * f)[:, None] * f
        y[:k] = products * unit
        y[k:] = e - penalised * f
        # the transpose is Fortran-contiguous; its upper triangle is the lower of S
        _, c, info = posv(S.T, y, lower=0, overwrite_a=1)
        # no regression explains more than there is
        if info == 0 and c @ y <= diagonal[j] * (1 + 1e-3):
            solved[own] = c[:k] * unit
            W[j] = c[k:]
        else:
            solved[own] = _solve(A, products, l2)
    items = np.arange(n_items)
    own_part = sparse.csr_array(
        (-np.einsum("ij,ij->i", shared, W), (items, items)), shape=gram.shape
    )
    weights = sparse.csr_array(systems.weights(solved) + own_part)
    return weights, np.ascontiguousarray(W.T)


def explained_products(
    shared: NDArray[np.floating],
    shared_products: NDArray[np.floating],
    cut: NDArray[np.bool_],
) -> NDArray[np.floating] | None:
    """Rows whose products are what shared terms explain of entries that were cut."""
    if not (cut.any() and shared.shape[1]):
        return None
    L = np.linalg.cholesky((shared.T @ shared_products).astype(np.float64))
    T = solve_triangular(L, shared_products.T, lower=True).T.astype(shared.dtype)
    return np.where(cut[:, None], T, 0)


def entries_of(
    gram: Any,
    K: NDArray[np.integer],
    place: NDArray[np.int32],
    explained: NDArray[np.floating] | None,
) -> NDArray[np.floating]:
    """Dense rows and columns K; for entries that are not stored what is explained."""
    A = _entries(gram, K, place)
    if explained is None:
        return A
    T = explained[K]
    return np.where(A == 0, T @ T.T, A)


class _Systems:
    """The terms of each column, and the systems of equations of their weights."""

    def __init__(
        self,
        gram: Any,
        cross: Any,
        n_terms: int,
        l2: float,
        diagonal: NDArray[np.floating] | None,
    ) -> None:
        if is_sparse(gram):
            gram = sparse.csr_array(gram)
            if fits_dense(gram.shape[0]):
                gram = gram.toarray()
            elif not gram.has_canonical_format:
                gram = gram.copy()
                gram.sum_duplicates()
        if diagonal is None:
            diagonal = gram.diagonal()
        self.gram, self.dtype = gram, gram.dtype
        self.penalised = (diagonal + l2).astype(gram.dtype, copy=False)
        self.scale = np.sqrt(self.penalised)
        # row j: the terms of item j, in order of their index
        terms = sparse.csr_array(sparse.csc_array(cross).T)
        data = terms.data / self.scale[terms.indices]
        terms = sparse.csr_array((data, terms.indices, terms.indptr), terms.shape)
        terms = _at_least(terms, row_thresholds(terms, n_terms))
        terms.sort_indices()
        terms = keep_largest(terms, n_terms)
        self.indices, self.indptr = terms.indices, terms.indptr
        self.products = terms.data * self.scale[terms.indices]
        # rows whose products stand for entries that are left out
        self.explained: NDArray[np.floating] | None = None

    @property
    def n_items(self) -> int:
        """Number of columns."""
        return self.gram.shape[0]

    def __iter__(self) -> Iterator[tuple[int, slice, NDArray[np.floating]]]:
        """Columns with terms, where the terms are, and their penalised Gram matrix."""
        return self.chosen(np.arange(self.n_items))

    def chosen(
        self, items: NDArray[np.integer]
    ) -> Iterator[tuple[int, slice, NDArray[np.floating]]]:
        """The same of some columns."""
        place = np.full(self.n_items, -1, dtype=np.int32)
        dense = isinstance(self.gram, np.ndarray)
        entries = self.gram.ravel() if dense else np.empty(0)
        columns = self.indices.astype(np.intp, copy=False)
        rows = columns * self.n_items
        items = items[np.diff(self.indptr)[items] > 0]
        starts, stops = self.indptr[items], self.indptr[items + 1]
        for j, start, stop in zip(items.tolist(), starts.tolist(), stops.tolist()):
            own = slice(start, stop)
            K = columns[own]
            if dense:
                A = entries.take(rows[own][:, None] + K)
            else:
                A = _entries(self.gram, K, place)
            if self.explained is not None:
                T = self.explained[K]
                A = np.where(A == 0, T @ T.T, A)
            A.flat[:: K.size + 1] = self.penalised[K]
            yield j, own, A

    def norms(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Norm of the values of each column."""
        norms = np.zeros(self.n_items)
        filled = np.flatnonzero(np.diff(self.indptr))
        if filled.size:
            squares = np.square(values, dtype=np.float64)
            norms[filled] = np.sqrt(np.add.reduceat(squares, self.indptr[filled]))
        return norms

    def weights(self, solved: NDArray[np.floating]) -> sparse.csr_array:
        """The solutions in the columns of a matrix."""
        B = (solved, self.indices, self.indptr)
        return sparse.csr_array(B, shape=self.gram.shape).T.tocsr()


def _at_least(X: sparse.csr_array, least: NDArray[np.floating]) -> sparse.csr_array:
    """The entries of each row that are not below a number."""
    lengths = np.diff(X.indptr)
    keep = ~(X.data < np.repeat(least, lengths))  # NaN is kept, so that it is seen
    before = np.r_[0, np.cumsum(keep)]
    return sparse.csr_array(
        (X.data[keep], X.indices[keep], before[X.indptr]), shape=X.shape
    )


def _entries(
    gram: Any, K: NDArray[np.integer], place: NDArray[np.int32]
) -> NDArray[np.floating]:
    """Dense rows and columns K of a symmetric matrix, of which parts may be stored.

    An entry that is not stored is read from its mirror image. Whole rows are read,
    which is faster than a search for each entry. `place` is -1 everywhere, before and
    after.
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


def _solve(
    A: NDArray[np.floating], y: NDArray[np.floating], l2: float
) -> NDArray[np.floating]:
    """Solution of A x = y; if too large, with eigenvalues of A raised to l2."""
    posv = lapack_routine("posv", A.dtype)
    _, x, info = posv(A, y)
    size, bound = (np.linalg.norm(v.astype(np.float64)) for v in (x, y))
    if info == 0 and size <= bound / l2 * (1 + 1e-3):
        return x
    return _lifted_solution(A, y, l2)


def _lifted_solution(
    A: NDArray[np.floating], y: NDArray[np.floating], l2: float
) -> NDArray[np.floating]:
    """Solution of A x = y with the eigenvalues of A raised to l2 at least."""
    if not np.isfinite(A).all():
        raise np.linalg.LinAlgError("The Gram matrix is not finite.")
    values, vectors = np.linalg.eigh(A)
    # what rounding leaves of an eigenvalue of 0 is no eigenvalue
    least = max(l2, values.size * np.finfo(A.dtype).eps * values[-1])
    return vectors @ ((vectors.T @ y) / np.maximum(values, least))
