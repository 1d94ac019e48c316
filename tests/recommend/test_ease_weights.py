"""EASE from moments about the mean: as exact as rational numbers where means are large.

The solution that is compared with is computed in fractions, which do not round.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import random_interactions

from sktransfer.moments import GramMoments, Moments
from sktransfer.privacy import PrivacyBudget, privatize
from sktransfer.recommend import EASERecommender
from sktransfer.recommend.collaborative._ease_weights import (
    centred_ease_weights,
    ease_weights,
    invert_spd,
    item_gram,
)

L2 = 2.0
OFFSETS = {
    "all": [1e6] * 5,
    "several": [1e6, -1e6, 0, 1e3, 3],
    "one": [0, 0, 1e6, 0, 0],
    "two": [0, 1e6, 0, -1e6, 0],
    "none": [0] * 5,
}


def solved(A, B):
    """A^-1 B in fractions, by Gauss and Jordan."""
    n = len(A)
    rows = [list(a) + list(b) for a, b in zip(A, B, strict=True)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    return [row[n:] for row in rows]


def rational_ease(X, l2, w=None):
    """Weights and diagonal of P, from the definition."""
    X = [[Fraction(float(x)) for x in row] for row in X]
    w = [Fraction(float(x)) for x in (np.ones(len(X)) if w is None else w)]
    n = range(len(X[0]))
    G = [[sum(v * x[i] * x[j] for v, x in zip(w, X)) for j in n] for i in n]
    for i in n:
        G[i][i] += Fraction(l2)
    P = solved(G, [[Fraction(int(i == j)) for j in n] for i in n])
    B = [[float(-P[i][j] / P[j][j]) if i != j else 0.0 for j in n] for i in n]
    return np.array(B), np.array([float(P[i][i]) for i in n])


def relative(found, expected):
    """Largest error of a column of weights over its largest weight."""
    return (np.abs(found - expected).max(0) / np.abs(expected).max(0)).max()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("where", OFFSETS)
def test_equals_fractions(rng, where, weighted):
    X = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5)) + OFFSETS[where]
    w = rng.integers(1, 4, 40) if weighted else None
    B, scale = rational_ease(X, L2, w)
    state = Moments.empty(5).update(X, sample_weight=w)
    model = EASERecommender(l2=L2).fit_from_state(state)
    assert relative(model.item_weights_, B) < 1e-10
    assert_allclose(model._scale, scale, rtol=1e-8)
    assert_array_equal(np.diag(model.item_weights_), 0)
    assert model.state_ is state
    if where == "all":  # what products about 0 keep
        gram = GramMoments.empty(5).update(X, sample_weight=w)
        raw = EASERecommender(l2=L2).fit_from_state(gram)
        assert relative(raw.item_weights_, B) > 1e-7


@pytest.mark.parametrize("n_shards", [1, 2, 7, 100])
@pytest.mark.parametrize("where", OFFSETS)
def test_shards_order_and_tree_do_not_matter(where, n_shards, rng):
    X = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + OFFSETS[where]
    whole = EASERecommender(l2=L2).fit_from_state(Moments.empty(5).update(X))
    parts = np.array_split(rng.permutation(200), n_shards)
    states = [Moments.empty(5).update(X[rows]) for rows in parts]
    while len(states) > 1:  # a random tree
        i, j = sorted(rng.choice(len(states), 2, replace=False))
        second = states.pop(j)
        states[i] = states[i].merge(second)
    found = EASERecommender(l2=L2).fit_from_state(states[0])
    assert relative(found.item_weights_, whole.item_weights_) < 1e-10


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    large=st.lists(st.sampled_from([0.0, 1.0, 1e3, -1e6, 1e6]), min_size=4, max_size=4),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
@pytest.mark.slow
def test_law_of_shards_at_any_offsets(seed, large, cuts):
    # of few rows more is lost: a mean near 1e6 has a last bit of 1e-10
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 4)) + large
    B, _ = rational_ease(X, L2)
    state = Moments.empty(4)
    for part in np.split(rng.permutation(X), sorted(cuts)):
        state = state.merge(Moments.empty(4).update(part))
    found = EASERecommender(l2=L2).fit_from_state(state)
    error = np.abs(found.item_weights_ - B).max()
    assert error <= 1e-10 * np.abs(B).max()


def test_exact_states_give_one_bit_pattern_at_offsets(rng):
    X = rng.normal(size=(90, 5)) + 100
    empty = Moments.empty(5, arithmetic="exact", bound=128.0, bits=24)
    found = set()
    for n_shards in (1, 2, 7, 90):
        state = empty
        for rows in np.array_split(rng.permutation(90), n_shards):
            state = empty.update(X[rows]).merge(state)
        made = EASERecommender(l2=L2).fit_from_state(state)
        found.add(made.item_weights_.tobytes())
    assert len(found) == 1
    assert_allclose(made.item_weights_, rational_ease(X, L2)[0], atol=1e-4)


@pytest.mark.parametrize("dense", [False, True])
def test_both_states_agree_on_counts(rng, dense):
    X = random_interactions(rng, n_rows=80).astype(np.float64)
    X = X.toarray() if dense else X
    w = rng.integers(0, 3, size=80)
    made = [
        EASERecommender(l2=L2).fit_from_state(kind.empty(15).update(X, sample_weight=w))
        for kind in (GramMoments, Moments)
    ]
    assert_allclose(made[1].item_weights_, made[0].item_weights_, atol=1e-12)
    assert_allclose(made[1]._scale, made[0]._scale, rtol=1e-12)


def test_columns_of_offsets_of_their_own_kind(rng):
    # each is most of the offset to those before it
    X = rng.normal(size=(60, 10)) + np.geomspace(1e-3, 1e7, 10)
    expected, scale = rational_ease(X, L2)
    found = EASERecommender(l2=L2).fit_from_state(Moments.empty(10).update(X))
    assert relative(found.item_weights_, expected) < 1e-10
    assert_allclose(found._scale, scale, rtol=1e-7)


def test_more_columns_than_a_block_holds(rng):
    X = rng.normal(size=(300, 1100)) + rng.normal(size=1100)
    S, mean = 300 * np.cov(X, rowvar=False, ddof=0), X.mean(axis=0)
    P = np.linalg.inv(X.T @ X + 50 * np.eye(1100))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    found, scale, _ = centred_ease_weights(S.copy(), mean, 300.0, 50.0)
    assert_allclose(found, B, atol=1e-9)
    assert_allclose(scale, np.diag(P))


def test_weights_are_written_over_the_gram_matrix(rng):
    X = random_interactions(rng)
    gram = item_gram(X)
    assert_allclose(gram, (X.T @ X).toarray())
    B = ease_weights(gram, 1.0)[0]
    assert B is gram


@pytest.mark.parametrize("n", [1, 5, 700, 1100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_in_place(rng, n, dtype):
    Z = rng.normal(size=(n + 5, n))
    A = (Z.T @ Z + n * np.eye(n)).astype(dtype)
    expected = np.linalg.inv(A.astype(np.float64))
    given = A.copy()
    rcond = invert_spd(given)
    assert_allclose(given, expected, atol=1e-5 * np.abs(expected).max())
    assert_array_equal(given, given.T)
    exact = 1 / np.linalg.cond(A.astype(np.float64), 1)
    assert exact / 3 < rcond < exact * 3


def test_rows_that_come_later(rng):
    X = rng.normal(size=(60, 5)) + 1e6
    w = rng.integers(1, 4, 60)
    first = Moments.empty(5).update(X[:20], sample_weight=w[:20])
    model = EASERecommender(l2=L2).fit_from_state(first)
    model.partial_fit(X[20:30], sample_weight=w[20:30])
    model.partial_fit(X[30:], sample_weight=w[30:])
    assert model.state_.n_rows == 60
    assert not hasattr(model, "gram_")
    assert relative(model.item_weights_, rational_ease(X, L2, w)[0]) < 1e-10
    assert first.n_rows == 20


def test_noisy_states(rng):
    X = rng.normal(size=(4000, 3)) + [1, 0, -1]
    state = Moments.empty(3, arithmetic="exact", bits=16, row_norm=8.0).update(X)
    noisy = privatize(state, PrivacyBudget(50.0, 1e-6))
    exact, found = (EASERecommender().fit_from_state(s) for s in (state, noisy))
    assert_allclose(found.item_weights_, exact.item_weights_, atol=0.02)
    with pytest.raises(ValueError, match="NoisyState takes no more rows"):
        found.partial_fit(X)


def test_what_cannot_be_solved():
    empty = Moments.empty(2)
    with pytest.raises(ValueError, match="the state holds none"):
        EASERecommender().fit_from_state(empty)
    twins = empty.update(np.array([[1e8, 1e8], [-1e8, -1e8]]))
    with pytest.raises(ValueError, match="penalised scatter is not positive definite"):
        EASERecommender(l2=1e-3).fit_from_state(twins)
    with pytest.warns(UserWarning, match="penalised scatter is ill-conditioned"):
        EASERecommender(l2=10.0).fit_from_state(twins)
    # one value in all rows: nothing but the offset, which the others predict
    flat = EASERecommender(l2=1.0).fit_from_state(empty.update(np.full((9, 2), 1e6)))
    assert_allclose(flat.item_weights_, [[0, 1], [1, 0]], atol=1e-12)
