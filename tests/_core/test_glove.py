"""Weighted least squares on log counts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer._core.word_vectors.glove import count_weights, fit_glove


def prediction(g):
    P = g.word_vectors.astype(float) @ g.context_vectors.T.astype(float)
    return P + g.word_biases[:, None] + g.context_biases


def low_rank_counts(rng, n=60, rank=3, share=1.0):
    W = rng.normal(size=(n, rank)) * 0.7
    b = rng.normal(size=n) * 0.5
    L = W @ W.T + b[:, None] + b
    keep = np.triu(rng.random((n, n)) < share)
    return L, sparse.csr_array(np.where(keep | keep.T, np.exp(L), 0))


def test_weights():
    f = count_weights(np.array([0.0, 1.0, 16.0, 99.0]), x_max=16.0, alpha=0.75)
    assert_allclose(f, [0, 1 / 8, 1, 1])


def test_recovers_a_low_rank_matrix_of_logarithms(rng):
    L, X = low_rank_counts(rng)
    g = fit_glove(X, 3, n_iter=100, l2=1e-4, random_state=0)
    assert g.loss[-1] < 1e-4
    f = np.minimum(1, (X.toarray() / 10) ** 0.75)
    assert np.sqrt((f * (prediction(g) - L) ** 2).sum() / f.sum()) < 0.01


def test_predicts_pairs_that_were_held_out(rng):
    L, X = low_rank_counts(rng, n=120, share=0.5)
    g = fit_glove(X, 3, n_iter=100, l2=1e-2, random_state=0)
    hidden = X.toarray() == 0
    assert np.corrcoef(prediction(g)[hidden], L[hidden])[0, 1] > 0.98


def test_loss_is_the_weighted_mean_of_squared_errors(rng):
    _, X = low_rank_counts(rng, n=20, share=0.4)
    g = fit_glove(X, 2, n_iter=3, random_state=0)
    f = np.minimum(1, (X.data / 10) ** 0.75)
    row, column = X.tocoo().coords
    error = prediction(g)[row, column] - np.log(X.data)
    assert_allclose(g.loss[-1], (f * error**2).sum() / f.sum(), rtol=1e-3)
    assert len(g.loss) == 3


def test_every_pass_lowers_the_ridge_loss(rng):
    _, X = low_rank_counts(rng, n=40, rank=5, share=0.3)
    f = np.minimum(1, (X.data / 10) ** 0.75).sum()
    previous = np.inf
    for n_iter in range(1, 9):
        g = fit_glove(X, 3, n_iter=n_iter, l2=0.5, random_state=1)
        total = g.loss[-1] * f + 0.5 * sum(float((a**2).sum()) for a in g[:4])
        assert total < previous * (1 + 1e-5)
        previous = total


def test_stationary_point(rng):
    # the gradient of the ridge loss vanishes
    _, X = low_rank_counts(rng, n=25, share=0.5)
    g = fit_glove(X, 2, n_iter=400, l2=0.3, random_state=0)
    f = np.minimum(1, (X.toarray() / 10) ** 0.75)
    with np.errstate(divide="ignore"):
        E = f * np.where(f > 0, prediction(g) - np.log(X.toarray()), 0)
    assert_allclose(E @ g.context_vectors + 0.3 * g.word_vectors, 0, atol=5e-3)
    assert_allclose(E.T @ g.word_vectors + 0.3 * g.context_vectors, 0, atol=5e-3)
    assert_allclose(E.sum(axis=1) + 0.3 * g.word_biases, 0, atol=5e-3)


@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_words_without_neighbours_are_zero(rng, l2):
    _, X = low_rank_counts(rng, n=10)
    X = X.toarray()
    X[4] = X[:, 4] = 0
    given = sparse.csr_array(X)
    g = fit_glove(given, 3, l2=l2, random_state=0)
    assert not g.vectors[4].any()
    assert g.word_biases[4] == 0
    assert all(np.isfinite(a).all() for a in g[:4])
    assert_array_equal(given.toarray(), X)


def test_vectors_are_the_sum_of_both_roles(rng):
    _, X = low_rank_counts(rng, n=10)
    g = fit_glove(X, 3, random_state=0)
    assert g.vectors.dtype == np.float32
    assert_array_equal(g.vectors, g.word_vectors + g.context_vectors)


def test_nothing_to_fit():
    g = fit_glove(sparse.csr_array((3, 3)), 2)
    assert g.loss == [0.0] * 10
    assert not g.vectors.any()
