r"""Density ratios as sums of Gaussian kernels at target rows.

:math:`r(x) = \sum_l \theta_l\, e^{-\gamma |x - c_l|^2}` with the centres c among target
rows. Rows enter block by block, so time and memory are linear in their number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.kernels import kernel_means, kernel_rows, median_gamma
from sktransfer._core.label_shift import likelihood_shares
from sktransfer._core.rows import spread_rows
from sktransfer._core.topk import row_blocks

# gamma around the median heuristic: widths from an eighth of it to four times it
GAMMA_FACTORS = (1 / 16, 1 / 4, 1.0, 4.0, 16.0, 64.0)


_SAMPLE = 250  # rows a side for the median heuristic


class RatioModel(NamedTuple):
    """A density ratio that can be evaluated anywhere."""

    centres: Any  # (n_centres, n_features)
    coefficients: NDArray[np.float64]  # (n_centres,)
    gamma: float


class RatioMoments(NamedTuple):
    """What least squares needs of a set of rows: sums over kernel values."""

    n: int
    total: NDArray[np.float64]  # (n_centres,)
    gram: NDArray[np.float64]  # (n_centres, n_centres)


def candidate_gammas(gamma: Any, source: Any, target: Any) -> list[float]:
    """Scales of the kernel to choose from.

    Parameters
    ----------
    gamma : float, sequence of float or None
        As given by the user. None: six around the median heuristic.
    source, target : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Rows of each side, of which a sample serves the heuristic.

    Returns
    -------
    gammas : list of float
        Positive, in increasing order: of two that serve alike, the smoother is first.
    """
    if gamma is None:
        sides = [X[spread_rows(X, _SAMPLE)] for X in (source, target)]
        stack = (
            sparse.vstack(sides, "csr") if sparse.issparse(source) else np.r_[*sides]
        )
        return [median_gamma(stack) * factor for factor in GAMMA_FACTORS]
    gammas = np.atleast_1d(np.asarray(gamma, np.float64))
    if gammas.ndim != 1 or not (gammas.size and (gammas > 0).all()):
        raise ValueError(
            "gamma must be a positive number, or a sequence of them to choose from; "
            f"got {gamma!r}."
        )
    return sorted(gammas.tolist())


def kernel_features(X: Any, centres: Any, gamma: float) -> NDArray[np.float64]:
    """Gaussian kernel of each row with each centre.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Rows.
    centres : {ndarray, sparse matrix} of shape (n_centres, n_features)
        Centres, of the container of X.
    gamma : float
        Scale of the kernel.

    Returns
    -------
    K : ndarray of float64 of shape (n_rows, n_centres)
        ``exp(-gamma * |x - c|^2)``.
    """
    block, (A, C) = kernel_rows("rbf", X, centres, gamma=gamma)
    K = np.empty((X.shape[0], centres.shape[0]))
    for rows in row_blocks(*K.shape):
        K[rows] = block(A[rows], C)
    return K


def ratio_values(model: RatioModel, X: Any) -> NDArray[np.float64]:
    """Values of a density ratio, not below 0.

    Parameters
    ----------
    model : RatioModel
        The ratio.
    X : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Rows.

    Returns
    -------
    values : ndarray of float64 of shape (n_rows,)
        The ratio at each row.
    """
    values = np.empty(X.shape[0])
    for rows in row_blocks(X.shape[0], model.centres.shape[0]):
        K = kernel_features(X[rows], model.centres, model.gamma)
        values[rows] = K @ model.coefficients
    return np.maximum(values, 0)


def kliep(
    target_kernel: NDArray[np.float64],
    source_means: NDArray[np.float64],
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> tuple[NDArray[np.float64], float, int]:
    r"""Coefficients of the Kullback-Leibler importance estimation procedure [1]_.

    .. math:: \max_{\theta \ge 0} \frac1{n_t} \sum_i \log \sum_l \theta_l K_{il}
              \quad \text{s.t. } \sum_l \theta_l b_l = 1.

    With :math:`q_l = \theta_l b_l` these are the shares of a mixture of known
    components :math:`K_{il} / b_l`, which EM steps find, with a certificate.

    Parameters
    ----------
    target_kernel : ndarray of shape (n_target, n_centres)
        K, kernel of target rows and centres.
    source_means : ndarray of shape (n_centres,)
        b, mean of the kernel over source rows. Centres that no source row comes near
        (b = 0) are left out.
    tol : float, default=1e-6
        Distance of the objective from its maximum to stop at.
    max_iter : int, default=1000
        Largest number of steps.

    Returns
    -------
    theta : ndarray of shape (n_centres,)
        Coefficients; all 0 where source and target do not meet.
    gap : float
        Certified distance of the objective from its maximum.
    n_iter : int
        Number of steps.

    References
    ----------
    .. [1] M. Sugiyama, T. Suzuki, S. Nakajima, H. Kashima, P. von Buenau and M.
       Kawanabe, "Direct Importance Estimation for Covariate Shift Adaptation", Annals
       of the Institute of Statistical Mathematics 60, 2008.
    """
    theta = np.zeros_like(source_means)
    near = source_means > 1e-200
    if not near.any():
        return theta, 0.0, 0
    components = target_kernel[:, near] / source_means[near]
    # A row that no centre reaches would add log 0 whatever theta is.
    reached = components.max(axis=1) > 0
    if not reached.any():
        return theta, 0.0, 0
    # scale by row: the likelihood changes by a constant, and nothing overflows
    components = components[reached]
    components /= components.max(axis=1, keepdims=True)
    start = np.full(components.shape[1], 1 / components.shape[1])
    found = likelihood_shares(components, start, tol=tol, max_iter=max_iter)
    theta[near] = found.shares / source_means[near]
    return theta, found.gap, found.n_iter


def kliep_cv_score(
    target: Any,
    source: Any,
    centres: NDArray[np.intp],
    gamma: float,
    folds: tuple[NDArray[np.intp], NDArray[np.intp]],
    **options: Any,
) -> float:
    r"""Held-out likelihood of target rows, less the excess of mass over the source.

    :math:`\frac1{n_t} \sum_j \log r(x^t_j) - \frac1{n_s} \sum_i r(x_i) + 1` over rows
    that r was not fitted to: in expectation never above the relative entropy of the
    target to the source [1]_. The mass matters: where few source rows come near a
    centre, r is free to be huge, and the likelihood of target rows alone would reward
    it.

    Parameters
    ----------
    target, source : {ndarray, sparse matrix} of shape (n_rows, n_features)
        Rows of each side.
    centres : ndarray of int of shape (n_centres,)
        Which target rows are centres; those of the held-out fold do not serve.
    gamma : float
        Scale of the kernel.
    folds : tuple of two ndarrays of int
        Fold of each target row and of each source row.
    **options : dict
        ``tol`` and ``max_iter`` of :func:`kliep`.

    Returns
    -------
    score : float
        Higher is better; minus infinity where a fold leaves nothing to fit.

    References
    ----------
    .. [1] X. Nguyen, M. Wainwright and M. Jordan, "Estimating Divergence Functionals
       and the Likelihood Ratio by Convex Risk Minimization", IEEE Transactions on
       Information Theory 56, 2010.
    """
    C = target[centres]
    K = kernel_features(target, C, gamma)
    names = np.unique(folds[0])
    n = np.array([np.count_nonzero(folds[1] == f) for f in names])
    if n.sum() < folds[1].size or names.size < 2 or not n.all():
        return -np.inf
    b = [
        source_kernel_means(source[np.flatnonzero(folds[1] == f)], C, gamma)
        for f in names
    ]
    total = np.average(b, axis=0, weights=n)
    score = 0.0
    for f, mean, share in zip(names, b, n / n.sum()):
        held, own = folds[0] == f, folds[0][centres] != f
        if not own.any():
            return -np.inf
        rest = (total - share * mean) / (1 - share)
        theta, _, _ = kliep(K[~held][:, own], rest[own].clip(0), **options)
        score += np.log(np.maximum(K[held][:, own] @ theta, 1e-300)).sum() / held.size
        score -= share * float(mean[own] @ theta) - share
    return score


def source_kernel_means(source: Any, centres: Any, gamma: float) -> NDArray[np.float64]:
    """Mean over the source rows of the kernel with each centre.

    Parameters
    ----------
    source : {ndarray, sparse matrix} of shape (n_source, n_features)
        Rows.
    centres : {ndarray, sparse matrix} of shape (n_centres, n_features)
        Centres.
    gamma : float
        Scale of the kernel.

    Returns
    -------
    means : ndarray of float64 of shape (n_centres,)
        In blocks: the kernel is never stored whole.
    """
    block, (C, S) = kernel_rows("rbf", centres, source, gamma=gamma)
    return kernel_means(block, C, S)


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
