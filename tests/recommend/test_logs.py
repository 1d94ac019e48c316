"""Logs in, ranked frames out: by the ids that the log came with."""

import pickle
from functools import partial
from uuid import UUID

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from sktransfer import (
    ALSRecommender,
    AutoTransferRecommender,
    BlendRecommender,
    ColdStartRecommender,
    EASERecommender,
    Interactions,
    ItemKNNRecommender,
    LocalEASERecommender,
    NewItemLimiter,
    NicheRecommender,
    PopularityRecommender,
    SequentialRecommender,
    TransferRecommender,
)
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import TargetKFold, split_interactions
from sktransfer.recommend import RecommenderCandidate

pd = pytest.importorskip("pandas")

N_ITEMS = 9
TEXTS = [f"{i:04d}" for i in range(60)]
IDS = {
    "leading zeros": TEXTS,
    "texts": [f"sku-{i % 7}-{i}" for i in range(60)],
    "64 bits": list(range(1, 61)),
    "above 2**53": [2**53 + i for i in range(60)],
    "negative": [-(2**62) + i for i in range(60)],
    "unsigned": [2**64 - 1 - i for i in range(60)],
    "uuids": [UUID(int=(i + 1) << 64) for i in range(60)],
}
CONTENT = np.random.default_rng(3).normal(size=(N_ITEMS, 4))
SEQUENCES = RecommenderCandidate("sequences", SequentialRecommender(), time=True)
RECOMMENDERS = {
    "als": ALSRecommender(n_factors=4),
    "auto": AutoTransferRecommender(
        [
            ("popularity", PopularityRecommender()),
            ("all", TransferRecommender(EASERecommender())),
            SEQUENCES,
        ]
    ),
    "auto, sequences": AutoTransferRecommender([SEQUENCES]),
    "blend": BlendRecommender(),
    "cold start": ColdStartRecommender(CONTENT, degree=1, content_l2=1.0),
    "ease": EASERecommender(),
    "knn": ItemKNNRecommender(),
    "local ease": LocalEASERecommender(),
    "new items": NewItemLimiter(EASERecommender()),
    "niche": NicheRecommender(),
    "popularity": PopularityRecommender(),
    "sequences": SequentialRecommender(),
    "markets": TransferRecommender(EASERecommender()),
    "markets of sequences": TransferRecommender(SequentialRecommender()),
}


def columns(n=400, users=TEXTS, items=None, seed=0):
    """A made-up log: users of two tastes in two markets, who come back over days."""
    rng = np.random.default_rng(seed)
    items = [f"{i:03d}" for i in range(N_ITEMS)] if items is None else items
    user = rng.integers(0, 50, n)
    item = np.where(rng.random(n) < 0.7, 2 * rng.integers(0, 4, n) + user % 2, 8)
    days = np.datetime64("2026-01-01") + rng.permutation(n).astype("m8[h]")
    return {
        "customer": [users[u] for u in user],
        "sku": [items[i] for i in item],
        "day": days.astype("M8[us]").tolist(),
        "country": np.where(user < 25, "uk", "de").tolist(),
        "stars": rng.integers(1, 6, n).tolist(),
    }


def frame_of(library, data):
    """The log in a frame of a library, ids in the types that it has for them."""
    module = pytest.importorskip(library)
    kinds = {}
    if library != "pandas":
        for name, values in data.items():
            if isinstance(values[0], int) and max(values) >= 2**63:
                kinds[name] = module.UInt64 if library == "polars" else module.uint64()
            if isinstance(values[0], UUID):
                kinds[name] = module.Object if library == "polars" else module.uuid()
    if library == "pandas":
        return module.DataFrame(data)
    if library == "polars":
        return module.DataFrame(data, schema_overrides=kinds)
    plain = {
        name: [v.bytes for v in values] if isinstance(values[0], UUID) else values
        for name, values in data.items()
    }
    return module.table(
        {name: module.array(v, kinds.get(name)) for name, v in plain.items()}
    )


LIBRARIES = ["pandas", "polars", "pyarrow"]
# the same for all libraries, and slow
SLOW = {"auto", "auto, sequences", "cold start", "markets of sequences"}
ROLES = {"user": "customer", "item": "sku"}
MARKETS = ROLES | {"time": "day", "market": "country", "target": "de"}


def listed(frame, name):
    """Values of a column of any library."""
    column = frame[name]
    return column.to_pylist() if hasattr(column, "to_pylist") else list(column)


