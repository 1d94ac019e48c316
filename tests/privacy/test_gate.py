"""The gate: what it accepts does not end worse than no adaptation."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from sktransfer import adaptation
from sktransfer.adaptation import CORAL
from sktransfer.moments import ColumnMoments, GramMoments, Moments, PairMoments
from sktransfer.privacy import PrivacyBudget, noise_gate, privatize
from sktransfer.transfer import BiasedRidge, BiasedRidgeClassifier

pytestmark = pytest.mark.usefixtures("repeatable_noise")


def two_markets(n, d, shift, seed):
    """Rows of two markets that measure the same through other gains and offsets."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(2 * n + 1000, d)) * np.exp(-np.arange(d) / d)
    score = Z @ rng.normal(size=d)
    y = score + 0.2 * score.std() * rng.normal(size=len(Z)) > 0
    target = Z[n:] @ (np.eye(d) + shift * rng.normal(size=(d, d)) / d**0.5)
    target += 0.5 * shift * rng.normal(size=d)
    return Z[:n], y[:n], target[:n], target[n:], y[2 * n :]


def noisy(X, epsilon, kind=Moments, row_norm=None):
    d = X.shape[1]
    row_norm = 1.5 * d**0.5 if row_norm is None else row_norm
    state = kind.empty(d, arithmetic="exact", bits=16, row_norm=row_norm).update(X)
    return privatize(state, PrivacyBudget(epsilon, 1e-6))


def case(n, d, epsilon, shift, seed):
    """Verdict, and what adapting by noisy moments adds to the accuracy."""
    S, y, T, X_test, y_test = two_markets(n, d, shift, seed)
    states = {1: noisy(S, epsilon), -1: noisy(T, epsilon)}
    mapped = CORAL(reg=0.0).fit_from_state(states).transform(S, np.ones(n, dtype=int))
    with_noise = RidgeClassifier().fit(mapped, y).score(X_test, y_test)
    without = RidgeClassifier().fit(S, y).score(X_test, y_test)
    return noise_gate(states, on_refusal="ignore").accepted, with_noise - without


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:CORAL:UserWarning")  # of what is refused
def test_nothing_accepted_ends_worse_than_no_adaptation():
    # other rows, columns, epsilons, shifts and seeds than the limits were chosen on
    n_accepted = n_harmful = 0
    for n, d, epsilon, shift in (
        (n, d, epsilon, shift)
        for n in (500, 2000)
        for d in (8, 30)
        for epsilon in (0.7, 2.0, 5.0)
        for shift in (0.0, 0.2, 0.6)
    ):
        found = np.array([case(n, d, epsilon, shift, 100 + s) for s in range(4)])
        gain, error = found[:, 1].mean(), found[:, 1].std(ddof=1) / 2
        if found[:, 0].mean() >= 0.5:
            n_accepted += 1
            assert gain > -2 * error - 1e-12, (n, d, epsilon, shift)
        n_harmful += gain < -2 * error
    assert n_accepted >= 5  # refusing everything is no gate
    assert n_harmful >= 5  # and there is something to refuse


def test_equal_domains_are_refused(rng):
    X = rng.normal(size=(4000, 5))
    states = {1: noisy(X[:2000], 8.0), -1: noisy(X[2000:], 8.0)}
    with pytest.warns(UserWarning, match="distance of the domains"):
        verdict = noise_gate(states)
    assert not verdict.accepted
    assert verdict.shift_ratio > 0.3
    apart = states | {1: noisy(2 * X[:2000] + 1, 8.0)}
    assert noise_gate(apart).accepted
    # one domain alone as source and target: there is no shift to compare
    assert np.isnan(noise_gate({0: states[1]}).shift_ratio)


def test_single_columns_have_a_gate_as_well(rng):
    X = rng.normal(size=(4000, 5))
    parts = [noisy(x, 8.0, ColumnMoments) for x in (X[:2000], X[2000:])]
    states = dict(zip((1, -1), parts, strict=True))
    assert not noise_gate(states, on_refusal="ignore").accepted
    assert noise_gate(states | {1: noisy(2 * X + 1, 8.0, ColumnMoments)}).accepted


