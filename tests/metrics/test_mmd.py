import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import cosine_similarity, laplacian_kernel, rbf_kernel

from sktransfer.metrics import mmd

KERNELS = {
    "rbf": lambda A, B: rbf_kernel(A, B, gamma=0.4),
    "laplacian": lambda A, B: laplacian_kernel(A, B, gamma=0.4),
    "linear": lambda A, B: A @ B.T,
    "cosine": cosine_similarity,
    "poly": lambda A, B: (0.4 * A @ B.T + 1) ** 3,
}


@pytest.fixture
def sides(rng):
    X = rng.normal(size=(41, 3))
    return X * (X > -0.5), rng.normal(0.7, 1, size=(30, 3))


def by_definition(k, X, Y, biased):
    """The double sums of Gretton et al., one pair at a time."""
    n, m = len(X), len(Y)
    within = []
    for Z in (X, Y):
        pairs = [
            k(Z[[i]], Z[[j]])[0, 0]
            for i in range(len(Z))
            for j in range(len(Z))
            if biased or i != j
        ]
        within.append(np.mean(pairs))
    across = [k(X[[i]], Y[[j]])[0, 0] for i in range(n) for j in range(m)]
    return sum(within) - 2 * np.mean(across)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_definition(sides, kernel, estimator):
    X, Y = (Z[:12] for Z in sides)
    expected = by_definition(KERNELS[kernel], X, Y, estimator == "biased")
    found = mmd(X, Y, kernel=kernel, gamma=0.4, estimator=estimator)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_linear_time_by_hand(sides, kernel):
    X, Y = sides
    k = KERNELS[kernel]
    h = [
        k(X[[i]], X[[i + 1]])
        + k(Y[[i]], Y[[i + 1]])
        - k(X[[i]], Y[[i + 1]])
        - k(X[[i + 1]], Y[[i]])
        for i in range(0, 30, 2)
    ]
    found = mmd(X, Y, kernel=kernel, gamma=0.4, estimator="linear", random_state=None)
    assert_allclose(found, np.mean(h), rtol=1e-9)


def test_linear_time_is_unbiased(sides):
    drawn = [
        mmd(*sides, gamma=0.4, estimator="linear", random_state=i) for i in range(400)
    ]
    # of the 30 pairs in play, the mean over orders is that of the U-statistic
    X, Y = sides
    exact = mmd(X, Y, gamma=0.4)
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert abs(np.mean(drawn) - exact) < 4 * error


@pytest.mark.parametrize("estimator", ["biased", "unbiased", "linear"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_sparse_is_dense(sides, kernel, estimator):
    X, Y = sides
    options = {"kernel": kernel, "estimator": estimator, "gamma": 0.4}
    expected = mmd(X, Y, **options)
    for A, B in (
        (sp.csr_matrix(X), sp.csr_array(Y)),
        (sp.csc_array(X), Y),
    ):
        assert_allclose(mmd(A, B, **options), expected, rtol=1e-9)


def test_same_rows_are_no_distance_apart(sides):
    X, _ = sides
    assert_allclose(mmd(X, X[::-1], estimator="biased"), 0, atol=1e-12)


def test_equal_distributions_have_mean_zero(rng):
    values = [
        mmd(rng.normal(size=(40, 2)), rng.normal(size=(40, 2)), gamma=0.5)
        for _ in range(100)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / 10
    assert min(values) < 0 < max(values)


def test_order_and_sides_do_not_matter(sides):
    X, Y = sides
    assert_allclose(mmd(Y[::-1], X[::-1]), mmd(X, Y), rtol=1e-9)


def test_further_is_larger(sides):
    X, Y = sides
    values = [mmd(X, Y + shift, gamma=0.1) for shift in (0.0, 1.0, 2.0)]
    assert values == sorted(values)


def test_a_callable_kernel(sides):
    assert_allclose(
        mmd(*sides, kernel=KERNELS["rbf"]), mmd(*sides, gamma=0.4), rtol=1e-9
    )


def test_float32_and_integers(sides):
    X, Y = sides
    single = mmd(X.astype(np.float32), Y.astype(np.float32), gamma=0.4)
    assert_allclose(single, mmd(X, Y, gamma=0.4), atol=1e-5)
    assert mmd([[0], [1]], [[0], [1]], estimator="biased") == pytest.approx(0)
    assert np.isfinite(mmd(X.astype(np.float32), Y))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "exact"}, "estimator must be"),
        ({"kernel": "sigmoid"}, "kernel must be"),
        ({"gamma": 0}, "gamma must be"),
    ],
)
def test_wrong_options(sides, options, message):
    with pytest.raises(ValueError, match=message):
        mmd(*sides, **options)


def test_wrong_rows(sides):
    X, Y = sides
    with pytest.raises(ValueError, match="same columns"):
        mmd(X, Y[:, :2])
    with pytest.raises(ValueError, match="minimum of 2"):
        mmd(X, Y[:1])
    with pytest.raises(ValueError, match="NaN"):
        mmd(np.full((3, 3), np.nan), Y)
    with pytest.raises(ValueError, match="squares may not fit"):
        mmd(X * 1e200, Y)
