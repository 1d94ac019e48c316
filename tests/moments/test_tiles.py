"""Tiles of a Gram matrix are those of the whole."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.moments import csr_chunks, gram_tiles, tiled_gram


@pytest.fixture
def X():
    return sparse.random_array((90, 13), density=0.4, rng=0, format="csr")


@pytest.mark.parametrize("columns", [1, 4, 13, 50])
@pytest.mark.parametrize("dense", [False, True])
def test_tiles_are_columns_of_the_gram(X, columns, dense):
    chunks = list(csr_chunks(X, 20))
    chunks = [chunk.toarray() for chunk in chunks] if dense else chunks
    seen = []
    for part, tile in gram_tiles(chunks, 13, memory_limit=columns * 13 * 8 + 7):
        assert tile.shape == (13, min(columns, 13 - part.start))
        assert_allclose(tile, (X.T @ X).toarray()[:, part], atol=1e-12)
        seen += range(part.start, part.stop)
    assert seen == list(range(13))


def test_file_holds_the_gram(X, tmp_path):
    path = tmp_path / "gram.npy"
    gram = tiled_gram(lambda: csr_chunks(X, 20), 13, path=path, memory_limit=300)
    assert isinstance(gram, np.memmap)
    assert_allclose(gram, (X.T @ X).toarray(), atol=1e-12)
    assert_array_equal(gram, gram.T)
    assert_array_equal(np.load(path), gram)


def test_integers_do_not_wrap(tmp_path):
    X = np.full((3, 2), 100, dtype=np.int8)
    ((_, tile),) = gram_tiles([X], 2)
    assert_array_equal(tile, 30_000)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_rows_that_are_not_finite_are_refused(form):
    for row, message in (([1.0, np.nan], "got nan"), ([1e200, 0.0], "up to 1e")):
        with pytest.raises(ValueError, match=message):
            list(gram_tiles([form(np.array([row]))], 2, memory_limit=16))


def test_one_tile_needs_no_second_reading(X):
    ((_, tile),) = gram_tiles(csr_chunks(X, 20), 13)
    assert_allclose(tile, (X.T @ X).toarray())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_limit": 103}, "A column of 13 products takes 104 bytes"),
        ({"memory_limit": 0}, "memory_limit must be an integer of at least 1"),
        ({"memory_limit": 200}, "read 13 times.*got generator"),
        ({"n_features": 0}, "n_features must be an integer of at least 1"),
        ({"n_features": 12}, "must be two-dimensional with 12 columns"),
    ],
)
def test_errors(X, options, message):
    options = {"n_features": 13, "memory_limit": 1 << 20} | options
    with pytest.raises(ValueError, match=message):
        list(gram_tiles(csr_chunks(X, 20), **options))
