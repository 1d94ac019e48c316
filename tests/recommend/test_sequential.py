"""SequentialRecommender: sessions that can be checked by hand, and laws."""

import os
import pickle
import tracemalloc
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from sktransfer.datasets import load_yoochoose
from sktransfer.metrics import mrr_at_k, ndcg_at_k, recall_at_k
from sktransfer.recommend import (
    SequentialRecommender,
    SessionVectorizer,
    TransferRecommender,
)

METHODS = ["blend", "neighbors", "rules", "linear", "factors"]
every_method = pytest.mark.parametrize("method", METHODS)


class TestBlend(RecommenderLaws):
    grid: ClassVar = {"n_neighbors": [5, 50], "decay": [0.6, 1.0]}

    def model(self):
        return SequentialRecommender()


class TestNeighbors(RecommenderLaws):
    grid: ClassVar = {"n_neighbors": [5, 50]}

    def model(self):
        return SequentialRecommender("neighbors", n_neighbors=7)


class TestRules(RecommenderLaws):
    grid: ClassVar = {"window": [1, 5]}

    def model(self):
        return SequentialRecommender("rules")


class TestLinear(RecommenderLaws):
    grid: ClassVar = {"l2": [1.0, 10.0]}

    def model(self):
        return SequentialRecommender("linear", l2=5.0)


def chains(rng, n_sessions=80, n_items=12):
    """Item i is mostly followed by i + 1, sometimes by any, itself among them."""
    sessions = []
    for _ in range(n_sessions):
        session = [int(rng.integers(n_items))]
        for _ in range(rng.integers(1, 6)):
            jump = rng.random() < 0.3
            following = rng.integers(n_items) if jump else (session[-1] + 1) % n_items
            session.append(int(following))
        sessions.append(session)
    return sessions


@every_method
def test_order_is_respected(method):
    sessions = [[0, 1, 2]] * 5 + [[3, 2, 1]] * 5
    model = SequentialRecommender(method, unordered_share=0.0, l2=1.0).fit(sessions)
    items, _ = model.recommend([[0, 1], [3, 2]], 1)
    assert_array_equal(items[:, 0], [2, 1])


@every_method
def test_the_last_item_counts_most(method):
    sessions = [[0, 2]] * 5 + [[1, 3]] * 5
    model = SequentialRecommender(method, l2=1.0).fit(sessions)
    items, _ = model.recommend([[0, 1], [1, 0]], 1)
    assert_array_equal(items[:, 0], [3, 2])


@every_method
def test_repeats_are_learned(method):
    again = [[0, 0], [1, 1], [2, 2], [0, 1, 1]]
    model = SequentialRecommender(method).fit(again)
    assert_array_equal(model.recommend([[0], [1], [2]], 1)[0][:, 0], [0, 1, 2])
    assert 0 not in model.recommend([[0]], 2, exclude_seen=True)[0]
    once = [[0, 1], [1, 2], [2, 0], [0, 2, 1]]
    model = SequentialRecommender(method).fit(once)
    items, _ = model.recommend([[0], [1, 2]], 3)
    assert_array_equal((items == -1).sum(axis=1), [1, 2])
    assert 0 not in items[0]
    items, scores = model.recommend([[0]], 3, exclude_seen=False)
    assert items[0, -1] == 0
    assert scores[0, -1] == 0


@every_method
def test_scores_are_shares(method, rng):
    sessions = chains(rng)
    model = SequentialRecommender(method).fit(sessions)
    scores = model.predict([*sessions, []])
    assert (scores >= 0).all()
    assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_repeats_have_the_part_they_had(rng):
    sessions = chains(rng, 400)
    model = SequentialRecommender().fit(sessions)
    known = [s[:t] for s in sessions for t in range(1, len(s))]
    repeated = np.mean([i in s[:t] for s in sessions for t, i in enumerate(s) if t])
    scores = model.predict(known)
    part = [scores[row, list(set(s))].sum() for row, s in enumerate(known)]
    assert np.mean(part) == pytest.approx(repeated, abs=0.01)


@every_method
def test_order_of_sessions_and_names_of_items_do_not_matter(method, rng):
    sessions = [*chains(rng), [11]]
    queries = sessions[:20]
    model = SequentialRecommender(method, n_neighbors=9, n_terms=12)
    expected = clone(model).fit(sessions).predict(queries)
    rows = rng.permutation(len(sessions))
    shuffled = clone(model).fit([sessions[i] for i in rows])
    assert_allclose(shuffled.predict(queries), expected, atol=1e-5)
    new = rng.permutation(12)
    renamed = clone(model).fit([new[s] for s in sessions])
    found = renamed.predict([new[s] for s in queries])
    assert_allclose(found[:, new], expected, atol=1e-5)


