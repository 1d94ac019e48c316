"""Interactions that age: weights by hand, and what each recommender makes of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import COLLABORATIVE
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sktransfer.model_selection import split_interactions
from sktransfer.recommend import (
    AutoTransferRecommender,
    BlendRecommender,
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    NicheRecommender,
    PopularityRecommender,
    SequentialRecommender,
    TransferRecommender,
)

MODELS = {
    **COLLABORATIVE,
    "blend": BlendRecommender(),
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


def market_log(n_users=60, seed=0, **roles):
    """Users who took items of one group long ago, of another of late, in two markets.

    What they took last tells what they take next; what sells changes, too.
    """
    rng = np.random.default_rng(seed)
    columns = {"user": [], "item": [], "time": [], "market": []}
    for user in range(2 * n_users):
        old, new = rng.permutation(6)[:2]
        items = [8 * old + i for i in rng.permutation(8)[:6]]
        items += [48 + 8 * new + i for i in rng.permutation(8)[:6]]
        days = np.r_[rng.integers(0, 30, 6), 300 + rng.integers(0, 30, 6)]
        columns["user"] += [user] * 12
        columns["item"] += items
        columns["time"] += days.tolist()
        columns["market"] += ["ab"[user % 2]] * 12
    return log_of(columns, market="market", target="a")


def test_a_given_half_life_ages_fit_history_and_popularity():
    log = market_log()
    options = {"weighting": None, "popularity_weight": 0.5}
    model = TransferRecommender(EASERecommender(l2=5.0), half_life=40, **options)
    model.fit(log)
    assert model.half_lives_ == (40, 40, 40)
    weights = log.time_weights(40)
    known = EASERecommender(l2=5.0).fit((log.matrix * weights)[:, model.columns_])
    served = log.target
    rows = served.matrix * served.time_weights(40, newest_of="user")
    scores = known.predict(rows[:, model.columns_])
    users = np.log1p(weights[log.sample_domain < 0].sum(axis=0))[model.columns_]
    popularity = (users - users.mean()) / users.std()
    scores = scores + 0.5 * scores.std(axis=1, keepdims=True) * popularity
    assert_allclose(model.predict(served)[:, model.columns_], scores, rtol=1e-4)


def test_validated_half_lives_find_that_tastes_change():
    log = market_log()
    past, future = split_interactions(log, last=1)
    model = TransferRecommender(ItemKNNRecommender(), weighting=None).fit(past)
    assert model.half_lives_.history is not None
    still = TransferRecommender(ItemKNNRecommender(), weighting=None, half_life=None)
    still.fit(past)
    assert still.half_lives_ == (None, None, None)
    assert model.score(past.target, future) > still.score(past.target, future)


def test_validated_half_lives_do_not_matter_without_times():
    log = market_log()
    first, second = (
        TransferRecommender(EASERecommender(l2=5.0), half_life=half_life)
        .fit(log.matrix, sample_domain=log.sample_domain)
        .predict(log.target.matrix)
        for half_life in ("validated", None)
    )
    assert_array_equal(first, second)


def test_validated_half_lives_follow_the_unit_of_the_times():
    first, second = (
        TransferRecommender(ItemKNNRecommender()).fit(log)
        for log in (market_log(), in_hours(market_log()))
    )
    assert_allclose(
        [age or 0 for age in second.half_lives_],
        [24 * (age or 0) for age in first.half_lives_],
    )


def in_hours(log):
    user, item = log.matrix.nonzero()
    frame = {
        "user": log.user_ids[user],
        "item": log.item_ids[item],
        "time": 24 * log.times.data,
        "market": log.markets[user],
    }
    return log_of(frame, market="market", target="a")


def test_users_who_come_without_times_are_served():
    log = market_log()
    visit = {"user": ["guest"] * 2, "item": log.item_ids[:2].tolist()}
    guest = Interactions.from_frame(visit, user="user", item="item")
    for model in (EASERecommender(half_life=30), TransferRecommender(half_life=30)):
        assert (model.fit(log).recommend(guest, k=3)[0] >= 0).all()


def test_times_are_kept_where_rows_to_serve_age():
    log = market_log()
    options = {"weighting": None, "popularity_weight": 0.0}
    for half_life in (30, None):
        model = TransferRecommender(ItemKNNRecommender(), half_life=half_life)
        model.set_params(**options).fit(log)
        assert (model.log_.times is not None) == (half_life is not None)
        users = log.target.user_ids[:3].tolist()
        assert_array_equal(
            model.recommend(users)[0], model.recommend(log.target)[0][:3]
        )


def test_transfer_refuses_half_lives_of_matrices_and_of_times():
    log = market_log()
    with pytest.raises(ValueError, match="There are no times"):
        TransferRecommender(half_life=30).fit(log.matrix)
    with pytest.raises(ValueError, match="times themselves"):
        TransferRecommender(SequentialRecommender(), half_life=30).fit(log)


@pytest.mark.parametrize(
    "model", [EASERecommender(l2=5.0), PopularityRecommender(), ItemKNNRecommender()]
)
def test_auto_passes_the_half_life_on(model):
    log = made_up_log(400)
    auto = AutoTransferRecommender([("it", model)], half_life=20).fit(log)
    alone = clone(model).set_params(half_life=20).fit(log)
    items, scores = auto.recommend(log, k=5)
    expected_items, expected_scores = alone.recommend(log, k=5)
    assert_array_equal(items, expected_items)
    assert_allclose(scores, expected_scores, rtol=1e-5)
    assert_allclose(auto.predict(log), alone.predict(log), rtol=1e-5)
    by_matrix = AutoTransferRecommender([("it", model)], half_life=20)
    by_matrix.fit(log.matrix, time=log.times / (24 * 3600 * 10**6))  # in days
    found = by_matrix.recommend(log.matrix, k=5, time=log.times / (24 * 3600 * 10**6))
    assert_allclose(found[1], scores, rtol=1e-5)


def test_auto_ages_markets_whose_times_are_known():
    log = market_log()
    ease = EASERecommender(l2=5.0)
    candidates = [("alone", ease), ("all", TransferRecommender(ease, weighting=None))]
    options = {"refit": False, "half_life": 60}
    auto = AutoTransferRecommender(candidates, **options).fit(log)
    still = AutoTransferRecommender(candidates, refit=False, half_life=np.inf).fit(log)
    gains = np.subtract(auto.results_["test_ndcg"], still.results_["test_ndcg"])
    assert (gains > 0.05).all()
    assert [c.estimator.half_life for c in auto.candidates_] == [60, 60]
    with pytest.raises(ValueError, match="target has no times"):
        AutoTransferRecommender(candidates, half_life=60).fit(
            log.matrix, sample_domain=log.sample_domain
        )


def test_with_a_stacker_nothing_ages():
    frame = {"u": np.arange(60) % 20, "i": np.arange(60) * 7 % 9, "t": np.arange(60)}
    log = Interactions.from_frame(frame, user="u", item="i", time="t")
    stacked = TransferRecommender(
        EASERecommender(l2=2.0), stacking=LogisticRegression()
    )
    assert stacked.fit(log).half_lives_ == (None, None, None)
    with pytest.raises(ValueError, match=r"half_life=5 .* A stacker learns"):
        stacked.set_params(half_life=5).fit(log)


def test_ages_are_in_one_unit():
    """A half-life in seconds is none in days, so that dates follow no numbers."""
    frame = {"u": list("aabbcc"), "i": list("pqqrpr"), "t": [1, 2, 3, 4, 5, 6]}
    roles = {"user": "u", "item": "i", "time": "t"}
    log = Interactions.from_frame(frame, **roles)
    dated = Interactions.from_frame(
        {"u": ["g"], "i": ["p"], "t": ["2026-01-03"]}, **roles
    )
    plain = EASERecommender(l2=1.0, half_life=3)
    for model in (plain, TransferRecommender(half_life=3)):
        model.fit(log)
        for ask in (model.recommend, model.predict):
            with pytest.raises(ValueError, match=r"are numbers; got .* are dates"):
                ask(dated)
    plain.fit(dated).recommend(dated)
    with pytest.raises(ValueError, match=r"are dates; got .* are numbers"):
        plain.explain(log[[0]], "p")
    untimed = Interactions.from_frame({"u": ["g"], "i": ["p"]}, user="u", item="i")
    assert (plain.fit(log).recommend(untimed, 1)[0] > 0).all()
    for model in (EASERecommender(), SequentialRecommender()):
        model.fit(log).recommend(dated)  # who reads no ages
