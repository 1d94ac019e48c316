"""States as bytes: what is written is read, and nothing else is."""

import json
import struct
import sys
import tracemalloc
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    MomentState,
    PairMoments,
    StateFormatError,
)
from sktransfer.privacy import NoisyState, PrivacyBudget, privatize

EXACT = {"arithmetic": "exact", "bound": 4.0, "bits": 12}
# of every state: these bytes, the kind of checksum, and the length of the header
MAGIC, PREFIX = b"SKTMOM\x01", struct.Struct("<7scQ")
LONGEST_HEADER = 1 << 20


def states(rng, n=4):
    X = rng.normal(size=(9, n)).clip(-4, 4)
    for options in ({}, EXACT):
        for kind in (Moments, ColumnMoments, GramMoments):
            yield kind.empty(n, fingerprint="f", **options).update(X, shard="a é")
            yield kind.empty(n, **options)
        yield PairMoments.empty((1, n - 1), **options).update(X[:, :1], X[:, 1:])
        labels = np.where(X[:, 0] > 0, "good", "bad")
        classes = ClassMoments.empty(n, classes=["good", "bad", "none"], **options)
        yield classes.update(X, labels)
        yield ClassMoments.empty(n, classes=[2, 1], **options)


def assert_same(a, b):
    assert type(a) is type(b)
    assert a.header() == b.header()
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)
        assert x.dtype == y.dtype


@pytest.mark.parametrize("key", [None, b"secret"])
@pytest.mark.parametrize("n", [2, 5, 300])
def test_round_trip(rng, key, n):
    for state in states(rng, n):
        data = state.to_bytes(key=key)
        assert_same(MomentState.from_bytes(data, key=key), state)
        assert_same(type(state).from_bytes(bytearray(data), key=key), state)
        assert state.to_bytes(key=key) == data
        assert (
            not MomentState.from_bytes(data, key=key)
            .sums.arrays()[next(iter(state.sums.arrays()))]
            .flags.writeable
        )


def test_keys_must_fit(rng):
    state = Moments.empty(2).update(rng.normal(size=(3, 2)))
    with pytest.raises(StateFormatError, match="is not signed, and a key was given"):
        MomentState.from_bytes(state.to_bytes(), key=b"k")
    with pytest.raises(StateFormatError, match="signed with a key, and no key"):
        MomentState.from_bytes(state.to_bytes(key=b"k"))
    with pytest.raises(StateFormatError, match="or signed with another key"):
        MomentState.from_bytes(state.to_bytes(key=b"k"), key=b"l")
    with pytest.raises(ValueError, match="key must be a secret; got no bytes"):
        state.to_bytes(key=b"")
    with pytest.raises(ValueError, match="key must be a secret; got no bytes"):
        MomentState.from_bytes(state.to_bytes(key=b"k"), key=b"")
    with pytest.raises(TypeError, match="key must be bytes; got str"):
        state.to_bytes(key="k")
    for data in (None, "state", Path("state")):
        with pytest.raises(TypeError, match=r"path\.read_bytes\(\); got"):
            MomentState.from_bytes(data)


def test_other_kinds_and_too_many_columns_are_refused():
    with pytest.raises(StateFormatError, match="ColumnMoments was to be read"):
        ColumnMoments.from_bytes(Moments.empty(2).to_bytes())
    assert type(Moments.from_bytes(PairMoments.empty((1, 1)).to_bytes())) is PairMoments
    with pytest.raises(StateFormatError, match="from 1 to 3; got 4"):
        MomentState.from_bytes(Moments.empty(4).to_bytes(), max_features=3)
    crowded = Moments.empty(1)
    crowded = crowded.update(np.ones((1, 1)), shard="x" * (1 << 21))
    with pytest.raises(ValueError, match="Merge larger shards"):
        crowded.to_bytes()


