"""The k largest entries of the rows of a sparse product."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.recommend._sparse_topk import (
    dense_product,
    keep_largest,
    padded_buckets,
    product_blocks,
    product_top_k,
    row_thresholds,
)


def counts(rng, shape, density=0.3):
    """Small integers: many ties."""
    X = rng.integers(1, 4, shape) * (rng.random(shape) < density)
    return sparse.csr_array(X.astype(float))


def largest(dense, k):
    """By a stable sort of the entries that are not 0."""
    expected = np.zeros_like(dense)
    for i, row in enumerate(dense):
        stored = np.flatnonzero(row)
        best = stored[np.argsort(-row[stored], kind="stable")[:k]]
        expected[i, best] = row[best]
    return expected


@pytest.mark.parametrize("k", [1, 3, 50])
@pytest.mark.parametrize("products", [1, 40, 1 << 20])
def test_product_is_cut_as_the_whole_product_would_be(rng, k, products):
    A, B = counts(rng, (30, 12)), counts(rng, (12, 25))
    found = product_top_k(A, B, k, products=products)
    assert_array_equal(found.toarray(), largest((A @ B).toarray(), k))
    assert np.diff(found.indptr).max() <= k


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("large", [False, True])
def test_keeps_the_largest_stored_entries(rng, kind, large):
    dense = np.where(rng.random((30, 12)) < 0.5, rng.normal(size=(30, 12)), 0)
    X = kind(dense)
    if large:
        X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    kept = keep_largest(X, 3)
    assert isinstance(kept, kind)
    assert_array_equal(kept.toarray(), largest(dense, 3))
    assert kept.has_canonical_format
    assert_array_equal(X.toarray(), dense)


@pytest.mark.parametrize("ones", [False, True])
@pytest.mark.parametrize("n_rows", [30, 4000])  # 4,000: more than are held at once
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_product(rng, ones, n_rows, dtype):
    A = counts(rng, (n_rows, 12), 0.9).astype(dtype)
    B = counts(rng, (12, 60)).astype(dtype)
    A = sparse.csr_array(A.toarray() * ~np.isin(np.arange(n_rows), [3, 29])[:, None])
    if ones:
        A.data[:] = 1
    before = A.toarray(), B.toarray()
    found = dense_product(A, B)
    assert found.dtype == dtype
    assert_array_equal(found, before[0] @ before[1])  # small integers
    assert_array_equal(A.toarray(), before[0])
    assert_array_equal(B.toarray(), before[1])
    nothing = dense_product(A[:0], B), dense_product(A[[3]], B)
    assert nothing[0].shape == (0, 60)
    assert not nothing[1].any()


def test_blocks_cover_all_rows_and_have_bounded_cost(rng):
    A, B = counts(rng, (40, 12)), counts(rng, (12, 25))
    cost = np.diff(B.indptr)
    stops = 0
    for rows, block in product_blocks(A, B, products=60):
        assert rows.start == stops
        stops = rows.stop
        assert_array_equal(block.toarray(), (A[rows] @ B).toarray())
        n_products = cost[A[rows].indices].sum()
        assert n_products <= 60 or rows.stop - rows.start == 1
    assert stops == 40


def test_ties_go_to_the_first_columns():
    X = sparse.csr_array([[2.0, 1, 1, 1], [1, 1, 1, 1], [0, 5, 0, 0]])
    expected = [[2, 1, 0, 0], [1, 1, 0, 0], [0, 5, 0, 0]]
    assert_array_equal(keep_largest(X, 2).toarray(), expected)
    assert keep_largest(X, 4) is X
    assert isinstance(keep_largest(sparse.csr_matrix(X), 2), sparse.csr_matrix)


def test_thresholds_are_the_kth_largest(rng):
    X = counts(rng, (50, 300))
    found = row_thresholds(X, 20)
    for i in range(50):
        row = X.data[X.indptr[i] : X.indptr[i + 1]]
        expected = np.sort(row)[-20] if row.size > 20 else -np.inf
        assert found[i] == expected


def test_buckets_hold_each_row_once_and_little_padding(rng):
    X = sparse.csr_array(np.tril(rng.random((64, 64)) + 1))
    seen = []
    for rows, values in padded_buckets(X, np.arange(64)):
        lengths = np.isfinite(values).sum(axis=1)
        assert_array_equal(lengths, rows + 1)
        assert lengths.max() <= 2 * lengths.min()
        seen.extend(rows)
    assert_array_equal(np.sort(seen), np.arange(64))


def test_empty_factors():
    empty = sparse.csr_array((3, 4))
    assert product_top_k(empty, sparse.csr_array((4, 5)), 2).shape == (3, 5)
    assert product_top_k(sparse.csr_array((0, 4)), empty.T.tocsr(), 2).shape == (0, 3)
    assert row_thresholds(empty, 1).shape == (3,)
