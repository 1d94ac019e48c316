"""What parties send is merged once, and what is wrong with it is named."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.federated import FederatedParty, FederationError, federate
from sktransfer.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    PairMoments,
)
from sktransfer.privacy import NoisyState, PrivacyBudget, privatize

EXACT = {"arithmetic": "exact", "bound": 9.0}
SPEC = Moments.empty(3, fingerprint="f", **EXACT)
NAMES = ["de", "fr", "uk"]


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(60, 3)).clip(-9, 9)
    return dict(zip(NAMES, np.split(X, [10, 35])))


@pytest.fixture(scope="module")
def parties(rows):
    return {name: FederatedParty(name, X) for name, X in rows.items()}


def assert_same_bits(a, b):
    assert type(a) is type(b)
    assert (a.n_rows, a.weight, a.fingerprint) == (b.n_rows, b.weight, b.fingerprint)
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_array_equal(x, y)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("shipped", [False, True])
def test_federated_state_is_the_pooled_one(parties, rows, by_name, signed, shipped):
    key = b"secret" if signed else None
    sent = {name: party.state(SPEC) for name, party in parties.items()}
    if shipped:
        sent = {name: state.to_bytes(key=key) for name, state in sent.items()}
    total = federate(sent if by_name else sent.values(), spec=SPEC, key=key)
    assert_same_bits(total, SPEC.update(np.vstack(list(rows.values()))))
    assert total.shards == {"de/0", "fr/0", "uk/0"}


def test_keys_of_parties(parties):
    keys = {name: name.encode() for name in NAMES}
    sent = {n: p.state(SPEC).to_bytes(key=keys[n]) for n, p in parties.items()}
    assert federate(sent, keys=keys).n_rows == 60
    keys["fr"], keys["de"] = keys["de"], keys["fr"]
    with pytest.raises(
        FederationError, match=r"'de', which claims .* 'de/0', is refused"
    ):
        federate(sent, keys=keys)
    with pytest.raises(ValueError, match="keys has no key of party 'de'"):
        federate(sent, keys={})
    with pytest.raises(ValueError, match="keys goes with a dict"):
        federate(list(sent.values()), keys=keys)
    with pytest.raises(ValueError, match="keys goes with a dict"):
        federate(sent, keys=keys, key=b"k")


def test_rounds_are_merged_once(rows):
    party = FederatedParty("uk", rows["uk"][:20])
    first = party.state(SPEC)
    second = party.update(rows["uk"][20:]).state(SPEC)
    assert_same_bits(federate([first, second]), SPEC.update(rows["uk"]))
    total = federate([first, second])
    assert total.shards == {"uk/0", "uk/1"}
    with pytest.raises(FederationError, match=r"shard 'uk/1', is refused.*already"):
        federate([total, second])
    again = FederatedParty("uk", rows["uk"][20:], first_round=1)
    assert_same_bits(again.state(SPEC), second)
    assert repr(again) == "FederatedParty('uk', round=1)"


def test_states_by_domain(rows):
    parts = [
        FederatedParty("de", rows["de"], sample_domain=-1),
        FederatedParty("uk", rows["uk"], sample_domain=2),
        FederatedParty(
            "fr", rows["fr"], sample_domain=np.repeat([2, -1, 3], [5, 5, 15])
        ),
    ]
    sent = [p.state(SPEC) for p in parts]
    assert [list(s) for s in sent] == [[-1], [2], [-1, 2, 3]]
    total = federate([{d: s.to_bytes() for d, s in part.items()} for part in sent])
    assert list(total) == [-1, 2, 3]
    X = rows["fr"]
    assert_same_bits(total[2], SPEC.update(rows["uk"]).update(X[:5]))
    assert_same_bits(total[-1], SPEC.update(rows["de"]).update(X[5:10]))
    assert_same_bits(total[3], SPEC.update(X[10:]))
    with pytest.raises(FederationError, match="Message 2 of 2 is refused: it has no d"):
        federate([sent[0], parts[0].update(rows["de"]).state(SPEC)])
    with pytest.raises(FederationError, match="2 of 2, domain -1, shard 'de/0'"):
        federate([sent[0], sent[0]])


def test_pairs_weights_and_sparse_rows(rows):
    X, w = rows["uk"], np.arange(25)
    y = X[:, 0].round() > 0
    spec = PairMoments.empty((3, 1), **EXACT)
    party = FederatedParty("uk", X, y, sample_weight=w)
    assert_same_bits(party.state(spec), spec.update(X, y, w))
    assert_same_bits(party.state(SPEC), SPEC.update(X, None, w))  # y is not read
    counts = sparse.random_array((20, 5), density=0.3, rng=0, format="csr")
    spec = GramMoments.empty(5)
    d = np.repeat([1, -2], 10)
    party = FederatedParty("shop", counts, y=np.ones(20), sample_domain=d)
    assert_same_bits(party.state(spec)[-2], spec.update(counts[10:]))
    assert FederatedParty("lists", [[1, 2, 3]]).state(SPEC).n_rows == 1


def test_tampered_truncated_and_repeated_shards(parties):
    sent = [party.state(SPEC).to_bytes() for party in parties.values()]
    for i in range(0, len(sent[1]), 7):
        bad = bytearray(sent[1])
        bad[i] ^= 1
        with pytest.raises(FederationError, match=r"Message 2 of 3.* is refused: "):
            federate([sent[0], bytes(bad), sent[2]])
        with pytest.raises(FederationError, match=r"Message 2 of 3.* is refused: "):
            federate([sent[0], sent[1][:i], sent[2]])
    bad = bytearray(sent[1])
    bad[-40] ^= 1
    with pytest.raises(
        FederationError, match=r"claims to be shard 'fr/0', .* were changed or cut"
    ):
        federate([sent[0], bytes(bad), sent[2]])
    with pytest.raises(FederationError, match="Message 3 of 3, shard 'de/0', is refus"):
        federate([sent[0], sent[1], sent[0]])
    with pytest.raises(FederationError, match="holds shard 'fr/0', which is not one"):
        federate({"de": sent[0], "uk": sent[1]})
    with pytest.raises(
        FederationError, match=r"'de', .* is refused.*not signed, and a"
    ):
        federate({"de": sent[0]}, key=b"k")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (ColumnMoments.empty(3, fingerprint="f", **EXACT), "got ColumnMoments"),
        (Moments.empty(4, fingerprint="f", **EXACT), "got Moments of 4 columns"),
        (Moments.empty(3, fingerprint="g", **EXACT), "fingerprints are 'f' and 'g'"),
        (Moments.empty(3, fingerprint="f"), "same arithmetic"),
    ],
)
def test_states_of_another_kind(parties, state, message):
    other = state.update(np.ones((1, state.n_features)), shard="fr/0")
    for spec in (None, SPEC):
        with pytest.raises(FederationError, match=f"of 'fr', shard 'fr/0'.*{message}"):
            federate({"de": parties["de"].state(SPEC), "fr": other}, spec=spec)
    with pytest.raises(FederationError, match="shard 'fr/0', is refused"):
        federate([other], spec=SPEC)


def test_messages_that_are_none(parties):
    state = parties["uk"].state(SPEC)
    with pytest.raises(FederationError, match="names no shard"):
        federate([SPEC.update(np.ones((1, 3)))])
    with pytest.raises(FederationError, match="it is ndarray, not MomentState"):
        federate([np.ones(3)])
    with pytest.raises(FederationError, match="got no message"):
        federate([])
    for one in (state, state.to_bytes()):
        with pytest.raises(FederationError, match="all parties as a list"):
            federate(one)
    with pytest.raises(FederationError, match="to 2; got 3"):
        federate([state.to_bytes()], max_features=2)


def test_parties_refuse(rows):
    X = rows["de"]
    for name in ("", "a/b", None):
        with pytest.raises(ValueError, match="The name of a party"):
            FederatedParty(name, X)
    with pytest.raises(ValueError, match="y must have an entry for each of the 10"):
        FederatedParty("de", X, np.ones(9))
    with pytest.raises(ValueError, match="sample_domain"):
        FederatedParty("de", X, sample_domain=0)
    with pytest.raises(ValueError, match="spec must be an empty state; got one of 10"):
        FederatedParty("de", X).state(SPEC.update(X))
    with pytest.raises(ValueError, match="PairMoments needs both"):
        FederatedParty("de", X).state(PairMoments.empty((3, 1)))
    for first in (-1, 1.5, "x"):
        with pytest.raises(ValueError, match="first_round must be an integer"):
            FederatedParty("de", X, first_round=first)
    for session in (1, None, ""):
        with pytest.raises(ValueError, match="session must be"):
            FederatedParty("de", X).masked_state(SPEC, seeds={}, session=session)
    for spec in (Moments, None):
        with pytest.raises(TypeError, match="spec must be an empty state, such as"):
            FederatedParty("de", X).state(spec)
        with pytest.raises(TypeError, match="spec must be an empty state, such as"):
            FederatedParty("de", X).masked_state(spec, seeds={}, session="a")


def test_rows_of_any_container(rows):
    X, d = rows["de"], np.tile([1, -1], 5)
    expected = FederatedParty("de", X, sample_domain=d).state(SPEC)
    forms = [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, np.ndarray.tolist]
    pandas = pytest.importorskip("pandas")
    forms.append(lambda X: pandas.DataFrame(X, columns=list("abc")))
    for form in forms:
        got = FederatedParty("de", form(X), sample_domain=d).state(SPEC)
        for domain in (1, -1):
            assert_same_bits(got[domain], expected[domain])


def test_classes_of_the_rows(rows):
    X = rows["de"]
    y = np.where(X[:, 0] > 0, "good", "bad")
    spec = ClassMoments.empty(3, classes=["bad", "good"], **EXACT)
    state = FederatedParty("de", X, y).state(spec)
    assert_array_equal(state.weights(), [np.sum(y == c) for c in ("bad", "good")])


CLIPPED = Moments.empty(3, fingerprint="f", arithmetic="exact", row_norm=2.0)


def noisy(party):
    return privatize(party.state(CLIPPED), PrivacyBudget(1.0, 1e-6))


@pytest.mark.parametrize("spec", [None, CLIPPED])
def test_noisy_states_are_merged_as_well(parties, spec):
    sent = {name: noisy(party) for name, party in parties.items()}
    total = federate(sent, spec=spec)
    keys = {name: name.encode() for name in sent}
    data = {name: s.to_bytes(key=keys[name]) for name, s in sent.items()}
    shipped = federate(data, spec=spec, keys=keys)
    expected = sum(state.sums.products for state in sent.values())
    for state in (total, shipped):
        assert isinstance(state, NoisyState)
        assert_array_equal(state.sums.products, expected)
        assert len(state.releases) == 3
    by_domain = [{1: sent["de"]}, {1: sent["fr"], -1: sent["uk"]}]
    assert len(federate(by_domain, spec=spec)[1].releases) == 2


def test_noisy_states_that_do_not_fit_are_refused(parties):
    de, fr = noisy(parties["de"]), noisy(parties["fr"])
    with pytest.raises(FederationError, match=r"2 of 2 is refused: .* same release"):
        federate([de, de.to_bytes()])
    with pytest.raises(FederationError, match=r"2 of 2 is refused: .*checksum"):
        federate([de, fr.to_bytes()[:-1]])
    for wrong in (SPEC, Moments.empty(3), GramMoments.empty(3)):
        with pytest.raises(
            FederationError, match=r"1 of 1 is refused: .* those of spec"
        ):
            federate([de], spec=wrong)
    exact = parties["fr"].state(CLIPPED)
    for sent in ([de, exact], [exact, de]):
        with pytest.raises(
            FederationError, match=r"2 of 2.* merges only with its like"
        ):
            federate(sent)
