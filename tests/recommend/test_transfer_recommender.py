"""TransferRecommender: domains, weights of markets, catalogue."""

import pickle
import warnings
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse
from scipy.stats import zscore
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sktransfer.datasets import load_wsdmcup22, make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import TargetKFold, split_interactions
from sktransfer.recommend import (
    ALSRecommender,
    BlendRecommender,
    EASERecommender,
    ItemKNNRecommender,
    NicheRecommender,
    TransferRecommender,
)


class TestTransfer(RecommenderLaws):
    grid: ClassVar = {"estimator__l2": [0.5, 50.0]}

    def model(self):
        return TransferRecommender(EASERecommender(l2=2.0))


def standardized(scores):
    """Scores of each row with mean 0 and deviation 1."""
    return zscore(scores.astype(float), axis=1)


class Popularity(BaseEstimator):
    """Any estimator with fit and predict, without sample weights."""

    def fit(self, X, y=None):
        self.popularity_ = np.asarray(X.sum(axis=0)).ravel()
        return self

    def predict(self, X):
        return np.tile(self.popularity_, (X.shape[0], 1))


@pytest.fixture
def shop():
    return make_market_interactions(n_users=(500, 80), n_items=60)


@pytest.fixture
def three():
    return make_market_interactions(
        n_users=(150, 120, 60), n_items=40, markets=("en", "es", "de")
    )


def test_without_domains_it_is_the_estimator_alone(shop):
    X = shop.data
    alone = EASERecommender(l2=4.0).fit(X)
    model = TransferRecommender(EASERecommender(l2=4.0), catalogue="all").fit(X)
    assert model.market_weights_ == {}
    assert_array_equal(model.predict(X), alone.predict(X))
    assert_array_equal(model.recommend(X)[0], alone.recommend(X)[0])
    taken = np.asarray(X.sum(axis=0)).ravel() > 0
    known = TransferRecommender(EASERecommender(l2=4.0)).fit(X)
    assert_allclose(known.predict(X)[:, taken], alone.predict(X)[:, taken], atol=1e-6)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_market_weights_are_sample_weights(shop, weight):
    X, d = shop.data, shop.sample_domain
    model = TransferRecommender(
        EASERecommender(l2=4.0), weighting={2: weight}, catalogue="all"
    ).fit(X, sample_domain=d)
    alone = EASERecommender(l2=4.0).fit(X, sample_weight=np.where(d < 0, 1, weight))
    assert_allclose(model.predict(X), alone.predict(X), atol=1e-6)
    assert model.market_weights_ == {2: weight}


def test_a_copy_of_the_target_counts_fully_and_shuffled_items_count_little(rng):
    D = make_market_interactions(n_users=(2, 1000), n_items=80)
    T = D.data[2:]
    half = rng.permutation(1000) < 500
    strange = T[half][:, rng.permutation(80)]
    X = sparse.vstack([T[half], strange, T[~half]]).tocsr()
    d = np.repeat([1, 2, -3], [half.sum(), half.sum(), (~half).sum()])
    model = TransferRecommender(weighting="similarity")
    weights = model.fit(X, sample_domain=d).market_weights_
    assert weights[1] > 0.9
    assert weights[2] < 0.15


def test_strangers_weigh_nothing_and_it_is_said():
    X = checkerboard()
    d = np.where(np.arange(20) % 2 == 0, 1, -2)
    both = sparse.vstack([X, sparse.csr_array([[1.0] + [0.0] * 18 + [1.0]])]).tocsr()
    d = np.append(d, 1)  # one source user took an item of the target
    with pytest.warns(UserWarning, match="No source market resembles the target"):
        model = TransferRecommender(EASERecommender()).fit(both, sample_domain=d)
    assert model.market_weights_ == {1: 0.0}
    target = EASERecommender().fit(X[1::2])
    assert_allclose(
        model.predict(X[1::2])[:, 1::2], target.predict(X[1::2])[:, 1::2], atol=1e-6
    )


@pytest.mark.parametrize(("shift", "least"), [(0.0, 0.04), (0.05, 0.02), (0.6, -0.01)])
def test_never_much_below_the_target_alone_and_above_where_tastes_agree(shift, least):
    shop = make_market_interactions(taste_shift=shift)
    X, d = shop.data, shop.sample_domain
    seen, hidden = split_interactions(X[d < 0], random_state=0)
    train = sparse.vstack([X[d > 0], seen]).tocsr()
    model = TransferRecommender(catalogue=shop.catalogue["de"])
    only, _ = clone(model).fit(seen).recommend(seen)
    with warnings.catch_warnings():
        if shift == 0.6:
            warnings.filterwarnings("ignore", "No source market resembles")
        model.fit(train, sample_domain=np.sort(d)[::-1])
    items, _ = model.recommend(seen)
    assert ndcg_at_k(hidden, items) > ndcg_at_k(hidden, only) + least


