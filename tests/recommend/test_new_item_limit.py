"""New items keep their places, up to a share; known ones keep their order."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.recommend import (
    ColdStartRecommender,
    EASERecommender,
    NewItemLimiter,
    PopularityRecommender,
    limit_new_items,
)

NEW = np.array([False] * 5 + [True] * 3)
KNOWN = np.array([[4, 3, 2, 1], [0, 1, -1, -1]])
TOGETHER = np.array([[5, 0, 6, 7], [0, 5, 6, -1]])
VALUES = np.arange(8.0).reshape(2, 4)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_new_items_keep_their_places_and_known_ones_their_order(share):
    expected = {
        0.0: [[4, 3, 2, 1], [0, 1, -1, -1]],
        0.1: [[5, 4, 3, 2], [0, 5, 1, -1]],  # one place at least
        0.5: [[5, 4, 6, 3], [0, 5, 6, 1]],
        1.0: [[5, 4, 6, 7], [0, 5, 6, 1]],
    }[share]
    items, scores = limit_new_items(
        (KNOWN, -VALUES), (TOGETHER, VALUES), NEW, max_share=share
    )
    assert_array_equal(items, expected)
    assert_array_equal(scores[NEW[items] & (items >= 0)] >= 0, True)


def test_rankings_that_do_not_fit():
    known, together = (KNOWN, VALUES), (TOGETHER, VALUES)
    with pytest.raises(ValueError, match="max_share must be a number"):
        limit_new_items(known, together, NEW, max_share=1.5)
    with pytest.raises(ValueError, match="same rows and length"):
        limit_new_items((KNOWN[:1], VALUES[:1]), together, NEW)
    with pytest.raises(ValueError, match="boolean mask"):
        limit_new_items(known, together, np.flatnonzero(NEW))


@pytest.mark.parametrize(
    ("known", "new", "message"),
    [
        ((TOGETHER, VALUES), NEW, r"known must rank .* new item 5.*candidates=~new"),
        (
            (KNOWN, VALUES[:, :2]),
            NEW,
            r"scores of known .*\(2, 4\).*got shape \(2, 2",
        ),
        ((KNOWN, None), NEW, "scores of known must be numbers"),
        ((KNOWN, [[1.0], [2.0, 3.0]]), NEW, "got rows of several lengths"),
        ((KNOWN.astype(float), VALUES), NEW, "items of known .*got .*float64"),
        ((KNOWN[0], VALUES[0]), NEW, r"items of known .*got shape \(4,\)"),
        (KNOWN, NEW, "known must be a pair of items and scores; got ndarray"),
        ((KNOWN // 2, VALUES), NEW, "ranked once in each row; got item 1 twice"),
        ((KNOWN, VALUES), NEW[:7], "got 7 entries where item 7 is ranked"),
    ],
)
def test_rankings_and_masks_that_are_wrong(known, new, message):
    with pytest.raises(ValueError, match=message):
        limit_new_items(known, (TOGETHER, VALUES), new)


def test_together_is_validated_too():
    with pytest.raises(ValueError, match=r"items of together .*got .*float64"):
        limit_new_items((KNOWN, VALUES), (TOGETHER.astype(float), VALUES), NEW)


def test_no_rows_give_no_rows():
    nothing = KNOWN[:0], VALUES[:0]
    items, scores = limit_new_items(nothing, nothing, NEW)
    assert items.shape == scores.shape == (0, 4)


@pytest.fixture
def market(rng):
    """Interactions with 12 items, four of them new, and their content."""
    X = (rng.random((60, 12)) < 0.4).astype(float)
    X[:, 8:] = 0
    return X, np.eye(4)[np.arange(12) % 4]


@pytest.mark.parametrize(("share", "most"), [(0.0, 0), (0.2, 1), (0.5, 2), (1.0, 4)])
def test_a_share_of_the_places(market, share, most):
    X, content = market
    model = NewItemLimiter(ColdStartRecommender(content), max_share=share).fit(X)
    items, scores = model.recommend(X, 4)
    assert_array_equal(model.new_items_, np.arange(12) >= 8)
    counts = (items >= 8).sum(axis=1)
    assert counts.max() <= most
    free = ColdStartRecommender(content).fit(X).recommend(X, 4)[0]
    assert_array_equal(counts, np.minimum((free >= 8).sum(axis=1), most))
    known = items.copy()
    known[items >= 8] = -1
    alone = ColdStartRecommender(content).fit(X)
    expected = alone.recommend(X, 4, candidates=np.arange(8))[0]
    for row, wanted in zip(known, expected):
        own = row[row >= 0]
        assert_array_equal(own, wanted[wanted >= 0][: own.size])
    assert np.isfinite(scores[items >= 0]).all()


def test_without_a_limit_it_is_the_recommender(market):
    X, content = market
    model = NewItemLimiter(ColdStartRecommender(content), max_share=1).fit(X)
    free = ColdStartRecommender(content).fit(X)
    assert_array_equal(model.predict(X), free.predict(X))
    new = np.arange(8, 12)
    found = model.recommend(X, 2, candidates=new)
    expected = free.recommend(X, 2, candidates=new)
    assert_array_equal(found[0], expected[0])
    assert_array_equal(found[1], expected[1])


def test_any_recommender_and_weights_of_rows(market):
    X, _ = market
    w = np.arange(60) < 30
    model = NewItemLimiter(EASERecommender()).fit(X, sample_weight=w.astype(float))
    expected = EASERecommender().fit(X[w])
    np.testing.assert_allclose(model.predict(X), expected.predict(X))


def test_popularity_counts_users(market):
    X, _ = market
    model = PopularityRecommender().fit(3 * X)
    assert_array_equal(model.counts_, (X > 0).sum(axis=0))
    items, _ = model.recommend(np.zeros((1, 12)), 12)
    assert_array_equal(items[0], np.argsort(-model.counts_, kind="stable"))
    weighted = PopularityRecommender().fit(X, sample_weight=np.full(60, 0.5))
    assert_array_equal(weighted.counts_, model.counts_ / 2)