def test_more_rows_or_more_epsilon_open_the_gate():
    few, many = np.eye(20), np.tile(np.eye(20), (3000, 1))
    for X, epsilon, opened in (
        (few, 1.0, False),
        (many, 1.0, True),
        (np.tile(few, (20, 1)), 0.3, False),
        (np.tile(few, (20, 1)), 30.0, True),
    ):
        verdict = noise_gate(noisy(X, epsilon, GramMoments, 1.0), on_refusal="ignore")
        assert verdict.accepted == opened
        assert (verdict.noise_ratio <= 1) == opened


@pytest.mark.parametrize("name", ["CORAL", "SubspaceAlignment", "DomainScaler"])
def test_mappers_warn_of_what_is_refused(name, rng):
    kind = ColumnMoments if name == "DomainScaler" else Moments
    X = rng.normal(size=(4000, 5))
    model = getattr(adaptation, name)()
    few = {1: noisy(X[:40], 1.0, kind), -1: noisy(X[:40] + 1, 1.0, kind)}
    with pytest.warns(UserWarning, match=f"{name}: The spectral norm") as caught:
        model.fit_from_state(few)
    assert caught[0].filename == __file__
    equal = {1: noisy(X[:2000], 8.0, kind), -1: noisy(X[2000:], 8.0, kind)}
    with pytest.warns(UserWarning, match=rf"{name}: Noise and chance make up \d+ %"):
        model.fit_from_state(equal)
    apart = equal | {1: noisy(2 * X + 1, 8.0, kind)}
    exact = {1: kind.empty(5).update(X[:2000]), -1: kind.empty(5).update(X[2000:])}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit_from_state(apart)
        model.fit_from_state(exact)  # nothing is said of states without noise
    assert hasattr(model, "class_shift_") == (name != "DomainScaler")


def test_noise_in_one_domain_alone(rng):
    X = rng.normal(size=(4000, 5))
    own = Moments.empty(5).update(X[:2000])
    near, far = noisy(X[2000:], 8.0), noisy(2 * X[2000:] + 1, 8.0)
    verdict = noise_gate({1: own, -1: near}, on_refusal="ignore")
    both = noise_gate({1: noisy(X[:2000], 8.0), -1: near}, on_refusal="ignore")
    assert not verdict.accepted
    assert verdict.noise_ratio == near.noise_ratio()
    assert verdict.shift_ratio > 0.3
    assert noise_gate({1: own, -1: far}).shift_ratio < 0.1
    assert both.noise_ratio >= verdict.noise_ratio
    nobody = Moments.empty(5)
    assert noise_gate({1: own, 2: nobody, -1: far}).accepted
    with pytest.warns(UserWarning, match="CORAL: Noise and chance"):
        CORAL().fit_from_state({1: own, -1: near})


@pytest.mark.parametrize("regressor", [False, True])
def test_ridge_warns_where_a_prior_is_likely_better(regressor, rng):
    X = rng.normal(size=(3000, 4))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    y = np.where(X[:, [0]] > 0, 1.0, -1.0)
    empty = PairMoments.empty((4, 1), arithmetic="exact", row_norm=(1.0, 1.0))
    few = privatize(empty.update(X[:30], y[:30]), PrivacyBudget(1.0, 1e-6))
    many = privatize(empty.update(X, y), PrivacyBudget(8.0, 1e-6))
    classes = () if regressor else ([0, 1],)
    kind = BiasedRidge if regressor else BiasedRidgeClassifier
    model = kind(prior=[1.0, 0.0, 0.0, 0.0])
    with pytest.warns(UserWarning, match=rf"{kind.__name__}: .*Spend more") as caught:
        model.fit_from_state(few, *classes)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit_from_state(many, *classes)
        kind().fit_from_state(few, *classes)  # has nothing to be worse than


def test_refusals_can_be_errors():
    state = noisy(np.eye(20), 1.0, GramMoments, 1.0)
    with pytest.raises(ValueError, match="Spend more of the budget"):
        noise_gate(state, on_refusal="raise")
    with pytest.raises(ValueError, match="on_refusal"):
        noise_gate(state, on_refusal="stop")
    for states in ({}, Moments.empty(2), {1: Moments.empty(2)}):
        with pytest.raises(ValueError, match="NoisyState"):
            noise_gate(states)
