"""DomainScaler against StandardScaler on each domain."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from sktransfer.adaptation import DomainScaler

OPTIONS = [
    {"with_mean": mean, "with_std": std}
    for mean in (True, False)
    for std in (True, False)
]


@pytest.fixture
def domains(rng):
    """Rows of the domains 1, 2 (source) and -3, -4 (target), shuffled."""
    d = rng.permutation(np.repeat([1, 2, -3, -4], [40, 60, 50, 30]))
    scale = np.abs(d)[:, None] * np.array([1.0, 10.0, 0.1])
    X = rng.normal(size=(180, 3)) * scale + d[:, None]
    return X, d


@pytest.mark.parametrize("options", OPTIONS)
def test_each_domain_is_scaled_as_if_alone(domains, options):
    X, d = domains
    Z = DomainScaler(**options).fit_transform(X, sample_domain=d)
    for domain in (1, 2, -3, -4):
        alone = StandardScaler(**options).fit_transform(X[d == domain])
        assert_allclose(Z[d == domain], alone, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS)
def test_no_domain_is_the_standard_scaler(domains, options):
    X, d = domains
    expected = StandardScaler(**options).fit_transform(X)
    scaler = DomainScaler(**options).fit(X)
    assert_allclose(scaler.transform(X), expected, atol=1e-12)
    assert_allclose(scaler.transform(X, sample_domain=d), expected, atol=1e-12)
    assert_array_equal(scaler.domains_, [0])


def test_rows_without_domain_use_all_target_rows(domains):
    X, d = domains
    scaler = DomainScaler().fit(X, sample_domain=d)
    reference = StandardScaler().fit(X[d < 0])
    assert_allclose(scaler.transform(X), reference.transform(X), atol=1e-12)
    one_target = DomainScaler().fit(X, sample_domain=np.where(d < 0, -3, d))
    assert_allclose(
        one_target.transform(X), one_target.transform(X, sample_domain=np.full(180, -3))
    )


def test_partial_fit_equals_fit_in_any_order(domains, rng):
    X, d = domains
    X = X + 1e6
    whole, parts = DomainScaler().fit(X, sample_domain=d), DomainScaler()
    for chunk in np.array_split(rng.permutation(180), 13):
        parts.partial_fit(X[chunk], sample_domain=d[chunk])
    assert_array_equal(parts.domains_, whole.domains_)
    assert_allclose(parts.means_, whole.means_, rtol=1e-14)
    assert_allclose(parts.scales_, whole.scales_, rtol=1e-9)
    refitted = parts.fit(X[:50], sample_domain=d[:50])
    fresh = DomainScaler().fit(X[:50], sample_domain=d[:50])
    assert_array_equal(refitted.means_, fresh.means_)


def test_partial_fit_of_the_source_alone_has_no_target_yet(domains):
    X, d = domains
    scaler = DomainScaler().partial_fit(X[d > 0], sample_domain=d[d > 0])
    assert scaler.transform(X[d > 0], sample_domain=d[d > 0]).shape == (100, 3)
    with pytest.raises(ValueError, match="has seen no target row"):
        scaler.transform(X)


@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csr_matrix, sparse.csc_matrix]
)
@pytest.mark.parametrize("with_std", [True, False])
def test_sparse_equals_dense_and_stays_sparse(domains, form, with_std):
    X, d = domains
    X = np.where(np.abs(X) < 1, 0, X)
    scaler = DomainScaler(with_mean=False, with_std=with_std)
    for domain in (d, None):
        Z = scaler.fit(form(X), sample_domain=d).transform(
            form(X), sample_domain=domain
        )
        dense = scaler.fit(X, sample_domain=d).transform(X, sample_domain=domain)
        assert sparse.issparse(Z)
        assert isinstance(Z, sparse.sparray) == issubclass(form, sparse.sparray)
        assert_allclose(Z.toarray(), dense, rtol=1e-10)


def test_fifty_thousand_sparse_columns():
    X = sparse.random_array((60, 50_000), density=0.001, format="csr", rng=0)
    d = np.repeat([1, -1], 30)
    Z = DomainScaler(with_mean=False).fit_transform(X, sample_domain=d)
    assert Z.nnz == X.nnz
    column = np.unique(X[:30].indices)[0]
    expected = X[:30, [column]].toarray()
    assert_allclose(Z[:30, [column]].toarray(), expected / expected.std())


def test_centring_sparse_rows_is_refused(domains):
    X, d = domains
    with pytest.raises(ValueError, match="Pass `with_mean=False`"):
        DomainScaler().fit(sparse.csr_array(X), sample_domain=d)
    scaler = DomainScaler().fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="Pass `with_mean=False`"):
        scaler.transform(sparse.csr_array(X))


def test_constant_columns_are_divided_by_one():
    X = np.array([[0.1, 1.0]] * 3 + [[1e6, 2.0], [1e6, 3.0], [1e6, 4.0]])
    scaler = DomainScaler().fit(X, sample_domain=[1, 1, 1, -1, -1, -1])
    assert_array_equal(scaler.domains_, [-1, 1])
    assert_array_equal(scaler.scales_[1], [1, 1])
    assert_allclose(scaler.scales_[0], [1, np.sqrt(2 / 3)])
    Z = scaler.transform(X, sample_domain=[1, 1, 1, -1, -1, -1])
    assert_allclose(Z[:, 0], 0, atol=1e-9)


def test_float32_stays_float32_and_input_is_kept(domains):
    X, d = domains
    X32 = X.astype(np.float32)
    kept = X32.copy()
    Z = DomainScaler().fit_transform(X32, sample_domain=d)
    assert Z.dtype == np.float32
    assert_allclose(Z, DomainScaler().fit_transform(X, sample_domain=d), atol=1e-5)
    assert_array_equal(X32, kept)
    S = sparse.csr_array(X32)
    assert DomainScaler(with_mean=False).fit_transform(S).dtype == np.float32
    assert_array_equal(S.toarray(), kept)


def test_pandas_names_and_pickling(domains):
    pd = pytest.importorskip("pandas")
    X, d = domains
    frame = pd.DataFrame(X, columns=["price", "stars", "age"])
    scaler = DomainScaler().set_output(transform="pandas").fit(frame, sample_domain=d)
    Z = pickle.loads(pickle.dumps(scaler)).transform(frame, sample_domain=d)
    assert list(Z.columns) == ["price", "stars", "age"]
    assert_array_equal(Z, DomainScaler().fit_transform(X, sample_domain=d))


def test_errors_say_what_to_do(domains):
    X, d = domains
    scaler = DomainScaler().fit(X, sample_domain=d)
    with pytest.raises(ValueError, match=r"\[-4, -3, 1, 2\]; got rows of \[-9\]"):
        scaler.transform(X, sample_domain=np.where(d == -4, -9, d))
    with pytest.raises(ValueError, match="got no target row"):
        DomainScaler().fit(X, sample_domain=np.abs(d))
    with pytest.raises(ValueError, match="got one after chunks without it"):
        DomainScaler().partial_fit(X).partial_fit(X, sample_domain=d)
