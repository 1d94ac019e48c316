"""Mappers from states of domains: as if fitted on the rows, wherever these are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from sktransfer.adaptation import CORAL, DomainScaler, SubspaceAlignment
from sktransfer.moments import ColumnMoments, Moments

MODELS = [CORAL(reg=0.1), SubspaceAlignment(2), DomainScaler()]
KIND = {CORAL: Moments, SubspaceAlignment: Moments, DomainScaler: ColumnMoments}
ids = [type(m).__name__ for m in MODELS]


@pytest.fixture
def domains(rng):
    X = rng.normal(size=(240, 4)) @ rng.normal(size=(4, 4))
    d = np.repeat([1, 2, -1, -2], 60)
    X += d[:, None]
    return X, d


def states(X, d, kind, **options):
    empty = kind.empty(X.shape[1], **options)
    return {int(k): empty.update(X[d == k]) for k in np.unique(d)}


@pytest.mark.parametrize("model", MODELS, ids=ids)
@pytest.mark.parametrize("together", [False, True])
def test_equals_fit(model, together, domains):
    X, d = domains
    if together:
        d = None
    whole = clone(model).fit(X, sample_domain=d)
    found = states(X, np.zeros(len(X), int) if together else d, KIND[type(model)])
    made = clone(model).fit_from_state(found)
    assert_allclose(made.transform(X, d), whole.transform(X, d), atol=1e-9)
    assert_allclose(made.transform(X), whole.transform(X), atol=1e-9)
    assert made.n_features_in_ == 4
    assert len(made.get_feature_names_out()) == made.transform(X).shape[1]
    # what another estimator holds, and chunks that come later
    again = clone(model).fit_from_state(whole.state_)
    assert_allclose(again.transform(X, d), whole.transform(X, d), atol=1e-9)
    again.partial_fit(X, sample_domain=d)
    assert sum(s.n_rows for s in again.state_.values()) == 2 * len(X)


@pytest.mark.parametrize("model", MODELS, ids=ids)
def test_offsets_of_a_million_and_shards(model, domains, rng):
    X, d = domains
    X = X + 1e6
    whole = clone(model).fit(X, sample_domain=d)
    for n_shards in (2, 7, 100):
        found = {}
        for rows in np.array_split(rng.permutation(len(X)), n_shards):
            for k, s in states(X[rows], d[rows], KIND[type(model)]).items():
                found[k] = found[k].merge(s) if k in found else s
        Z = clone(model).fit_from_state(found).transform(X, d)
        expected = whole.transform(X, d)
        scale = np.abs(expected).max()
        assert_allclose(Z / scale, expected / scale, atol=1e-10)


@pytest.mark.parametrize("model", MODELS, ids=ids)
def test_exact_shards_give_one_bit_pattern(model, domains, rng):
    X, d = domains
    kind, options = KIND[type(model)], {"arithmetic": "exact", "bound": 64.0}
    results = set()
    for n_shards in (1, 2, 7, 100):
        found = {int(k): kind.empty(4, **options) for k in np.unique(d)}
        for rows in np.array_split(rng.permutation(len(X)), n_shards):
            for k, s in states(X[rows], d[rows], kind, **options).items():
                found[k] = s.merge(found[k])
        results.add(clone(model).fit_from_state(found).transform(X, d).tobytes())
    assert len(results) == 1


@pytest.mark.parametrize("model", MODELS, ids=ids)
def test_messages(model, domains):
    X, d = domains
    kind = KIND[type(model)]
    found = states(X, d, kind)
    name = type(model).__name__

    def fails(states, match):
        with pytest.raises(ValueError, match=match):
            clone(model).fit_from_state(states)

    fails(found[1], "dict of states by signed domain")
    fails({}, "dict of states by signed domain")
    for key in ("de", 1.5, True, None):
        fails({key: found[1], -1: found[1]}, f"signed integers.*got {key!r}")
    fails({0: found[1], 1: found[1]}, "has no other beside it")
    fails({1: found[1]}, r"of the target \(below 0\); got rows of the domains \[1\]")
    fails({1: found[1], -1: kind.empty(4)}, r"got rows of the domains \[1\]")
    other = ColumnMoments if kind is Moments else Moments
    fails(states(X, d, other), f"{name} is fitted from {kind.__name__}; got")
    fails({1: found[1], -1: kind.empty(3).update(X[:, :3])}, "over the same columns")
    named = kind.empty(4, fingerprint="words").update(X)
    fails({1: found[1], -1: named}, "fingerprints 'words' and ''")


def test_parameters_are_checked(domains):
    X, d = domains
    found = states(X, d, Moments)
    with pytest.raises(ValueError, match="max_features=3"):
        CORAL(max_features=3).fit_from_state(found)
    with pytest.raises(ValueError, match="max_features=3"):
        SubspaceAlignment(max_features=3).fit_from_state(found)
    with pytest.raises(ValueError, match="reg of CORAL must be"):
        CORAL(reg=-1).fit_from_state(found)
    with pytest.raises(ValueError, match="n_components"):
        SubspaceAlignment(0).fit_from_state(found)
