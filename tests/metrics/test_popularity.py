"""Popularity bands, Gini and novelty, by hand and as laws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.metrics import (
    gini_at_k,
    ndcg_at_k,
    ndcg_by_band,
    novelty_at_k,
    popularity_bands,
    recall_at_k,
    recall_by_band,
)


def test_bands_by_hand():
    n = [3, 10, 0, 3, 5, 1, 1, 1, 2, 9]
    assert_array_equal(np.flatnonzero(popularity_bands(n) == 0), [1, 9])
    three = popularity_bands(n, [0.2, 0.3, 0.5])
    assert_array_equal(three, [1, 0, 2, 1, 1, 2, 2, 2, 2, 0])
    assert_array_equal(popularity_bands([1, 1, 1, 1], [0.5, 0.5]), [0, 0, 1, 1])
    assert_array_equal(popularity_bands([2, 1], [1.0]), [0, 0])


def test_quality_by_band_by_hand():
    Y = [[1, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]]
    items = [[3, 0, 2], [0, 2, 1], [1, 2, 3]]
    bands = [0, 0, 1, 1]
    log = 1 / np.log2([2, 3, 4])
    head = np.mean([log[1] / log[:2].sum(), 0])  # rows 0 and 2
    tail = np.mean([log[0] / log[0], log[1] / log[0]])  # rows 0 and 1
    assert_allclose(ndcg_by_band(Y, items, bands, 3), [head, tail])
    assert_allclose(recall_by_band(Y, items, bands, 3), [np.mean([1 / 2, 0]), 1])
    assert_allclose(recall_by_band(Y, items, bands, 1), [0, 1 / 2])


def test_one_band_is_the_metric_and_empty_bands_are_nan(rng):
    Y = sparse.csr_array((rng.random((30, 12)) < 0.3).astype(float))
    items = np.argsort(rng.random((30, 12)), axis=1)[:, :5]
    assert_allclose(
        ndcg_by_band(Y, items, np.zeros(12, int), 5), [ndcg_at_k(Y, items, 5)]
    )
    found = recall_by_band(Y, items, np.full(12, 1), 5)
    assert_allclose(found, [np.nan, recall_at_k(Y, items, 5)])
    names = rng.permutation(12)
    bands = popularity_bands(rng.random(12))
    renamed = np.zeros(12, int)
    renamed[names] = bands
    moved = sparse.csr_array(Y.toarray()[:, np.argsort(names)])
    assert_allclose(
        ndcg_by_band(moved, names[items], renamed, 5), ndcg_by_band(Y, items, bands, 5)
    )


def test_gini_by_hand():
    assert gini_at_k([[0, 1], [2, 3]], 4) == 0
    assert gini_at_k([[2], [2]], 4) == pytest.approx(1 - 1 / 4)
    assert gini_at_k([[0, 1], [0, 2]], 3, k=1) == pytest.approx(1 - 1 / 3)
    assert gini_at_k([[0], [0], [0], [1]], 2) == pytest.approx(0.25)
    assert np.isnan(gini_at_k([[-1]], 3))


def test_gini_is_half_the_mean_difference_over_the_mean(rng):
    items = np.argsort(rng.random((50, 20)) ** 3, axis=1)[:, :4]
    c = np.bincount(items.ravel(), minlength=20)
    expected = np.abs(c[:, None] - c).mean() / (2 * c.mean())
    assert gini_at_k(items, 20, 4) == pytest.approx(expected)


def test_novelty_by_hand():
    assert novelty_at_k([[0, 1], [1, 2]], [8, 4, 0], 8) == pytest.approx(
        (0 + 1 + 1 + 3) / 4
    )
    assert novelty_at_k([[0, 2]], [8, 4, 0], 8, k=1) == 0
    assert np.isnan(novelty_at_k([[-1]], [1], 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: popularity_bands([1, -1]), "counts must be"),
        (lambda: popularity_bands([[1, 2]]), "counts must be"),
        (lambda: popularity_bands([1, np.nan]), "counts must be"),
        (lambda: popularity_bands([1, 2], [0.5, 0.6]), "shares must be"),
        (lambda: popularity_bands([1, 2], [1.5, -0.5]), "shares must be"),
        (lambda: ndcg_by_band([[1, 0]], [[0]], [0]), "bands must be"),
        (lambda: recall_by_band([[1, 0]], [[0]], [0.0, 1.0]), "bands must be"),
        (lambda: gini_at_k([[5]], 3), "below n_items=3"),
        (lambda: gini_at_k([[1, 1]], 3), "repeated id"),
        (lambda: novelty_at_k([[0]], [3], 2), "at least the largest count"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
