"""Pooling of word vectors, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.embedding import EmbeddingVectorizer
from sktransfer.embedding._pooling import (
    column_idf,
    common_components,
    pooling_weights,
    remove_components,
    sif_weights,
)

COUNTS = sparse.csr_array(
    np.array([[1, 2, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]], dtype=np.float32)
)


def test_known_words_are_counted():
    texts = ["a b a ?", "", "b", "?"]
    vectors = ["b", "a", "c"], np.eye(3)
    vectorizer = EmbeddingVectorizer(vectors, pooling="mean", tokenizer=str.split)
    Z = vectorizer.fit_transform(texts)
    assert Z.dtype == np.float32
    assert_allclose(Z, [[1 / 3, 2 / 3, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]], rtol=1e-6)
    assert vectorizer.coverage_ == pytest.approx(4 / 6)
    assert vectorizer.transform([]).shape == (0, 3)


def test_sif_weights():
    assert_allclose(sif_weights(np.array([0, 1e-3, 0.999]), 1e-3), [1, 0.5, 1e-3])


def test_column_idf():
    idf = column_idf(COUNTS)
    assert_allclose(idf, np.log([5 / 3, 5 / 2, 5]) + 1, rtol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "sif"])
def test_means_over_known_tokens(pooling):
    u = np.array([0.5, 1, 1], dtype=np.float32)
    weights = pooling_weights(COUNTS, u, pooling)
    expected = [[0.5 / 3, 2 / 3, 0], [0, 0, 0], [0.5, 0, 0], [0, 0, 0]]
    assert_allclose(weights.toarray(), expected, rtol=1e-6)
    assert weights.dtype == np.float32


def test_tfidf_weights_sum_to_one():
    u = np.array([3, 1, 1], dtype=np.float32)
    weights = pooling_weights(COUNTS, u, "tfidf").toarray()
    first = np.array([3, 1 + np.log(2), 0])
    assert_allclose(weights[0], first / first.sum(), rtol=1e-6)
    assert_array_equal(weights[1:], [[0, 0, 0], [1, 0, 0], [0, 0, 0]])


def test_common_component_is_the_first_right_singular_vector(rng):
    Z = rng.normal(size=(50, 6)) + 2
    U = common_components(Z, 2)
    assert_allclose(np.abs(U), np.abs(np.linalg.svd(Z)[2][:2]), atol=1e-5)
    assert common_components(Z, 0).shape == (0, 6)
    # no more than there are
    assert common_components(np.outer(np.arange(3.0), [1, 2]), 2).shape == (1, 2)
    assert common_components(np.zeros((3, 2)), 1).shape == (0, 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_what_is_removed_is_gone(seed, n_components):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(20, 5)).astype(np.float32) + 1
    U = common_components(Z, n_components)
    P = np.eye(5) - U.T @ U
    rest = remove_components(Z.copy(), U)
    assert_allclose(rest, Z @ P, atol=1e-5)
    assert_allclose(rest @ U.T, 0, atol=1e-5)
    assert_allclose(remove_components(rest.copy(), U), rest, atol=1e-5)


def test_a_row_is_projected_alone(rng):
    Z = rng.normal(size=(200, 37)).astype(np.float32)
    U = common_components(Z, 2)
    together = remove_components(Z.copy(), U)
    for k in (0, 3, 199):
        assert_array_equal(remove_components(Z[[k]].copy(), U)[0], together[k])
