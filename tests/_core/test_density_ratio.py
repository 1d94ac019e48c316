import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer._core import density_ratio, topk
from sktransfer._core.density_ratio import (
    RatioModel,
    candidate_gammas,
    kernel_features,
    kliep,
    kliep_cv_score,
    merged,
    ratio_moments,
    ratio_values,
    relative_ratio,
    relative_ratio_cv,
    source_kernel_means,
)


@pytest.fixture
def sides(rng):
    return rng.normal(size=(150, 2)), 0.7 + 0.8 * rng.normal(size=(120, 2))


def test_kernel_values_agree_with_sklearn(sides, monkeypatch):
    monkeypatch.setattr(density_ratio, "row_blocks", _small_blocks)
    source, target = sides
    C = target[:7]
    assert_allclose(kernel_features(source, C, 0.3), rbf_kernel(source, C, gamma=0.3))
    assert_allclose(
        kernel_features(sp.csr_array(source), sp.csr_array(C), 0.3),
        rbf_kernel(source, C, gamma=0.3),
    )
    assert_allclose(
        source_kernel_means(source, C, 0.3), rbf_kernel(source, C, gamma=0.3).mean(0)
    )
    theta = np.arange(7.0) - 3
    expected = np.maximum(rbf_kernel(source, C, gamma=0.3) @ theta, 0)
    assert_allclose(ratio_values(RatioModel(C, theta, 0.3), source), expected)


def _small_blocks(n_rows, n_columns):
    return topk.row_blocks(n_rows, n_columns, entries=50)


# ------------------------------------------------------------------------------ KLIEP


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


# ----------------------------------------------------------------------------- RuLSIF


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
def test_the_relative_ratio_minimises_its_objective(alpha, sides):
    source, target = sides
    C, gamma, ridge = target[::8], 0.7, 0.05
    Kt, Ks = (rbf_kernel(X, C, gamma=gamma) for X in (target, source))

    def objective(theta):
        rt, rs = Kt @ theta, Ks @ theta
        squares = alpha * np.mean(rt**2) + (1 - alpha) * np.mean(rs**2)
        return 0.5 * squares - rt.mean() + 0.5 * ridge * theta @ theta

    best = minimize(objective, np.zeros(len(C)), method="BFGS", options={"gtol": 1e-9})
    moments = [
        merged(ratio_moments(X, C, gamma, np.arange(len(X)) % 3, 3))
        for X in (target, source)
    ]
    theta = relative_ratio(*moments, alpha=alpha, ridge=ridge)
    assert_allclose(theta, best.x, atol=1e-4)
    assert objective(theta) <= best.fun + 1e-12


def test_the_relative_ratio_is_bounded_and_follows_the_truth(rng):
    source, target = rng.normal(size=(2000, 1)), 1 + rng.normal(size=(2000, 1))
    alpha, C = 0.2, target[::20]
    moments = [
        merged(ratio_moments(X, C, 0.5, np.zeros(2000, int), 1))
        for X in (target, source)
    ]
    theta = relative_ratio(*moments, alpha=alpha, ridge=1e-3)
    values = ratio_values(RatioModel(C, theta, 0.5), source)
    ratio = np.exp(source[:, 0] - 0.5)
    truth = ratio / (alpha * ratio + 1 - alpha)
    assert values.max() < 1.2 / alpha
    assert spearmanr(values, truth)[0] > 0.99
    assert_allclose(np.mean(np.abs(values - truth)), 0, atol=0.1)


def test_cross_validation_of_the_relative_ratio_by_hand(sides):
    source, target = sides
    C, gamma, alpha, ridge = target[:5], 0.7, 0.1, 0.01
    folds = [np.arange(len(X)) % 3 for X in (target, source)]
    moments = [
        ratio_moments(X, C, gamma, f, 3) for X, f in zip((target, source), folds)
    ]
    losses = []
    for fold in range(3):
        Kt, Ks = (rbf_kernel(X, C, gamma=gamma) for X in (target, source))
        t, s = folds[0] != fold, folds[1] != fold
        H = alpha * Kt[t].T @ Kt[t] / t.sum() + 0.9 * Ks[s].T @ Ks[s] / s.sum()
        theta = np.linalg.solve(H + ridge * np.eye(5), Kt[t].mean(axis=0))
        rt, rs = Kt[~t] @ theta, Ks[~s] @ theta
        losses.append(0.5 * (alpha * np.mean(rt**2) + 0.9 * np.mean(rs**2)) - rt.mean())
    found = relative_ratio_cv(*moments, alpha=alpha, ridges=(ridge, 1.0))
    assert found[0] == pytest.approx(np.mean(losses))


def test_cross_validation_without_rows_on_both_sides_is_undecided(sides):
    one = [ratio_moments(X, sides[1][:3], 1.0, np.zeros(len(X), int), 2) for X in sides]
    losses = relative_ratio_cv(*one, alpha=0.1, ridges=(0.1, 1.0))
    assert_allclose(losses, np.inf)


# ----------------------------------------------------------------------------- gammas


def test_gammas_are_sorted_and_checked(sides):
    assert candidate_gammas(0.5, *sides) == [0.5]
    assert candidate_gammas([2.0, 0.5], *sides) == [0.5, 2.0]
    found = candidate_gammas(None, *sides)
    assert found == sorted(found)
    assert len(found) == 6
    sparse = candidate_gammas(None, *map(sp.csr_matrix, sides))
    assert_allclose(sparse, found)
    for bad in ([], [1.0, -1.0], [[1.0]]):
        with pytest.raises(ValueError, match="gamma must be a positive number"):
            candidate_gammas(bad, *sides)
