"""Similarity of markets: unbiased, whatever their sizes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktransfer._core import topk
from sktransfer.datasets import make_market_interactions
from sktransfer.recommend._similarity import market_similarity
from sktransfer.recommend._similarity import _scale_columns


def similarity_by_pairs(S, T):
    """Sums over pairs of different users, written out."""
    S, T = (_scale_columns(A).toarray() for A in (S, T))

    def profiles(A):
        G = A[:, :, None] * A[:, None, :]
        G[:, np.arange(A.shape[1]), np.arange(A.shape[1])] = 0
        return G.reshape(len(A), -1)

    def mean(A, B, distinct):
        products = profiles(A) @ profiles(B).T
        return products.sum() - (np.trace(products) if distinct else 0)

    return mean(S, T, False) / np.sqrt(mean(S, S, True) * mean(T, T, True))


@pytest.fixture
def market():
    return make_market_interactions(n_users=(1200, 1200), n_items=80, taste_shift=0.6)


def test_is_a_sum_over_pairs_of_users(market, monkeypatch):
    S, T = market.data[:40], market.data[1200:1230]
    expected = similarity_by_pairs(S, T)
    assert_allclose(market_similarity([S], T), expected)
    monkeypatch.setattr(topk.row_blocks, "__kwdefaults__", {"entries": 200})
    assert_allclose(market_similarity([S], T), expected)


def test_samples_of_one_market_are_similar_at_any_size(market, rng):
    X = market.data[:1200][rng.permutation(1200)]
    for n in (100, 300, 600):
        found = market_similarity([X[:n], X[-600:]], X[600 - n : 600])
        assert (found > 0.9).all()


def test_other_tastes_are_less_similar_and_size_is_not_what_counts(market):
    S, T = market.data[:1200], market.data[1200:]
    found = market_similarity([S[:300], S, T[600:]], T[:600])
    assert found[0] < 0.6
    assert found[1] < 0.6
    assert abs(found[0] - found[1]) < 0.1
    assert found[2] > 0.95


def test_strangers():
    ones = np.ones((10, 2))
    S = sparse.csr_array(np.hstack([ones, 0 * ones]))
    T = sparse.csr_array(np.hstack([0 * ones, ones]))
    assert_allclose(market_similarity([S, T, sparse.csr_array((3, 4))], T), [0, 1, 0])


def test_users_who_share_no_two_items_give_the_plain_cosine():
    # one user: there is no pair of users to compare
    T = sparse.csr_array(np.array([[1.0, 1, 0]]))
    S = sparse.csr_array(np.array([[1.0, 1, 0], [0, 1, 1]]))
    found = market_similarity([S], T)
    assert 0 < found[0] < 1


def test_laws(market, rng):
    S, T = market.data[:200], market.data[1200:1350]
    expected = market_similarity([S], T)
    assert_allclose(market_similarity([3 * S], 10 * T), expected)  # unit of values
    columns = rng.permutation(80)
    assert_allclose(market_similarity([S[:, columns]], T[:, columns]), expected)
    rows = rng.permutation(200)
    assert_allclose(market_similarity([S[rows]], T), expected)
    assert_allclose(market_similarity([T], S), expected)  # symmetric
    assert_allclose(market_similarity([sparse.csr_array(S)], T), expected)