def dtype(frame, name):
    column = frame[name]
    return column.dtype if hasattr(column, "dtype") else column.type


# ----------------------------------------------------------------------- frames and ids


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_ids_come_back_as_they_went_in(library, kind):
    ids = IDS[kind]
    frame = frame_of(library, columns(users=ids, items=ids))
    log = Interactions.from_frame(frame, **MARKETS)
    model = EASERecommender().fit(log)
    ranked = model.recommend(log.target, k=3, as_frame=True)
    assert type(ranked) is type(frame)
    names = ranked.column_names if library == "pyarrow" else list(ranked.columns)
    assert names == ["user", "item", "score", "rank"]
    for name, was in (("user", "customer"), ("item", "sku")):
        assert dtype(ranked, name) == dtype(frame, was)
        assert set(listed(ranked, name)) <= set(listed(frame, was))
    of_de = zip(listed(frame, "customer"), listed(frame, "country"))
    assert set(listed(ranked, "user")) == {u for u, c in of_de if c == "de"}
    # asked by ids, the same
    users = log.target.user_ids[:4]
    by_id = model.recommend(users, k=3, as_frame=True)
    n = len(listed(by_id, "item"))
    assert listed(by_id, "item") == listed(ranked, "item")[:n]
    assert listed(by_id, "user") == listed(ranked, "user")[:n]


@pytest.mark.parametrize(
    ("library", "name"),
    [
        pytest.param(library, name, marks=[pytest.mark.slow] * (i > 0 and name in SLOW))
        for i, library in enumerate(LIBRARIES)
        for name in RECOMMENDERS
    ],
)
def test_every_frame_and_recommender(library, name):
    """A log, its rows, ids of its users: what the model says of the matrix."""
    data = columns()
    log = Interactions.from_frame(frame_of(library, data), **MARKETS)
    model = clone(RECOMMENDERS[name]).fit(log)
    served = log.target
    items, scores = model.recommend(served, 4)
    options = {}
    X = served.times if model.values_are_times else served.matrix
    if isinstance(model, AutoTransferRecommender):
        X, options = served.matrix, {"time": served.times}
    if not name.endswith("sequences"):  # which count repeats
        assert_array_equal(items, model.recommend(X, 4, **options)[0])
    ranked = model.recommend(served, 4, as_frame=True)
    there = items >= 0
    expected = np.repeat(served.user_ids, there.sum(axis=1))
    assert listed(ranked, "user") == expected.tolist()
    assert listed(ranked, "item") == log.item_ids[items[there]].tolist()
    assert listed(ranked, "rank") == (np.nonzero(there)[1] + 1).tolist()
    assert_allclose(listed(ranked, "score"), scores[there])
    some = served.user_ids[[5, 0]].tolist()
    assert_array_equal(model.recommend(some, 4)[0], items[[5, 0]])
    assert model.predict(served).shape == served.shape
    X_in, X_out = split_interactions(log, last=1)
    again = clone(RECOMMENDERS[name]).fit(X_in)
    assert again.score(X_in.target, X_out) == pytest.approx(
        ndcg_at_k(X_out.target, again.recommend(X_in.target)[0])
    )


TYPED = {
    ("pandas", "Int64"): lambda u: pd.array(u, dtype="Int64"),
    ("pandas", "string"): lambda u: pd.array(u.astype(str), dtype="string"),
    ("pandas", "category"): lambda u: pd.Categorical(u.astype(str)),
    ("pandas", "dates"): lambda u: pd.Timestamp("2026-01-01") + pd.to_timedelta(u, "D"),
    ("pandas", "8 bits"): lambda u: u.astype(np.int8),
    ("polars", "Categorical"): lambda u: u.astype(str),
    ("polars", "Int8"): lambda u: u,
    ("polars", "Int128"): lambda u: u,
    ("polars", "Binary"): lambda u: [bytes([255, v]) for v in u.tolist()],
    ("pyarrow", "large_string"): lambda u: u.astype(str),
    ("pyarrow", "uint16"): lambda u: u,
}


