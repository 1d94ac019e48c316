import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.weighting.mean_matching._weight_regression import (
    ridge_by_cross_validation,
)


def test_ridge_by_cross_validation_is_the_best_of_its_range(rng):
    Z = rng.normal(size=(40, 6)) * [3, 2, 1, 1, 0.1, 0.01]
    y = Z[:, 0] + rng.normal(size=40)
    G = Z.T @ Z
    scores, found = {}, {}
    for alpha in np.linalg.eigvalsh(G)[-1] * np.logspace(-8, 1, 28):
        H = Z @ np.linalg.solve(G + alpha * np.eye(6), Z.T)
        scores[alpha] = np.sum((y - H @ y) ** 2) / (40 - np.trace(H)) ** 2
        found[alpha] = np.linalg.solve(G + alpha * np.eye(6), Z.T @ y)
    best = found[min(scores, key=scores.get)]
    assert_allclose(ridge_by_cross_validation(G, Z.T @ y, y @ y, 40), best, atol=1e-9)


def test_ridge_of_null_features_is_null():
    assert_array_equal(ridge_by_cross_validation(np.zeros((2, 2)), [0, 0], 3.0, 4), 0)
