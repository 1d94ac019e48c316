"""Alignments from moments: as if fitted on all pairs, wherever these are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from sktransfer.crosslingual import Procrustes, WhitenedAlignment
from sktransfer.moments import Moments, PairMoments

MODELS = [
    Procrustes(),
    WhitenedAlignment(),
    WhitenedAlignment(whiten=True, reg=0.1, n_components=3),
]
STEPS = [None, ("unit",), ("center",), ("unit", "center")]


@pytest.fixture
def pairs(rng):
    Y = rng.normal(size=(60, 4)) + 0.3
    X = Y @ rng.normal(size=(4, 5)) + 0.2 * rng.normal(size=(60, 5)) + [0, 0, 0, 0, 5]
    return X, Y, rng.integers(1, 4, size=60).astype(float)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_chunks_and_parties_equal_fit(model, steps, pairs):
    X, Y, w = pairs
    whole = clone(model).set_params(normalize=steps).fit(X, Y, sample_weight=w)
    chunked = clone(whole)
    for rows in (slice(0, 7), slice(7, 40), slice(40, 60)):
        chunked.partial_fit(X[rows], Y[rows], sample_weight=w[rows])
    parties = [
        clone(whole).partial_fit(X[r], Y[r], sample_weight=w[r]).state_
        for r in (slice(0, 30), slice(30, 60))
    ]
    federated = clone(whole).fit_from_state(parties[0].merge(parties[1]))
    for other in (chunked, federated):
        for Z, expected in zip(other.transform(X, Y), whole.transform(X, Y)):
            assert_allclose(Z, expected, atol=1e-9)
    assert federated.n_features_in_ == 5
    assert federated.n_target_features_in_ == 4
    # what was read elsewhere goes on here
    federated.partial_fit(X, Y)
    assert federated.state_.n_rows == 120
    assert not hasattr(federated.fit(X, Y), "state_")


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda m: type(m).__name__)
def test_exact_states_give_one_bit_pattern(model, pairs, rng):
    X, Y, _ = pairs
    empty = PairMoments.empty((5, 4), arithmetic="exact", bound=64.0)
    model = clone(model).set_params(normalize=("center",))
    maps = []
    for n_shards in (1, 2, 7):
        shards = np.array_split(rng.permutation(60), n_shards)
        state = empty
        for rows in shards:
            state = state.merge(empty.update(X[rows], Y[rows]))
        maps.append(clone(model).fit_from_state(state).transform(X).tobytes())
    assert len(set(maps)) == 1
    assert_allclose(
        model.fit(X, Y).transform(X).ravel()[:3], np.frombuffer(maps[0])[:3], rtol=1e-3
    )


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda m: type(m).__name__)
def test_what_moments_cannot_do_is_refused(model, pairs):
    X, Y, _ = pairs
    assert not hasattr(model, "partial_fit")
    state = PairMoments.empty((5, 4)).update(X, Y)
    with pytest.raises(ValueError, match="other steps need all rows at once"):
        clone(model).fit_from_state(state)
    model = clone(model).set_params(normalize=None)
    with pytest.raises(ValueError, match="fitted from PairMoments; got Moments"):
        model.fit_from_state(Moments.empty(9).update(np.hstack([X, Y])))
    with pytest.raises(ValueError, match="the state holds no rows"):
        model.fit_from_state(PairMoments.empty((5, 4)))


@pytest.mark.parametrize("n_shards", [2, 7, 60])
@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_offsets_of_a_million_and_shards(model, n_shards, pairs, rng):
    X, Y, _ = pairs
    X, Y = X + 1e6, Y - 1e6
    model = clone(model).set_params(normalize=("center",))
    whole = PairMoments.empty((5, 4)).update(X, Y)
    state = PairMoments.empty((5, 4))
    for rows in np.array_split(rng.permutation(60), n_shards):
        state = PairMoments.empty((5, 4)).update(X[rows], Y[rows]).merge(state)
    Z, expected = (clone(model).fit_from_state(s).transform(X) for s in (state, whole))
    scale = np.abs(expected).max()
    assert_allclose(Z / scale, expected / scale, atol=1e-10)
    # and the same as without offsets, up to the digits that these take
    near = clone(model).fit(X - 1e6, Y + 1e6).transform(X - 1e6)
    assert_allclose(Z, near, atol=1e-6)