@pytest.mark.parametrize(("library", "kind"), TYPED)
def test_columns_keep_their_type(library, kind):
    module = pytest.importorskip(library)
    user = TYPED[library, kind](np.random.default_rng(0).integers(0, 8, 40))
    if library == "polars":
        user = module.Series(user, dtype=getattr(module, kind))
    if library == "pyarrow":
        user = module.array(user, getattr(module, kind)())
    item = np.arange(40) % 7
    make = module.table if library == "pyarrow" else module.DataFrame
    frame = make({"user": user, "item": item})
    log = Interactions.from_frame(frame, user="user", item="item")
    model = PopularityRecommender().fit(log)
    ranked = model.recommend(log, 2, as_frame=True)
    assert dtype(ranked, "user") == dtype(frame, "user")
    assert set(listed(ranked, "user")) <= set(listed(frame, "user"))
    found = model.recommend([log.user_ids[0], "new"], 1, as_frame=True)
    assert len(listed(found, "rank")) == 2


def equal_logs(log, other):
    assert_array_equal(log.matrix.toarray(), other.matrix.toarray())
    assert_array_equal(log.times.toarray(), other.times.toarray())
    assert_array_equal(log.sample_domain, other.sample_domain)
    assert_array_equal(log.user_ids.astype(str), other.user_ids.astype(str))
    assert_array_equal(log.item_ids.astype(str), other.item_ids.astype(str))


def test_files_and_chunks_are_the_frame(tmp_path):
    pl, pa = (pytest.importorskip(name) for name in ("polars", "pyarrow"))
    data = columns(users=IDS["64 bits"])
    frame = pd.DataFrame(data)
    log = Interactions.from_frame(frame, **MARKETS, rating="stars")
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=50)
    parts = [frame[:100], frame[100:101], frame[101:101], frame[101:]]
    for other in (
        data,
        tmp_path / "log.csv",
        str(tmp_path / "log.parquet"),
        parts,
        (part for part in parts),
        pd.read_csv(tmp_path / "log.csv", chunksize=37, dtype={"sku": str}),
        [tmp_path / "log.csv", frame[:0]],
        pl.DataFrame(data).lazy(),
        pa.table(data).to_batches(max_chunksize=30),
        {name: np.array(values) for name, values in data.items()},
    ):
        equal_logs(Interactions.from_frame(other, **MARKETS, rating="stars"), log)


def test_a_log_without_a_library_gives_a_frame_of_an_installed_one():
    log = Interactions.from_frame(columns(), **ROLES)
    ranked = PopularityRecommender().fit(log).recommend(log, 1, as_frame=True)
    assert isinstance(ranked, pd.DataFrame)
    assert list(ranked["user"]) == log.user_ids.tolist()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_model_of_a_log_is_pickled_with_its_ids(library):
    frame = frame_of(library, columns(users=IDS["uuids"]))
    model = EASERecommender().fit(Interactions.from_frame(frame, **ROLES))
    again = pickle.loads(pickle.dumps(model))
    users = model.log_.user_ids[:3].tolist()
    ranked, expected = (m.recommend(users, 2, as_frame=True) for m in (again, model))
    assert listed(ranked, "user") == listed(expected, "user")
    assert listed(ranked, "item") == listed(expected, "item")


# ------------------------------------------------------------------------ what is read


def test_a_small_log_by_hand():
    frame = pd.DataFrame(
        {
            "u": ["b", "a", "b", "b", "a", "b"],
            "i": [10, 9, 9, 10, 10, 9],
            "t": [3, 1, 5, 1, 4, 5],
            "r": [2.0, 5.0, 4.0, 1.0, 0.0, 3.0],
        }
    )
    log = Interactions.from_frame(frame, user="u", item="i", time="t", rating="r")
    assert log.user_ids.tolist() == ["a", "b"]
    assert log.item_ids.tolist() == [9, 10]
    assert_array_equal(log.matrix.toarray(), [[5, 0], [3, 2]])  # the newest rating
    assert_array_equal(log.times.toarray(), [[1, 0], [5, 3]])
    assert [s.tolist() for s in log.sequences] == [[0], [1, 1, 0, 0]]
    assert log.sample_domain is None
    assert log.markets is None
    plain = Interactions.from_frame(frame, user="u", item="i")
    assert_array_equal(plain.matrix.toarray(), np.ones((2, 2)))
    assert plain.times is None
    assert log.item_columns([10, "9", 77]).tolist() == [1, 0, -1]
    assert log.user_rows(["b", "z"]).tolist() == [1, -1]


def test_ids_are_one_by_their_text():
    log = Interactions.from_frame(
        {"u": [7, "7", "007"], "i": ["a", "b", "a"]}, user="u", item="i"
    )
    assert log.shape == (2, 2)
    assert log.user_rows(["7", 7, "007", np.int64(7)]).tolist() == [1, 1, 0, 1]


