import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from sktransfer._core.mixtures import likelihood_shares, mixing_shares


def test_mixing_shares_by_hand():
    assert_allclose(mixing_shares([[0.0], [4.0]], [1.0]), [0.75, 0.25], atol=1e-7)
    assert_allclose(mixing_shares([[0.0], [4.0]], [9.0]), [0, 1], atol=1e-9)
    assert_allclose(mixing_shares([[1.0, 1.0]], [0.3, 9.0]), [1])


def test_equal_components_share_equally():
    assert_allclose(mixing_shares([[1.0], [1.0]], [1.0]), [0.5, 0.5])


def test_likelihood_shares_by_hand():
    # components that exclude each other: shares are counts
    ratio = np.array([[1.0, 0], [1, 0], [0, 1]])
    found = likelihood_shares(ratio, np.array([0.5, 0.5]))
    assert_allclose(found.shares, [2 / 3, 1 / 3])
    assert found.gap <= 1e-10


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-8])
def test_the_gap_bounds_the_distance_from_the_maximum(tol, rng):
    ratio = rng.exponential(size=(200, 6))
    start = np.full(6, 1 / 6)

    def value(found):
        return np.log(ratio @ found.shares).mean()

    best = value(likelihood_shares(ratio, start, tol=1e-13, max_iter=50_000))
    found = likelihood_shares(ratio, start, tol=tol, max_iter=50_000)
    assert found.gap <= tol
    assert best - value(found) <= found.gap + 1e-12
    assert found.shares.sum() == pytest.approx(1)


def test_steps_run_out(rng):
    found = likelihood_shares(rng.exponential(size=(50, 4)), np.ones(4), max_iter=1)
    assert found.n_iter == 1
    assert found.gap > 1e-10


def test_mixing_shares_of_means_inside_and_outside():
    M = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    assert_allclose(mixing_shares(M, np.array([1.0, 1.0])), [0.5, 0.25, 0.25])
    assert_allclose(mixing_shares(M, np.array([9.0, 0.0])), [0, 1, 0], atol=1e-7)
    # far from the plane of the classes: the nearest mixture
    M = np.array([[0.0, 0.0], [4.0, 0.0]])
    assert_allclose(mixing_shares(M, np.array([1.0, 100.0])), [0.75, 0.25], atol=1e-5)
    assert_allclose(mixing_shares(M + 1e6, np.array([1e6 + 1, 1e6])), [0.75, 0.25])


def test_likelihood_shares_reach_the_maximum(rng):
    pi = np.array([0.3, 0.3, 0.4])
    P = rng.dirichlet([0.7, 0.2, 0.1], size=300)

    def loss(z):
        q = np.exp(z) / np.exp(z).sum()
        return -np.log(P / pi @ q).mean()

    best = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    q = likelihood_shares(P / pi, pi, tol=1e-12).shares
    assert -np.log(P / pi @ q).mean() <= best.fun + 1e-11
    assert_allclose(q, np.exp(best.x) / np.exp(best.x).sum(), atol=1e-4)
