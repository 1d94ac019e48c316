"""Leading singular vectors of a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, qr

from sktransfer.recommend._similar_items import signs_of

_EXACT = 512  # columns up to which all eigenvectors are computed
_OVERSAMPLE = 16
_POWER = 2
_BLOCK = 4096  # rows of the start that are drawn at a time


def right_singular_vectors(
    X: Any,
    n_vectors: int,
    random_state: np.random.RandomState,
    *,
    marks: NDArray[np.uint64] | None = None,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Right singular vectors of the largest singular values.

    Exact, and so the same for any order of rows and columns up to rotation, where there
    are few columns; else by subspace iteration from a random start, which does not
    depend on the order either where columns are given marks.
    """
    n_columns = X.shape[1]
    transposed = X.T.tocsr()
    Q: Any = None
    if n_columns <= max(_EXACT, n_vectors + _OVERSAMPLE):
        gram = (transposed @ X).toarray()
    else:
        Q = np.empty((n_columns, n_vectors + _OVERSAMPLE), dtype=X.dtype, order="F")
        seed = 0 if marks is None else int(random_state.randint(2**31))
        for start in range(0, n_columns, _BLOCK):  # in X's dtype, not all in float64
            rows = slice(start, min(start + _BLOCK, n_columns))
            if marks is None:
                Q[rows] = random_state.standard_normal(Q[rows].shape)
            else:
                Q[rows] = signs_of(marks[rows], Q.shape[1], seed)
        Q = _orthonormal(Q)
        for _ in range(_POWER):
            Q = X @ Q
            Q = _orthonormal(transposed @ Q)
        P = X @ Q
        gram = P.T @ P
    values, vectors = eigh(gram)
    largest = slice(None, -n_vectors - 1, -1)
    values, vectors = np.maximum(values[largest], 0), vectors[:, largest]
    return values, vectors if Q is None else Q @ vectors


def _orthonormal(A: NDArray[np.floating]) -> NDArray[np.floating]:
    """Orthonormal columns that span those of a matrix, which is overwritten."""
    Q: NDArray[np.floating] = qr(
        A, overwrite_a=True, mode="economic", check_finite=False
    )[0]
    return Q
