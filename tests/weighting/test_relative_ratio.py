import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer.weighting._relative_density import (
    ratio_moments,
    relative_ratio,
    relative_ratio_cv,
    sum_folds,
)


@pytest.fixture
def sides(rng):
    return rng.normal(size=(150, 2)), 0.7 + 0.8 * rng.normal(size=(120, 2))


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
        sum_folds(ratio_moments(X, C, gamma, np.arange(len(X)) % 3, 3))
        for X in (target, source)
    ]
    theta = relative_ratio(*moments, alpha=alpha, ridge=ridge)
    assert_allclose(theta, best.x, atol=1e-4)
    assert objective(theta) <= best.fun + 1e-12


def test_the_relative_ratio_is_bounded_and_follows_the_truth(rng):
    source, target = rng.normal(size=(2000, 1)), 1 + rng.normal(size=(2000, 1))
    alpha, C = 0.2, target[::20]
    moments = [
        sum_folds(ratio_moments(X, C, 0.5, np.zeros(2000, int), 1))
        for X in (target, source)
    ]
    theta = relative_ratio(*moments, alpha=alpha, ridge=1e-3)
    values = np.maximum(rbf_kernel(source, C, gamma=0.5) @ theta, 0)
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
