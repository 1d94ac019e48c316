"""ALS: exact sweeps, both forms of the systems, and the laws of every recommender."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, random_interactions
from scipy import sparse

from sktransfer.recommend import ALSRecommender, _singular_vectors
from sktransfer.recommend.collaborative import _als_solver
from sktransfer.recommend.collaborative._als_solver import (
    _conjugate_gradients,
    solve_rows,
    start_factors,
    whiten,
)


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


@pytest.mark.parametrize("factorise", [False, True])
@pytest.mark.parametrize("n_factors", [2, 5, 40])  # longer and shorter than the rows
def test_rows_solve_their_ridge_regressions(rng, monkeypatch, n_factors, factorise):
    if factorise:
        monkeypatch.setattr(_als_solver, "_conjugate_gradients", lambda *args: None)
    X = random_interactions(rng, 30, 25)
    X.data[:] = rng.uniform(0.5, 3, X.nnz)
    X.data[::7] *= -1  # dislikes
    X = sparse.vstack([X, sparse.csr_array((1, 25))]).tocsr()
    V, w = rng.normal(size=(25, n_factors)), rng.uniform(0.5, 2, 25)
    d = 2.0 * np.abs(X.data) * w[X.indices]
    t = np.where(X.data > 0, w[X.indices] + d, 0)
    whitened = whiten(V, V.T @ (V * w[:, None]), 0.7)
    C = sparse.csr_array((d, X.indices, X.indptr), shape=X.shape)
    solved, gain = solve_rows(C, t, whitened)
    expected = ridge_by_row(X, V, w, 2.0, 0.7)
    assert_allclose(solved @ whitened.transform.T, expected, atol=1e-10)
    assert_allclose(solved @ whitened.factors.T, expected @ V.T, atol=1e-10)
    rows = np.repeat(np.arange(31), np.diff(X.indptr))
    products = np.einsum("ij,ij->i", expected[rows], V[X.indices]) * t
    assert_allclose(gain, np.bincount(rows, products, minlength=31), atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_end_at_the_precision_of_the_dtype_or_not_at_all(rng, dtype):
    Z = np.linalg.qr(rng.normal(size=(400, 20)))[0]  # Z'Z = I
    A = Z[rng.integers(0, 400, (30, 60))].astype(dtype)
    d = rng.uniform(0, 5, (30, 60)).astype(dtype)
    y = 10 ** rng.uniform(-30, 3, (30, 1)).astype(dtype) * rng.normal(size=(30, 20))
    y = y.astype(dtype)
    y[7] = 0
    x = _conjugate_gradients(A, d, y, 20)
    assert x.dtype == dtype
    wide = A.astype(float)
    M = np.eye(20) + np.einsum("bnf,bn,bng->bfg", wide, d, wide)
    assert np.linalg.eigvalsh(M).max() < 6
    expected = np.linalg.solve(M, y.astype(float)[:, :, None])[:, :, 0]
    error = np.linalg.norm(x - expected, axis=1)
    eps = np.finfo(dtype).eps
    assert (error <= 20 * eps * np.linalg.norm(expected, axis=1)).all()
    assert not x[7].any()
    assert _conjugate_gradients(A, d, y, 2) is None
    wild = (10 ** np.linspace(0, 18, 60, dtype=dtype)) * np.ones_like(d)
    assert _conjugate_gradients(A, wild, y, 20) is None
    assert _conjugate_gradients(A, d, np.full_like(y, np.nan), 20) is None


@pytest.mark.parametrize("alpha", [1.0, 1e5])
def test_steps_and_factorisations_give_the_same_model(rng, monkeypatch, alpha):
    X = random_interactions(rng, 80, 40)
    setting = {"n_factors": 30, "alpha": alpha, "l2": 1.0, "max_iter": 3, "tol": 0}
    found = ALSRecommender(**setting).fit(X)
    monkeypatch.setattr(_als_solver, "_conjugate_gradients", lambda *args: None)
    expected = ALSRecommender(**setting).fit(X)
    assert_allclose(found.objective_, expected.objective_)
    assert_allclose(found.predict(X), expected.predict(X), atol=1e-8)


def test_small_batches_give_the_same(rng, monkeypatch):
    X = random_interactions(rng)
    expected = ALSRecommender(n_factors=4).fit(X).predict(X)
    monkeypatch.setattr(_als_solver, "_BATCH_ENTRIES", 1)
    assert_allclose(ALSRecommender(n_factors=4).fit(X).predict(X), expected)


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


def test_start_spans_the_leading_singular_vectors(rng, monkeypatch):
    scale = 2.0 ** -np.arange(40)
    X = rng.normal(size=(200, 40)) * scale
    X = sparse.csr_array(X @ np.linalg.qr(rng.normal(size=(40, 40)))[0])
    state = np.random.RandomState(0)
    exact = start_factors(X, 3, state)
    _, s, Vt = np.linalg.svd(X.toarray(), full_matrices=False)
    assert_allclose(exact @ exact.T, (Vt[:3].T * s[:3]) @ Vt[:3], atol=1e-10)
    monkeypatch.setattr(_singular_vectors, "_EXACT", 0)
    sketched = start_factors(X, 3, state)
    assert_allclose(sketched @ sketched.T, exact @ exact.T, atol=1e-6)
    again = [start_factors(X, 3, np.random.RandomState(5)) for _ in range(2)]
    assert_array_equal(*again)


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
