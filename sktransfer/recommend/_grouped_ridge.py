"""Ridge regressions of similar items at once, on the neighbours that they share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import entry_rows, is_sparse
from sktransfer.recommend._lapack import lapack_routine
from sktransfer.recommend._local_ridge import (
    SHARED_PENALTY,
    entries_of,
    explained_products,
    local_and_shared_ridge,
)


class _Problem(NamedTuple):
    """What the systems of all groups are assembled from."""

    gram: Any
    diagonal: NDArray[np.floating]
    l2: float
    shared: NDArray[np.floating]  # F
    penalised_products: NDArray[np.floating]  # (G + l2 I) F
    system: NDArray[np.float64]  # F' (G + l2 I) F
    explained: NDArray[np.floating] | None
    place: NDArray[np.int32]  # -1 everywhere between calls

    def solution(self, U: NDArray[np.intp], group: NDArray[np.intp]) -> Any:
        """Weights on U and on F of the items of a group, and which are fine."""
        m, n = U.size, U.size + self.shared.shape[1]
        unit = 1 / np.sqrt(self.diagonal[U] + self.l2)
        own = (np.searchsorted(U, group), np.arange(group.size))
        if is_sparse(self.gram):
            A = entries_of(self.gram, U, self.place, self.explained)
        else:
            A = self.gram[np.ix_(U, U)]
        S = np.empty((n, n))  # in double precision: systems may be near singular
        S[:m, :m] = A * (unit[:, None] * unit)
        S[np.arange(m), np.arange(m)] = 1
        S[m:, :m] = (self.penalised_products[U] * unit[:, None]).T
        S[m:, m:] = self.system
        R = np.zeros((n, group.size), order="F")
        R[own] = unit[own[0]]
        R[m:] = self.shared[group].T
        # the transpose is Fortran-contiguous; its upper triangle is the lower of S
        posv = lapack_routine("posv", S.dtype)
        _, Y, info = posv(S.T, R, lower=0, overwrite_a=1)
        d = np.einsum("ij,ij->j", R, Y)
        # no regression explains more than there is
        least = self.l2 - 1e-3 * self.diagonal[group]
        fine = (info == 0) & (d > 0) & (d * least <= 1)
        C = np.where(fine, -Y / np.where(fine, d, 1), 0)
        B, W = C[:m] * unit[:, None], C[m:].T
        B[own] = -np.einsum("ij,ij->i", self.shared[group], W)
        return B.T.astype(self.shared.dtype), W, fine


def grouped_ridge(
    gram: Any,
    terms: sparse.csr_array,
    groups: list[NDArray[np.intp]],
    *,
    n_neighbors: int,
    cut: NDArray[np.bool_],
    **given: Any,
) -> tuple[sparse.csr_array, NDArray[np.floating]]:
    r"""Weights of items on the neighbours U of their group, and of shared combinations.

    The weights of item j are :math:`b = R c` with :math:`R = [I_U, F]` and
    :math:`b_j = 0`. With :math:`M = R^\top (G + \lambda I) R` and r the row j of R, the
    best ones are those of EASE,

    .. math:: b = e_j - R M^{-1} r / (r^\top M^{-1} r),

    so that one Cholesky factor serves all items of a group. Where a pruned Gram matrix
    is indefinite, items are regressed one by one; `given` are the arguments of
    `local_and_shared_ridge`.
    """
    problem = _problem(gram, cut=cut, **given)
    n_items, n_shared = problem.shared.shape
    scale = np.sqrt(problem.diagonal + problem.l2)
    W = np.zeros((n_items, n_shared), dtype=problem.shared.dtype)
    neighbours = [
        _shared_neighbours(terms, group, scale, n_neighbors + 1) for group in groups
    ]
    lengths = np.zeros(n_items, dtype=np.int64)
    for group, U in zip(groups, neighbours):
        lengths[group] = U.size
    indptr = np.r_[0, np.cumsum(lengths)]
    data = np.empty(indptr[-1], dtype=problem.shared.dtype)
    indices = np.empty(data.size, dtype=np.int32)
    failed = [np.empty(0, dtype=np.intp)]
    for group, U in zip(groups, neighbours):
        B, W[group], fine = problem.solution(U, group)
        places = indptr[group][:, None] + np.arange(U.size)
        data[places], indices[places] = B, U  # 0 where not fine
        failed.append(group[~fine])
    weights = sparse.csr_array((data, indices, indptr), shape=gram.shape).T.tocsr()
    rest = np.concatenate(failed)
    if rest.size:
        alone = _only_rows(terms, rest).T
        B, V = local_and_shared_ridge(gram, alone, cut=cut, **given)
        weights, W[rest] = sparse.csr_array(weights + B), V.T[rest]
    return weights, np.ascontiguousarray(W.T)


def _problem(
    gram: Any,
    *,
    l2: float,
    diagonal: NDArray[np.floating],
    shared: NDArray[np.floating],
    shared_products: NDArray[np.floating],
    cut: NDArray[np.bool_],
) -> _Problem:
    explained = explained_products(shared, shared_products, cut)
    E = shared_products + l2 * shared
    M = (shared.T @ E).astype(np.float64)
    M[np.diag_indices(shared.shape[1])] += SHARED_PENALTY
    place = np.full(diagonal.size, -1, dtype=np.int32)
    return _Problem(gram, diagonal, l2, shared, E, M, explained, place)


def _shared_neighbours(
    terms: sparse.csr_array, group: NDArray[np.intp], scale: Any, size: int
) -> NDArray[np.intp]:
    """The items of a group and those nearest to all of it, in order."""
    own = terms[group]
    nearness = own.data / scale[own.indices] / scale[group][entry_rows(own)]
    items, number = np.unique(own.indices, return_inverse=True)
    total = np.bincount(number, weights=np.square(nearness, dtype=np.float64))
    total[np.isin(items, group)] = 0
    n_others = max(size - group.size, 0)
    nearest = items[np.argsort(-total, kind="stable")[:n_others]]
    return np.union1d(group, nearest)


def _only_rows(terms: sparse.csr_array, rows: NDArray[np.intp]) -> sparse.csr_array:
    """The same with all other rows empty."""
    kept = np.zeros(terms.shape[0], dtype=bool)
    kept[rows] = True
    there = kept[entry_rows(terms)]
    indptr = np.r_[0, np.cumsum(there)][terms.indptr]
    return sparse.csr_array(
        (terms.data[there], terms.indices[there], indptr), shape=terms.shape
    )
