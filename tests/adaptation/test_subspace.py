"""SubspaceAlignment against principal components of each domain."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA

from sktransfer.adaptation import SubspaceAlignment


@pytest.fixture
def two_domains(rng):
    """300 source and 200 target rows of 5 columns, shuffled."""
    source = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) + [1, 2, 3, 4, 5]
    target = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) - 5
    order = rng.permutation(500)
    return np.vstack([source, target])[order], np.repeat([1, -2], [300, 200])[order]


def aligned(source, target, k):
    """The formula, with scikit-learn's principal axes."""
    S, T = (PCA(k, svd_solver="full").fit(X) for X in (source, target))
    M = S.components_ @ T.components_.T
    return S.transform(source) @ M, T.transform(target)


def assert_equal_up_to_sign(Z, expected, **tolerance):
    sign = np.sign(np.sum(Z * expected, axis=0))
    assert_allclose(Z * sign, expected, **tolerance)


@pytest.mark.parametrize("max_features", [4096, 4])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_rows_are_the_formula(two_domains, k, max_features):
    X, d = two_domains
    alignment = SubspaceAlignment(k, max_features=max_features)
    Z = alignment.fit_transform(X, sample_domain=d)
    source, target = aligned(X[d > 0], X[d < 0], k)
    both = np.empty((500, k))
    both[d > 0], both[d < 0] = source, target
    assert_equal_up_to_sign(Z, both, rtol=1e-8, atol=1e-8)
    assert_allclose(alignment.transform(X[d < 0]), Z[d < 0], atol=1e-10)


def test_no_domain_is_principal_component_analysis(two_domains):
    X, d = two_domains
    alignment = SubspaceAlignment(3).fit(X)
    assert_equal_up_to_sign(
        alignment.transform(X), PCA(3).fit_transform(X), rtol=1e-8, atol=1e-8
    )
    assert_array_equal(alignment.transform(X, d), alignment.transform(X))
    assert alignment.overlap_.shape == (0,)


@pytest.mark.parametrize("max_features", [4096, 4])
def test_equal_domains_are_mapped_alike(two_domains, max_features):
    X, _ = two_domains
    both, d = np.vstack([X + 3, X]), np.repeat([1, -1], 500)
    alignment = SubspaceAlignment(3, max_features=max_features)
    Z = alignment.fit_transform(both, sample_domain=d)
    assert_allclose(Z[:500], Z[500:], atol=1e-8)
    assert_allclose(alignment.overlap_, 1)


def test_orthogonal_subspaces_leave_nothing_of_the_source(rng):
    X = np.zeros((80, 4))
    X[:40, :2] = rng.normal(size=(40, 2))
    X[40:, 2:] = rng.normal(size=(40, 2))
    d = np.repeat([1, -1], 40)
    alignment = SubspaceAlignment(2)
    Z = alignment.fit_transform(X, sample_domain=d)
    assert_allclose(Z[:40], 0, atol=1e-12)
    assert_allclose(alignment.overlap_, 0, atol=1e-12)


def test_overlap_by_hand(rng):
    # the axes of the source are columns 0 and 1, those of the target 0 and 2
    X = np.zeros((16, 3))
    X[:8] = [[2, 1, 0], [2, -1, 0], [-2, 1, 0], [-2, -1, 0]] * 2
    X[8:] = [[3, 0, 1], [3, 0, -1], [-3, 0, 1], [-3, 0, -1]] * 2
    alignment = SubspaceAlignment(2).fit(X, sample_domain=[1] * 8 + [-1] * 8)
    assert_allclose(alignment.overlap_, 0.5)


def test_each_source_has_its_axes_and_targets_count_as_one(two_domains, rng):
    X, d = two_domains
    split = d.copy()
    split[np.flatnonzero(d > 0)[:100]] = 5
    split[np.flatnonzero(d < 0)[:70]] = -9
    alignment = SubspaceAlignment(3)
    Z = alignment.fit_transform(X, sample_domain=split)
    assert_array_equal(alignment.source_domains_, [1, 5])
    for domain in (1, 5):
        expected, target = aligned(X[split == domain], X[d < 0], 3)
        assert_equal_up_to_sign(Z[split == domain], expected, rtol=1e-7, atol=1e-8)
    assert_equal_up_to_sign(Z[d < 0], target, rtol=1e-7, atol=1e-8)
    wide = SubspaceAlignment(3, max_features=2).fit_transform(X, sample_domain=split)
    assert_allclose(wide, Z, atol=1e-7)


def test_partial_fit_equals_fit_in_any_order(two_domains, rng):
    X, d = two_domains
    whole = SubspaceAlignment(3).fit_transform(X, sample_domain=d)
    parts = SubspaceAlignment(3)
    for chunk in np.array_split(rng.permutation(500), 9):
        parts.partial_fit(X[chunk], sample_domain=d[chunk])
    assert_allclose(parts.transform(X, d), whole, atol=1e-8)
    sides = SubspaceAlignment(3).partial_fit(X[d > 0], sample_domain=d[d > 0])
    with pytest.raises(ValueError, match="has seen no target rows"):
        sides.transform(X, d)
    sides.partial_fit(X[d < 0][:1], sample_domain=[-2])
    sides.partial_fit(X[d < 0][1:], sample_domain=d[d < 0][1:])
    assert_allclose(sides.transform(X, d), whole, atol=1e-8)
    refitted = parts.fit(X[:100], sample_domain=d[:100])
    assert refitted.state_[1].n_rows == np.sum(d[:100] == 1)


