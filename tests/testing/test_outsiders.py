"""Parts that an outsider would write: public names only, and few lines."""

from dataclasses import replace

import numpy as np
import pytest
from plain_parts import (
    PlainAlignment,
    PlainMapper,
    PlainRecommender,
    PlainStrategy,
    PlainWeighter,
)
from scipy import sparse
from sklearn import config_context
from sklearn.base import OneToOneFeatureMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer import TransferClassifier, TransferRecommender, TransferRegressor
from sktransfer.base import (
    Alignment,
    BaseRecommender,
    DomainMapper,
    InstanceWeighter,
    Strategy,
)
from sktransfer.datasets import make_market_interactions
from sktransfer.model_selection import TargetKFold, split_interactions
from sktransfer.testing import (
    check_alignment,
    check_mapper,
    check_recommender,
    check_strategy,
    check_weighter,
)


class TiltWeighter(InstanceWeighter):
    """Weights that grow exponentially towards the mean of the target."""

    def __init__(self, strength=0.1):
        self.strength = strength

    def raw_weights(self, X, y, sample_domain):
        source, target = X[sample_domain > 0], X[sample_domain < 0]
        self.direction_ = np.ravel(target.mean(axis=0) - source.mean(axis=0))
        return self.raw_scores(source)

    def raw_scores(self, X):
        return np.exp(self.strength * (X @ self.direction_))


class MeanRatioMapper(OneToOneFeatureMixin, DomainMapper):
    """Multiplies columns of the source by the ratio of the means."""

    def learn_map(self, X, y, sample_domain):
        self.ratio_ = np.ones(X.shape[1])
        if sample_domain is not None:
            one = np.ravel(X[sample_domain > 0].mean(axis=0))
            other = np.ravel(X[sample_domain < 0].mean(axis=0))
            np.divide(other, one, out=self.ratio_, where=one > 0)

    def apply_map(self, X, sample_domain):
        if sample_domain is None:
            return X
        ratio = np.where(sample_domain[:, None] > 0, self.ratio_, 1).astype(X.dtype)
        return X.multiply(ratio).tocsr() if sparse.issparse(X) else X * ratio


class TogetherRecommender(BaseRecommender):
    """Counts users who took both items."""

    def __init__(self, power=1.0):
        self.power = power

    def fit_interactions(self, X, sample_weight):
        counts = X.T @ (sparse.diags_array(sample_weight) @ X)
        counts = counts.toarray() if sparse.issparse(counts) else counts
        np.fill_diagonal(counts, 0)
        self.counts_ = counts**self.power

    def score_items(self, X):
        return X @ self.counts_


class HeavierTarget(Strategy):
    """Trains on all labelled rows, those of the target with more weight."""

    def __init__(self, factor=5.0):
        self.factor = factor

    def fit_model(self, estimator, rows):
        weights = np.where(rows.target, self.factor, 1.0)
        if rows.weights is not None:
            weights = weights * rows.weights
        return replace(rows, weights=weights).fit(estimator)


class LeastSquares(Alignment):
    """Least squares from the source to the target."""

    def fit_maps(self, X, Y, sample_weight=None):
        w = np.ones((len(X), 1)) if sample_weight is None else sample_weight[:, None]
        self.map_ = np.linalg.lstsq(np.sqrt(w) * X, np.sqrt(w) * Y, rcond=None)[0]

    def apply_map(self, rows, side):
        mapped = rows @ self.map_ if side == "source" else rows
        return mapped.astype(rows.dtype)


@pytest.fixture
def shifted(rng):
    X = rng.normal(size=(120, 3)) ** 2 + 0.5 * (np.arange(120) >= 60)[:, None]
    y = np.where(X[:, 0] > X[:, 1], "good", "bad")
    return X, y, np.repeat([1, -1], 60)