@pytest.mark.parametrize("options", [{"weighting": "similarity"}, {}])
def test_order_of_rows_does_not_matter(shop, rng, options):
    X, d = shop.data, shop.sample_domain
    order = rng.permutation(len(d))
    model = TransferRecommender(**options).fit(X, sample_domain=d)
    again = TransferRecommender(**options).fit(X[order], sample_domain=d[order])
    assert_allclose(again.predict(X), model.predict(X), atol=1e-5)


def test_candidates_that_only_other_markets_sold(rng):
    # two tastes of 20 items; the target sells the first 15 of each
    taste = np.repeat([0, 1], 20)
    sold = np.arange(40) % 20 < 15
    X = (
        rng.random((400, 40))
        < np.where(taste == np.arange(400)[:, None] % 2, 0.4, 0.02)
    ).astype(float)
    d = np.repeat([1, -1], 200)
    X[d < 0] *= sold
    model = TransferRecommender(weighting={1: 1.0}).fit(X, sample_domain=d)
    users = X[d < 0]
    items, _ = model.recommend(users, 20, candidates=np.arange(40), exclude_seen=False)
    own = np.mean(taste[items] == np.arange(200)[:, None] % 2)
    assert own > 0.95
    unsold = ~sold[items]
    assert 0.1 < unsold.mean() < 0.4  # 10 of 40: neither drowned nor always ahead
    assert (model.recommend(users, 40)[0] < 0).sum(axis=1).min() >= 10
    # after all that the target has sold where the market does not count
    model.set_params(weighting={1: 0.0})
    model.fit(X, sample_domain=d)
    items, _ = model.recommend(users, 40, candidates=np.arange(40), exclude_seen=False)
    assert_array_equal(sold[items], np.tile(np.arange(40) < 30, (200, 1)))


def test_catalogue(shop):
    X, d = shop.data, shop.sample_domain
    sold = np.asarray(X[d < 0].sum(axis=0)).ravel() > 0
    assert not sold.all()
    users = X[d < 0]
    model = TransferRecommender().fit(X, sample_domain=d)
    assert_array_equal(model.catalogue_, sold)
    assert_array_equal(model.columns_, np.flatnonzero(sold))
    scores = model.predict(users)
    assert_array_equal(np.isfinite(scores), np.tile(sold, (80, 1)))
    items, _ = model.recommend(users, 60)
    assert set(np.unique(items)) == {-1, *np.flatnonzero(sold)}
    # candidates are served although the target has not sold them yet
    items, _ = model.recommend(users, 60, candidates=np.flatnonzero(~sold))
    elsewhere = np.asarray(X[d > 0].sum(axis=0)).ravel() > 0
    assert set(np.unique(items)) == {-1, *np.flatnonzero(~sold & elsewhere)}
    model.set_params(catalogue=sold).fit(X, sample_domain=d)
    items, _ = model.recommend(users, 3, candidates=np.flatnonzero(~sold))
    assert (items == -1).all()

    everything = TransferRecommender(catalogue="all").fit(X, sample_domain=d)
    assert np.isfinite(everything.predict(users)).all()
    few = np.array([3, 1, 10])
    for catalogue in (few, few.tolist(), np.isin(np.arange(60), few)):
        model = TransferRecommender(catalogue=catalogue).fit(X, sample_domain=d)
        items, _ = model.recommend(users, 5, exclude_seen=False)
        assert set(np.unique(items)) == {-1, 1, 3, 10}
        # what target users hold is still learned from
        assert set(np.flatnonzero(sold)) <= set(model.columns_)


def test_source_interactions_outside_the_catalogue_are_not_read(shop, rng):
    X, d = shop.data.copy(), shop.sample_domain
    sold = np.asarray(X[d < 0].sum(axis=0)).ravel() > 0
    expected = TransferRecommender().fit(X, sample_domain=d).predict(X[d < 0])
    X.data[~sold[X.indices]] = 77
    found = TransferRecommender().fit(X, sample_domain=d).predict(X[d < 0])
    assert_array_equal(found, expected)


