"""Recommenders written by others: by the base class, or without it."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sktransfer.datasets import make_market_interactions
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import (
    BaseRecommender,
    BlendRecommender,
    EASERecommender,
    TransferRecommender,
)


class CoCounts(BaseRecommender):
    """Items that were taken together with those of the user."""

    def __init__(self, power=0.5):
        self.power = power

    def fit_interactions(self, X, sample_weight):
        X = np.asarray(X.todense()) if hasattr(X, "todense") else X
        counts = X.T @ (sample_weight[:, None] * X)
        size = np.maximum(np.diag(counts), 1) ** self.power
        self.together_ = (counts / size).astype(X.dtype)
        np.fill_diagonal(self.together_, 0)

    def score_items(self, X):
        return np.asarray(X @ self.together_)


class DuckCounts(BaseEstimator):
    """The same without the base class, in one call of fit and predict."""

    def fit(self, X, y=None, sample_weight=None):
        weights = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        self.model_ = CoCounts().fit(X, sample_weight=weights)
        return self

    def predict(self, X):
        return self.model_.predict(X)


class TestCoCounts(RecommenderLaws):
    grid: ClassVar = {"power": [0.0, 1.0]}

    def model(self):
        return CoCounts()


@pytest.fixture
def shop():
    return make_market_interactions(n_users=(300, 80), n_items=40)


@pytest.mark.parametrize("part", [CoCounts(), DuckCounts()])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weighting": "item"},
        {"fusion": "scores", "weighting": "similarity"},
        {"fusion": "both", "weighting": {2: 0.3}},
        {"stacking": LogisticRegression(), "weighting": "similarity"},
    ],
)
def test_a_recommender_of_others_learns_from_markets(shop, part, options):
    X, d = shop.data, shop.sample_domain
    model = TransferRecommender(part, **options).fit(X, sample_domain=d)
    items, scores = model.recommend(X[d < 0], 5)
    assert (items[:, 0] >= 0).all()
    assert np.isfinite(scores[:, 0]).all()
    if options == {}:
        assert set(model.validation_scores_) >= {"target", "similarity", "both"}


def test_it_is_weighted_like_any_other(shop):
    X, d = shop.data, shop.sample_domain
    model = TransferRecommender(CoCounts(), weighting={2: 0.3}, catalogue="all")
    model.fit(X, sample_domain=d)
    alone = CoCounts().fit(X, sample_weight=np.where(d < 0, 1, 0.3))
    assert_allclose(model.predict(X), alone.predict(X), rtol=1e-5)


@pytest.mark.parametrize("part", [CoCounts(), DuckCounts()])
def test_it_is_a_part_of_a_blend(shop, part):
    X, d = shop.data, shop.sample_domain
    blend = BlendRecommender([EASERecommender(), part], weights=[0.0, 2.0]).fit(X)
    scores = CoCounts().fit(X).predict(X)
    scores = scores - scores.mean(axis=1, keepdims=True)
    assert_allclose(
        blend.predict(X), 2 * scores / scores.std(axis=1, keepdims=True), atol=1e-3
    )
    model = TransferRecommender(blend, fusion="scores").fit(X, sample_domain=d)
    assert (model.recommend(X[d < 0], 3)[0] >= 0).all()


def test_its_parameters_are_searched(shop):
    X_in, X_out = split_interactions(shop.data, random_state=0)
    grid = {"estimator__power": [0.0, 0.5, 1.0]}
    model = TransferRecommender(CoCounts(), weighting="similarity")
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X_in, X_out)
    assert search.best_score_ > 0


class PartsOfRows(BaseEstimator):
    """A blend by the names of its methods alone."""

    def __init__(self, power=1.0):
        self.power = power

    def with_estimators(self, X):
        return clone(self).set_params(power=X.shape[1])  # as any default of data

    def fit(self, X, y=None, sample_weight=None):
        self.estimators_ = [
            CoCounts(p).fit(X, sample_weight=sample_weight) for p in (0.0, 0.5)
        ]
        return self

    def component_scores(self, X):
        return [e.predict(X) for e in self.estimators_]

    def predict(self, X):
        return sum(self.component_scores(X))


def test_a_blend_of_others_is_added_part_by_part(shop):
    X, d = shop.data, shop.sample_domain
    options = {"weighting": {2: 0.25}, "catalogue": "all"}
    model = TransferRecommender(PartsOfRows(), fusion="scores", **options)
    model.fit(X, sample_domain=d)
    assert model.estimator_.power == X.shape[1]
    assert len(model.estimator_.estimators_) == 2
    markets = [PartsOfRows().fit(X[rows]).predict(X) for rows in (d < 0, d == 2)]
    assert_allclose(model.predict(X), markets[0] + 0.5 * markets[1], rtol=1e-4)
    model.set_params(stacking=LogisticRegression(max_iter=2000), fusion="rows")
    model.fit(X, sample_domain=d)
    # scores of two models, of which each is a sum and two parts
    n_scores = 2 * (1 + 2)
    n_features = n_scores + 2 * 3 + 2 + 2
    assert model.stacker_.classifier_.n_features_in_ == n_features


class TestBadParts:
    def test_hooks_that_are_missing(self):
        class Nothing(BaseRecommender):
            pass

        class Silent(BaseRecommender):
            def fit_interactions(self, X, sample_weight):
                pass

        with pytest.raises(NotImplementedError, match="must define fit_interactions"):
            Nothing().fit(checkerboard())
        with pytest.raises(NotImplementedError, match="Silent must define score_items"):
            Silent().fit(checkerboard()).predict(checkerboard())

    def test_scores_of_another_shape(self):
        class Short(CoCounts):
            def score_items(self, X):
                return super().score_items(X)[:, :3]

        with pytest.raises(ValueError, match=r"shape of X, \(20, 20\); got \(20, 3\)"):
            Short().fit(checkerboard()).recommend(checkerboard())

    def test_predictions_of_another_shape(self):
        class Classes(BaseEstimator):
            def fit(self, X, y=None):
                return self

            def predict(self, X):
                return np.zeros(X.shape[0])

        for model in (BlendRecommender([Classes()]), TransferRecommender(Classes())):
            with pytest.raises(ValueError, match="must score every item for each row"):
                model.fit(checkerboard()).predict(checkerboard())

    def test_parameters_are_checked_where_they_are_declared(self):
        from numbers import Real

        from sklearn.utils._param_validation import Interval

        class Checked(CoCounts):
            _parameter_constraints: ClassVar = {
                "power": [Interval(Real, 0, 1, closed="both")]
            }

        with pytest.raises(ValueError, match="power of Checked must be"):
            Checked(power=2.0).fit(checkerboard())


def test_scores_that_are_read_only_or_integers():
    class Ranks(BaseRecommender):
        def fit_interactions(self, X, sample_weight):
            self.rank_ = np.arange(X.shape[1])

        def score_items(self, X):
            return np.broadcast_to(self.rank_, X.shape)

    X = checkerboard()
    model = Ranks().fit(X)
    items, _ = model.recommend(X, 2)
    unseen = np.where(X.toarray() > 0, -1, np.arange(20))
    assert_array_equal(items, np.argsort(-unseen, axis=1)[:, :2])
    assert_array_equal(model.rank_, np.arange(20))
    blend = BlendRecommender([Ranks()]).fit(X)
    assert_array_equal(blend.recommend(X, 2)[0], items)
    d = np.where(np.arange(20) % 2, 1, -1)
    X = random_interactions(np.random.default_rng(0), 20, 8)
    model = TransferRecommender(Ranks(), fusion="scores", weighting={1: 0.3})
    model.fit(X, sample_domain=d)
    assert_allclose(model.predict(X)[0], (1 + np.sqrt(0.3)) * np.arange(8), rtol=1e-6)
