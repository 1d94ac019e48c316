"""The k largest entries of rows, against a full sort."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer._core.topk import row_blocks, top_k


@pytest.mark.parametrize("k", [1, 3, 7, 8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_a_stable_sort_with_ties(rng, k, dtype):
    scores = rng.integers(0, 4, size=(50, 8)).astype(dtype)
    indices, values = top_k(scores, k)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert_array_equal(indices, expected)
    assert_array_equal(values, np.take_along_axis(scores, expected, axis=1))
    assert values.dtype == dtype


@pytest.mark.parametrize("n_values", [3, 100, 10**6])
@pytest.mark.parametrize("k", [1, 5, 9])
def test_long_rows_agree_with_a_stable_sort(rng, k, n_values):
    scores = rng.integers(0, n_values, size=(40, 1000)).astype(np.float64)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    scores[3] = 0  # all equal
    scores[5, 4:] = -np.inf
    scores[6] = -np.inf
    scores[7] = np.arange(1000)
    indices, values = top_k(scores, k)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, expected, axis=1)
    assert_array_equal(values, best)
    assert_array_equal(indices, np.where(best == -np.inf, -1, expected))


def test_ties_at_the_last_place_go_to_the_smaller_column():
    indices, _ = top_k(np.array([[0.0, 1, 1, 1, 2]]), 3)
    assert_array_equal(indices, [[4, 1, 2]])


def test_pads_where_too_few_are_allowed():
    scores = np.array([[-np.inf, 2.0, -np.inf], [-np.inf] * 3])
    indices, values = top_k(scores, 5)
    assert_array_equal(indices, [[1, -1, -1, -1, -1], [-1] * 5])
    assert_array_equal(values[0], [2] + [-np.inf] * 4)
    assert (values[1] == -np.inf).all()


def test_does_not_write_to_the_scores(rng):
    scores = rng.normal(size=(5, 6))
    before = scores.copy()
    top_k(scores, 2)
    assert_array_equal(scores, before)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_empty(shape):
    indices, values = top_k(np.empty(shape), 2)
    assert indices.shape == values.shape == (shape[0], 2)
    assert (indices == -1).all()


def test_blocks_cover_every_row_once_and_are_bounded():
    blocks = list(row_blocks(10, 4, entries=12))
    assert [(b.start, b.stop) for b in blocks] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert [b.stop - b.start for b in row_blocks(3, 100, entries=10)] == [1, 1, 1]
    assert list(row_blocks(0, 5)) == []