def test_several_target_markets_are_one_target(three):
    X = three.data
    d = np.where(three.market == "en", 1, np.where(three.market == "es", -2, -3))
    joined = TransferRecommender().fit(X, sample_domain=np.where(d < 0, -2, 1))
    model = TransferRecommender().fit(X, sample_domain=d)
    assert_array_equal(model.predict(X), joined.predict(X))
    assert list(model.market_weights_) == [1]


def test_target_rows_alone(shop):
    X = shop.data[shop.sample_domain < 0]
    model = TransferRecommender().fit(X, sample_domain=np.full(80, -1))
    assert_array_equal(model.predict(X), TransferRecommender().fit(X).predict(X))


@pytest.mark.parametrize("estimator", [EASERecommender(l2=4.0), BlendRecommender()])
def test_items_that_the_target_knows_little_of_are_lent(three, estimator):
    X, d = three.data, three.sample_domain
    d = np.where(d > 0, 2, d)
    T = X[d < 0].multiply(np.arange(40) != 3).tocsr()  # item 3 is new to it
    X = sparse.vstack([X[d > 0], T]).tocsr()
    d = np.sort(d)[::-1]
    options = {"weighting": "item", "catalogue": "all", "popularity_weight": 0.0}
    model = TransferRecommender(estimator, **options).fit(X, sample_domain=d)
    n = np.asarray(T.sum(axis=0)).ravel()
    assert_allclose(model.item_shares_, 10 / (10 + n), rtol=1e-6)
    assert model.item_shares_[3] == 1
    assert model.market_weights_ == {2: 1.0}
    lent = standardized(clone(estimator).fit(X).predict(T))
    own = standardized(clone(estimator).fit(T).predict(T))
    scores = model.predict(T)
    share = 10 / (10 + n)
    assert_allclose(scores, share * lent + (1 - share) * own, atol=1e-5)
    plain = model.set_params(weighting="similarity").fit(X, sample_domain=d)
    assert plain.item_shares_ is None


def test_shares_by_item_count_weights_and_are_stacked(shop, rng):
    X, d = shop.data, shop.sample_domain
    w = rng.integers(0, 3, len(d))
    keep = np.repeat(np.arange(len(d)), w)
    model = TransferRecommender(weighting="item", popularity_weight=0.2)
    weighted = clone(model).fit(X, sample_weight=w, sample_domain=d)
    repeated = clone(model).fit(X[keep], sample_domain=d[keep])
    assert_allclose(weighted.predict(X[:9]), repeated.predict(X[:9]), atol=1e-5)
    stacked = clone(model).set_params(stacking=LogisticRegression())
    stacked.fit(X, sample_domain=d)
    assert np.isfinite(stacked.predict(X[:9])[:, stacked.catalogue_]).all()


def test_sample_weight_multiplies_market_weight(shop, rng):
    X, d = shop.data, shop.sample_domain
    w = rng.integers(0, 3, len(d))
    keep = np.repeat(np.arange(len(d)), w)
    options = {"weighting": {2: 0.5}, "popularity_weight": 0.2}
    weighted = TransferRecommender(**options).fit(X, sample_weight=w, sample_domain=d)
    repeated = TransferRecommender(**options).fit(X[keep], sample_domain=d[keep])
    assert_allclose(weighted.predict(X[:9]), repeated.predict(X[:9]), atol=1e-6)
    model = TransferRecommender(weighting="similarity")
    thrice = clone(model).fit(X, sample_weight=3 * w, sample_domain=d)
    once = clone(model).fit(X, sample_weight=w, sample_domain=d)
    assert_allclose(thrice.market_weights_[2], once.market_weights_[2], rtol=1e-6)


