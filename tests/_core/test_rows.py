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


def test_copies_share_a_fold(X, rng):
    folds = spread_folds(np.vstack([X, X, X]), 4)
    assert_array_equal(folds[:60], folds[60:120])
    assert_array_equal(folds[:60], folds[120:])
    order = rng.permutation(60)
    assert_array_equal(spread_folds(X[order], 4), spread_folds(X, 4)[order])
