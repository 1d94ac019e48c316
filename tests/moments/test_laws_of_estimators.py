"""Every estimator that is fitted from states: how the rows were cut does not matter.

Columns have offsets of a million. What is compared is what was learned (maps, weights,
scales), not outputs, which the offsets would dominate.
"""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sktransfer.adaptation import CORAL, DomainScaler, SubspaceAlignment
from sktransfer.crosslingual import Procrustes, WhitenedAlignment
from sktransfer.moments import ColumnMoments, GramMoments, Moments, PairMoments
from sktransfer.recommend import EASERecommender
from sktransfer.transfer import BiasedRidge, BiasedRidgeClassifier
from sktransfer.weighting import MeanMatchingInstanceWeighter

N = 300
SHARDS = [1, 2, 7, 100]


def rows():
    """Columns of two domains, numbers and classes to predict."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 4)) @ rng.normal(size=(4, 4))
    d = np.where(np.arange(N) % 2, -1, 1)
    X[d < 0] = X[d < 0] @ rng.normal(size=(4, 4)) + 1
    Y = X @ rng.normal(size=(4, 3)) + rng.normal(size=(N, 3))
    return X, Y, d


def by_domain(kind, options, offset):
    X, _, d = rows()
    X = X + offset
    empty = kind.empty(4, **options)
    return lambda some: {k: empty.update(X[some][d[some] == k]) for k in (1, -1)}


def of_pairs(options, offset, classes=False):
    X, Y, _ = rows()
    X, Y = X + offset, Y - offset
    if classes:
        Y = np.where(rows()[1] > 0, 1.0, -1.0)
    empty = PairMoments.empty((4, 3), **options)
    return lambda some: {0: empty.update(X[some], Y[some])}


def of_items(kind, options, offset):
    X = rows()[0] + offset
    empty = kind.empty(4, **options)
    return lambda some: {0: empty.update(X[some])}


def centred(kind):
    return kind(normalize=("center",))


def coral(states):
    return CORAL(reg=0.1).fit_from_state(states).coef_


def subspace(states):
    model = SubspaceAlignment(3).fit_from_state(states)
    return np.hstack([*model.source_axes_, model.target_axes_])


def whitened(state):
    model = centred(WhitenedAlignment).fit_from_state(state)
    return model.source_map_ @ model.target_map_.T


def matched(states):
    """The mean of the target; weights in its last bit are not unique."""
    weighter = MeanMatchingInstanceWeighter(center=True)
    return weighter.fit_from_state(rows()[0] + 1e3, states[-1]).state_.mean


def scaler(states):
    return DomainScaler().fit_from_state(states).scales_


LEARNED = {
    "CORAL": (lambda o, x: by_domain(Moments, o, x), coral),
    "SubspaceAlignment": (lambda o, x: by_domain(Moments, o, x), subspace),
    "DomainScaler": (lambda o, x: by_domain(ColumnMoments, o, x), scaler),
    "MeanMatchingInstanceWeighter": (
        lambda o, x: by_domain(ColumnMoments, o, x),
        matched,
    ),
    "Procrustes": (
        of_pairs,
        lambda s: centred(Procrustes).fit_from_state(s[0]).rotation_,
    ),
    "WhitenedAlignment": (
        of_pairs,
        lambda s: whitened(s[0]),
    ),
    "BiasedRidge": (of_pairs, lambda s: BiasedRidge().fit_from_state(s[0]).coef_),
    "BiasedRidgeClassifier": (
        lambda o, x: of_pairs(o, x, classes=True),
        lambda s: BiasedRidgeClassifier().fit_from_state(s[0], [0, 1, 2]).coef_,
    ),
    "EASERecommender": (
        lambda o, x: of_items(Moments, o, x),
        lambda s: EASERecommender(l2=3.0).fit_from_state(s[0]).item_weights_,
    ),
    "EASERecommender of products": (
        lambda o, x: of_items(GramMoments, o, 0.0),  # products about 0 hold no offsets
        lambda s: EASERecommender(l2=3.0).fit_from_state(s[0]).item_weights_,
    ),
}


def merged(make, n_shards, seed):
    """States of shards of shuffled rows, merged by a random tree."""
    rng = np.random.default_rng(seed)
    parts = [make(some) for some in np.array_split(rng.permutation(N), n_shards)]
    while len(parts) > 1:
        i, j = sorted(rng.choice(len(parts), 2, replace=False))
        second = parts.pop(j)
        parts[i] = {k: state.merge(second[k]) for k, state in parts[i].items()}
    return parts[0]


@pytest.mark.parametrize("n_shards", SHARDS)
@pytest.mark.parametrize("name", LEARNED)
def test_float64_agrees_to_ten_digits(name, n_shards):
    make, learn = LEARNED[name]
    make = make({}, 1e6)
    whole = np.asarray(learn(make(np.arange(N))))
    for seed in range(5):
        found = np.asarray(learn(merged(make, n_shards, seed)))
        assert np.abs(found - whole).max() <= 1e-10 * np.abs(whole).max()


@pytest.mark.parametrize("offset", [1e3, 1e6])
@pytest.mark.parametrize("name", LEARNED)
def test_exact_arithmetic_gives_one_bit_pattern(name, offset):
    make, learn = LEARNED[name]
    # the grid is 2 ** -13 times the offset and a bit: coarse at a million
    make = make({"arithmetic": "exact", "bound": 2.048 * offset, "bits": 24}, offset)
    with threadpool_limits(1):
        found = {np.asarray(learn(make(np.arange(N)))).tobytes()}
    for n_shards in SHARDS:
        states = {}
        for threads in (1, 2):
            with threadpool_limits(threads):
                states[threads] = merged(make, n_shards, n_shards)
        for k, state in states[1].items():
            assert state.to_bytes() == states[2][k].to_bytes()
        with threadpool_limits(1):
            found.add(np.asarray(learn(states[2])).tobytes())
    assert len(found) == 1
