import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer.weighting._kliep import kliep, kliep_cv_score


@pytest.fixture
def sides(rng):
    return rng.normal(size=(150, 2)), 0.7 + 0.8 * rng.normal(size=(120, 2))


@pytest.mark.parametrize("gamma", [0.2, 1.0, 5.0])
def test_kliep_reaches_the_maximum_of_an_independent_solver(gamma, sides):
    source, target = sides
    C = target[::8]
    K = rbf_kernel(target, C, gamma=gamma)
    b = rbf_kernel(source, C, gamma=gamma).mean(axis=0)

    def loss(theta):
        values = np.maximum(K @ theta, 1e-300)
        return -np.log(values).mean(), -(K / values[:, None]).mean(axis=0)

    best = minimize(
        loss,
        np.full(len(C), 1 / b.sum()),
        jac=True,
        method="SLSQP",
        bounds=[(0, None)] * len(C),
        constraints={"type": "eq", "fun": lambda t: b @ t - 1, "jac": lambda t: b},
        options={"maxiter": 500, "ftol": 1e-12},
    )
    theta, gap, n_iter = kliep(K, b, tol=1e-7, max_iter=5000)
    assert b @ theta == pytest.approx(1)
    assert theta.min() >= 0
    assert n_iter < 5000
    assert gap <= 1e-7
    assert loss(theta)[0] <= best.fun + 1e-7
    assert loss(theta)[0] == pytest.approx(best.fun, abs=1e-5)


def test_the_certificate_of_kliep_bounds_the_distance(sides):
    source, target = sides
    K = rbf_kernel(target, target[::5], gamma=1.0)
    b = rbf_kernel(source, target[::5], gamma=1.0).mean(axis=0)

    def value(theta):
        return np.log(K @ theta).mean()

    best = value(kliep(K, b, tol=1e-9, max_iter=20000)[0])
    for tol in (1e-1, 1e-2, 1e-3):
        theta, gap, _ = kliep(K, b, tol=tol)
        assert best - value(theta) <= gap <= tol


def test_kliep_with_one_centre_by_hand():
    theta, gap, _ = kliep(np.array([[0.5], [1.0]]), np.array([0.25]))
    assert_allclose(theta, [4.0])
    assert gap == pytest.approx(0, abs=1e-12)


def test_kliep_leaves_out_centres_that_no_source_row_reaches():
    K = np.array([[1.0, 0.5], [0.5, 1.0], [0.0, 0.0]])
    theta, _, _ = kliep(K, np.array([0.5, 0.0]))
    assert_allclose(theta, [2.0, 0.0])
    assert_allclose(kliep(K, np.zeros(2))[0], 0)
    assert_allclose(kliep(np.zeros((3, 2)), np.ones(2))[0], 0)


def test_likelihood_cross_validation_prefers_a_fitting_width(rng):
    source, target = rng.normal(size=(300, 1)), 1 + rng.normal(size=(300, 1))
    folds, centres = (np.arange(300) % 5,) * 2, np.arange(0, 300, 7)
    scores = [
        kliep_cv_score(target, source, centres, g, folds) for g in (1e-3, 0.3, 3e3)
    ]
    assert scores[1] > max(scores[0], scores[2])
    # by the truth: the relative entropy, 1/2
    assert scores[1] == pytest.approx(0.5, abs=0.15)


def test_likelihood_cross_validation_needs_two_folds(sides):
    source, target = sides
    no = np.zeros(120, int), np.zeros(150, int)
    assert kliep_cv_score(target, source, np.arange(9), 1.0, no) == -np.inf
    two = np.arange(120) % 2, np.arange(150) % 2
    assert kliep_cv_score(target, source, np.arange(9), 1.0, two) > -np.inf
    # all centres in the fold that is held out
    assert kliep_cv_score(target, source, np.array([0, 2]), 1.0, two) == -np.inf