class TestFusion:
    """One model of the rows of all markets, or the scores of one model for each."""

    @pytest.mark.parametrize(
        "estimator",
        [
            EASERecommender(l2=4.0),
            ItemKNNRecommender(20),
            NicheRecommender(),
            ALSRecommender(4, random_state=0),
            BlendRecommender([EASERecommender(l2=4.0), ALSRecommender(4)]),
            BlendRecommender(),
        ],
    )
    def test_scores_of_markets_are_added_with_roots_of_weights(self, three, estimator):
        X, d = three.data, three.sample_domain
        weights = {2: 0.25, 3: 4.0}
        model = TransferRecommender(
            estimator,
            weighting=weights,
            fusion="scores",
            catalogue="all",
            popularity_weight=0,
        ).fit(X, sample_domain=d)
        markets = [clone(estimator).fit(X[rows]) for rows in (d < 0, d == 2, d == 3)]
        users = X[d < 0]

        def added(models):
            own, first, second = (m.predict(users) for m in models)
            return own + 0.5 * first + 2.0 * second

        if isinstance(estimator, BlendRecommender):
            parts = zip(*(m.estimators_ for m in markets))
            parts = [standardized(added(part)) for part in parts]
            expected = sum(b * p for b, p in zip(markets[0].weights_, parts))
        else:
            expected = added(markets)
        assert_allclose(model.predict(users), expected, atol=1e-4)
        assert model.fusion_ == "scores"
        again = pickle.loads(pickle.dumps(model))
        assert_array_equal(again.predict(users), model.predict(users))

    def test_both_are_the_mean_of_rows_and_scores(self, three):
        X, d = three.data, three.sample_domain
        options = {
            "weighting": {2: 0.5, 3: 0.2},
            "catalogue": "all",
            "popularity_weight": 0,
        }
        rows, scores, both = (
            TransferRecommender(fusion=fusion, **options)
            .fit(X, sample_domain=d)
            .predict(X[d < 0])
            for fusion in ("rows", "scores", "both")
        )
        expected = (standardized(rows) + standardized(scores)) / 2
        assert_allclose(both, expected, atol=1e-5)

    def test_a_copy_of_the_target_changes_nothing(self, three):
        T = three.data[three.sample_domain < 0]
        X = sparse.vstack([T, T]).tocsr()
        d = np.repeat([1, -2], T.shape[0])
        options = {"weighting": None, "popularity_weight": 0}
        model = TransferRecommender(EASERecommender(), fusion="scores", **options)
        alone = EASERecommender().fit(T).predict(T)
        model.set_params(catalogue="all").fit(X, sample_domain=d)
        assert_allclose(model.predict(T), 2 * alone, atol=1e-6)

    @pytest.mark.parametrize("fusion", ["rows", "scores", "both"])
    def test_weights_of_rows_and_markets_without_interactions(self, three, rng, fusion):
        X, d = three.data, three.sample_domain
        w = rng.integers(0, 3, len(d)) * (d != 3)  # nothing is left of a market
        keep = np.repeat(np.arange(len(d)), w)
        model = TransferRecommender(fusion=fusion, weighting={2: 0.5, 3: 1.0})
        model.set_params(popularity_weight=0.2)
        weighted = clone(model).fit(X, sample_weight=w, sample_domain=d)
        model.set_params(weighting={2: 0.5}).fit(X[keep], sample_domain=d[keep])
        shown = weighted.columns_
        expected = model.predict(X[:9])[:, shown]
        assert_allclose(weighted.predict(X[:9])[:, shown], expected, atol=1e-4)

    def test_subclasses_score_in_their_own_way(self, three):
        class Worst(EASERecommender):
            def predict(self, X):
                return -super().predict(X)

        X, d = three.data, three.sample_domain
        options = {"fusion": "scores", "weighting": None, "popularity_weight": 0}
        best, worst = (
            TransferRecommender(estimator(), **options).fit(X, sample_domain=d)
            for estimator in (EASERecommender, Worst)
        )
        shown = best.columns_
        assert_allclose(
            worst.predict(X[:9])[:, shown], -best.predict(X[:9])[:, shown], atol=1e-6
        )

    def test_needs_no_weights_of_rows(self, three):
        X, d = three.data, three.sample_domain
        options = {"weighting": None, "fusion": "scores", "catalogue": "all"}
        model = TransferRecommender(Popularity(), **options).fit(X, sample_domain=d)
        expected = np.asarray(X.sum(axis=0)).ravel()
        assert_allclose(model.predict(X[:2]), [expected] * 2)

    @pytest.mark.parametrize("fusion", ["scores", "both"])
    def test_is_stacked_and_shared_by_item(self, three, fusion):
        X, d = three.data, three.sample_domain
        model = TransferRecommender(
            fusion=fusion, weighting="item", stacking=LogisticRegression(max_iter=1000)
        ).fit(X, sample_domain=d)
        assert np.isfinite(model.predict(X[d < 0])[:, model.catalogue_]).all()
        assert model.fusion_ == fusion

    def test_a_given_way_is_the_only_one_that_is_tried(self, three):
        X, d = three.data, three.sample_domain
        given = TransferRecommender(fusion="rows").fit(X, sample_domain=d)
        assert given.fusion_ == "rows"
        assert "both" not in given.validation_scores_


