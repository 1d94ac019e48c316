"""Interactions that age: weights by hand, and what each recommender makes of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sktransfer.recommend import (
    ALSRecommender,
    BlendRecommender,
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    LocalEASERecommender,
    NicheRecommender,
    PopularityRecommender,
    SequentialRecommender,
)

MODELS = {
    "als": ALSRecommender(n_factors=4, l2=0.5),
    "blend": BlendRecommender(),
    "ease": EASERecommender(l2=2.0),
    "local ease": LocalEASERecommender(l2=2.0),
    "cosine": ItemKNNRecommender(),
    "jaccard": ItemKNNRecommender(similarity="jaccard", shrinkage=1.0),
    "rp3beta": ItemKNNRecommender(similarity="rp3beta"),
    "niche": NicheRecommender(l2=2.0),
}
START = np.datetime64("2026-01-01")


def log_of(columns, **roles):
    return Interactions.from_frame(
        columns, user="user", item="item", time="time", **roles
    )


def made_up_log(n=200, seed=0):
    """Users of two tastes over 90 days."""
    rng = np.random.default_rng(seed)
    user = rng.integers(0, 30, n)
    item = np.where(rng.random(n) < 0.8, 2 * rng.integers(0, 5, n) + user % 2, 10)
    days = START + rng.integers(0, 90, n).astype("m8[D]")
    return log_of({"user": user, "item": item, "time": days})


def test_weights_by_hand():
    columns = {"user": [1, 1, 2, 2], "item": [1, 2, 1, 3], "time": [0, 4, 8, 2]}
    log = log_of(columns)
    assert_allclose(log.time_weights(2).toarray(), [[1 / 16, 1 / 4, 0], [1, 0, 1 / 8]])
    own = log.time_weights(2, newest_of="user").toarray()
    assert_allclose(own, [[1 / 4, 1, 0], [1, 0, 1 / 8]])
    assert_array_equal(log.time_weights(np.inf).data, 1)


def test_each_market_ages_from_its_own_newest():
    columns = {"user": [1, 1, 2, 2], "item": [1, 2, 1, 2], "time": [0, 4, 8, 10]}
    log = log_of(columns | {"market": ["a", "a", "b", "b"]}, market="market")
    assert_allclose(log.time_weights(2).toarray(), [[1 / 4, 1], [1 / 2, 1]])


@pytest.mark.parametrize("unit", ["D", "h", "us"])
def test_dates_age_by_days(unit):
    days = (START + np.array([0, 10, 20]).astype("m8[D]")).astype(f"M8[{unit}]")
    log = log_of({"user": [1, 1, 1], "item": [1, 2, 3], "time": days})
    assert_allclose(log.time_weights(10).toarray(), [[1 / 4, 1 / 2, 1]])


def test_of_a_repeated_pair_the_newest_counts():
    log = log_of({"user": [1, 1, 2], "item": [1, 1, 1], "time": [0, 6, 8]})
    assert_allclose(log.time_weights(2).toarray(), [[1 / 2], [1]])


def test_very_old_interactions_stay_interactions():
    log = log_of({"user": [1, 1, 2], "item": [1, 2, 2], "time": [0.0, 1e9, 1e9]})
    weights = log.time_weights(1e-3)
    assert weights.nnz == 3
    assert weights.data.min() == np.float32(2.0**-60)
    model = EASERecommender(l2=1.0, half_life=1e-3).fit(log)
    assert model.recommend([1], k=2)[0].tolist() == [[-1, -1]]  # both are seen


@pytest.mark.parametrize("wrong", [0, -1.0, np.nan, True, "30", None])
def test_bad_half_lives(wrong):
    log = made_up_log()
    with pytest.raises(ValueError, match="half_life"):
        log.time_weights(wrong)
    if wrong is not None:
        with pytest.raises(ValueError, match="half_life"):
            EASERecommender(half_life=wrong).fit(log)


@pytest.mark.parametrize("name", MODELS)
def test_fits_and_rows_to_serve_are_weighted_matrices(name):
    log = made_up_log()
    model = clone(MODELS[name]).set_params(half_life=20).fit(log)
    expected = clone(MODELS[name]).fit(log.matrix * log.time_weights(20))
    rows = log.matrix * log.time_weights(20, newest_of="user")
    assert_allclose(model.predict(log), expected.predict(rows), rtol=1e-6)


def test_popularity_counts_users_by_age():
    columns = {"user": [1, 2, 3], "item": ["old", "old", "new"], "time": [0, 0, 6]}
    stars = {"stars": [5, 4, 2]}
    for roles in ({}, {"rating": "stars"}):
        log = log_of(columns | stars, **roles)
        model = PopularityRecommender(half_life=3).fit(log)
        assert_allclose(model.counts_, [1, 0.5])  # new, old
        assert_allclose(PopularityRecommender().fit(log).counts_, [1, 2])


def test_strangers_are_shown_what_sells_now():
    columns = {"user": [1, 2, 3], "item": ["old", "old", "new"], "time": [0, 0, 6]}
    for half_life, first in ((3, "new"), (np.inf, "old")):
        model = EASERecommender(half_life=half_life).fit(log_of(columns))
        frame = model.recommend(["who", 3], k=1, as_frame=True)
        assert frame["item"][0] == first


def test_explanations_add_up_with_aged_rows():
    log = made_up_log()
    model = EASERecommender(l2=2.0, half_life=10).fit(log)
    items, scores = model.recommend(log[:1], k=1)
    found = model.explain(log[:1], log.item_ids[items[0, 0]])
    assert_allclose(found.contributions.sum() + found.base, scores[0, 0], rtol=1e-6)


@pytest.mark.parametrize("model", [PopularityRecommender(), *MODELS.values()])
def test_a_matrix_has_no_times(model):
    log = made_up_log()
    model = clone(model).set_params(half_life=30)
    with pytest.raises(ValueError, match="matrix has no times"):
        model.fit(log.matrix)
    model.set_params(half_life=np.inf).fit(log.matrix)


def test_a_log_without_times_is_refused():
    log = Interactions.from_frame({"u": [1, 2], "i": [1, 1]}, user="u", item="i")
    with pytest.raises(ValueError, match="has none"):
        EASERecommender(half_life=30).fit(log)


def test_what_cannot_age_says_so():
    log = made_up_log()
    with pytest.raises(ValueError, match="partial_fit adds rows"):
        EASERecommender(half_life=30).partial_fit(log.matrix)
    with pytest.raises(ValueError, match="half_life of that one"):
        BlendRecommender([EASERecommender(half_life=30)]).fit(log)
    with pytest.raises(ValueError, match="times themselves"):
        BlendRecommender([SequentialRecommender()], half_life=30).fit(log)