def test_a_user_of_two_markets_is_two_rows():
    frame = {"u": ["a", "a", "b"], "i": ["x", "y", "x"], "m": ["uk", "de", "uk"]}
    read = partial(Interactions.from_frame, frame, user="u", item="i", market="m")
    log = read(target="de")
    assert_array_equal(log.sample_domain, [-1, 2, 2])
    assert log.user_ids.tolist() == ["a", "a", "b"]
    assert log.markets.tolist() == ["de", "uk", "uk"]
    assert log.target.user_ids.tolist() == ["a"]
    assert log.user_rows(["a", "b"]).tolist() == [0, -1]
    assert_array_equal(read(target=["de", "uk"]).sample_domain, [-1, -2, -2])
    every = read()
    assert_array_equal(every.sample_domain, [-1, -2, -2])
    with pytest.raises(ValueError, match="'a' is in several of the markets"):
        every.user_rows(["a"])
    ranked = PopularityRecommender().fit(log).recommend(log, 1, as_frame=True)
    assert ranked.values[:, [0, 1, 2]].tolist() == [
        ["de", "a", "x"],
        ["uk", "a", "y"],
        ["uk", "b", "y"],
    ]


@pytest.mark.parametrize(
    "times",
    [
        ["2026-01-03", "2026-01-01", "2026-01-02T12:00"],
        np.array(["2026-01-03", "2026-01-01", "2026-01-02T12:00"], dtype="M8[s]"),
        pd.to_datetime(
            ["2026-01-03T01:00+01:00", "2026-01-01T00:00Z", "2026-01-02T12:00Z"],
            format="mixed",
            utc=True,
        ).tz_convert("Asia/Tokyo"),
    ],
    ids=["texts", "dates", "zoned"],
)
def test_dates_are_microseconds_in_utc(times):
    frame = pd.DataFrame({"u": [1, 1, 1], "i": [1, 2, 3], "t": times})
    log = Interactions.from_frame(frame, user="u", item="i", time="t")
    day = 24 * 3600 * 10**6
    first = np.datetime64("2026-01-01", "us").astype(int)
    assert (log.times.toarray()[0] - first).tolist() == [2 * day, 0, 1.5 * day]


def test_times_below_zero_are_shifted_all_alike():
    frame = {"u": [1, 1, 2], "i": [1, 2, 1], "t": [-5, 0, 2]}
    log = Interactions.from_frame(frame, user="u", item="i", time="t")
    assert_array_equal(log.times.toarray(), [[1, 6], [8, 0]])


def test_low_ratings_are_neither_learned_from_nor_shown():
    frame = pd.DataFrame(
        {
            "u": ["a", "a", "b", "b", "c", "d", "d"],
            "i": ["x", "y", "x", "z", "z", "z", "y"],
            "r": [5, 1, 4, 4, 5, 3, 2],
        }
    )
    log = Interactions.from_frame(frame, user="u", item="i", rating="r", min_rating=4)
    assert log.item_ids.tolist() == ["x", "z"]  # y was liked by nobody
    assert_array_equal(log.matrix.toarray(), [[1, 0], [1, 1], [0, 1], [0, 0]])
    assert_array_equal(np.nonzero(log.disliked.toarray()), [[3], [1]])
    ranked = PopularityRecommender().fit(log).recommend(log, 2, as_frame=True)
    assert ranked[["user", "item"]].values.tolist() == [
        ["a", "z"],
        ["c", "x"],
        ["d", "x"],
    ]