class Ranks(BaseEstimator):
    """Scores of items that are given, one row without source rows, another with."""

    def __init__(self, alone=None, joined=None):
        self.alone, self.joined = alone, joined

    def fit(self, X, y=None, sample_weight=None):
        joined = X[:, [-1]].sum() > 0  # only source rows hold the last item
        self.scores_ = np.asarray(self.joined if joined else self.alone)
        return self

    def predict(self, X):
        return np.tile(self.scores_, (X.shape[0], 1)).astype(float)


def rigged_markets(n_ahead, seed=0):
    """Markets that rank better among few items, and with few ahead among all."""
    # users take two of the items 0 to 9, nobody 10 to 89, and only the source 90
    rng = np.random.default_rng(seed)
    X = np.zeros((201, 91))
    X[0, [0, 90]] = 1
    for row in X[1:]:
        row[rng.choice(10, 2, replace=False)] = 1
    # alone, a part of what is taken comes first and the rest after 40 others; with
    # the source all of it after some others, which are hardly noticed among few
    alone, joined = np.zeros(91), np.zeros(91)
    alone[:6], alone[6:10], alone[10:50] = 3, 1, 2
    joined[:10], joined[10 : 10 + n_ahead] = 1, 2
    model = TransferRecommender(
        Ranks(alone, joined), catalogue="all", n_negatives=2, fusion="rows"
    )
    return model, X, np.r_[1, np.full(200, -2)]


class TestValidated:
    def test_takes_transfer_where_it_helps(self):
        shop = make_market_interactions(n_users=(1500, 150), n_items=150)
        model = TransferRecommender(EASERecommender(l2=30.0), random_state=2)
        model.fit(shop.data, sample_domain=shop.sample_domain)
        scores = model.validation_scores_
        names = ["target", "both", "scores"]
        names += ["correlation", "similarity", "pooled", "lightly"]
        assert list(scores) == names
        assert max(scores.values()) > scores["target"] + 0.01
        best = max(scores, key=scores.get)
        given = {
            "both": (model.market_similarity_, "both"),
            "scores": (model.market_similarity_, "scores"),
            "correlation": (model.market_similarity_, "rows"),
            "similarity": (
                TransferRecommender(weighting="similarity")
                .fit(shop.data, sample_domain=shop.sample_domain)
                .market_weights_,
                "rows",
            ),
            "lightly": ({2: 0.05}, "rows"),
            "pooled": ({2: 1.0}, "rows"),
        }
        assert (model.market_weights_, model.fusion_) == given[best]
        assert model.popularity_weight_ == 0  # the estimator was given

    def test_what_is_hidden_is_ranked_among_negatives(self, three):
        X, d = three.data, three.sample_domain
        scores = []
        for n in (1, 10, 39, None):
            model = TransferRecommender(EASERecommender(), n_negatives=n)
            model.fit(X, sample_domain=d)
            scores.append(model.candidates_choice_.validation_scores)
        assert scores[2] == scores[3]  # 40 items: no user leaves more than 39
        for name, value in scores[3].items():
            assert scores[0][name] > scores[1][name] > value

    @pytest.mark.parametrize(("n_ahead", "weight"), [(0, 1.0), (12, 0.0)])
    def test_the_whole_catalogue_and_candidates_are_two_choices(self, n_ahead, weight):
        model, X, d = rigged_markets(n_ahead)
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.fit(X, sample_domain=d)
        assert sum(model.market_weights_.values()) == weight
        assert sum(model.candidates_choice_.market_weights.values()) > 0
        alone, joined = model.estimator.alone, model.estimator.joined
        expected = joined if weight else alone
        assert_array_equal(model.predict(X[-1:])[0], expected)
        items, scores = model.recommend(
            X[-1:], 91, candidates=np.arange(91), exclude_seen=False
        )
        assert_array_equal(scores[0], joined[items[0]])
        # a catalogue is not a few candidates
        some = np.arange(1, 90)
        items, scores = model.recommend(X[-1:], 89, catalogue=some, exclude_seen=False)
        assert_array_equal(np.sort(items[0]), some)
        assert_array_equal(scores[0], expected[items[0]])
        both = {"catalogue": some, "candidates": [3, 50, 90], "exclude_seen": False}
        items, scores = model.recommend(X[-1:], 2, **both)
        assert_array_equal(scores[0], np.sort(joined[[3, 50]])[::-1])
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.set_params(n_negatives=None).fit(X, sample_domain=d)
        assert model.candidates_choice_.market_weights == model.market_weights_

    def test_a_worse_market_is_served_to_nobody(self):
        # 40 ahead among 90: worse than the target alone among few items, too
        model, X, d = rigged_markets(40)
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.fit(X, sample_domain=d)
        for weights in (model.market_weights_, model.candidates_choice_.market_weights):
            assert weights == {1: 0.0}

    def test_falls_back_to_the_target_where_it_does_not(self, shop, rng):
        T = shop.data[shop.sample_domain < 0]
        strange = shop.data[shop.sample_domain > 0][:, rng.permutation(60)]
        X = sparse.vstack([strange, T]).tocsr()
        d = np.repeat([1, -2], [500, 80])
        model = TransferRecommender(EASERecommender(l2=30.0))
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.fit(X, sample_domain=d)
        assert model.market_weights_ == {1: 0.0}
        same = TransferRecommender(EASERecommender(l2=30.0)).fit(T)
        assert_allclose(model.predict(T), same.predict(T), atol=1e-6)

    def test_seed(self, shop):
        fits = [
            TransferRecommender(random_state=s).fit(
                shop.data, sample_domain=shop.sample_domain
            )
            for s in (0, 0, 1)
        ]
        a, b, c = (f.validation_scores_ for f in fits)
        assert a == b != c
        assert_array_equal(fits[0].predict(shop.data), fits[1].predict(shop.data))

    def test_few_rows_say_nothing(self):
        X = sparse.csr_array(np.array([[1.0, 1], [1, 0], [0, 1]]))
        model = TransferRecommender()
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.fit(X, sample_domain=[1, -2, -2])
        assert not hasattr(model, "validation_scores_")
        assert model.popularity_weight_ == 0.1
        assert list(model.market_weights_) == [1]
        with (
            pytest.warns(UserWarning, match="No source market resembles"),
            pytest.raises(ValueError, match="it needs 20 such rows"),
        ):
            TransferRecommender(stacking="gradient_boosting").fit(
                X, sample_domain=[1, -2, -2]
            )


