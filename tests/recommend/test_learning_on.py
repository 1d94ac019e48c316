"""What has happened since: later rows, users and items, by `partial_fit`."""

import pickle

import narwhals.stable.v2 as nw
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from test_logs import IDS

from sktransfer import (
    ALSRecommender,
    AutoTransferRecommender,
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    PopularityRecommender,
    SequentialRecommender,
)

pd = pytest.importorskip("pandas")
EXACT = {
    "ease": EASERecommender(l2=2.0),
    "ease, aged": EASERecommender(l2=2.0, half_life=40),
    "knn": ItemKNNRecommender(4, similarity="jaccard"),
    "popularity": PopularityRecommender(half_life=90),
    "sequences": SequentialRecommender(n_neighbors=5),
}


def read(frame, **roles):
    return Interactions.from_frame(frame, user="user", item="item", **roles)


def events(rng, n=240):
    """Events in time order; the last items and users are seen late."""
    late = np.arange(n) // 80
    return pd.DataFrame(
        {
            "user": rng.integers(0, 10 + 5 * late),
            "item": rng.integers(0, 6 + 2 * late),
            "time": np.arange(n),
            "stars": rng.integers(1, 6, n),
            "country": np.where(rng.random(n) < 0.5, "de", "uk"),
        }
    )


