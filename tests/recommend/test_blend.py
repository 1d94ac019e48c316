"""Sums of standardised scores."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse
from scipy.stats import zscore
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from sktransfer.recommend import (
    BlendRecommender,
    EASERecommender,
    ItemKNNRecommender,
    LocalEASERecommender,
)


class TestBlend(RecommenderLaws):
    grid: ClassVar = {"weights": [[1.0, 0.0], [0.2, 0.8]]}

    def model(self):
        return BlendRecommender([ItemKNNRecommender(), EASERecommender(l2=2.0)])


class Flat(BaseEstimator):
    """The same score for every item."""

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return np.full(X.shape, 0.1)


class Given(Flat):
    """Scores as they are given."""

    def __init__(self, scores=None):
        self.scores = scores

    def predict(self, X):
        return self.scores


def test_scores_of_a_row_get_mean_0_and_deviation_1():
    scores = np.array([[1.0, 2, 3], [5, 5, 5], [0, 0, 0], [1e9, 1e9, 1e9]])
    step = np.sqrt(1.5)
    expected = [[-step, 0, step], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    X = np.ones((4, 3))

    def standardized(scores, X=X):
        model = BlendRecommender([Given(scores)]).fit(X[:1])
        return model.component_scores(X[: len(scores)])[0]

    assert_allclose(standardized(scores), expected)
    assert_allclose(standardized(1e-9 * scores), expected, atol=1e-9)
    # equal but for rounding
    for value in (0.1, 0.7, 123.4):
        equal = np.full((1, 7), value)
        assert np.abs(standardized(equal, np.ones((1, 7)))).max() < 1e-12
    single = scores.astype(np.float32), X.astype(np.float32)
    assert standardized(*single).dtype == np.float32
    assert_allclose(standardized(*single), expected, atol=1e-6)


def test_scores_are_the_weighted_sum(rng):
    X = random_interactions(rng)
    parts = [ItemKNNRecommender(), EASERecommender(l2=2.0)]
    model = BlendRecommender(parts, weights=[2, 0.5]).fit(X)
    expected = [zscore(p.fit(X).predict(X), axis=1) for p in parts]
    assert_allclose(model.component_scores(X), expected)
    assert_allclose(model.predict(X), 2 * expected[0] + 0.5 * expected[1])
    assert_array_equal(model.weights_, [2, 0.5])
    equal = BlendRecommender(parts).fit(X)
    assert_allclose(equal.predict(X), (expected[0] + expected[1]) / 2)


def test_the_unit_of_scores_does_not_matter(rng):
    X = random_interactions(rng)
    a = EASERecommender(l2=2.0).fit(X)

    class Scaled(Flat):
        def predict(self, X):
            return 7 + 1000 * a.predict(X)

    one = BlendRecommender([ItemKNNRecommender(), EASERecommender(l2=2.0)]).fit(X)
    other = BlendRecommender([ItemKNNRecommender(), Scaled()]).fit(X)
    assert_allclose(other.predict(X), one.predict(X), atol=1e-9)


def test_equal_scores_do_not_count(rng):
    X = random_interactions(rng)
    model = BlendRecommender([EASERecommender(l2=2.0), Flat()]).fit(X)
    alone = BlendRecommender([EASERecommender(l2=2.0)]).fit(X)
    assert_allclose(model.predict(X), alone.predict(X) / 2)


def test_many_items_are_regressed_on_few():
    few, many = (
        BlendRecommender().with_estimators(sparse.csr_array((2, n))).estimators
        for n in (10_000, 10_001)
    )
    assert isinstance(few[1], EASERecommender)
    assert isinstance(many[1], LocalEASERecommender)


def test_random_walks_are_left_out_where_they_cannot_go(rng):
    X = random_interactions(rng)
    model = BlendRecommender().fit(X)
    assert_allclose(model.weights_, [0.4, 0.4, 0.2])
    assert model.estimators_[2].similarity == "rp3beta"
    X.data[3] = -1.0  # a dislike
    for given in (X, X.toarray()):
        model = BlendRecommender().fit(given)
        assert_allclose(model.weights_, [0.5, 0.5])
        assert len(model.estimators_) == 2
        assert np.isfinite(model.predict(given)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimators": []}, "a recommender at least"),
        ({"weights": [1.0]}, "3 finite numbers"),
        ({"weights": [1.0, -1.0, 1.0]}, "3 finite numbers"),
        ({"weights": [0.0, 0.0, 0.0]}, "one above 0"),
        ({"weights": [1.0, np.nan, 1.0]}, "finite"),
        ({"estimators": "ease"}, "estimators"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        BlendRecommender(**options).fit(checkerboard())


def test_parts_learn_from_interactions_alone():
    model = BlendRecommender([EASERecommender(), LogisticRegression()])
    with pytest.raises(TypeError, match=r"BlendRecommender takes .* whose fit needs y"):
        model.fit(checkerboard())


def test_weights_of_rows_need_estimators_that_take_them():
    X = sparse.csr_array(checkerboard())
    model = BlendRecommender([EASERecommender(), Flat()])
    with pytest.raises(ValueError, match="fit of Flat does not take"):
        model.fit(X, sample_weight=np.ones(20))
