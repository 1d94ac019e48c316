r"""The Gaussian mechanism on exact states: their sensitivity to one user, and noise.

A rounded row q has a squared length of at most :math:`N` in integer units. The bound
``row_norm`` holds *after* rounding, so that rounding adds nothing. The weight of a row
is at most w, and a user has at most m rows. With :math:`c = m w`, one user changes

- the weight by at most :math:`c`,
- the sums :math:`\sum q` by a vector of length at most :math:`c \sqrt N`,
- the products :math:`\sum q q^\top` by a matrix of Frobenius norm at most :math:`c N`,
- the products :math:`\sum q r^\top` of two blocks by at most :math:`c \sqrt{N M}`.

A symmetric matrix is its diagonal and its upper triangle. The vector of the diagonal
entries and of :math:`\sqrt 2` times those above it is as long as the Frobenius norm.
So noise of standard deviation :math:`\sigma` on that vector is noise of :math:`\sigma`
on the diagonal and of :math:`\sigma / \sqrt 2` above it, mirrored: the same
distribution in every orthogonal basis. One :math:`\sigma` for the entries of the
triangle as they are would be too much for the diagonal or too little for the rest.

:math:`\mu^2` is divided among these by fixed shares, and each gets noise of
:math:`\sigma = \text{sensitivity} / \mu_i`, rounded up to an integer. A row of full
length reaches all bounds at once, so a joint bound would not be tighter.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer.moments import ClassMoments, MomentState
from sktransfer.moments.column_blocks import column_slices
from sktransfer.moments.exact_sums import ExactSums
from sktransfer.privacy._budget import PrivacyBudget
from sktransfer.privacy._gaussian_noise import MOST_SIGMA, rounded_gaussian
from sktransfer.privacy._noisy_state import NoisyState
from sktransfer.privacy._noisy_sums import NoisySums, Scales


class ReleaseParts(NamedTuple):
    """A number for each part of a release: its share of mu^2, or its sensitivity.

    Attributes
    ----------
    weight : float
        Of the weight.
    sums : tuple of float
        Of the sums of each block of columns. A share of 0: not released.
    products : tuple of tuple of float
        Of the products within a block (i, i) and of two blocks (i, j).
    """

    weight: float
    sums: tuple[float, ...]
    products: tuple[tuple[float, ...], ...]


# shares of mu^2, which add up to 1
_SHARES = ReleaseParts(0.04, (0.24,), ((0.72,),))
_SHARES_ABOUT_0 = ReleaseParts(0.01, (0.0,), ((0.99,),))
# regressions read the left block and the products of both
_SHARES_OF_PAIRS = ReleaseParts(0.01, (0.04, 0.03), ((0.25, 0.62), (0.62, 0.05)))
# one without an intercept reads no more than these, in the same proportion
_SHARES_OF_REGRESSION = ReleaseParts(0.005, (0.0, 0.0), ((0.285, 0.71), (0.71, 0.0)))
PARTS = ("all", "regression")


def privatize(
    state: MomentState,
    budget: PrivacyBudget,
    *,
    share: float = 1.0,
    label: str = "",
    rows_per_user: int = 1,
    parts: str = "all",
) -> NoisyState:
    """Add noise to the moments of a state, so that no user can be told from it.

    The budget is charged first. The state must be exact and of clipped rows
    (``arithmetic="exact", row_norm=...``): these public numbers, and not the rows, say
    how far one row can change the moments. Neighbouring data sets differ by one user.
    The noise is Gaussian, rounded to integers, from the random generator of the
    operating system.

    Parameters
    ----------
    state : MomentState
        Exact state of clipped rows.
    budget : PrivacyBudget
        Budget of the people whose rows these are.
    share : float, default=1.0
        Share of the budget to spend.
    label : str, default=""
        Entry in the ledger of the budget; by default the kind of the state.
    rows_per_user : int, default=1
        Largest number of rows of one user. It is not checked: keep to it where the rows
        are made.
    parts : {"all", "regression"}, default="all"
        Which moments to release. "regression", for `PairMoments`, releases only what a
        regression without an intercept needs: the products of X with X and of X with
        Y. Their noise is smaller than with "all".

    Returns
    -------
    noisy : NoisyState
        Moments with noise.

    Raises
    ------
    PrivacyBudgetError
        If less of the budget is left. Then nothing is drawn and nothing charged.
    ValueError
        If the sensitivity of the state is not known.
    TypeError
        If ``state`` has noise already or is no state.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import Moments
    >>> from sktransfer.privacy import PrivacyBudget, privatize
    >>> empty = Moments.empty(2, arithmetic="exact", row_norm=1.0)
    >>> state = empty.update(np.full((1000, 2), 0.5))
    >>> noisy = privatize(state, PrivacyBudget(1.0, 1e-6))
    >>> noisy.n_features
    2
    """
    check_value("rows_per_user", rows_per_user, integer(1))
    if isinstance(state, NoisyState):
        raise TypeError(
            "A NoisyState has noise already: rows and noise go into the exact state, "
            "which is privatized once. Noisy states of other rows can be merged."
        )
    if not isinstance(state, MomentState):
        raise TypeError(
            "state must be a MomentState, such as Moments.empty(...).update(rows); got "
            f"{type(state).__name__}."
        )
    if isinstance(state, ClassMoments):
        raise ValueError(
            "ClassMoments has no noisy form: noise for each class would tell which of "
            "them are empty. Use Moments or PairMoments of one-hot classes."
        )
    sums, kind = state.sums, type(state)
    if not isinstance(sums, ExactSums) or sums.blocks is None:
        raise ValueError(
            "Only an exact state of clipped rows has a known sensitivity; got "
            f"arithmetic={state.arithmetic!r} without row_norm. Begin with "
            f'{kind.__name__}.empty(..., arithmetic="exact", row_norm=...), where '
            "row_norm is a public number."
        )
    if not hasattr(budget, "charge"):
        raise TypeError(f"budget must be a PrivacyBudget; got {type(budget).__name__}.")
    check_value("parts", parts, one_of(*PARTS))
    if parts == "regression" and len(sums.blocks) < 2:
        raise ValueError(f'parts="regression" is for PairMoments; got {kind.__name__}.')
    scales = release_scales(state, budget.mu_of(share), int(rows_per_user), parts)
    of_products = chain.from_iterable(scales.products)
    if max(scales.weight, *scales.sums, *scales.squares, *of_products) > MOST_SIGMA:
        raise ValueError(
            f"The noise does not fit into 64 bits at bits={sums.bits}, row_norm="
            f"{sums.blocks[0].row_norm:g} and max_weight={sums.max_weight}. Use fewer "
            "bits."
        )
    mu = budget.charge(share, label=label or kind.__name__)
    weight, totals, products = draw_releases(sums, scales)
    noisy = NoisySums(
        int(weight[0]),
        None if totals is None else totals[0],
        products[0],
        scales.variances(),
        sums.blocks,
        sums.unit,
    )
    n_left = getattr(state, "n_left", 0)
    return NoisyState(
        noisy, kind=kind, mu=mu, fingerprint=state.fingerprint, n_left=n_left
    )


def release_scales(
    state: MomentState, mu: float, rows_per_user: int = 1, parts: str = "all"
) -> Scales:
    """Standard deviations of the noise of a release, in integer units."""
    shares = _SHARES if hasattr(type(state), "mean") else _SHARES_ABOUT_0
    if len(state.sums.blocks) > 1:
        shares = _SHARES_OF_PAIRS if parts == "all" else _SHARES_OF_REGRESSION
    return noise_scales(sensitivity(state.sums, rows_per_user), shares, mu)


def sensitivity(sums: ExactSums, rows_per_user: int = 1) -> ReleaseParts:
    """How far the rows of one user change the weight, the sums and the products."""
    limits, times = sums.norm_limits, rows_per_user * sums.max_weight
    products: tuple[tuple[float, ...], ...]
    if sums.products.ndim == 1:
        (limit,) = limits
        products = ((times * math.sqrt(limit * min(limit, sums.largest**2)),),)
    else:
        products = tuple(
            tuple(times * math.sqrt(a * b) for b in limits) for a in limits
        )
    return ReleaseParts(
        float(times), tuple(times * math.sqrt(a) for a in limits), products
    )


def noise_scales(
    sensitivities: ReleaseParts, shares: ReleaseParts, mu: float
) -> Scales:
    """Standard deviations of the noise, in integer units, rounded up."""

    def sigma(length: float, share: float) -> float:
        return length / (math.sqrt(share) * mu) if share else 0.0

    blocks = range(len(sensitivities.sums))
    products = [
        [sigma(sensitivities.products[i][j], shares.products[i][j]) for j in blocks]
        for i in blocks
    ]
    squares = tuple(math.ceil(products[i][i]) for i in blocks)
    for i in blocks:  # above the diagonal, where every entry stands twice
        products[i][i] /= math.sqrt(2)
    return Scales(
        math.ceil(sigma(sensitivities.weight, shares.weight)),
        tuple(math.ceil(sigma(sensitivities.sums[i], shares.sums[i])) for i in blocks),
        squares,
        tuple(tuple(math.ceil(s) for s in row) for row in products),
    )


def draw_releases(
    sums: ExactSums, scales: Scales, n_draws: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.int64]]:
    """Weight, sums and products with noise, drawn `n_draws` times."""
    weight = _with_noise(np.array([sums.weight]), scales.weight, n_draws)[:, 0]
    columns = column_slices(sums.blocks or ())
    totals = np.empty((n_draws, sums.n_features), dtype=np.int64)
    products = np.zeros((n_draws, *sums.products.shape), dtype=np.int64)
    for i, c in enumerate(columns):
        if scales.sums[i]:
            totals[:, c] = _with_noise(sums.sums[c], scales.sums[i], n_draws)
        if products.ndim == 2:
            products[:, c] = _with_noise(sums.products[c], scales.squares[i], n_draws)
            continue
        if scales.squares[i]:
            at = np.arange(c.start, c.stop)
            drawn = _with_noise(sums.products[at, at], scales.squares[i], n_draws)
            products[:, at, at] = drawn
            rows, others = np.triu_indices(at.size, 1)
            rows, others = rows + c.start, others + c.start
            _add_block(products, sums.products, rows, others, scales.products[i][i])
        for j, d in enumerate(columns[:i]):
            rows, others = np.mgrid[c, d].reshape(2, -1)
            _add_block(products, sums.products, rows, others, scales.products[i][j])
    return weight, totals if any(scales.sums) else None, products


def _add_block(
    products: NDArray[np.int64],
    exact: NDArray[np.int64],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    sigma: int,
) -> None:
    """Set entries and their mirror images to exact ones with noise."""
    drawn = _with_noise(exact[rows, columns], sigma, products.shape[0])
    products[:, rows, columns] = drawn
    products[:, columns, rows] = drawn


def _with_noise(
    values: NDArray[np.int64], sigma: int, n_draws: int
) -> NDArray[np.int64]:
    noise = rounded_gaussian(sigma, n_draws * values.size).reshape(n_draws, -1)
    total = values + noise
    # beyond 64 bits: the nearest number that fits, a function of the noisy value
    beyond = ((values ^ total) & (noise ^ total)) < 0
    limits = np.iinfo(np.int64)
    total[beyond] = np.where(noise[beyond] > 0, limits.max, limits.min)
    return total
