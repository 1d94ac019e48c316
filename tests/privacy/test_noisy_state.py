"""Noisy states: the noise they say they have, and what is read of them."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.crosslingual import WhitenedAlignment
from sktransfer.moments import ColumnMoments, GramMoments, Moments, PairMoments
from sktransfer.moments.by_domain import check_state
from sktransfer.privacy import NoisyState, PrivacyBudget, privatize
from sktransfer.transfer import BiasedRidge


class Budget:
    """Of a fixed mu."""

    mu = 0.5

    def mu_of(self, share):
        return self.mu

    def charge(self, share, label):
        return self.mu


pytestmark = pytest.mark.usefixtures("repeatable_noise")


def exact(kind, X, Y=None, row_norm=2.0, **options):
    n = X.shape[1] if Y is None else (X.shape[1], Y.shape[1])
    norms = row_norm if Y is None else (row_norm, 1.0)
    empty = kind.empty(n, arithmetic="exact", bits=14, row_norm=norms, **options)
    return empty.update(X, Y)


def clipped(X, row_norm):
    return X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True) / row_norm, 1)


def test_many_rows_read_as_without_noise(rng):
    X = rng.normal(size=(50_000, 3)) @ rng.normal(size=(3, 3)) * 0.3
    state = exact(Moments, X)
    noisy = privatize(state, Budget())
    assert noisy.weight == pytest.approx(50_000, abs=100)
    assert noisy.n_rows == noisy.weight
    assert_allclose(noisy.mean, state.mean, atol=0.005)
    assert_allclose(noisy.covariance(), state.covariance(), atol=0.01)
    assert_allclose(noisy.gram(), state.gram(), rtol=0.05, atol=400)
    assert 0 < noisy.noise_ratio() < 0.05
    columns = exact(ColumnMoments, X)
    read = privatize(columns, Budget())
    assert_allclose(read.variance(ddof=1), columns.variance(), atol=0.01)
    assert not read.constant().any()
    assert 0 < read.noise_ratio() < 0.05


def test_what_is_read_is_positive_definite_by_the_noise_alone(rng):
    for X in (np.zeros((1, 6)), rng.normal(size=(3, 6)), rng.normal(size=(900, 6))):
        noisy = privatize(exact(Moments, X), Budget())
        lift = 2 * 6**0.5 * noisy.noise_["products"]
        assert noisy.noise_ridge == pytest.approx(lift)
        for S in (noisy.scatter, noisy.gram()):
            assert_array_equal(S, S.T)
            assert np.linalg.eigvalsh(S)[0] >= lift * (1 - 1e-9)
        assert np.linalg.norm(noisy.mean) <= 2.0 * (1 + 1e-9)
        assert noisy.weight >= 1


def test_the_lift_is_the_spectral_norm_of_the_noise():
    state = exact(GramMoments, np.zeros((1, 60)))
    lift = privatize(state, Budget()).noise_ridge
    products = np.array([privatize(state, Budget()).sums.products for _ in range(10)])
    norms = np.abs(np.linalg.eigvalsh(products * state.sums.unit**2)).max(axis=1)
    assert_allclose(norms, lift, rtol=0.12)


def test_blocks_of_pairs(rng):
    X = 0.5 * rng.normal(size=(20_000, 3))
    Y = clipped(X[:, :2] + 0.1 * rng.normal(size=(20_000, 2)), 1.0)
    state = exact(PairMoments, X, Y)
    noisy = privatize(state, Budget())
    assert noisy.n_left == 3
    assert noisy.n_right == 2
    for got, expected in zip(noisy.means(), state.means(), strict=True):
        assert_allclose(got, expected, atol=0.01)
    for got, expected in zip(noisy.scatters(), state.scatters(), strict=True):
        assert_allclose(got, expected, rtol=0.15, atol=300)
    assert_allclose(noisy.cross_scatter(), state.cross_scatter(), atol=150)
    assert_allclose(noisy.cross_gram(), state.cross_gram(), atol=150)
    assert_array_equal(noisy.scatter, noisy.scatter.T)
    assert len(noisy.noise_ridge) == 2


def test_merging_adds_sums_and_variances(rng):
    states = [exact(Moments, rng.normal(size=(n, 2))) for n in (30, 50)]
    a, b = (privatize(state, Budget()) for state in states)
    both = a.merge(b)
    assert_array_equal(both.sums.products, a.sums.products + b.sums.products)
    assert both.sums.weight == a.sums.weight + b.sums.weight
    for name, sigma in both.noise_.items():
        assert sigma == pytest.approx(2**0.5 * a.noise_[name])
    assert both.mu == a.mu
    assert_array_equal(b.merge(a).sums.sums, both.sums.sums)
    for other in (a, both):
        with pytest.raises(ValueError, match="same release"):
            a.merge(other)
    with pytest.raises(ValueError, match="with its like"):
        a.merge(states[0])
    with pytest.raises(ValueError, match="row_norm"):
        a.merge(privatize(exact(Moments, np.ones((2, 2)), row_norm=1.0), Budget()))


def test_a_noisy_state_is_another_type(rng):
    state = exact(Moments, rng.normal(size=(30, 2)), fingerprint="words")
    noisy = privatize(state.update(np.ones((1, 2)), shard="Ann"), Budget())
    assert isinstance(noisy, NoisyState)
    for name in ("update", "forget", "unmerge", "privatize", "shards"):
        assert not hasattr(noisy, name)
    with pytest.raises(AttributeError, match="privatized once"):
        noisy.update(np.ones((1, 2)))
    with pytest.raises(AttributeError, match=r"privatize\(state.update"):
        noisy.privatize(Budget())
    with pytest.raises(TypeError, match=r"must be a MomentState.*got ndarray"):
        privatize(np.ones((1, 2)), Budget())
    assert "Ann" not in repr(vars(noisy)) + repr(noisy)
    assert noisy.fingerprint == "words"
    check_state(noisy, Moments, "CORAL")
    with pytest.raises(ValueError, match="GramMoments"):
        check_state(noisy, GramMoments, "EASERecommender")
    with pytest.raises(ValueError, match="merges only with its like"):
        state.merge(noisy)


def test_each_kind_reads_what_it_has():
    gram = privatize(exact(GramMoments, np.ones((2, 2))), Budget())
    columns = privatize(exact(ColumnMoments, np.ones((2, 2))), Budget())
    whole = privatize(exact(Moments, np.ones((2, 2))), Budget())
    for state, names in (
        (gram, ["mean", "scatter", "covariance", "variance"]),
        (columns, ["covariance", "gram"]),
        (whole, ["variance", "constant", "means", "cross_gram", "scatters"]),
    ):
        for name in names:
            with pytest.raises(AttributeError, match=state.kind.__name__):
                getattr(state, name)()


def test_pickled_and_read_only(rng):
    noisy = privatize(exact(Moments, rng.normal(size=(30, 2))), Budget())
    noisy.scatter  # noqa: B018 - fills the cache
    again = pickle.loads(pickle.dumps(noisy))
    assert_array_equal(again.scatter, noisy.scatter)
    assert again.releases == noisy.releases
    assert again.noise_ == noisy.noise_
    for state in (noisy, again):
        with pytest.raises(ValueError, match="read-only"):
            state.sums.products[0, 0] = 0


def test_each_draw_is_another():
    state = exact(Moments, np.ones((2, 2)))
    a, b = privatize(state, Budget()), privatize(state, Budget())
    assert (a.sums.products != b.sums.products).any()
    assert a.releases.isdisjoint(b.releases)


def test_nothing_but_noise_has_no_signal():
    noisy = privatize(exact(Moments, np.zeros((1, 40))), Budget())
    assert noisy.noise_ratio() > 10


def test_what_a_regression_reads_has_less_noise_and_nothing_else(rng):
    X = rng.normal(size=(40, 3))
    empty = PairMoments.empty((2, 1), arithmetic="exact", row_norm=(2.0, 1.0))
    state = empty.update(X[:, :2], X[:, 2])
    whole = privatize(state, Budget())
    part = privatize(state, Budget(), parts="regression")
    assert (whole.parts, part.parts) == ("all", "regression")
    for i in (0, 1):  # within X, across
        assert part.noise_["products"][i] < whole.noise_["products"][i]
    assert part.noise_["products"][2] == 0
    assert part.noise_["squares"][1] == 0
    assert part.noise_["sums"] == (0, 0)
    assert part.gram()[2, 2] == 0
    for name in ("mean", "scatter"):
        with pytest.raises(AttributeError, match=f"has no {name}. Fit without an int"):
            getattr(part, name)
    with pytest.raises(ValueError, match="bits and parts"):
        part.merge(whole)
    both = part.merge(privatize(state, Budget(), parts="regression"))
    assert both.parts == "regression"
    model = BiasedRidge(fit_intercept=False, strength=0.0).fit_from_state(part)
    assert model.coef_.shape == (2,)
    with pytest.raises(AttributeError, match="fit_intercept=False"):
        BiasedRidge().fit_from_state(part)
    with pytest.raises(ValueError, match="reads all products of the pairs"):
        WhitenedAlignment(normalize=None).fit_from_state(part)
    moments = exact(Moments, X[:, :2])
    for of, parts, message in (
        (state, "products", "parts must be one of 'all', 'regression'"),
        (moments, "regression", "for PairMoments; got Moments"),
    ):
        with pytest.raises(ValueError, match=message):
            privatize(of, Budget(), parts=parts)


@pytest.mark.parametrize("parts", ["all", "regression"])
def test_noise_that_is_too_large_is_not_paid_for(parts):
    options = {"arithmetic": "exact", "bits": 24, "max_weight": 1024}
    state = PairMoments.empty((2, 1), row_norm=(1e-4, 1.0), **options)
    budget = PrivacyBudget(1e-4, 1e-9)
    with pytest.raises(ValueError, match="does not fit into 64 bits"):
        privatize(state, budget, parts=parts)
    assert budget.remaining == 1
