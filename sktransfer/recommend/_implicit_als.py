"""Exact sweeps of weighted matrix factorisation for implicit feedback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, get_lapack_funcs, solve_triangular

_BATCH_ENTRIES = 1 << 19  # of the factors gathered at once: 2 MB of float32
_EXACT = 512  # columns up to which all eigenvectors are computed
_OVERSAMPLE = 16
_POWER = 2


class Whitened(NamedTuple):
    """Factors in coordinates in which their penalised Gram matrix is the identity."""

    factors: NDArray[np.floating]  # Z = Y T, (n_columns, n_factors)
    transform: NDArray[np.floating]  # T with T T' = (G + l2 I)^-1


def whiten(
    factors: NDArray[np.floating], gram: NDArray[np.floating], l2: float
) -> Whitened:
    r"""Change the coordinates of factors.

    Parameters
    ----------
    factors : ndarray of shape (n_columns, n_factors)
        Factors Y.
    gram : ndarray of shape (n_factors, n_factors)
        Their Gram matrix G, with the weights of the columns.
    l2 : float
        Strength :math:`\lambda` of the penalty, above 0.

    Returns
    -------
    whitened : Whitened
        :math:`Y T` and :math:`T = L^{-\top}`, with
        :math:`G + \lambda I = L L^\top`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the penalised Gram matrix is not positive definite.
    """
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

    with :math:`Z = Y T` and :math:`A = \operatorname{diag}(d)^{1/2} Z_S`. For rows
    shorter than the number of factors the smaller system :math:`I + A A^\top` is
    solved instead.

    Parameters
    ----------
    confidence : CSR of shape (n_rows, n_columns)
        Values above 0.
    target : ndarray of shape (n_stored,)
        Right-hand sides, in the order of storage.
    whitened : Whitened
        Factors of the columns.

    Returns
    -------
    solved : ndarray of shape (n_rows, n_factors)
        Whitened factors of the rows: ``solved @ T.T`` are the factors, and ``solved @
        Z.T`` the products with the factors of the columns. 0 for empty rows.
    gain : ndarray of shape (n_rows,)
        :math:`x_u^\top Y_S^\top t`, by which the loss of a row is below that of
        :math:`x_u = 0`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a system is not positive definite in this precision.
    """
    Z = whitened.factors
    n_factors = Z.shape[1]
    root = np.sqrt(confidence.data)
    ratio = target / root
    solved = np.zeros((confidence.shape[0], n_factors), dtype=Z.dtype)
    gain = np.zeros(confidence.shape[0], dtype=Z.dtype)
    for rows, where, there in _batches(confidence.indptr, n_factors):
        A = Z[confidence.indices[where]]
        A *= np.where(there, root[where], 0)[:, :, None]
        r = np.where(there, ratio[where], 0)
        transposed = A.transpose(0, 2, 1)
        if A.shape[1] < n_factors:
            x = transposed @ _solve_each(A @ transposed, r)[:, :, None]
        else:
            y = (transposed @ r[:, :, None])[:, :, 0]
            x = _solve_each(transposed @ A, y)[:, :, None]
        solved[rows] = x[:, :, 0]
        gain[rows] = np.einsum("bn,bn->b", r, (A @ x)[:, :, 0])
    return solved, gain


def _solve_each(
    M: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Solutions of (I + M[b]) x[b] = y[b]; M is overwritten."""
    posv = get_lapack_funcs("posv", (M,))
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
        # at most a tenth of padding, and short and long rows apart
        longest = lengths[start] + lengths[start] // 10
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

    :math:`V \Sigma^{1/2}` of the largest singular values: exact, and so the same for
    any order of rows and columns up to rotation, where there are few columns; else by
    subspace iteration from a random start.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_columns)
        The matrix.
    n_factors : int
        Number of factors; those beyond the rank are 0.
    random_state : RandomState
        Draws the start.

    Returns
    -------
    Y : ndarray of shape (n_columns, n_factors)
        In the dtype of X.
    """
    n_columns = X.shape[1]
    transposed = X.T.tocsr()
    Q = None
    if n_columns <= max(_EXACT, n_factors + _OVERSAMPLE):
        gram = (transposed @ X).toarray()
    else:
        Q = random_state.standard_normal((n_columns, n_factors + _OVERSAMPLE))
        Q = np.linalg.qr(Q.astype(X.dtype))[0]
        for _ in range(_POWER):
            Q = np.linalg.qr(transposed @ (X @ Q))[0]
        P = X @ Q
        gram = P.T @ P
    values, vectors = eigh(gram)
    largest = slice(None, -n_factors - 1, -1)
    values, vectors = np.maximum(values[largest], 0), vectors[:, largest]
    if Q is not None:
        vectors = Q @ vectors
    Y = np.zeros((n_columns, n_factors), dtype=X.dtype)
    Y[:, : values.size] = vectors * values**0.25
    return Y
