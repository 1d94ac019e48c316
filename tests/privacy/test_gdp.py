"""Conversion between mu and (epsilon, delta)."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from sktransfer.privacy import gdp_delta, gdp_epsilon, gdp_mu


@pytest.mark.parametrize("mu", [0.05, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("epsilon", [0.0, 0.2, 1.0, 3.0])
def test_delta_is_the_integral_of_the_excess_density(mu, epsilon):
    # delta = integral of max(N(mu, 1) - e^epsilon N(0, 1), 0)
    start = epsilon / mu + mu / 2

    def excess(x):
        return stats.norm.pdf(x - mu) - math.exp(epsilon) * stats.norm.pdf(x)

    expected, _ = integrate.quad(excess, start, start + 12, epsabs=0, epsrel=1e-10)
    assert gdp_delta(mu, epsilon) == pytest.approx(expected, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(
    ("mu", "epsilon", "delta"),
    [  # to 60 digits by mpmath
        (0.1, 1.0, 1.230835983643e-25),
        (0.05, 1.0, 1.129033227098e-91),
        (0.5, 8.0, 1.048659178913e-57),
        (3.0, 60.0, 1.433859702161e-77),
        (2.0, 0.5, 0.5991856185339),
    ],
)
def test_tiny_deltas_keep_their_digits(mu, epsilon, delta):
    assert gdp_delta(mu, epsilon) == pytest.approx(delta, rel=1e-9)


def test_known_calibration():
    # the analytic Gaussian mechanism: the textbook bound asks for 5.3 at epsilon 1
    assert 1 / gdp_mu(1.0, 1e-6) == pytest.approx(4.2247, abs=1e-3)
    assert 1 / gdp_mu(1.0, 1e-6) < math.sqrt(2 * math.log(1.25e6))


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 1.0, 3.0, 8.0, 50.0])
@pytest.mark.parametrize("delta", [1e-12, 1e-6, 1e-3])
def test_mu_and_epsilon_are_inverse_and_never_too_large(epsilon, delta):
    mu = gdp_mu(epsilon, delta)
    assert gdp_delta(mu, epsilon) <= delta
    assert gdp_epsilon(mu, delta) == pytest.approx(epsilon, rel=1e-6)
    assert gdp_delta(mu * 1.001, epsilon) > delta


def test_more_mu_is_less_privacy():
    mus = np.linspace(0.01, 5, 50)
    assert (np.diff([gdp_epsilon(mu, 1e-6) for mu in mus]) > 0).all()
    assert gdp_epsilon(0.0, 1e-6) == gdp_epsilon(1e-9, 1e-6) == 0


@pytest.mark.parametrize(
    ("epsilon", "delta"),
    [(0, 1e-6), (-1, 1e-6), (np.inf, 1e-6), ("1", 1e-6), (1, 0), (1, 1), (True, 0.1)],
)
def test_budgets_that_cannot_be(epsilon, delta):
    with pytest.raises(ValueError, match=r"epsilon|delta"):
        gdp_mu(epsilon, delta)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf, "1", True, None])
def test_numbers_out_of_range(wrong):
    with pytest.raises(ValueError, match=r"mu must be .* got"):
        gdp_delta(wrong, 1.0)
    with pytest.raises(ValueError, match=r"epsilon must be .* got"):
        gdp_delta(1.0, wrong)
    with pytest.raises(ValueError, match=r"mu must be .* got"):
        gdp_epsilon(wrong, 1e-6)
    with pytest.raises(ValueError, match=r"mu must be .* got 0"):
        gdp_delta(0.0, 1.0)


def test_no_noise_fits_a_delta_that_is_no_privacy():
    with pytest.raises(ValueError, match="no Gaussian noise"):
        gdp_mu(1e6, 0.5)
