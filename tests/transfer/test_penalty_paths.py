"""Biased linear models: golden comparisons with independent solvers."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge

from sktransfer.transfer.strategies._penalty_paths import (
    logistic_loss,
    logistic_path,
    ridge_path,
    row_span,
)


@pytest.fixture
def problem(rng):
    X = rng.normal(size=(40, 6))
    y = (X[:, 0] + 0.5 * rng.normal(size=40) > 0.2).astype(float)
    w_source = rng.normal(size=7)
    weight = rng.uniform(0.5, 2, size=40)
    return X, y, w_source, weight


def corrected(X, y, w_source, strength, weight, path=logistic_path):
    span = row_span(X)
    offset = (X @ w_source[:-1] + w_source[-1])[:, None]
    (D,) = path(span.Z, offset, y[:, None], [strength], weight)
    return w_source + span.weights(X, D)[:, 0]


@pytest.mark.parametrize("strength", [0.1, 1.0, 30.0])
def test_logistic_solves_the_explicit_objective(problem, strength):
    X, y, w_source, weight = problem
    X1 = np.column_stack([X, np.ones(40)])

    def objective(w):
        s = X1 @ w
        value = weight @ (np.logaddexp(0, s) - y * s)
        value += 0.5 * strength * np.sum((w - w_source) ** 2)
        return value, X1.T @ (weight * (expit(s) - y)) + strength * (w - w_source)

    exact = minimize(objective, np.zeros(7), jac=True, tol=1e-12).x
    got = corrected(X, y, w_source, strength, weight)
    assert_allclose(got, exact, atol=1e-5)


def test_without_source_it_is_logistic_regression(problem):
    # liblinear penalises the intercept as the other weights
    X, y, _, weight = problem
    plain = LogisticRegression(C=0.5, solver="liblinear", tol=1e-10, max_iter=10_000)
    plain.fit(X, y, sample_weight=weight)
    got = corrected(X, y, np.zeros(7), 2.0, weight)
    assert_allclose(got, [*plain.coef_[0], plain.intercept_[0]], atol=1e-5)


def test_several_classes_without_source_are_multinomial_regression(problem, rng):
    X, _, _, weight = problem
    y = rng.integers(3, size=40)
    span = row_span(X, intercept=False)
    Y = np.eye(3)[y]
    (D,) = logistic_path(span.Z, np.zeros((40, 3)), Y, [2.0], weight)
    plain = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=10_000)
    plain.fit(X, y, sample_weight=weight)
    assert_allclose(span.weights(X, D).T, plain.coef_, atol=1e-5)


def test_strength_leads_from_the_target_alone_to_the_source(problem):
    X, y, w_source, weight = problem
    X1 = np.column_stack([X, np.ones(40)])
    y = expit(X1 @ np.linspace(-1, 1, 7))  # soft labels have a finite optimum
    assert_allclose(
        corrected(X, y, w_source, 1e-9, weight), np.linspace(-1, 1, 7), atol=1e-4
    )
    assert_allclose(corrected(X, y, w_source, 1e9, weight), w_source, atol=1e-6)
    assert_allclose(corrected(X, y, w_source, np.inf, weight), w_source, rtol=0)


@pytest.mark.parametrize("path", [logistic_path, ridge_path])
@pytest.mark.parametrize(
    ("make", "width"),
    [
        (np.asarray, 30),
        (sp.csr_matrix, 30),
        (sp.csr_array, 30),
        (sp.csr_array, 2100),  # more than are held as a Gram matrix
    ],
)
def test_coordinates_of_the_span_change_nothing(rng, path, make, width):
    X = np.zeros((12, width))
    place = np.linspace(0, width - 1, 30).astype(int)
    X[:, place] = rng.normal(size=(12, 30)) * (rng.uniform(size=(12, 30)) < 0.5)
    X[3] = X[4]  # not of full rank
    y = rng.integers(2, size=12).astype(float)
    w_source = rng.normal(size=width + 1)
    offset = (X @ w_source[:-1] + w_source[-1])[:, None]
    options = {"tol": 1e-10} if path is logistic_path else {}
    found = []
    # once; and so often that there are more rows than features, of as much weight
    for n in (1, 180):
        rows = make(np.tile(X, (n, 1)))
        span = row_span(rows)
        assert (span.basis is not None) == (n == 1)
        parts = np.tile(offset, (n, 1)), np.tile(y, n)[:, None]
        weight = np.full(12 * n, 1 / n)
        for D in path(span.Z, *parts, [10.0, 1.0, 0.1], weight, **options):
            found.append(span.weights(rows, D)[:, 0])
    assert_allclose(found[:3], found[3:], atol=1e-4)


@pytest.mark.parametrize("strength", [0.0, 0.3, 5.0])
def test_ridge_solves_the_normal_equations(problem, strength):
    X, _, w_source, weight = problem
    X1 = np.column_stack([X, np.ones(40)])
    y = X[:, 1] ** 2
    H = X1.T @ (X1 * weight[:, None]) + strength * np.eye(7)
    exact = np.linalg.solve(H, X1.T @ (weight * y) + strength * w_source)
    got = corrected(X, y, w_source, strength, weight, path=ridge_path)
    assert_allclose(got, exact, atol=1e-10)


def test_ridge_without_source_is_ridge(problem):
    X, y, _, weight = problem
    span = row_span(X, intercept=False)
    (D,) = ridge_path(span.Z, np.zeros((40, 1)), y[:, None], [3.0], weight)
    plain = Ridge(alpha=3.0, fit_intercept=False).fit(X, y, sample_weight=weight)
    assert_allclose(span.weights(X, D)[:, 0], plain.coef_, atol=1e-8)


def test_weights_equal_repeated_rows(problem):
    X, y, w_source, _ = problem
    counts = np.arange(40) % 3 + 1.0
    again = np.repeat(np.arange(40), counts.astype(int))
    for path in (logistic_path, ridge_path):
        weighted = corrected(X, y, w_source, 1.0, counts, path)
        repeated = corrected(
            X[again], y[again], w_source, 1.0, np.ones(again.size), path
        )
        assert_allclose(weighted, repeated, atol=1e-5)


def test_the_gradient_is_that_of_the_loss(rng):
    for k in (1, 4):
        scores, weight = rng.normal(size=(5, k)), rng.uniform(size=5)
        Y = rng.uniform(size=(5, k))
        Y = Y if k == 1 else softmax(Y, axis=1)
        _, gradient = logistic_loss(scores, Y, weight)
        step = np.zeros((5, k))
        step[2, k - 1] = 1e-6
        up, down = (logistic_loss(scores + s, Y, weight)[0] for s in (step, -step))
        assert_allclose(gradient[2, k - 1], (up - down) / 2e-6, atol=1e-7)


def test_rows_of_zeros_are_corrected_by_the_constant_alone():
    span = row_span(np.zeros((4, 9)))
    Y = np.array([[1.0], [1.0], [1.0], [0.0]])
    (D,) = logistic_path(span.Z, np.zeros((4, 1)), Y, [1e-8])
    w = span.weights(np.zeros((4, 9)), D)[:, 0]
    assert_allclose(w[:-1], 0)
    assert_allclose(expit(w[-1]), 0.75, atol=1e-5)
    none = row_span(np.zeros((4, 9)), intercept=False)
    assert none.Z.shape == (4, 0)
    (D,) = logistic_path(none.Z, np.zeros((4, 1)), Y, [1.0])
    assert_allclose(none.weights(np.zeros((4, 9)), D), 0)
