"""Rules on ranked items: the best list that keeps them, and nothing else changed."""

from itertools import combinations

import narwhals.stable.v2 as nw
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer import EASERecommender, Interactions
from sktransfer.recommend import (
    Boost,
    CategoryCap,
    Diversity,
    Filter,
    MinimumShare,
    item_content,
    rerank,
)

pd = pytest.importorskip("pandas")
N_ITEMS, N_PLACES, K = 12, 8, 4


@pytest.fixture
def lists(rng):
    """Rankings of distinct items with falling scores, some lists short."""
    items = rng.permuted(np.tile(np.arange(N_ITEMS), (60, 1)), axis=1)[:, :N_PLACES]
    scores = -np.sort(-rng.normal(size=items.shape), axis=1)
    short = np.arange(N_PLACES) >= rng.integers(2, 14, size=60)[:, None]
    return np.where(short, -1, items), np.where(short, -np.inf, scores)


@pytest.fixture
def table(rng):
    """Columns of items, some values of them missing."""
    brand = rng.choice(["north", "sun", "sea", None], N_ITEMS).astype(object)
    return {
        "brand": brand,
        "kind": rng.integers(0, 3, N_ITEMS),
        "is_new": rng.random(N_ITEMS) < 0.3,
        "niche": (rng.random(N_ITEMS) < 0.4).astype(int),
        "margin": rng.normal(size=N_ITEMS) * 100,
    }


def best_sum(items, scores, meets, size):
    """Largest sum of scores over all subsets of a size that meet a condition."""
    there = np.flatnonzero(items >= 0)
    found = [
        scores[list(chosen)].sum()
        for chosen in combinations(there, size)
        if meets(items[list(chosen)])
    ]
    return max(found, default=None)


def keeps_cap(column, most):
    def meets(chosen):
        values = [column[i] for i in chosen if column[i] is not None]
        return all(values.count(v) <= most for v in values)

    return meets


def keeps_share(column, least):
    return lambda chosen: np.sum([bool(column[i]) for i in chosen]) >= least


def meets_all(*conditions):
    return lambda chosen: all(meets(chosen) for meets in conditions)


@pytest.mark.filterwarnings("ignore:Filters and caps leave")
@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("column", ["brand", "kind"])
def test_a_cap_leaves_the_best_sum_of_all_subsets(lists, table, column, most):
    items, scores = rerank(lists, [CategoryCap(column, most)], k=K, items=table)
    meets = keeps_cap(list(table[column]), most)
    for given, values, found, kept in zip(*lists, items, scores):
        size = (found >= 0).sum()
        assert meets(found[:size])
        assert_allclose(kept[:size].sum(), best_sum(given, values, meets, size))
        more = best_sum(given, values, meets, size + 1)
        assert size == K or more is None  # as many as the cap allows


@pytest.mark.filterwarnings("ignore:MinimumShare")
@pytest.mark.parametrize("share", [0.25, 0.3, 0.75])
def test_a_share_leaves_the_best_sum_of_all_subsets(lists, table, share):
    items, scores = rerank(lists, MinimumShare("is_new", share), k=K, items=table)
    for given, values, found, kept in zip(*lists, items, scores):
        there = given[given >= 0]
        size = min(K, there.size)
        least = min(np.ceil(share * size), table["is_new"][there].sum())
        best = best_sum(given, values, keeps_share(table["is_new"], least), size)
        assert (found >= 0).sum() == size
        assert_allclose(kept[:size].sum(), best)


@pytest.mark.filterwarnings("ignore:MinimumShare|Filters and caps leave")
def test_caps_hold_and_a_share_is_met_where_any_list_meets_both(lists, table):
    rules = [MinimumShare("is_new", 0.5), CategoryCap("brand", 1)]
    found = rerank(lists, rules, k=K, items=table)
    again = rerank(lists, rules[::-1], k=K, items=table)
    assert_array_equal(found[0], again[0])
    cap = keeps_cap(list(table["brand"]), 1)
    for given, values, chosen in zip(*lists, found[0]):
        chosen = chosen[chosen >= 0]
        assert cap(chosen)
        n_new = table["is_new"][chosen].sum()
        least = np.ceil(0.5 * min(K, (given >= 0).sum()))
        for n in range(int(n_new) + 1, int(least) + 1):
            new = keeps_share(table["is_new"], n)
            both = meets_all(cap, new)
            assert all(
                best_sum(given, values, both, size) is None for size in range(n, K + 1)
            )


