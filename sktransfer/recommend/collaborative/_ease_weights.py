"""Item-item weights of EASE: products of items, and the closed form."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import dense, is_sparse, multiply_rows
from sktransfer._core.topk import row_blocks
from sktransfer.recommend._lapack import lapack_routine

_TILE = 512
_BLOCK_ENTRIES = 1 << 20  # 8 MB with their indices where they are sparse
_ALONE = 1e-4  # share of the squared offset that is left without a column


def check_products(diagonal: NDArray[np.floating]) -> None:
    """Refuse interactions whose squares overflow."""
    if not np.isfinite(diagonal).all():
        raise ValueError(
            f"The products of items overflow in {diagonal.dtype}. Scale X down, or "
            "pass X as float64."
        )


def item_gram(
    X: Any, sample_weight: NDArray[np.floating] | None = None
) -> NDArray[np.floating]:
    """Weighted Gram matrix of the columns, dense."""
    gram = np.zeros((X.shape[1], X.shape[1]), dtype=X.dtype)
    add_item_gram(gram, X, sample_weight)
    return gram


def add_item_gram(
    gram: NDArray[np.floating],
    X: Any,
    sample_weight: NDArray[np.floating] | None = None,
) -> None:
    """Add the weighted Gram matrix of the columns of more rows, in place."""
    n_items = X.shape[1]
    if is_sparse(X):
        weighted = X if sample_weight is None else multiply_rows(X, sample_weight)
        transposed = X.T.tocsr()
    else:
        w = sample_weight
        weighted = X if w is None else X * w.astype(X.dtype, copy=False)[:, None]
        transposed = X.T
    for items in row_blocks(n_items, n_items, entries=_BLOCK_ENTRIES):
        # the product is held for a few items only
        gram[items] += dense(transposed[items] @ weighted)


def invert_spd(A: NDArray[np.floating]) -> float:
    """Invert a symmetric positive definite matrix in place.

    Cholesky factor and inverse by LAPACK's potrf and potri, a third of the operations
    of a general inverse and no second matrix.
    """
    potrf, potri, pocon = (
        lapack_routine(name, A.dtype) for name in ("potrf", "potri", "pocon")
    )
    norm = _one_norm(A)
    # A.T is Fortran-contiguous, so LAPACK writes into A; upper of A.T = lower of A
    _, info = potrf(A.T, lower=0, clean=0, overwrite_a=1)
    if info != 0:
        raise np.linalg.LinAlgError("The matrix is not positive definite.")
    rcond, _ = pocon(A.T, norm)
    _, info = potri(A.T, lower=0, overwrite_c=1)
    if info != 0:  # pragma: no cover - potrf has succeeded
        raise np.linalg.LinAlgError("The matrix is singular.")
    _mirror_lower(A)
    return float(rcond)


def _one_norm(A: NDArray[np.floating]) -> float:
    sums = [np.abs(A[rows]).sum(axis=1) for rows in row_blocks(*A.shape)]
    return float(max(part.max() for part in sums))


def _mirror_lower(A: NDArray[np.floating]) -> None:
    """Copy the lower triangle over the upper one, by tiles that fit in the cache."""
    n = A.shape[0]
    for i in range(0, n, _TILE):
        for j in range(0, i, _TILE):
            A[j : j + _TILE, i : i + _TILE] = A[i : i + _TILE, j : j + _TILE].T
        corner = A[i : i + _TILE, i : i + _TILE]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T


def ease_weights(
    gram: NDArray[np.floating], l2: float
) -> tuple[NDArray[np.floating], NDArray[np.floating], float]:
    r"""Item-item weights of EASE, in the memory of the Gram matrix.

    :math:`B_{ij} = -P_{ij} / P_{jj}` off the diagonal, where :math:`P = (G + \lambda
    I)^{-1}`.
    """
    scale, rcond = _invert_penalised(gram, l2, "Gram matrix")
    gram /= -scale
    np.fill_diagonal(gram, 0)
    return gram, scale, rcond


def centred_ease_weights(
    scatter: NDArray[np.float64],
    mean: NDArray[np.float64],
    weight: float,
    l2: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    r"""Item-item weights of EASE from moments about the mean.

    The same weights as those of :math:`G = S + w \mu \mu^\top`, which is not formed:
    where columns have offsets it holds few digits of the scatter. With :math:`A = S +
    \lambda I`, :math:`u = A^{-1} \mu` and

    .. math:: R_{ij} = -\frac{(A^{-1})_{ij}}{(A^{-1})_{jj}}, \quad
              t_j = \frac{u_j}{(A^{-1})_{jj}}, \quad
              p_j = u + u_j R_j, \quad q_j = \mu^\top p_j

    off the diagonal, column j is :math:`B_j = R_j + p_j t_j / (1 / w + q_j)`: the
    weights with an intercept :math:`t_j`, and what the others do in its place. It is
    the rank-one update of :math:`A^{-1}` by Sherman and Morrison, ordered so that
    :math:`P_{jj}`, which can be very small, is not a difference.
    """
    check_products(mean**2)
    inverse_diagonal, rcond = _invert_penalised(scatter, l2, "scatter")
    u = scatter @ mean
    slopes = u / inverse_diagonal  # the intercepts t, and slopes of the update
    whole = 1 / weight + float(mean @ u)
    # max: of what is left after the largest term only its size is known
    rest = np.maximum(whole - u * slopes, 1 / weight)
    # of a column that has nearly all of the offset these are differences of numbers
    # that are nearly equal: there the others are summed without it
    alone = np.flatnonzero(rest < _ALONE * whole)
    columns = np.empty((mean.size, alone.size))
    for block in row_blocks(alone.size, mean.size, entries=_BLOCK_ENTRIES):
        some = alone[block]
        others = np.repeat(mean[:, None], some.size, axis=1)
        others[some, np.arange(some.size)] = 0
        p = scatter @ others
        own = p[some, np.arange(some.size)] / inverse_diagonal[some]
        p -= scatter[:, some] * own
        rest[some] = 1 / weight + np.einsum("ij,ij->j", others, p)
        columns[:, block] = p * (slopes[some] / rest[some])
        columns[:, block] -= scatter[:, some] / inverse_diagonal[some]
    slopes /= rest
    factors = -(1 + u * slopes) / inverse_diagonal
    for rows in row_blocks(*scatter.shape, entries=_BLOCK_ENTRIES):
        scatter[rows] *= factors
        scatter[rows] += np.outer(u[rows], slopes)
    scatter[:, alone] = columns
    np.fill_diagonal(scatter, 0)
    return scatter, inverse_diagonal * (rest / whole), rcond


def _invert_penalised(
    A: NDArray[np.floating], l2: float, name: str
) -> tuple[NDArray[np.floating], float]:
    """Replace A by the inverse of A + l2 I; its diagonal, and rcond."""
    check_products(A.diagonal())
    A.flat[:: A.shape[0] + 1] += l2
    try:
        rcond = invert_spd(A)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"l2={l2:g} is too small for the interactions in {A.dtype}: the penalised "
            f"{name} is not positive definite. Raise l2, scale X down, or pass X as "
            "float64."
        ) from None
    if rcond < 10 * np.finfo(A.dtype).eps:
        warnings.warn(
            f"The penalised {name} is ill-conditioned for {A.dtype} (rcond "
            f"{rcond:.1g}): few digits of the scores are right. Raise l2={l2:g}, scale "
            "X down, or pass X as float64.",
            UserWarning,
            stacklevel=6,
        )
    return A.diagonal().copy(), rcond