class TestLaws:
    """What must hold whatever the markets are."""

    def test_a_market_twice_with_half_the_weight_is_the_market(self, three):
        X, d = three.data, three.sample_domain
        again = sparse.vstack([X, X[d == 2]]).tocsr()
        twice = np.append(d, np.full((d == 2).sum(), 9))
        options = {"popularity_weight": 0.1}
        once = TransferRecommender(weighting={2: 0.6, 3: 0.2}, **options)
        halves = TransferRecommender(weighting={2: 0.3, 9: 0.3, 3: 0.2}, **options)
        once.fit(X, sample_domain=d)
        halves.fit(again, sample_domain=twice)
        users = X[d < 0]
        assert_allclose(halves.predict(users), once.predict(users), atol=1e-4)

    def test_weights_of_zero_are_the_target_alone(self, three):
        X, d = three.data, three.sample_domain
        model = TransferRecommender(weighting={2: 0.0, 3: 0.0})
        model.fit(X, sample_domain=d)
        alone = TransferRecommender().fit(X[d < 0])
        users = X[d < 0]
        assert model.popularity_weight_ == alone.popularity_weight_
        assert_allclose(model.predict(users), alone.predict(users), atol=1e-5)

    def test_order_and_names_of_markets_do_not_matter(self, three):
        X, d = three.data, three.sample_domain
        order = np.concatenate([np.flatnonzero(d == m) for m in (3, 2)])
        order = np.append(order, np.flatnonzero(d < 0))
        swapped = np.where(d == 2, 7, np.where(d == 3, 1, d))
        model = TransferRecommender().fit(X, sample_domain=d)
        again = TransferRecommender().fit(X[order], sample_domain=swapped[order])
        assert again.validation_scores_ == pytest.approx(model.validation_scores_)
        weights = again.market_weights_
        expected = {7: model.market_weights_[2], 1: model.market_weights_[3]}
        assert weights == pytest.approx(expected)
        assert_allclose(again.predict(X), model.predict(X), atol=1e-4)

    def test_items_in_any_order(self, three, rng):
        X, d = three.data, three.sample_domain
        items = rng.permutation(X.shape[1])
        options = {"weighting": "similarity", "popularity_weight": 0.2}
        model = TransferRecommender(**options).fit(X, sample_domain=d)
        again = TransferRecommender(**options).fit(X[:, items], sample_domain=d)
        users = X[d < 0]
        expected = model.predict(users)[:, items]
        assert_allclose(again.predict(users[:, items]), expected, atol=1e-4)


