"""Shares of the components of a mixture, by least squares and by likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls


class LikelihoodShares(NamedTuple):
    """Result of :func:`likelihood_shares`."""

    shares: NDArray[np.float64]
    gap: float  # bound on the distance of the mean log-likelihood from its maximum
    n_iter: int


def mixing_shares(class_means: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    r"""Shares under which a mixture of classes comes nearest to a mean.

    .. math:: \min_w \|M^\top w - \mu\|^2 \quad \text{s.t. } w \ge 0,\; \sum_c w_c = 1.
    """
    # with the sum at 1, M can be centred; a heavy row keeps the sum at 1
    A = (np.asarray(class_means, np.float64) - np.asarray(mean, np.float64)).T
    heavy = 1e4 * np.linalg.norm(A, axis=0).max()
    if heavy == 0:  # all class means are equal to the mean
        return np.full(A.shape[1], 1 / A.shape[1])
    A = np.vstack([A, np.full(A.shape[1], heavy)])
    b = np.append(np.zeros(len(A) - 1), heavy)
    # a small square system with the same solution
    R = np.asarray(np.linalg.qr(np.column_stack([A, b]), mode="r"))
    shares, _ = nnls(R[:, :-1], R[:, -1])
    return shares / shares.sum()


def likelihood_shares(
    ratio: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    tol: float = 1e-10,
    max_iter: int = 2000,
) -> LikelihoodShares:
    r"""Shares that maximise the likelihood of a mixture of known components.

    :math:`\max_q \frac1n \sum_i \log \sum_c q_c r_{ic}` over the simplex is concave.
    An EM step is :math:`q \leftarrow q \odot g` with g the gradient, and
    :math:`\max_c g_c - 1` bounds the distance from the maximum. Pairs of steps are
    extrapolated; an extrapolation that does not increase the likelihood is dropped.
    """

    def step(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
        density = np.maximum(ratio @ q, 1e-300)
        g = (1 / density) @ ratio / len(ratio)
        return q * g, float(g.max() - 1), float(np.log(density).mean())

    q, gap = start / start.sum(), np.inf
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        first, gap, _ = step(q)
        if gap <= tol:
            break
        second, _, value = step(first)
        r, v = first - q, second - 2 * first + q
        ratio_of_steps = float(np.linalg.norm(r)) / max(
            float(np.linalg.norm(v)), 1e-300
        )
        alpha = max(ratio_of_steps, 1.0)
        jump = np.maximum(q + 2 * alpha * r + alpha**2 * v, 0)
        # a little of the plain step, so that no share is lost for good
        jump = 0.999 * jump / jump.sum() + 0.001 * second
        q = jump if step(jump)[2] > value else second
    return LikelihoodShares(q / q.sum(), gap, n_iter)
