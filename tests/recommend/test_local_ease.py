"""Local EASE: EASE where all items are neighbours, pruning, and the common laws."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, random_interactions
from scipy import sparse

from sktransfer._core import local_ridge, sparse_topk
from sktransfer.recommend import EASERecommender, LocalEASERecommender, _local_ease


class TestLocalEASE(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0]}

    def model(self):
        return LocalEASERecommender(l2=2.0)


@pytest.fixture
def dense(rng):
    """Interactions in which every pair of items meets."""
    X = random_interactions(rng, 90, 12)
    X.data[:] = rng.uniform(0.5, 2, X.nnz)
    assert ((X.T @ X).toarray() > 0).all()
    return X


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_items_as_neighbours_are_ease(rng, dense, weighted, dtype):
    w = rng.uniform(0, 3, 90) if weighted else None
    X = dense.astype(dtype)
    expected = EASERecommender(l2=5.0).fit(X, sample_weight=w).item_weights_
    B = LocalEASERecommender(l2=5.0, n_neighbors=12).fit(X, sample_weight=w)
    assert B.item_weights_.dtype == dtype
    tol = 1e-12 if dtype == np.float64 else 1e-5
    assert_allclose(B.item_weights_.toarray(), expected, atol=tol)


def test_each_column_is_a_ridge_regression_on_its_neighbours(rng, dense):
    X = dense.toarray()
    w = rng.uniform(0.5, 2, 90)
    G = X.T @ (w[:, None] * X)
    more = sparse.vstack([dense, sparse.csr_array((5, 12))])  # empty rows do not count
    model = LocalEASERecommender(l2=3.0, n_neighbors=4)
    B = model.fit(more, sample_weight=np.r_[w, np.ones(5)]).item_weights_.toarray()
    excess = G - np.outer(w @ X, w @ X) / w.sum()
    for j in range(12):
        nearness = excess[:, j] / np.sqrt(np.diag(G) + 3)
        nearness[j] = -np.inf
        K = np.argsort(-nearness)[:4]
        expected = np.zeros(12)
        expected[K] = np.linalg.solve(G[np.ix_(K, K)] + 3 * np.eye(4), G[K, j])
        assert_allclose(B[:, j], expected, atol=1e-12)


def test_blocks_and_sparse_products_give_the_same(dense, monkeypatch):
    expected = LocalEASERecommender(l2=3.0, n_neighbors=4).fit(dense).item_weights_
    monkeypatch.setattr(sparse_topk.product_blocks, "__kwdefaults__", {"products": 50})
    found = LocalEASERecommender(l2=3.0, n_neighbors=4).fit(dense).item_weights_
    assert_allclose(found.toarray(), expected.toarray())
    # room for 143 entries: all but the diagonal of 144 are kept
    monkeypatch.setattr(_local_ease, "_GRAM_ENTRIES", 143)
    monkeypatch.setattr(local_ridge, "_DENSE_ENTRIES", 0)
    found = LocalEASERecommender(l2=3.0, n_neighbors=4).fit(dense).item_weights_
    assert_allclose(found.toarray(), expected.toarray())


def test_a_pruned_gram_matrix_is_near_the_whole(rng, monkeypatch):
    X = random_interactions(rng, 300, 30)
    expected = LocalEASERecommender(l2=50.0, n_neighbors=6).fit(X).item_weights_
    monkeypatch.setattr(_local_ease, "_GRAM_ENTRIES", 30 * 20)
    found = LocalEASERecommender(l2=50.0, n_neighbors=6).fit(X).item_weights_
    size = sparse.linalg.norm(expected)
    assert 0 < sparse.linalg.norm(found - expected) < 0.2 * size


def test_scaling_of_values_is_scaling_of_the_penalty(rng):
    X = random_interactions(rng)
    expected = LocalEASERecommender(l2=3.0, n_neighbors=15).fit(X).item_weights_
    found = LocalEASERecommender(l2=75.0, n_neighbors=15).fit(5 * X).item_weights_
    assert_allclose(found.toarray(), expected.toarray())


def test_negative_values_push_away():
    X = np.array([[1.0, -1], [1, -1], [-1, 1]])
    model = LocalEASERecommender(l2=0.5).fit(X)
    assert_allclose(
        model.item_weights_.toarray(), EASERecommender(l2=0.5).fit(X).item_weights_
    )


def test_values_whose_products_overflow():
    X = np.full((3, 2), 1e30, dtype=np.float32)
    with pytest.raises(ValueError, match=r"overflow in float32.*Scale X down"):
        LocalEASERecommender().fit(X)
    found = LocalEASERecommender().fit(X.astype(float)).item_weights_.toarray()
    assert_array_equal(found, [[0, 1], [1, 0]])