def test_items_of_a_table_are_columns_in_its_order():
    table = pd.DataFrame({"sku": ["new", "b", "a"], "price": [1.0, 2.0, 3.0]})
    frame = {"u": [1, 1, 2], "i": ["a", "b", "a"]}
    log = Interactions.from_frame(frame, user="u", item="i", items=table["sku"])
    assert log.item_ids.tolist() == ["new", "b", "a"]
    assert_array_equal(log.matrix.toarray(), [[0, 1, 1], [0, 0, 1]])
    content = table[["price"]].to_numpy()
    model = ColdStartRecommender(content, l2=1.0, degree=1, content_l2=1.0).fit(log)
    ranked = model.recommend([2], 2, as_frame=True)
    assert set(ranked["item"]) == {"new", "b"}
    model.add_items([[2.0]], names=["newer"])
    found = model.recommend([2], 3, as_frame=True)
    assert set(found["item"]) == {"new", "b", "newer"}
    only = model.recommend([2], 3, candidates=["newer"], as_frame=True)
    assert list(only["item"]) == ["newer"]
    with pytest.raises(ValueError, match="names must be 1 ids of items"):
        model.add_items([[2.0]], names=["a"])


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            {"u": [1], "i": [1]},
            {"time": "t"},
            "no column 't'; the columns are 'u', 'i'",
        ),
        ({"u": [1, None], "i": [1, 2]}, {}, "column 'u', row 2: there is no id"),
        ({"u": [1.5], "i": [1]}, {}, "an id is a text or a whole number; got 1.5"),
        ({"u": [2.0**60], "i": [1]}, {}, "does not hold the last digits"),
        ({"u": [1], "i": [1, 2]}, {}, "Columns must be of one length"),
        ({"u": [1], "i": [1], "t": ["soon"]}, {"time": "t"}, "row 1, column 't': exp"),
        ({"u": [1], "i": [1], "t": [None]}, {"time": "t"}, "got None"),
        ({"u": [1], "i": [1], "r": ["x"]}, {"rating": "r"}, "row 1, column 'r': exp"),
        ({"u": [1], "i": [1]}, {"min_rating": 3}, "min_rating=3 needs a column"),
        ({"u": [1], "i": [1]}, {"target": "de"}, "target='de' needs a column"),
        (
            {"u": [1], "i": [1], "m": ["uk"]},
            {"market": "m", "target": []},
            "one or several of the markets; got none",
        ),
        ({"u": [1], "i": ["a"]}, {"items": ["b"]}, "item 'a', which is not in items"),
        ({"u": [1], "i": ["a"]}, {"items": ["a", "a"]}, "one occurs twice"),
    ],
)
def test_what_is_no_log(data, options, message):
    with pytest.raises(ValueError, match=message):
        Interactions.from_frame(data, user="u", item="i", **options)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ({"u": [], "i": []}, {}, "no interactions to learn from: it has no rows"),
        (
            {"u": [1], "i": [1], "m": ["uk"]},
            {"market": "m", "target": ["uk", "de"]},
            r"one or several of the markets \['uk'\]; got 'de'",
        ),
    ],
)
def test_what_is_no_log_to_begin_with(data, options, message):
    log = Interactions.from_frame(data, user="u", item="i", **options)
    for model in (EASERecommender(), TransferRecommender(), AutoTransferRecommender()):
        with pytest.raises(ValueError, match=message):
            model.fit(log)


def test_what_is_no_frame():
    for frame in (7, np.ones((3, 3)), b"log.csv"):
        with pytest.raises(TypeError, match="frame must be a data frame"):
            Interactions.from_frame(frame, user="u", item="i")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        Interactions.from_frame("nowhere.csv", user="u", item="i")
    log = Interactions.from_frame(columns(), **ROLES)
    with pytest.raises(TypeError, match=r"Pass log\.matrix"):
        np.asarray(log)


# ------------------------------------------------------------- unknown users and items


def small_log():
    """x is taken by three users, y by two, z by one."""
    frame = {"u": ["a", "a", "b", "b", "b", "c"], "i": ["x", "y", "x", "y", "z", "x"]}
    return Interactions.from_frame(pd.DataFrame(frame), user="u", item="i")


def test_unknown_users_get_what_is_popular():
    model = EASERecommender(l2=1.0).fit(small_log())
    ranked = model.recommend(["a", "stranger"], 3, as_frame=True)
    assert ranked.values[:, [0, 1, 3]].tolist() == [
        ["a", "z", 1],
        ["stranger", "x", 1],
        ["stranger", "y", 2],
        ["stranger", "z", 3],
    ]
    known, _ = model.recommend(["a"], 3)
    assert_array_equal(model.recommend(["a", "stranger"], 3)[0][0], known[0])
    some = model.recommend(["stranger", "a"], 2, candidates=[["z", "y"], ["z"]])
    assert_array_equal(some[0], [[1, 2], [2, -1]])
    with pytest.warns(UserWarning, match="None of the 1 users is in the log of fit"):
        items, _ = model.recommend([5], 2)
    assert_array_equal(items, [[0, 1]])


