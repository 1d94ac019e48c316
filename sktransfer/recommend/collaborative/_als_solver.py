"""Exact sweeps of weighted matrix factorisation for implicit feedback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from sktransfer.recommend._lapack import lapack_routine
from sktransfer.recommend._singular_vectors import right_singular_vectors

_BATCH_ENTRIES = 1 << 18  # of the factors gathered at once: 1 MB of float32
_FEW_FACTORS = 512
_MOST_FACTORS = 20_000  # 3 GB for a matrix of them
_ROUNDING = 8  # error of a solution in units of the rounding of a number


class Whitened(NamedTuple):
    """Factors in coordinates in which their penalised Gram matrix is the identity."""

    factors: NDArray[np.floating]  # Z = Y T, (n_columns, n_factors)
    transform: NDArray[np.floating]  # T with T T' = (G + l2 I)^-1


def whiten(
    factors: NDArray[np.floating], gram: NDArray[np.floating], l2: float
) -> Whitened:
    """Change the coordinates of factors."""
    identity = np.eye(gram.shape[0])
    L = np.linalg.cholesky(gram.astype(np.float64) + l2 * identity)
    if L.diagonal().min() < np.finfo(factors.dtype).tiny:
        raise np.linalg.LinAlgError("The penalised Gram matrix is singular.")
    T = solve_triangular(L, identity, lower=True).T.astype(factors.dtype)
    return Whitened(factors @ T, T)


def solve_rows(
    confidence: Any, target: NDArray[np.floating], whitened: Whitened
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    r"""Exact ridge regressions of all rows on the factors of their columns.

    For row u with stored columns S, values d of `confidence` and t of `target`,

    .. math:: x_u = (G + \lambda I + Y_S^\top \operatorname{diag}(d) Y_S)^{-1}
              Y_S^\top t = T \, (I + A^\top A)^{-1} Z_S^\top t,

    with :math:`Z = Y T` and :math:`A = \operatorname{diag}(d)^{1/2} Z_S`. As
    :math:`Z^\top W Z \preceq I`, with the weights W of the columns, the eigenvalues of
    :math:`I + A^\top A` lie between 1 and 1 + the largest confidence, and few are far
    from 1: some steps of conjugate gradients reach the precision of the dtype, and as
    the error is at most the residual, it is known. Where they do not reach it, systems
    are factorised, of rows shorter than the number of factors the smaller
    :math:`I + A A^\top`.
    """
    Z = whitened.factors
    n_factors = Z.shape[1]
    solved = np.zeros((confidence.shape[0], n_factors), dtype=Z.dtype)
    gain = np.zeros(confidence.shape[0], dtype=Z.dtype)
    # what so many steps do not solve, a factorisation solves in about their time
    n_steps = max(8, n_factors // 4)
    for rows, where, there in _batches(confidence.indptr, n_factors):
        A = Z.take(confidence.indices[where], axis=0)
        d = np.where(there, confidence.data[where], 0)
        t = np.where(there, target[where], 0)
        y = (t[:, None] @ A)[:, 0]
        x = _conjugate_gradients(A, d, y, n_steps) if n_steps else None
        if x is None:
            n_steps = 0  # the other rows are not shorter
            x = _factorised(A, d, t)
        solved[rows] = x
        gain[rows] = np.einsum("bf,bf->b", x, y)
    return solved, gain


def _conjugate_gradients(
    A: NDArray[np.floating],
    d: NDArray[np.floating],
    y: NDArray[np.floating],
    n_steps: int,
) -> NDArray[np.floating] | None:
    """Solutions of (I + A[b]' diag(d[b]) A[b]) x[b] = y[b] to rounding, else None."""
    tiny = np.finfo(y.dtype).tiny
    size = np.maximum(np.abs(y).max(axis=1, keepdims=True), tiny)
    x = np.zeros_like(y)
    r = y / size
    p = r
    norm = np.einsum("bf,bf->b", r, r)
    enough = (_ROUNDING * np.finfo(y.dtype).eps) ** 2 * norm
    with np.errstate(over="ignore", invalid="ignore"):  # then it does not converge
        for _ in range(n_steps):
            products = (A @ p[:, :, None])[:, :, 0]
            products *= d
            q = (products[:, None] @ A)[:, 0]
            q += p
            step = norm / np.maximum(np.einsum("bf,bf->b", p, q), tiny)
            x += step[:, None] * p
            r = r - step[:, None] * q
            before, norm = norm, np.einsum("bf,bf->b", r, r)
            if (norm <= enough).all():
                return x * size
            p = r + (norm / np.maximum(before, tiny))[:, None] * p
    return None


def _factorised(
    A: NDArray[np.floating], d: NDArray[np.floating], t: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Solutions of (I + A[b]' diag(d[b]) A[b]) x[b] = A[b]' t[b]; A is overwritten."""
    root = np.sqrt(d)
    r = np.divide(t, root, out=np.zeros_like(t), where=root > 0)
    A *= root[:, :, None]
    transposed = A.transpose(0, 2, 1)
    if A.shape[1] < A.shape[2]:
        return (_solve_each(A @ transposed, r)[:, None] @ A)[:, 0]
    return _solve_each(transposed @ A, (r[:, None] @ A)[:, 0])


def _solve_each(
    M: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Solutions of (I + M[b]) x[b] = y[b]; M is overwritten."""
    posv = lapack_routine("posv", M.dtype)
    diagonal = np.arange(M.shape[1])
    M[:, diagonal, diagonal] += 1
    x = np.empty_like(y)
    for b in range(len(M)):
        # M[b].T is Fortran-contiguous, so LAPACK works in its memory
        _, x[b], info = posv(M[b].T, y[b], lower=0, overwrite_a=1)
        if info != 0:
            raise np.linalg.LinAlgError("A system is not positive definite.")
    return x


def _batches(
    indptr: NDArray[np.integer], n_factors: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
    """Rows of similar length: where their entries are stored, and which there are."""
    lengths = np.diff(indptr)
    order = np.argsort(lengths, kind="stable")
    order = order[np.searchsorted(lengths[order], 1) :]
    lengths = lengths[order]
    start = 0
    while start < order.size:
        # at most a quarter of padding, and short and long rows apart
        longest = lengths[start] + lengths[start] // 4
        if lengths[start] < n_factors:
            longest = min(longest, n_factors - 1)
        stop = int(np.searchsorted(lengths, longest, side="right"))
        stop = min(stop, start + max(1, _BATCH_ENTRIES // int(longest * n_factors)))
        rows = order[start:stop]
        place = np.arange(lengths[stop - 1])
        there = place < lengths[start:stop, None]
        yield rows, np.where(there, indptr[rows][:, None] + place, 0), there
        start = stop


def start_factors(
    X: Any, n_factors: int, random_state: np.random.RandomState
) -> NDArray[np.floating]:
    r"""Factors of the columns from the singular vectors of the matrix.

    :math:`V \Sigma^{1/2}` of the largest singular values. Of more factors than columns
    the last ones are 0 and stay 0; they are left out where they are many.
    """
    n_factors = min(n_factors, max(X.shape[1], _FEW_FACTORS))
    if n_factors > _MOST_FACTORS:
        raise ValueError(
            f"n_factors must be at most {_MOST_FACTORS}, for matrices of n_factors by "
            f"n_factors; got {n_factors}. Some tens or hundreds are usual."
        )
    energies, vectors = right_singular_vectors(X, n_factors, random_state)
    Y = np.zeros((X.shape[1], n_factors), dtype=X.dtype)
    Y[:, : energies.size] = vectors * energies**0.25
    return Y
