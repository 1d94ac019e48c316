import numpy as np
import pytest
from gaussian_classes import mixture
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

from sktransfer._core.calibration import calibration
from sktransfer.weighting.label_shift._calibration_error import calibration_error


def test_calibration_undoes_sharpening_and_a_bias(rng):
    codes, P = mixture(rng, [0.5, 0.5], 4000)
    L = 3 * np.log(P) + [0.7, -0.7]
    off = np.exp(L) / np.exp(L).sum(axis=1, keepdims=True)
    a, b = calibration(off, codes)
    assert a == pytest.approx(1 / 3, rel=0.1)
    assert b[0] - b[1] == pytest.approx(-1.4 / 3, abs=0.1)


def test_calibration_is_logistic_regression_on_the_log_odds(rng):
    codes, P = mixture(rng, [0.3, 0.7], 5000)
    S = np.log(P[:, [1]] / P[:, [0]])
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(S, codes)
    a, b = calibration(P, codes)
    assert a == pytest.approx(reference.coef_[0, 0], rel=2e-3)
    assert b[1] - b[0] == pytest.approx(reference.intercept_[0], abs=2e-3)


def test_the_error_is_that_of_repeated_draws(rng):
    found, errors = [], []
    for _ in range(200):
        codes, P = mixture(rng, [0.5, 0.5], 200)
        codes, P = codes[np.argsort(codes)], P[np.argsort(codes, kind="stable")]
        a, b = calibration(P, codes)
        found.append([a, b[1] - b[0]])
        E = calibration_error(P, codes, a, b)
        errors.append([E[0, 0], E[1, 1] + E[2, 2] - 2 * E[1, 2]])
    assert_allclose(np.std(found, axis=0), np.sqrt(np.mean(errors, axis=0)), rtol=0.25)


def test_separable_classes_have_a_finite_temperature():
    P = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]])
    a, b = calibration(P, np.array([0, 0, 1, 1]))
    assert 1 < a < 20
    assert np.isfinite(b).all()
