"""Local EASE: EASE where all items are neighbours, pruning, and the common laws."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, random_interactions
from scipy import sparse
from sklearn.base import clone

from sktransfer.recommend import EASERecommender, LocalEASERecommender


class TestLocalEASE(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0]}

    def model(self):
        return LocalEASERecommender(l2=2.0)


class TestLocalEASEWithFactors(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0], "n_factors": [1, 3]}

    def model(self):
        return LocalEASERecommender(l2=2.0, n_neighbors=4, n_factors=3)

    def test_order_of_rows_and_names_of_items_do_not_matter(self, rng):
        # of 0 and 1 some neighbours are equally near, and the first of them are taken
        X = random_interactions(rng)
        X.data[:] = rng.uniform(0.5, 2, X.nnz)
        expected = self.model().fit(X).predict(X)
        rows, columns = rng.permutation(60), rng.permutation(15)
        assert_allclose(self.model().fit(X[rows]).predict(X), expected, atol=1e-12)
        renamed = self.model().fit(X[:, columns]).predict(X[:, columns])
        assert_allclose(renamed, expected[:, columns], atol=1e-12)


class TestLocalEASEInGroups(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0], "group_size": [2, 4]}

    def model(self):
        return LocalEASERecommender(l2=2.0, group_size=4)

    @pytest.mark.parametrize("n_items", [40, 600])
    @pytest.mark.parametrize("group_size", [1, 5])
    def test_order_of_rows_and_items_does_not_matter(self, rng, n_items, group_size):
        # neither to whom neighbours are shared with, nor to the factors
        X = random_interactions(rng, 700, n_items)
        X.data[:] = rng.uniform(0.5, 2, X.nnz)
        model = LocalEASERecommender(
            l2=20.0, n_neighbors=15, n_factors=8, group_size=group_size
        )
        expected = whole(model.fit(X))
        rows, items = rng.permutation(700), rng.permutation(n_items)
        found = whole(model.fit(X[rows][:, items]))
        assert_allclose(found, expected[np.ix_(items, items)], atol=1e-9)
        repeated = model.fit(sparse.vstack([X, X[:300]]).tocsr())
        weighted = clone(model).fit(X, sample_weight=np.repeat([2.0, 1.0], [300, 400]))
        assert_allclose(whole(repeated), whole(weighted), atol=1e-9)


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
    assert B.item_factors_.shape == (12, 0)  # nothing is left to explain


def whole(model):
    """Weights of all items."""
    return model.item_weights_.toarray() + model.item_factors_ @ model.factor_weights_


def loss(G, B, l2):
    """What each column of the objective of EASE is, up to a constant."""
    return np.einsum("ij,ij->j", B, (G + l2 * np.eye(len(G))) @ B - 2 * G)


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_are_the_best_of_neighbours_and_factors(rng, dense, weighted):
    w = rng.uniform(0.5, 2, 90) if weighted else np.ones(90)
    X = dense.toarray()
    G = X.T @ (w[:, None] * X)
    model = LocalEASERecommender(l2=3.0, n_neighbors=4, n_factors=3)
    B = whole(model.fit(dense, sample_weight=w))
    V = np.linalg.eigh(G)[1][:, -3:]
    for j in range(12):
        excess = G[:, j] - (w @ X) * (w @ X)[j] / w.sum()
        nearness = np.where(np.arange(12) == j, -np.inf, excess)
        K = np.argsort(-nearness / np.sqrt(np.diag(G) + 3))[:4]
        R = np.c_[np.eye(12)[:, K], V * (np.arange(12) != j)[:, None]]
        expected = R @ np.linalg.solve(R.T @ (G + 3 * np.eye(12)) @ R, R.T @ G[:, j])
        # but for the small penalty that keeps the system regular
        assert_allclose(B[:, j], expected, atol=1e-3)
    assert_allclose(np.diag(B), 0, atol=1e-12)
    plain = LocalEASERecommender(l2=3.0, n_neighbors=4, n_factors=0)
    plain = whole(plain.fit(dense, sample_weight=w))
    best = EASERecommender(l2=3.0).fit(dense, sample_weight=w).item_weights_
    losses = [loss(G, weights, 3.0).sum() for weights in (best, B, plain)]
    assert losses[0] < losses[1] < losses[2]


@pytest.mark.parametrize("n_factors", [0, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_groups_have_the_best_weights_of_shared_neighbours(
    rng, dense, n_factors, weighted
):
    w = rng.uniform(0.5, 2, 90) if weighted else np.ones(90)
    X = dense.toarray()
    G = X.T @ (w[:, None] * X)
    model = LocalEASERecommender(
        l2=3.0, n_neighbors=6, n_factors=n_factors, group_size=3
    ).fit(dense, sample_weight=w)
    B = whole(model)
    energies, V = (a[..., 12 - n_factors :] for a in np.linalg.eigh(G))
    stored = sparse.csc_array(model.item_weights_)
    neighbours = np.split(stored.indices, stored.indptr[1:-1])
    n_groups = len({tuple(np.sort(U)) for U in neighbours})
    assert 3 < n_groups < 7  # of 12 / 3 items and fewer
    for j, U in enumerate(neighbours):
        assert U.size == 7
        assert j in U
        R = np.c_[np.eye(12)[:, U], V / np.sqrt(energies + 3)]
        M = R.T @ (G + 3 * np.eye(12)) @ R
        M[7:, 7:] += 1e-4 * np.eye(n_factors)  # keeps the system regular
        equations = np.block([[M, R[[j]].T], [R[[j]], np.zeros((1, 1))]])  # b_j = 0
        found = np.linalg.solve(equations, np.append(R.T @ G[:, j], 0))[:-1]
        assert_allclose(B[:, j], R @ found, atol=1e-9)
    assert_allclose(np.diag(B), 0, atol=1e-12)


@pytest.mark.parametrize("group_size", [2, 5, 12])
def test_groups_that_share_all_items_are_ease(dense, group_size):
    expected = EASERecommender(l2=5.0).fit(dense).item_weights_
    model = LocalEASERecommender(l2=5.0, n_neighbors=11, group_size=group_size)
    assert_allclose(model.fit(dense).item_weights_.toarray(), expected, atol=1e-10)


def test_items_of_a_kind_share_a_group(rng):
    kind = np.repeat(np.arange(6), 10)
    taste = rng.integers(0, 6, 400)
    X = (rng.random((400, 60)) < 0.02 + 0.5 * (taste[:, None] == kind)).astype(float)
    model = LocalEASERecommender(
        l2=5.0, n_neighbors=20, n_factors=0, group_size=10
    ).fit(X)
    B = np.abs(model.item_weights_.toarray())
    same = kind[:, None] == kind
    assert (B[same] > 0).mean() > 0.6  # of 20 in 60 by chance a third
    assert B[same].mean() > 5 * B[~same].mean()


def test_factors_do_not_depend_on_the_unit(dense):
    setting = {"n_neighbors": 3, "n_factors": 2}
    expected = whole(LocalEASERecommender(l2=3.0, **setting).fit(dense))
    for unit in (1e-12, 1e12):
        model = LocalEASERecommender(l2=3.0 * unit**2, **setting).fit(unit * dense)
        assert_allclose(whole(model), expected, atol=1e-9)


N_MANY = 12_000  # items of which not all products are kept, but ten a neighbour


def spread(X):
    """The same items among many that nobody takes, and where they are."""
    place = np.linspace(0, N_MANY - 1, X.shape[1]).astype(int)
    X = sparse.coo_array(X)
    indices = X.row, place[X.col]
    return sparse.csr_array((X.data, indices), shape=(X.shape[0], N_MANY)), place


def whole_of(model, place):
    """Weights of some items."""
    own = model.item_weights_[place][:, place].toarray()
    return own + model.item_factors_[place] @ model.factor_weights_[:, place]


@pytest.mark.parametrize("group_size", [1, 3])
@pytest.mark.parametrize("l2", [1e-8, 1.0, 1e8])
def test_cut_products_in_single_precision(rng, l2, group_size):
    X = random_interactions(rng, 300, 60).astype(np.float32)
    many, place = spread(X)
    model = LocalEASERecommender(
        l2=l2, n_neighbors=3, n_factors=20, group_size=group_size
    ).fit(many)
    B = whole_of(model, place)
    assert B.dtype == np.float32
    # the loss is below that of no weights, if the Gram matrix is near the true one
    G = (X.T @ X).toarray().astype(float)
    assert (loss(G, B.astype(float), l2) <= 1e-4 * np.diag(G)).all()
    assert loss(G, B.astype(float), l2).sum() < 0


def test_entries_left_out_are_what_the_factors_explain(rng):
    # of rank 3: the factors explain all
    X = sparse.csr_array(rng.random((80, 3)) @ rng.random((3, 80)))
    many, place = spread(X)
    setting = {"l2": 5.0, "n_neighbors": 3, "n_factors": 3}
    expected = whole(LocalEASERecommender(**setting).fit(X))
    found = whole_of(LocalEASERecommender(**setting).fit(many), place)
    assert_allclose(found, expected, atol=1e-9)


def test_singular_vectors_of_many_items(rng):
    scale = 2.0 ** -np.arange(40)
    X = rng.normal(size=(200, 40)) * scale
    X = sparse.csr_array(X @ np.linalg.qr(rng.normal(size=(40, 40)))[0])
    model = LocalEASERecommender(l2=5.0, n_neighbors=6, n_factors=2, random_state=1)
    expected = whole(model.fit(X))
    place = np.arange(0, 600, 15)  # columns of which no full decomposition is made
    wide = sparse.lil_array((200, 600))
    wide[:, place] = X
    found = whole_of(model.fit(wide.tocsr()), place)
    assert_allclose(found, expected, atol=1e-6)
    again = whole_of(clone(model).fit(wide.tocsr()), place)
    assert_array_equal(again, found)


def test_each_column_is_a_ridge_regression_on_its_neighbours(rng, dense):
    X = dense.toarray()
    w = rng.uniform(0.5, 2, 90)
    G = X.T @ (w[:, None] * X)
    more = sparse.vstack([dense, sparse.csr_array((5, 12))])  # empty rows do not count
    model = LocalEASERecommender(l2=3.0, n_neighbors=4, n_factors=0)
    B = model.fit(more, sample_weight=np.r_[w, np.ones(5)]).item_weights_.toarray()
    excess = G - np.outer(w @ X, w @ X) / w.sum()
    for j in range(12):
        nearness = excess[:, j] / np.sqrt(np.diag(G) + 3)
        nearness[j] = -np.inf
        K = np.argsort(-nearness)[:4]
        expected = np.zeros(12)
        expected[K] = np.linalg.solve(G[np.ix_(K, K)] + 3 * np.eye(4), G[K, j])
        assert_allclose(B[:, j], expected, atol=1e-12)


def test_many_items_whose_products_are_all_kept(rng, dense):
    expected = whole(
        LocalEASERecommender(l2=3.0, n_neighbors=4, n_factors=0).fit(dense)
    )
    many, place = spread(dense)
    found = LocalEASERecommender(l2=3.0, n_neighbors=4, n_factors=0).fit(many)
    assert_allclose(whole_of(found, place), expected, atol=1e-12)


def test_more_products_than_are_held_at_a_time(rng):
    X = rng.uniform(0.5, 2, (2800, 60))  # ten million products of entries
    expected = EASERecommender(l2=5.0).fit(X).item_weights_
    found = LocalEASERecommender(l2=5.0, n_neighbors=60).fit(X).item_weights_
    assert_allclose(found.toarray(), expected, atol=1e-9)


@pytest.mark.parametrize("n_factors", [0, 4])
def test_a_pruned_gram_matrix_is_near_the_whole(rng, n_factors):
    X = random_interactions(rng, 300, 60)
    many, place = spread(X)
    setting = {"l2": 50.0, "n_neighbors": 3, "n_factors": n_factors}
    expected = whole(LocalEASERecommender(**setting).fit(X))
    found = whole_of(LocalEASERecommender(**setting).fit(many), place)
    distance = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert 0 < distance < 0.2


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


@pytest.mark.parametrize("many", [False, True])
def test_sizes_that_are_chosen_by_the_number_of_items(rng, many):
    X = random_interactions(rng, 90, 60)
    X, place = spread(X) if many else (X, np.arange(60))
    pairs = [({}, (400, 66) if many else (150, 1))]
    pairs.append(({"n_neighbors": 12}, (12, 2 if many else 1)))
    for given, sizes in pairs:
        setting = dict(zip(("n_neighbors", "group_size"), sizes))
        found, expected = (
            whole_of(LocalEASERecommender(l2=2.0, **each).fit(X), place)
            for each in (given, setting)
        )
        assert_array_equal(found, expected)


def test_groups_where_no_two_items_were_taken_together():
    model = LocalEASERecommender(group_size=3).fit(sparse.csr_array(np.eye(5)))
    assert_array_equal(model.predict(np.eye(5)), np.zeros((5, 5)))