@pytest.mark.filterwarnings("ignore:MinimumShare|Filters and caps leave")
def test_two_caps_and_two_shares(lists, table):
    caps = [CategoryCap("brand", 2), CategoryCap("kind", 2)]
    shares = [MinimumShare("is_new", 0.25), MinimumShare("niche", 0.25)]
    items, _ = rerank(lists, caps, k=K, items=table)
    for given, found in zip(lists[0], items):
        expected = []  # one item after the other, where both caps allow it
        for item in given[given >= 0]:
            chosen = [*expected, item]
            fits = all(keeps_cap(list(table[c.column]), 2)(chosen) for c in caps)
            expected = chosen if fits and len(chosen) <= K else expected
        assert_array_equal(found[found >= 0], expected)
    items, _ = rerank(lists, shares, k=K, items=table)
    for column in ("is_new", "niche"):
        flags = np.append(table[column], 0).astype(bool)
        enough = flags[lists[0]].any(axis=1)  # a place for each, at most
        assert flags[items][enough].any(axis=1).all()


def plain_mmr(relevance, similarity, trade_off):
    left, chosen = list(range(len(relevance))), []
    while left:

        def value(i):
            nearest = max((similarity[i, j] for j in chosen), default=0)
            return (1 - trade_off) * relevance[i] - trade_off * nearest

        best = max(left, key=lambda i: (value(i), -i))
        left.remove(best)
        chosen.append(best)
    return chosen


@pytest.mark.parametrize("form", ["dense", "sparse", "matrix", "sparse matrix"])
@pytest.mark.parametrize("trade_off", [0.0, 0.3, 1.0])
def test_diversity_is_a_plain_loop_of_marginal_relevance(lists, rng, trade_off, form):
    features = rng.random((N_ITEMS, 3)).astype(np.float32)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    S = unit @ unit.T
    given = {"dense": features, "sparse": sparse.csr_array(features)}
    given |= {"matrix": S, "sparse matrix": sparse.csc_matrix(S)}
    items, scores = rerank(lists, Diversity(given[form], trade_off), k=N_PLACES)
    for before, values, found, kept in zip(*lists, items, scores):
        n = (before >= 0).sum()
        relevance = (values[:n] - values[n - 1]) / (values[0] - values[n - 1])
        order = plain_mmr(relevance, S[np.ix_(before[:n], before[:n])], trade_off)
        assert_array_equal(found[:n], before[order])
        assert_allclose(kept[:n], values[order])


@pytest.mark.parametrize("form", ["features", "similarities"])
def test_diversity_among_many_items(lists, rng, form):
    items, scores = lists
    features = sparse.csr_array(rng.random((N_ITEMS, 3)).astype(np.float32))
    far = sparse.csr_array((np.ones(N_ITEMS), (np.arange(N_ITEMS) * 500,) * 2))
    place = far[:, np.arange(N_ITEMS) * 500]  # the same items among 5,501
    many = place @ features
    if form == "similarities":
        lengths = np.sqrt(features.multiply(features).sum(axis=1))
        features = sparse.csr_array(features / lengths[:, None])
        many = place @ (features @ features.T) @ place.T
    few = rerank(lists, Diversity(features, 0.4), k=N_PLACES)
    spread_out = np.where(items >= 0, items * 500, -1)
    found = rerank((spread_out, scores), Diversity(many, 0.4), k=N_PLACES)
    assert_array_equal(found[0], np.where(few[0] >= 0, few[0] * 500, -1))


def test_rules_that_hold_arrays_can_be_compared():
    one, other = Diversity(np.eye(3)), Diversity(np.eye(3))
    assert one == one
    assert one != other  # no two arrays have one answer
    assert {one: 1}[one] == 1


