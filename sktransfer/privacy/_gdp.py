r"""Gaussian differential privacy: one number mu, and the epsilons it stands for.

References
----------
.. [1] B. Balle, Y.-X. Wang, "Improving the Gaussian mechanism for differential
       privacy: analytical calibration and optimal denoising", ICML 2018.
.. [2] J. Dong, A. Roth, W. J. Su, "Gaussian differential privacy", Journal of the
       Royal Statistical Society B 84(1), 2022.
"""

from __future__ import annotations

import math
from numbers import Real

from scipy.optimize import brentq
from scipy.special import erfcx, log_ndtr, ndtr

_MOST_MU = 1e3
_LEAST_MU = 1e-9
_DOWN = 1 - 1e-9  # more than the root finder errs


def gdp_delta(mu: float, epsilon: float) -> float:
    r"""Smallest delta at which a mu-GDP mechanism is (epsilon, delta)-private.

    .. math:: \delta = \Phi(-\epsilon / \mu + \mu / 2)
              - e^\epsilon \, \Phi(-\epsilon / \mu - \mu / 2)

    Parameters
    ----------
    mu : float
        Sensitivity over the standard deviation of the noise, above 0.
    epsilon : float
        Not below 0.

    Returns
    -------
    delta : float
        From 0 to 1.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from sktransfer.privacy import gdp_delta
    >>> round(gdp_delta(1.0, 1.0), 4)
    0.1269
    """
    if not _is_number(mu) or mu <= 0:
        raise ValueError(f"mu must be a finite number above 0; got {mu!r}.")
    if not _is_number(epsilon) or epsilon < 0:
        raise ValueError(f"epsilon must be finite and not below 0; got {epsilon!r}.")
    a = -epsilon / mu + mu / 2
    b = a - mu
    if a > -1:
        return max(float(ndtr(a) - math.exp(epsilon + log_ndtr(b))), 0.0)
    # far in the tails the two terms nearly cancel, their Mills ratios do not
    root = math.sqrt(2)
    return float(ndtr(a) * (1 - erfcx(-b / root) / erfcx(-a / root)))


def gdp_epsilon(mu: float, delta: float) -> float:
    """Smallest epsilon at which a mu-GDP mechanism is (epsilon, delta)-private.

    Parameters
    ----------
    mu : float
        Not below 0.
    delta : float
        Between 0 and 1.

    Returns
    -------
    epsilon : float
        Not below 0.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from sktransfer.privacy import gdp_epsilon, gdp_mu
    >>> round(gdp_epsilon(gdp_mu(3.0, 1e-6), 1e-6), 6)
    3.0
    """
    _check_delta(delta)
    if not _is_number(mu) or mu < 0:
        raise ValueError(f"mu must be finite and not below 0; got {mu!r}.")
    if mu == 0 or gdp_delta(mu, 0.0) <= delta:
        return 0.0
    most = mu * (mu / 2 + 40)  # delta is 0 in float64 there
    return brentq(lambda e: gdp_delta(mu, e) - delta, 0.0, most, xtol=1e-12)


def gdp_mu(epsilon: float, delta: float) -> float:
    """Largest mu whose mechanisms are (epsilon, delta)-private.

    Parameters
    ----------
    epsilon : float
        Above 0.
    delta : float
        Between 0 and 1.

    Returns
    -------
    mu : float
        Rounded down; the noise that a sensitivity of 1 needs has the standard
        deviation ``1 / mu``.

    Examples
    --------
    >>> from sktransfer.privacy import gdp_mu
    >>> round(gdp_mu(1.0, 1e-6), 4)
    0.2367
    """
    if not _is_number(epsilon) or epsilon <= 0:
        raise ValueError(f"epsilon must be a finite number above 0; got {epsilon!r}.")
    _check_delta(delta)
    if gdp_delta(_MOST_MU, epsilon) <= delta or gdp_delta(_LEAST_MU, epsilon) >= delta:
        raise ValueError(
            f"There is no Gaussian noise for epsilon={epsilon:g} and delta={delta:g}. "
            "Use an epsilon from 0.01 to 100 and a delta below 0.01."
        )
    log_mu = brentq(
        lambda t: gdp_delta(math.exp(t), epsilon) - delta,
        math.log(_LEAST_MU),
        math.log(_MOST_MU),
        xtol=1e-13,
    )
    return math.exp(log_mu) * _DOWN


def _is_number(value: object) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _check_delta(delta: float) -> None:
    if not _is_number(delta) or not 0 < delta < 1:
        raise ValueError(f"delta must be between 0 and 1; got {delta!r}.")