def test_partial_fit_without_domains(two_domains):
    X, _ = two_domains
    parts = SubspaceAlignment(2).partial_fit(X[:200]).partial_fit(X[200:])
    assert_allclose(
        parts.transform(X), SubspaceAlignment(2).fit_transform(X), atol=1e-8
    )


@pytest.mark.parametrize("max_features", [4096, 4])
@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array]
)
def test_sparse_equals_dense(two_domains, form, max_features):
    X, d = two_domains
    X = np.where(np.abs(X) < 2, 0, X)
    alignment = SubspaceAlignment(3, max_features=max_features)
    Z = alignment.fit_transform(form(X), sample_domain=d)
    assert isinstance(Z, np.ndarray)
    assert_allclose(Z, alignment.fit_transform(X, sample_domain=d), atol=1e-7)


def test_wide_sparse_rows_stay_sparse(rng):
    X = sparse.random_array((60, 50_000), density=1e-3, rng=rng, format="csr")
    d = np.repeat([1, -1], 30)
    alignment = SubspaceAlignment(5).fit(X, sample_domain=d)
    assert alignment.target_axes_.shape == (50_000, 5)
    source, target = aligned(X[:30].toarray(), X[30:].toarray(), 5)
    Z = alignment.transform(X, sample_domain=d)
    assert_equal_up_to_sign(Z[30:], target, atol=1e-7)
    assert_equal_up_to_sign(Z[:30], source, atol=1e-7)
    assert not hasattr(alignment, "state_")


def test_fewer_rows_than_components(rng):
    X = rng.normal(size=(12, 30))
    d = np.repeat([1, -1], 6)
    for max_features in (4096, 10):
        alignment = SubspaceAlignment(20, max_features=max_features)
        Z = alignment.fit_transform(X, sample_domain=d)
        assert Z.shape == (12, 5)  # six rows span five directions
        assert_allclose(
            alignment.overlap_ * 5,
            np.sum((alignment.source_axes_[0].T @ alignment.target_axes_) ** 2),
        )


@pytest.mark.parametrize("offset", [0, 1e4])
def test_float32_stays_float32(two_domains, offset):
    X, d = two_domains
    X = X + offset
    Z32 = SubspaceAlignment(3).fit_transform(X.astype(np.float32), sample_domain=d)
    assert Z32.dtype == np.float32
    tolerance = 20 * np.finfo(np.float32).eps * max(offset, 10)
    Z = SubspaceAlignment(3).fit_transform(X, sample_domain=d)
    assert_allclose(Z32, Z, atol=tolerance)


def test_input_is_not_written_to(two_domains):
    X, d = two_domains
    kept = X.copy()
    for max_features in (4096, 4):
        SubspaceAlignment(3, max_features=max_features).fit_transform(X, None, d)
    assert_array_equal(X, kept)


def test_order_of_rows_does_not_matter(two_domains, rng):
    X, d = two_domains
    order = rng.permutation(500)
    Z = SubspaceAlignment(3).fit_transform(X, sample_domain=d)
    shuffled = SubspaceAlignment(3).fit_transform(X[order], sample_domain=d[order])
    assert_allclose(shuffled, Z[order], atol=1e-9)


def test_names_pandas_pickling_and_cloning(two_domains):
    pd = pytest.importorskip("pandas")
    X, d = two_domains
    frame = pd.DataFrame(X, columns=list("abcde"))
    alignment = SubspaceAlignment(2).set_output(transform="pandas")
    Z = alignment.fit_transform(frame, sample_domain=d)
    assert list(Z.columns) == ["subspacealignment0", "subspacealignment1"]
    again = pickle.loads(pickle.dumps(alignment)).transform(frame, d)
    assert_array_equal(again, Z)
    assert clone(alignment).get_params() == alignment.get_params()


def test_errors_say_what_to_do(two_domains):
    X, d = two_domains
    alignment = SubspaceAlignment(2).fit(X, sample_domain=d)
    with pytest.raises(ValueError, match=r"source domains \[1\]; got rows of 5"):
        alignment.transform(X, sample_domain=np.where(d > 0, 5, d))
    with pytest.raises(ValueError, match="got no target row"):
        SubspaceAlignment().fit(X, sample_domain=np.ones(500, int))
    constant = X.copy()
    constant[d > 0] = 1
    with pytest.raises(ValueError, match="vary in each domain; those of 1 do not"):
        SubspaceAlignment().fit(constant, sample_domain=d)
    with pytest.raises(ValueError, match="got 5 columns, more than max_features=4"):
        SubspaceAlignment(max_features=4).partial_fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="got none after chunks with it"):
        SubspaceAlignment().partial_fit(X, sample_domain=d).partial_fit(X)
    with pytest.raises(ValueError, match="got one after chunks without it"):
        SubspaceAlignment().partial_fit(X).partial_fit(X, sample_domain=d)
    with pytest.raises(
        ValueError, match="n_components of SubspaceAlignment must be an integer"
    ):
        SubspaceAlignment(0).fit(X)