@every_method
def test_a_session_twice_is_a_weight_of_two(method, rng):
    sessions = [*chains(rng), [11]]
    w = np.arange(len(sessions)) % 3
    w[-1] = 1
    repeated = [s for s, n in zip(sessions, w) for _ in range(n)]
    model = SequentialRecommender(method, n_neighbors=9)
    expected = clone(model).fit(repeated).predict(sessions)
    weighted = clone(model).fit(sessions, sample_weight=w)
    assert_allclose(weighted.predict(sessions), expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        model.fit(sessions, sample_weight=-w)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(sessions, sample_weight=w[1:])


@every_method
def test_lists_and_matrices_of_times_are_the_same(method, rng):
    lists = [rng.permutation(8)[: rng.integers(1, 7)] for _ in range(30)]
    lists[0] = np.array([7, 1])
    X = np.zeros((30, 8))
    for row, items in zip(X, lists):
        row[items] = 1e9 + np.cumsum(rng.integers(1, 100, items.size))
    expected = SequentialRecommender(method).fit(X).predict(lists)
    found = SequentialRecommender(method).fit(lists).predict(X)
    assert_allclose(found, expected, atol=1e-5)
    seconds = SequentialRecommender(method).fit(X.astype(np.int64))
    assert_allclose(seconds.predict(sparse.csr_matrix(X)), expected, atol=1e-5)
    vectorizer = SessionVectorizer(aggregate="last")
    weights = vectorizer.fit_transform(lists)
    assert_array_equal(vectorizer.items_, np.arange(8))
    found = SequentialRecommender(method).fit(weights).predict(weights)
    assert_allclose(found, expected, atol=1e-5)


@every_method
def test_only_the_order_of_values_counts(method, rng):
    X = rng.random((20, 6)) * (rng.random((20, 6)) < 0.5)
    expected = SequentialRecommender(method).fit(X).predict(X)
    for same in (3 * X, X**3, np.where(X, X - 2, 0)):
        assert_allclose(SequentialRecommender(method).fit(same).predict(same), expected)


def test_the_blend_is_the_sum_of_its_parts(rng):
    sessions = [[0, 1, 2, 3], [1, 2], [2, 0], [3, 1]]
    alone = SequentialRecommender("rules").fit(sessions)
    model = SequentialRecommender(blend_weights=(0, 2, 0, 0)).fit(sessions)
    assert_array_equal(alone.recommend([[1]])[0], model.recommend([[1]])[0])
    assert not hasattr(model, "index_")
    assert not hasattr(model, "linear_weights_")
    model.set_params(blend_weights=(1, 0, 1, 1)).fit(sessions)
    assert hasattr(model, "index_")
    assert hasattr(model, "factors_")
    assert not hasattr(model, "rules_")


def test_unknown_items_and_empty_sessions():
    sessions = [[0, 1], [2, 1], [3, 1], [0, 2]]
    model = SequentialRecommender().fit(sessions)
    items, _ = model.recommend([[], [99], [99, 0], [0, 77]], 4)
    assert_array_equal(items[0], [1, 0, 2, 3])  # by popularity
    assert_array_equal(items[1], items[0])
    expected = model.recommend([[0]], 4)[0][0]
    assert_array_equal(items[2], expected)
    assert_array_equal(items[3], expected)


def test_candidates_for_lists(rng):
    sessions = chains(rng)
    model = SequentialRecommender().fit(sessions)
    items, _ = model.recommend(sessions[:3], 3, candidates=[2, 5])
    assert set(np.unique(items)) <= {-1, 2, 5}
    items, _ = model.recommend([[0], [1]], 2, candidates=[[4], [7, 8]])
    assert_array_equal(items[0], [4, -1])
    assert set(items[1]) == {7, 8}


def test_score_and_search_over_lists(rng):
    sessions = chains(rng, 200)
    X, y = [s[:-1] for s in sessions], np.array([s[-1] for s in sessions])
    model = SequentialRecommender().fit(X)
    items, _ = model.recommend(X, 10)
    assert model.score(X, y) == pytest.approx(ndcg_at_k(y, items))
    grid = {"method": METHODS, "decay": [0.2, 0.9]}
    search = GridSearchCV(SequentialRecommender(), grid, cv=3, error_score="raise")
    search.fit(X, y)
    assert search.best_score_ > 0.5
    assert search.predict(X).shape == (200,)


def test_a_later_fit_forgets_the_first(rng):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame((rng.random((9, 3)) < 0.6).astype(float), columns=list("abc"))
    X.iloc[0] = 1.0
    model = SequentialRecommender().fit(X)
    assert list(model.feature_names_in_) == list("abc")
    sessions = chains(rng)
    model.fit(sessions)
    assert not hasattr(model, "feature_names_in_")
    expected = SequentialRecommender().fit(sessions)
    assert model.n_features_in_ == 12
    assert_array_equal(model.predict(sessions), expected.predict(sessions))
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(sessions), expected.predict(sessions))