def test_a_model_that_knows_of_strangers_decides():
    log = Interactions.from_frame(columns(), **MARKETS)
    model = TransferRecommender(popularity_weight=0.5).fit(log)
    items, scores = model.recommend(["stranger", log.target.user_ids[0]], 4)
    expected, _ = model.recommend(np.zeros((1, log.shape[1])), 4)
    assert_array_equal(items[0], expected[0])
    assert scores[0, 0] > scores[0, 1] > scores[0, 2]


def test_unknown_items_are_left_out():
    model = EASERecommender(l2=1.0).fit(small_log())
    visit = pd.DataFrame({"who": ["n", "n"], "what": ["y", "novel"]})
    new = Interactions.from_frame(visit, user="who", item="what")
    ranked = model.recommend(new, 2, as_frame=True)
    expected, scores = model.recommend(np.array([[0, 1, 0]]), 2)
    assert ranked["user"].tolist() == ["n", "n"]
    assert ranked["item"].tolist() == model.log_.item_ids[expected[0]].tolist()
    assert_allclose(ranked["score"], scores[0])
    found = model.recommend(["c"], 2, candidates=["novel", "z"], as_frame=True)
    assert found["item"].tolist() == ["z"]
    with pytest.warns(UserWarning, match="None of the 1 candidates"):
        assert len(model.recommend(["c"], 2, candidates=["novel"], as_frame=True)) == 0
    with pytest.warns(UserWarning, match="None of the 1 items"):
        model.recommend(new.from_sequences([["novel"]]), 2)


def test_candidates_and_catalogue_by_id():
    log = small_log()
    model = PopularityRecommender().fit(log)
    everybody = partial(model.recommend, ["a", "c"], 3, exclude_seen=False)
    assert_array_equal(everybody(candidates=["z", "x"])[0], [[0, 2, -1]] * 2)
    for users in (pd.Index(["a", "c"]), np.array(["a", "c"]), ("a", "c")):
        assert_array_equal(model.recommend(users, 1)[0], [[2], [1]])
    for form in (pd.Series(["z", "x"]), np.array(["z", "x"]), {"z", "x"}):
        assert_array_equal(everybody(candidates=form)[0], [[0, 2, -1]] * 2)
    by_row = everybody(candidates=[["y"], ["z", "y"]])[0]
    assert_array_equal(by_row, [[1, -1, -1], [1, 2, -1]])
    assert_array_equal(everybody(candidates=[True, False, True])[0], [[0, 2, -1]] * 2)
    both = everybody(candidates=[["y", "x"], ["z"]], catalogue=["x", "z"])[0]
    assert_array_equal(both, [[0, -1, -1], [2, -1, -1]])
    # a matrix is asked by columns
    X = log[[0, 2]].matrix
    options = {"exclude_seen": False, "candidates": [2, 0]}
    assert_array_equal(model.recommend(X, 3, **options)[0], [[0, 2, -1]] * 2)
    assert_array_equal(
        model.recommend(X, 3, catalogue=[2], **options)[0], [[2, -1, -1]] * 2
    )
    for bad in (5, {"x": 1}):
        with pytest.raises(ValueError, match="must be ids of items"):
            everybody(candidates=bad)
    with pytest.raises(TypeError, match=r"Pass a list of ids, such as \['a'\]"):
        model.recommend("a")
    with pytest.raises(ValueError, match="catalogue must be a list"):
        model.recommend(X, 3, catalogue=[[1], [2]])


def test_the_catalogue_of_a_market_by_id():
    log = Interactions.from_frame(columns(items=IDS["above 2**53"]), **MARKETS)
    ids = log.item_ids[[1, 4, 5]].tolist()
    model = TransferRecommender(EASERecommender(), catalogue=ids).fit(log)
    assert_array_equal(np.flatnonzero(model.catalogue_), [1, 4, 5])


def test_a_model_of_a_matrix_knows_no_ids():
    log = small_log()
    model = EASERecommender(l2=1.0).fit(log.matrix)
    with pytest.raises(ValueError, match="as_frame=True gives the ids of a log"):
        model.recommend(log.matrix, as_frame=True)
    ranked = model.recommend(log, 1, as_frame=True)  # under its own ids
    assert ranked["item"].tolist() == ["z", "y"]
    refitted = EASERecommender(l2=1.0).fit(log).fit(log.matrix)
    assert not hasattr(refitted, "log_")


def test_rows_of_a_matrix_are_numbered_in_a_frame():
    log = small_log()
    model = EASERecommender(l2=1.0).fit(log)
    ranked = model.recommend(log.matrix[1:], 1, as_frame=True)
    assert ranked[["user", "item"]].values.tolist() == [[1, "y"]]


