"""Linear models biased towards given weights: the maths of fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse
from scipy.special import expit, softmax
from sklearn.utils.extmath import safe_sparse_dot

from sktransfer._core.sparse import is_sparse

# up to this many rows their Gram matrix stands for the features: n^2 numbers
MAX_GRAM = 2000
MAX_ITER = 1000


def float_rows(X: Any) -> Any:
    """Rows of numbers of any type in one whose products do not wrap."""
    return X if X.dtype in (np.float64, np.float32) else X.astype(np.float64)


def row_products(X: Any) -> NDArray[np.float64]:
    """Inner products of rows of numbers."""
    X = float_rows(X)
    return np.asarray(safe_sparse_dot(X, X.T, dense_output=True), dtype=np.float64)


class Span(NamedTuple):
    """Coordinates of rows in the space that they span, and the way back."""

    # a correction with a penalty on its length lies in the span of the rows: with few
    # rows it has few coordinates, however many features there are

    Z: Any
    basis: NDArray[np.float64] | None
    intercept: bool

    def weights(self, X: Any, D: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coefficients of the features, and last that of the constant 1."""
        if self.basis is None:
            return D
        D = self.basis @ D
        found = safe_sparse_dot(X.T, D)
        return np.vstack([found, D.sum(axis=0)]) if self.intercept else found


def row_span(X: Any, intercept: bool = True) -> Span:
    r"""Coordinates Z of rows with :math:`ZZ^\top = XX^\top` (plus 1 with intercept)."""
    n, d = X.shape
    if n <= min(d, MAX_GRAM):
        G = row_products(X)
        if intercept:
            G = G + 1
        s, U = linalg.eigh(G, check_finite=False)
        kept = s > n * np.finfo(np.float64).eps * max(s[-1], 0)
        root = np.sqrt(s[kept])
        return Span(U[:, kept] * root, U[:, kept] / root, intercept)
    if is_sparse(X):
        parts: list[Any] = [sparse.csr_array(X, dtype=np.float64)]
        if intercept:
            parts.append(sparse.csr_array(np.ones((n, 1))))
        return Span(sparse.hstack(parts, format="csr"), None, intercept)
    columns = [np.asarray(X, np.float64)]
    if intercept:
        columns.append(np.ones((n, 1)))
    return Span(np.hstack(columns), None, intercept)


def logistic_path(
    Z: Any,
    offset: NDArray[np.float64],
    Y: NDArray[np.float64],
    strengths: Sequence[float],
    sample_weight: NDArray[np.float64] | None = None,
    tol: float = 1e-8,
) -> Iterator[NDArray[np.float64]]:
    r"""Corrections of given scores, one for each strength, each started from the last.

    Minimises :math:`\sum_i w_i \ell(y_i, o_i + z_i D) + \frac{\lambda}{2} \|D\|^2`
    with the logistic loss :math:`\ell`, multinomial for several columns, by L-BFGS.
    """
    n, k = offset.shape
    w = np.ones(n) if sample_weight is None else sample_weight
    shape = (Z.shape[1], k)
    D = np.zeros(shape)
    # at most this much a coordinate of the gradient can be
    steep = float(np.max(abs(Z).T @ w, initial=0.0)) or 1.0

    def loss(flat: NDArray[np.float64], strength: float) -> tuple[float, NDArray]:
        D = flat.reshape(shape)
        value, gradient = logistic_loss(offset + Z @ D, Y, w)
        gradient = np.asarray(Z.T @ gradient) + strength * D
        value += 0.5 * strength * float(np.vdot(D, D))
        return value / steep, gradient.ravel() / steep

    for strength in strengths:
        if np.isfinite(strength):
            solved = optimize.minimize(
                loss,
                D.ravel(),
                args=(strength,),
                method="L-BFGS-B",
                jac=True,
                options={"maxiter": MAX_ITER, "gtol": tol, "ftol": tol * 1e-6},
            )
            D = solved.x.reshape(shape)
        yield D


def logistic_losses(
    scores: NDArray[np.float64], Y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Negative log-likelihood of the class of each row."""
    if scores.shape[1] == 1:
        return (np.logaddexp(0, scores) - Y * scores)[:, 0]
    top = scores.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
    return log_sum - (Y * scores).sum(axis=1)


def logistic_loss(
    scores: NDArray[np.float64], Y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Negative log-likelihood of the classes, and its gradient by the scores."""
    p = expit(scores) if scores.shape[1] == 1 else softmax(scores, axis=1)
    return float(weight @ logistic_losses(scores, Y)), weight[:, None] * (p - Y)


def ridge_path(
    Z: Any,
    offset: NDArray[np.float64],
    Y: NDArray[np.float64],
    strengths: Sequence[float],
    sample_weight: NDArray[np.float64] | None = None,
) -> Iterator[NDArray[np.float64]]:
    r"""Corrections of given scores by least squares, one for each strength.

    Minimises :math:`\frac12 \sum_i w_i \|y_i - o_i - z_i D\|^2 + \frac{\lambda}{2}
    \|D\|^2`: one eigendecomposition for all strengths.
    """
    w = np.ones(Z.shape[0]) if sample_weight is None else sample_weight
    residual = (Y - offset) * w[:, None]
    if is_sparse(Z) and Z.shape[1] > MAX_GRAM:
        yield from _iterated_ridge(Z, residual, w, strengths)
        return
    if is_sparse(Z):
        H = (Z.T @ Z.multiply(w[:, None])).toarray()
    else:
        H = Z.T @ (Z * w[:, None])
    s, V = linalg.eigh(H, check_finite=False)
    s = np.maximum(s, 0)
    b = V.T @ np.asarray(Z.T @ residual)
    least = Z.shape[0] * np.finfo(np.float64).eps * s.max(initial=0)
    for strength in strengths:
        if np.isfinite(strength):
            # without any strength: the shortest correction
            d = s + strength
            inverse = np.divide(1, d, out=np.zeros_like(d), where=d > least)
            yield V @ (inverse[:, None] * b)
        else:
            yield np.zeros_like(b)


def _iterated_ridge(
    Z: Any, residual: NDArray, w: NDArray, strengths: Sequence[float]
) -> Iterator[NDArray[np.float64]]:
    """The same by conjugate gradients, for many sparse rows of many columns."""
    b = np.asarray(Z.T @ residual)
    D = np.zeros_like(b)
    n = Z.shape[1]
    for strength in strengths:
        if not np.isfinite(strength):
            yield np.zeros_like(b)
            continue

        def times(v: NDArray, strength: float = strength) -> NDArray:
            return Z.T @ (w * (Z @ v)) + strength * v

        normal: Any = sparse.linalg.LinearOperator((n, n), times, dtype=np.float64)
        D = np.column_stack(
            [
                sparse.linalg.cg(normal, b[:, j], x0=D[:, j], rtol=1e-8, maxiter=1000)[
                    0
                ]
                for j in range(b.shape[1])
            ]
        )
        yield D