def forged(data, **fields):
    """A file whose header says something else, with a checksum that fits."""
    length = PREFIX.unpack(data[: PREFIX.size])[2]
    start = PREFIX.size + length
    header = json.loads(data[PREFIX.size : start]) | fields
    header = {k: v for k, v in header.items() if v is not ...}
    text = json.dumps(header).encode()
    new = PREFIX.pack(MAGIC, b"\0", len(text)) + text + data[start:-32]
    return new + sha256(new).digest()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "Sums"}, "was to be read"),
        ({"kind": 3}, "kind is a text"),
        ({"arithmetic": "decimal"}, 'arithmetic is "float64" or "exact"'),
        ({"arithmetic": "exact"}, "bits is a whole number"),
        ({"n_features": 3}, "take 72 bytes; got 40"),
        ({"n_features": 0}, "from 1 to 20000"),
        ({"n_features": True}, "got True"),
        ({"n_rows": -1}, "n_rows is a whole number"),
        ({"n_rows": 0}, "for 0 rows"),
        ({"n_rows": 0, "weight": 0}, "sums and no rows"),
        ({"weight": float("nan")}, "NaN is no number"),
        ({"weight": -1.0}, "weight is a finite number"),
        ({"weight": 10**400}, "weight is a finite number"),
        ({"weight": "3"}, "weight is a finite number"),
        ({"shards": "a"}, "list of names"),
        ({"shards": ["b", "a"]}, "sorted, each once"),
        ({"fingerprint": None}, "fingerprint is a text"),
        ({"fingerprint": ...}, "fingerprint is a text"),
        ({"extra": 1}, "The fields of Moments are"),
        ({"n_left": 1}, "The fields of Moments are"),
    ],
)
def test_forged_headers_are_refused(rng, fields, message):
    data = Moments.empty(2).update(rng.normal(size=(3, 2))).to_bytes()
    with pytest.raises(StateFormatError, match=message):
        MomentState.from_bytes(forged(data, **fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bits": 40}, "bits is a whole number from 2 to 24"),
        ({"bits": 2}, "Sums are beyond"),
        ({"bound": 0.0}, "bound is a number above 0"),
        ({"bound": 1}, "bound is a number above 0"),
        ({"weight": 2}, "weight is a whole number from 3"),
        ({"weight": 3.0}, "weight is a whole number"),
    ],
)
def test_forged_exact_headers_are_refused(rng, fields, message):
    X = rng.uniform(1, 4, size=(3, 2))
    data = Moments.empty(2, **EXACT).update(X).to_bytes()
    with pytest.raises(StateFormatError, match=message):
        MomentState.from_bytes(forged(data, **fields))


@pytest.mark.parametrize(
    ("options", "numbers", "message"),
    [
        ({}, [0, 0, np.nan, 0, 1], "not finite"),
        ({}, [0, 0, -1.0, 0, 1], "sum of squares is below 0"),
        (EXACT, [0, 0, -1, 0, 1], "sum of squares is below 0"),
        (EXACT, [0, 0, 1, -(1 << 40), 1], "Products are beyond"),
    ],
)
def test_forged_numbers_are_refused(options, numbers, message):
    data = Moments.empty(2, **options).update(np.ones((3, 2))).to_bytes()
    body = struct.pack("<5d" if not options else "<5q", *numbers)
    new = data[: -32 - len(body)] + body
    with pytest.raises(StateFormatError, match=message):
        MomentState.from_bytes(new + sha256(new).digest())


def mutations(data, rng):
    """Bytes flipped, cut, doubled, moved or replaced; with or without a checksum."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        i, j = sorted(rng.integers(0, max(len(data), 1), size=2))
        match rng.integers(5):
            case 0:
                data[i : i + 1] = bytes([rng.integers(256)])
            case 1:
                del data[i : j if rng.random() < 0.5 else i + 1]
            case 2:
                data[i:i] = data[i : min(j, i + 40)]
            case 3:
                data[i:i] = rng.bytes(rng.integers(1, 20))
            case 4:
                digits = [k for k, b in enumerate(data) if 48 <= b <= 57]
                if digits:
                    data[digits[rng.integers(len(digits))]] = 48 + rng.integers(10)
    if rng.random() < 0.7 and len(data) > 32:
        data[-32:] = sha256(data[:-32]).digest()
    return bytes(data)


@contextmanager
def within_twice_the_file(data):
    """Memory of what is done: twice the file and 50 MB at most."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 2 * len(data) + 50e6