def test_rules_that_are_met_change_nothing(lists):
    table = {
        "brand": np.arange(N_ITEMS),
        "all": np.ones(N_ITEMS),
        "none": np.full(N_ITEMS, np.nan),
    }
    rules = [
        Filter("all"),
        Filter("brand", exclude=[-5]),
        Boost("none", 2.0),
        Boost("all", 0.0),
        Diversity(np.eye(N_ITEMS), 0.4),
        CategoryCap("brand", 1),
        CategoryCap("none", 1),  # missing: of no category
        MinimumShare("all", 1.0),
        MinimumShare("none", 0.0),
    ]
    for k in (1, K, N_PLACES):
        plain = rerank(lists, [], k=k)
        assert_array_equal(plain[0], lists[0][:, :k])
        for some in [[rule] for rule in rules] + [rules]:
            for given, found in zip(plain, rerank(lists, some, k=k, items=table)):
                assert_allclose(found, given)


def test_filters_and_boosts_by_hand():
    ranking = np.array([[0, 1, 2, 3]]), np.array([[1.0, 0.6, 0.2, 0.0]])
    table = {"stock": [1, 0, 1, np.nan], "brand": ["a", "b", None, "c"]}
    table["margin"] = [0, 0, -4, 2.0]

    def found(rule):
        return rerank(ranking, rule, k=2, items=table)

    assert found(Filter("stock"))[0].tolist() == [[0, 2]]
    assert found(Filter("brand", keep=["b", "c"]))[0].tolist() == [[1, 3]]
    assert found(Filter("brand", exclude=["a", "c"]))[0].tolist() == [[1, 2]]
    assert found(Filter("item", exclude=[0, 1]))[0].tolist() == [[2, 3]]
    items, scores = found(Boost("margin", 1.5))  # of the largest, 4: 2 / 4
    assert items.tolist() == [[0, 3]]
    assert_allclose(scores, [[1.0, 0.75]])
    assert found(Boost("margin", -1.5))[0].tolist() == [[2, 0]]


def test_what_gives_way_is_said(lists):
    ranking = [[0, 1, 2, 3], [3, 2, -1, -1]], [[4.0, 3, 2, 1], [2, 1, -np.inf, -np.inf]]
    table = {"brand": ["a", "a", "a", "b"], "new": [True, False, False, False]}
    with pytest.warns(UserWarning, match=r"leave 1 of 2 lists with fewer than 3 .*4"):
        items, scores = rerank(ranking, [CategoryCap("brand", 1)], k=3, items=table)
    assert items.tolist() == [[0, 3, -1], [3, 2, -1]]
    assert np.isneginf(scores[items < 0]).all()
    with pytest.warns(UserWarning, match=r"MinimumShare\(.*0.5\) is not met in 2 of 2"):
        items, _ = rerank(ranking, [MinimumShare("new", 0.5)], k=3, items=table)
    assert items.tolist() == [[0, 1, 2], [3, 2, -1]]
    two = [MinimumShare("new", 1.0), MinimumShare("old", 1.0)]
    table["old"] = [False, True, False, False]
    with pytest.warns(UserWarning, match=r"'old'.* is not met in 2 of 2"):
        items, _ = rerank(
            (ranking[0][:1] * 2, ranking[1][:1] * 2), two, k=1, items=table
        )
    assert items.tolist() == [[0], [0]]  # the earlier share goes first


def test_scores_that_rise_or_are_missing_keep_their_places():
    # as of items that a limit on new items has placed
    ranking = [[4, 0, 1, 2]], [[np.nan, 5.0, 7.0, 3.0]]
    table = {"margin": [0, 0, 0, 0, 0], "brand": list("aabbc")}
    assert_array_equal(rerank(ranking, Boost("margin", 1), k=4, items=table)[0][0],
                       [4, 0, 1, 2])  # fmt: skip
    items, scores = rerank(ranking, CategoryCap("brand", 1), k=3, items=table)
    assert_array_equal(items, [[4, 0, 2]])
    assert_array_equal(scores, [[np.nan, 5.0, 3.0]])  # as they were