# ------------------------------------------------------------- splitters and searches


@pytest.mark.parametrize(
    "options",
    [
        {"test_size": 0.3, "random_state": 0},
        {"last": 2},
        {"users": 5, "random_state": 1},
    ],
)
def test_a_log_is_split_as_its_matrix(options):
    log = Interactions.from_frame(pd.DataFrame(columns()), **MARKETS)
    time = {"time": log.times} if "last" in options else {}
    parts = split_interactions(log, **options)
    for part, expected in zip(parts, split_interactions(log.matrix, **options, **time)):
        assert_array_equal(part.matrix.toarray(), expected.toarray())
        assert_array_equal(part.user_ids, log.user_ids)
        assert_array_equal(part.sample_domain, log.sample_domain)


def test_a_log_is_split_at_a_date():
    log = Interactions.from_frame(pd.DataFrame(columns()), **MARKETS)
    date = np.datetime64("2026-01-10")
    past, future = split_interactions(log, since=date)
    limit = date.astype("M8[us]").astype(int)
    assert past.times.data.max() < limit <= future.times.data.min()
    with pytest.raises(ValueError, match="needs the times"):
        split_interactions(small_log(), last=1)


@pytest.mark.parametrize("name", ["ease", "markets", "sequences"])
def test_searches_over_logs(name):
    log = Interactions.from_frame(pd.DataFrame(columns()), **MARKETS)
    X_in, X_out = split_interactions(log, last=1)
    for cv in (TargetKFold(3), KFold(3, shuffle=True, random_state=0)):
        search = GridSearchCV(RECOMMENDERS[name], {}, cv=cv, error_score="raise")
        search.fit(X_in, X_out)
        assert 0 < search.best_score_ <= 1
    assert search.best_estimator_.log_.shape == log.shape
    folds = list(TargetKFold(3).split(log))
    assert_array_equal(
        np.sort(np.concatenate([test for _, test in folds])),
        np.flatnonzero(log.sample_domain < 0),
    )


def test_score_finds_the_rows_of_a_user():
    log = Interactions.from_frame(pd.DataFrame(columns()), **MARKETS)
    X_in, X_out = split_interactions(log, last=1)
    model = EASERecommender().fit(X_in)
    order = np.random.default_rng(0).permutation(len(log))
    assert model.score(X_in, X_out[order]) == pytest.approx(
        model.score(X_in.matrix, X_out.matrix)
    )


# ------------------------------------------------------------------------- sequences


def test_sequences_of_strings():
    sessions = [["hat", "bag"], ["hat", "bag", "pen"], ["pen", "hat", "bag"]]
    model = SequentialRecommender().fit(sessions)
    names = sorted({item for session in sessions for item in session})
    numbered = [[names.index(item) for item in session] for session in sessions]
    plain = SequentialRecommender().fit(numbered)
    items, scores = model.recommend([["hat"], ["pen", "hat"]], 2)
    expected = plain.recommend([[1], [2, 1]], 2)
    assert_array_equal(items, expected[0])
    assert_allclose(scores, expected[1])
    ranked = model.recommend([["hat"], ["unheard of"], []], 1, as_frame=True)
    assert ranked["user"].tolist() == [0, 1, 2]
    assert ranked["item"][0] == "bag"
    only = model.recommend([["hat"]], 2, candidates=["pen"], as_frame=True)
    assert only["item"].tolist() == ["pen"]
    assert model.score([["hat"], ["pen", "hat"]], ["bag", "bag"]) == 1


def test_a_log_with_times_is_sequences_with_their_repeats():
    frame = {"u": [1, 1, 1, 2, 2, 3], "i": [5, 6, 5, 6, 7, 5], "t": [1, 2, 3, 1, 2, 1]}
    log = Interactions.from_frame(pd.DataFrame(frame), user="u", item="i", time="t")
    model = SequentialRecommender().fit(log)
    plain = SequentialRecommender().fit([[0, 1, 0], [1, 2], [0]])
    assert_allclose(model.repeat_hazard_, plain.repeat_hazard_)
    assert model.repeat_hazard_.any()
    assert_allclose(model.predict(log), plain.predict([[0, 1, 0], [1, 2], [0]]))
    with pytest.warns(UserWarning, match="The log has no times"):
        SequentialRecommender().fit(small_log())
