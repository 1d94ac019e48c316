"""Linear weights of sessions beside the normal equations written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.recommend import _local_ridge
from sktransfer.recommend.sequences import _linear as module
from sktransfer.recommend.sequences._linear import session_linear_weights
from sktransfer.recommend.sequences._sessions import (
    sessions_of_matrix,
    sessions_of_sequences,
)


def linear(sessions, w=None, **changes):
    w = np.ones(sessions.shape[0]) if w is None else np.asarray(w, dtype=float)
    settings = dict(decay=0.5, window=10, unordered_share=0.3, n_terms=50, l2=2.0)
    settings |= changes
    return session_linear_weights(sessions, sample_weight=w, **settings).toarray()


def written_out(lists, w, n, decay, alpha, l2, window=10):
    """Rows of both least-squares problems, one by one."""
    A, C = l2 * np.eye(n), np.zeros((n, n))
    for items, weight in zip(lists, w):
        x = np.zeros(n)
        x[items] = 1
        A += alpha * weight * np.outer(x, x)
        C += alpha * weight * np.outer(x, x)
        for t in range(len(items) - 1):
            s, z = np.zeros(n), np.zeros(n)
            for u, item in enumerate(items):
                if t - window < u <= t:
                    s[item] += decay ** (t - u)
                elif t < u <= t + window:
                    z[item] += decay ** (u - t - 1)
            A += (1 - alpha) * weight * np.outer(s, s)
            C += (1 - alpha) * weight * np.outer(s, z)
    B = np.linalg.solve(A, C)
    return B, C


def sessions_where_all_meet(rng, n=5):
    lists = [rng.integers(0, n, size).tolist() for size in (3, 6, 1, 7, 4, 8)]
    return [*lists, list(range(n)), list(range(n))[::-1]]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_normal_equations(rng, alpha):
    lists = sessions_where_all_meet(rng)
    w = rng.random(len(lists)) + 0.5
    s = sessions_of_sequences(lists, 5, "Me")
    expected, C = written_out(lists, w, 5, 0.5, alpha, 2.0)
    used = (C != 0).all(axis=0)  # columns that every item has a part in
    assert used.any()
    found = linear(s, w, unordered_share=alpha)
    assert_allclose(found[:, used], expected[:, used], atol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("window", [1, 3])
def test_steps_beyond_the_window_do_not_count(rng, decay, window):
    lists = sessions_where_all_meet(rng) + [rng.integers(0, 5, 12).tolist()] * 2
    w = rng.random(len(lists)) + 0.5
    s = sessions_of_sequences(lists, 5, "Me")
    expected, C = written_out(lists, w, 5, decay, 0.1, 2.0, window)
    assert C.all()
    found = linear(s, w, unordered_share=0.1, decay=decay, window=window)
    assert_allclose(found, expected, atol=1e-12)


def test_steps_of_several_items(rng):
    X = rng.integers(0, 4, (12, 5)).astype(float)
    w = rng.random(12) + 0.5
    A, C = 2 * np.eye(5), np.zeros((5, 5))
    for times, weight in zip(X, w):
        x = (times > 0).astype(float)
        A += 0.3 * weight * np.outer(x, x)
        C += 0.3 * weight * np.outer(x, x)
        steps = [(times == t).astype(float) for t in np.unique(times[times > 0])]
        for t in range(len(steps) - 1):
            s = sum(0.5 ** (t - u) * steps[u] for u in range(t + 1))
            z = sum(0.5 ** (u - t - 1) * steps[u] for u in range(t + 1, len(steps)))
            A += 0.7 * weight * np.outer(s, s)
            C += 0.7 * weight * np.outer(s, z)
    assert C.all()
    found = linear(sessions_of_matrix(X), w)
    assert_allclose(found, np.linalg.solve(A, C), atol=1e-12)


def test_sets_alone_are_a_ridge_regression_on_themselves():
    X = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
    G = X.T @ X
    found = linear(sessions_of_matrix(X), unordered_share=0.4)
    assert_allclose(found, np.linalg.solve(0.4 * G + 2 * np.eye(3), 0.4 * G))


def test_order_tells_what_follows():
    s = sessions_of_sequences([[0, 1]] * 20 + [[2, 0]] * 20, None, "Me")
    B = linear(s, unordered_share=0.0)
    assert B[0, 1] > 0.5
    assert B[1, 0] == 0
    assert B[2, 0] > 0.5
    assert B[0, 2] == 0


def test_a_pruned_gram_stays_near(rng, monkeypatch):
    lists = [rng.integers(0, 12, 6).tolist() for _ in range(80)]
    s = sessions_of_sequences(lists, 12, "Me")
    expected = linear(s, n_terms=3)
    monkeypatch.setattr(_local_ridge, "_DENSE_ENTRIES", 0)
    assert_allclose(linear(s, n_terms=3), expected)
    monkeypatch.setattr(module, "_GRAM_ROW", 8)
    found = linear(s, n_terms=3)
    assert not np.array_equal(found, expected)
    assert_array_equal(found != 0, expected != 0)
    assert_allclose(found, expected, atol=0.05)


def test_empty_sessions_have_no_weights():
    s = sessions_of_sequences([[], [], []], 4, "Me")
    assert not linear(s).any()


def test_blocks_of_sessions_change_nothing(rng, monkeypatch):
    s = sessions_of_sequences(sessions_where_all_meet(rng), 5, "Me")
    expected = linear(s)
    monkeypatch.setattr(module, "_BLOCK_EVENTS", 5)
    assert_allclose(linear(s), expected)
