"""Several measures of one set of rankings."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.metrics import (
    coverage_at_k,
    ndcg_at_k,
    ndcg_by_band,
    novelty_at_k,
    popularity_bands,
    ranking_quality,
)


@pytest.fixture
def rankings():
    """Counts of 10 items, relevance and rankings of two users."""
    counts = np.arange(10, 0, -1)  # item 0 is the most popular, 9 the least
    relevant = np.zeros((2, 10))
    relevant[0, 1] = relevant[1, 5] = 1
    items = np.full((2, 10), -1)
    items[:, 0], items[0, 1] = 1, 5
    return relevant, items, counts


def test_quality_by_hand(rankings):
    q = ranking_quality(*rankings, 10)
    assert (q.ndcg, q.standard_error, q.coverage) == (0.5, 0.5, 0.2)
    assert_allclose(q.shown_by_band, [2 / 3, 0, 1 / 3])  # bands of 2, 3 and 5 items
    assert_allclose(q.tail_share, 1 / 3)
    assert_allclose(q.ndcg_by_band, [1, np.nan, 0])
    assert_allclose(q.novelty, -(2 * np.log2(0.9) + np.log2(0.5)) / 3)


def test_it_is_the_single_measures(rng):
    counts = rng.integers(1, 50, 30)
    relevant = sparse.csr_array(rng.random((40, 30)) < 0.1).astype(float)
    items = np.argsort(rng.random((40, 30)), axis=1)
    q = ranking_quality(relevant, items, counts, 50, k=5, band_shares=(0.3, 0.7))
    bands = popularity_bands(counts, (0.3, 0.7))
    assert q.ndcg == ndcg_at_k(relevant, items, 5)
    assert q.coverage == coverage_at_k(items, 30, 5)
    assert q.novelty == novelty_at_k(items, counts, 50, 5)
    assert_array_equal(q.ndcg_by_band, ndcg_by_band(relevant, items, bands, 5))
    assert_allclose(q.shown_by_band.sum(), 1)


def test_items_outside_the_catalogue_do_not_count(rankings):
    relevant, items, counts = rankings
    expected = ranking_quality(relevant, items, counts, 10)
    catalogue = np.ones(13, dtype=bool)
    catalogue[[0, 4, 12]] = False
    inside = np.flatnonzero(catalogue)
    wide = np.zeros((2, 13))
    wide[:, inside] = relevant
    more = np.full(13, 7)
    more[inside] = counts
    ids = np.append(inside, -1)[items]
    found = ranking_quality(wide, ids, more, 10, catalogue=catalogue)
    for a, b in zip(found, expected):
        assert_array_equal(a, b)
    ids[0, 0] = 12
    with pytest.raises(ValueError, match="must be in the catalogue"):
        ranking_quality(wide, ids, more, 10, catalogue=catalogue)
    with pytest.raises(ValueError, match="boolean mask"):
        ranking_quality(wide, ids, more, 10, catalogue=inside)


@pytest.mark.parametrize("catalogue", [None, np.ones(10, dtype=bool)])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": [3, 2]}, "counts must have an entry .* got 2 entries where item 9"),
        ({"items": [[10], [0]]}, "got 10 entries where item 10 is ranked"),
        ({"items": [[1.0], [0.0]]}, "items must be .* item ids.*dtype float64"),
        ({"items": [1, 0]}, r"items must be a two-dimensional .*shape \(2,\)"),
        ({"items": [[1, 1], [0, 2]]}, "rank each item once"),
        ({"Y_true": [12, 0]}, "got 10 entries where item 12 is .* in Y_true"),
        ({"Y_true": np.ones((3, 10))}, r"Relevance must have shape \(2, "),
        ({"counts": np.ones((2, 5))}, r"counts must be .* got shape \(2, 5\)"),
    ],
)
def test_shapes_and_ids_that_do_not_fit(rankings, catalogue, change, message):
    given = dict(zip(("Y_true", "items", "counts"), rankings)) | change
    with pytest.raises(ValueError, match=message):
        ranking_quality(**given, n_users=10, catalogue=catalogue)


@pytest.mark.parametrize("catalogue", [None, np.ones(10, dtype=bool)])
def test_every_negative_id_is_no_item(rankings, catalogue):
    relevant, items, counts = rankings
    expected = ranking_quality(relevant, items, counts, 10, catalogue=catalogue)
    other = np.where(items < 0, -7, items)
    found = ranking_quality(relevant, other, counts, 10, catalogue=catalogue)
    for a, b in zip(found, expected):
        assert_array_equal(a, b)


def test_an_empty_catalogue_is_refused(rankings):
    with pytest.raises(ValueError, match="catalogue must have an item; got a mask"):
        ranking_quality(*rankings, 10, catalogue=np.zeros(10, dtype=bool))


def test_no_rows_have_no_quality(rankings):
    relevant, items, counts = rankings
    q = ranking_quality(relevant[:0], items[:0], counts, 10)
    assert np.isnan(np.hstack(q)).all()
