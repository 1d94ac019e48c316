"""Session neighbours beside a loop over all sessions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend.sequences import _neighbors as module
from sktransfer.recommend.sequences._neighbors import (
    nearest,
    neighbor_scores,
    session_index,
)
from sktransfer.recommend.sequences._sessions import sessions_of_sequences


def test_scores_of_a_loop(rng):
    lists = [rng.choice(9, size, replace=False).tolist() for size in (2, 3, 5, 1, 4, 2)]
    queries = [[0, 1, 2], [5], [8, 3], []]
    train = sessions_of_sequences(lists, 9, "Me")
    history = sessions_of_sequences(queries, 9, "Me").history(0.5, np.float64)
    found = neighbor_scores(history, session_index(train, np.ones(6)), 50)
    df = np.bincount(np.concatenate(lists), minlength=9)
    idf = np.log(7 / (1 + df)) + 1
    expected = np.zeros((4, 9))
    for q in range(4):
        for items in lists:
            h = history.toarray()[q, items]
            expected[q, items] += h @ idf[items] / np.sqrt(len(items))
    assert_allclose(found, expected)


def test_the_nearest_are_kept():
    similarity = sparse.csr_array([[0.5, 0.1, 0.3, 0.2], [0, 0.4, 0, 0]])
    found = nearest(similarity, 2, None)
    assert_array_equal(found.toarray(), [[0.5, 0, 0.3, 0], [0, 0.4, 0, 0]])


def test_ties_share_the_last_places():
    similarity = sparse.csr_array([[0.5, 0.2, 0.2, 0.2]])
    found = nearest(similarity, 2, None)
    assert_allclose(found.toarray(), [[0.5, 0.2 / 3, 0.2 / 3, 0.2 / 3]])


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 30])
def test_a_weight_of_two_takes_two_places(rng, k):
    values = rng.choice([0.1, 0.2, 0.3, 0.4], 8)
    w = np.array([1, 2, 3, 1, 2, 1, 3, 2])
    repeated = nearest(sparse.csr_array([np.repeat(values, w)]), k, None)
    owner = np.repeat(np.arange(8), w)
    expected = np.bincount(owner, weights=repeated.toarray()[0], minlength=8)
    weighted = nearest(sparse.csr_array([values]), k, w.astype(float))
    assert_allclose(weighted.toarray()[0], expected)
    places = weighted.toarray()[0] / values
    assert places.sum() == pytest.approx(min(k, w.sum()))


def test_blocks_change_nothing(rng, monkeypatch):
    lists = [rng.integers(0, 9, 4).tolist() for _ in range(40)]
    train = sessions_of_sequences(lists, 9, "Me")
    index = session_index(train, np.ones(40))
    history = train.history(0.6, np.float64)
    expected = neighbor_scores(history, index, 5)
    original = module.product_blocks
    monkeypatch.setattr(
        module, "product_blocks", lambda A, B: original(A, B, products=30)
    )
    assert_allclose(neighbor_scores(history, index, 5), expected)


def test_sessions_without_weight_or_items_are_not_looked_up():
    train = sessions_of_sequences([[0, 1], [], [2]], None, "Me")
    index = session_index(train, np.array([1.0, 1.0, 0.0]))
    assert index.sessions.shape == (1, 3)
    assert index.weights is None
