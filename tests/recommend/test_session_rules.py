"""Sequential rules, counted by hand and by a loop over pairs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend import SequentialRecommender


def rules(sessions, w=None, window=10):
    model = SequentialRecommender("rules", window=window)
    return model.fit(sessions, sample_weight=w).rules_.toarray()


def divided(counts):
    """Counts of pairs over the root of the sum of their row."""
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=1, keepdims=True)
    return counts / np.sqrt(np.where(total > 0, total, 1))


def test_counts_by_hand():
    sessions = [[0, 1, 2], [0, 1], [2]]
    expected = divided([[0, 2, 0.5], [0, 0, 1], [0, 0, 0]])
    assert_allclose(rules(sessions, window=2), expected)
    expected = divided([[0, 2, 0], [0, 0, 1], [0, 0, 0]])
    assert_allclose(rules(sessions, window=1), expected)


def test_repeats_are_rules_too():
    assert_allclose(rules([[0, 0, 1]], window=5), divided([[1, 1.5], [0, 0]]))


def test_weights_count_sessions():
    sessions = [[0, 1], [1, 0, 2]]
    twice = rules([*sessions, sessions[1]], window=3)
    assert_allclose(rules(sessions, [1, 2], window=3), twice)


def test_items_of_one_step_go_both_ways():
    expected = divided([[0, 1, 1], [1, 0, 1], [0, 0, 0]])
    assert_allclose(rules(np.array([[1.0, 1, 2]]), window=3), expected)


def test_no_session_has_two_steps():
    assert not rules([[0], [1], []], window=3).any()


@pytest.mark.parametrize("window", [1, 3, 50])
def test_rules_of_a_loop(rng, window):
    X = rng.integers(0, 5, (20, 6)).astype(float)  # times; 0 for none
    w = rng.random(20) + 0.5
    counts = np.zeros((6, 6))
    for times, weight in zip(X, w):
        step = np.searchsorted(np.unique(times[times > 0]), times)
        for i, j in np.argwhere(np.outer(times, times) > 0):
            gap = step[j] - step[i]
            if i != j and gap == 0:
                counts[i, j] += weight
            elif 0 < gap <= window:
                counts[i, j] += weight / gap
    assert_allclose(rules(X, w, window), divided(counts))


def test_precision_is_that_of_the_sessions():
    for sessions, dtype in (
        ([[0, 1]], np.float32),
        (np.array([[1.0, 2]]), np.float64),
        (np.array([[1, 2]], dtype=np.float32), np.float32),
    ):
        model = SequentialRecommender("rules").fit(sessions)
        assert model.rules_.dtype == dtype


@pytest.mark.parametrize("method", ["rules", "linear"])
def test_more_events_than_are_counted_at_a_time(rng, method):
    # 600,000 events, as 2,000 that count 300 times each; they are not alike
    lists = np.sort(rng.integers(0, 6, (200, 10)), axis=1)
    lists[100:] = lists[100:, ::-1] // 2
    lists = lists.tolist()
    model = SequentialRecommender(method, window=3, l2=1e6)
    weighted = model.fit(lists, sample_weight=np.full(200, 300.0)).predict(lists)
    repeated = [session for session in lists for _ in range(300)]
    assert_allclose(model.fit(repeated).predict(lists), weighted, atol=1e-3)


def test_stored_zeros_and_duplicates_of_a_matrix():
    X = sparse.csr_array(
        (np.array([1.0, 2, 0, 2.5]), np.array([1, 1, 0, 2]), np.array([0, 4]))
    )
    before = X.copy()
    # the newest time of item 1 is before that of item 2, the sum of its times after
    assert_array_equal(rules(X), [[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    assert_array_equal(X.data, before.data)
