"""Inputs that every recommender must settle: empty, repeated, negative, overflowing."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import COLLABORATIVE, checkerboard, random_interactions
from scipy import sparse
from sklearn.base import clone

from sktransfer.datasets import make_market_interactions
from sktransfer.recommend import (
    BlendRecommender,
    ColdStartRecommender,
    NewItemLimiter,
    NicheRecommender,
    PopularityRecommender,
    SequentialRecommender,
    TransferRecommender,
)

MODELS = COLLABORATIVE | {
    f"transfer {name}": TransferRecommender(model, catalogue="all")
    for name, model in COLLABORATIVE.items()
}


@pytest.fixture(params=MODELS)
def fit(request):
    return lambda X, **kwargs: clone(MODELS[request.param]).fit(X, **kwargs)


def fit_or_message(fit, X):
    try:
        return fit(X), ""
    except ValueError as error:
        return None, str(error)


def repeated(X, dtype=None, at=5):
    """The same interactions with each entry stored several times, in no order."""
    X = sparse.coo_array(X)
    rows, columns = np.tile(X.row, at)[::-1], np.tile(X.col, at)[::-1]
    order = np.argsort(rows, kind="stable")
    indptr = np.r_[0, np.bincount(rows, minlength=X.shape[0]).cumsum()]
    data = np.tile(X.data / (at if dtype is None else 1), at)[::-1]
    return sparse.csr_array(
        (data[order].astype(dtype or X.dtype), columns[order], indptr), shape=X.shape
    )


def test_repeated_entries_are_summed(fit, rng):
    X = random_interactions(rng)
    twice = repeated(X)
    before = twice.indices.copy(), twice.data.copy()
    model = fit(twice)
    expected = fit(X)
    assert_allclose(model.predict(twice), expected.predict(X), atol=1e-12)
    assert_array_equal(model.recommend(twice)[0], expected.recommend(X)[0])
    assert_array_equal(twice.indices, before[0])  # the user's matrix stays
    assert_array_equal(twice.data, before[1])
    cancelled = sparse.csr_array(
        (np.array([1.0, 1, -1]), np.array([0, 3, 3]), np.array([0, 3])), shape=(1, 15)
    )
    plain = sparse.csr_array(([1.0], ([0], [0])), shape=(1, 15))
    found, wanted = (expected.recommend(row, 15)[0] for row in (cancelled, plain))
    assert_array_equal(found, wanted)


def test_small_integers_do_not_overflow(fit, rng):
    X = random_interactions(rng)
    X.data[:] = 100
    X.data[::3] = 50
    expected = fit(X.astype(np.float32))
    scores = expected.predict(X.astype(np.float32))
    assert_allclose(fit(X.astype(np.int8)).predict(X.astype(np.int8)), scores)
    dense = X.toarray().astype(np.int8)
    assert_allclose(fit(dense).predict(dense), scores, rtol=1e-4)
    five = X.copy()
    five.data *= 5
    stored = repeated(X, np.int8)  # sums of 250 and 500 do not fit in 8 bits
    assert_allclose(
        fit(stored).predict(stored),
        fit(five.astype(np.float32)).predict(five.astype(np.float32)),
        rtol=1e-4,
        atol=1e-6,
    )


def test_booleans_are_ones(fit, rng):
    X = random_interactions(rng)
    expected = fit(X.astype(np.float32)).predict(X.astype(np.float32))
    for form in (X.astype(bool), X.toarray().astype(bool)):
        assert_array_equal(fit(form).predict(form), expected)


def test_users_without_interactions_and_users_not_seen(fit, rng):
    X = random_interactions(rng)
    model = fit(sparse.vstack([sparse.csr_array((3, 15)), X]).tocsr())
    assert_allclose(model.predict(X), fit(X).predict(X))
    empty = sparse.csr_array((2, 15))
    assert_array_equal(model.predict(empty), np.zeros((2, 15)))
    assert_array_equal(model.recommend(empty, 4)[0], [[0, 1, 2, 3]] * 2)
    new = sparse.csr_array(([1.0, 1], ([0, 0], [2, 4])), shape=(1, 15))
    items, scores = model.recommend(new, 5)
    assert (items % 2 == 0).sum() >= 4  # of the taste of items 2 and 4
    assert np.isfinite(scores).all()


def test_items_without_interactions(fit, rng):
    X = random_interactions(rng)
    more = sparse.hstack([X, sparse.csr_array((60, 2))]).tocsr()
    model = fit(more)
    assert_allclose(model.predict(more)[:, :15], fit(X).predict(X), atol=1e-10)
    assert_array_equal(model.predict(more)[:, 15:], 0)
    unknown = sparse.csr_array(([1.0], ([0], [16])), shape=(1, 17))
    assert_array_equal(model.predict(unknown), np.zeros((1, 17)))


def test_no_interactions_at_all(fit):
    model, message = fit_or_message(fit, sparse.csr_array((4, 6)))
    if model is None:
        assert "needs interactions of the target" in message
    else:
        assert_array_equal(model.predict(np.ones((2, 6))), np.zeros((2, 6)))


def test_more_items_than_there_are(fit):
    X = checkerboard()
    items, scores = fit(X).recommend(X, 30)
    assert items.shape == (20, 30)
    assert_array_equal(items[:, 0], np.arange(20))
    assert (items[:, 11:] == -1).all()
    assert (scores[:, 11:] == -np.inf).all()


def test_negative_values_are_dislikes_or_an_error(fit, rng):
    X = random_interactions(rng)
    disliked = X.copy()
    disliked.data[::6] *= -1
    model, message = fit_or_message(fit, disliked)
    if model is None:
        assert "interactions of 0 or more" in message
    else:
        assert np.isfinite(model.predict(disliked)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(fit, rng, value):
    X = random_interactions(rng)
    bad = X.copy()
    bad.data[3] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fit(bad)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fit(X).recommend(bad)


@pytest.mark.parametrize("value", [1e-30, 1e15, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore:The penalised Gram matrix is ill-conditioned")
def test_values_of_extreme_size_give_finite_scores_or_an_error(fit, rng, value, dtype):
    X = random_interactions(rng).astype(dtype)
    X.data *= value
    model, message = fit_or_message(fit, X)
    if model is None:
        assert "Scale X" in message or "scale X" in message
    else:
        assert np.isfinite(model.predict(X[:5])).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 2)])
def test_tiny_matrices(fit, shape):
    X = np.ones(shape)
    model = fit(X)
    assert np.isfinite(model.predict(X)).all()
    assert (model.recommend(X, 3)[0] == -1).all()
    items, _ = model.recommend(X, 1, exclude_seen=False)
    assert (items >= 0).all()


def test_weights_that_are_not_numbers(fit, rng):
    X = random_interactions(rng)
    for w in (np.full(60, np.nan), np.ones(59), np.r_[-1, np.ones(59)]):
        with pytest.raises(ValueError, match=r"NaN|shape|[Nn]egative"):
            fit(X, sample_weight=w)


@pytest.mark.parametrize("name", ["als", "local ease", "cosine", "rp3beta"])
def test_ranking_holds_a_block_of_scores(rng, name):
    n_users, n_items = 50_000, 2000  # blocks of 8 million scores
    rows = np.repeat(np.arange(n_users), 2)
    X = sparse.csr_array(
        (np.ones(rows.size, "f4"), (rows, rng.integers(0, n_items, rows.size))),
        shape=(n_users, n_items),
    )
    model = clone(MODELS[name]).fit(X)
    tracemalloc.start()
    model.recommend(X, 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.3 * n_users * n_items * 4  # of all scores in float32


@pytest.mark.parametrize("name", [n for n in MODELS if n.startswith("transfer")])
def test_markets_are_weighted_for_any_recommender(name):
    shop = make_market_interactions(n_users=(300, 60), n_items=40)
    model = clone(MODELS[name]).set_params(catalogue="target", weighting="similarity")
    model.fit(shop.data, sample_domain=shop.sample_domain)
    (weight,) = model.market_weights_.values()
    assert 0 < weight < 1
    w = np.where(shop.sample_domain > 0, weight, 1.0)
    known = shop.data[:, model.columns_]
    alone = clone(model.estimator).fit(known, sample_weight=w.astype(known.dtype))
    target = shop.data[shop.sample_domain < 0]
    scores = model.predict(target)[:, model.columns_]
    in_catalogue = model.catalogue_[model.columns_]
    assert_allclose(
        scores[:, in_catalogue],
        alone.predict(target[:, model.columns_])[:, in_catalogue],
    )
    validated = clone(MODELS[name]).set_params(weighting="validated")
    validated.fit(shop.data, sample_domain=shop.sample_domain)
    assert {"target", "similarity"} <= set(validated.validation_scores_)
    assert all(0 < v <= 1 for v in validated.validation_scores_.values())


@pytest.mark.parametrize(
    "model",
    [
        *MODELS.values(),
        BlendRecommender(),
        ColdStartRecommender(np.eye(15)),
        NewItemLimiter(ColdStartRecommender(np.eye(15))),
        NicheRecommender(l2=2.0),
        PopularityRecommender(),
        SequentialRecommender(),
    ],
    ids=lambda model: repr(model)[:60],
)
def test_weights_that_are_all_0_are_refused(model, rng):
    X = random_interactions(rng)
    with pytest.raises(ValueError, match="at least one non-zero"):
        clone(model).fit(X, sample_weight=np.zeros(X.shape[0]))
