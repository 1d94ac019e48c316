r"""Gaussian differential privacy: mu, and the pairs of epsilon and delta it implies.

References
----------
.. [1] B. Balle, Y.-X. Wang, "Improving the Gaussian mechanism for differential
       privacy: analytical calibration and optimal denoising", ICML 2018.
.. [2] J. Dong, A. Roth, W. J. Su, "Gaussian differential privacy", Journal of the
       Royal Statistical Society B 84(1), 2022.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import erfcx, log_ndtr, ndtr

from sktransfer._core.parameters import check_value, number

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
        Largest privacy loss, at least 0.

    Returns
    -------
    delta : float
        Probability of a larger privacy loss, from 0 to 1.

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
    check_value("mu", mu, number(above=0))
    check_value("epsilon", epsilon, number(0))
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
        Sensitivity over the standard deviation of the noise, at least 0.
    delta : float
        Probability of a larger privacy loss, above 0 and below 1.

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
    check_value("delta", delta, number(above=0, below=1))
    check_value("mu", mu, number(0))
    if mu == 0 or gdp_delta(mu, 0.0) <= delta:
        return 0.0
    most = mu * (mu / 2 + 40)  # delta is 0 in float64 there
    return brentq(lambda e: gdp_delta(mu, e) - delta, 0.0, most, xtol=1e-12)


def gdp_mu(epsilon: float, delta: float) -> float:
    """Largest mu whose mechanisms are (epsilon, delta)-private.

    Parameters
    ----------
    epsilon : float
        Largest privacy loss, above 0.
    delta : float
        Probability of a larger privacy loss, above 0 and below 1.

    Returns
    -------
    mu : float
        Sensitivity over the standard deviation of the noise, rounded down. A
        sensitivity of 1 needs noise of standard deviation ``1 / mu``.

    Raises
    ------
    ValueError
        If a number is out of range, or no Gaussian noise is known for the pair.

    Examples
    --------
    >>> from sktransfer.privacy import gdp_mu
    >>> round(gdp_mu(1.0, 1e-6), 4)
    0.2367
    """
    check_value("epsilon", epsilon, number(above=0))
    check_value("delta", delta, number(above=0, below=1))
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
