"""Kernel matrices and kernel means, built block by block in the dtype of the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsymv, ssymv
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import euclidean_distances, manhattan_distances
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms

from sktransfer._core.linalg import project_rows, slices
from sktransfer._core.sparse import dense, is_sparse

KERNELS = ("rbf", "laplacian", "linear", "cosine", "poly")
SHIFT_INVARIANT = ("rbf", "laplacian")

Kernel = Callable[[Any, Any], NDArray[Any]]

_ROWS, _COLUMNS = 256, 2048  # a tile of 2 MB in float32 stays in the cache
_DIAGONAL = 32  # a block this small wastes little on what is off its diagonal


def _rbf(X: Any, Y: Any) -> NDArray[Any]:
    K = _product(X, Y)
    K *= 2
    K -= row_norms(X, squared=True)[:, None]
    K -= row_norms(Y, squared=True)
    np.minimum(K, 0, out=K)  # rounding
    return np.exp(K, out=K)


def _laplacian(X: Any, Y: Any) -> NDArray[Any]:
    D = manhattan_distances(int32_index(X), int32_index(Y))
    return np.exp(-D, out=D)


def _product(X: Any, Y: Any) -> NDArray[Any]:
    return dense(X @ Y.T)


def int32_index(X: Any) -> Any:
    """Sparse rows with 32-bit indices, which scikit-learn's loops need."""
    if not is_sparse(X):
        return X
    parts = X.data, X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return csr_matrix(parts, shape=X.shape)


def kernel_rows(
    kernel: str | Kernel,
    *sides: Any,
    gamma: float | None = None,
    centre: NDArray[np.float64] | None = None,
) -> tuple[Kernel, list[Any]]:
    """Function of two blocks of rows that computes the kernel, and rescaled rows.

    Dense rows of a shift-invariant kernel are centred, which keeps float32 exact
    where all values are large. The scaling happens in float64; the rows keep their
    dtype.
    """
    if callable(kernel):
        return _with_checked_shape(kernel), list(sides)
    if kernel == "linear":
        return _product, list(sides)
    if kernel == "cosine":
        return _product, [normalize(X) for X in sides]
    if gamma is None:
        raise ValueError(f"kernel {kernel!r} needs gamma; got None.")
    factor = gamma if kernel == "laplacian" else np.sqrt(gamma)
    origin: Any = 0.0
    if kernel in SHIFT_INVARIANT and not any(is_sparse(X) for X in sides):
        n_rows = sum(X.shape[0] for X in sides)
        origin = centre
        if centre is None:
            origin = sum(X.sum(axis=0, dtype=np.float64) for X in sides) / n_rows
    rows = [_rescaled(X, origin, factor) for X in sides]
    if kernel == "poly":

        def poly(X: Any, Y: Any) -> NDArray[Any]:
            K = _product(X, Y)
            K += 1.0
            K **= 3
            return K

        return poly, rows
    return (_rbf if kernel == "rbf" else _laplacian), rows


def _rescaled(X: Any, centre: Any, factor: float) -> Any:
    if is_sparse(X):
        Z = X.astype(np.float64)
        Z.data *= factor
    else:
        Z = (X - centre) * factor
    return Z.astype(X.dtype, copy=False)


def _with_checked_shape(kernel: Kernel) -> Kernel:
    def block(X: Any, Y: Any) -> NDArray[Any]:
        K = np.asarray(kernel(X, Y))
        if K.shape != (X.shape[0], Y.shape[0]):
            raise ValueError(
                "a callable kernel maps two blocks of rows to a matrix of shape "
                f"{(X.shape[0], Y.shape[0])}; got shape {K.shape}. Wrap a function of "
                "two single rows in sklearn.metrics.pairwise.pairwise_kernels."
            )
        return K

    return block


def kernel_means(block: Kernel, X: Any, Y: Any) -> NDArray[np.float64]:
    """Mean of the kernel of each row of X with all rows of Y, a block at a time."""
    sums = np.zeros(X.shape[0])
    for j in slices(Y.shape[0], _COLUMNS):
        Yj = Y[j]
        for i in slices(X.shape[0], _ROWS):
            sums[i] += block(X[i], Yj).sum(axis=1)  # pairwise sums keep float32 exact
    return sums / Y.shape[0]


def kernel_diagonal(kernel: str | Kernel, block: Kernel, X: Any) -> NDArray[np.float64]:
    """Kernel of each row with itself."""
    if kernel in SHIFT_INVARIANT:
        return np.ones(X.shape[0])
    diagonal = np.empty(X.shape[0])
    for i in slices(X.shape[0], _DIAGONAL):
        diagonal[i] = np.diagonal(block(X[i], X[i]))
    return diagonal


def lower_kernel(block: Kernel, X: Any) -> NDArray[Any]:
    """Kernel matrix of the rows with themselves, lower triangle only."""
    n = X.shape[0]
    K = np.empty((n, n), dtype=X.dtype)
    for i in slices(n, _ROWS):
        Xi = X[i]
        for j in slices(i.stop, _COLUMNS):
            K[i, j] = block(Xi, X[j])
    return K


def symmetric_product(K: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """Function that multiplies by a symmetric matrix, from its lower triangle alone."""
    symv = ssymv if K.dtype == np.float32 else dsymv

    def matvec(x: NDArray[Any]) -> NDArray[np.float64]:
        # The transpose is in BLAS's own order: no copy; its upper triangle is filled.
        return symv(1.0, K.T, x.astype(K.dtype, copy=False), lower=0).astype(
            np.float64, copy=False
        )

    return matvec


def kernel_scale(X: Any, kernel: str | Kernel, gamma: float | None) -> float | None:
    """Scale of a kernel: as given, or by default; None for kernels without one."""
    if kernel in SHIFT_INVARIANT:
        if gamma is None:
            return median_gamma(X, kernel=str(kernel))
    elif kernel != "poly":
        return None
    return 1 / X.shape[1] if gamma is None else float(gamma)


def median_gamma(X: Any, *, kernel: str = "rbf", max_rows: int = 500) -> float:
    r"""Scale of a kernel by the median heuristic.

    :math:`\gamma = 1 / (2 m^2)` with m the median Euclidean distance for "rbf",
    and 1 / m with m the median Manhattan distance for "laplacian". If the median is 0,
    it is the median of the positive distances; gamma is 1 if all rows are equal.
    """
    n = X.shape[0]
    if n > max_rows:
        direction = np.random.default_rng(0).standard_normal(X.shape[1])
        along = np.argsort(project_rows(X, direction), kind="stable")
        X = X[along[np.linspace(0, n - 1, max_rows).astype(np.intp)]]
    X = X.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if kernel == "rbf":
            distances = euclidean_distances(X, squared=True)
        else:
            distances = manhattan_distances(int32_index(X))
    pairs = distances[np.tril_indices(X.shape[0], -1)]
    if not np.isfinite(pairs).all():
        raise ValueError(
            f"the distances of the rows overflow: values up to {abs(X).max():.3g} are "
            "too large to square. Scale the features first (StandardScaler)."
        )
    median = float(np.median(pairs)) if pairs.size else 0.0
    if median == 0:
        positive = pairs[pairs > 0]
        median = float(np.median(positive)) if positive.size else 0.5
    return 0.5 / median if kernel == "rbf" else 1.0 / median
