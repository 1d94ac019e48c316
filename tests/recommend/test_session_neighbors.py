"""Session neighbours beside a loop over all sessions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktransfer.recommend import SequentialRecommender


def by_loop(lists, query, k, n_items, decay, w=None):
    """Shares of the next items after a session; no session repeats an item."""
    w = np.ones(len(lists)) if w is None else np.asarray(w, dtype=float)
    df, popular = np.zeros(n_items), np.zeros(n_items)
    for items, weight in zip(lists, w):
        df[items] += weight
    popular = df / df.sum()
    idf = np.log((1 + w.sum()) / (1 + df)) + 1
    history = np.zeros(n_items)
    history[query] = decay ** np.arange(len(query))[::-1]
    similarity = np.array(
        [history[items] @ idf[items] / np.sqrt(max(len(items), 1)) for items in lists]
    )
    places = np.zeros(len(lists))
    left = k
    for value in np.unique(similarity[similarity > 0].round(6))[::-1]:
        tied = similarity.round(6) == value  # they share the places that are left
        places[tied] = w[tied] * min(1, left / w[tied].sum())
        left -= min(left, w[tied].sum())
    scores = np.zeros(n_items)
    for items, s, place in zip(lists, similarity, places):
        scores[items] += place * s
    if scores.max() > 0:
        scores /= scores.max()
    scores += 1e-3 * popular / popular.max()
    scores[query] = 0
    return scores / max(scores.sum(), 1e-12)


QUERIES = [[0, 1, 2], [5], [8, 3], [], [4, 0, 7, 1, 6]]


@pytest.mark.parametrize("k", [1, 2, 3, 7, 500])
def test_scores_of_a_loop(rng, k):
    lists = [rng.permutation(9)[:size].tolist() for size in rng.integers(1, 6, 60)]
    lists += lists[:30]  # ties
    model = SequentialRecommender("neighbors", n_neighbors=k, decay=0.5)
    scores = model.fit([*lists, [8]]).predict(QUERIES)
    expected = [by_loop([*lists, [8]], q, k, 9, 0.5) for q in QUERIES]
    assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 30])
def test_a_weight_of_two_takes_two_places(rng, k):
    lists = [rng.permutation(9)[:size].tolist() for size in rng.integers(1, 6, 25)]
    lists += [[8]]
    w = rng.integers(1, 4, 26)
    model = SequentialRecommender("neighbors", n_neighbors=k, decay=0.5)
    scores = model.fit(lists, sample_weight=w).predict(QUERIES)
    repeated = [s for s, n in zip(lists, w) for _ in range(n)]
    assert_allclose(scores, model.fit(repeated).predict(QUERIES), atol=1e-5)
    expected = [by_loop(lists, q, k, 9, 0.5, w) for q in QUERIES]
    assert_allclose(scores, expected, atol=1e-5)


def test_more_products_than_are_held_at_a_time(rng):
    # 1,500 queries that share an item with each of 6,000 sessions or more
    lists = np.argsort(rng.random((6000, 9)), axis=1)[:, :4].tolist()
    model = SequentialRecommender("neighbors", n_neighbors=5).fit(lists)
    found = model.predict(lists[:1500])
    parts = [model.predict(lists[i : i + 100]) for i in range(0, 1500, 100)]
    assert_allclose(found, np.vstack(parts), atol=1e-7)


def test_sessions_without_weight_or_items_are_not_looked_up():
    model = SequentialRecommender("neighbors")
    model.fit([[0, 1], [], [2]], sample_weight=[1.0, 1.0, 0.0])
    assert model.index_.sessions.shape == (1, 3)
    assert model.index_.weights is None
