import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import (
    cosine_similarity,
    laplacian_kernel,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
)

from sktransfer import KMMInstanceWeighter
from sktransfer._core.nystroem import NystroemMap, factor_product, rows_along

OPTIONS = {"gamma": 0.3}
REFERENCE = {
    "rbf": lambda X, Y: rbf_kernel(X, Y, gamma=0.3),
    "laplacian": lambda X, Y: laplacian_kernel(X, Y, gamma=0.3),
    "linear": linear_kernel,
    "cosine": cosine_similarity,
    "poly": lambda X, Y: polynomial_kernel(X, Y, gamma=0.3),
}
CONTAINERS = [np.asarray, sp.csr_matrix, sp.csr_array]


@pytest.fixture
def X(rng):
    X = rng.normal(size=(30, 4))
    X[X < -0.5] = 0
    return X


def test_spread_rows_are_evenly_spaced(rng):
    X = rng.permutation(100)[:, None]
    rows = rows_along(X, 4, np.array([1.0]))
    assert_array_equal(np.sort(X[rows].ravel()), [12, 37, 62, 87])
    assert_array_equal(rows_along(X, 100, np.array([1.0])), np.arange(100))


def test_spread_rows_among_candidates():
    X = np.arange(10.0)[:, None]
    even = np.arange(0, 10, 2)
    assert_array_equal(rows_along(X, 1, np.array([1.0]), even), [4])
    assert_array_equal(rows_along(X, 9, np.array([1.0]), even), even)


def landmarks(X, d, n):
    weighter = KMMInstanceWeighter(gamma=0.01, n_components=n)
    return weighter.fit(X, sample_domain=d).landmarks_


@pytest.mark.parametrize(
    ("n", "n_source"), [(2, 1), (7, 4), (10, 6), (19, 15), (20, 16), (50, 16)]
)
def test_landmarks_are_of_both_sides(n, n_source, rng):
    X, d = rng.normal(size=(20, 3)), np.repeat([1, -1], [16, 4])
    rows = X.tolist()
    chosen = [rows.index(x) for x in landmarks(X, d, n).tolist()]
    assert len(set(chosen)) == len(chosen) == min(n, 20)
    assert (d[chosen] > 0).sum() == n_source


@pytest.mark.parametrize(("n", "n_source"), [(7, 4), (10, 4), (19, 4)])
def test_a_small_source_leaves_its_landmarks_to_the_target(n, n_source, rng):
    X, d = rng.normal(size=(20, 3)), np.repeat([1, -1], [4, 16])
    chosen = landmarks(X, d, n)
    assert len(chosen) == n
    assert sum(x in X[:4].tolist() for x in chosen.tolist()) == n_source


def test_landmarks_follow_the_rows_whatever_their_order(rng):
    X, d = rng.normal(size=(40, 3)), np.repeat([1, -1], 20)
    order = rng.permutation(40)
    one, two = landmarks(X, d, 9), landmarks(X[order], d[order], 9)
    assert_array_equal(one[np.lexsort(one.T)], two[np.lexsort(two.T)])


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kernel", [*REFERENCE, rbf_kernel])
def test_all_rows_as_landmarks_give_the_kernel(kernel, container, X):
    A = container(X)
    features = NystroemMap.on_landmarks(A, kernel, **OPTIONS)
    Z, residual = features.factor(A)
    assert_allclose(Z @ Z.T, REFERENCE.get(kernel, kernel)(X, X), atol=1e-9)
    assert_allclose(residual, 0, atol=1e-9)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kernel", REFERENCE)
def test_the_factor_is_below_the_kernel_and_exact_on_landmarks(
    kernel, dtype, container, X
):
    A = container(X.astype(dtype))
    features = NystroemMap.on_landmarks(A[:8], kernel, **OPTIONS)
    Z, residual = features.factor(A)
    K = REFERENCE[kernel](X, X)
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    assert Z.dtype == dtype
    assert_allclose(Z @ Z[:8].T, K[:, :8], atol=tolerance)
    assert np.linalg.eigvalsh(K - Z @ Z.T).min() > -tolerance
    assert_allclose(residual, np.diag(K - Z @ Z.T), atol=tolerance)


def test_many_rows_are_taken_block_by_block(rng):
    X = rng.normal(size=(7000, 4))
    rows = np.flatnonzero(rng.random(7000) < 0.9)  # two blocks and a part of one
    y = rng.normal(size=rows.size)
    features = NystroemMap.on_landmarks(X[:400], "rbf", **OPTIONS)
    Z, residual = features.factor(X, rows)
    K = rbf_kernel(X[rows], X[:400], gamma=0.3)
    assert_allclose(Z, K @ features.basis, atol=1e-8)
    assert_allclose(residual, 1 - (Z * Z).sum(axis=1), atol=1e-8)
    gram, inner, total = features.moments(X, rows, y)
    assert_allclose(gram, Z.T @ Z, atol=1e-8)
    assert_allclose(inner, Z.T @ y, atol=1e-8)
    assert_allclose(total, Z.sum(axis=0), atol=1e-8)
    assert_allclose(features.mean(X, rows), Z.mean(axis=0), atol=1e-10)
    vector = rng.normal(size=Z.shape[1])
    assert_allclose(features.product(X[rows], vector), Z @ vector, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product_of_a_factor_and_a_diagonal(dtype, rng):
    Z = rng.normal(size=(2500, 3)).astype(dtype)
    residual, x = rng.random(2500), rng.normal(size=2500)
    expected = (Z @ Z.T + np.diag(residual)) @ x
    found = factor_product(Z, residual)(x)
    assert found.dtype == np.float64
    assert_allclose(found, expected, atol=1e-3 if dtype == np.float32 else 1e-10)


def test_long_sums_over_float32_stay_exact():
    n = 200_000
    Z = np.full((n, 1), 0.1, dtype=np.float32)
    exact = float(Z[0, 0]) ** 2 * n
    plain = float(np.ones(n, dtype=np.float32) @ Z[:, 0]) * float(Z[0, 0])
    assert abs(plain / exact - 1) > 1e-6  # else this shows nothing
    assert_allclose(factor_product(Z, np.zeros(n))(np.ones(n)), exact, rtol=4e-7)


def test_features_of_a_row_do_not_depend_on_its_company(X):
    features = NystroemMap.on_landmarks(X[:8] + 100, "rbf", **OPTIONS)
    vector = np.ones(features.basis.shape[1])
    alone = np.concatenate(
        [features.product(X[i : i + 1] + 100, vector) for i in (3, 9)]
    )
    assert_allclose(features.product(X[[3, 9]] + 100, vector), alone, rtol=1e-12)


def test_repeated_landmarks_add_no_features(X):
    features = NystroemMap.on_landmarks(np.repeat(X[:5], 3, axis=0), "rbf", **OPTIONS)
    assert features.basis.shape == (15, 5)


def test_pickles(X):
    features = NystroemMap.on_landmarks(X[:8], "poly", **OPTIONS)
    Z, _ = pickle.loads(pickle.dumps(features)).factor(X)
    assert_array_equal(Z, features.factor(X)[0])


def test_kernels_that_cannot_be_factored_are_errors(X):
    with pytest.raises(ValueError, match="not positive semi-definite"):
        NystroemMap.on_landmarks(X, lambda a, b: -np.abs(a @ b.T))
    with pytest.raises(ValueError, match="Scale the features"):
        NystroemMap.on_landmarks(1e200 * X, "linear")
    features = NystroemMap.on_landmarks(X, "linear")
    with pytest.raises(ValueError, match="Scale the features"):
        features.factor(1e200 * X)
