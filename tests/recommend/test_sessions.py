"""Two forms of sessions: lists of item ids, and matrices of times."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktransfer.recommend import SequentialRecommender


@pytest.mark.parametrize(
    ("X", "n_items"),
    [
        ([[1, 2], [3]], 4),
        ([[1, 2], [3, 4]], 5),
        (([], (np.int32(1),)), 2),
        ([np.array([1]), np.array([])], 2),
        (np.array([[1], [2, 3]], dtype=object), 4),
        ([[1.0, 2.0]], 3),
        (np.array([[1, 2]]), 2),
        (sparse.csr_array(np.eye(2)), 2),
    ],
)
def test_lists_of_integer_sequences_are_sequences(X, n_items):
    assert SequentialRecommender("rules").fit(X).n_features_in_ == n_items


@pytest.mark.parametrize(
    "X",
    [
        [1, 2],
        [],
        "12",
        [[], []],
        [[0, -1]],
        [[True, False]],
        [np.array([0.5])],
    ],
)
def test_what_is_no_session_is_refused(X):
    refused = r"2D array|needs a session|(ids|numbers) from 0 on|got one str"
    with pytest.raises((ValueError, TypeError), match=refused):
        SequentialRecommender("rules").fit(X)


def test_a_series_of_lists_is_sequences_and_a_frame_is_not():
    pandas = pytest.importorskip("pandas")
    model = SequentialRecommender("rules")
    assert model.fit(pandas.Series([[1], [2, 3]])).n_features_in_ == 4
    assert model.fit(pandas.DataFrame({"a": [1, 2]})).n_features_in_ == 1


def test_rows_of_arrays_and_tuples_are_rows():
    lists = [[3, 1, 1], [], [0], [2, 3]]
    mixed = [[3, 1, 1], [], (0,), np.array([2, 3])]
    arrays = [np.array(row) for row in lists]
    model = SequentialRecommender()
    expected = model.fit(lists).predict(lists)
    for X in (mixed, arrays):
        assert_allclose(model.fit(X).predict(X), expected)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_history_decays_by_step_and_sums_repeats(decay):
    # each item has one follower of its own, so the scores of these are the history
    pairs = [[0, 3]] * 2 + [[1, 4]] * 2 + [[2, 5]] * 2
    model = SequentialRecommender("rules", decay=decay).fit(pairs)
    expected = np.array([decay, 0, 1 + decay**2])
    popular = 1e-3  # that of all items
    followers = expected / expected.max() + popular
    found = model.predict([[2, 0, 2]])[0]
    assert_allclose(found[3:], followers / (followers.sum() + popular), atol=1e-6)
    # items of one step have no order
    found = model.predict(np.array([[1.0, 1, 3, 0, 0, 0]]))[0]
    expected = np.array([decay, decay, 1]) + popular
    assert_allclose(found[3:], expected / expected.sum(), atol=1e-6)
