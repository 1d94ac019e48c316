import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from sktransfer._core.rows import distinct_rows, row_keys, spread_folds, spread_rows

CONTAINERS = [np.asarray, sp.csr_matrix, sp.csr_array]


@pytest.fixture
def X(rng):
    return np.maximum(rng.normal(size=(60, 4)), 0)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_rows_are_picked_in_any_order(container, dtype, X, rng):
    X = X.astype(dtype)
    order = rng.permutation(60)
    one, two = spread_rows(container(X), 7), spread_rows(container(X[order]), 7)
    assert one.shape == (7,)
    assert_array_equal(X[one], X[order][two])


def test_all_rows_are_picked_where_there_are_no_more(X):
    assert_array_equal(np.sort(spread_rows(X, 60)), np.arange(60))
    assert_array_equal(np.sort(spread_rows(X, 999)), np.arange(60))


def test_equal_rows_have_equal_keys(X, rng):
    order = rng.permutation(120)
    twice = np.vstack([X, X])[order]
    assert_array_equal(row_keys(twice), np.r_[row_keys(X), row_keys(X)][order])


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e30, 1e200])
def test_rows_stay_apart_at_any_size(size, rng):
    X = rng.normal(size=(30, 3))
    X[4] *= size  # one row of another size must not make the others equal
    assert np.unique(row_keys(X)).size == 30
    assert np.unique(row_keys(size * rng.normal(size=(30, 3)))).size == 30


def test_null_rows_have_one_key():
    assert_array_equal(row_keys(np.zeros((3, 2))), np.zeros(3))
    assert_array_equal(row_keys(sp.csr_matrix((3, 2))), np.zeros(3))


def test_distinct_rows_by_hand():
    X = np.array([[1.0, 0], [0, 1], [1, 0], [1, 1], [0, 1]])
    first, kind = distinct_rows(X)
    assert first.size == 3
    assert_array_equal(X[first][kind], X)


def test_folds_are_even_in_each_stratum(X):
    strata = np.repeat(["a", "b", "c"], 20)
    X = X + np.arange(60)[:, None]  # no equal rows
    folds = spread_folds(X, 5, strata=strata)
    for name in "abc":
        assert_array_equal(np.bincount(folds[strata == name]), [4] * 5)


def test_fewer_copies_than_folds_share_a_fold(X, rng):
    X = X + np.arange(60)[:, None]  # no equal rows
    folds = spread_folds(np.vstack([X, X, X]), 4)
    assert_array_equal(folds[:60], folds[60:120])
    assert_array_equal(folds[:60], folds[120:])
    order = rng.permutation(60)
    assert_array_equal(spread_folds(X[order], 4), spread_folds(X, 4)[order])


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_row_of_many_copies_is_in_every_fold(container, rng):
    X = np.repeat([[0.0, 1], [1, 0], [1, 1]], [200, 40, 23], axis=0)
    order = rng.permutation(len(X))
    folds = spread_folds(container(X[order]), 5)
    for kind, least in zip(np.unique(X, axis=0), (40, 8, 4)):
        sizes = np.bincount(folds[(X[order] == kind).all(axis=1)], minlength=5)
        assert sizes.min() >= least
        assert sizes.max() <= least + 1
    assert np.ptp(np.bincount(folds)) <= 1


def test_folds_hold_the_same_rows_in_any_order(rng):
    X = rng.integers(0, 3, size=(300, 2)).astype(float)
    X[:50] = rng.normal(size=(50, 2))
    codes = rng.integers(0, 2, 300)
    rows = np.c_[X, codes]
    order = rng.permutation(300)
    one = spread_folds(X, 5, codes=codes)
    two = spread_folds(X[order], 5, codes=codes[order])
    for fold in range(5):
        held = rows[one == fold], rows[order][two == fold]
        assert_array_equal(*(h[np.lexsort(h.T)] for h in held))
