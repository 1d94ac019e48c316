"""Whether noisy states leave enough signal for adaptation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sktransfer._core.parameters import check_value, one_of
from sktransfer.moments import merge_all

# chosen on a grid of rows, columns, epsilons and shifts of two normal domains; the
# tests use another grid
MOST_NOISE = 1.0
MOST_NOISE_OF_SHIFT = 0.1


class NoiseVerdict(NamedTuple):
    """Result of :func:`noise_gate`.

    Parameters
    ----------
    accepted : bool
        Whether to adapt.
    noise_ratio : float
        Spectral norm of the noise over the mean eigenvalue, for the noisiest state.
    shift_ratio : float
        Share of noise and sampling error in the squared distance of the domains; NaN
        for a single state.
    reason : str
        The answer in words.
    """

    accepted: bool
    noise_ratio: float
    shift_ratio: float
    reason: str


def noise_gate(
    states: Any | Mapping[int, Any], *, on_refusal: str = "warn"
) -> NoiseVerdict:
    r"""Say whether noisy moments have enough signal for adaptation.

    A model of moments that are mostly noise is worse than no adaptation, and the model
    does not show it. The size of the noise is public, so it can be compared with the
    released moments at no cost of privacy.

    For every state, the spectral norm of the noise may be at most the mean eigenvalue
    of its scatter or Gram matrix. For states by domain, noise and sampling error may
    also be at most a tenth of the squared distance of source and target, by mean and
    covariance. If the domains do not differ by more than that, adaptation can only do
    harm.

    The gate does not see problems that moments do not show, such as other shares of the
    classes in the target; there, exact moments mislead as well.

    The limits were chosen for matching two domains, and confirmed for `CORAL`,
    `SubspaceAlignment` and `DomainScaler` on other grids than those they were chosen
    on. `fit_from_state` of these estimators warns by the same limits, as does that of
    `BiasedRidge` with a prior. For a model that is learned from one state alone the
    limit is cautious: recommenders and classifiers of noisier moments were still far
    better than guessing.

    Parameters
    ----------
    states : NoisyState or mapping of int to state
        One state, or states by signed domain as for `fit_from_state`. The states of
        some domains may be without noise.
    on_refusal : {"warn", "raise", "ignore"}, default="warn"
        Whether a refusal warns, raises, or is only returned.

    Returns
    -------
    verdict : NoiseVerdict
        The answer, its numbers, and the reason in words.

    Raises
    ------
    ValueError
        If the verdict is a refusal and ``on_refusal="raise"``, or there is no noisy
        state.

    Warns
    -----
    UserWarning
        If the verdict is a refusal and ``on_refusal="warn"``.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import GramMoments
    >>> from sktransfer.privacy import PrivacyBudget, noise_gate, privatize
    >>> few = GramMoments.empty(50, arithmetic="exact", row_norm=1.0)
    >>> few = privatize(few.update(np.eye(50)), PrivacyBudget(1.0, 1e-6))
    >>> noise_gate(few, on_refusal="ignore").accepted
    False
    """
    check_value("on_refusal", on_refusal, one_of("warn", "raise", "ignore"))
    by_domain = isinstance(states, Mapping)
    found = dict(states) if by_domain else {0: states}
    noisy = [state for state in found.values() if hasattr(state, "noise_ratio")]
    if not noisy:
        raise ValueError(
            "noise_gate takes a NoisyState, or a dict of them by signed domain; got "
            f"{ {type(s).__name__ for s in found.values()} or 'nothing' }."
        )
    noise = max(state.noise_ratio() for state in noisy)
    shift = _shift_ratio(found) if by_domain and 0 not in found else math.nan
    verdict = _verdict(noise, shift)
    if not verdict.accepted and on_refusal == "raise":
        raise ValueError(verdict.reason)
    if not verdict.accepted and on_refusal == "warn":
        warnings.warn(verdict.reason, UserWarning, stacklevel=2)
    return verdict


def _verdict(noise: float, shift: float) -> NoiseVerdict:
    remedy = (
        " Spend more of the budget, add rows, or leave out columns; a model that is "
        "not adapted is likely better."
    )
    if noise > MOST_NOISE:
        reason = (
            f"The spectral norm of the noise is {noise:.2g} times the mean eigenvalue "
            f"of the moments; {MOST_NOISE:g} times is the most.{remedy}"
        )
        return NoiseVerdict(False, noise, shift, reason)
    if shift > MOST_NOISE_OF_SHIFT:
        reason = (
            f"Noise and chance make up {min(shift, 1):.0%} of the squared distance of "
            f"the domains; {MOST_NOISE_OF_SHIFT:.0%} is the most.{remedy}"
        ).replace("%", " %")
        return NoiseVerdict(False, noise, shift, reason)
    reason = "The noise is small against the moments and the distance of the domains."
    return NoiseVerdict(True, noise, shift, reason)


def _shift_ratio(states: Mapping[int, Any]) -> float:
    """Largest share of noise in the squared distance of a source and the target."""
    target = merge_all(state for d, state in states.items() if d < 0)
    sources = [state for d, state in states.items() if d > 0 and state.weight > 0]
    return max(_noise_of_distance(state, target) for state in sources)


def _noise_of_distance(source: Any, target: Any) -> float:
    flat = source.scatter.ndim == 1
    spread = sum(
        float(np.sum(s.scatter if flat else np.trace(s.scatter))) / s.weight
        for s in (source, target)
    ) / (2 * source.n_features)  # the mean variance
    squared, noise = 0.0, 0.0
    squared += float(np.sum((source.mean - target.mean) ** 2)) / spread
    between = source.scatter / source.weight - target.scatter / target.weight
    squared += float(np.sum(between**2)) / spread**2
    n = source.n_features
    entries = n if flat else n**2
    for state in (source, target):
        weight = state.weight
        sigmas = getattr(state, "noise_", {"sums": 0.0, "products": 0.0})
        noise += n * (sigmas["sums"] / weight) ** 2 / spread
        noise += entries * (sigmas["products"] / weight) ** 2 / spread**2
        # of normal rows: C_ij varies by (C_ii C_jj + C_ij^2) / weight
        trace = float(state.scatter.sum() if flat else np.trace(state.scatter)) / weight
        square = float(np.sum((state.scatter / weight) ** 2))
        noise += trace / weight / spread
        noise += (2 * square if flat else trace**2 + square) / weight / spread**2
    return noise / squared if squared > 0 else math.inf
