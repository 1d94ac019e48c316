"""TransferRecommender: domains, weights of markets, catalogue."""

import warnings
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV

from sktransfer.datasets import load_wsdmcup22, make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import TargetKFold
from sktransfer.model_selection._interactions import split_interactions
from sktransfer.recommend import EASERecommender, TransferRecommender
from sktransfer.recommend._similarity import evidence_weights, market_evidence


class TestTransfer(RecommenderLaws):
    grid: ClassVar = {"estimator__l2": [0.5, 50.0]}

    def model(self):
        return TransferRecommender(EASERecommender(l2=2.0))


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


def test_weights_are_those_of_the_evidence(three):
    X, d = three.data, three.sample_domain
    model = TransferRecommender(catalogue="all").fit(X, sample_domain=d)
    markets = [X[d == m] for m in (2, 3)]
    evidence = market_evidence(markets, X[d < 0])
    size = np.array([A.sum() for A in markets]) / X[d < 0].sum()
    expected = evidence_weights(evidence, size)
    assert_allclose(list(model.market_weights_.values()), expected)
    assert_allclose(list(model.market_similarity_.values()), evidence.similarity)
    assert list(model.market_weights_) == [2, 3]
    model.set_params(weighting=None).fit(X, sample_domain=d)
    assert not hasattr(model, "market_similarity_")


def test_a_copy_of_the_target_counts_fully_and_shuffled_items_count_little(rng):
    D = make_market_interactions(n_users=(2, 1000), n_items=80)
    T = D.data[2:]
    half = rng.permutation(1000) < 500
    strange = T[half][:, rng.permutation(80)]
    X = sparse.vstack([T[half], strange, T[~half]]).tocsr()
    d = np.repeat([1, 2, -3], [half.sum(), half.sum(), (~half).sum()])
    weights = TransferRecommender().fit(X, sample_domain=d).market_weights_
    assert weights[1] > 0.9
    assert weights[2] < 0.15


def test_strangers_weigh_nothing_and_it_is_said():
    X = checkerboard()
    d = np.where(np.arange(20) % 2 == 0, 1, -2)
    both = sparse.vstack([X, sparse.csr_array([[1.0] + [0.0] * 18 + [1.0]])]).tocsr()
    d = np.append(d, 1)  # one source user took an item of the target
    with pytest.warns(UserWarning, match="No source market resembles the target"):
        model = TransferRecommender().fit(both, sample_domain=d)
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


def test_order_of_rows_does_not_matter(shop, rng):
    X, d = shop.data, shop.sample_domain
    order = rng.permutation(len(d))
    model = TransferRecommender().fit(X, sample_domain=d)
    again = TransferRecommender().fit(X[order], sample_domain=d[order])
    assert_allclose(again.predict(X), model.predict(X), atol=1e-5)


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


def test_sample_weight_multiplies_market_weight(shop, rng):
    X, d = shop.data, shop.sample_domain
    w = rng.integers(0, 3, len(d))
    keep = np.repeat(np.arange(len(d)), w)
    options = {"weighting": {2: 0.5}}
    weighted = TransferRecommender(**options).fit(X, sample_weight=w, sample_domain=d)
    repeated = TransferRecommender(**options).fit(X[keep], sample_domain=d[keep])
    assert_allclose(weighted.predict(X[:9]), repeated.predict(X[:9]), atol=1e-6)
    thrice = TransferRecommender().fit(X, sample_weight=3 * w, sample_domain=d)
    once = TransferRecommender().fit(X, sample_weight=w, sample_domain=d)
    assert_allclose(thrice.market_weights_[2], once.market_weights_[2], rtol=1e-6)


class TestValidated:
    def test_takes_transfer_where_it_helps(self, shop):
        model = TransferRecommender(EASERecommender(l2=30.0), weighting="validated")
        model.fit(shop.data, sample_domain=shop.sample_domain)
        scores = model.validation_scores_
        assert list(scores) == [0.0, 0.25, 0.5, 1.0]
        assert max(scores.values()) > scores[0.0] + 0.02
        factor = max(scores, key=scores.get)
        assert factor > 0
        whole = TransferRecommender().fit(shop.data, sample_domain=shop.sample_domain)
        expected = factor * whole.market_weights_[2]
        assert model.market_weights_[2] == pytest.approx(expected)

    def test_falls_back_to_the_target_where_it_does_not(self, shop, rng):
        T = shop.data[shop.sample_domain < 0]
        strange = shop.data[shop.sample_domain > 0][:, rng.permutation(60)]
        X = sparse.vstack([strange, T]).tocsr()
        d = np.repeat([1, -2], [500, 80])
        model = TransferRecommender(EASERecommender(l2=30.0), weighting="validated")
        with pytest.warns(UserWarning, match="No source market resembles"):
            model.fit(X, sample_domain=d)
        assert model.market_weights_ == {1: 0.0}
        same = TransferRecommender(EASERecommender(l2=30.0)).fit(T)
        assert_allclose(model.predict(T), same.predict(T), atol=1e-6)

    def test_seed(self, shop):
        fits = [
            TransferRecommender(weighting="validated", random_state=s).fit(
                shop.data, sample_domain=shop.sample_domain
            )
            for s in (0, 0, 1)
        ]
        a, b, c = (f.validation_scores_ for f in fits)
        assert a == b != c

    def test_large_targets_are_validated_on_a_sample(self, shop, monkeypatch):
        monkeypatch.setattr("sktransfer.recommend._transfer._MAX_VALIDATED", 20)
        model = TransferRecommender(weighting="validated")
        model.fit(shop.data, sample_domain=shop.sample_domain)
        assert len(model.validation_scores_) == 4

    def test_needs_interactions_to_hide(self):
        X = sparse.csr_array(np.array([[1.0, 1], [1, 0], [0, 1]]))
        model = TransferRecommender(weighting="validated")
        with (
            pytest.warns(UserWarning, match="No source market resembles"),
            pytest.raises(ValueError, match=r"hides an interaction.*got 0 such"),
        ):
            model.fit(X, sample_domain=[1, -2, -2])


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


@pytest.mark.realdata
def test_transfer_gains_on_real_markets():
    import os

    if not os.environ.get("SKTRANSFER_DATA"):
        pytest.skip("SKTRANSFER_DATA is not set")
    data = load_wsdmcup22()
    X = (data.data != 0).astype(np.float32)
    model = TransferRecommender().fit(X, sample_domain=data.sample_domain)
    items, _ = model.recommend(X[data.valid_rows], 10, candidates=data.candidates)
    assert ndcg_at_k(data.relevant, items) >= 0.685
