"""Windowed co-occurrence counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer._core.word_vectors.cooccurrence import cooccurrence_matrix


def by_hand(documents, n_words, window, harmonic):
    X = np.zeros((n_words, n_words))
    for tokens in documents:
        for s, first in enumerate(tokens):
            for t, second in enumerate(tokens):
                if 0 < abs(s - t) <= window:
                    X[first, second] += 1 / abs(s - t) if harmonic else 1
    return X


def test_one_sentence():
    # a b a c: ab 1, aa 1/2, ac 1/3; ba 1, bc 1/2; ac 1
    X = cooccurrence_matrix([[0, 1, 0, 2]], 3, window=3).toarray()
    assert_allclose(X, [[1, 2, 4 / 3], [2, 0, 0.5], [4 / 3, 0.5, 0]])


def test_flat_counts_within_a_window():
    X = cooccurrence_matrix([[0, 1, 2, 3]], 4, window=2, harmonic=False).toarray()
    assert_array_equal(X, [[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]])


def test_windows_end_with_their_document():
    X = cooccurrence_matrix([[0, 1], [], [2], [3, 0]], 4, window=5).toarray()
    assert_array_equal(X, by_hand([[0, 1], [3, 0]], 4, 5, True))
    assert X[1, 2] == X[2, 3] == 0


@pytest.mark.parametrize("documents", [[], [[]], [[0]], [[0], [1]]])
def test_no_pair(documents):
    X = cooccurrence_matrix(documents, 2)
    assert X.shape == (2, 2)
    assert X.nnz == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4), max_size=9), max_size=6),
    st.integers(1, 6),
    st.booleans(),
)
def test_against_a_loop(documents, window, harmonic):
    X = cooccurrence_matrix(documents, 5, window=window, harmonic=harmonic)
    assert X.has_sorted_indices
    assert_allclose(X.toarray(), by_hand(documents, 5, window, harmonic), atol=1e-12)
    assert_allclose(X.toarray(), X.toarray().T)


def test_a_long_text_is_the_sum_of_its_documents(rng):
    sizes = [150_000, 0, 150_000, 1, 90_000, 300_000, 7]
    documents = [rng.integers(0, 7, size=n).tolist() for n in sizes]
    parts = [cooccurrence_matrix([tokens], 7).toarray() for tokens in documents]
    whole = cooccurrence_matrix(documents, 7).toarray()
    assert_allclose(whole, sum(parts), rtol=1e-9)
