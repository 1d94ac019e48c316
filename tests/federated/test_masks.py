"""Masks: the sum is the pooled state bit for bit, and its parts mean nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.federated import (
    FederatedParty,
    FederationError,
    MaskedState,
    deal_seeds,
    federate,
    unmask,
)
from sktransfer.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    PairMoments,
    StateFormatError,
)
from sktransfer.moments.format import pack_state

EXACT = {"arithmetic": "exact", "bound": 9.0}
SPEC = Moments.empty(3, fingerprint="f", **EXACT)
NAMES = ["de", "fr", "uk"]
SPECS = [
    SPEC,
    ColumnMoments.empty(3, **EXACT),
    GramMoments.empty(3, **EXACT),
    PairMoments.empty((3, 1), **EXACT),
    ClassMoments.empty(3, classes=["low", "high", "never"], **EXACT),
]


def party_of(name, X, spec=SPEC):
    y = X[:, :1]
    if isinstance(spec, ClassMoments):
        y = np.where(X[:, 0] > 0, "high", "low")
    return FederatedParty(name, X, y)


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(60, 3)).clip(-9, 9)
    return dict(zip(NAMES, np.split(X, [10, 35])))


@pytest.fixture(scope="module")
def seeds():
    return deal_seeds(NAMES)


def send(rows, seeds, spec=SPEC, session="1"):
    return {
        name: party_of(name, X, spec).masked_state(
            spec, seeds=seeds[name], session=session
        )
        for name, X in rows.items()
    }


def assert_same_bits(a, b):
    assert type(a) is type(b)
    assert a.header() == b.header()
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("shipped", [False, True])
def test_sum_is_the_pooled_state(rows, seeds, spec, shipped):
    pooled = federate([party_of(n, X, spec).state(spec) for n, X in rows.items()])
    sent = send(rows, seeds, spec)
    if shipped:
        sent = {n: masked.to_bytes(key=n.encode()) for n, masked in sent.items()}
        keys = {n: n.encode() for n in NAMES}
        assert_same_bits(unmask(sent, keys=keys), pooled)
    else:
        assert_same_bits(unmask(sent), pooled)
        assert_same_bits(unmask(list(sent.values())[::-1]), pooled)


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 6), min_size=2, max_size=6),
    scale=st.sampled_from([0.0, 1.0, 9.0]),
)
def test_any_number_of_parties(sizes, scale):
    rng = np.random.default_rng(0)
    rows = {f"p{i}": rng.uniform(-scale, scale, (n, 3)) for i, n in enumerate(sizes)}
    total = unmask(send(rows, deal_seeds(rows)))
    pooled = federate([FederatedParty(n, X).state(SPEC) for n, X in rows.items()])
    assert_same_bits(total, pooled)


def test_large_states_take_several_blocks_of_mask(rng, seeds):
    spec = Moments.empty(800, **EXACT)  # 2.6 MB, drawn by 1 MB
    rows = {name: rng.normal(size=(5, 800)).clip(-9, 9) for name in NAMES}
    pooled = federate([FederatedParty(n, X).state(spec) for n, X in rows.items()])
    sent = send(rows, seeds, spec)
    assert_same_bits(unmask(sent), pooled)
    empty = {name: X[:0] for name, X in rows.items()}
    numbers = send(empty, seeds, spec)["de"].numbers  # masks alone
    assert np.unique(numbers).size == numbers.size > 2 * (1 << 17)  # no block twice


def test_masked_numbers_look_uniform(seeds):
    # of no rows, the plainest state there is; bits set, chi-square of bytes
    spec = Moments.empty(300, **EXACT)
    party = FederatedParty("de", np.zeros((0, 300)))
    numbers = party.masked_state(spec, seeds=seeds["de"], session="1").numbers
    assert numbers.size == 2 + 300 + 300 * 301 // 2
    counts = np.bincount(numbers.view(np.uint8), minlength=256)
    expected = numbers.size * 8 / 256
    assert ((counts - expected) ** 2 / expected).sum() < 255 + 6 * np.sqrt(2 * 255)


def test_counts_are_masked_as_well(rows, seeds):
    # not of how many rows, nor of which classes, may a message tell
    for spec in SPECS:
        messages = [
            send({"de": X}, seeds, spec)["de"] for X in (rows["de"], rows["uk"])
        ]
        assert messages[0].like == messages[1].like
        assert messages[0].numbers.size == messages[1].numbers.size
        assert not np.any(messages[0].numbers[:2] == [10, 10])


def test_masks_differ_by_session_domain_and_spec(rows, seeds):
    first = send(rows, seeds)["de"].numbers
    other = send(rows, seeds, session="2")["de"].numbers
    assert not np.any(first == other)
    spec = Moments.empty(3, fingerprint="g", **EXACT)
    assert not np.any(first == send(rows, seeds, spec)["de"].numbers)
    domains = {
        name: FederatedParty(name, X, sample_domain=1).masked_state(
            SPEC, seeds=seeds[name], session="1", domains=[1, -2]
        )
        for name, X in rows.items()
    }
    assert not np.any(domains["de"][1].numbers == domains["de"][-2].numbers)
    assert not np.any(domains["de"][1].numbers == first)
    total = unmask(domains)
    assert list(total) == [-2, 1]
    assert total[-2].n_rows == 0
    assert_same_bits(total[1], unmask(send(rows, seeds)))


@pytest.mark.parametrize("missing", NAMES)
def test_party_that_drops_out(rows, seeds, missing):
    sent = send(rows, seeds)
    del sent[missing]
    with pytest.raises(FederationError, match=f"Party '{missing}' is missing.*reveal"):
        unmask(sent)
    there = {n: FederatedParty(n, rows[n]) for n in sent}
    revealed = {
        n: party.reveal(dropped=[missing], seeds=seeds[n], session="1")
        for n, party in there.items()
    }
    pooled = federate([party.state(SPEC) for party in there.values()])
    assert_same_bits(unmask(sent, revealed=revealed), pooled)
    one = dict(list(revealed.items())[:1])
    with pytest.raises(FederationError, match="has not revealed"):
        unmask(sent, revealed=one)
    wrong = {
        n: party.reveal(dropped=[missing], seeds=seeds[n], session="2")
        for n, party in there.items()
    }
    with pytest.raises(FederationError, match="masks do not cancel"):
        unmask(sent, revealed=wrong)


def test_reveal_refuses(rows, seeds):
    party = FederatedParty("de", rows["de"])
    with pytest.raises(ValueError, match="would be the state of 'de' alone"):
        party.reveal(dropped=["fr", "uk"], seeds=seeds["de"], session="1")
    with pytest.raises(ValueError, match=r"others of the session.*got 'es'"):
        party.reveal(dropped=["es"], seeds=seeds["de"], session="1")
    secret = party.reveal(dropped=["fr"], seeds=seeds["de"], session="1")["fr"]
    assert secret != seeds["de"]["fr"]


def test_wrong_seed_and_changed_numbers_do_not_cancel(rows, seeds):
    sent = send(rows, seeds)
    other = send(rows, deal_seeds(NAMES))
    with pytest.raises(FederationError, match="masks do not cancel"):
        unmask(sent | {"de": other["de"]})
    numbers = sent["de"].numbers.copy()
    numbers[0] += np.uint64(1 << 40)
    changed = MaskedState(
        "de", sent["de"].parties, "1", sent["de"].like, frozenset(["de/0"]), numbers
    )
    with pytest.raises(FederationError, match="masks do not cancel"):
        unmask(sent | {"de": changed})


def test_bad_messages(rows, seeds):
    sent = send(rows, seeds)
    data = sent["fr"].to_bytes()
    with pytest.raises(FederationError, match="'fr', which claims to be shard 'fr/0'"):
        unmask(sent | {"fr": data[:-60] + bytes([data[-60] ^ 1]) + data[-59:]})
    with pytest.raises(FederationError, match=r"of 'fr' is refused: .* bytes at least"):
        unmask(sent | {"fr": data[:20]})
    with pytest.raises(FederationError, match=r"Message 4 of 4 .* 'de' has sent its"):
        unmask([*sent.values(), sent["de"]])
    with pytest.raises(FederationError, match="of 'de' is refused: it is that of 'uk'"):
        unmask(sent | {"de": sent["uk"]})
    with pytest.raises(
        FederationError, match="its session is 2, and that of 'de' is 1"
    ):
        unmask(sent | {"uk": send(rows, seeds, session="2")["uk"]})
    with pytest.raises(FederationError, match="its like is"):
        unmask(sent | {"uk": send(rows, seeds, SPECS[1])["uk"]})
    with pytest.raises(FederationError, match="has the domains"):
        unmask(sent | {"uk": {1: sent["uk"]}})
    with pytest.raises(FederationError, match="not MaskedState"):
        unmask([SPEC])
    with pytest.raises(FederationError, match="all parties as a list"):
        unmask(sent["de"])
    with pytest.raises(FederationError, match="got no message"):
        unmask([])
    with pytest.raises(FederationError, match=r"do not cancel.*to 2; got 3"):
        unmask(sent, max_features=2)
    short = sent["uk"]
    short = MaskedState(
        "uk", short.parties, "1", short.like, short.shards, short.numbers[1:]
    )
    with pytest.raises(FederationError, match="it is not complete"):
        unmask(sent | {"uk": short})
    twin = sent["uk"]
    twin = MaskedState(
        "uk", twin.parties, "1", twin.like, sent["de"].shards, twin.numbers
    )
    with pytest.raises(FederationError, match="shard 'de/0' is in the sum already"):
        unmask(sent | {"uk": twin})


def test_a_masked_state_is_no_state(rows, seeds):
    masked = send(rows, seeds)["de"]
    with pytest.raises(FederationError, match="it is MaskedState, not MomentState"):
        federate([masked])
    with pytest.raises(StateFormatError):
        Moments.from_bytes(masked.to_bytes())
    state = FederatedParty("de", rows["de"]).state(SPEC)
    with pytest.raises(StateFormatError, match="MaskedState was to be read; got 'Mom"):
        MaskedState.from_bytes(state.to_bytes())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parties": "de"}, "parties is a list"),
        ({"shards": ["b", "a"]}, "shards are sorted"),
        ({"like": 3}, "not complete"),
        ({"party": 3}, "party is a text"),
    ],
)
def test_headers_that_cannot_be(rows, seeds, change, message):
    masked = send(rows, seeds)["de"]
    header = {
        "kind": "MaskedState",
        "party": "de",
        "parties": list(masked.parties),
        "session": "1",
        "like": masked.like,
        "shards": ["de/0"],
    }
    data = pack_state(header | change, [masked.numbers.view(np.int64)], None)
    with pytest.raises(StateFormatError, match=message):
        MaskedState.from_bytes(data)


def test_one_session_masks_one_round(rows, seeds):
    party = FederatedParty("de", rows["de"][:5])
    first = party.masked_state(SPEC, seeds=seeds["de"], session="1")
    again = party.masked_state(SPEC, seeds=seeds["de"], session="1")
    assert_array_equal(first.numbers, again.numbers)
    party.update(rows["de"][5:])
    with pytest.raises(ValueError, match="Session '1' was used for round 0"):
        party.masked_state(SPEC, seeds=seeds["de"], session="1")
    party.masked_state(SPEC, seeds=seeds["de"], session="2")
    party.masked_state(SPECS[1], seeds=seeds["de"], session="1")  # other masks


def test_masking_refuses(rows, seeds):
    party = FederatedParty("de", rows["de"])
    for spec, given_seeds, message in [
        (Moments.empty(3), seeds["de"], 'must be of arithmetic="exact"'),
        (SPEC, {}, "seeds holds the secret of each other party; got none"),
        (SPEC, seeds["fr"], "got one of 'de' with itself"),
        (SPEC, {"fr": b"short"}, "16 random bytes"),
        (SPEC, {"fr": bytes(32), "uk": bytes(32)}, "the same seed"),
    ]:
        with pytest.raises(ValueError, match=message):
            party.masked_state(spec, seeds=given_seeds, session="1")
    with pytest.raises(ValueError, match="domains lists"):
        party.masked_state(SPEC, seeds=seeds["de"], session="1", domains=[1])
    party = FederatedParty("de", rows["de"], sample_domain=3)
    with pytest.raises(ValueError, match="The rows have domain 3"):
        party.masked_state(SPEC, seeds=seeds["de"], session="1", domains=[1])


def test_dealt_seeds(seeds):
    assert seeds["de"]["uk"] == seeds["uk"]["de"]
    assert seeds["de"]["uk"] != seeds["de"]["fr"]
    for names in (["de"], ["de", "de"]):
        with pytest.raises(ValueError, match="two parties or more"):
            deal_seeds(names)


@pytest.mark.parametrize("what", ["dense", "sparse", "labels", "weights"])
@pytest.mark.parametrize("masked", [True, False])
def test_rows_that_are_refilled_in_place_are_refused(what, masked):
    """Else the difference of two messages under the same masks is that of the rows."""
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    X = sparse.csr_array(X) if what == "sparse" else X
    y, w = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    spec = PairMoments.empty((2, 1), arithmetic="exact", bound=10.0)
    party = FederatedParty("de", X, y, sample_weight=w)

    def give():
        if not masked:
            return party.state(spec).to_bytes()
        sent = party.masked_state(spec, seeds={"uk": bytes(range(32))}, session="1")
        return sent.to_bytes()

    assert give() == give()
    filled = {"labels": y, "weights": w, "sparse": getattr(X, "data", X)}
    filled.get(what, X)[0] = 7
    with pytest.raises(ValueError, match=r"changed in place.*Pass the new rows to"):
        give()
    party.update(X, y, sample_weight=w)
    assert party.state(spec).shards == {"de/1"}
