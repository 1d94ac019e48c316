"""How a recommender is chosen, what is held out for it, and what is concluded."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sktransfer.datasets import make_market_interactions
from sktransfer.metrics import ndcg_at_k
from sktransfer.recommend import (
    AutoTransferRecommender,
    BaseRecommender,
    ColdStartRecommender,
    EASERecommender,
    NicheRecommender,
    PopularityRecommender,
    RecommenderCandidate,
    SequentialRecommender,
    TransferRecommender,
    default_recommenders,
)

N_SOURCE_USERS = 5000


def shop(n_target, random_state=0, n_source=N_SOURCE_USERS):
    data = make_market_interactions(
        n_users=(n_source, n_target), target="de", random_state=random_state
    )
    return sparse.csr_array(data.data), data.sample_domain


def some(sample_domain, *names, **options):
    found = default_recommenders(500, sample_domain=sample_domain, **options)
    return [c for c in found if c.name in names]


def test_transfer_helps_a_market_that_opens_and_matters_less_as_it_grows():
    """The gain of the best model with other markets, over several generated shops."""
    gains = {}
    names = ("target: EASE", "target: niche items", "markets: niche items")
    for n, seeds in ((100, range(3)), (3000, range(1))):
        differences = []
        for seed in seeds:
            X, d = shop(n, seed)
            auto = AutoTransferRecommender(some(d, *names), refit=False)
            auto.fit(X, sample_domain=d)
            assert auto.markets_name_ == "markets: niche items"
            base = auto.results_["name"].index(auto.target_name_)
            differences.append(auto.test_ndcg_[2] - auto.test_ndcg_[base])
        difference = np.concatenate(differences)
        error = difference.std(ddof=1) / np.sqrt(difference.size)
        gains[n] = difference.mean(), 2 * error
    gain, noise = gains[100]
    assert gain > noise  # 300 users of three shops
    assert gain > 0.05
    assert abs(gains[3000][0]) < 0.01


class Spy(PopularityRecommender):
    """Keeps what each clone of it is fitted to."""

    seen: list = []  # noqa: RUF012 - shared by the clones

    def fit(self, X, y=None):
        self.seen.append(X.toarray() != 0)
        return super().fit(X, y)


def test_no_model_sees_what_it_is_scored_by():
    """Training, validation and test parts are disjoint and cover everything."""
    X, d = shop(60, n_source=30)
    Spy.seen.clear()
    auto = AutoTransferRecommender([("spy", Spy())], refit=False)
    auto.fit(X, sample_domain=d)
    everything = X[d < 0].toarray()[:, auto.sold_] != 0
    tested = auto.test_interactions_.toarray()[:, auto.sold_] != 0
    test_model, *validated = Spy.seen
    assert len(validated) == 3  # few users are drawn from several times
    assert not (test_model & tested).any()
    assert_array_equal(test_model | tested, everything)
    for model in validated:
        assert not (model & tested).any()
        assert (model <= test_model).all()
        held = test_model & ~model
        assert (held.sum(axis=1) >= 1).all()
    shares = tested.sum() / everything.sum(), held.sum() / everything.sum()
    assert_allclose(shares, 0.2, atol=0.04)
    assert_array_equal(auto.train_counts_[auto.sold_], test_model.sum(axis=0))


def test_times_hold_out_the_latest(rng):
    X = sparse.random_array((40, 30), density=0.3, rng=rng, format="csr")
    X.data = rng.permutation(X.nnz) + 1.0
    auto = AutoTransferRecommender([("p", PopularityRecommender())], refit=False)
    auto.fit(X, time=X)
    several = X[np.flatnonzero(np.diff(X.indptr) >= 2)]
    assert auto.test_interactions_.shape == several.shape
    for row, held_out in zip(several, auto.test_interactions_):
        n = row.nnz
        out = np.isin(row.indices, held_out.indices)
        assert out.sum() == min(max(round(0.2 * n), 1), n - 1)
        assert row.data[~out].max() < row.data[out].min()


class KnowsTriples(BaseRecommender):
    """Ranks the rest of a triple of items first, for the triples of some users."""

    def __init__(self, n_known=0, first=0):
        self.n_known, self.first = n_known, first

    def fit_interactions(self, X, sample_weight):
        triple = np.arange(X.shape[1]) // 3
        known = (triple >= self.first) & (triple < self.first + self.n_known)
        self.known_ = known

    def score_items(self, X):
        X = X.toarray() != 0
        triples = X.reshape(len(X), -1, 3).any(axis=2).repeat(3, axis=1)
        return np.where(triples & self.known_, 1.0, 0.0)


def triples(*candidates, n_users=60):
    """A fit to users who take three items each, of candidates that know some."""
    user = np.repeat(np.arange(n_users), 3)
    X = sparse.csr_array((np.ones(user.size), (user, np.arange(user.size))))
    source = sparse.csr_array(np.arange(3 * n_users)[None] < 3, dtype=float)
    candidates = [
        RecommenderCandidate(
            name,
            TransferRecommender(model, weighting=None, catalogue="all")
            if "markets" in name
            else model,
            markets="markets" in name,
        )
        for name, model in candidates
    ]
    auto = AutoTransferRecommender(candidates, refit=False)
    d = np.r_[1, np.full(n_users, -2)]
    return auto.fit(sparse.vstack([source, X]).tocsr(), sample_domain=d)


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(values.size)


def test_the_first_within_a_standard_error_of_the_best_is_taken():
    ratios = []
    for n_first in range(10):
        for n_more in (0, 2, 4, 6):
            n_other = n_first + n_more
            auto = triples(
                ("target: a", KnowsTriples(n_first)),
                ("target: b", KnowsTriples(n_other, first=20)),
                ("target: c", KnowsTriples(n_other // 2, first=40)),
            )
            values = auto.validation_ndcg_
            means = values.mean(axis=1)
            best = means.argmax()
            loss = values[best] - values
            error = [max(standard_error(row), 1e-12) for row in loss]
            ratio = loss.mean(axis=1) / error
            assert auto.best_index_ == np.flatnonzero(ratio <= 1)[0]
            assert auto.target_name_ == auto.results_["name"][best]
            text = "the best on the validation part"
            if auto.best_index_ != best:
                text = "within a standard error of the best there, "
                text += auto.results_["name"][best]
            assert text in auto.reason_
            ratios += ratio[: auto.best_index_ + 1].tolist()
    ratios = np.array(ratios)
    # another factor of the error would have taken others
    assert ratios[ratios <= 1].max() > 0.9
    assert ratios[ratios > 1].min() < 1.1


def test_the_test_part_has_no_say_and_conclusions_are_honest():
    found = []
    for n in range(0, 61, 3):
        auto = triples(
            ("target: a", KnowsTriples(30)),
            ("markets: b", KnowsTriples(n, first=2)),
        )
        assert auto.target_name_ == "target: a"
        assert auto.markets_name_ == "markets: b"
        gain = auto.test_ndcg_[1] - auto.test_ndcg_[0]
        noise = 2 * standard_error(gain)
        helps = None if abs(gain.mean()) <= noise else bool(gain.mean() > 0)
        assert auto.markets_help_ is helps
        text = "'markets: b' against 'target: a' "
        text += f"{gain.mean():+.3f} in nDCG@10 (noise: {noise:.3f})"
        assert text in auto.conclusion_
        start = {
            True: "Transfer helps: ",
            False: "Transfer hurts here: ",
            None: "Transfer makes no difference that 60 users can show: ",
        }[helps]
        assert auto.conclusion_.startswith(start)
        assert_allclose(auto.results_["gain"], [0, gain.mean()], atol=1e-12)
        assert_allclose(auto.results_["gain_interval"], [0, noise])
        found.append((gain.mean() / noise, helps))
        # the best on the validation part: no matter what the test says
        values = auto.validation_ndcg_
        assert auto.best_index_ == int(
            values[1].mean() - values[0].mean() > standard_error(values[1] - values[0])
        )
    ratios = np.array([ratio for ratio, _ in found if np.isfinite(ratio)])
    for low, high in ((-9, -1), (-1, -0.5), (0.5, 1), (1, 1.7)):
        assert ((ratios > low) & (ratios < high)).any()


def test_nothing_is_concluded_from_nothing():
    alone = triples(("target: a", KnowsTriples(3)))
    assert alone.markets_help_ is None
    assert "transfer could not be compared" in alone.conclusion_
    X = np.array([[1.0, 1, 0], [0, 0, 1], [1, 1, 1]])
    candidates = [
        ("target: p", PopularityRecommender()),
        RecommenderCandidate(
            "markets: p",
            TransferRecommender(PopularityRecommender(), weighting=None),
            markets=True,
        ),
    ]
    auto = AutoTransferRecommender(candidates, refit=False)
    one = auto.fit(X, sample_domain=[-1, -1, 2])
    assert one.markets_help_ is None
    assert "A single user" in one.conclusion_


def test_the_table_follows_from_the_rankings():
    X, d = shop(60, n_source=30)
    names = ("target: popularity", "target: EASE", "markets: lightly")
    auto = AutoTransferRecommender(some(d, *names), refit=False)
    table = auto.fit(X, sample_domain=d).results_
    assert table["name"] == list(names)
    assert table["markets"] == [False, False, True]
    for i, items in enumerate(auto.test_rankings_):
        values = ndcg_at_k(auto.test_interactions_, items, average=None)
        assert_allclose(auto.test_ndcg_[i], values)
        assert_allclose(table["test_ndcg"][i], values.mean())
    base = names.index(auto.target_name_)
    gains = np.array(table["test_ndcg"]) - table["test_ndcg"][base]
    assert_allclose(table["gain"], gains, atol=1e-12)
    assert auto.best_name_ == names[auto.best_index_]
    assert not hasattr(auto, "best_estimator_")


def test_a_comparison_alone_serves_nothing():
    X, d = shop(30, n_source=30)
    auto = AutoTransferRecommender([("p", PopularityRecommender())])
    auto.fit(X, sample_domain=d).set_params(refit=False).fit(X, sample_domain=d)
    for method in (auto.recommend, auto.predict):
        with pytest.raises(NotFittedError):
            method(X[d < 0])


def test_many_items_leave_out_dense_models():
    names = {c.name for c in default_recommenders(10_001, content=True)}
    assert names == {"target: popularity", "target: neighbours", "target: blend"}
    X = sparse.csr_array(np.tile([[1.0]], (3, 10_001)))
    auto = AutoTransferRecommender([("p", PopularityRecommender())], refit=False)
    assert any("left out with 10001 items" in note for note in auto.fit(X).notes_)


def test_many_items_leave_out_content():
    """It takes a matrix of the items sold by all items."""
    X = sparse.csr_array(np.tile([[1.0]], (3, 14_200)))
    auto = AutoTransferRecommender([("p", PopularityRecommender())], refit=False)
    auto.set_params(item_features=sparse.csr_array(np.ones((14_200, 1))))
    left_out = "left out with 14200 by 14200, and new items with it"
    assert any(left_out in note for note in auto.fit(X).notes_)


def with_new_items(n_source=100):
    """A shop of 200 items, content, and which of them the target has sold."""
    X, d = shop(40, n_source=n_source)
    X = sparse.csr_array(X[:, :200])
    sold = np.diff(X[d < 0].tocsc().indptr) > 0
    return X, d, sparse.csr_array(np.eye(20)[np.arange(200) % 20]), sold


@pytest.mark.parametrize("markets", [False, True])
def test_the_model_with_content_serves_new_items_with_scores(markets):
    X, d, content, sold = with_new_items()
    name = f"{'markets' if markets else 'target'}: with content"
    baseline = [] if not markets else some(d, "target: popularity")
    candidates = [*baseline, *some(d, name, content=True)]
    auto = AutoTransferRecommender(candidates, item_features=content)
    auto.fit(X, sample_domain=d)
    assert auto.best_name_ == name
    assert_array_equal(auto.sold_, sold)
    items, scores = auto.recommend(X[d < 0])
    assert np.isfinite(scores).all()
    assert (~sold[items]).any()
    assert set(auto.new_item_scores_) == {"new", "together", "collaborative"}
    assert len(auto.market_weights_) == markets


class Unwanted(ColdStartRecommender):
    """Ranks badly where only sold items are compared."""

    def score_items(self, X):
        scores = super().score_items(X)
        return scores if X.shape[1] == 200 else -scores


@pytest.fixture(scope="module")
def beside_content():
    """A recommender of sold items that is taken, and content for the others."""
    X, d, content, sold = with_new_items()
    candidates = [
        ("EASE", EASERecommender()),
        RecommenderCandidate("content", Unwanted(), new_items=True),
    ]
    auto = AutoTransferRecommender(candidates, item_features=content, max_new_share=0.3)
    return auto.fit(X[d < 0]), X[d < 0], sold


def test_unknown_items_are_placed_by_content_without_a_score(beside_content):
    auto, X, sold = beside_content
    items, scores = auto.recommend(X)
    assert auto.best_name_ == "EASE"
    assert_array_equal(auto.columns_, np.flatnonzero(sold))
    assert_array_equal(np.isnan(scores), ~sold[items])
    assert (~sold[items]).sum(axis=1).max() == 3
    known = EASERecommender().fit(X[:, sold]).recommend(X[:, sold])[0]
    for row, ranked in zip(auto.columns_[known], items):
        own = ranked[sold[ranked]]
        assert_array_equal(own, row[: own.size])
    assert (auto.predict(X)[:, ~sold] == -np.inf).all()


@pytest.mark.parametrize("form", ["ids", "mask", "lists", "sparse"])
def test_candidates_are_kept_to(beside_content, form):
    auto, X, _ = beside_content
    ids = np.arange(0, 200, 3)
    mask = np.isin(np.arange(200), ids)
    given = {
        "ids": ids,
        "mask": mask,
        "lists": [ids] * X.shape[0],
        "sparse": sparse.csr_array(np.tile(mask, (X.shape[0], 1))),
    }[form]
    items, _ = auto.recommend(X, 5, candidates=given)
    assert set(np.unique(items)) <= set(ids)
    assert not X.toarray()[np.arange(X.shape[0])[:, None], items].any()
    assert_array_equal(items, auto.recommend(X, 5, candidates=ids)[0])


def test_rows_of_markets_may_stand_in_any_order(rng):
    X, d = shop(60, n_source=30)
    candidates = some(d, "target: EASE", "markets: lightly")
    auto = AutoTransferRecommender(candidates)
    expected = clone(auto).fit(X, sample_domain=d)
    order = np.argsort(rng.random(d.size) + 2 * (d < 0))  # target rows keep theirs
    order[d < 0] = np.flatnonzero(d < 0)
    mixed = np.argsort(np.arange(d.size) % 7, kind="stable")
    found = clone(auto).fit(X[order], sample_domain=d[order])
    assert_allclose(found.test_ndcg_, expected.test_ndcg_)
    found = clone(auto).fit(X[mixed], sample_domain=d[mixed])
    assert found.n_target_users_ == 60
    assert_array_equal(found.sold_, expected.sold_)


def test_sequences_are_compared_where_times_are_known(rng):
    X, d = shop(60, n_source=30)
    time = sparse.csr_array((rng.permutation(X.nnz) + 1.0, X.indices, X.indptr))
    auto = AutoTransferRecommender(some(None, "target: sequences", time=True))
    auto.fit(X, sample_domain=d, time=time)
    target = X[d < 0]
    items, _ = auto.recommend(target, time=time[d < 0])
    assert_array_equal(items, auto.recommend(time[d < 0])[0])
    assert not any("no times" in note for note in auto.notes_)
    last = time[d < 0].tocsr()
    for row in range(60):
        held_out = auto.test_interactions_[[row]].indices
        when = dict(zip(last[[row]].indices.tolist(), last[[row]].data.tolist()))
        kept = [t for item, t in when.items() if item not in held_out]
        assert max(kept) < min(when[item] for item in held_out.tolist())
    with pytest.raises(ValueError, match="need times"):
        clone(auto).fit(X, sample_domain=d)


@pytest.mark.filterwarnings("ignore:No source market resembles")
def test_few_users_take_the_default():
    X, d = shop(8, n_source=60)
    auto = AutoTransferRecommender().fit(X[:, :60], sample_domain=d)
    assert auto.best_name_ == "markets: validated"
    assert auto.reason_.startswith("the default: fewer than 20 users")
    assert np.isnan(auto.results_["validation_ndcg"]).all()
    alone = AutoTransferRecommender(refit=False).fit(X[d < 0])
    assert alone.best_name_ == "target: blend"


def test_content_reaches_parts_of_candidates():
    X, d, content, _ = with_new_items()
    given = NicheRecommender(sparse.csr_array(np.ones((200, 1))))
    candidates = [
        ("plain", NicheRecommender()),
        ("part", TransferRecommender(NicheRecommender(), catalogue="all")),
    ]
    auto = AutoTransferRecommender(candidates, item_features=content, refit=False)
    auto.fit(X, sample_domain=d)
    without = AutoTransferRecommender(candidates, refit=False)
    without.fit(X, sample_domain=d)
    for i in range(2):
        assert not np.array_equal(auto.test_rankings_[i], without.test_rankings_[i])
    own = AutoTransferRecommender([("own", given)], refit=False)
    with pytest.raises(ValueError, match="row for each"):
        own.set_params(item_features=content[:100]).fit(X, sample_domain=d)


def test_names_are_told_before_candidates_are_fitted():
    X, d = shop(60, n_source=30)
    told = []
    candidates = some(d, "target: popularity", "target: neighbours")
    auto = AutoTransferRecommender(candidates, callback=told.append)
    auto.fit(X, sample_domain=d)
    names = ["target: popularity", "target: neighbours"]
    assert told == [*names * 4, "final model"]


@pytest.mark.parametrize(
    ("candidates", "error", "message"),
    [
        ([("markets", TransferRecommender())], ValueError, "from the target alone"),
        ([("a", EASERecommender()), ("a", EASERecommender())], ValueError, "each once"),
        ([("a", "b")], TypeError, "has no method 'fit'"),
        (["EASE"], ValueError, "pairs"),
        ([], ValueError, "each once"),
    ],
)
def test_candidates_that_cannot_be_compared(candidates, error, message):
    X, d = shop(20, n_source=30)
    with pytest.raises(error, match=message):
        AutoTransferRecommender(candidates).fit(X, sample_domain=d)


def test_all_items_may_be_compared():
    X, d = shop(60, n_source=300)
    candidates = some(d, "target: EASE", "markets: pooled")
    auto = AutoTransferRecommender(candidates, catalogue="all").fit(X, sample_domain=d)
    assert auto.catalogue_.all()
    assert not auto.sold_.all()
    assert (~auto.sold_[auto.test_rankings_[1]]).any()
    sold = clone(auto).set_params(catalogue="target").fit(X, sample_domain=d)
    assert_array_equal(sold.catalogue_, sold.sold_)
    assert sold.sold_[sold.test_rankings_].all()


class Unpopular(PopularityRecommender):
    """Ranks worst first, so that whatever is beside it is taken."""

    def score_items(self, X):
        return -super().score_items(X)


def two_choices():
    """A shop where other markets count in the whole catalogue, not among a few."""
    data = make_market_interactions(
        n_users=(300, 120), n_items=60, taste_shift=0.2, random_state=5
    )
    return sparse.csr_array(data.data), data.sample_domain


@pytest.mark.parametrize("catalogue", ["target", "all"])
@pytest.mark.parametrize("name", ["EASE", "target", "markets", "given"])
def test_what_is_compared_is_what_is_served(name, catalogue):
    X, d = two_choices()
    model = {
        "EASE": EASERecommender(),
        "target": TransferRecommender(n_negatives=5),
        "markets": TransferRecommender(n_negatives=5),
        "given": TransferRecommender(EASERecommender(), weighting=None),
    }[name]
    markets = name not in ("EASE", "target")
    candidates = [
        ("unpopular", Unpopular()),
        RecommenderCandidate(name, model, markets=markets),
    ]
    auto = AutoTransferRecommender(candidates, catalogue=catalogue)
    auto.fit(X, sample_domain=d)
    # fitted to what was not held out, it serves what the table says
    out = auto.test_interactions_
    T = X[d < 0]
    rows = np.flatnonzero(np.diff(T.indptr) > 1)
    assert rows.size == out.shape[0]
    place = sparse.csr_array(
        (np.ones(rows.size), (rows, np.arange(rows.size))), shape=(120, rows.size)
    )
    left = T - T.multiply((place @ out) != 0)
    train = sparse.csr_array(sparse.vstack([X[d > 0], left]))
    served = clone(auto).fit(train, sample_domain=np.sort(d)[::-1])
    assert_array_equal(served.sold_, auto.sold_)
    assert served.best_name_ == name
    items, scores = served.recommend(left[rows])
    assert_array_equal(items, auto.test_rankings_[1])
    quality = ndcg_at_k(out, items)
    assert_allclose(quality, auto.results_["test_ndcg"][1], rtol=1e-12)
    if name == "markets":
        taken = served.best_estimator_
        few = taken.candidates_choice_.market_weights
        assert few != taken.market_weights_
    # as it predicts, and among candidates however they are passed
    predicted = served.predict(left[rows])
    assert_allclose(np.take_along_axis(predicted, items, axis=1), scores, rtol=1e-5)
    ranked = np.isfinite(predicted).all(axis=0)
    everything = isinstance(model, EASERecommender)
    assert_array_equal(ranked, served.catalogue_ if everything else served.sold_)
    ids = np.flatnonzero(ranked)
    for given in (ids, ranked, [ids] * rows.size):
        again = served.recommend(left[rows], candidates=given)
        assert_array_equal(again[0], items)
        assert_allclose(again[1], scores, rtol=1e-5)
    assert_array_equal(served.recommend(left[rows], catalogue=ids)[0], items)


def test_items_of_other_markets_are_ranked_where_they_are_named():
    X, d = two_choices()
    X = sparse.csr_array(X.multiply((np.arange(60) < 55) | (d > 0)[:, None]))
    X.eliminate_zeros()
    sold = np.diff(X[d < 0].tocsc().indptr) > 0
    elsewhere = ~sold & (np.diff(X[d > 0].tocsc().indptr) > 0)
    assert elsewhere.sum() > 5
    pooled = RecommenderCandidate(
        "markets", TransferRecommender(weighting=None), markets=True
    )
    alone = ("target", EASERecommender())
    for candidates in ([alone], [("unpopular", Unpopular()), pooled]):
        auto = AutoTransferRecommender(candidates).fit(X, sample_domain=d)
        assert auto.best_name_ == candidates[-1][0]
        assert_array_equal(auto.known_, sold)
        T = X[d < 0]
        items, _ = auto.recommend(T, 60)
        assert set(np.unique(items)) == {-1, *np.flatnonzero(sold)}
        assert_array_equal(np.isfinite(auto.predict(T[[0]])[0]), sold)
        named = np.flatnonzero(elsewhere)
        items, scores = auto.recommend(T, named.size, candidates=named)
        assert_array_equal(np.sort(items), np.tile(named, (len(items), 1)))
        assert (np.diff(scores, axis=1) <= 0).all()
        # beside those that the target has sold: after all of them where it is alone
        items, _ = auto.recommend(T, 60, candidates=sold | elsewhere)
        first = [elsewhere[row[row >= 0]].argmax() for row in items]
        n_sold = [sold[row[row >= 0]].sum() for row in items]
        after = np.array(first) == n_sold
        assert after.all() if candidates == [alone] else not after.any()


def test_reasons_add_up_to_the_score_by_age(rng):
    X, d = shop(60, n_source=30)
    time = sparse.csr_array((rng.permutation(X.nnz) + 1.0, X.indices, X.indptr))
    candidates = [("EASE", EASERecommender())]
    auto = AutoTransferRecommender(candidates, half_life=200.0)
    auto.fit(X, sample_domain=d, time=time)
    row, when = X[d < 0][[3]], time[d < 0][[3]]
    items, scores = auto.recommend(row, 1, time=when)
    taken, parts, base = auto.explain(row, int(items[0, 0]), time=when)
    assert_allclose(parts.sum() + base, scores[0, 0], rtol=1e-5)
    assert set(taken.tolist()) == set(row.indices.tolist())
    assert (
        abs(auto.explain(row, int(items[0, 0])).contributions.sum() - parts.sum()) > 0
    )


def test_of_very_many_users_some_are_looked_at(rng):
    X = np.zeros((10_040, 6))
    np.put_along_axis(X, np.argsort(rng.random(X.shape), axis=1)[:, :3], 1, axis=1)
    candidates = [("target: popularity", PopularityRecommender())]
    auto = AutoTransferRecommender(candidates, refit=False).fit(X)
    assert auto.test_ndcg_.shape == auto.validation_ndcg_.shape == (1, 10_000)


def timed_shop(rng):
    X, d = shop(60, n_source=30)
    when = rng.permutation(X.nnz) + 1.0
    time = sparse.csr_array((when, X.indices, X.indptr), shape=X.shape)
    untimed = sparse.csr_array(time.toarray() * (d < 0)[:, None])
    found = default_recommenders(60, sample_domain=d, time=True, source_time=True)
    (candidate,) = (c for c in found if c.name == "markets: sequences")
    return X, d, time, untimed, candidate


def test_sequences_of_markets_are_compared_where_all_times_are_known(rng):
    X, d, time, untimed, candidate = timed_shop(rng)
    auto = AutoTransferRecommender(refit=False).fit(X, sample_domain=d, time=time)
    alone = AutoTransferRecommender(refit=False).fit(X, sample_domain=d, time=untimed)
    names = alone.results_["name"]
    assert set(auto.results_["name"]) - set(names) == {"markets: sequences"}
    assert "target: sequences" in names
    # as one recommender of all sequences, those of other markets in part
    found = clone(candidate.estimator).fit(time, sample_domain=d)
    expected = SequentialRecommender().fit(
        time, sample_weight=np.where(d < 0, 1.0, 0.2)
    )
    for one, other in zip(
        found.recommend(time[d < 0], 5), expected.recommend(time[d < 0], 5)
    ):
        assert_allclose(one, other)


def test_sequences_of_markets_serve_and_explain(rng):
    X, d, time, untimed, candidate = timed_shop(rng)
    candidates = [("popularity", PopularityRecommender()), candidate]
    auto = AutoTransferRecommender(candidates).fit(X, sample_domain=d, time=time)
    assert auto.best_name_ == "markets: sequences"
    assert auto.market_weights_ == dict.fromkeys(np.unique(d[d > 0]).tolist(), 0.2)
    row = time[d < 0][[0]]
    items, scores = auto.recommend(row, 1)
    taken, parts, base = auto.explain(row, int(items[0, 0]))
    assert_allclose(parts.sum() + base, scores[0, 0], rtol=1e-5)
    assert set(taken.tolist()) == set(row.indices.tolist())
    assert auto.similar_items([int(taken[0])], 3)[0].shape == (1, 3)
    with pytest.raises(ValueError, match="times of all interactions of all markets"):
        clone(auto).fit(X, sample_domain=d, time=untimed)
