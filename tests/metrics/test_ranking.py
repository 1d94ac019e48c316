"""Ranking metrics, by hand and beside scikit-learn."""

import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import ndcg_score
from sklearn.model_selection import GridSearchCV, cross_validate

from sktransfer.metrics import (
    coverage_at_k,
    make_ranking_scorer,
    mrr_at_k,
    ndcg_at_k,
    recall_at_k,
)
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import EASERecommender

METRICS = [ndcg_at_k, recall_at_k, mrr_at_k]


def first(scores, k):
    """Columns of the largest scores of each row, the largest first."""
    return np.argsort(-np.asarray(scores), axis=1, kind="stable")[:, :k]


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
    items = first(scores, min(k, 20))
    assert_allclose(
        ndcg_at_k(sparse.csr_array(Y), items, k), ndcg_score(Y, scores, k=k)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_forms_of_relevance_agree(metric, rng):
    relevant = rng.integers(0, 9, 25)
    dense = np.eye(9)[relevant]
    items = first(rng.normal(size=(25, 9)), 4)
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
    items = first(rng.normal(size=Y.shape), 8)
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
    best = first(Y, 15)
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


# pytrec_eval-terrier 0.5.11 (trec_eval) on random rankings and graded relevance
GOLDEN_Y = [
    [1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 2],
    [0, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0],
    [0, 0, 1, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 2, 1, 0, 0, 0, 2, 0],
    [3, 0, 0, 1, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0, 0, 1],
    [0, 3, 0, 0, 1, 0, 0, 2, 0, 0, 2, 2, 0, 0, 3, 3, 0, 0, 0, 0],
    [0, 0, 0, 0, 2, 1, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 1, 0, 3, 0, 0, 3, 0, 0, 1, 0],
    [0, 0, 0, 0, 1, 3, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2],
    [0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 2],
    [2, 0, 2, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3],
    [0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 3, 1, 0, 0, 3, 0, 0, 0, 0, 0],
]
GOLDEN_ITEMS = [
    [0, 18, 9, 17, 19, 4, 7, 1, 3, 6, 10, 12, 2, 13, 15],
    [12, 18, 17, 13, 1, 16, 10, 8, 7, 2, 0, 19, 9, 11, 14],
    [19, 12, 18, 14, 6, 15, 5, 9, 10, 0, 1, 3, 17, 11, 4],
    [7, 4, 11, 6, 2, 15, 1, 13, 8, 14, 19, 16, 3, 5, 9],
    [8, 1, 18, 9, 3, 10, 7, 4, 12, 6, 15, 2, 19, 5, 13],
    [15, 12, 13, 16, 18, 9, 17, 1, 8, 3, 10, 11, 19, 14, 0],
    [5, 13, 11, 9, 1, 2, 3, 15, 4, 17, 0, 10, 16, 18, 12],
    [0, 11, 17, 1, 19, 7, 18, 10, 5, 12, 4, 2, 16, 9, 6],
    [2, 10, 18, 9, 11, 5, 0, 13, 8, 19, 3, 15, 6, 7, 1],
    [11, 19, 12, 5, 1, 6, 7, 0, 3, 2, 9, 13, 14, 16, 8],
    [10, 16, 2, 1, 7, 15, 14, 19, 8, 17, 13, 3, 12, 11, 4],
    [15, 4, 19, 16, 13, 10, 17, 7, 0, 18, 8, 6, 14, 12, 11],
]
GOLDEN = [
    (
        ndcg_at_k,
        5,
        [
            0.2804958017,
            0.510099936,
            0.2596478347,
            0.0,
            0.2357779149,
            0.0,
            0.4160703785,
            0.1272670051,
            0.0984370389,
            0.0,
            0.2670858305,
            0.1651433454,
        ],
    ),
    (
        ndcg_at_k,
        10,
        [
            0.4233114685,
            0.510099936,
            0.3514337717,
            0.0402865,
            0.3953598218,
            0.1251488556,
            0.52155966,
            0.3344090716,
            0.3957344973,
            0.277814868,
            0.4493464096,
            0.3049970602,
        ],
    ),
    (
        recall_at_k,
        5,
        [
            0.5,
            0.75,
            0.3333333333,
            0.0,
            0.1428571429,
            0.0,
            0.1666666667,
            0.2,
            0.2,
            0.0,
            0.5,
            0.2,
        ],
    ),
    (
        recall_at_k,
        10,
        [
            0.75,
            0.75,
            0.5,
            0.1428571429,
            0.5714285714,
            0.25,
            0.3333333333,
            0.6,
            0.8,
            0.5,
            0.75,
            0.4,
        ],
    ),
    (
        mrr_at_k,
        15,
        [
            1.0,
            1.0,
            0.3333333333,
            0.125,
            0.5,
            0.1666666667,
            1.0,
            0.2,
            0.3333333333,
            0.125,
            1.0,
            0.5,
        ],
    ),
]


@pytest.mark.parametrize(("metric", "k", "expected"), GOLDEN)
def test_values_are_those_of_trec_eval(metric, k, expected):
    found = metric(GOLDEN_Y, GOLDEN_ITEMS, k, average=None)
    assert_allclose(found, expected, atol=1e-9)


class TestScorer:
    @pytest.fixture
    def parts(self, rng):
        X = sparse.csr_array((rng.random((60, 15)) < 0.4).astype(float))
        return split_interactions(X, random_state=0)

    def test_is_the_metric_of_what_is_recommended(self, parts):
        X_in, X_out = parts
        model = EASERecommender(l2=5.0).fit(X_in)
        for metric in METRICS:
            items, _ = model.recommend(X_in, 4)
            expected = metric(X_out, items, 4)
            assert make_ranking_scorer(metric, k=4)(model, X_in, X_out) == expected
        assert make_ranking_scorer()(model, X_in, X_out) == model.score(X_in, X_out)
        few = [1, 5, 7]
        items, _ = model.recommend(X_in, 2, candidates=few, exclude_seen=False)
        scorer = make_ranking_scorer(k=2, candidates=few, exclude_seen=False)
        assert scorer(model, X_in, X_out) == ndcg_at_k(X_out, items, 2)
        strict = make_ranking_scorer(partial(recall_at_k, zero_division=0.0), k=3)
        assert 0 < strict(model, X_in, X_out) < 1

    @pytest.mark.parametrize("routing", [False, True])
    def test_searches_and_cross_validation(self, parts, routing):
        X_in, X_out = parts
        scoring = {
            "recall": make_ranking_scorer(recall_at_k, k=5),
            "mrr": make_ranking_scorer(mrr_at_k, k=5),
        }
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                EASERecommender(),
                {"l2": [1.0, 50.0]},
                scoring=scoring,
                refit="recall",
                cv=3,
                error_score="raise",
            ).fit(X_in, X_out)
            single = GridSearchCV(
                EASERecommender(), {"l2": [1.0, 50.0]}, scoring=scoring["recall"], cv=3
            ).fit(X_in, X_out)
            results = cross_validate(  # which takes no sparse y
                search.best_estimator_, X_in, X_out.toarray(), scoring=scoring, cv=3
            )
        assert single.best_score_ == search.best_score_
        assert results["test_recall"].mean() == pytest.approx(search.best_score_)
        assert (results["test_mrr"] > 0).all()

    def test_pickle_and_clone(self, parts):
        X_in, X_out = parts
        model = EASERecommender().fit(X_in)
        scorer = make_ranking_scorer(mrr_at_k, k=3)
        expected = scorer(model, X_in, X_out)
        for again in (pickle.loads(pickle.dumps(scorer)), clone(scorer)):
            assert again(model, X_in, X_out) == expected

    def test_errors(self, parts):
        X_in, X_out = parts
        with pytest.raises(ValueError, match="metric must be a callable"):
            make_ranking_scorer("ndcg")
        for k in (0, 2.5, True):
            with pytest.raises(ValueError, match="k must be an integer"):
                make_ranking_scorer(k=k)
        model = EASERecommender().fit(X_in)
        with pytest.raises(ValueError, match="one finite value; got nan"):
            make_ranking_scorer()(model, X_in, 0 * X_out)
        rows = make_ranking_scorer(partial(ndcg_at_k, average=None))
        with pytest.raises(ValueError, match="one finite value"):
            rows(model, X_in, X_out)
