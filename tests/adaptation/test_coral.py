"""CORAL against its closed form."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import fractional_matrix_power
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer.adaptation import CORAL
from sktransfer.moments import Moments


@pytest.fixture
def two_domains(rng):
    """300 source and 200 target rows of 4 columns, shuffled."""
    source = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4)) + [1, 2, 3, 4]
    target = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4)) - 5
    order = rng.permutation(500)
    return np.vstack([source, target])[order], np.repeat([1, -2], [300, 200])[order]


def covariance(X):
    return np.cov(X, rowvar=False, ddof=0)


def test_source_gets_mean_and_covariance_of_the_target(two_domains):
    X, d = two_domains
    Z = CORAL(reg=0).fit_transform(X, sample_domain=d)
    assert_allclose(Z[d > 0].mean(0), X[d < 0].mean(0), atol=1e-10)
    assert_allclose(covariance(Z[d > 0]), covariance(X[d < 0]), rtol=1e-8)
    assert_array_equal(Z[d < 0], X[d < 0])


def test_map_is_that_of_the_paper(two_domains):
    # the paper adds the unit matrix to covariances of standardised columns
    X, d = two_domains
    for side in (d > 0, d < 0):
        X[side] = StandardScaler().fit_transform(X[side])
    source, target = X[d > 0], X[d < 0]
    whiten = fractional_matrix_power(covariance(source) + np.eye(4), -0.5)
    colour = fractional_matrix_power(covariance(target) + np.eye(4), 0.5)
    Z = CORAL(reg=1).fit_transform(X, sample_domain=d)
    assert_allclose(Z[d > 0], source @ whiten @ colour, atol=1e-9)


@pytest.mark.parametrize("reg", [0, 0.1, 1.0])
def test_equal_domains_give_the_identity(rng, reg):
    X = rng.normal(size=(50, 3)) * [1, 10, 100]
    Z = CORAL(reg=reg).fit_transform(
        np.vstack([X, X]), sample_domain=[1] * 50 + [-1] * 50
    )
    assert_allclose(Z[:50], X, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("reg", [0, 0.1, 1.0])
def test_a_change_of_unit_is_undone_whatever_the_regularisation(rng, reg):
    X = rng.normal(size=(50, 3))
    both = np.vstack([1000 * X + 7, X])
    Z = CORAL(reg=reg).fit_transform(both, sample_domain=[1] * 50 + [-1] * 50)
    assert_allclose(Z[:50], X, atol=1e-9)


def test_regularisation_is_between_exact_match_and_matched_variance(two_domains):
    X, d = two_domains
    m = [Moments.empty(4).update(X[side]) for side in (d > 0, d < 0)]
    ratio = np.sqrt(np.trace(m[1].covariance()) / np.trace(m[0].covariance()))
    states = {1: m[0], -1: m[1]}
    variance = CORAL(reg=1e9).fit_from_state(states).coef_[0]
    assert_allclose(variance, ratio * np.eye(4), atol=1e-6)
    assert_allclose(
        CORAL(reg=0).fit_from_state(states).coef_[0],
        fractional_matrix_power(m[0].covariance(), -0.5)
        @ fractional_matrix_power(m[1].covariance(), 0.5),
    )


def test_one_dimension_by_hand():
    X = np.array([[0.0], [2.0], [10.0], [16.0]])  # means 1, 13; deviations 1, 3
    Z = CORAL(reg=0, max_features=1).fit_transform(X, sample_domain=[1, 1, -1, -1])
    assert_allclose(Z.ravel(), [10, 16, 10, 16])


@pytest.mark.parametrize("reg", [0, 1.0])
def test_no_domain_means_no_change(rng, reg):
    X = rng.normal(size=(5, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coral = CORAL(reg=reg).fit(X)
    assert_array_equal(coral.transform(X), X)
    assert_array_equal(coral.transform(X, sample_domain=[1, 1, -1, -1, 7]), X)
    assert coral.coef_.shape == (0, 8, 8)


def test_rows_without_domain_are_target_rows(two_domains):
    X, d = two_domains
    coral = CORAL().fit(X, sample_domain=d)
    Z = coral.transform(X)
    assert_array_equal(Z, X)
    Z[:] = 0
    assert np.abs(X).min() > 0  # the output is a copy


def test_each_source_domain_has_its_own_map(rng):
    scales = {1: 5.0, 3: 0.2, -2: 1.0}
    d = rng.permutation(np.repeat(list(scales), 100))
    X = (
        rng.normal(size=(300, 2)) * np.array([scales[k] for k in d])[:, None]
        + d[:, None]
    )
    coral = CORAL(reg=0).fit(X, sample_domain=d)
    Z = coral.transform(X, sample_domain=d)
    assert_array_equal(coral.source_domains_, [1, 3])
    for domain in (1, 3):
        assert_allclose(covariance(Z[d == domain]), covariance(X[d == -2]), rtol=1e-8)
        alone = (d == domain) | (d < 0)
        Z_alone = CORAL(reg=0).fit_transform(X[alone], sample_domain=d[alone])
        assert_allclose(Z_alone, Z[alone], rtol=1e-9)


def test_several_targets_count_as_one(two_domains):
    X, d = two_domains
    split = d.copy()
    split[np.flatnonzero(d < 0)[:70]] = -9
    assert_allclose(
        CORAL().fit_transform(X, sample_domain=split),
        CORAL().fit_transform(X, sample_domain=d),
    )


def test_partial_fit_equals_fit_in_any_order(two_domains, rng):
    X, d = two_domains
    whole = CORAL().fit(X, sample_domain=d)
    order = rng.permutation(500)
    parts = CORAL()
    for chunk in np.array_split(order, 9):
        parts.partial_fit(X[chunk], sample_domain=d[chunk])
    assert_allclose(parts.coef_, whole.coef_, rtol=1e-8)
    assert_allclose(parts.target_mean_, whole.target_mean_)
    one_side_a_time = CORAL().partial_fit(X[d > 0], sample_domain=d[d > 0])
    one_side_a_time.partial_fit(X[d < 0], sample_domain=d[d < 0])
    assert_allclose(one_side_a_time.coef_, whole.coef_, rtol=1e-8)
    refitted = parts.fit(X[:100], sample_domain=d[:100])
    assert_array_equal(
        refitted.coef_, CORAL().fit(X[:100], sample_domain=d[:100]).coef_
    )


def test_partial_fit_without_domains(rng):
    X = rng.normal(size=(20, 3))
    coral = CORAL().partial_fit(X[:10]).partial_fit(X[10:])
    assert coral.state_[0].n_rows == 20
    assert_array_equal(coral.transform(X), X)


@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array]
)
def test_sparse_equals_dense(two_domains, form):
    X, d = two_domains
    X = np.where(np.abs(X) < 2, 0, X)
    Z = CORAL().fit_transform(form(X), sample_domain=d)
    assert isinstance(Z, np.ndarray)
    assert_allclose(Z, CORAL().fit_transform(X, sample_domain=d), rtol=1e-9)


@pytest.mark.parametrize("offset", [0, 1e4])
def test_float32_stays_float32(two_domains, offset):
    X, d = two_domains
    X = X + offset
    Z32 = CORAL().fit_transform(X.astype(np.float32), sample_domain=d)
    assert Z32.dtype == np.float32
    # what the input has lost by rounding, times the size of the map
    tolerance = 20 * np.finfo(np.float32).eps * max(offset, 10)
    assert_allclose(Z32, CORAL().fit_transform(X, sample_domain=d), atol=tolerance)


def test_constant_column_of_the_source_lands_on_the_target_mean(two_domains):
    X, d = two_domains
    X[d > 0, 0] = 3.0
    for reg in (0, 1.0):
        Z = CORAL(reg=reg).fit_transform(X, sample_domain=d)
        assert np.isfinite(Z).all()
        assert_allclose(Z[d > 0].mean(0), X[d < 0].mean(0), atol=1e-9)


def test_pandas_names_pickling_and_cloning(two_domains):
    pd = pytest.importorskip("pandas")
    X, d = two_domains
    frame = pd.DataFrame(X, columns=list("abcd"))
    coral = CORAL().set_output(transform="pandas").fit(frame, sample_domain=d)
    Z = coral.transform(frame, sample_domain=d)
    assert list(Z.columns) == list(coral.get_feature_names_out()) == list("abcd")
    again = pickle.loads(pickle.dumps(coral)).transform(frame, sample_domain=d)
    assert_array_equal(Z, again)
    assert clone(coral).get_params() == coral.get_params()


def test_step_of_a_pipeline_without_routing(two_domains):
    X, d = two_domains
    pipe = make_pipeline(CORAL(reg=0), StandardScaler())
    Z = pipe.fit_transform(X, coral__sample_domain=d)
    assert_allclose(covariance(Z[d > 0]), covariance(Z[d < 0]), rtol=1e-8)


@pytest.mark.parametrize(("n_source", "n_target"), [(3, 50), (50, 3)])
def test_few_rows_are_warned_of_with_the_remedy(rng, n_source, n_target):
    X = rng.normal(size=(53, 4))
    d = np.repeat([1, -1], [n_source, n_target])
    side = "3 rows of source 1" if n_source == 3 else "3 target rows"
    with pytest.warns(UserWarning, match=f"4 columns from {side}.*TruncatedSVD"):
        Z = CORAL().fit_transform(X, sample_domain=d)
    assert np.isfinite(Z).all()


def test_errors_say_what_to_do(two_domains):
    X, d = two_domains
    coral = CORAL().fit(X, sample_domain=d)
    with pytest.raises(ValueError, match=r"source domains \[1\]; got rows of 5"):
        coral.transform(X, sample_domain=np.where(d > 0, 5, d))
    with pytest.raises(ValueError, match="got no target row"):
        CORAL().fit(X, sample_domain=np.ones(500, int))
    with pytest.raises(ValueError, match="got no source row"):
        CORAL().fit(X, sample_domain=-np.ones(500, int))
    with pytest.raises(ValueError, match=r"got 4 columns, .*max_features=3.*SVD"):
        CORAL(max_features=3).fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="got none after chunks with it"):
        CORAL().partial_fit(X, sample_domain=d).partial_fit(X)
    with pytest.raises(ValueError, match="got one after chunks without it"):
        CORAL().partial_fit(X).partial_fit(X, sample_domain=d)
    half = CORAL().partial_fit(X[d > 0], sample_domain=d[d > 0])
    with pytest.raises(ValueError, match="has seen no target row"):
        half.transform(X, sample_domain=d)


@pytest.mark.parametrize("reg", [-1, np.inf, np.nan, "auto", None])
def test_bad_reg_is_refused(two_domains, reg):
    X, d = two_domains
    with pytest.raises(ValueError, match="reg of CORAL must be"):
        CORAL(reg=reg).fit(X, sample_domain=d)


def test_bad_max_features_is_refused(two_domains):
    with pytest.raises(ValueError, match="max_features of CORAL must be"):
        CORAL(max_features=0).fit(two_domains[0])
