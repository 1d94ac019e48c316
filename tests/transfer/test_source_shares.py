"""Several sources: shares of a mixture, by labels and without."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge

from sktransfer import TransferClassifier
from sktransfer.transfer import TransferRegressor
from sktransfer.transfer._source_shares import (
    label_likelihood,
    mixture_shares,
    row_likelihood,
    size_shares,
    source_factors,
)


def test_shares_of_sources_that_never_overlap_are_counts():
    likelihood = np.repeat(np.eye(2), [30, 10], axis=0)
    shares = mixture_shares(likelihood, np.array([0.5, 0.5]))
    assert_allclose(shares, [31 / 42, 11 / 42], atol=1e-5)
    weight = np.repeat([1.0, 3.0], [30, 10])
    shares = mixture_shares(likelihood, np.array([0.5, 0.5]), weight)
    assert_allclose(shares, [31 / 62, 31 / 62], atol=1e-5)


def test_rows_that_do_not_tell_sources_apart_leave_the_prior():
    prior = np.array([0.7, 0.2, 0.1])
    assert_allclose(mixture_shares(np.ones((50, 3)), prior), prior, atol=1e-12)


def test_shares_of_a_known_mixture_are_found(rng):
    d = np.repeat([1, 2, -3], [500, 1000, 800])
    X = rng.normal(size=(2300, 2)) + np.where(d == 1, 2, -2)[:, None]
    X[1500:1700] += 4  # a quarter of the target is like the first source
    shares = mixture_shares(row_likelihood(X, d), size_shares(d))
    assert_allclose(shares, [0.25, 0.75], atol=0.02)


def test_factors_give_the_shares_and_keep_the_mean():
    d = np.array([5, 5, 5, 2, -1])
    factors = source_factors(np.array([0.5, 0.5]), d)
    assert_allclose(factors, [2 / 3, 2 / 3, 2 / 3, 2, 1])


@pytest.fixture
def good_and_bad(rng):
    """Two sources of the same rows: one agrees with the target, one contradicts it."""
    X = rng.normal(size=(320, 3))
    d = np.repeat([4, 9, -2], [100, 100, 120])
    y = np.where((X[:, 0] > 0) != (d == 4), "a", "b").astype(object)
    y[240:] = None
    return X, y, d


@pytest.mark.parametrize("strategy", ["pool", "augment", "fine_tune", "self_train"])
def test_labels_tell_which_source_serves(good_and_bad, strategy):
    X, y, d = good_and_bad
    model = TransferClassifier(
        strategy=strategy, target_labels="use", source_shares="target"
    ).fit(X, y, sample_domain=d)
    assert model.source_shares_[1] > 0.9
    assert model.sample_weight_[d == 9].mean() > 9 * model.sample_weight_[d == 4].mean()
    assert model.score(X[240:], np.where(X[240:, 0] > 0, "a", "b")) > 0.9


def test_likeness_tells_where_there_are_no_labels(good_and_bad):
    X, y, d = good_and_bad
    X = X + 3.0 * (d == 4)[:, None]
    model = TransferClassifier(source_shares="target").fit(X, y, sample_domain=d)
    assert model.source_shares_[1] > 0.95
    w = np.where(d == 9, model.source_shares_[1], model.source_shares_[0]) * 2
    plain = LogisticRegression(max_iter=1000)
    plain.fit(X[d > 0], y[d > 0].astype(str), sample_weight=w[d > 0])
    assert_allclose(model.decision_function(X), plain.decision_function(X))


def test_a_source_of_one_class_or_of_other_classes_has_a_likelihood(rng):
    X = rng.normal(size=(60, 2))
    d = np.repeat([1, 2, 3, -1], 15)
    y = np.array(list("aaaaabbbbbaaaaaaaaaaaaaaaaaaaabbbbbccccccccccabcabcabcabcabc"))
    p = label_likelihood(LogisticRegression(), X, y, d, None)
    assert p.shape == (15, 3)
    assert_allclose(p[:, 1], np.where(y[45:] == "a", 1, 1e-3))
    assert np.all((p > 0) & (p <= 1))
    w = label_likelihood(LogisticRegression(), X, y, d, np.ones(60))
    assert_allclose(w, p)


def test_one_source_or_no_target_has_no_shares(good_and_bad):
    X, y, d = good_and_bad
    y = y.copy()
    y[240:] = "a"
    for domain in (None, np.abs(d), np.where(d > 0, 1, -1)):
        model = TransferClassifier(source_shares="target")
        model.fit(X, y, sample_domain=domain)
        assert model.source_shares_ is None
        assert_array_equal(np.unique(model.sample_weight_)[-1:], 1)


def test_ratings_tell_which_source_serves(good_and_bad, rng):
    X, _, d = good_and_bad
    y = np.where(d == 4, -X[:, 0], X[:, 0]) + 0.1 * rng.normal(size=d.size)
    y[240:] = np.nan
    model = TransferRegressor(Ridge(), target_labels="use", source_shares="target")
    w = rng.uniform(0.5, 1.5, size=d.size)
    model.fit(X, y, sample_domain=d, sample_weight=w)
    assert model.source_shares_[1] > 0.95
    assert model.score(X[240:], X[240:, 0]) > 0.9