def test_items_without_a_row_in_the_table():
    frame = pd.DataFrame({"user": "u", "item": ["x", "a", "y", "b"], "score": 1.0})
    table = pd.DataFrame({"item": ["a", "b"], "brand": ["n", "n"], "ok": [True, True]})
    capped = rerank(frame, CategoryCap("brand", 1), k=3, items=table)
    assert capped["item"].tolist() == ["x", "a", "y"]
    with pytest.warns(UserWarning, match="fewer than 3"):
        assert rerank(frame, Filter("ok"), k=3, items=table)["item"].tolist() == [
            "a",
            "b",
        ]
    shared = rerank(frame, MinimumShare("ok", 1.0), k=2, items=table)
    assert shared["item"].tolist() == ["a", "b"]


FRAMES = {
    "pandas": lambda columns: pd.DataFrame(columns, index=range(70, 70 - 8, -1)),
    "pandas typed": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
    "lazy": lambda columns: pytest.importorskip("polars").LazyFrame(columns),
    "pyarrow": lambda columns: pytest.importorskip("pyarrow").table(columns),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_all_libraries(kind):
    columns = {
        "market": ["de", "de", "uk", "de", "de", "uk", "uk", "de"],
        "user": ["007", "007", "007", "7", "7", "007", "007", "7"],
        "item": ["01", "02", "01", "03", "01", "02", "03", "02"],
        "score": [0.9, 0.8, 0.7, 0.3, 0.9, 0.6, 0.5, 0.8],
        "rank": [1, 2, 1, 3, 1, 2, 3, 2],
        "price": [1, 2, 1, 3, 1, 2, 3, 2],
    }
    table = {"item": ["03", "02", "01"], "brand": ["b", "a", "a"], "n": [2, 1, 0]}
    ranking = FRAMES[kind](columns)
    items = pd.DataFrame(table) if kind.startswith("pandas") else FRAMES[kind](table)
    with pytest.warns(UserWarning, match="leave 1 of 3 lists"):
        found = rerank(ranking, [CategoryCap("brand", 1)], k=2, items=items)
    assert type(found) is type(ranking.collect() if kind == "lazy" else ranking)
    got = nw.from_native(found).to_dict(as_series=False)
    assert got == {
        "market": ["de", "uk", "uk", "de", "de"],
        "user": ["007", "007", "007", "7", "7"],
        "item": ["01", "01", "03", "01", "03"],
        "score": [0.9, 0.7, 0.5, 0.9, 0.3],
        "rank": [1, 1, 2, 1, 2],
        "price": [1, 1, 3, 1, 3],
    }
    boosted = rerank(ranking, Boost("n", 4), k=1, items=items)
    boosted = nw.from_native(boosted).to_dict(as_series=False)
    assert boosted["item"] == ["02", "03", "03"]
    assert_allclose(boosted["score"], [0.8 + 2 * 0.1, 0.5 + 4 * 0.2, 0.3 + 4 * 0.6])


@pytest.mark.filterwarnings("ignore:MinimumShare")
@pytest.mark.parametrize("as_ids", [False, True])
def test_frames_equal_arrays_on_a_fitted_log(rng, as_ids):
    X = (rng.random((40, N_ITEMS)) < 0.4).astype(float)
    user, item = X.nonzero()
    ids = [f"sku{j:03d}" for j in range(N_ITEMS)]
    log = Interactions.from_frame(
        pd.DataFrame({"u": user, "i": np.array(ids)[item]}), user="u", item="i"
    )
    model = EASERecommender().fit(log)
    table = pd.DataFrame({"item": ids, "brand": np.arange(N_ITEMS) % 4})
    table["new"] = np.arange(N_ITEMS) % 5 == 0
    rules = [CategoryCap("brand", 1), MinimumShare("new", 0.25)]
    rules += [Diversity(model, 0.4) if as_ids else Diversity(["brand"], 0.4)]
    arrays = rerank(model.recommend(log, 6), rules, k=3, items=table)
    shuffled = table.sample(frac=1, random_state=0)
    frame = rerank(
        model.recommend(log, 6, as_frame=True).sample(frac=1, random_state=1),
        rules,
        k=3,
        items=shuffled,
    ).sort_values(["user", "rank"])
    row, place = np.nonzero(arrays[0] >= 0)
    order = np.lexsort((place, log.user_ids[row]))
    assert frame["item"].tolist() == [ids[j] for j in arrays[0][row, place][order]]
    assert_allclose(frame["score"], arrays[1][row, place][order])


def test_similar_items_of_a_recommender_bring_in_what_is_unlike(rng):
    taste = np.repeat(np.eye(3), 4, axis=1)[rng.integers(0, 3, 300)]
    X = (rng.random(taste.shape) < 0.1 + 0.6 * taste).astype(float)
    model = EASERecommender().fit(X)
    ranking = model.recommend(X, 8)
    found, _ = rerank(ranking, Diversity(model, 0.6), k=3)
    groups = [[len({i // 4 for i in row[row >= 0]}) for row in part]
              for part in (ranking[0][:, :3], found)]  # fmt: skip
    assert np.mean(groups[1]) > np.mean(groups[0]) + 0.5


def test_columns_as_similarity_equal_their_content(lists, table):
    content = item_content({"brand": table["brand"].tolist()})
    by_name = rerank(lists, Diversity("brand", 0.5), k=K, items=table)
    by_content = rerank(lists, Diversity(content, 0.5), k=K)
    assert_array_equal(by_name[0], by_content[0])


def test_empty_rankings():
    empty = pd.DataFrame({"user": [], "item": [], "score": [], "rank": []})
    table = pd.DataFrame({"item": ["a"], "brand": ["n"]})
    assert len(rerank(empty, [CategoryCap("brand", 1)], items=table)) == 0
    nobody = np.full((2, 3), -1), np.full((2, 3), -np.inf)
    for rule in (Filter("brand"), Boost("brand", 1), Diversity(np.eye(1))):
        items, scores = rerank(nobody, rule, k=5, items={"brand": [1]})
        assert_array_equal(items, np.full((2, 5), -1))
        assert np.isneginf(scores).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: CategoryCap("brand", 0), ValueError, "most of CategoryCap must be an"),
        (lambda: CategoryCap(2, 2), TypeError, "needs the name of a column"),
        (lambda: MinimumShare("new", 20), ValueError, "share of MinimumShare must be"),
        (lambda: Diversity("brand", 3), ValueError, "trade_off of Diversity must be"),
        (lambda: Filter("brand", keep="a"), TypeError, r"Pass keep=\['a'\]"),
        (lambda: Filter("b", keep=[1], exclude=[2]), ValueError, "keep or exclude"),
    ],
)
def test_rules_that_make_no_sense(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("rule", "table", "message"),
    [
        (CategoryCap("b", 1), None, "needs items="),
        (CategoryCap("b", 1), {"a": [1, 2]}, "no column 'b'; the columns are 'a'"),
        (CategoryCap("b", 1), {"b": [["x"], ["y"]]}, "one category for each item"),
        (MinimumShare("b", 1), {"b": ["no", "yes"]}, "true and false; got 'no'"),
        (Boost("b", 1), {"b": ["no", "yes"]}, "must hold numbers; got 'no'"),
        (Boost("b", 1), {"b": [1.0]}, "1 rows where item 1 is ranked"),
        (Boost("b", 1), {"b": [1.0, 2], "c": [1]}, "of one length"),
        (Diversity(np.eye(1)), None, "got 1 rows where row 1 is ranked"),
        ("brand", None, "rules must be a list of Filter"),
        (Boost("b", 1), 7, "items must be a data frame"),
    ],
)
def test_tables_that_do_not_fit(rule, table, message):
    with pytest.raises((TypeError, ValueError), match=message):
        rerank(([[0, 1]], [[1.0, 0.5]]), [rule], k=1, items=table)


def test_frames_that_do_not_fit():
    frame = pd.DataFrame({"user": [1, 1], "item": ["a", "a"]})
    with pytest.raises(ValueError, match=r"rank each item once.*'a' twice"):
        rerank(frame, [])
    with pytest.raises(ValueError, match="'user' is missing among 'item'"):
        rerank(frame[["item"]], [])
    frame["item"] = ["a", "b"]
    with pytest.raises(ValueError, match="'score' is missing"):
        rerank(frame, Boost("n", 1), items={"item": ["a"], "n": [1]})
    with pytest.raises(ValueError, match=r"None of the ranked items.*'a'.*'z'"):
        rerank(frame, Filter("n"), items={"item": ["z"], "n": [1]})
    with pytest.raises(ValueError, match="several for 'a'"):
        rerank(frame, Filter("n"), items={"item": ["a", "a"], "n": [1, 1]})
    model = EASERecommender().fit(np.eye(2))
    with pytest.raises(ValueError, match="knows no ids of items"):
        rerank(frame.assign(score=1), Diversity(model), items={"item": ["a"]})


def test_nothing_is_written_to(lists, table):
    items, scores = (a.copy() for a in lists)
    rules = [Boost("margin", 1), Diversity("brand"), CategoryCap("brand", 3)]
    frame = pd.DataFrame({"user": 0, "item": items[0], "score": scores[0]})
    frame = frame[frame["item"] >= 0]
    before = frame.copy()
    named = {"item": np.arange(N_ITEMS), **table}
    rerank(frame, rules, k=2, items=named)
    rerank(lists, rules, k=2, items=table)
    pd.testing.assert_frame_equal(frame, before)
    assert_array_equal(lists[0], items)
    assert_array_equal(lists[1], scores)


FALLING = ([[0, 1, 2, 3]], [[0.9, 0.8, 0.7, 0.6]])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_any_unit(unit):
    days = ["2020-01-01", None, None, "2020-01-01"]
    table = {"d": np.array([d or "NaT" for d in days], dtype=f"datetime64[{unit}]")}
    day = np.array(["2020-01-01"], dtype=f"datetime64[{unit}]")
    with pytest.warns(UserWarning, match="fewer than 4"):
        found, _ = rerank(FALLING, [Filter("d", keep=day)], k=4, items=table)
    assert_array_equal(found, [[0, 3, -1, -1]])
    with pytest.warns(UserWarning, match="fewer than 4"):
        found, _ = rerank(FALLING, [CategoryCap("d", 1)], k=4, items=table)
    assert_array_equal(found, [[0, 1, 2, -1]])


def test_items_are_filtered_by_id_whatever_the_type_of_numbers():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"user": ["u"] * 3, "item": [1, 2, 3], "score": [3.0, 2, 1]})
    blocked = pd.Series([1, None])
    for ranking in (frame, frame.astype({"item": float})):
        found = rerank(ranking, [Filter("item", exclude=blocked)], k=2)
        assert found["item"].tolist() == [2, 3]


