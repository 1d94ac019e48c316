"""Density ratios by maximum likelihood (KLIEP)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.density_ratio import kernel_features, source_kernel_means
from sktransfer._core.mixtures import likelihood_shares


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
