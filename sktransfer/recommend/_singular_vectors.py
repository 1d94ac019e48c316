"""Leading singular vectors of a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

_EXACT = 512  # columns up to which all eigenvectors are computed
_OVERSAMPLE = 16
_POWER = 2


def right_singular_vectors(
    X: Any, n_vectors: int, random_state: np.random.RandomState
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Right singular vectors of the largest singular values.

    Exact, and so the same for any order of rows and columns up to rotation, where there
    are few columns; else by subspace iteration from a random start.
    """
    n_columns = X.shape[1]
    transposed = X.T.tocsr()
    Q = None
    if n_columns <= max(_EXACT, n_vectors + _OVERSAMPLE):
        gram = (transposed @ X).toarray()
    else:
        Q = random_state.standard_normal((n_columns, n_vectors + _OVERSAMPLE))
        Q = np.linalg.qr(Q.astype(X.dtype))[0]
        for _ in range(_POWER):
            Q = np.linalg.qr(transposed @ (X @ Q))[0]
        P = X @ Q
        gram = P.T @ P
    values, vectors = eigh(gram)
    largest = slice(None, -n_vectors - 1, -1)
    values, vectors = np.maximum(values[largest], 0), vectors[:, largest]
    return values, vectors if Q is None else Q @ vectors