class TestPopularity:
    def test_it_is_added_in_units_of_the_scores_of_a_row(self, shop):
        X, d = shop.data, shop.sample_domain
        options = {"estimator": EASERecommender(), "weighting": {2: 0.5}}
        plain = TransferRecommender(**options).fit(X, sample_domain=d)
        model = TransferRecommender(**options, popularity_weight=0.4)
        model.fit(X, sample_domain=d)
        shown = model.columns_
        scores = plain.predict(X[d < 0])[:, shown]
        users = np.log1p(np.asarray(X[d < 0].sum(axis=0)).ravel()[shown])
        users = (users - users.mean()) / users.std()
        spread = scores.std(axis=1, keepdims=True)
        expected = scores + 0.4 * spread * users
        assert_allclose(model.predict(X[d < 0])[:, shown], expected, atol=1e-5)

    def test_new_users_get_what_is_popular_in_the_target(self, shop):
        X, d = shop.data, shop.sample_domain
        model = TransferRecommender(popularity_weight=0.1).fit(X, sample_domain=d)
        items, _ = model.recommend(sparse.csr_array((1, 60)), 3)
        users = np.asarray(X[d < 0].sum(axis=0)).ravel()
        assert_array_equal(items[0], np.argsort(-users, kind="stable")[:3])

    def test_it_is_validated(self, rng):
        class Noise(Popularity):
            def predict(self, X):
                return np.random.RandomState(0).normal(size=X.shape)

        chance = np.linspace(0.02, 0.5, 40)
        X = sparse.csr_array((rng.random((300, 40)) < chance).astype(float))
        model = TransferRecommender(Noise(), popularity_weight="validated").fit(X)
        assert model.popularity_weight_ == 1.0  # the largest that is tried
        assert list(model.validation_scores_) == ["target"]


class TestStacking:
    def test_ranks_like_the_markets_do_and_the_same_every_time(self, shop):
        X, d = shop.data, shop.sample_domain
        seen, hidden = split_interactions(X[d < 0], test_size=1, random_state=0)
        train = sparse.vstack([X[d > 0], seen]).tocsr()
        d = np.sort(d)[::-1]
        model = TransferRecommender(stacking="gradient_boosting")
        items = [
            clone(model).fit(train, sample_domain=d).recommend(seen)[0]
            for _ in range(2)
        ]
        assert_array_equal(items[0], items[1])
        users = np.asarray(seen.sum(axis=0)).ravel()
        popular = np.where(seen.toarray() > 0, -1, users).argsort(axis=1)[:, ::-1]
        assert ndcg_at_k(hidden, items[0]) > ndcg_at_k(hidden, popular[:, :10]) + 0.02

    def test_candidates_are_ranked_as_predict_scores_them(self, shop, rng):
        X, d = shop.data, shop.sample_domain
        model = TransferRecommender(
            EASERecommender(), stacking=LogisticRegression(), weighting={2: 0.5}
        ).fit(X, sample_domain=d)
        assert (
            len(model.stacker_.sources_.models) == 2
        )  # with the other market, and without
        users = X[d < 0]
        scores = model.predict(users)
        scores[users.nonzero()] = -np.inf
        listed = np.argsort(rng.random((80, 60)), axis=1)[:, :12]
        for candidates in (listed, listed[0]):
            ids = np.broadcast_to(candidates, (80, 12))
            items, values = model.recommend(users, 5, candidates=candidates)
            mask = np.full(scores.shape, -np.inf)
            np.put_along_axis(mask, ids, 0, axis=1)
            order = np.argsort(-(scores + mask), axis=1, kind="stable")[:, :5]
            expected = np.take_along_axis(scores + mask, order, axis=1)
            assert_allclose(values, expected, rtol=1e-5)
            there = expected > -np.inf
            assert_array_equal(items[there], order[there])
            assert (items[~there] == -1).all()
        items, values = model.recommend(users, 5, candidates=[[]] * 80)
        assert (items == -1).all()

    def test_dislikes_of_one_market_alone(self, shop):
        X, d = shop.data.tolil(), shop.sample_domain
        row = np.flatnonzero(d > 0)[0]
        X[row, X.rows[row][0]] = -1  # where random walks cannot go
        X = X.tocsr()
        model = TransferRecommender(
            weighting={2: 0.5}, stacking=LogisticRegression(max_iter=1000)
        ).fit(X, sample_domain=d)
        assert all(len(m.estimators_) == 2 for m in model.stacker_.sources_.models)
        assert np.isfinite(model.predict(X[d < 0])[:, model.catalogue_]).all()

    def test_one_market(self, shop):
        X = shop.data[shop.sample_domain < 0]
        model = TransferRecommender(stacking="gradient_boosting").fit(X)
        assert len(model.stacker_.sources_.models) == 1
        assert np.isfinite(model.predict(X)[:, model.catalogue_]).all()


