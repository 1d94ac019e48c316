"""Sequences as flat arrays."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.recommend.sequences._events import (
    check_sequences,
    decay_weights,
    find_events,
)


def test_places_are_those_among_known_events():
    events = find_events([["a", "x", "b", "a"], [], ["x"], ["b"]], {"a": 0, "b": 1})
    assert_array_equal(events.ids, [0, 1, 0, 1])
    assert_array_equal(events.indptr, [0, 3, 3, 3, 4])
    assert_array_equal(events.ahead(), [0, 1, 2, 0])
    assert_array_equal(events.behind(), [2, 1, 0, 0])
    X = events.matrix(np.array([1.0, 2, 4, 8]))
    assert_array_equal(X.toarray(), [[5, 2], [0, 0], [0, 0], [0, 8]])


def test_no_sequence():
    events = find_events([], {"a": 0})
    assert events.matrix(np.zeros(0)).shape == (0, 1)
    assert events.ahead().size == 0


def test_weights_of_long_sequences_do_not_vanish():
    w = decay_weights(np.array([0, 1, 2, 100_000]), 0.5)
    assert_array_equal(w[:3], [1, 0.5, 0.25])
    assert w[3] > 0
    assert w.dtype == np.float32
    assert_array_equal(decay_weights(np.array([0, 1]), 0.0), [1, 0])
    assert_array_equal(decay_weights(np.array([0, 9]), 1.0), [1, 1])


def test_forms_of_sequences():
    expected = [["a", 1], [], [2]]
    X = [("a", 1), [], np.array([2])]
    assert check_sequences(X, "Me") == expected
    column = np.empty((3, 1), dtype=object)
    column[:, 0] = [["a", 1], [], [2]]
    assert check_sequences(column, "Me") == expected
    assert check_sequences(np.array([[1, 2], [3, 4]]), "Me") == [[1, 2], [3, 4]]
    pandas = pytest.importorskip("pandas")
    assert check_sequences(pandas.Series(X), "Me") == expected
    assert check_sequences(pandas.DataFrame({"s": X}), "Me") == expected


@pytest.mark.parametrize(
    "X",
    [
        "ab",
        5,
        np.array(3),
        {"a": [1]},
        sparse.csr_array((2, 2)),
        ["ab"],
        [[1], 2],
        [[None]],
        [[float("nan")]],
        [[[1]]],
    ],
)
def test_what_is_no_list_of_sequences(X):
    with pytest.raises(TypeError, match=r"^Me takes"):
        check_sequences(X, "Me")
