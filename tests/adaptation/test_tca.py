"""TransferComponentAnalysis against the dense eigenproblem of the paper."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import eig
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import pairwise_kernels, rbf_kernel

from sktransfer.adaptation import TransferComponentAnalysis


@pytest.fixture
def two_domains(rng):
    """60 source and 40 target rows of 4 columns, shuffled."""
    source = rng.normal(size=(60, 4)) * [3, 2, 1, 1]
    target = rng.normal(size=(40, 4)) * [3, 1, 2, 1] + [0, 0, 0, 4]
    order = rng.permutation(100)
    return np.vstack([source, target])[order], np.repeat([1, -2], [60, 40])[order]


def components_of_the_paper(K, d, mu, k):
    """K W with the leading eigenvectors W of (KLK + mu I)^-1 KHK, and eigenvalues."""
    n = len(d)
    e = np.where(d > 0, 1 / np.sum(d > 0), -1 / np.sum(d < 0))
    L, H = np.outer(e, e), np.eye(n) - 1 / n
    values, W = eig(np.linalg.solve(K @ L @ K + mu * np.eye(n), K @ H @ K))
    best = np.argsort(-values.real)[:k]
    return K @ W[:, best].real, values[best].real


def unit(Z):
    """Columns of unit length whose largest entry is positive."""
    Z = Z / np.linalg.norm(Z, axis=0)
    return Z * np.sign(Z[np.abs(Z).argmax(axis=0), np.arange(Z.shape[1])])


@pytest.mark.parametrize("mu", [0.01, 1.0, 100.0])
@pytest.mark.parametrize(
    ("kernel", "options"),
    [
        ("rbf", {"gamma": 0.1}),
        ("laplacian", {"gamma": 0.1}),
        ("poly", {"gamma": 0.3}),
        ("linear", {}),
        ("cosine", {}),
    ],
)
def test_components_are_those_of_the_paper(two_domains, kernel, options, mu):
    X, d = two_domains
    tca = TransferComponentAnalysis(3, kernel=kernel, mu=mu, **options)
    Z = tca.fit_transform(X, sample_domain=d)
    expected, values = components_of_the_paper(
        pairwise_kernels(X, metric=kernel, **options), d, mu, 3
    )
    assert_allclose(unit(Z), unit(expected), atol=1e-6)
    assert_allclose(tca.eigenvalues_, values, rtol=1e-6)


def test_landmarks_that_are_all_rows_give_the_exact_solution(two_domains):
    X, d = two_domains
    exact = TransferComponentAnalysis(5, n_landmarks=None).fit(X, sample_domain=d)
    for n in (100, 101, 5000):
        tca = TransferComponentAnalysis(5, n_landmarks=n).fit(X, sample_domain=d)
        assert_array_equal(tca.landmarks_, X)
        assert_array_equal(tca.transform(X), exact.transform(X))


def test_few_landmarks_come_near_the_exact_solution(rng):
    X = rng.normal(size=(400, 3)) * [4, 2, 1]
    d = np.repeat([1, -1], 200)
    X[d < 0] += [0, 0, 3]
    Z = [
        unit(
            TransferComponentAnalysis(3, gamma=0.02, n_landmarks=n).fit_transform(
                X, sample_domain=d
            )
        )
        for n in (None, 80)
    ]
    assert_allclose(np.abs(np.sum(Z[0] * Z[1], axis=0)), 1, atol=0.01)


def test_landmarks_are_half_source_half_target(two_domains):
    X, d = two_domains
    for n, n_source in ((20, 10), (90, 50), (99, 59)):
        tca = TransferComponentAnalysis(2, n_landmarks=n).fit(X, sample_domain=d)
        is_source = (tca.landmarks_[:, None] == X[d > 0]).all(axis=2).any(axis=1)
        assert tca.landmarks_.shape == (n, 4)
        assert is_source.sum() == n_source
    assert TransferComponentAnalysis(2, n_landmarks=7).fit(X).landmarks_.shape == (7, 4)


def test_small_mu_makes_the_means_equal_and_large_mu_does_not(two_domains):
    X, d = two_domains
    gap = [
        TransferComponentAnalysis(3, mu=mu).fit(X, sample_domain=d).mean_gap_.max()
        for mu in (1e-8, 1e6)
    ]
    assert gap[0] < 1e-3 < 0.5 < gap[1]


def test_mean_gap_is_that_of_the_components(two_domains):
    X, d = two_domains
    tca = TransferComponentAnalysis(4, n_landmarks=30)
    Z = tca.fit_transform(X, sample_domain=d)
    gap = np.abs(Z[d > 0].mean(axis=0) - Z[d < 0].mean(axis=0)) / Z.std(axis=0)
    assert_allclose(tca.mean_gap_, gap, atol=1e-9)


def test_linear_kernel_without_shift_gives_principal_components(rng):
    X = rng.normal(size=(50, 3)) * [9, 3, 1]
    X -= X.mean(axis=0)
    Z = TransferComponentAnalysis(3, kernel="linear").fit_transform(X)
    # the same scores, and the same scale up to the power of the eigenvalues
    assert_allclose(
        Z,
        PCA(3).fit_transform(X) * np.sign(PCA(3).fit_transform(X)[0]) * np.sign(Z[0]),
        rtol=1e-6,
    )


def test_several_domains_of_a_side_count_as_one(two_domains):
    X, d = two_domains
    split = d.copy()
    split[np.flatnonzero(d > 0)[:20]] = 7
    split[np.flatnonzero(d < 0)[:20]] = -9
    assert_allclose(
        TransferComponentAnalysis(3).fit_transform(X, sample_domain=split),
        TransferComponentAnalysis(3).fit_transform(X, sample_domain=d),
    )


@pytest.mark.parametrize("n_landmarks", [None, 30])
def test_order_of_rows_does_not_matter(two_domains, rng, n_landmarks):
    X, d = two_domains
    order = rng.permutation(100)
    Z = [
        TransferComponentAnalysis(3, n_landmarks=n_landmarks).fit_transform(
            X[rows], sample_domain=d[rows]
        )
        for rows in (np.arange(100), order)
    ]
    assert_allclose(Z[1], Z[0][order], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_equals_dense(two_domains, kernel, form):
    X, d = two_domains
    X = np.where(np.abs(X) < 1, 0, X)
    tca = TransferComponentAnalysis(3, kernel=kernel, gamma=0.1, n_landmarks=40)
    dense = tca.fit_transform(X, sample_domain=d)
    Z = tca.fit_transform(form(X), sample_domain=d)
    assert isinstance(Z, np.ndarray)
    assert_allclose(Z, dense, rtol=1e-6, atol=1e-9)


def test_float32_stays_float32(two_domains):
    X, d = two_domains
    tca = TransferComponentAnalysis(3, gamma=0.1, n_landmarks=40)
    Z = tca.fit_transform(X, sample_domain=d)
    Z32 = tca.fit_transform(X.astype(np.float32), sample_domain=d)
    assert Z32.dtype == np.float32
    assert_allclose(Z32, Z, atol=1e-4)


def test_callable_kernel(two_domains):
    X, d = two_domains
    Z = [
        TransferComponentAnalysis(3, kernel=kernel, gamma=0.25).fit_transform(
            X, sample_domain=d
        )
        for kernel in ("rbf", lambda A, B: rbf_kernel(A, B, gamma=0.25))
    ]
    assert_allclose(Z[1], Z[0], rtol=1e-5, atol=1e-8)
    with pytest.raises(ValueError, match="positive semi-definite"):
        TransferComponentAnalysis(kernel=lambda A, B: -(A @ B.T)).fit(X)


def test_rows_that_fill_several_blocks(rng):
    # of 24,000 by 100 kernel values a million are held at a time
    X, d = rng.normal(size=(24_000, 3)), np.repeat([1, -1], 12_000)
    X[d < 0] += [1, 0, 0]
    tca = TransferComponentAnalysis(3, gamma=0.1, n_landmarks=100, random_state=0)
    Z = tca.fit_transform(X, sample_domain=d)
    parts = [tca.transform(X[i : i + 1000]) for i in range(0, 24_000, 1000)]
    assert_allclose(Z, np.vstack(parts), rtol=1e-9, atol=1e-12)
    gap = np.abs(Z[d > 0].mean(axis=0) - Z[d < 0].mean(axis=0)) / Z.std(axis=0)
    assert_allclose(tca.mean_gap_, gap, atol=1e-9)


def test_equal_rows_have_no_component(rng):
    tca = TransferComponentAnalysis().fit(np.ones((5, 2)))
    assert tca.transform(np.ones((2, 2))).shape == (2, tca.eigenvalues_.size)
    assert np.isfinite(tca.transform(rng.normal(size=(3, 2)))).all()


def test_names_pandas_pickling_and_cloning(two_domains):
    pd = pytest.importorskip("pandas")
    X, d = two_domains
    tca = TransferComponentAnalysis(2).set_output(transform="pandas")
    Z = tca.fit_transform(pd.DataFrame(X, columns=list("abcd")), sample_domain=d)
    assert list(Z.columns) == [f"transfercomponentanalysis{k}" for k in (0, 1)]
    again = pickle.loads(pickle.dumps(tca))
    assert_array_equal(again.transform(pd.DataFrame(X, columns=list("abcd"))), Z)
    assert clone(tca).get_params() == tca.get_params()


def test_errors_say_what_to_do(two_domains):
    X, d = two_domains
    with pytest.raises(ValueError, match="got no target row"):
        TransferComponentAnalysis().fit(X, sample_domain=np.ones(100))
    with pytest.raises(
        ValueError, match="mu of TransferComponentAnalysis must be a number above 0"
    ):
        TransferComponentAnalysis(mu=0).fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="sample_domain must have one entry per row"):
        TransferComponentAnalysis().fit(X, sample_domain=d).transform(X, d[:3])
