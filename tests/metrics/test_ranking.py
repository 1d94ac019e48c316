"""Ranking metrics, by hand and beside scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics import ndcg_score

from sktransfer._core.topk import top_k
from sktransfer.metrics import coverage_at_k, mrr_at_k, ndcg_at_k, recall_at_k

METRICS = [ndcg_at_k, recall_at_k, mrr_at_k]


def test_by_hand():
    Y = [[1, 0, 1, 1, 0], [0, 0, 0, 0, 2]]
    items = [[1, 0, 3], [4, 2, 1]]
    log = 1 / np.log2([2, 3, 4])
    first = (log[1] + log[2]) / log.sum()
    assert_allclose(ndcg_at_k(Y, items, 3, average=None), [first, 1])
    assert_allclose(recall_at_k(Y, items, 3, average=None), [2 / 3, 1])
    assert_allclose(mrr_at_k(Y, items, 3, average=None), [1 / 2, 1])
    assert coverage_at_k(items, 5, 3) == 1
    assert coverage_at_k(items, 5, 1) == 2 / 5
    assert mrr_at_k(Y, items, 1) == 0.5


@pytest.mark.parametrize("k", [1, 5, 20, 40])
@pytest.mark.parametrize("graded", [False, True])
def test_ndcg_is_that_of_scikit_learn(rng, k, graded):
    Y = rng.integers(0, 4 if graded else 2, size=(30, 20)) * (
        rng.random((30, 20)) < 0.4
    )
    Y[:, 0] = 1
    scores = rng.normal(size=Y.shape)
    items, _ = top_k(scores, min(k, 20))
    assert_allclose(
        ndcg_at_k(sparse.csr_array(Y), items, k), ndcg_score(Y, scores, k=k)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_forms_of_relevance_agree(metric, rng):
    relevant = rng.integers(0, 9, 25)
    dense = np.eye(9)[relevant]
    items, _ = top_k(rng.normal(size=(25, 9)), 4)
    expected = metric(dense, items, 4)
    assert metric(relevant, items, 4) == expected
    assert metric(relevant.astype(float), items, 4) == expected
    assert metric(dense.astype(bool), items, 4) == expected
    for kind in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        assert metric(kind(dense), items, 4) == expected


@pytest.mark.parametrize("metric", METRICS)
def test_rows_without_relevant_items_are_left_out(metric):
    Y = sparse.csr_array(np.array([[1, 0], [0, 0]]))
    items = [[0, 1], [0, 1]]
    assert metric(Y, items) == 1
    assert metric([0, -1], items) == 1
    assert metric(Y, items, zero_division=0.0) == 0.5
    assert_array_equal(metric(Y, items, average=None), [1, np.nan])
    assert np.isnan(metric(np.zeros((2, 2)), items))


@pytest.mark.parametrize("metric", METRICS)
def test_laws(metric, rng):
    Y = (rng.random((40, 15)) < 0.2).astype(float)
    items, _ = top_k(rng.normal(size=Y.shape), 8)
    values = metric(Y, items, 5, average=None)
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 1)).all()
    # rows in any order; items under any names; what is ranked beyond k is not looked at
    order = rng.permutation(40)
    assert_array_equal(metric(Y[order], items[order], 5, average=None), values[order])
    names = rng.permutation(15)
    renamed = np.zeros_like(Y)
    renamed[:, names] = Y
    assert_array_equal(metric(renamed, names[items], 5, average=None), values)
    assert_array_equal(metric(Y, items[:, :5], 5, average=None), values)
    # a perfect ranking
    best, _ = top_k(Y, 15)
    assert metric(Y, best, 15) == pytest.approx(1)


def test_missing_places_do_not_count_and_explicit_zeros_are_irrelevant():
    Y = sparse.csr_array(([0.0, 1.0], ([0, 0], [0, 2])), shape=(1, 3))
    assert recall_at_k(Y, [[0, -1]], 2) == 0
    assert recall_at_k(Y, [[-1, 2]], 2) == 1
    assert mrr_at_k(Y, [[-1, 2]], 2) == 0.5
    assert ndcg_at_k([[1, 1, 0]], [[0]], 2) < 1  # a second item was possible
    assert coverage_at_k([[-1, -1]], 4) == 0


def test_large_ids_do_not_overflow():
    n_items = 2**31 - 1
    items = np.array([[n_items - 1, 5]] * 4)
    Y = sparse.csr_array(
        (np.ones(4), (np.arange(4), np.full(4, n_items - 1))), shape=(4, n_items)
    )
    assert ndcg_at_k(Y, items) == 1


@pytest.mark.parametrize(
    ("Y", "items", "k", "message"),
    [
        ([[1, 0]], [[0, 1]], 0, "k must be an integer"),
        ([[1, 0]], [[0, 1]], 1.5, "k must be an integer"),
        ([[1, 0]], [0, 1], 2, "two-dimensional"),
        ([[1, 0]], [[0.0, 1.0]], 2, "dtype float64"),
        ([[1, 0]], [[1, 1]], 2, "repeated id"),
        ([[1, 0], [0, 1]], [[0, 1]], 2, r"shape \(1, n_items\)"),
        ([[1, -1]], [[0, 1]], 2, "not negative"),
        ([[1, np.nan]], [[0, 1]], 2, "finite"),
        ([["a", "b"]], [[0, 1]], 2, "must be numbers"),
        ([0.5], [[0, 1]], 2, "id of one relevant item"),
        ([-2], [[0, 1]], 2, "id of one relevant item"),
    ],
)
@pytest.mark.parametrize("metric", METRICS)
def test_errors(metric, Y, items, k, message):
    with pytest.raises(ValueError, match=message):
        metric(Y, items, k)


def test_other_errors():
    with pytest.raises(ValueError, match="average must be"):
        ndcg_at_k([0], [[0]], average="macro")
    with pytest.raises(ValueError, match="n_items must be"):
        coverage_at_k([[0]], 0)
    with pytest.raises(ValueError, match="below n_items=3; got 7"):
        coverage_at_k([[0, 7]], 3)
