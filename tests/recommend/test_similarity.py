"""Similarity of markets, and what rows of a similar market are worth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktransfer.datasets import make_market_interactions
from sktransfer.recommend import EASERecommender, TransferRecommender
from sktransfer.recommend.markets._similarity import (
    MarketEvidence,
    evidence_weights,
    market_evidence,
)


def market_similarity(markets, target):
    return market_evidence(markets, target).similarity


def residuals(X):
    """What popularity and activity do not explain, from the definition."""
    X = X.toarray().astype(np.float64)
    expected = np.outer(X.sum(axis=1), X.sum(axis=0)) / X.sum()
    damping = 5 * (X[X != 0] ** 2).mean()
    return (X - expected) / np.sqrt((X**2).sum(axis=0) + damping)


def similarity_by_pairs(S, T):
    """Sums over pairs of different users, written out."""
    S, T = residuals(S), residuals(T)

    def profiles(A):
        G = A[:, :, None] * A[:, None, :]
        G[:, np.arange(A.shape[1]), np.arange(A.shape[1])] = 0
        return G.reshape(len(A), -1)

    def total(A, B, distinct):
        products = profiles(A) @ profiles(B).T
        return products.sum() - (np.trace(products) if distinct else 0)

    return total(S, T, False) / np.sqrt(total(S, S, True) * total(T, T, True))


@pytest.fixture
def market():
    return make_market_interactions(n_users=(1200, 1200), n_items=80, taste_shift=0.2)


@pytest.mark.parametrize("counts", [False, True])
def test_is_a_sum_over_pairs_of_users(market, rng, counts):
    S, T = market.data[:60], market.data[1200:1250]
    if counts:
        S.data = rng.integers(1, 5, S.nnz).astype(float)
    expected = similarity_by_pairs(S, T)
    assert 0 < expected < 1
    assert_allclose(market_similarity([S], T), expected)
    # among items that nobody takes, 12 million products
    place = np.linspace(0, 3499, 80).astype(int)
    S, T = (
        sparse.csr_array((A.data, (A.row, place[A.col])), shape=(A.shape[0], 3500))
        for A in map(sparse.coo_array, (S, T))
    )
    assert_allclose(market_similarity([S], T), expected)


def test_samples_of_one_market_are_similar_at_any_size(market, rng):
    X = market.data[:1200][rng.permutation(1200)]
    for n in (100, 300, 600):
        found = market_similarity([X[:n], X[-600:]], X[600 - n : 600])
        assert (found > 0.9).all()


def test_it_is_tastes_that_count_and_neither_size_nor_popularity(market, rng):
    S, T = market.data[:1200], market.data[1200:]
    shuffled = T[600:][:, rng.permutation(80)]
    taken = np.asarray(T.sum(axis=0)).ravel()
    order = np.empty(80, dtype=int)  # shuffled among items of like popularity
    order[np.argsort(taken).reshape(16, 5)] = np.argsort(taken).reshape(16, 5)[:, ::-1]
    alike = T[600:][:, order]
    found = market_similarity([S[:300], S, T[600:], shuffled, alike], T[:600])
    assert 0.1 < found[0] < 0.6
    assert abs(found[0] - found[1]) < 0.1
    assert found[2] > 0.95
    assert (found[3:] < 0.15).all()


def test_strangers():
    ones = np.ones((10, 2))
    S = sparse.csr_array(np.hstack([ones, 0 * ones]))
    T = sparse.csr_array(np.hstack([0 * ones, ones]))
    assert_allclose(market_similarity([S, sparse.csr_array((3, 4))], T), [0, 0])


def test_users_without_a_common_taste_give_the_plain_cosine():
    # one user: there is no pair of users to compare
    X = sparse.csr_array(np.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]))
    found = market_similarity([X], X[:1] + 0.5 * X[2:])
    assert 0 <= found[0] < 1


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


def test_weights_of_rows_are_rows_repeated_where_they_are_pairs(market, rng):
    S, T = market.data[:200], market.data[1200:1350]
    w = rng.integers(0, 2, 200)
    expected = market_evidence([S[w == 1]], T)
    found = market_evidence([S], T, weights=[w, np.ones(150)])
    assert_allclose(found, expected)
    assert_allclose(market_evidence([S], T, [3 * w, np.full(150, 2)]), expected)


def test_noise_falls_with_the_number_of_users(market):
    S, T = market.data[:1200], market.data[1200:]
    _, noise = market_evidence([S[:150], S[:300], S[:600], S], T)
    assert_allclose(noise[:-1] / noise[1:], 2, rtol=0.4)
    _, of_one = market_evidence([S[:1]], T)
    assert np.isinf(of_one).all()


def test_weights_are_those_of_the_best_linear_estimate(rng):
    # t = rho s + rest, of unit variance; s and t are seen with noise q and p
    for rho, q, p in rng.uniform(0, 1, size=(20, 3)) + [0, 0.01, 0.01]:
        covariance = np.array([[1 + p, rho], [rho, 1 + q]])
        own, other = np.linalg.solve(covariance, [1, rho])
        # in sums over rows, a row of either market has the same noise: N ~ 1 / noise
        expected = (other * q) / (own * p)
        found = evidence_weights(MarketEvidence(np.array([rho]), np.array([q])), [9e9])
        assert_allclose(found, expected, rtol=1e-6)


def test_weights_are_those_of_the_evidence():
    three = make_market_interactions(
        n_users=(150, 120, 60), n_items=40, markets=("en", "es", "de")
    )
    X, d = three.data, three.sample_domain
    model = TransferRecommender(
        EASERecommender(), weighting="similarity", catalogue="all"
    )
    model.fit(X, sample_domain=d)
    markets = [X[d == m] for m in (2, 3)]
    evidence = market_evidence(markets, X[d < 0])
    size = np.array([A.sum() for A in markets]) / X[d < 0].sum()
    expected = evidence_weights(evidence, size)
    assert_allclose(list(model.market_weights_.values()), expected)
    assert_allclose(list(model.market_similarity_.values()), evidence.similarity)
    assert list(model.market_weights_) == [2, 3]
    model.set_params(weighting=None).fit(X, sample_domain=d)
    assert not hasattr(model, "market_similarity_")


def test_limits_of_the_weights():
    rho = np.array([1.0, 1.0, 0.0, 0.6, 0.6, 0.6, 0.6])
    q = np.array([0.3, 0.0, 0.3, np.inf, 0.0, 0.0, 1e9])
    size = np.array([9.0, 9.0, 9.0, 9.0, 0.4, 5.0, 9.0])
    expected = [1, 1, 0, 0.6, 0.6, 0.06, 0.6]
    assert_allclose(evidence_weights(MarketEvidence(rho, q), size), expected)
    # all rows of a larger source together are worth no more than a fixed number
    noise = 1 / np.array([100.0, 1000, 10_000])
    same = MarketEvidence(np.full(3, 0.5), 50 * noise)
    total = evidence_weights(same, np.full(3, 1e9)) / noise
    assert total[0] < total[1] < total[2] < 50 * 0.5 / 0.75
