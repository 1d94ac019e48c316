"""ALS: exact sweeps, both forms of the systems, and the laws of every recommender."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, random_interactions
from scipy import sparse

from sktransfer.recommend import ALSRecommender


class TestALS(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0]}

    def model(self):
        return ALSRecommender(n_factors=4, alpha=3.0, l2=0.5, max_iter=5, tol=0)


def objective(X, w, U, V, alpha, l2):
    """Loss over all pairs, dense, written from the paper."""
    X = X.toarray()
    C, P = 1 + alpha * np.abs(X), X > 0
    of_users = (C * (P - U @ V.T) ** 2).sum(axis=1) + l2 * (U**2).sum(axis=1)
    return w @ of_users + l2 * (V**2).sum()


def ridge_by_row(X, V, w, alpha, l2):
    """Factors of the rows for given factors of weighted columns."""
    X = X.toarray()
    solved = []
    for x in X:
        c = w * (1 + alpha * np.abs(x))
        A = V.T @ (c[:, None] * V) + l2 * np.eye(V.shape[1])
        solved.append(np.linalg.solve(A, V.T @ (c * (x > 0))))
    return np.array(solved)


# few steps solve systems of a small alpha, factorisations those of a large one
@pytest.mark.parametrize("alpha", [2.0, 1e8])
@pytest.mark.parametrize("n_factors", [2, 5, 40])  # longer and shorter than the rows
def test_rows_solve_their_ridge_regressions(rng, n_factors, alpha):
    X = random_interactions(rng, 30, 50)
    X.data[:] = rng.uniform(0.5, 3, X.nnz)
    X.data[::7] *= -1  # dislikes
    model = ALSRecommender(n_factors, alpha=alpha, l2=0.7, max_iter=2, tol=0).fit(X)
    X = sparse.vstack([X, sparse.csr_array((1, 50))]).tocsr()
    V = model.item_factors_
    expected = ridge_by_row(X, V, np.ones(50), alpha, 0.7)
    size = np.abs(expected).max()
    assert_allclose(model.user_factors(X), expected, atol=1e-7 * size)
    assert_allclose(model.predict(X), expected @ V.T, atol=1e-7)


@pytest.mark.parametrize("alpha", [1.0, 1e5])
def test_sweeps_are_those_of_ridge_regressions_one_by_one(rng, alpha):
    X = random_interactions(rng, 80, 40)
    w = rng.uniform(0.5, 2, 80)
    setting = {"n_factors": 30, "alpha": alpha, "l2": 1.0, "tol": 0}
    one, two = (
        ALSRecommender(max_iter=n, **setting).fit(X, sample_weight=w) for n in (1, 2)
    )
    U = ridge_by_row(X, one.item_factors_, np.ones(40), alpha, 1.0)
    V = ridge_by_row(X.T.tocsr(), U, w, alpha, 1.0)
    # the same up to a rotation of the factors
    expected = ridge_by_row(X, V, np.ones(40), alpha, 1.0) @ V.T
    assert_allclose(two.predict(X), expected, atol=1e-6)
    assert two.objective_[1] == pytest.approx(
        objective(X, w, U, one.item_factors_, alpha, 1.0)
    )


def test_more_factors_than_are_gathered_at_a_time(rng):
    X = random_interactions(rng, 3000, 60)
    model = ALSRecommender(n_factors=8, alpha=2.0, l2=0.7).fit(X)
    expected = ridge_by_row(X, model.item_factors_, np.ones(60), 2.0, 0.7)
    assert_allclose(model.user_factors(X), expected, atol=1e-8)


def test_objective_is_that_of_the_paper_and_falls(rng):
    X = random_interactions(rng)
    X.data[::5] = -1
    w = rng.uniform(0.5, 2, 60)
    model = ALSRecommender(n_factors=3, alpha=2.0, l2=0.5, max_iter=30, tol=0)
    model.fit(X, sample_weight=w)
    assert model.n_iter_ == model.objective_.size == 30
    assert (np.diff(model.objective_) < 0).all()
    U, V = model.user_factors(X), model.item_factors_
    final = objective(X, w, U, V, 2.0, 0.5)
    assert final < model.objective_[-1]
    assert final == pytest.approx(model.objective_[-1], rel=1e-2)
    longer = ALSRecommender(n_factors=3, alpha=2.0, l2=0.5, max_iter=31, tol=0)
    assert longer.fit(X, sample_weight=w).objective_[-1] == pytest.approx(final)


def test_a_fixed_point_is_a_stationary_point(rng):
    X = random_interactions(rng)
    model = ALSRecommender(n_factors=3, alpha=2.0, l2=2.0, max_iter=3000, tol=0).fit(X)
    U, V = model.user_factors(X), model.item_factors_
    C, P = 1 + 2 * X.toarray(), X.toarray() > 0
    residual = C * (P - U @ V.T)
    assert_allclose(residual.T @ U, 2 * V, atol=1e-5)
    assert_allclose(residual @ V, 2 * U, atol=1e-10)
    assert_allclose(model.predict(X), U @ V.T)


def test_stops_when_the_objective_settles(rng):
    X = random_interactions(rng)
    model = ALSRecommender(n_factors=3, max_iter=100, tol=1e-2).fit(X)
    share = -np.diff(model.objective_) / model.objective_[:-1]
    assert 1 < model.n_iter_ < 100
    assert (share[:-1] > 1e-2).all()
    assert share[-1] <= 1e-2


def test_scaling_of_values_is_scaling_of_alpha(rng):
    X = random_interactions(rng)
    expected = ALSRecommender(n_factors=3, alpha=6.0).fit(X).predict(X)
    found = ALSRecommender(n_factors=3, alpha=2.0).fit(3 * X).predict(3 * X)
    assert_allclose(found, expected)


def test_a_dislike_scores_lower_than_no_interaction(rng):
    X = random_interactions(rng)
    model = ALSRecommender(n_factors=4, l2=1.0).fit(X)
    row = X[[0]].toarray()
    disliked = row.copy()
    unseen = np.flatnonzero(row[0] == 0)[0]
    disliked[0, unseen] = -1
    assert model.predict(disliked)[0, unseen] < model.predict(row)[0, unseen]


def test_users_are_folded_in_one_by_one(rng):
    X = random_interactions(rng)
    model = ALSRecommender(n_factors=4).fit(X)
    together = model.user_factors(X)
    for i in (0, 7, 59):
        assert_allclose(model.user_factors(X[[i]]), together[[i]])
    assert_array_equal(model.user_factors(sparse.csr_array((2, 15))), np.zeros((2, 4)))


def test_more_factors_than_items(rng):
    X = random_interactions(rng)
    model = ALSRecommender(n_factors=20, l2=0.1).fit(X)
    assert model.item_factors_.shape == (15, 20)
    assert np.isfinite(model.predict(X)).all()


def test_too_large_confidence(rng):
    X = random_interactions(rng).astype(np.float32)
    for value in (1e30, 1e-39):
        X.data[0] = value
        with pytest.raises(ValueError, match=r"alpha \* \|X\| must lie between"):
            ALSRecommender().fit(X)


@pytest.mark.parametrize("l2", [1e-30, 1e-300])
def test_too_small_a_penalty(l2):
    with pytest.raises(ValueError, match=r"is too small for alpha=10.*Raise l2"):
        ALSRecommender(n_factors=8, l2=l2).fit(np.ones((30, 6)))
