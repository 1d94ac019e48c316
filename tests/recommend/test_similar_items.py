"""Marks of items by who took them, and groups that depend on no order."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.recommend._similar_items import (
    _widest_gap,
    item_marks,
    signs_of,
    similar_groups,
)


@pytest.fixture
def X(rng):
    """Interactions of six kinds of items; the last five items repeat the first."""
    kind = np.repeat(np.arange(6), 10)
    taste = rng.integers(0, 6, 300)
    X = rng.random((300, 60)) < 0.05 + 0.4 * (taste[:, None] == kind)
    return sparse.csr_array(np.hstack([X, X[:, :5]]).astype(float))


def test_marks_are_equal_for_equal_columns_alone(X):
    marks = item_marks(X)
    assert np.unique(marks[:60]).size == 60
    assert_array_equal(marks[60:], marks[:5])


def test_marks_depend_on_no_order_no_value_and_no_repetition(X, rng):
    expected = item_marks(X)
    rows, items = rng.permutation(300), rng.permutation(65)
    assert_array_equal(item_marks(X[rows][:, items]), expected[items])
    more = sparse.vstack([X, X[:40], sparse.csr_array((3, 65))]).tocsr()
    assert_array_equal(item_marks(more), expected)
    other = X.copy()
    other.data = rng.uniform(0.5, 2, X.nnz)
    other.indices, other.indptr = X.indices.astype("i8"), X.indptr.astype("i8")
    assert_array_equal(item_marks(other), expected)
    padded = sparse.coo_array(X)
    indices = np.r_[padded.row, 0], np.r_[padded.col, X[[0]].toarray().argmin()]
    padded = sparse.csr_array((np.r_[padded.data, 0], indices), shape=X.shape)
    assert padded.nnz == X.nnz + 1
    assert_array_equal(item_marks(padded), expected)


@pytest.mark.parametrize("shape", [(3, 4), (0, 4), (1, 1)])
def test_marks_where_nobody_took_anything(shape):
    assert_array_equal(item_marks(sparse.csr_array(shape)), np.zeros(shape[1]))


def test_signs_are_as_random_as_coins():
    signs = signs_of(np.arange(1000, dtype=np.uint64), 100)
    assert_array_equal(np.abs(signs), np.ones((1000, 100)))
    correlations = (signs.T @ signs) / 1000 - np.eye(100)
    assert np.abs(correlations).max() < 0.2  # six standard deviations
    assert np.abs(signs.mean(axis=0)).max() < 0.2
    again = signs_of(np.arange(1000, dtype=np.uint64), 100, seed=1)
    assert abs((signs * again).mean()) < 0.02


def terms_of(X):
    G = (X.T @ X).tolil()
    G.setdiag(0)
    return sparse.csr_array(G.tocsr())


def as_sets(groups):
    return {frozenset(group.tolist()) for group in groups}


@pytest.mark.parametrize("size", [1, 2, 7, 20, 65])
def test_groups_part_the_items_and_depend_on_no_order(X, rng, size):
    marks, terms = item_marks(X), terms_of(X)
    groups = similar_groups(terms, marks, size)
    assert_array_equal(np.sort(np.concatenate(groups)), np.arange(65))
    assert max(map(len, groups)) <= size
    items = rng.permutation(65)
    renamed = similar_groups(terms[items][:, items], marks[items], size)
    if size > 1:  # of twins alone either comes first
        assert as_sets([items[group] for group in renamed]) == as_sets(groups)
        for twin in range(5):
            assert any({twin, 60 + twin} <= group for group in as_sets(groups))


def test_items_without_terms_are_in_no_group():
    terms = sparse.csr_array(([1.0, 1.0], ([1, 2], [2, 1])), shape=(5, 5))
    groups = similar_groups(terms, np.arange(5, dtype=np.uint64), 3)
    assert as_sets(groups) == {frozenset({1, 2})}
    assert similar_groups(sparse.csr_array((2, 2)), np.zeros(2, "u8"), 3) == []


@pytest.mark.parametrize(
    ("values", "cut"),
    [
        ([0, 1, 2, 4, 5], 3),  # the widest
        ([0, 9, 10, 11, 12, 13, 14, 15, 16, 17.5, 18, 19], 6),  # in the middle
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 9),  # not among equal ones
        ([0, 1, 1, 1, 1, 1, 1, 1, 1, 1.000001], 1),  # but for rounding
        ([3, 3, 3, 3], 2),
        ([0, 1], 1),
    ],
)
def test_where_values_are_halved(values, cut):
    found = _widest_gap(np.asarray(values, dtype=float))
    if cut == 6:
        assert 4 <= found <= 8
    else:
        assert found == cut
