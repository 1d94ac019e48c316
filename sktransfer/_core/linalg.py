"""Rows and columns of matrices, and symmetric matrices with null eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.linalg import eigh
from scipy.linalg.blas import dsyr, dsyrk

from sktransfer._core.sparse import is_sparse

_PROJECTED = 1 << 16  # rows converted to float64 at a time


def slices(n: int, size: int) -> list[slice]:
    """Consecutive slices of a length."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def unit_rows(X: NDArray[Any], *, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Rows scaled to length 1; rows of zeros stay as they are."""
    length = np.linalg.norm(X, axis=1, keepdims=True)
    length[length == 0] = 1
    return np.divide(X, length, out=out)


def fix_signs(V: NDArray[Any]) -> NDArray[Any]:
    """Flip columns so that the largest entry by absolute value is positive in each."""
    largest = np.abs(V).argmax(axis=0)
    return V * np.sign(V[largest, np.arange(V.shape[1])])


def append_columns(X: Any, Z: NDArray[Any]) -> Any:
    """Columns of both side by side, in the container of the first."""
    if is_sparse(X):
        return sparse.hstack([X, type(X)(Z)], format="csr")
    return np.hstack([X, Z])


def project_rows(
    X: Any, direction: NDArray[Any], rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Products of rows with a vector, in float64 without a float64 copy of all rows."""
    n = X.shape[0] if rows is None else rows.size
    products = np.empty(n)
    for part in slices(n, _PROJECTED):
        products[part] = X[part if rows is None else rows[part]] @ direction
    return products


def add_scatter(S: NDArray, B: NDArray) -> None:
    """Add ``B.T @ B`` to the lower triangle of ``S`` in place, without a temporary."""
    # S.T is Fortran-contiguous, so BLAS writes into S itself; upper of S.T = lower of S
    dsyrk(1.0, B.T, beta=1.0, c=S.T, lower=0, overwrite_c=1)


def add_outer(S: NDArray, x: NDArray, alpha: float) -> None:
    """Add ``alpha * outer(x, x)`` to the lower triangle of ``S`` in place."""
    dsyr(alpha, x, a=S.T, lower=0, overwrite_a=1)


def mirror_lower(S: NDArray) -> None:
    """Copy the lower triangle of ``S`` over its upper one, in place."""
    for i in range(1, S.shape[0]):
        S[:i, i] = S[i, :i]


def spd_eigh(A: ArrayLike, *, rcond: float | None = None) -> tuple[NDArray, NDArray]:
    """Eigenvalues and vectors of a symmetric positive semi-definite matrix."""
    A = np.asarray(A, dtype=np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"A must be a square matrix; got shape {A.shape}.")
    values, vectors = eigh(A, driver="evd")
    if rcond is None:
        rcond = A.shape[0] * np.finfo(np.float64).eps
    largest = max(values[-1], 0.0) if values.size else 0.0
    # rounding may push a null eigenvalue below 0, but never as far as this
    if values.size and values[0] < -max(1e-6, rcond) * max(largest, 1e-300):
        raise ValueError(
            "A must be positive semi-definite, as a covariance is; got eigenvalues "
            f"from {values[0]:.3g} to {values[-1]:.3g}."
        )
    return np.where(values > rcond * largest, values, 0.0), vectors


def power_of_eigh(values: NDArray, vectors: NDArray, p: float) -> NDArray:
    """The symmetric power from an eigendecomposition; null directions give 0."""
    keep = values > 0
    V = vectors[:, keep]
    power = np.ascontiguousarray((V * values[keep] ** p) @ V.T)
    mirror_lower(power)
    return power


def spd_power(A: ArrayLike, p: float, *, rcond: float | None = None) -> NDArray:
    r"""Power of a symmetric positive semi-definite matrix.

    :math:`A^p = V \operatorname{diag}(\lambda^p) V^\top`, where null eigenvalues give 0
    for every ``p``: negative powers are those of the pseudo-inverse, and ``p=0`` is
    the projector on the range of ``A``.
    """
    return power_of_eigh(*spd_eigh(A, rcond=rcond), p)
