"""Warnings of the adapters about what will hurt."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.adaptation import (
    CORAL,
    CorrespondenceFeatures,
    SubspaceAlignment,
    TransferComponentAnalysis,
)

ADAPTERS = [
    CORAL(),
    CorrespondenceFeatures(5),
    SubspaceAlignment(3),
    TransferComponentAnalysis(3, mu=1e-3),
]
by_name = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)


def classes(rng, n, shares, offset=0.0):
    """Rows of three classes of the given shares around (6, 2, 2), (2, 6, 2), ..."""
    y = rng.choice(3, size=n, p=shares)
    X = np.full((n, 12), 2.0) + rng.uniform(0, 1, size=(n, 12))
    X[np.arange(n), y] += 4
    return X + offset, np.array(["a", "b", "c"], dtype=object)[y]


def class_shift(X, y, d):
    """The diagnosis of a mapper, without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CORAL().fit(X, y, sample_domain=d).class_shift_


@pytest.fixture
def label_shift(rng):
    """Equal shares in the source, 80 % of one class in the target."""
    Xs, ys = classes(rng, 300, [1 / 3, 1 / 3, 1 / 3])
    Xt, _ = classes(rng, 200, [0.1, 0.1, 0.8])
    y = np.append(ys, np.full(200, None))
    return np.vstack([Xs, Xt]), y, np.repeat([1, -1], [300, 200])


@pytest.fixture
def other_mean(rng):
    """The same shares; the target is moved in columns that tell no class."""
    Xs, ys = classes(rng, 300, [1 / 3, 1 / 3, 1 / 3])
    Xt, yt = classes(rng, 200, [1 / 3, 1 / 3, 1 / 3], offset=np.r_[0, 0, 0, [2.0] * 9])
    return np.vstack([Xs, Xt]), np.append(ys, yt), np.repeat([1, -1], [300, 200])


def test_shares_of_the_target_are_found(label_shift):
    X, y, d = label_shift
    shift = class_shift(X, y, d)
    assert_array_equal(shift.classes, ["a", "b", "c"])
    assert_allclose(shift.source_shares, 1 / 3, atol=0.07)
    assert_allclose(shift.target_shares, [0.1, 0.1, 0.8], atol=0.07)
    assert shift.change == pytest.approx(
        np.abs(shift.target_shares - shift.source_shares).sum() / 2
    )
    assert shift.explained > 0.9


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_equals_dense(label_shift, form):
    X, y, d = label_shift
    X = np.where(X < 2.5, 0, X)
    dense, shift = class_shift(X, y, d), class_shift(form(X), y, d)
    assert_allclose(shift.target_shares, dense.target_shares, atol=1e-9)
    assert_allclose(shift.explained, dense.explained)


@by_name
def test_label_shift_is_warned_of_with_the_remedy(adapter, label_shift):
    X, y, d = label_shift
    message = "looks like label shift.*Compare with the source alone"
    with pytest.warns(UserWarning, match=message) as caught:
        adapter.fit(X, y, d)
    assert caught[0].filename == __file__
    assert adapter.class_shift_.explained > 0.9


@by_name
def test_another_mean_of_the_same_classes_is_not(adapter, other_mean):
    X, y, d = other_mean
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*pivot", UserWarning)
        adapter.fit(X, y, d)
    assert adapter.class_shift_.explained < 0.1


@by_name
def test_labels_of_the_target_are_not_read(adapter, other_mean, label_shift):
    X, y, d = other_mean
    hidden = np.where(d > 0, y, None)
    seen = adapter.fit(X, y, d).class_shift_
    blind = adapter.fit(X, hidden, d).class_shift_
    assert_array_equal(seen.target_shares, blind.target_shares)


@by_name
def test_without_classes_or_shift_there_is_no_diagnosis(adapter, label_shift, rng):
    X, y, d = label_shift
    assert adapter.fit(X, None, d).class_shift_ is None
    assert adapter.fit(X, np.full(500, np.nan), d).class_shift_ is None
    assert adapter.fit(X, rng.normal(size=500), d).class_shift_ is None
    assert adapter.fit(X, np.zeros(500), d).class_shift_ is None
    assert adapter.fit(X, np.arange(500), d).class_shift_ is None
    assert adapter.fit(X, np.where(d > 0, y, "a")).class_shift_ is None


def test_equal_means_need_no_explanation(rng):
    X, y = classes(rng, 100, [0.2, 0.3, 0.5])
    shift = class_shift(np.vstack([X, X]), np.append(y, y), np.repeat([1, -1], 100))
    assert shift.explained == shift.change == 0
    assert_array_equal(shift.source_shares, shift.target_shares)


def test_several_outputs_are_no_classes(label_shift):
    X, _, d = label_shift
    y = np.column_stack([np.arange(500) % 2] * 2)
    assert CORAL().fit(X, y, d).class_shift_ is None
    assert CORAL().fit(X, y[:, 0], d).class_shift_.classes.size == 2


def test_labels_must_fit_the_rows(label_shift):
    X, y, d = label_shift
    with pytest.raises(ValueError, match="got 3 labels for 500 rows"):
        CORAL().fit(X, y[:3], d)


def test_few_rows_are_warned_of(rng):
    X = rng.normal(size=(60, 30))
    d = np.repeat([1, -1], [50, 10])
    with pytest.warns(UserWarning, match="20 axes from 10 target rows"):
        SubspaceAlignment().fit(X, sample_domain=d)
    with pytest.warns(UserWarning, match="20 axes from 10 rows of source 1"):
        SubspaceAlignment().fit(X, sample_domain=-d)
    with pytest.warns(UserWarning, match="20 components from 10 target rows"):
        TransferComponentAnalysis(mu=1e-3).fit(X, sample_domain=d)


def test_domains_of_unlike_axes_are_warned_of(rng):
    X = 1e-3 * rng.normal(size=(200, 12))
    X[:100, :6] += rng.normal(size=(100, 6))
    X[100:, 6:] += rng.normal(size=(100, 6))
    d = np.repeat([1, -1], 100)
    with pytest.warns(UserWarning, match=r"lie in the subspace of source \[1\]"):
        SubspaceAlignment(6).fit(X, sample_domain=d)


def test_means_that_stay_apart_are_warned_of(rng):
    X = rng.normal(size=(200, 3))
    d = np.repeat([1, -1], 100)
    X[d < 0] += 10
    with pytest.warns(UserWarning, match="standard deviations apart.*Lower mu"):
        TransferComponentAnalysis(3, mu=1e6).fit(X, sample_domain=d)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TransferComponentAnalysis(3, mu=1e-6).fit(X, sample_domain=d)
