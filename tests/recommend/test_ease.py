"""EASE: closed form, conditioning, and the laws of every recommender."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse

from sktransfer.moments import ColumnMoments, GramMoments
from sktransfer.recommend import EASERecommender


def ease_by_inverse(X, l2, w=None):
    """Weights of EASE, written from the paper in float64."""
    X = X.toarray().astype(np.float64)
    G = X.T @ (X if w is None else w[:, None] * X)
    P = np.linalg.inv(G + l2 * np.eye(len(G)))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return B


class TestEASE(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0]}

    def model(self):
        return EASERecommender(l2=2.0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_closed_form(rng, weighted, dtype):
    X = random_interactions(rng, 80, 30).astype(dtype)
    w = rng.uniform(0, 3, 80) if weighted else None
    model = EASERecommender(l2=5.0).fit(X, sample_weight=w)
    B = ease_by_inverse(X, 5.0, w)
    tol = 1e-12 if dtype == np.float64 else 1e-5
    assert_allclose(model.item_weights_, B, atol=tol)
    assert_array_equal(np.diag(model.item_weights_), 0)
    assert model.item_weights_.dtype == dtype
    assert_allclose(model.predict(X), X @ B, atol=10 * tol)


def test_two_items_by_hand():
    # G = [[2, 1], [1, 2]]; each item is the ridge regression on the other: 1 / (2 + 1)
    X = sparse.csr_array(np.array([[1.0, 1], [1, 0], [0, 1]]))
    model = EASERecommender(l2=1.0).fit(X)
    assert_allclose(model.item_weights_, [[0, 1 / 3], [1 / 3, 0]])


def test_each_column_is_a_ridge_regression_on_the_others(rng):
    from sklearn.linear_model import Ridge

    X = random_interactions(rng)
    B = EASERecommender(l2=7.0).fit(X).item_weights_
    others = np.arange(15) != 4
    ridge = Ridge(alpha=7.0, fit_intercept=False).fit(
        X[:, others].toarray(), X[:, [4]].toarray().ravel()
    )
    assert_allclose(B[others, 4], ridge.coef_)


def test_scaling_of_values_is_scaling_of_the_penalty(rng):
    X = random_interactions(rng)
    expected = EASERecommender(l2=3.0).fit(X).item_weights_
    assert_allclose(EASERecommender(l2=75.0).fit(5 * X).item_weights_, expected)
    w = np.full(60, 4.0)
    assert_allclose(
        EASERecommender(l2=12.0).fit(X, sample_weight=w).item_weights_, expected
    )


@pytest.mark.parametrize("kind", [sparse.csr_array, np.asarray])
def test_more_items_and_rows_than_a_block_holds(rng, kind):
    # products of 1,100 items, and 9 million scores
    X = rng.integers(0, 2, (300, 1100)).astype(np.float32)
    model = EASERecommender(l2=50.0).fit(kind(X))
    B = ease_by_inverse(sparse.csr_array(X), 50.0)
    assert_allclose(model.item_weights_, B, atol=1e-4)
    users = sparse.csr_array((rng.random((8200, 1100)) < 0.01).astype(np.float32))
    scores = users @ model.item_weights_
    assert_allclose(model.predict(users), scores, atol=1e-5)
    scores[users.nonzero()] = -np.inf
    each = np.tile([3, 5, 7, -1], (8200, 1))
    for candidates in (None, [3, 5, 7], each):
        kept = np.full(1100, candidates is not None)
        kept[[3, 5, 7]] = False
        ranked = np.where(kept, -np.inf, scores)
        items, found = model.recommend(users, 3, candidates=candidates)
        best = -np.sort(-ranked, axis=1)[:, :3]
        assert_allclose(found, best, atol=1e-5)
        own = np.take_along_axis(ranked, np.maximum(items, 0), axis=1)
        assert_allclose(np.where(items < 0, -np.inf, own), best, atol=1e-5)


def test_too_small_a_penalty():
    twins = np.ones((30, 4), dtype=np.float32) * 7
    with pytest.raises(ValueError, match=r"l2=1e-12 is too small.*float32.*Raise l2"):
        EASERecommender(l2=1e-12).fit(twins)
    X = np.diag([1.0, 1.0, 1e4])
    with pytest.warns(UserWarning, match="ill-conditioned for float32"):
        model = EASERecommender(l2=0.1).fit(X.astype(np.float32))
    assert model.rcond_ == pytest.approx(1.1e-8, rel=1e-3)
    assert EASERecommender(l2=0.1).fit(X).rcond_ == pytest.approx(1.1e-8)


@pytest.mark.parametrize("l2", [0, -1.0, "a", None])
def test_bad_penalty(l2):
    with pytest.raises(ValueError, match="l2"):
        EASERecommender(l2=l2).fit(checkerboard())


def test_negative_values_push_away(rng):
    X = np.array([[1.0, -1], [1, -1], [-1, 1]])
    model = EASERecommender(l2=0.5).fit(X)
    assert model.predict(np.array([[1.0, 0]]))[0, 1] < 0


def test_scores_have_the_precision_of_the_model(rng):
    X = random_interactions(rng)
    model = EASERecommender(l2=2.0).fit(X.astype(np.float32))
    expected = model.predict(X.astype(np.float32))
    found = model.predict(X)  # float64 rows do not make a copy of the weights
    assert found.dtype == np.float32
    assert_array_equal(found, expected)


@pytest.mark.parametrize("dense", [False, True])
def test_more_rows_one_chunk_at_a_time(rng, dense):
    X = random_interactions(rng)
    w = rng.uniform(0, 2, 60)
    expected = EASERecommender(l2=2.0).fit(X, sample_weight=w)
    model = EASERecommender(l2=2.0)
    for rows in (slice(40, 60), slice(0, 1), slice(1, 40)):
        chunk = X[rows].toarray() if dense else X[rows]
        assert model.partial_fit(chunk, sample_weight=w[rows]) is model
    gram = X.toarray().T @ (w[:, None] * X.toarray())
    assert_allclose(model.gram_, gram)
    assert_allclose(model.predict(X), expected.predict(X))
    assert model.rcond_ == pytest.approx(expected.rcond_)
    assert_array_equal(model.item_weights_, model.item_weights_)
    assert_allclose(model.gram_, gram)  # not overwritten
    model.partial_fit(X, sample_weight=w)  # after use
    twice = EASERecommender(l2=2.0).fit(X, sample_weight=2 * w)
    assert_allclose(model.predict(X), twice.predict(X))
    model.fit(X, sample_weight=w)
    assert not hasattr(model, "gram_")
    assert_array_equal(model.predict(X), expected.predict(X))


def test_chunks_keep_the_precision_of_the_first(rng):
    X = random_interactions(rng)
    model = EASERecommender(l2=2.0).partial_fit(X.astype(np.float32)).partial_fit(X)
    assert model.item_weights_.dtype == np.float32
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :3])


def test_more_rows_after_fit(rng):
    X = random_interactions(rng)
    w = rng.uniform(0.5, 2, 60)
    model = EASERecommender(l2=2.0).fit(X[:30], sample_weight=w[:30])
    model.partial_fit(X[30:], sample_weight=w[30:])
    expected = EASERecommender(l2=2.0).fit(X, sample_weight=w)
    gram = X.toarray().T @ (w[:, None] * X.toarray())
    assert_allclose(model.gram_, gram, atol=1e-10)
    assert_allclose(model.predict(X), expected.predict(X))
    single = EASERecommender(l2=0.01).fit(X[:5].astype(np.float32))
    with pytest.warns(UserWarning, match=r"loses digits.*Begin with partial_fit"):
        single.partial_fit(X)


def test_states_of_markets_give_what_all_rows_give(rng):
    X = random_interactions(rng, n_rows=80).astype(np.float64)
    w = rng.integers(0, 3, size=80).astype(float)
    whole = EASERecommender(l2=2.0).fit(X, sample_weight=w)
    parties = [
        EASERecommender(l2=2.0).partial_fit(X[rows], sample_weight=w[rows]).state_
        for rows in (slice(0, 30), slice(30, 80))
    ]
    state = parties[0].merge(parties[1])
    assert state.n_rows == np.count_nonzero(w)
    assert state.weight == w.sum()
    made = EASERecommender(l2=2.0).fit_from_state(state)
    assert_allclose(made.item_weights_, whole.item_weights_, atol=1e-12)
    assert made.state_ is state
    assert_array_equal(made.recommend(X, 3)[0], whole.recommend(X, 3)[0])
    # rows that come later
    made.partial_fit(X)
    twice = np.r_[w, np.ones(80)]
    both = EASERecommender(l2=2.0).fit(sparse.vstack([X, X]), sample_weight=twice)
    assert_allclose(made.item_weights_, both.item_weights_, atol=1e-12)
    assert made.state_.n_rows == state.n_rows + 80
    assert not hasattr(made.fit(X), "state_")


def test_exact_states_give_one_bit_pattern(rng):
    X = random_interactions(rng, n_rows=90)
    empty = GramMoments.empty(15, arithmetic="exact", bound=1.0)
    found = set()
    for n_shards in (1, 2, 7, 90):
        state = empty
        for rows in np.array_split(rng.permutation(90), n_shards):
            state = state.merge(empty.update(X[rows] != 0))
        made = EASERecommender(l2=2.0).fit_from_state(state)
        found.add(made.item_weights_.tobytes())
    assert len(found) == 1
    whole = EASERecommender(l2=2.0).fit((X != 0).astype(np.float64))
    assert_allclose(made.item_weights_, whole.item_weights_, atol=1e-12)


def test_other_states_are_refused(rng):
    with pytest.raises(ValueError, match="GramMoments or Moments; got ColumnMoments"):
        EASERecommender().fit_from_state(ColumnMoments.empty(3).update(np.eye(3)))
    with pytest.raises(ValueError, match="the state holds none"):
        EASERecommender().fit_from_state(GramMoments.empty(3))
