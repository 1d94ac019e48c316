import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer.weighting import RelativeDensityInstanceWeighter


@pytest.fixture
def shifted(rng):
    X = rng.normal(size=(150, 2))
    X[80:] = 0.8 * X[80:] + 0.6
    return X, np.repeat([1, -1], [80, 70])


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_weights_agree_with_a_solver_of_the_objective(alpha, shifted):
    X, d = shifted
    source, target = X[d > 0], X[d < 0]
    w = RelativeDensityInstanceWeighter(
        alpha=alpha, gamma=0.8, ridge=0.1, n_centers=70, flatten=None
    ).fit(X, sample_domain=d)
    Kt, Ks = rbf_kernel(target, gamma=0.8), rbf_kernel(source, target, gamma=0.8)

    def objective(theta):
        rt, rs = Kt @ theta, Ks @ theta
        squares = alpha * np.mean(rt**2) + (1 - alpha) * np.mean(rs**2)
        value = 0.5 * squares - rt.mean() + 0.05 * theta @ theta
        slope = alpha * Kt.T @ rt / 70 + (1 - alpha) * Ks.T @ rs / 80
        return value, slope - Kt.mean(axis=0) + 0.1 * theta

    best = minimize(objective, np.zeros(70), jac=True, method="BFGS", tol=1e-12)
    expected = np.maximum(Ks @ best.x, 0)
    assert_allclose(w.weights_[d > 0], expected / expected.mean(), atol=1e-3)


def test_relative_weights_are_flatter_the_larger_alpha(shifted):
    X, d = shifted
    sizes = [
        RelativeDensityInstanceWeighter(alpha=a, gamma=0.5, ridge=0.01, flatten=None)
        .fit(X, sample_domain=d)
        .effective_sample_size_
        for a in (0.0, 0.1, 0.5, 0.9)
    ]
    assert np.all(np.diff(sizes) > 0)


def test_the_pair_of_least_loss_is_taken(shifted):
    X, d = shifted
    w = RelativeDensityInstanceWeighter(gamma=[0.5, 1e4], ridge=[0.01, 100.0])
    w.fit(X, sample_domain=d)
    losses = {(g, r): v for g, own in w.cv_losses_.items() for r, v in own.items()}
    assert len(losses) == 4
    assert (w.gamma_, w.ridge_) == min(losses, key=losses.get)
    assert w.gamma_ == 0.5


def test_given_parameters_are_not_searched(shifted):
    X, d = shifted
    w = RelativeDensityInstanceWeighter(gamma=0.5, ridge=0.1).fit(X, sample_domain=d)
    assert (w.gamma_, w.ridge_, w.cv_losses_) == (0.5, 0.1, {})


def test_refitting_forgets_the_last_fit(shifted, rng):
    X, d = shifted
    w = RelativeDensityInstanceWeighter().fit(X, sample_domain=d)
    other = RelativeDensityInstanceWeighter()
    w.fit(X[:, ::-1] * 7, sample_domain=d)
    other.fit(X[:, ::-1] * 7, sample_domain=d)
    assert_allclose(w.weights_, other.weights_)
    assert w.gamma_ == other.gamma_


def test_one_row_a_side_cannot_be_cross_validated_and_counts_as_one():
    w = RelativeDensityInstanceWeighter().fit([[0.0], [1.0]], sample_domain=[1, -1])
    assert_allclose(w.weights_, 1)
