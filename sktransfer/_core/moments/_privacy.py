r"""The Gaussian mechanism on exact states: how far one user moves them, and noise.

A rounded row q has a squared length of at most :math:`N` in integer units, where
``row_norm`` is kept *after* rounding, so that rounding adds nothing. Its weight is at
most w, and a user has at most m rows: with :math:`c = m w`, the user moves

- the weight by at most :math:`c`,
- the sums :math:`\sum q` by a vector of length at most :math:`c \sqrt N`,
- the products :math:`\sum q q^\top` by a matrix of Frobenius norm at most :math:`c N`.

A symmetric matrix is its diagonal and its upper triangle. The vector of the diagonal
entries and of :math:`\sqrt 2` times those above it has the Frobenius norm as its length.
So noise of standard deviation :math:`\sigma` on that vector is noise of :math:`\sigma`
on the diagonal and of :math:`\sigma / \sqrt 2` above it, mirrored: the same
distribution in every orthogonal basis. One :math:`\sigma` for the entries of the
triangle as they are would be too much for the diagonal or too little for the rest.

With :math:`\mu^2` divided among the three by fixed shares, each has
:math:`\sigma = \text{sensitivity} / \mu_i`, rounded up to an integer. A row of full
length attains the three bounds at once, so this is no looser than a joint bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.moments._exact import ExactSums
from sktransfer._core.moments._noise import MOST_SIGMA, rounded_gaussian
from sktransfer._core.moments._noisy import NoisySums, NoisyState

if TYPE_CHECKING:
    from sktransfer._core.moments._state import MomentState

# shares of mu^2 of the weight, the sums and the products
_SHARES = (0.04, 0.32, 0.64)
_SHARES_ABOUT_0 = (0.01, 0.0, 0.99)


def privatize(
    state: MomentState, budget: Any, share: float, label: str, rows_per_user: int
) -> NoisyState:
    """Charge a budget, then draw noise; see :meth:`MomentState.privatize`.

    Parameters
    ----------
    state : MomentState
        Exact, of clipped rows.
    budget : PrivacyBudget
        What is charged.
    share : float
        Share of the budget.
    label : str
        For the ledger.
    rows_per_user : int
        Most rows of one user.

    Returns
    -------
    noisy : NoisyState
        The state with noise.

    Raises
    ------
    ValueError
        If the sensitivity of the state is not known.
    """
    sums = state.sums
    if not isinstance(sums, ExactSums) or sums.row_norm is None:
        raise ValueError(
            "Only an exact state of clipped rows has a known sensitivity; got "
            f"arithmetic={state.arithmetic!r} without row_norm. Begin with "
            f'{type(state).__name__}.empty(..., arithmetic="exact", row_norm=...), '
            "where row_norm is a public number."
        )
    if not hasattr(budget, "charge"):
        raise TypeError(
            f"budget must be a PrivacyBudget; got {type(budget).__name__}."
        )
    moved = sensitivity(sums, rows_per_user)
    parts = _SHARES if hasattr(type(state), "mean") else _SHARES_ABOUT_0
    sigmas = noise_scales(moved, parts, budget.mu_of(share))
    if max(sigmas) > MOST_SIGMA:
        raise ValueError(
            f"The noise does not fit into 64 bits at bits={sums.bits} and row_norm="
            f"{sums.row_norm:g}. Use fewer bits."
        )
    mu = budget.charge(share, label=label or type(state).__name__)
    weight, totals, products = noisy_values(sums, sigmas)
    noisy = NoisySums(
        int(weight[0]),
        None if totals is None else totals[0],
        products[0],
        tuple(sigma**2 for sigma in sigmas),
        sums.unit,
    )
    return NoisyState(
        noisy,
        kind=type(state),
        mu=mu,
        row_norm=sums.row_norm,
        fingerprint=state.fingerprint,
        n_left=getattr(state, "n_left", 0),
    )


def sensitivity(sums: ExactSums, rows_per_user: int = 1) -> tuple[float, float, float]:
    r"""How far the rows of one user move the weight, the sums and the products.

    Parameters
    ----------
    sums : ExactSums
        With ``row_norm``.
    rows_per_user : int, default=1
        Most rows of one user.

    Returns
    -------
    weight, sums, products : float
        Euclidean lengths in integer units. Of one-dimensional products
        (:math:`\sum_j q_j^4 \le \max_j q_j^2 \sum_j q_j^2`) the bound of an entry
        counts too.
    """
    limit = sums.norm_limit
    products = float(limit)
    if sums.products.ndim == 1:
        products = math.sqrt(limit * min(limit, sums.largest**2))
    times = rows_per_user * sums.max_weight
    return float(times), times * math.sqrt(limit), times * products


def noise_scales(
    moved: tuple[float, float, float], parts: tuple[float, float, float], mu: float
) -> tuple[int, int, int, int]:
    """Standard deviations of the noise, in integer units.

    Parameters
    ----------
    moved : tuple of three float
        Sensitivities of the weight, the sums and the products.
    parts : tuple of three float
        Shares of ``mu ** 2``; 0: not released.
    mu : float
        Gaussian differential privacy of all three.

    Returns
    -------
    weight, sums, diagonal, triangle : int
        0 where nothing is released.
    """
    scales = [
        part and length / (math.sqrt(part) * mu)
        for length, part in zip(moved, parts, strict=True)
    ]
    return tuple(math.ceil(s) for s in (*scales, scales[-1] / math.sqrt(2)))


def noisy_values(
    sums: ExactSums, sigmas: tuple[int, int, int, int], n_draws: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.int64]]:
    """Draw releases of the same sums.

    Parameters
    ----------
    sums : ExactSums
        What is released.
    sigmas : tuple of four int
        Standard deviations for the weight, the sums, the diagonal and the triangle.
    n_draws : int, default=1
        How many; more than one are for audits.

    Returns
    -------
    weight : ndarray of int64 of shape (n_draws,)
        Noisy weights.
    sums : ndarray of int64 of shape (n_draws, n_features) or None
        Noisy sums.
    products : ndarray of int64 of shape (n_draws, n_features, n_features) or \
(n_draws, n_features)
        Noisy products, symmetric where they are matrices.
    """
    n = sums.n_features
    weight = _plus_noise(np.array([sums.weight]), sigmas[0], n_draws)[:, 0]
    totals = _plus_noise(sums.sums, sigmas[1], n_draws) if sigmas[1] else None
    if sums.products.ndim == 1:
        return weight, totals, _plus_noise(sums.products, sigmas[2], n_draws)
    products = np.empty((n_draws, n, n), dtype=np.int64)
    rows, columns = np.triu_indices(n, 1)
    upper = _plus_noise(sums.products[rows, columns], sigmas[3], n_draws)
    products[:, rows, columns] = upper
    products[:, columns, rows] = upper
    diagonal = np.arange(n)
    products[:, diagonal, diagonal] = _plus_noise(
        sums.products.diagonal(), sigmas[2], n_draws
    )
    return weight, totals, products


def _plus_noise(
    values: NDArray[np.int64], sigma: int, n_draws: int
) -> NDArray[np.int64]:
    noise = rounded_gaussian(sigma, n_draws * values.size).reshape(n_draws, -1)
    total = values + noise
    # beyond 64 bits: the nearest number that fits, a function of the noisy value
    beyond = ((values ^ total) & (noise ^ total)) < 0
    limits = np.iinfo(np.int64)
    total[beyond] = np.where(noise[beyond] > 0, limits.max, limits.min)
    return total
