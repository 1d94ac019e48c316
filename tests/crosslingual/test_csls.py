"""CSLS against all similarities at once."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.crosslingual import Alignment, csls_neighbors


class Identity(Alignment):
    """One space on both sides; `translate` finds neighbours in it."""

    def fit_maps(self, X, Y, sample_weight=None):
        pass

    def apply_map(self, rows, side):
        return rows


def by_cosine(X, Y, **settings):
    alignment = Identity().fit(X[:1], X[:1])
    return alignment.translate(X, Y, method="cosine", **settings)


def unit_rows(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def brute_force(X, Y, k):
    S = unit_rows(X.astype(float)) @ unit_rows(Y.astype(float)).T
    r_X = np.sort(S, axis=1)[:, -k:].mean(axis=1)
    r_Y = np.sort(S, axis=0)[-k:].mean(axis=0)
    return 2 * S - r_X[:, None] - r_Y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_neighbors", [1, 3])
@pytest.mark.parametrize("shape", [(700, 900), (900, 100), (3, 1200), (25, 4)])
def test_equal_to_brute_force(rng, shape, n_neighbors, dtype):
    X, Y = (rng.normal(size=(n, 20)).astype(dtype) for n in shape)
    expected = brute_force(X, Y, 10)
    indices, scores = csls_neighbors(X, Y, n_neighbors=n_neighbors)
    assert indices.shape == scores.shape == (shape[0], n_neighbors)
    assert indices.dtype == np.int64
    assert scores.dtype == dtype
    best = -np.sort(-expected, axis=1)[:, :n_neighbors]
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    assert_allclose(scores, best, atol=tolerance)
    assert_allclose(np.take_along_axis(expected, indices, 1), best, atol=tolerance)
    if dtype == np.float64:
        assert_array_equal(indices, np.argsort(-expected, axis=1)[:, :n_neighbors])


@pytest.mark.parametrize("block_size", [1, 7, 64, 10_000])
def test_block_size_does_not_matter(rng, block_size):
    X, Y = rng.normal(size=(150, 8)), rng.normal(size=(400, 8))
    whole = csls_neighbors(X, Y, n_neighbors=4)
    blocked = csls_neighbors(X, Y, n_neighbors=4, block_size=block_size)
    assert_array_equal(blocked[0], whole[0])
    assert_allclose(blocked[1], whole[1], atol=1e-12)


def test_a_hub_loses():
    """The hub is the nearest row of all, and under CSLS of none."""
    angles = np.deg2rad([0, 120, 240])
    X = np.c_[np.cos(angles), np.sin(angles), np.ones(3)]
    Y = np.vstack([X - [0, 0, 1.1], [0, 0, 1]])  # the three matches, then the hub
    assert_array_equal(by_cosine(X, Y)[0].ravel(), [3, 3, 3])
    assert_array_equal(csls_neighbors(X, Y, k=2)[0].ravel(), [0, 1, 2])


def test_equal_similarities_give_the_first():
    X = np.ones((6, 3))
    Y = np.ones((500, 3))
    for n_neighbors in (1, 3):
        indices, scores = csls_neighbors(X, Y, k=5, n_neighbors=n_neighbors)
        assert_array_equal(indices, np.tile(np.arange(n_neighbors), (6, 1)))
        assert_allclose(scores, 0, atol=1e-12)


def test_rows_in_the_worst_order(rng):
    """Each block is closer to all of Y than the ones before."""
    Y = unit_rows(rng.normal(size=(30, 5))) * 0.1 + [1, 0, 0, 0, 0]
    X = np.c_[np.linspace(-3, 3, 400), rng.normal(size=(400, 4)) * 0.1]
    expected = brute_force(X, Y, 10)
    indices, scores = csls_neighbors(X, Y, block_size=50)
    assert_array_equal(indices.ravel(), expected.argmax(axis=1))
    assert_allclose(scores.ravel(), expected.max(axis=1), atol=1e-12)


def test_neighbours_by_cosine(rng):
    X, Y = rng.normal(size=(50, 6)), rng.normal(size=(700, 6))
    S = unit_rows(X) @ unit_rows(Y).T
    indices, scores = by_cosine(X, Y, n_neighbors=5)
    assert_array_equal(indices, np.argsort(-S, axis=1)[:, :5])
    assert_allclose(scores, -np.sort(-S, axis=1)[:, :5])


def test_null_rows_are_close_to_nothing():
    X = np.array([[0.0, 0.0], [1.0, 0.0]])
    indices, scores = by_cosine(X, np.eye(2))
    assert_array_equal(indices.ravel(), [0, 0])
    assert_allclose(scores.ravel(), [0, 1])


def test_inputs_are_not_written_to(rng):
    X, Y = rng.normal(size=(20, 3)), rng.normal(size=(30, 3))
    before = X.copy(), Y.copy()
    X.flags.writeable = Y.flags.writeable = False
    csls_neighbors(X, Y)
    assert_array_equal(X, before[0])
    assert_array_equal(Y, before[1])


def test_memory_does_not_grow_with_the_number_of_pairs(rng):
    X, Y = (rng.normal(size=(n, 2)).astype(np.float32) for n in (4000, 20_000))
    tracemalloc.start()
    csls_neighbors(X, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.6 * 4 * len(X) * len(Y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "k must be an integer of at least 1; got 0"),
        ({"n_neighbors": 1.0}, "n_neighbors must be an integer"),
        ({"n_neighbors": 5}, "5 rows were asked for, but Y has 4"),
        ({"block_size": 0}, "block_size must be"),
        ({"k": True}, "k must be"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        csls_neighbors(np.eye(4), np.eye(4), **parameters)


def test_sides_of_different_width():
    with pytest.raises(ValueError, match=r"X has 3 features and Y has 4.*alignment"):
        csls_neighbors(np.eye(3), np.eye(4))
