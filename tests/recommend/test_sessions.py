"""Sessions: two forms in, steps and recency weights out."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.recommend.sequences._sessions import (
    is_sequences,
    sessions_of_matrix,
    sessions_of_sequences,
)


def test_sequences_have_one_event_a_step():
    s = sessions_of_sequences([[3, 1, 1], [], (0,), np.array([2, 3])], None, "Me")
    assert s.shape == (4, 4)
    assert_array_equal(s.items, [3, 1, 1, 0, 2, 3])
    assert_array_equal(s.step, [0, 1, 2, 0, 0, 1])
    assert_array_equal(s.n_steps(), [3, 0, 1, 2])
    assert_array_equal(s.rows, [0, 0, 0, 2, 3, 3])


def test_matrix_steps_are_distinct_values_in_ascending_order():
    X = [[0, 5, -1, 5], [0, 0, 0, 0], [7, 0, 0, 0]]
    s = sessions_of_matrix(np.array(X, dtype=float))
    assert_array_equal(s.items, [2, 1, 3, 0])
    assert_array_equal(s.step, [0, 1, 1, 0])
    assert_array_equal(s.n_steps(), [2, 0, 1])


def test_stored_zeros_and_duplicates_of_a_matrix():
    X = sparse.csr_array(
        (np.array([1.0, 2, 0, 2]), np.array([1, 1, 0, 2]), np.array([0, 4]))
    )
    before = X.copy()
    s = sessions_of_matrix(X)
    assert_array_equal(s.items, [2, 1])  # 1 + 2 comes after 2
    assert_array_equal(s.step, [0, 1])
    assert_array_equal(X.data, before.data)


def test_slices_are_the_sessions_of_those_rows(rng):
    lists = [rng.integers(0, 6, n).tolist() for n in (3, 0, 4, 1, 2)]
    whole = sessions_of_sequences(lists, 6, "Me")
    part = whole[1:4]
    expected = sessions_of_sequences(lists[1:4], 6, "Me")
    for name in ("items", "step", "indptr", "shape"):
        assert_array_equal(getattr(part, name), getattr(expected, name))
    assert whole[5:9].shape == (0, 6)


def test_history_decays_by_step_and_sums_repeats():
    s = sessions_of_sequences([[2, 0, 2], []], None, "Me")
    assert_array_equal(s.history(0.5, np.float64).toarray(), [[0.5, 0, 1.25], [0] * 3])
    assert_array_equal(s.history(0.0, np.float64).toarray(), [[0, 0, 1], [0] * 3])
    assert_array_equal(s.history(1.0, np.float32).toarray(), [[1, 0, 2], [0] * 3])
    assert_array_equal(s.pattern(np.float32).toarray(), [[1, 0, 1], [0] * 3])
    tied = sessions_of_matrix(np.array([[1.0, 1, 3]]))
    assert_array_equal(tied.history(0.5, np.float64).toarray(), [[0.5, 0.5, 1]])


def test_step_matrix_has_a_row_for_each_step():
    s = sessions_of_matrix(np.array([[1.0, 1, 3], [0, 0, 0], [0, 2, 0]]))
    M, session = s.step_matrix(np.float32)
    assert_array_equal(M.toarray(), [[1, 1, 0], [0, 0, 1], [0, 1, 0]])
    assert_array_equal(session, [0, 0, 2])


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        ([[1, 2], [3]], True),
        ([[1, 2], [3, 4]], True),
        (([], (np.int32(1),)), True),
        ([np.array([1]), np.array([])], True),
        (np.array([[1], [2, 3]], dtype=object), True),
        ([[1.0, 2.0]], False),
        ([[True, False]], False),
        ([np.array([0.5])], False),
        ([1, 2], False),
        ([], False),
        (np.array([[1, 2]]), False),
        (sparse.csr_array((2, 2)), False),
        ("12", False),
    ],
)
def test_lists_of_integer_sequences_are_sequences(X, expected):
    assert is_sequences(X) is expected


def test_a_series_of_lists_is_sequences_and_a_frame_is_not():
    pandas = pytest.importorskip("pandas")
    assert is_sequences(pandas.Series([[1], [2, 3]]))
    assert not is_sequences(pandas.DataFrame({"a": [1, 2]}))


def test_unknown_items_are_left_out_and_negative_ones_refused():
    s = sessions_of_sequences([[5, 1], [9]], 3, "Me")
    assert_array_equal(s.items, [1])
    assert_array_equal(s.step, [0])
    assert_array_equal(s.n_steps(), [1, 0])
    with pytest.raises(ValueError, match="Me takes sequences of item ids from 0 on"):
        sessions_of_sequences([[0, -1]], None, "Me")
    with pytest.raises(ValueError, match="needs a session with an item"):
        sessions_of_sequences([[], []], None, "Me")


def test_blocks_cover_all_sessions_and_are_bounded():
    s = sessions_of_sequences([[0] * n for n in (4, 0, 7, 1, 3, 9, 0)], 1, "Me")
    blocks = list(s.blocks(8))
    assert [b.start for b in blocks] == [0, *[b.stop for b in blocks[:-1]]]
    assert blocks[-1].stop == 7
    # 4 + 0, 7 + 1, 3, 9 alone is more than 8, and the empty one
    sizes = [s[b].items.size for b in blocks]
    assert sizes == [4, 8, 3, 9, 0]
