"""Noisy states as bytes: what is written is read, and nothing else is."""

import json
import struct
from hashlib import sha256

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.moments import (
    ColumnMoments,
    GramMoments,
    Moments,
    MomentState,
    PairMoments,
    StateFormatError,
)
from sktransfer.privacy import NoisyState, PrivacyBudget, privatize

KINDS = [Moments, ColumnMoments, GramMoments, PairMoments]
# of every state: these bytes, the kind of checksum, and the length of the header
MAGIC, PREFIX = b"SKTMOM\x01", struct.Struct("<7scQ")


def noisy(kind, rng, n_releases=1, parts="all"):
    X = rng.normal(size=(30, 4))
    options = {"arithmetic": "exact", "fingerprint": "words"}
    if kind is PairMoments:
        state = kind.empty((3, 1), row_norm=(2.0, 1.0), **options)
        state = state.update(X[:, :3], X[:, 3:], shard="Ann")
    else:
        state = kind.empty(4, row_norm=2.0, **options).update(X, shard="Ann")
    total = privatize(state, PrivacyBudget(1.0, 1e-6), parts=parts)
    for _ in range(n_releases - 1):
        total = total.merge(privatize(state, PrivacyBudget(1.0, 1e-6), parts=parts))
    return total


@pytest.mark.parametrize(
    ("kind", "parts"), [(kind, "all") for kind in KINDS] + [(PairMoments, "regression")]
)
@pytest.mark.parametrize("n_releases", [1, 3])
@pytest.mark.parametrize("key", [None, b"secret"])
def test_round_trip(kind, parts, n_releases, key, rng):
    state = noisy(kind, rng, n_releases, parts)
    data = state.to_bytes(key=key)
    assert b"Ann" not in data
    again = NoisyState.from_bytes(data, key=key)
    assert again.to_bytes(key=key) == data
    assert again.origin == state.origin
    assert (again.mu, again.releases) == (state.mu, state.releases)
    assert (again.noise_ridge, again.noise_) == (state.noise_ridge, state.noise_)
    assert again.parts == parts
    if kind is not GramMoments and parts == "all":
        assert_array_equal(again.scatter, state.scatter)
        assert_array_equal(again.mean, state.mean)
    else:
        assert_array_equal(again.gram(), state.gram())
    with pytest.raises(ValueError, match="same release"):
        state.merge(again)


def test_a_noisy_state_is_not_read_as_another(rng):
    data = noisy(Moments, rng).to_bytes()
    with pytest.raises(StateFormatError, match="MomentState was to be read; got 'Noi"):
        MomentState.from_bytes(data)
    with pytest.raises(StateFormatError, match="NoisyState was to be read; got 'Mom"):
        NoisyState.from_bytes(Moments.empty(2).to_bytes())
    with pytest.raises(StateFormatError, match="from 1 to 3; got 4"):
        NoisyState.from_bytes(data, max_features=3)
    with pytest.raises(StateFormatError, match="cut off"):
        NoisyState.from_bytes(data[:-9])
    with pytest.raises(StateFormatError, match="a key was given"):
        NoisyState.from_bytes(data, key=b"k")


def forged(data, **fields):
    """A file whose header says something else, with a checksum that fits."""
    length = PREFIX.unpack(data[: PREFIX.size])[2]
    start = PREFIX.size + length
    header = json.loads(data[PREFIX.size : start]) | fields
    text = json.dumps({k: v for k, v in header.items() if v is not ...}).encode()
    new = PREFIX.pack(MAGIC, b"\0", len(text)) + text + data[start:-32]
    return new + sha256(new).digest()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"of": "ClassMoments"}, "no noisy 'ClassMoments'"),
        ({"of": "GramMoments"}, "are not those of GramMoments"),
        ({"of": 3}, "of is a text"),
        ({"of": "PairMoments"}, "n_left is a whole number from 1 to 3"),
        ({"n_left": 1}, "n_left is a whole number from 0 to 0"),
        ({"n_features": 5}, "take 160 bytes; got 112"),
        ({"weight": 1 << 63}, "weight is a whole number"),
        ({"weight": 3.0}, "weight is a whole number"),
        ({"mu": 0.0}, "mu is a number above 0"),
        ({"mu": 1}, "mu is a number above 0"),
        ({"unit": -1.0}, "unit is a number above 0"),
        ({"unit": 1e-30}, "row_norm is a length"),
        ({"row_norm": []}, "row_norm is a length"),
        ({"row_norm": None}, "row_norm is a length"),
        ({"row_norm": [[4, 2.0], [4, 2.0]]}, "row_norm is a length"),
        ({"row_norm": [[3, 2.0]]}, "row_norm is a length"),
        ({"variances": 3}, "variances are whole numbers"),
        ({"variances": [1, [1], [1], [[-1]]]}, "variances are whole numbers"),
        ({"variances": [1, [1], [1], [[True]]]}, "variances are whole numbers"),
        ({"variances": [1, [1, 1], [1], [[1]]]}, "variances are whole numbers"),
        ({"variances": [1, [1], [1], [[1 << 200]]]}, "variances are whole numbers"),
        ({"variances": [1, 2, [1], [[1]]]}, "variances are whole numbers"),
        ({"variances": [1, [0], [1], [[1]]]}, "are not those of Moments"),
        ({"variances": [1, [1], [0], [[1]]]}, "are not those of Moments"),
        ({"releases": []}, "names a release"),
        ({"releases": ["b", "a"]}, "sorted, each once"),
        ({"fingerprint": 1}, "fingerprint is a text"),
        ({"extra": 1}, "The fields of a noisy state"),
        ({"mu": ...}, "The fields of a noisy state"),
    ],
)
def test_forged_headers_are_refused(rng, fields, message):
    with pytest.raises(StateFormatError, match=message):
        NoisyState.from_bytes(forged(noisy(Moments, rng).to_bytes(), **fields))


def test_huge_numbers_do_not_pass_for_noise(rng):
    state = noisy(PairMoments, rng)
    products = np.full((4, 4), np.iinfo(np.int64).max)
    data = state.to_bytes()
    body = products[np.tril_indices(4)].tobytes()
    new = data[: -32 - len(body)] + body
    again = NoisyState.from_bytes(new + sha256(new).digest())
    assert np.isfinite(again.scatter).all()
