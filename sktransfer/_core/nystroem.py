"""Kernel features on landmarks (Nystroem), computed block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.extmath import row_norms

from sktransfer._core.domains import DomainMasks
from sktransfer._core.kernels import (
    SHIFT_INVARIANT,
    Kernel,
    kernel_diagonal,
    kernel_rows,
)
from sktransfer._core.linalg import (
    add_scatter,
    mirror_lower,
    project_rows,
    slices,
    spd_eigh,
)
from sktransfer._core.sparse import is_sparse

_BLOCK = 1 << 20  # kernel values held at once: 4 MB of float32
_TINY = 1e-150  # eigenvalues whose inverse root would overflow when squared
_ROWS = 1024  # rows whose float32 sums are added up in float64


def rows_along(
    X: Any,
    n_rows: int,
    direction: NDArray[np.floating],
    rows: NDArray[np.intp] | None = None,
) -> NDArray[np.intp]:
    """Rows evenly spaced in their order along a direction."""
    n = X.shape[0] if rows is None else rows.size
    if n_rows >= n:
        return np.arange(n) if rows is None else rows
    along = np.argsort(project_rows(X, direction, rows), kind="stable")
    middle = (np.arange(n_rows) + 0.5) * n / n_rows
    chosen = np.sort(along[middle.astype(np.intp)])
    return chosen if rows is None else rows[chosen]


def landmark_rows(
    X: Any,
    masks: DomainMasks,
    n_landmarks: int | None,
    *,
    random_state: int | np.random.RandomState | None = 0,
) -> NDArray[np.intp]:
    """Landmarks: half source and half target rows, if each side has enough."""
    if n_landmarks is None or n_landmarks >= X.shape[0]:
        return np.arange(X.shape[0])
    direction = check_random_state(random_state).normal(size=X.shape[1])
    if not masks.shifted:
        return rows_along(X, n_landmarks, direction)
    source, target = (np.flatnonzero(mask) for mask in masks)
    half = n_landmarks // 2
    n_target = min(target.size, max(half, n_landmarks - source.size))
    chosen = [
        rows_along(X, size, direction, rows)
        for rows, size in ((source, n_landmarks - n_target), (target, n_target))
    ]
    return np.sort(np.concatenate(chosen))


@dataclass(frozen=True)
class NystroemMap:
    r"""Features whose products approximate a kernel, exactly so between landmarks.

    With landmarks :math:`l` and :math:`K_{ll} = V \Lambda V^\top`, the features are
    :math:`z(x) = \Lambda^{-1/2} V^\top k(l, x)` [1]_, and
    :math:`|z(x)|^2 \le k(x, x)`.

    Parameters
    ----------
    kernel : str or callable
        As in :func:`sktransfer._core.kernels.kernel_rows`.
    options : dict
        Its ``gamma`` and ``centre``.
    landmarks : {ndarray, sparse matrix} of shape (n_landmarks, n_features)
        The landmarks, in the dtype of the features.
    basis : ndarray of shape (n_landmarks, n_features_out)
        :math:`V \Lambda^{-1/2}`, without null eigenvalues.

    References
    ----------
    .. [1] C. Williams and M. Seeger, "Using the Nystroem method to speed up kernel
       machines", NIPS 2000.
    """

    kernel: str | Kernel
    options: dict[str, Any]
    landmarks: Any
    basis: NDArray[Any]

    @classmethod
    def on_landmarks(
        cls,
        landmarks: Any,
        kernel: str | Kernel,
        *,
        gamma: float | None = None,
    ) -> NystroemMap:
        """Map from the eigenvectors of the kernel of the landmarks."""
        options: dict[str, Any] = {"gamma": gamma, "centre": None}
        if kernel in SHIFT_INVARIANT and not is_sparse(landmarks):
            options["centre"] = landmarks.mean(axis=0, dtype=np.float64)
        dtype = landmarks.dtype
        block, (L,) = kernel_rows(kernel, landmarks.astype(np.float64), **options)
        with np.errstate(over="ignore", invalid="ignore"):
            K = _finite(block(L, L))
        try:
            values, vectors = spd_eigh(K, rcond=max(1e-12, 10 * np.finfo(dtype).eps))
        except ValueError as error:
            raise ValueError(
                "the kernel matrix of the landmarks is not positive semi-definite. Use "
                "a positive semi-definite kernel."
            ) from error
        keep = values > _TINY
        if not keep.any():  # a null kernel has one feature, always 0
            return cls(kernel, options, landmarks, np.zeros((len(K), 1), dtype))
        basis = (vectors[:, keep] / np.sqrt(values[keep])).astype(dtype)
        return cls(kernel, options, landmarks, basis)

    def _blocks(
        self, X: Any, rows: NDArray[np.intp] | None
    ) -> Iterator[tuple[slice, Kernel, Any, NDArray[Any]]]:
        """Kernel of the rows with the landmarks, some rows at a time."""
        n = X.shape[0] if rows is None else rows.size
        _, (L,) = kernel_rows(self.kernel, self.landmarks, **self.options)
        size = max(_BLOCK // L.shape[0], 1)
        for part in slices(n, size):
            X_part = X[part if rows is None else rows[part]]
            block, (R,) = kernel_rows(self.kernel, X_part, **self.options)
            with np.errstate(over="ignore", invalid="ignore"):
                K = _finite(block(R, L))
            yield part, block, R, K.astype(self.basis.dtype, copy=False)

    def mean(self, X: Any, rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """Mean of the features of rows, a block at a time."""
        total, n = np.zeros(self.basis.shape[0]), 0
        for part, _, _, K in self._blocks(X, rows):
            total += K.sum(axis=0, dtype=np.float64)
            n = part.stop
        return (total / n) @ self.basis.astype(np.float64)

    def moments(
        self, X: Any, rows: NDArray[np.intp], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Sums that a regression on the features needs, a block of rows at a time."""
        basis = self.basis.astype(np.float64)
        gram = np.zeros((basis.shape[1],) * 2)
        inner, total = np.zeros((2, basis.shape[1]))
        for part, _, _, K in self._blocks(X, rows):
            Z = K.astype(np.float64) @ basis
            add_scatter(gram, Z)
            inner += y[part] @ Z
            total += Z.sum(axis=0)
        mirror_lower(gram)
        return gram, inner, total

    def product(self, X: Any, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Product of the features of rows with a vector."""
        coef = self.basis.astype(np.float64) @ vector
        product = np.empty(X.shape[0])
        for part, _, _, K in self._blocks(X, None):
            product[part] = K.astype(np.float64) @ coef
        return product

    def factor(
        self, X: Any, rows: NDArray[np.intp] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Features of rows, and the part of k(x, x) that they leave out."""
        n = X.shape[0] if rows is None else rows.size
        Z = np.empty((n, self.basis.shape[1]), dtype=self.basis.dtype)
        residual = np.empty(n)
        for part, block, R, K in self._blocks(X, rows):
            np.matmul(K, self.basis, out=Z[part])
            with np.errstate(over="ignore", invalid="ignore"):
                own = _finite(kernel_diagonal(self.kernel, block, R))
            residual[part] = own - row_norms(Z[part], squared=True)
        return Z, np.maximum(residual, 0, out=residual)


def _finite(K: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(K).all():
        raise ValueError(
            "the kernel overflowed: it holds values that are not finite. Scale the "
            "features, or lower gamma or degree."
        )
    return K


def factor_product(
    Z: NDArray[Any], residual: NDArray[np.float64]
) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """Function that multiplies by ``Z @ Z.T + diag(residual)``, linear in the rows."""
    parts = slices(Z.shape[0], _ROWS)

    def matvec(x: NDArray[Any]) -> NDArray[np.float64]:
        small = x.astype(Z.dtype, copy=False)
        inner = np.zeros(Z.shape[1])
        for part in parts:
            inner += small[part] @ Z[part]
        inner = inner.astype(Z.dtype)
        product = residual * x
        for part in parts:
            product[part] += Z[part] @ inner
        return product

    return matvec