def test_small_integers_do_not_overflow():
    X = sparse.coo_array(
        (np.array([100, 100, 1], dtype=np.int8), ([0, 0, 0], [0, 0, 1])), shape=(1, 2)
    )
    model = SequentialRecommender("rules").fit(X)
    assert model.rules_[1, 0] == 1  # 200 is after 1
    assert model.rules_[0, 1] == 0


def test_inside_transfer_between_markets(rng):
    X = sparse.csr_array((rng.random((60, 8)) < 0.4).astype(float))
    d = np.repeat([1, -2], [40, 20])
    model = TransferRecommender(SequentialRecommender()).fit(X, sample_domain=d)
    items, _ = model.recommend(X[40:], 2)
    assert items.shape == (20, 2)


@pytest.mark.slow
def test_nothing_of_the_size_of_sessions_or_items_squared():
    rng = np.random.default_rng(0)
    n_items, n_sessions = 40_000, 20_000
    start = rng.integers(0, n_items, n_sessions)
    sessions = list((start[:, None] + np.arange(4) * 7) % n_items)
    tracemalloc.start()
    model = SequentialRecommender().fit(sessions)
    items, _ = model.recommend(sessions[:300], 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert items.shape == (300, 5)
    assert peak < n_items**2 / 4  # bytes: a dense matrix has 16 times as many


@pytest.mark.parametrize(
    "weights", [(1, 1, 1), (1, 1, 1, -1), (0, 0, 0, 0), "abc", (1, 1, 1, np.nan)]
)
def test_bad_blend_weights(weights):
    model = SequentialRecommender(blend_weights=np.array(weights))
    with pytest.raises(ValueError, match="four numbers, not negative"):
        model.fit([[0, 1]])


def test_bad_sessions():
    with pytest.raises(ValueError, match="item ids from 0 on"):
        SequentialRecommender().fit([[0, -3]])
    model = SequentialRecommender().fit([[0, 1], [1, 2]])
    with pytest.raises(ValueError, match="3 features"):
        model.recommend(np.eye(2))
    with pytest.raises(NotFittedError):
        SequentialRecommender().recommend([[0]])
    with pytest.raises(ValueError, match="k must be"):
        model.recommend([[0]], 0)


def test_a_singular_system_has_a_small_solution():
    model = SequentialRecommender("linear", l2=1e-30, unordered_share=0.0, n_terms=3)
    X = np.array([[1.0, 1, 2]] * 3, dtype=np.float32)
    assert np.abs(model.fit(X).linear_weights_.toarray()).max() < 1
    sessions = [[0, 1, 2, 3]] * 2
    assert np.isfinite(model.set_params(l2=1e-3).fit(sessions).predict(sessions)).all()


def test_checkerboard_is_found_without_order_by_sets():
    X = checkerboard()
    items, _ = SequentialRecommender().fit(X).recommend(X, 2)
    assert_array_equal(items[:, 0], np.arange(20))


@pytest.mark.realdata
@pytest.mark.skipif(
    "SKTRANSFER_DATA" not in os.environ, reason="SKTRANSFER_DATA is not set"
)
def test_next_clicks_of_shop_sessions():
    train = load_yoochoose().sequences
    test = load_yoochoose(subset="test").sequences
    known = [s[:t] for s in test for t in range(1, len(s))]
    following = np.array([i for s in test for i in s[1:]])
    items, _ = SequentialRecommender().fit(train).recommend(known, 20)
    assert recall_at_k(following, items, 20) >= 0.69
    assert mrr_at_k(following, items, 20) >= 0.37