class TestErrors:
    def test_no_target_interactions(self):
        X = checkerboard()
        d = np.repeat([1, -2], 10)
        for X_, options in [
            (X, {"sample_domain": np.ones(20, int)}),
            (0 * X, {}),
            (X, {"sample_domain": d, "sample_weight": np.maximum(d, 0)}),
        ]:
            with pytest.raises(ValueError, match="needs interactions of the target"):
                TransferRecommender().fit(X_, **options)

    def test_no_shared_items(self):
        d = np.where(np.arange(20) % 2 == 0, 1, -2)
        with pytest.raises(ValueError, match="share no item with the target"):
            TransferRecommender().fit(checkerboard(), sample_domain=d)

    def test_estimator_without_weights(self, shop):
        X, d = shop.data, shop.sample_domain
        with pytest.raises(ValueError, match="fit of Popularity does not take"):
            TransferRecommender(Popularity()).fit(X, sample_domain=d)
        pooled = TransferRecommender(Popularity(), weighting=None, catalogue="all")
        pooled.fit(X, sample_domain=d)
        expected = Popularity().fit(X).predict(X)
        assert_array_equal(pooled.predict(X), expected)
        assert pooled.market_weights_ == {2: 1.0}

    @pytest.mark.parametrize(
        ("weighting", "message"),
        [
            ({7: 1.0}, r"got none for \[2\]"),
            ({2: -1.0}, "not negative"),
            ({2: np.nan}, "finite"),
            ("mmd", "weighting"),
        ],
    )
    def test_weighting(self, shop, weighting, message):
        with pytest.raises(ValueError, match=message):
            TransferRecommender(weighting=weighting).fit(
                shop.data, sample_domain=shop.sample_domain
            )

    @pytest.mark.parametrize(
        "catalogue", ["source", [99], [-1], [0.5], [], np.zeros(60, dtype=bool)]
    )
    def test_catalogue(self, shop, catalogue):
        with pytest.raises(ValueError, match="catalogue"):
            TransferRecommender(catalogue=catalogue).fit(shop.data)

    def test_domains(self, shop):
        with pytest.raises(ValueError, match="one entry per row"):
            TransferRecommender().fit(shop.data, sample_domain=[1, -1])

    def test_estimator(self, shop):
        with pytest.raises(ValueError, match="estimator"):
            TransferRecommender("ease").fit(shop.data)
        with pytest.raises(TypeError, match="whose fit needs y"):
            TransferRecommender(LogisticRegression()).fit(shop.data)


@pytest.mark.parametrize("routing", [False, True])
def test_search_over_settings_serves_target_rows(shop, routing):
    X_in, X_out = split_interactions(shop.data, random_state=0)
    d = shop.sample_domain
    grid = {"weighting": [None, "similarity"], "estimator__l2": [20.0, 200.0]}
    with config_context(enable_metadata_routing=routing), warnings.catch_warnings():
        warnings.simplefilter("error")
        extra = {} if routing else {"groups": d}
        model = TransferRecommender(EASERecommender())
        search = GridSearchCV(model, grid, cv=TargetKFold(3), error_score="raise")
        search.fit(X_in, X_out, sample_domain=d, **extra)
        folds = [
            model.set_params(**search.best_params_)
            .fit(X_in[train], sample_domain=d[train])
            .score(X_in[test], X_out[test])
            for train, test in TargetKFold(3).split(X_in, None, d)
        ]
    assert search.best_score_ == pytest.approx(np.mean(folds))


def test_dense_rows(rng):
    X = random_interactions(rng)
    d = np.where(np.arange(60) < 40, 1, -2)
    sparse_ = TransferRecommender().fit(X, sample_domain=d)
    dense = TransferRecommender().fit(X.toarray(), sample_domain=d)
    assert_allclose(dense.predict(X.toarray()), sparse_.predict(X))


@pytest.mark.slow
@pytest.mark.realdata
def test_transfer_gains_on_real_markets():
    import os

    if not os.environ.get("SKTRANSFER_DATA"):
        pytest.skip("SKTRANSFER_DATA is not set")
    data = load_wsdmcup22()
    X = (data.data != 0).astype(np.float32)
    catalogue = np.unique(data.candidates)
    model = TransferRecommender(catalogue=catalogue)
    model.fit(X, sample_domain=data.sample_domain)
    items, _ = model.recommend(X[data.valid_rows], 10, candidates=data.candidates)
    assert ndcg_at_k(data.relevant, items) >= 0.690
