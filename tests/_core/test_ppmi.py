"""Positive pointwise mutual information and its SVD."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer._core.word_vectors.ppmi import ppmi_matrix, ppmi_vectors


def reference(X, alpha):
    p = X / X.sum()
    context = X.sum(axis=0) ** alpha
    context = context / context.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        M = np.log(p / np.outer(p.sum(axis=1), context))
    return np.where(X > 0, np.maximum(M, 0), 0)


@pytest.mark.parametrize("alpha", [0.75, 1.0])
@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array]
)
def test_dense_reference(rng, alpha, kind):
    X = rng.poisson(0.8, size=(12, 12)).astype(float)
    X[3] = X[:, 3] = 0
    given = kind(X)
    M = ppmi_matrix(given, smoothing=alpha)
    assert_allclose(M.toarray(), reference(X, alpha), atol=1e-12)
    assert (M.data > 0).all()
    assert_array_equal(given.toarray(), X)


def test_independent_words_share_no_information():
    X = np.outer([1, 2, 3], [4, 5, 6])
    assert_allclose(ppmi_matrix(X, smoothing=1.0).toarray(), 0, atol=1e-12)


def test_smoothing_holds_rare_contexts_down(rng):
    X = sparse.csr_array(np.diag([1.0, 100.0]) + 1)
    rare, frequent = (
        np.diag(ppmi_matrix(X, smoothing=a).toarray()) for a in (0.75, 1.0)
    )
    assert rare[0] < frequent[0]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_truncated_svd(rng, power):
    # the sketch spans all of so small a matrix
    B = rng.poisson(1.0, size=(12, 12))
    X = sparse.csr_array((B + B.T).astype(float))
    U, s, _ = np.linalg.svd(reference(X.toarray(), 0.75))
    V = ppmi_vectors(X, 4, power=power, random_state=0)
    expected = U[:, :4] * s[:4] ** power
    # vectors up to the sign of each feature
    assert V.dtype == np.float32
    assert_allclose(np.abs(V), np.abs(expected), atol=1e-4)
    assert_allclose(np.linalg.norm(V, axis=0), s[:4] ** power, rtol=1e-3)


def test_directions_without_weight_are_zero():
    X = sparse.block_array([[np.ones((2, 2)), None], [None, np.ones((2, 2))]])
    V = ppmi_vectors(X, 4, power=0.0, random_state=0)
    assert_allclose((V**2).sum(axis=0), [1, 1, 0, 0], atol=1e-5)
    assert not ppmi_vectors(sparse.csr_array((3, 3)), 2).any()
