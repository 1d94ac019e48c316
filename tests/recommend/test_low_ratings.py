"""Ratings that are too low to learn from, in every log that says so."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sktransfer import (
    ALSRecommender,
    AutoTransferRecommender,
    BlendRecommender,
    ColdStartRecommender,
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    LocalEASERecommender,
    NicheRecommender,
    PopularityRecommender,
    SequentialRecommender,
    TransferRecommender,
)
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import NewItemLimiter, RecommenderCandidate

pd = pytest.importorskip("pandas")
ROLES = {"user": "user", "item": "item", "rating": "stars", "min_rating": 3}
LEARNING_ON = {
    "ease": EASERecommender(l2=2.0),
    "ease, aged": EASERecommender(l2=2.0, half_life=40),
    "knn": ItemKNNRecommender(4),
    "als": ALSRecommender(n_factors=3),
    "popularity": PopularityRecommender(),
    "sequences": SequentialRecommender(n_neighbors=5),
}
ALL = LEARNING_ON | {
    "local ease": LocalEASERecommender(l2=2.0),
    "niche": NicheRecommender(),
    "blend": BlendRecommender(),
    "cold start": ColdStartRecommender(None),
    "transfer": TransferRecommender(EASERecommender(l2=2.0)),
    "auto": AutoTransferRecommender(
        [("ease", EASERecommender(l2=2.0)), ("popularity", PopularityRecommender())]
    ),
}


def as_csv(frame, folder):
    path = folder / "night.csv"
    frame.to_csv(path, index=False)
    return path


def as_parts(frame, folder):
    return [frame.iloc[:3], as_csv(frame.iloc[3:], folder)]


def as_polars(frame, folder):
    return pytest.importorskip("polars").from_pandas(frame)


def as_pyarrow(frame, folder):
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


FORMS = {
    "pandas": lambda frame, folder: frame,
    "polars": as_polars,
    "pyarrow": as_pyarrow,
    "csv": as_csv,
    "parts": as_parts,
    "mapping": lambda frame, folder: frame.to_dict("list"),
}


def read(frame, **roles):
    return Interactions.from_frame(frame, **ROLES, time="time", **roles)


def nights(rng):
    """Logs in time order: all kinds of ratings, low ones alone, none, and all again."""
    n = 60
    frame = pd.DataFrame(
        {
            "user": [f"{u:03d}" for u in rng.integers(0, 8, 3 * n)],
            "item": [f"{i:03d}" for i in rng.integers(0, 14, 3 * n)],
            "time": np.arange(3 * n),
            "stars": rng.integers(1, 6, 3 * n),
        }
    )
    first, second, third = (frame.iloc[i : i + n] for i in range(0, 3 * n, n))
    # items that nobody likes at first
    first = first[(first["item"] < "010") | (first["stars"] < 3)]
    second = second.assign(stars=rng.integers(1, 3, n))
    return [first, second, first.iloc[:0], third]


def newest_ratings(frames):
    """Stars of each pair, written out."""
    return {(row.user, row.item): row.stars for f in frames for row in f.itertuples()}


def require_no_low_ratings(model, ratings, users):
    """Nobody is recommended what she rated below 3, and all other items are ranked."""
    ids = model.log_.item_ids
    ranked, _ = model.recommend(users, ids.size, exclude_seen=False)
    for user, items in zip(users, ranked):
        low = {i for (u, i), stars in ratings.items() if u == user and stars < 3}
        assert set(ids[items[items >= 0]]) == set(ids) - low


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LEARNING_ON)
def test_each_night_says_what_a_user_likes_now(rng, tmp_path, name, form):
    model, frames, columns = clone(LEARNING_ON[name]), nights(rng), set()
    for n in range(len(frames)):
        model.partial_fit(read(FORMS[form](frames[n], tmp_path)))
        model = pickle.loads(pickle.dumps(model))
        ratings, log = newest_ratings(frames[: n + 1]), model.log_
        liked = {pair for pair, stars in ratings.items() if stars >= 3}
        user, item = log.matrix.nonzero()
        assert set(zip(log.user_ids[user], log.item_ids[item])) == liked
        columns |= {i for (_, i), s in newest_ratings([frames[n]]).items() if s >= 3}
        assert set(log.item_ids) == columns
        require_no_low_ratings(model, ratings, sorted({user for user, _ in ratings}))
    whole = read(pd.concat(frames))
    assert set(whole.item_ids) == {i for _, i in liked}
    rows, columns = log.user_rows(whole.user_ids), log.item_columns(whole.item_ids)
    for part in ("matrix", "disliked"):
        found = getattr(log, part)[rows][:, columns].toarray()
        assert_array_equal(found, getattr(whole, part).toarray())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ALL)
def test_a_guest_is_not_shown_what_she_rated_low(rng, tmp_path, name, form):
    model = ALL[name].fit(read(nights(rng)[0]))
    log = model.log_
    for low in log.item_ids[:4]:  # nobody in the log of the guest likes it
        rated = [log.item_ids[-1], low, log.item_ids[-2], low, "unknown"]
        frame = pd.DataFrame(
            {"user": "guest", "item": rated, "time": range(5), "stars": [5, 5, 4, 1, 2]}
        )
        guest = read(FORMS[form](frame, tmp_path))
        for rows in (guest, pickle.loads(pickle.dumps(guest)), guest[[0]]):
            items, _ = model.recommend(rows, log.shape[1])
            shown = set(log.item_ids[items[0][items[0] >= 0]])
            kept = {low, log.item_ids[-1], log.item_ids[-2]}
            if name == "sequences":  # they may repeat
                shown -= kept - {low}
            assert shown == set(log.item_ids) - kept


def test_users_of_fit_are_not_shown_what_they_rated_low(rng):
    first = nights(rng)[0]
    ratings = newest_ratings([first])
    for model in ALL.values():
        model.fit(read(first))
        require_no_low_ratings(model, ratings, sorted(set(first["user"])))


def test_the_newest_rating_counts():
    frame = pd.DataFrame(
        {
            "user": ["a", "a", "b", "b", "b", "c"],
            "item": ["x", "x", "x", "x", "y", "y"],
            "time": [2, 1, 1, 2, 3, 4],
            "stars": [5, 1, 5, 1, 4, 4],
        }
    )
    gone = pd.DataFrame({"user": "b", "item": "w", "time": [8, 9], "stars": [4, 2]})
    assert read(pd.concat([frame, gone])).item_ids.tolist() == ["x", "y"]
    log = read(frame)
    assert_array_equal(log.matrix.toarray(), [[1, 0], [0, 1], [0, 1]])
    assert_array_equal(log.disliked.toarray(), [[0, 0], [1, 0], [0, 0]])
    assert_array_equal(log.times.toarray(), [[2, 0], [0, 3], [0, 4]])
    assert [s.tolist() for s in log.sequences] == [[0], [1], [1]]
    by_row = Interactions.from_frame(frame, **ROLES)  # without times, the last row
    assert by_row.item_ids.tolist() == ["y"]
    assert_array_equal(by_row.matrix.toarray(), [[0], [1], [1]])
    model = EASERecommender(half_life=30).fit(log)
    older = read(pd.DataFrame({"user": ["a"], "item": "x", "time": 1, "stars": 2}))
    assert model.partial_fit(older).log_.matrix[[0]].toarray().tolist() == [[1, 0]]
    newer = read(pd.DataFrame({"user": ["a"], "item": "x", "time": 5, "stars": 2}))
    assert model.partial_fit(newer).log_.matrix[[0]].toarray().tolist() == [[0, 0]]


def test_the_past_of_a_split_does_not_know_later_dislikes(rng):
    frame = pd.concat(nights(rng))
    log, ratings = read(frame), newest_ratings([frame])
    lows = frame[frame["stars"] < 3]
    for options in ({"last": 1}, {"since": 120}, {"last": 2, "users": 0.5}):
        past, future = split_interactions(log, **options, random_state=0)
        both = past.matrix + future.matrix
        assert_array_equal(both.toarray(), log.matrix.toarray())
        assert not past.matrix.multiply(future.matrix).nnz
        for row, user in enumerate(log.user_ids):
            held_out = future.times[[row]].data
            before = held_out.min() if held_out.size else np.inf
            low = lows[(lows["user"] == user) & (lows["time"] < before)]["item"]
            expected = {item for item in low if ratings[user, item] < 3}
            expected &= set(log.item_ids)
            assert set(log.item_ids[past.disliked[[row]].indices]) == expected


def test_a_log_of_low_ratings_alone_is_no_log_to_begin_with():
    low = read(pd.DataFrame({"user": ["a"], "item": "x", "time": 1, "stars": 2}))
    assert low.shape == (1, 0)
    for model in ALL.values():
        with pytest.raises(ValueError, match="all of its 1 ratings are below min_rat"):
            model.fit(low)


def test_an_item_that_was_disliked_may_be_added_by_its_content():
    liked = {"user": list("aabbcc"), "item": list("xyyzzx"), "stars": [5] * 6}
    frame = {k: [*v, w] for (k, v), w in zip(liked.items(), ("a", "new", 1))}
    model = ColdStartRecommender(np.eye(3)).fit(Interactions.from_frame(frame, **ROLES))
    with pytest.raises(ValueError, match=r"names must be 2 ids.*each once"):
        model.add_items(np.eye(3)[:2], names=["newer", "newer"])
    model.add_items(np.eye(3)[:2], names=["newer", "new"])
    assert model.log_.item_ids.tolist() == ["x", "y", "z", "newer", "new"]
    ranked = model.recommend(["a", "b"], 5, as_frame=True)
    shown = ranked.groupby("user")["item"].agg(set)
    assert shown["a"] == {"z", "newer"}
    assert shown["b"] == {"x", "newer", "new"}


@pytest.fixture(scope="module")
def new_items():
    """A log over 30 items that are taken and 30 new ones, and their content."""
    rng = np.random.default_rng(0)
    item = np.concatenate([rng.choice(30, 8, replace=False) for _ in range(60)])
    frame = {"user": np.repeat(np.arange(60), 8), "item": item, "stars": [5] * 480}
    content = rng.normal(size=(60, 6))
    return Interactions.from_frame(frame, **ROLES, items=np.arange(60)), content


def limited(content):
    return NewItemLimiter(ColdStartRecommender(content), max_share=0.2)


def limited_beside(content):
    content_alone = RecommenderCandidate(
        "content", ColdStartRecommender(content, degree=1), new_items=True
    )
    return AutoTransferRecommender(
        [("popularity", PopularityRecommender()), content_alone],
        item_features=content,
        catalogue="all",
        max_new_share=0.2,
    )


@pytest.mark.parametrize("make", [limited, limited_beside])
@pytest.mark.parametrize("form", ["all", "shared", "lists"])
def test_low_ratings_leave_the_limit_of_new_items(new_items, make, form):
    log, content = new_items
    model = make(content).fit(log)
    assert getattr(model, "new_item_estimator_", model) is not None
    taken = [("g", i, 5) for i in (0, 1, 2)] + [("h", i, 5) for i in (8, 9)]
    low = [("g", i, 1) for i in range(3, 8)]

    def guests(events):
        columns = dict(zip(("user", "item", "stars"), map(list, zip(*events))))
        return Interactions.from_frame(columns, **ROLES)

    candidates = {
        "all": None,
        "shared": np.arange(0, 60, 2),
        "lists": [np.arange(60), np.arange(1, 60)],
    }[form]
    options = {"k": 10, "candidates": candidates}
    plain, _ = model.recommend(guests(taken), **options)
    items, _ = model.recommend(guests(taken + low), **options)
    assert_array_equal(items[1], plain[1])  # whatever others dislike
    assert not np.isin(items[0], np.arange(8)).any()
    assert (np.sum(items >= 30, axis=1) <= 2).all()
    kept = plain[0][~np.isin(plain[0], np.arange(8))]
    assert_array_equal(items[0][np.isin(items[0], kept)], kept)
    items, _ = model.recommend([60, 0], **options)  # a new user, and a known one
    assert (np.sum(items >= 30, axis=1) <= 2).all()
