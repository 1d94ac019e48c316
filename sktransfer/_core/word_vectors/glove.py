"""GloVe: weighted least squares on the logarithm of co-occurrence counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state

from sktransfer._core.progress import in_rounds


class GloVe(NamedTuple):
    """A factorisation of log counts; arrays are float32.

    Attributes
    ----------
    word_vectors, context_vectors : ndarray of shape (n_words, n_features)
        Both roles of each word.
    word_biases, context_biases : ndarray of shape (n_words,)
        What does not depend on the other word.
    loss : list of float
        Weighted mean of the squared errors after each pass.
    """

    word_vectors: NDArray[np.float32]
    context_vectors: NDArray[np.float32]
    word_biases: NDArray[np.float32]
    context_biases: NDArray[np.float32]
    loss: list[float]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Sum of both roles, as the paper uses it."""
        return self.word_vectors + self.context_vectors


def count_weights(
    counts: NDArray[np.floating], x_max: float, alpha: float
) -> NDArray[np.float32]:
    r"""Weights :math:`f(x) = \min(1, (x / x_{max})^\alpha)` of counts."""
    return np.minimum(1.0, (counts / x_max) ** alpha).astype(np.float32)


def fit_glove(
    X: Any,
    vector_size: int,
    *,
    n_iter: int = 10,
    x_max: float = 10.0,
    alpha: float = 0.75,
    l2: float = 1.0,
    random_state: Any = None,
) -> GloVe:
    r"""Fit word vectors to the logarithms of co-occurrence counts.

    .. math:: \sum_{ij:\ X_{ij} > 0} f(X_{ij})\,(w_i^\top \tilde w_j + b_i + \tilde b_j
              - \log X_{ij})^2 + \lambda \sum_i (|w_i|^2 + |\tilde w_i|^2 + b_i^2 +
              \tilde b_i^2)

    The loss is that of the paper with a ridge. It is minimised by coordinate descent
    instead of AdaGrad: one feature at a time, for all words at once, has a closed
    solution of two sparse products, and no step size.
    """
    X = sparse.csr_array(X, dtype=np.float64, copy=True)
    X.eliminate_zeros()
    n, m = X.shape
    lengths = np.diff(X.indptr)
    F = sparse.csr_array(
        (count_weights(X.data, x_max, alpha), X.indices, X.indptr), shape=X.shape
    )
    f = F.data
    ridge = np.float32(l2)

    def weighted(w: NDArray[np.float32], c: NDArray[np.float32]) -> NDArray[np.float32]:
        """Entries of f * outer(w, c) where X is not 0."""
        entries = np.repeat(w, lengths)
        entries *= c[X.indices]
        entries *= f
        return entries

    rng = check_random_state(random_state)
    W = rng.normal(scale=0.1, size=(vector_size, n)).astype(np.float32)
    W[:, lengths == 0] = 0
    C = np.zeros((vector_size, m), dtype=np.float32)
    b, b_context = np.zeros(n, np.float32), np.zeros(m, np.float32)
    ones, ones_context = np.ones(n, np.float32), np.ones(m, np.float32)
    # f times what is not yet explained
    R = sparse.csr_array(
        (f * np.log(X.data).astype(np.float32), X.indices, X.indptr), shape=X.shape
    )
    row_weight, column_weight = F @ ones_context, F.T @ ones
    total = max(float(f.sum(dtype=np.float64)), np.finfo(np.float64).tiny)
    loss = []
    for _ in in_rounds(range(n_iter), "pass of GloVe"):
        R.data += weighted(b, ones_context)
        b = _ratio(R @ ones_context, ridge + row_weight)
        R.data -= weighted(b, ones_context)
        R.data += weighted(ones, b_context)
        b_context = _ratio(R.T @ ones, ridge + column_weight)
        R.data -= weighted(ones, b_context)
        for k in range(vector_size):
            w, c = W[k], C[k]
            R.data += weighted(w, c)
            c = _ratio(R.T @ w, ridge + F.T @ (w * w))
            w = _ratio(R @ c, ridge + F @ (c * c))
            R.data -= weighted(w, c)
            W[k], C[k] = w, c
        loss.append(float(np.dot(R.data / f, R.data)) / total)
    return GloVe(W.T.copy(), C.T.copy(), b, b_context, loss)


def _ratio(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