@pytest.mark.parametrize(
    ("check", "part"),
    [
        (check_weighter, TiltWeighter()),
        (check_mapper, MeanRatioMapper()),
        (check_recommender, TogetherRecommender()),
        (check_strategy, HeavierTarget()),
        (check_alignment, LeastSquares()),
    ],
    ids=lambda v: getattr(v, "__name__", type(v).__name__),
)
def test_parts_on_a_base_keep_the_laws(check, part):
    check(part)


@parametrize_with_checks([TiltWeighter(), MeanRatioMapper(), TogetherRecommender()])
def test_and_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_the_weighter_gives_the_weights_of_its_formula(shifted):
    X, y, d = shifted
    w = TiltWeighter(0.3).fit(X, y, sample_domain=d)
    raw = np.exp(0.3 * X[d > 0] @ (X[d < 0].mean(axis=0) - X[d > 0].mean(axis=0)))
    np.testing.assert_allclose(w.weights_[d > 0], raw / raw.mean())
    assert (w.score_samples(X) <= w.weights_.max() * (1 + 1e-12)).all()


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    ("weighter", "mapper", "strategy"),
    [
        (TiltWeighter(), MeanRatioMapper(), HeavierTarget()),
        (PlainWeighter(), PlainMapper(), PlainStrategy()),
    ],
    ids=["bases", "duck typing"],
)
def test_parts_work_together_in_a_search(shifted, routing, weighter, mapper, strategy):
    X, y, d = shifted
    model = TransferClassifier(
        LogisticRegression(),
        mapper=mapper,
        weighter=weighter,
        strategy=strategy,
        target_labels="use",
    )
    grid = {
        "weighter__strength": [0.1, 1.0],
        "mapper": [None, mapper],
        "strategy": ["pool", strategy],
    }
    with config_context(enable_metadata_routing=routing):
        search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
        extra = {} if routing else {"groups": d}
        search.fit(X, y, sample_domain=d, **extra)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_score_ > 0.7


@pytest.mark.parametrize("strategy", [HeavierTarget(), PlainStrategy()])
def test_strategies_serve_regression(shifted, strategy):
    X, _, d = shifted
    model = TransferRegressor(strategy=strategy, target_labels="use")
    model.fit(X, X[:, 0] + X[:, 1], sample_domain=d)
    np.testing.assert_allclose(model.predict(X), X[:, 0] + X[:, 1], atol=0.2)


def test_the_factor_moves_the_model_towards_the_target(shifted):
    X, _, d = shifted
    y = np.where((X[:, 0] > 1) == (d > 0), "a", "b")  # the other way round there
    scores = [
        TransferClassifier(strategy=HeavierTarget(factor), target_labels="use")
        .fit(X, y, sample_domain=d)
        .score(X[d < 0], y[d < 0])
        for factor in (0.01, 100)
    ]
    assert scores[0] < 0.3 < 0.7 < scores[1]


@pytest.mark.parametrize("recommender", [TogetherRecommender(), PlainRecommender()])
def test_recommenders_serve_several_markets(recommender):
    shop = make_market_interactions(n_users=(60, 30), n_items=20)
    target = np.flatnonzero(shop.sample_domain < 0)
    X_in, X_out = split_interactions(shop.data[target], random_state=0)
    X = sparse.vstack([shop.data[np.flatnonzero(shop.sample_domain > 0)], X_in]).tocsr()
    model = TransferRecommender(recommender, weighting="similarity")
    search = GridSearchCV(recommender, {"power": [0.5, 1.0]}, cv=2, error_score="raise")
    assert search.fit(X_in, X_out.toarray()).best_score_ > 0
    model.fit(X, sample_domain=shop.sample_domain)
    items, scores = model.recommend(X_in, k=3)
    assert items.shape == scores.shape == (30, 3)
    assert 0 < model.score(X_in, X_out) <= 1


def test_alignments_without_a_base_keep_the_laws():
    check_alignment(PlainAlignment())