def noisy_states(rng):
    options = {"arithmetic": "exact", "bits": 12, "row_norm": 2.0}
    X = rng.normal(size=(9, 4))
    for kind in (Moments, ColumnMoments, GramMoments):
        state = kind.empty(4, fingerprint="f", **options).update(X)
        yield privatize(state, PrivacyBudget(1.0, 1e-6))
    options["row_norm"] = 2.0, 1.0
    pairs = PairMoments.empty((3, 1), **options).update(X[:, :3], X[:, 3:])
    noisy = [privatize(pairs, PrivacyBudget(3.0, 1e-6)) for _ in range(2)]
    yield noisy[0].merge(noisy[1])


def read_mutations(n, seed, traced):
    rng = np.random.default_rng(seed)
    files = [state.to_bytes() for state in (*states(rng), *noisy_states(rng))]
    accepted = 0
    for attempt in range(n):
        i = rng.integers(len(files))
        data = mutations(files[i], rng)
        kind = NoisyState if i >= len(files) - 4 else MomentState
        trace = traced and attempt % 10 == 0  # it takes ten times as long as reading
        try:
            with within_twice_the_file(data) if trace else nullcontext():
                state = kind.from_bytes(data)
        except StateFormatError:
            continue
        accepted += 1
        # what is accepted is a state: it can be written, read and merged
        again = kind.from_bytes(state.to_bytes())
        assert again.to_bytes() == state.to_bytes()
        for array in state.sums.arrays().values():
            assert np.isfinite(array).all()
    return accepted


def test_mutated_files_raise_the_documented_error_alone():
    accepted = read_mutations(20_000, seed=0, traced=True)
    assert 0 < accepted < 20_000


@pytest.mark.slow
def test_a_million_mutated_files():
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_mutations(1_000_000, seed=1, traced=False) > 0
    # the highest mark of the process, of whatever file it was: kilobytes on Linux
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sys.platform != "linux" or after - before <= 50e3


@pytest.mark.parametrize("n", [1, 1500])
def test_reading_takes_twice_the_file(rng, n):
    data = Moments.empty(n).update(rng.normal(size=(2, n))).to_bytes()
    with within_twice_the_file(data):
        MomentState.from_bytes(data)


@pytest.mark.parametrize("unit", ['{"":{}}', "[[]]", '{"":0}', "[0]", '"\\u1234"'])
def test_headers_made_to_take_memory(unit):
    # small objects of Python take many times the bytes that stand for them in JSON
    times = (LONGEST_HEADER - 20) // (len(unit) + 1)
    text = ('{"kind":[' + ",".join([unit] * times) + "]}").encode()
    data = PREFIX.pack(MAGIC, b"\0", len(text)) + text
    data += sha256(data).digest()
    with within_twice_the_file(data), pytest.raises(StateFormatError, match="kind is"):
        MomentState.from_bytes(data)
    longer = PREFIX.pack(MAGIC, b"\0", LONGEST_HEADER + 1) + bytes(1 << 21)
    with pytest.raises(StateFormatError, match="header cannot take"):
        MomentState.from_bytes(longer + sha256(longer).digest())


def test_many_classes_are_few():
    data = ClassMoments.empty(1, classes=range(10_000)).to_bytes()
    with within_twice_the_file(data):
        ClassMoments.from_bytes(data)
    with pytest.raises(ValueError, match="from 0 to 10000; got 10001"):
        ClassMoments.empty(1, classes=range(10_001))
    names = list(range(10_001))
    with pytest.raises(StateFormatError, match="More than 10000 classes"):
        MomentState.from_bytes(forged(data, classes=names))
