"""Linear weights of sessions beside the normal equations written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.recommend import SequentialRecommender


def linear(sessions, w=None, **changes):
    settings = dict(decay=0.5, window=10, unordered_share=0.3, n_terms=50, l2=2.0)
    model = SequentialRecommender("linear", **settings | changes)
    return model.fit(sessions, sample_weight=w).linear_weights_.toarray()


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
    expected, C = written_out(lists, w, 5, 0.5, alpha, 2.0)
    used = (C != 0).all(axis=0)  # columns that every item has a part in
    assert used.any()
    found = linear(lists, w, unordered_share=alpha)
    assert_allclose(found[:, used], expected[:, used], atol=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("window", [1, 3])
def test_steps_beyond_the_window_do_not_count(rng, decay, window):
    lists = sessions_where_all_meet(rng) + [rng.integers(0, 5, 12).tolist()] * 2
    w = rng.random(len(lists)) + 0.5
    expected, C = written_out(lists, w, 5, decay, 0.1, 2.0, window)
    assert C.all()
    found = linear(lists, w, unordered_share=0.1, decay=decay, window=window)
    assert_allclose(found, expected, atol=1e-5)


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
    assert_allclose(linear(X, w), np.linalg.solve(A, C), atol=1e-12)


def test_sets_alone_are_a_ridge_regression_on_themselves():
    X = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
    G = X.T @ X
    found = linear(X, unordered_share=0.4)
    assert_allclose(found, np.linalg.solve(0.4 * G + 2 * np.eye(3), 0.4 * G))


def test_order_tells_what_follows():
    B = linear([[0, 1]] * 20 + [[2, 0]] * 20, unordered_share=0.0)
    assert B[0, 1] > 0.5
    assert B[1, 0] == 0
    assert B[2, 0] > 0.5
    assert B[0, 2] == 0


def test_many_items_are_looked_up_in_sparse_products(rng):
    # the same items among 6,000 numbers; 0 is met by more than 1,000 others
    others = 1 + rng.permutation(1500).reshape(-1, 5)
    lists = [[0, *row] for row in others] + [row[::-1].tolist() for row in others[:200]]
    settings = {"decay": 0.5, "n_terms": 3, "l2": 2.0}
    few, many = (
        SequentialRecommender("linear", **settings)
        .fit([[k * i for i in session] for session in lists])
        .linear_weights_
        for k in (1, 4)
    )
    assert many.shape == (6001, 6001)
    assert many.nnz == few.nnz > 1500
    found = many[:, ::4][::4]
    assert_allclose(found.toarray(), few.toarray(), atol=1e-6)


def test_empty_sessions_have_no_weights():
    X = np.zeros((3, 4))
    assert_array_equal(linear(X), 0)