def days(frame):
    return [part for _, part in frame.groupby(np.arange(len(frame)) // 80)]


def log_after(model, parts):
    """The log that a model holds after these parts."""
    for part in parts:
        model.partial_fit(part)
    return model.log_


@pytest.mark.parametrize("kind", IDS)
def test_later_users_and_items_keep_the_type_of_their_ids(rng, kind):
    frame = events(rng)
    ids = np.array(IDS[kind], dtype=object)
    frame["user"] = ids[frame["user"].to_numpy()]
    frame["item"] = ids[frame["item"].to_numpy()]
    whole = read(frame, time="time")
    parts = [read(part, time="time") for part in days(frame)]
    log = log_after(SequentialRecommender(method="rules"), parts)
    first = parts[0]
    assert log.user_ids[: len(first)].tolist() == first.user_ids.tolist()
    assert log.item_ids[: first.shape[1]].tolist() == first.item_ids.tolist()
    for name in ("user_ids", "item_ids"):
        found, ids = getattr(log, name).tolist(), getattr(whole, name).tolist()
        assert sorted(found) == sorted(ids)
        assert set(map(type, found)) == set(map(type, ids))
    rows, columns = log.user_rows(whole.user_ids), log.item_columns(whole.item_ids)
    assert_array_equal(log.times[rows][:, columns].toarray(), whole.times.toarray())
    for row, sequence in zip(rows, whole.sequences):
        assert_array_equal(log.sequences[row], columns[sequence])


def test_ratings_dislikes_and_markets_go_on(rng):
    frame = events(rng)
    roles = {"time": "time", "rating": "stars", "market": "country"}
    whole = read(frame, target="de", min_rating=3, **roles)
    parts = [read(part, target="de", min_rating=3, **roles) for part in days(frame)]
    first = log_after(EASERecommender(), parts)
    keys = list(zip(first.markets, first.user_ids))
    rows = [keys.index(key) for key in zip(whole.markets, whole.user_ids)]
    columns = first.item_columns(whole.item_ids)
    assert_array_equal(first.sample_domain[rows], whole.sample_domain)
    for name in ("matrix", "disliked"):
        found = getattr(first, name)[rows][:, columns].toarray()
        assert_array_equal(found, getattr(whole, name).toarray())
    newest = read(frame, time="time", rating="stars")
    parts = [read(part, time="time", rating="stars") for part in days(frame)]
    log = log_after(EASERecommender(), parts)
    assert log.times is None
    place = np.ix_(log.user_rows(newest.user_ids), log.item_columns(newest.item_ids))
    assert_array_equal(log.matrix.toarray()[place], newest.matrix.toarray())


def test_a_later_market_is_another_market(rng):
    frame = events(rng)
    known = read(frame, market="country", target="de")
    frame["country"] = frame["country"].replace("de", "fr")
    for target, number in (("fr", -3), (["de", "fr"], -3), ("de", 3), (None, 3)):
        later = read(frame, market="country", target=target)
        log = log_after(EASERecommender(), [known, later])
        domain = dict(zip(log.markets.tolist(), log.sample_domain.tolist()))
        assert domain == {"de": -1, "uk": 2, "fr": number}


def test_targets_of_later_logs(rng):
    frame = events(rng)
    of = {name: part for name, part in frame.groupby("country")}
    known = read(frame, market="country", target="de")
    for target in (None, "de"):  # a night in which the target market sold nothing
        night = read(of["uk"], market="country", target=target)
        log = log_after(EASERecommender(), [known, night, night])
        assert_array_equal(log.sample_domain, known.sample_domain)
        assert_array_equal(log.target.user_ids, known.target.user_ids)
    served = [read(of[name], market="country") for name in ("uk", "de")]
    log = log_after(EASERecommender(), served)  # no log names any: all are served
    assert dict(zip(log.markets, log.sample_domain)) == {"uk": -1, "de": -2}
    model = EASERecommender().fit(read(of["de"], market="country", target="de"))
    assert (model.partial_fit(served[0]).log_.sample_domain > 0).sum() == len(served[0])
    for target, message in (
        ("uk", r"names 'uk' as a target, which is a source in the log of fit"),
        (["de", "ed"], r"one or several of the markets \['de', 'uk'\]; got 'ed'"),
    ):
        model = EASERecommender().fit(known)
        with pytest.raises(ValueError, match=message):
            model.partial_fit(read(frame, market="country", target=target))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("form", ["pandas", "polars", "pyarrow", "csv", "none"])
def test_a_night_without_rows_changes_nothing(rng, tmp_path, name, form):
    frame = events(rng)
    frame["user"] = [f"{user:03d}" for user in frame["user"]]
    frame["time"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame["time"], "h")
    roles = {"time": "time", "rating": "stars", "min_rating": 2, "market": "country"}
    model = clone(EXACT[name]).fit(read(frame, target="de", **roles))
    expected = model.log_.matrix, *model.recommend(model.log_.target, 4)
    night = frame.iloc[:0]
    if form == "csv":
        night.to_csv(tmp_path / "night.csv", index=False)
        night = tmp_path / "night.csv"
    elif form == "none":
        night = []
    elif form != "pandas":
        library = pytest.importorskip(form)
        night = {"polars": "from_pandas", "pyarrow": "table"}[form]
        night = getattr(library, night)(frame.iloc[:0])
    night = read(night, target="de", **roles)
    assert night.shape == (0, 0)
    for rows in (night, []):
        items, scores = model.recommend(rows, 4, candidates=model.log_.item_ids[:3])
        assert items.shape == scores.shape == (0, 4)
        ranked = model.recommend(rows, 4, as_frame=True)
        columns = nw.from_native(ranked).columns
        assert columns == ["user", "item", "score", "rank"]
    model.partial_fit(night).partial_fit(night, sample_weight=[])
    assert model.n_features_in_ == expected[0].shape[1]
    found = model.log_.matrix, *model.recommend(model.log_.target, 4)
    assert_array_equal(found[0].toarray(), expected[0].toarray())
    for one, other in zip(found[1:], expected[1:]):
        assert_array_equal(one, other)
    later = read(frame.iloc[:2].assign(user="a new one"), target="de", **roles)
    model.partial_fit(later)
    assert "a new one" in model.log_.user_ids


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("weighted", [False, True])
def test_nights_equal_one_fit(rng, name, weighted):
    frame = events(rng)
    model = EXACT[name]
    whole = read(frame, time="time")
    w = rng.uniform(0.5, 2, len(whole)) if weighted else None
    for part in days(frame):
        log = read(part, time="time")
        own = None if w is None else w[whole.user_rows(log.user_ids)]
        model.partial_fit(log, sample_weight=own)
        model = pickle.loads(pickle.dumps(model))
        before = log.matrix.toarray()
        assert_array_equal(before, read(part, time="time").matrix.toarray())
    expected = EXACT[name].fit(whole, sample_weight=w)
    users, items = whole.user_ids, whole.item_ids
    found = model.predict(users)[:, model.log_.item_columns(items)]
    assert_allclose(found, expected.predict(users), rtol=2e-5, atol=1e-6)
    ranked = model.recommend(users, 3, as_frame=True)
    seen = set(zip(frame["user"], frame["item"]))
    if name != "sequences":
        assert not seen & set(zip(ranked["user"], ranked["item"]))


def test_a_returning_user_keeps_her_weight_unless_it_is_given():
    first = read({"user": [1, 1, 2, 2], "item": ["a", "b", "a", "c"]})
    later = read({"user": [2, 3], "item": ["b", "a"]})
    whole = read({"user": [1, 1, 2, 2, 2, 3], "item": ["a", "b", "a", "c", "b", "a"]})
    for given, expected in ((None, [2, 3, 1]), ([5, 4], [2, 5, 4])):
        model = EASERecommender(l2=1.0).fit(first, sample_weight=[2, 3])
        model.partial_fit(later, sample_weight=given)
        refit = EASERecommender(l2=1.0).fit(whole, sample_weight=expected)
        assert_allclose(model.item_weights_, refit.item_weights_, rtol=1e-5)
        assert model.state_.weight == sum(expected)


@pytest.mark.parametrize("half_life", [None, 20])
def test_users_by_id_are_served_as_their_rows_are(rng, half_life):
    frame = events(rng)
    log = read(frame, time="time")
    single = EASERecommender(l2=2.0, half_life=half_life)
    auto = AutoTransferRecommender([("ease", single)])
    for model in (auto, single):
        model = pickle.loads(pickle.dumps(model.fit(log)))
        by_row = model.recommend(log, 3)
        for one, other in zip(by_row, model.recommend(log.user_ids, 3)):
            assert_array_equal(one, other)


def test_a_file_holds_little_more_than_the_arrays(rng):
    """Bytes: of weights, of an item for each pair, of lengths and ids."""
    n = 60_000
    user, item = rng.integers(0, 3000, n), rng.integers(0, 400, n)
    frame = {
        "user": [f"{u:06d}" for u in user],
        "item": [f"{i:06d}" for i in item],
        "time": np.arange(n),
    }
    log = read(frame, time="time")
    own = 2 * log.matrix.nnz + 3000 * (6 + 8) + 400 * (6 + 8)
    for model in (EASERecommender(), ItemKNNRecommender(), ALSRecommender(16)):
        model.fit(log)
        if isinstance(model, ALSRecommender):
            arrays = model.item_factors_.nbytes
        elif isinstance(model, ItemKNNRecommender):
            arrays = (
                model.item_weights_.data.nbytes + model.item_weights_.indices.nbytes
            )
        else:
            arrays = model.item_weights_.nbytes
        stored = pickle.dumps(model)
        assert len(stored) < 1.2 * (arrays + own)
        again = pickle.loads(stored)
        assert_array_equal(again.log_.matrix.toarray(), log.matrix.toarray())
        assert again.log_.user_ids.tolist() == log.user_ids.tolist()
        ids = log.user_ids[:5]
        assert_array_equal(again.recommend(ids, 3)[0], model.recommend(log[:5], 3)[0])


def test_a_log_brings_what_a_matrix_cannot(rng):
    X = sparse.csr_array((rng.random((20, 6)) < 0.4).astype(float))
    log = read({"user": [1, 1, 2], "item": ["a", "b", "a"]})
    for model in (ItemKNNRecommender(), ALSRecommender(2)):
        model.fit(X)
        with pytest.raises(AttributeError, match="no attribute 'partial_fit'") as e:
            model.partial_fit(X)
        assert "keeps no rows of a matrix" in str(e.value.__cause__)
        model.fit(log).partial_fit(read({"user": [1], "item": ["c"]}))
        assert model.n_features_in_ == model.fit(log).n_features_in_ + 1
    for model in (EASERecommender(), ItemKNNRecommender(), SequentialRecommender()):
        model.partial_fit(X)
        with pytest.raises(ValueError, match="features"):
            model.partial_fit(sparse.csr_array((2, 7)))
        with pytest.raises(ValueError, match="fitted to a matrix, whose columns"):
            model.partial_fit(log)
        frame = pd.DataFrame(X.toarray(), columns=list("abcdef"))
        model.fit(frame)
        assert list(model.feature_names_in_) == list("abcdef")
    timed = read({"user": [1], "item": ["a"], "time": [3]}, time="time")
    dated = {"user": [1], "item": ["a"], "time": ["2026-01-03"]}
    model = SequentialRecommender().fit(timed)
    with pytest.raises(ValueError, match=r"numbers as times, the later one no times"):
        model.partial_fit(log)
    with pytest.raises(ValueError, match=r"numbers as times, the later one dates"):
        model.partial_fit(read(dated, time="time"))
    in_markets = read({"user": [1], "item": ["a"], "m": ["de"]}, market="m")
    with pytest.raises(ValueError, match="fit has no markets, the later one markets"):
        EASERecommender().fit(log).partial_fit(in_markets)


def test_sessions_without_ids_are_further_sessions():
    first, later = [["a", "b", "c"], ["b", "c"]], [["a", "b"], ["c", "d", "a"]]
    model = SequentialRecommender().fit(first).partial_fit(later)
    expected = SequentialRecommender().fit(first + later)
    assert_allclose(model.predict([["a"]]), expected.predict([["a"]]), rtol=1e-5)
    for nothing in ([], [[]], [[], []]):
        before = model.predict([["a"], ["b"]])
        assert_array_equal(model.partial_fit(nothing).predict([["a"], ["b"]]), before)
        items, _ = model.recommend(nothing, 2)
        assert items.shape == (len(nothing), 2)
        assert (items == model.recommend([[], ["a"]], 2)[0][0]).all()
    numbers = SequentialRecommender().partial_fit([[0, 1, 2], [1, 2]])
    whole = SequentialRecommender().fit([[0, 1, 2], [1, 2], [0, 1]])
    scores = numbers.partial_fit([[0, 1]]).predict([[0]])
    assert_allclose(scores, whole.predict([[0]]), rtol=1e-5)
    with pytest.raises(ValueError, match=r"items from 0 to 2.*got 3.*come by ids"):
        numbers.partial_fit([[2, 3]])


def test_factors_of_later_items_solve_their_equations(rng):
    frame = events(rng)
    first, second, _ = [read(part) for part in days(frame)]
    model = ALSRecommender(n_factors=3, alpha=2.0, l2=1.5).fit(first)
    Y = model.item_factors_.astype(float)
    w = rng.uniform(0.5, 2, len(first))
    model = ALSRecommender(n_factors=3, alpha=2.0, l2=1.5).fit(first, sample_weight=w)
    Y = np.zeros((8, 3))
    Y[:6] = model.item_factors_
    model.partial_fit(second)
    X = model.log_.matrix.toarray()
    w = np.r_[w, np.ones(len(X) - len(w))]

    def solution(fixed, x, weight):
        """Factors for confidences 1 + 2 x of preferences x > 0, written out."""
        c = weight * (1 + 2.0 * x)
        left = fixed.T @ (c[:, None] * fixed) + 1.5 * np.eye(3)
        return np.linalg.solve(left, fixed.T @ (c * (x > 0)))

    U = np.array([solution(Y, x, np.ones(8)) for x in X])
    taken = model.log_.item_columns(second.item_ids)
    for j in range(8):
        expected = solution(U, X[:, j], w) if j in taken else Y[j]
        assert_allclose(model.item_factors_[j], expected, rtol=2e-3, atol=2e-4)
    assert (np.abs(model.item_factors_[6:]).max(axis=1) > 0).all()

    def objective(V):
        loss = (1 + 2.0 * X) * ((X > 0) - U @ V.T) ** 2
        return w @ loss.sum(axis=1) + 1.5 * (V**2).sum()

    assert objective(model.item_factors_) <= objective(Y)


def log_of(users, items, **more):
    roles = {"rating": "r"} if "r" in more else {}
    return Interactions.from_frame(
        {"u": users, "i": items, **more}, user="u", item="i", **roles
    )


def test_ids_that_the_type_of_the_first_ones_does_not_hold():
    small = np.array([1, 1, 2], dtype=np.int8)
    model = EASERecommender(l2=1.0).fit(log_of(small, np.array([1, 2, 2], np.int8)))
    assert (model.recommend([1, 300], 1)[0] >= 0).any()
    large = np.array([2**63 + 11, 2**63 + 12], dtype=np.uint64)
    model.partial_fit(log_of(large, np.array([300, 1])))
    assert model.log_.user_ids.tolist() == [1, 2, *large.tolist()]
    assert model.log_.item_ids.tolist() == [1, 2, 300]


def test_a_night_of_new_items_without_sales():
    later = Interactions.from_frame(
        {"u": [], "i": []}, user="u", item="i", items=["q", "new"]
    )
    for model in (EASERecommender(l2=1.0), ItemKNNRecommender(), ALSRecommender(2)):
        model.fit(log_of(list("aabb"), list("pqpr"))).partial_fit(later)
        assert model.log_.item_ids.tolist() == ["p", "q", "r", "new"]
        assert model.predict(["a"])[0, 3] == 0


def test_whole_numbers_of_columns_with_gaps_are_ids_of_integers():
    model = EASERecommender(l2=1.0).fit(log_of([1, 1, 2], [5, 6, 6]))
    model.partial_fit(log_of(np.array([1.0, 3.0]), np.array([7.0, 5.0])))
    for ids, expected in (
        (model.log_.user_ids, [1, 2, 3]),
        (model.log_.item_ids, [5, 6, 7]),
    ):
        assert ids.tolist() == expected
        assert ids.dtype.kind == "i"
    users = model.recommend([2.0, 4.0], 1, as_frame=True)["user"]
    assert users.tolist() == [2, 4]


def test_a_call_that_fails_changes_nothing():
    model = ItemKNNRecommender(similarity="rp3beta")
    model.fit(log_of(list("aabbc"), list("pqpxx"), r=[5] * 5))
    before = model.recommend(["a"], 3)
    with pytest.raises(ValueError, match=r"0 or more|negative"):
        model.partial_fit(log_of(["a"], ["z"], r=[-1]))
    assert_array_equal(model.recommend(["a"], 3), before)


def test_ratings_do_not_follow_a_log_without_them():
    model = EASERecommender().fit(log_of(["a", "b"], ["p", "q"]))
    with pytest.raises(ValueError, match="has no ratings, the later one ratings"):
        model.partial_fit(log_of(["a"], ["q"], r=[5]))


def test_half_life_that_fit_did_not_have(rng):
    frame = {"u": ["a", "a", "b"], "i": ["p", "q", "p"], "t": [1, 2, 3]}
    log = Interactions.from_frame(frame, user="u", item="i", time="t")
    model = EASERecommender().fit(log).set_params(half_life=20)
    with pytest.raises(ValueError, match="fit kept no times"):
        model.partial_fit(log)
    model = EASERecommender(half_life=20).fit(log).set_params(half_life=None)
    expected = EASERecommender().fit(log).predict(log)
    assert_allclose(model.partial_fit(log).predict(log), expected)
