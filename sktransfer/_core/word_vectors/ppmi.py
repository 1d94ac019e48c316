"""Positive pointwise mutual information of words, and its truncated SVD."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd


def ppmi_matrix(X: Any, *, smoothing: float = 0.75) -> sparse.csr_array:
    r"""Positive pointwise mutual information with a smoothed context distribution.

    .. math:: M_{ij} = \max\Bigl(0, \log \frac{X_{ij}}{\sum_j X_{ij}} - \log
              \frac{c_j^\alpha}{\sum_j c_j^\alpha}\Bigr), \qquad c_j = \sum_i X_{ij}
    """
    X = sparse.csr_array(X, dtype=np.float64, copy=True)
    X.eliminate_zeros()
    rows = np.asarray(X.sum(axis=1)).ravel()
    contexts = np.asarray(X.sum(axis=0)).ravel() ** smoothing
    total = contexts.sum()
    row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    X.data = np.log(X.data / rows[row] * (total / contexts[X.indices]))
    np.maximum(X.data, 0, out=X.data)
    X.eliminate_zeros()
    return X


def ppmi_vectors(
    X: Any,
    vector_size: int,
    *,
    smoothing: float = 0.75,
    power: float = 0.5,
    random_state: Any = None,
) -> NDArray[np.float32]:
    r"""Word vectors :math:`U_k \Sigma_k^p` of the truncated SVD of the PPMI matrix."""
    M = ppmi_matrix(X, smoothing=smoothing).astype(np.float32)
    k = min(vector_size, M.shape[0])
    U, s, _ = randomized_svd(M, k, n_iter=4, random_state=random_state)
    # 0 ** 0 is 1: directions of no weight stay out whatever the power
    kept = s > s[0] * M.shape[0] * np.finfo(np.float32).eps
    weights = np.zeros_like(s)
    weights[kept] = s[kept] ** power
    return np.ascontiguousarray(U * weights, dtype=np.float32)
