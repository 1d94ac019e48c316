import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import (
    cosine_similarity,
    laplacian_kernel,
    linear_kernel,
    polynomial_kernel,
    rbf_kernel,
)

from sktransfer._core.kernels import (
    kernel_diagonal,
    kernel_means,
    kernel_rows,
    lower_kernel,
    median_gamma,
    symmetric_product,
)

REFERENCE = {
    "rbf": lambda X, Y: rbf_kernel(X, Y, gamma=0.3),
    "laplacian": lambda X, Y: laplacian_kernel(X, Y, gamma=0.3),
    "linear": linear_kernel,
    "cosine": cosine_similarity,
    "poly": lambda X, Y: polynomial_kernel(X, Y, gamma=0.3),
}
KERNELS = list(REFERENCE)
OPTIONS = {"gamma": 0.3}
CONTAINERS = [np.asarray, sp.csr_matrix, sp.csr_array]


@pytest.fixture
def sides(rng):
    X, Y = rng.normal(size=(23, 5)), rng.normal(size=(17, 5)) + 0.5
    X[X < -0.5] = 0
    return X, Y


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kernel", [*KERNELS, rbf_kernel])
def test_diagonal_is_that_of_the_kernel(kernel, container, rng):
    X = rng.normal(size=(75, 5))
    block, (A,) = kernel_rows(kernel, container(X), **OPTIONS)
    expected = np.diag(np.asarray(block(A, A)))
    assert_allclose(kernel_diagonal(kernel, block, A), expected, rtol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sides_rescaled_apart_share_a_centre(kernel, sides):
    options = OPTIONS | {"centre": np.arange(5.0)}
    block, (A,) = kernel_rows(kernel, sides[0], **options)
    _, (B,) = kernel_rows(kernel, sides[1], **options)
    assert_allclose(block(A, B), REFERENCE[kernel](*sides), rtol=1e-10)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kernel", KERNELS)
def test_agrees_with_sklearn(kernel, dtype, container, sides):
    X, Y = sides
    Xc, Yc = (container(side.astype(dtype)) for side in sides)
    block, (A, B) = kernel_rows(kernel, Xc, Yc, **OPTIONS)
    K = lower_kernel(block, A)
    tolerance = {"rtol": 2e-5 if dtype == np.float32 else 1e-12, "atol": 1e-5}
    assert K.dtype == dtype
    assert A.dtype == dtype
    assert_allclose(np.tril(K), np.tril(REFERENCE[kernel](X, X)), **tolerance)
    means = kernel_means(block, A, B)
    assert means.dtype == np.float64
    assert_allclose(means, REFERENCE[kernel](X, Y).mean(axis=1), **tolerance)


def test_many_rows_agree_with_sklearn(rng):
    X, Y = rng.normal(size=(2300, 3)), rng.normal(size=(600, 3))
    block, (A, B) = kernel_rows("rbf", X, Y, **OPTIONS)
    K = lower_kernel(block, A)
    assert_allclose(np.tril(K), np.tril(REFERENCE["rbf"](X, X)), rtol=1e-10)
    means = REFERENCE["rbf"](Y, X).mean(axis=1)
    assert_allclose(kernel_means(block, B, A), means, rtol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_inputs_are_not_written_to(kernel, sides):
    for container in CONTAINERS:
        X, Y = (container(side) for side in sides)
        before = X.copy(), Y.copy()
        block, (A, B) = kernel_rows(kernel, X, Y, **OPTIONS)
        lower_kernel(block, A)
        kernel_means(block, A, B)
        assert abs(X - before[0]).max() == 0
        assert abs(Y - before[1]).max() == 0


def test_a_callable_gets_blocks_of_rows(sides):
    X, Y = sides
    block, (A, B) = kernel_rows(lambda a, b: a @ b.T, X, Y)
    assert_allclose(kernel_means(block, A, B), (X @ Y.T).mean(axis=1))
    scalar, _ = kernel_rows(lambda a, b: 1.0, X, Y)
    with pytest.raises(ValueError, match=r"of shape \(23, 17\); got shape \(\)"):
        scalar(X, Y)


def test_float32_is_exact_far_from_the_origin(sides):
    X, _ = sides
    far = np.round(X * 64) / 64 + 4096  # exact in float32
    block, (A,) = kernel_rows("rbf", far.astype(np.float32), gamma=0.3)
    expected = rbf_kernel(far - 4096, gamma=0.3)
    assert_allclose(np.tril(lower_kernel(block, A)), np.tril(expected), atol=1e-6)


def test_sparse_rows_with_wide_indices(sides):
    X, _ = sides
    S = sp.csr_matrix(X)
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    for kernel in KERNELS:
        block, (A,) = kernel_rows(kernel, S, **OPTIONS)
        expected = np.tril(REFERENCE[kernel](X, X))
        assert_allclose(np.tril(lower_kernel(block, A)), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product_reads_the_lower_triangle_only(dtype, rng):
    K = rng.normal(size=(9, 9))
    K += K.T
    lower = np.where(np.tri(9, dtype=bool), K, np.nan).astype(dtype)
    x = rng.normal(size=9)
    product = symmetric_product(lower)(x)
    assert product.dtype == np.float64
    assert_allclose(product, K @ x, rtol=1e-4 if dtype == np.float32 else 1e-12)


def test_median_gamma_by_hand():
    X = np.array([[0.0], [1.0], [3.0]])  # distances 1, 2, 3
    assert median_gamma(X) == pytest.approx(1 / (2 * 4))
    assert median_gamma(X, kernel="laplacian") == pytest.approx(1 / 2)
    assert median_gamma(sp.csr_array(X)) == pytest.approx(1 / 8)


def test_median_gamma_of_duplicates():
    X = np.array([[1.0]] * 9 + [[3.0]])  # 36 distances of 0, nine of 2
    assert median_gamma(X) == pytest.approx(1 / (2 * 4))
    assert median_gamma(np.ones((5, 2))) == 1.0
    assert median_gamma(np.ones((5, 2)), kernel="laplacian") == 2.0
    assert median_gamma(np.ones((1, 2))) == 1.0


def test_median_gamma_of_many_rows_does_not_depend_on_their_order(rng):
    X = rng.normal(size=(1500, 3))
    gamma = median_gamma(X)
    assert median_gamma(X[rng.permutation(1500)]) == pytest.approx(gamma, rel=1e-12)
    assert gamma == pytest.approx(median_gamma(X, max_rows=1500), rel=0.1)
    assert median_gamma(sp.csr_array(X)) == pytest.approx(gamma, rel=1e-9)


@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_median_gamma_follows_the_scale(kernel, rng):
    X = rng.normal(size=(30, 3))
    power = 2 if kernel == "rbf" else 1
    assert median_gamma(1e20 * X, kernel=kernel) == pytest.approx(
        median_gamma(X, kernel=kernel) / 1e20**power
    )


def test_distances_that_overflow_are_an_error(rng):
    with pytest.raises(ValueError, match="too large to square"):
        median_gamma(1e200 * rng.normal(size=(5, 2)))
