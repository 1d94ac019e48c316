"""Similar items and explanations: values by hand, and what holds in whole rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import random_interactions
from scipy import sparse

from sktransfer import Interactions
from sktransfer.recommend import (
    ALSRecommender,
    AutoTransferRecommender,
    BaseRecommender,
    BlendRecommender,
    ColdStartRecommender,
    EASERecommender,
    ItemKNNRecommender,
    LocalEASERecommender,
    NewItemLimiter,
    PopularityRecommender,
    SequentialRecommender,
    TransferRecommender,
)

# users of items 0 and 1: {0, 1, 2}, {0, 1}; item 2 has the users 0 and 3
TAKEN = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 1]])
MARKET = np.where(np.arange(60) % 2, 1, -1)


def explained(model, X, row):
    """Contributions of the items of a row, and the base, to every item."""
    parts = [model.explain(X[[row]], item) for item in range(X.shape[1])]
    contributions = np.zeros((X.shape[1], X.shape[1]))
    for item, (items, values, _) in enumerate(parts):
        contributions[items, item] = values
    base = np.array([part.base for part in parts])
    assert_allclose(contributions.sum(axis=0) + base, model.predict(X[[row]])[0])
    return contributions, base


def test_cosine_neighbors_by_hand():
    model = ItemKNNRecommender().fit(TAKEN)
    items, scores = model.similar_items([0, 2], 3)
    assert_array_equal(items, [[1, 2, -1], [1, 0, -1]])
    assert_allclose(
        scores, [[2 / 6**0.5, 1 / 6**0.5, -np.inf], [1 / 2, 1 / 6**0.5, -np.inf]]
    )
    assert model.symmetric_similarity_
    items, contributions, base = model.explain([[2, 1, 0]], 2)
    assert_array_equal(items, [0, 1])
    assert_allclose(contributions, [2 / 6**0.5, 1 / 2])
    assert base == 0


def test_regressions_by_hand():
    X = np.array([[1.0, 1], [1, 0], [0, 1]])
    model = EASERecommender(l2=1.0).fit(X)
    # the only regressor of each item has the weight G_01 / (G_00 + l2) = 1 / 3
    items, scores = model.similar_items([1], 1)
    assert_array_equal(items, [[0]])
    assert_allclose(scores, [[1 / 3]])
    items, contributions, base = model.explain([[3, 0]], 1)
    assert_array_equal(items, [0])
    assert_allclose(contributions, [1.0])
    assert base == 0
    assert not model.symmetric_similarity_


@pytest.mark.parametrize(
    "model",
    [
        EASERecommender(5.0),
        LocalEASERecommender(5.0, n_neighbors=3, n_factors=4),
        ItemKNNRecommender(4, similarity="rp3beta"),
    ],
)
def test_linear_models_contribute_rows_of_their_weights(rng, model):
    X = random_interactions(rng)
    model.fit(X)
    weights = model.predict(sparse.eye_array(15, format="csr"))
    contributions, base = explained(model, 2 * X, 3)
    assert_allclose(contributions, 2 * X[[3]].toarray().T * weights, atol=1e-12)
    assert_array_equal(base, 0)


def test_factors_are_solved_by_hand(rng):
    X = random_interactions(rng)
    X.data[::5] *= -1  # dislikes
    model = ALSRecommender(n_factors=4, alpha=2.0, l2=0.5).fit(X)
    Y = model.item_factors_
    confidence = 2 * np.abs(X[[3]].toarray()[0])
    liked = X[[3]].toarray()[0] > 0
    system = Y.T @ (Y * (1 + confidence)[:, None]) + 0.5 * np.eye(4)
    share = ((1 + confidence) * liked)[:, None] * (Y @ np.linalg.solve(system, Y.T))
    contributions, base = explained(model, X, 3)
    assert_allclose(contributions, share, atol=1e-10)
    assert_allclose(base, 0, atol=1e-10)
    cosine = (Y / np.linalg.norm(Y, axis=1)[:, None]) @ (
        Y / np.linalg.norm(Y, axis=1)[:, None]
    ).T
    items, scores = model.similar_items([3], 14)
    assert_allclose(scores[0], cosine[3, items[0]])
    assert model.symmetric_similarity_


def test_a_blend_adds_what_its_parts_say_in_its_unit(rng):
    X = random_interactions(rng)
    parts = [EASERecommender(5.0), PopularityRecommender()]
    model = BlendRecommender(parts, weights=[0.7, 0.3]).fit(X)
    ease, popularity = model.estimators_
    deviation = ease.predict(X[[3]]).std()
    contributions, base = explained(model, X, 3)
    alone, _ = explained(ease, X, 3)
    assert_allclose(contributions, 0.7 * alone / deviation, atol=1e-12)
    counts = popularity.counts_
    rest = -0.7 * ease.predict(X[[3]]).mean() / deviation
    assert_allclose(base, rest + 0.3 * (counts - counts.mean()) / counts.std())
    row = ease.item_weights_[3]
    items, scores = model.similar_items([3], 14)
    assert_allclose(scores[0], 0.7 * ((row - row.mean()) / row.std())[items[0]])


@pytest.mark.parametrize(
    "settings",
    [
        {"weighting": {1: 0.5}},
        {"weighting": "item"},
        {"weighting": {1: 0.5}, "fusion": "scores"},
        {"weighting": {1: 0.5}, "fusion": "both"},
    ],
    ids=str,
)
def test_markets_leave_one_base_to_all_items(rng, settings):
    # linear parts are shifted by what all items have in common, and by nothing else
    X = random_interactions(rng)
    blend = BlendRecommender([EASERecommender(5.0), ItemKNNRecommender()])
    model = TransferRecommender(blend, **settings).fit(X, sample_domain=MARKET)
    contributions, base = explained(model, X, 4)
    assert (contributions[X[[4]].indices] > 0).any()
    if settings["weighting"] == "item":
        line = np.polyfit(model.item_shares_, base, 1)
        assert_allclose(np.polyval(line, model.item_shares_), base)
    else:
        assert_allclose(base, base[0])


def test_items_outside_the_catalogue_have_no_score(rng):
    X = random_interactions(rng)
    model = TransferRecommender(EASERecommender(5.0), catalogue=[0, 2, 4, 5])
    model.fit(X, sample_domain=MARKET)
    items, contributions, base = model.explain(X[[4]], 7)
    assert base == -np.inf
    assert_array_equal(contributions, np.zeros(items.size))
    items, _ = model.similar_items([0, 7], 6)
    assert set(items[0].tolist()) == {2, 4, 5, -1}
    assert set(items[1].tolist()) == {0, 2, 4, 5, -1}


@pytest.mark.parametrize("limit", [False, True])
def test_new_items_by_hand(rng, limit):
    X = sparse.csr_array(sparse.hstack([random_interactions(rng)[:, :13], X_NEW]))
    content = rng.random((15, 4))
    model = ColdStartRecommender(
        content,
        l2=5.0,
        degree=5,
        content_l2=1.0,
        interaction_share=0.3,
        popularity_weight=0.0,
        shrinkage=3.0,
        calibration=(1.5, 0.5),
    )
    served = (NewItemLimiter(model) if limit else model).fit(X)
    model = served.estimator_ if limit else served
    contributions, base = explained(served, X, 3)
    x, known = X[[3]].toarray()[0], np.arange(13)
    C = x[known] @ model.content_weights_
    by_content = x[known, None] * model.content_weights_ * 1.5 / C[:13].std()
    assert_allclose(contributions[:13, 13:], by_content[:, 13:], atol=1e-10)
    assert_allclose(base[13:], 0.5 - 1.5 * C[:13].mean() / C[:13].std())
    assert (contributions[X[[3]].indices][:, :13] != 0).any()
    unit = content / np.linalg.norm(content, axis=1)[:, None]
    c = unit @ unit.T
    items, scores = served.similar_items([14], 14)
    assert_allclose(scores[0], ((c + c**3 + c**5) / 3)[14, items[0]])


X_NEW = sparse.csr_array((60, 2))


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("method", ["neighbors", "rules", "linear", "factors", "blend"])
def test_what_no_event_explains_is_popularity(rng, method, repeats):
    sessions = [rng.permutation(8)[:4].tolist() for _ in range(40)]
    if repeats:
        sessions += [[1, 2, 1], [5, 3, 5]] * 5
    model = SequentialRecommender(method, n_neighbors=10).fit(sessions)
    history = [[2, 1, 6]]
    scores = model.predict(history)[0]
    found = [model.explain(history, item) for item in range(8)]
    new = np.array([0, 3, 4, 5, 7])
    base = np.array([part.base for part in found])
    total = np.array([part.contributions.sum() for part in found])
    assert_allclose(total + base, scores, rtol=1e-5)
    assert_allclose(
        base[new] / base[new].sum(),
        model.popularity_[new] / model.popularity_[new].sum(),
        rtol=2e-2,
    )
    assert base.sum() < 0.01
    if repeats:
        own = found[1].contributions[found[1].items == 1]
        assert own > 0.75 * model.repeat_hazard_[2] > 0  # last seen two steps ago


def test_similar_items_of_sequences_come_next():
    model = SequentialRecommender().fit([[0, 1, 2], [0, 1], [0, 1, 3], [2, 3]])
    items, scores = model.similar_items([0], 3)
    assert items[0, 0] == 1
    assert_allclose(scores[0], model.predict([[0]])[0, items[0]])


class PairsOnly(BaseRecommender):
    """Scores 1 for items 2 where a row has both items 0 and 1."""

    def fit_interactions(self, X, sample_weight):
        self.fitted_ = True

    def score_items(self, X):
        X = X.toarray() if sparse.issparse(X) else X
        scores = np.full(X.shape, 0.25)
        scores[:, 2] += X[:, 0] * X[:, 1]
        return scores


def test_of_other_recommenders_each_item_contributes_what_the_score_loses():
    model = PairsOnly().fit(TAKEN)
    for X in (TAKEN[:1], sparse.csr_array(TAKEN[:1])):
        items, contributions, base = model.explain(X, 2)
        assert_array_equal(items, [0, 1, 2])
        assert_allclose(contributions, [1, 1, 0])
        assert base == pytest.approx(1.25 - 2)
    items, scores = model.similar_items([0], 2)
    assert_array_equal(items, [[1, 2]])
    assert_allclose(scores, 0.25)


@pytest.mark.slow
def test_stacking_and_candidates_are_explained(rng):
    X = random_interactions(rng, n_rows=120)
    market = np.where(np.arange(120) % 3, -1, 1)
    for model in (
        TransferRecommender(ItemKNNRecommender(), stacking="gradient_boosting"),
        AutoTransferRecommender(
            [("knn", ItemKNNRecommender()), ("markets", TransferRecommender())]
        ),
    ):
        model.fit(X, sample_domain=market)
        contributions, base = explained(model, X, 4)
        assert np.isfinite(base).all()
        assert (contributions != 0).any()
        items, _ = model.similar_items([3], 5)
        assert len(set(items[0].tolist()) - {3, -1}) == 5


def test_popularity_knows_no_pairs_of_items():
    model = PopularityRecommender().fit(TAKEN)
    with pytest.raises(ValueError, match="knows nothing of pairs of items"):
        model.similar_items([0])
    _, contributions, base = model.explain(TAKEN[:1], 0)
    assert_array_equal(contributions, [0, 0, 0])
    assert base == 3
    blend = BlendRecommender([PopularityRecommender()]).fit(TAKEN)
    with pytest.raises(ValueError, match="knows nothing of pairs of items"):
        blend.similar_items([0])


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_ids_of_a_log_go_in_and_come_out(library):
    module = pytest.importorskip(library)
    make = module.table if library == "pyarrow" else module.DataFrame
    columns = {
        "user": ["007", "007", "8", "8", "9", "9"],
        "item": ["a", "b", "a", "b", "b", "c"],
    }
    log = Interactions.from_frame(make(columns), user="user", item="item")
    model = ItemKNNRecommender().fit(log)
    frame = model.similar_items(["b", "c"], 1, as_frame=True)
    assert type(frame) is type(make(columns))
    expected = {"item": ["b", "c"], "similar_item": ["a", "b"], "rank": [1, 1]}
    for name, values in expected.items():
        assert (
            frame[name].to_pylist() == values
            if library == "pyarrow"
            else (list(frame[name]) == values)
        )
    for user in (["9"], log[[2]]):
        items, contributions, base = model.explain(user, "a")
        assert items.tolist() == ["b", "c"]
        assert_allclose(contributions, [2 / 6**0.5, 0])
        assert base == 0
    for call in (lambda: model.similar_items(["x"]), lambda: model.explain(["9"], "x")):
        with pytest.raises(ValueError, match=r"items of the log of fit.* got 'x'"):
            call()
    with pytest.raises(ValueError, match="fit got a matrix"):
        ItemKNNRecommender().fit(TAKEN).similar_items([0], as_frame=True)
