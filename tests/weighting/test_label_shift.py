import numpy as np
import pytest
from gaussian_classes import mixture
from numpy.testing import assert_allclose

from sktransfer.weighting.label_shift._class_share_estimates import (
    black_box_shares,
    calibrated_em_shares,
    class_separation,
    share_interval,
)

BOTH = [black_box_shares, calibrated_em_shares]


def test_black_box_by_hand():
    # right in 3 of 4 rows of either class; 5 of 8 target rows predicted as class 1:
    # 5/8 = 1/4 (1 - q) + 3/4 q, so q = 3/4
    source = np.eye(2)[[0, 0, 0, 1, 1, 1, 1, 0]]
    codes = np.repeat([0, 1], 4)
    target = np.eye(2)[[0, 0, 0, 1, 1, 1, 1, 1]]
    estimate = black_box_shares(source, codes, target)
    assert_allclose(estimate.shares, [0.25, 0.75], atol=1e-7)
    # variance: (var_t + q^2 var_1 + (1-q)^2 var_0) / (1/2)^2, with sample variances
    var_t = 15 / 64 / 7
    var_c = 3 / 16 / 3
    expected = (var_t + (9 / 16 + 1 / 16) * var_c) / 0.25
    assert_allclose(np.diag(estimate.covariance), expected)


def test_black_box_stays_inside_the_simplex():
    source = np.eye(2)[[0, 0, 1, 1, 1, 0]]
    estimate = black_box_shares(source, np.repeat([0, 1], 3), np.eye(2)[[1, 1, 1]])
    assert_allclose(estimate.shares, [0, 1], atol=1e-9)


def test_em_with_certain_probabilities_counts_rows():
    source = np.eye(3)[np.repeat([0, 1, 2], [20, 30, 50])]
    target = np.eye(3)[[0, 0, 1, 2, 2, 2]]
    estimate = calibrated_em_shares(source, source.argmax(axis=1), target)
    assert_allclose(estimate.shares, [2 / 6, 1 / 6, 3 / 6], atol=1e-9)
    # a multinomial: cov = (diag(q) - q q') / (n - 1)
    q = estimate.shares
    assert_allclose(estimate.covariance, (np.diag(q) - np.outer(q, q)) / 5, atol=1e-9)


def test_separation_by_hand():
    codes = np.array([0, 1, 2])
    assert class_separation(np.eye(3), codes) == pytest.approx(1)
    # the models take classes 1 and 2 for each other
    assert class_separation(np.eye(3)[[0, 1, 1]], codes) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_the_shares_are_found(estimator, sharpness, rng):
    truth = np.array([0.1, 0.3, 0.6])
    codes, P = mixture(rng, [0.4, 0.3, 0.3], 6000, sharpness=sharpness)
    _, Q = mixture(rng, truth, 6000, sharpness=sharpness)
    estimate = estimator(P, codes, Q)
    assert_allclose(estimate.shares, truth, atol=0.05)
    assert estimate.shares.sum() == pytest.approx(1)
    error = np.sqrt(np.diag(estimate.covariance))
    assert np.all(np.abs(estimate.shares - truth) < 4 * error)
    assert error.max() < 0.03


@pytest.mark.parametrize("estimator", BOTH)
def test_the_same_rows_have_the_same_shares(estimator, rng):
    codes, P = mixture(rng, [0.2, 0.8], 500)
    assert_allclose(estimator(P, codes, P).shares, np.bincount(codes) / 500, atol=2e-3)


@pytest.mark.parametrize("estimator", BOTH)
def test_order_of_rows_and_names_of_classes_do_not_matter(estimator, rng):
    codes, P = mixture(rng, [0.4, 0.3, 0.3], 300)
    _, Q = mixture(rng, [0.1, 0.3, 0.6], 200)
    one = estimator(P, codes, Q)
    rows, swap = rng.permutation(300), np.array([2, 0, 1])
    two = estimator(P[rows][:, swap], np.argsort(swap)[codes[rows]], Q[::-1][:, swap])
    assert_allclose(two.shares, one.shares[swap], atol=1e-5)
    assert_allclose(two.covariance, one.covariance[np.ix_(swap, swap)], atol=1e-5)


@pytest.mark.parametrize("estimator", BOTH)
def test_intervals_cover_the_truth_as_often_as_they_say(estimator, rng):
    truth, covered, errors, found = np.array([0.25, 0.75]), 0, [], []
    for _ in range(200):
        codes, P = mixture(rng, [0.5, 0.5], 200, separation=1.0)
        _, Q = mixture(rng, truth, 400, separation=1.0)
        estimate = estimator(P, codes, Q)
        interval = share_interval(estimate, 0.9)
        covered += interval[0, 0] <= truth[0] <= interval[0, 1]
        errors.append(np.sqrt(estimate.covariance[0, 0]))
        found.append(estimate.shares[0])
    assert 166 <= covered <= 194  # 180, and 3.3 standard deviations
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.2)


def test_intervals_widen_with_the_level(rng):
    codes, P = mixture(rng, [0.5, 0.5], 200)
    estimate = black_box_shares(P, codes, P[:50])
    narrow, wide = share_interval(estimate, 0.5), share_interval(estimate, 0.99)
    assert np.all(wide[:, 0] < narrow[:, 0])
    assert np.all(wide[:, 1] > narrow[:, 1])
    assert wide.min() >= 0
    assert wide.max() <= 1


@pytest.mark.parametrize("estimator", BOTH)
def test_copies_of_one_model_are_one_model(estimator, rng):
    codes, P = mixture(rng, [0.4, 0.6], 200)
    _, Q = mixture(rng, [0.1, 0.9], 100)
    one, two = estimator(P, codes, Q), estimator(P, codes, np.stack([Q, Q, Q]))
    assert_allclose(two.shares, one.shares, atol=1e-6)
    assert_allclose(two.covariance, one.covariance, atol=1e-6)


@pytest.mark.parametrize("estimator", BOTH)
def test_predictions_that_say_nothing_have_a_wide_interval(estimator, rng):
    codes = rng.integers(0, 2, 200)
    P, Q = rng.uniform(0.45, 0.55, (200, 1)), rng.uniform(0.45, 0.55, (100, 1))
    estimate = estimator(np.hstack([P, 1 - P]), codes, np.hstack([Q, 1 - Q]))
    interval = share_interval(estimate)
    assert np.all(np.isfinite(interval))
    assert np.all(interval[:, 1] - interval[:, 0] > 0.3)


@pytest.mark.parametrize("estimator", BOTH)
def test_constant_predictions_give_finite_shares(estimator):
    P = np.full((6, 2), 0.5)
    estimate = estimator(P, np.array([0, 0, 0, 1, 1, 1]), P)
    assert np.all(np.isfinite(estimate.shares))
    assert np.all(np.isfinite(share_interval(estimate)))
    assert class_separation(P, np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(0)


def test_columns_must_agree(rng):
    with pytest.raises(ValueError, match="same outputs"):
        black_box_shares(np.eye(3), np.arange(3), np.eye(2))
