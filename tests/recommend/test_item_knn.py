"""Item neighbours: similarities by hand, pruning, and the laws of every recommender."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose
from recommender_laws import RecommenderLaws, random_interactions
from scipy import sparse

from sktransfer.recommend import ItemKNNRecommender


class TestCosine(RecommenderLaws):
    grid: ClassVar = {"shrinkage": [0.0, 5.0]}

    def model(self):
        return ItemKNNRecommender()


class TestJaccard(RecommenderLaws):
    grid: ClassVar = {"n_neighbors": [2, 15]}

    def model(self):
        return ItemKNNRecommender(similarity="jaccard", shrinkage=1.0)


class TestRandomWalk(RecommenderLaws):
    grid: ClassVar = {"beta": [0.0, 0.6]}

    def model(self):
        return ItemKNNRecommender(similarity="rp3beta")


@pytest.fixture
def three():
    # items 0 and 1 share users 0 and 1; items 1 and 2 share user 3
    return np.array([[1.0, 1, 0], [1, 1, 0], [1, 0, 0], [0, 1, 1]])


@pytest.mark.parametrize(("h", "expected"), [(0.0, 2 / 3), (2.0, 2 / 5)])
def test_cosine_by_hand(three, h, expected):
    S = ItemKNNRecommender(shrinkage=h).fit(three).item_weights_.toarray()
    other = 1 / (3**0.5 + h)
    assert_allclose(S, [[0, expected, 0], [expected, 0, other], [0, other, 0]])


@pytest.mark.parametrize("h", [0.0, 2.0])
def test_jaccard_by_hand(three, h):
    model = ItemKNNRecommender(similarity="jaccard", shrinkage=h).fit(three)
    a, b = 2 / (4 + h), 1 / (3 + h)  # of the users of either item
    assert_allclose(model.item_weights_.toarray(), [[0, a, 0], [a, 0, b], [0, b, 0]])


def test_random_walk_by_hand(three):
    model = ItemKNNRecommender(similarity="rp3beta", alpha=1.0, beta=0.0).fit(three)
    # from item 0 to one of its 3 users, of whom two have another item of two
    expected = [[0, 1 / 3, 0], [1 / 3, 0, 1 / 6], [0, 1 / 2, 0]]
    assert_allclose(model.item_weights_.toarray(), expected)
    popular = ItemKNNRecommender(similarity="rp3beta", alpha=1.0, beta=0.5).fit(three)
    expected = np.array(expected) / np.sqrt([3, 3, 1])
    assert_allclose(popular.item_weights_.toarray(), expected)


def test_random_walk_with_weights_and_powers(rng):
    X = random_interactions(rng)
    X.data[:] = rng.uniform(0.5, 3, X.nnz)
    w = rng.uniform(0.5, 2, 60)
    model = ItemKNNRecommender(similarity="rp3beta", alpha=0.7, beta=0.3)
    S = model.fit(X, sample_weight=w).item_weights_.toarray()
    X = X.toarray()
    d = w @ X
    out, back = (X / d) ** 0.7, (X / X.sum(axis=1, keepdims=True)) ** 0.7
    expected = out.T @ (w[:, None] * back) / d**0.3
    np.fill_diagonal(expected, 0)
    assert_allclose(S, expected)


def test_jaccard_of_any_values(rng):
    X = rng.normal(size=(30, 6))
    w = rng.uniform(0.5, 2, 30)
    model = ItemKNNRecommender(similarity="jaccard").fit(X, sample_weight=w)
    G = X.T @ (w[:, None] * X)
    expected = G / (np.add.outer(np.diag(G), np.diag(G)) - G)
    np.fill_diagonal(expected, 0)
    assert_allclose(model.item_weights_.toarray(), expected)


@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "rp3beta"])
def test_the_nearest_items_are_kept(rng, similarity):
    X = random_interactions(rng, 80, 30)
    X.data[:] = rng.uniform(0.5, 3, X.nnz)  # no ties
    full = ItemKNNRecommender(30, similarity=similarity).fit(X).item_weights_.toarray()
    S = ItemKNNRecommender(4, similarity=similarity).fit(X).item_weights_
    least = np.sort(full, axis=0)[-4]
    assert_allclose(S.toarray(), np.where(full >= least, full, 0))


def test_more_products_than_are_held_at_a_time(rng):
    # ten million products of entries
    X = rng.uniform(0.5, 3, (2800, 60))
    S = ItemKNNRecommender(7).fit(X).item_weights_
    length = np.linalg.norm(X, axis=0)
    cosine = X.T @ X / np.outer(length, length)
    np.fill_diagonal(cosine, 0)
    least = np.sort(cosine, axis=0)[-7]
    assert_allclose(S.toarray(), np.where(cosine >= least, cosine, 0))


@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "rp3beta"])
def test_the_unit_of_values_does_not_matter(rng, similarity):
    X = random_interactions(rng)
    model = ItemKNNRecommender(similarity=similarity, beta=0.0).fit(X)
    larger = ItemKNNRecommender(similarity=similarity, beta=0.0).fit(1000 * X)
    assert_allclose(larger.item_weights_.toarray(), model.item_weights_.toarray())


def test_dislikes_push_away(rng):
    X = np.array([[1.0, -1], [1, -1], [-1, 1]])
    for similarity in ("cosine", "jaccard"):
        model = ItemKNNRecommender(similarity=similarity).fit(X)
        assert model.predict(np.array([[1.0, 0]]))[0, 1] < 0
    with pytest.raises(ValueError, match=r"rp3beta.*0 or more.*got -1"):
        ItemKNNRecommender(similarity="rp3beta").fit(X)


def test_values_whose_squares_overflow():
    X = np.full((3, 2), 1e30, dtype=np.float32)
    with pytest.raises(ValueError, match=r"overflow in float32.*Scale X"):
        ItemKNNRecommender().fit(X)
    assert_allclose(ItemKNNRecommender().fit(X.astype(float)).item_weights_[0, 1], 1)
    walk = ItemKNNRecommender(similarity="rp3beta").fit(X)
    assert np.isfinite(walk.item_weights_.data).all()


def test_stored_zeros_are_no_interactions(three):
    more = three.copy()
    more[2, 2] = 1
    X = sparse.csr_array(more)
    X.data[np.flatnonzero(X.indices == 2)[0]] = 0
    assert X.nnz == 8
    expected = ItemKNNRecommender(similarity="rp3beta").fit(three)
    found = ItemKNNRecommender(similarity="rp3beta", alpha=0.0).fit(X)
    assert found.item_weights_.nnz == expected.item_weights_.nnz
    assert X.nnz == 8
