"""Mean matching: KMM in the columns at hand, from the target's mean alone."""

import numpy as np
import pytest
from matching_reference import by_quadprog, objective
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from sklearn.kernel_approximation import RBFSampler
from sklearn.pipeline import make_pipeline

from sktransfer.moments import ColumnMoments, GramMoments, Moments
from sktransfer.privacy import PrivacyBudget, privatize
from sktransfer.weighting import KMMInstanceWeighter, MeanMatchingInstanceWeighter

EXACT = MeanMatchingInstanceWeighter(tol=1e-9)


@pytest.fixture
def domains(rng):
    source, target = rng.normal(size=(80, 3)), rng.normal(size=(60, 3)) + [1, 0, 0]
    return source, target, np.repeat([1, -1], [80, 60])


@pytest.mark.parametrize("eps", [None, 0.0])
def test_equals_kmm_with_the_linear_kernel(eps, domains):
    source, target, d = domains
    X = np.vstack([source, target])
    ours = clone(EXACT).set_params(eps=eps).fit(X, sample_domain=d)
    kmm = KMMInstanceWeighter(kernel="linear", eps=eps, tol=1e-9)
    kmm.fit(X, sample_domain=d)
    # the weights need not be unique, the mean that they reach is
    for w in (ours.weights_, kmm.weights_):
        assert_allclose(w[d > 0].mean(), 1)
        assert w.max() <= 10
    reached = [w[d > 0] @ source / 80 for w in (ours.weights_, kmm.weights_)]
    assert_allclose(*reached, atol=1e-3)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("eps", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("B", [1.2, 2.0, 100.0])
def test_solves_the_stated_problem(B, eps, center, form, domains):
    source, target, _ = domains
    source, target = source + [0, 1, 0], target + [0, 1, 0]
    weighter = clone(EXACT).set_params(B=B, eps=eps, center=center, max_iter=50_000)
    state = ColumnMoments.empty(3).update(target)
    w = weighter.fit_from_state(form(source), state).weights_
    assert w.mean() == pytest.approx(1)
    assert 0 <= w.min() <= w.max() <= B
    mean = target.mean(axis=0)
    if center:  # and the mean of beta is held
        source, mean, eps = source - mean, 0 * mean, 0.0
    K, kappa = source @ source.T, 80 * (source @ mean)
    # of all multiples of the weights the best within eps
    beta = w * np.clip(kappa @ w / (w @ K @ w), 1 - eps, 1 + eps)
    minimum = objective(by_quadprog(K, kappa, B, eps), K, kappa)
    scale = max(abs(minimum), np.trace(K) / 2)
    assert abs(objective(beta, K, kappa) - minimum) <= 2e-9 * scale


@pytest.mark.parametrize("kind", [ColumnMoments, Moments])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_mean_of_the_target_is_all_it_needs(domains, kind, form):
    source, target, d = domains
    whole = clone(EXACT).fit(np.vstack([source, target]), sample_domain=d)
    state = kind.empty(3).update(target[:20]).merge(kind.empty(3).update(target[20:]))
    elsewhere = clone(EXACT).fit_from_state(form(source), state)
    assert_allclose(elsewhere.weights_, whole.weights_[d > 0], atol=1e-4)
    assert elsewhere.n_features_in_ == 3
    assert_allclose(elsewhere.weights_ @ source / 80, target.mean(0), atol=1e-3)


@pytest.mark.parametrize("B", [1.5, 10.0])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_flag_gets_the_share_of_the_target(share, B):
    flag = np.repeat([0.0, 1], 100)
    X, d = (
        np.r_[flag, np.arange(100) < 100 * share][:, None],
        np.repeat([1, -1], [200, 100]),
    )
    w = clone(EXACT).set_params(B=B).fit(X, sample_domain=d).weights_[d > 0]
    near = np.clip(share, 1 - B / 2, B / 2)
    assert_allclose(w, np.where(flag, 2 * near, 2 - 2 * near), atol=1e-3)
    # the mean of beta, where it is free, is divided out of the share
    kmm = KMMInstanceWeighter(kernel="linear", B=10.0, tol=1e-9).fit(X, sample_domain=d)
    free = clone(EXACT).set_params(eps=None).fit(X, sample_domain=d)
    for w in kmm.weights_[d > 0], free.weights_[d > 0]:
        assert w @ flag / 200 == pytest.approx(share / kmm.mass_, rel=1e-3)
    assert kmm.mass_ == pytest.approx(1) if share == 0.5 else abs(kmm.mass_ - 1) > 0.1


def test_a_feature_map_makes_it_a_kernel(rng):
    source, target = rng.normal(size=(300, 1)), rng.normal(size=(300, 1)) * 0.4
    X, d = np.vstack([source, target]), np.repeat([1, -1], 300)
    features = RBFSampler(n_components=200, random_state=0)
    weighter = make_pipeline(features, clone(EXACT))
    w = weighter.fit(X, meanmatchinginstanceweighter__sample_domain=d)[-1].weights_
    near, far = np.abs(source[:, 0]) < 0.5, np.abs(source[:, 0]) > 1.5
    assert w[:300][near].mean() > 3 * w[:300][far].mean()


def test_chunks_of_the_target_and_then_the_source(domains):
    source, target, d = domains
    whole = clone(EXACT).fit(np.vstack([source, target]), sample_domain=d)
    chunked = clone(EXACT)
    for part in np.array_split(target, 4):
        chunked.partial_fit(part, sample_domain=np.repeat(-1, len(part)))
        assert (chunked.weights_ == 1).all()
    chunked.partial_fit(source, sample_domain=np.repeat(1, 80))
    assert_allclose(chunked.weights_, whole.weights_[d > 0], atol=1e-4)
    assert chunked.state_.n_rows == whole.state_.n_rows == 60
    assert_allclose(chunked.state_.mean, target.mean(0))
    again = clone(EXACT).fit_from_state(source, chunked.state_)
    assert_allclose(again.weights_, chunked.weights_)
    assert again.state_ is chunked.state_
    # without domains rows are both
    assert (clone(EXACT).partial_fit(source).weights_ == 1).all()
    with pytest.raises(ValueError, match="no target row has come yet"):
        clone(EXACT).partial_fit(source, sample_domain=np.repeat(1, 80))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_centred_weights_know_no_offset(domains, form):
    source, target, _ = domains
    weighter = clone(EXACT).set_params(center=True)
    state = ColumnMoments.empty(3).update(target)
    w = weighter.fit_from_state(form(source), state).weights_
    assert_allclose(w @ source / 80, target.mean(0), atol=1e-3)  # it is met
    assert w.max() <= 10
    far = ColumnMoments.empty(3).update(target + 1e6)
    moved = weighter.fit_from_state(form(source + 1e6), far).weights_
    assert_allclose(moved @ source / 80, target.mean(0), atol=1e-3)
    with pytest.warns(UserWarning, match=r"times as far from 0 .* Set center=True"):
        clone(EXACT).fit_from_state(form(source + 1e6), far)
    same = weighter.fit_from_state(
        form(np.ones((5, 3))), far.blank().update(np.ones((2, 3)))
    )
    assert (same.weights_ == 1).all()


def test_noisy_and_exact_means(domains):
    source, target, _ = domains
    empty = ColumnMoments.empty(3, arithmetic="exact", row_norm=4.0)
    exact = empty.update(np.repeat(target, 200, axis=0))
    noisy = privatize(exact, PrivacyBudget(3.0, 1e-6))
    weights = [clone(EXACT).fit_from_state(source, s).weights_ for s in (exact, noisy)]
    reached = [w @ source / 80 for w in weights]
    assert_allclose(*reached, atol=0.1)


def test_messages(domains):
    source, target, _ = domains
    with pytest.raises(ValueError, match="ColumnMoments or Moments; got GramMoments"):
        clone(EXACT).fit_from_state(source, GramMoments.empty(3).update(target))
    with pytest.raises(ValueError, match="over the 3 columns of X; got total weight 0"):
        clone(EXACT).fit_from_state(source, ColumnMoments.empty(3))
    state = ColumnMoments.empty(2).update(target[:, :2])
    with pytest.raises(ValueError, match="and 2 columns"):
        clone(EXACT).fit_from_state(source, state)
    with pytest.raises(ValueError, match="B"):
        clone(EXACT).set_params(B=0.5).fit_from_state(source, state)