def test_a_share_is_one_of_the_places_that_caps_leave():
    table = {"b": ["x", "y", "x"], "new": [0, 1, 1]}
    rules = [CategoryCap("b", 1), MinimumShare("new", 0.5)]
    ranking = [[0, 1, 2]], [[0.9, 0.5, 0.4]]
    with pytest.warns(UserWarning, match="fewer than 3"):
        found, _ = rerank(ranking, rules, k=3, items=table)
    assert_array_equal(found, [[0, 1, -1]])


def test_features_of_a_ranked_frame_need_the_table_of_their_rows():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"user": ["u"] * 3, "item": list("abc"), "score": [1, 0.9, 0.8]}
    )
    features = np.array([[1, 0.0], [1, 0], [0, 1]])
    with pytest.raises(ValueError, match="needs items="):
        rerank(frame, [Diversity(features, 0.9)], k=3)
    found = rerank(frame, [Diversity(features, 0.9)], k=3, items={"item": list("abc")})
    assert found["item"].tolist() == ["a", "c", "b"]


def test_flags_are_true_and_false():
    with pytest.raises(ValueError, match="true and false, or 1 and 0; got -1"):
        rerank(FALLING, [Filter("b")], k=2, items={"b": [0, 1, -1, 0]})


@pytest.mark.parametrize("kind", ["string", "category", "boolean"])
def test_missing_values_of_pandas_own_types_are_similar_to_none(kind):
    pd = pytest.importorskip("pandas")
    values = (
        [True, None, True, False] if kind == "boolean" else ["red", None, "red", "blue"]
    )
    table = pd.DataFrame({"b": pd.Series(values, dtype=kind)})
    found, _ = rerank(FALLING, [Diversity("b", 0.9)], k=4, items=table)
    assert found[0, 0] == 0
    assert found[0, 3] == 2
