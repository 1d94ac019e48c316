"""Relative density ratios by least squares (RuLSIF), from mergeable sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.density_ratio import kernel_features
from sktransfer._core.topk import row_blocks


class RatioMoments(NamedTuple):
    """What least squares needs of a set of rows: sums over kernel values."""

    n: int
    total: NDArray[np.float64]  # (n_centres,)
    gram: NDArray[np.float64]  # (n_centres, n_centres)


def ratio_moments(
    X: Any, centres: Any, gamma: float, folds: NDArray[np.intp], n_folds: int
) -> list[RatioMoments]:
    """Sums of kernel values and of their products, for each fold.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Rows of one side.
    centres : {ndarray, sparse matrix} of shape (n_centres, n_features)
        Centres.
    gamma : float
        Scale of the kernel.
    folds : ndarray of int of shape (n_rows,)
        Fold of each row.
    n_folds : int
        Number of folds.

    Returns
    -------
    moments : list of RatioMoments
        One for each fold.
    """
    m, found = centres.shape[0], []
    for fold in range(n_folds):
        rows = np.flatnonzero(folds == fold)
        total, gram = np.zeros(m), np.zeros((m, m))
        for part in row_blocks(rows.size, m):
            K = kernel_features(X[rows[part]], centres, gamma)
            total += K.sum(axis=0)
            gram += K.T @ K
        found.append(RatioMoments(rows.size, total, gram))
    return found


def merged(moments: list[RatioMoments]) -> RatioMoments:
    """Sums over several folds.

    Parameters
    ----------
    moments : list of RatioMoments
        Those of each fold, at least one.

    Returns
    -------
    moments : RatioMoments
        Of all rows.
    """
    n, total, gram = zip(*moments)
    return RatioMoments(sum(n), sum(total), sum(gram))


def _least_squares_parts(
    target: RatioMoments, source: RatioMoments, alpha: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    H = alpha * target.gram / max(target.n, 1)
    H = H + (1 - alpha) * source.gram / max(source.n, 1)
    return H, target.total / max(target.n, 1)


def relative_ratio(
    target: RatioMoments, source: RatioMoments, *, alpha: float, ridge: float
) -> NDArray[np.float64]:
    r"""Coefficients of the relative density ratio by least squares (RuLSIF) [1]_.

    :math:`\theta = (H + \lambda I)^{-1} h` with :math:`H = \frac{\alpha}{n_t} K_t^\top
    K_t + \frac{1 - \alpha}{n_s} K_s^\top K_s` and :math:`h = \frac1{n_t} K_t^\top 1`.

    Parameters
    ----------
    target, source : RatioMoments
        Sums over the rows of each side.
    alpha : float
        The ratio is :math:`p_t / (\alpha p_t + (1 - \alpha) p_s)`.
    ridge : float
        :math:`\lambda`.

    Returns
    -------
    theta : ndarray of shape (n_centres,)
        Coefficients, of either sign.

    References
    ----------
    .. [1] M. Yamada, T. Suzuki, T. Kanamori, H. Hachiya and M. Sugiyama, "Relative
       Density-Ratio Estimation for Robust Distribution Comparison", Neural Computation
       25(5), 2013.
    """
    H, h = _least_squares_parts(target, source, alpha)
    return np.linalg.solve(H + ridge * np.eye(len(h)), h)


def relative_ratio_cv(
    target: list[RatioMoments],
    source: list[RatioMoments],
    *,
    alpha: float,
    ridges: tuple[float, ...],
) -> NDArray[np.float64]:
    r"""Held-out loss of the relative density ratio, for each ridge.

    :math:`\frac12 \theta^\top H \theta - h^\top \theta` with H and h of the held-out
    rows: the squared error of the ratio, up to a constant.

    Parameters
    ----------
    target, source : list of RatioMoments
        Sums over the rows of each fold.
    alpha : float
        As in :func:`relative_ratio`.
    ridges : tuple of float
        Values to try.

    Returns
    -------
    losses : ndarray of shape (n_ridges,)
        Mean over the folds that hold rows of both sides; infinite without any.
    """
    losses: list[list[float]] = []
    for fold in range(len(target)):
        if not (target[fold].n and source[fold].n):
            continue
        rest = [
            merged([m for i, m in enumerate(side) if i != fold])
            for side in (target, source)
        ]
        if not (rest[0].n and rest[1].n):
            continue
        H, h = _least_squares_parts(target[fold], source[fold], alpha)
        thetas = [relative_ratio(*rest, alpha=alpha, ridge=r) for r in ridges]
        losses.append([float(0.5 * t @ H @ t - h @ t) for t in thetas])
    if not losses:
        return np.full(len(ridges), np.inf)
    return np.mean(losses, axis=0)
