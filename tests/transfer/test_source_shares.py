"""Several sources: shares of a mixture, by labels and without."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge

from sktransfer import TransferClassifier
from sktransfer.transfer import TransferRegressor


def shares_of(X, y, d, estimator=None, **fit):
    model = TransferClassifier(
        estimator, target_labels="use", source_shares="target"
    ).fit(X, y, sample_domain=d, **fit)
    return model


def test_shares_of_sources_that_never_overlap_are_counts():
    # sources of one class each, and a target of 30 rows like the one and 10 like the
    # other; with one row each from what they were
    d = np.repeat([1, 2, -3], [20, 20, 40])
    y = np.repeat(["a", "b", "a", "b"], [20, 20, 30, 10])
    X = np.zeros((80, 1))
    assert_allclose(shares_of(X, y, d).source_shares_, [31 / 42, 11 / 42], atol=1e-3)
    weight = np.repeat([1.0, 1.0, 3.0], [40, 30, 10])
    model = shares_of(X, y, d, sample_weight=weight)
    assert_allclose(model.source_shares_, [31 / 62, 31 / 62], atol=1e-3)


def test_rows_that_do_not_tell_sources_apart_leave_the_prior(rng):
    d = np.repeat([1, 2, 3, -1], [70, 20, 10, 50])
    y = np.arange(150) % 2
    model = shares_of(np.zeros((150, 1)), y, d)
    assert_allclose(model.source_shares_, [0.7, 0.2, 0.1], atol=1e-6)
    assert_allclose(model.sample_weight_, 1, atol=1e-5)


def test_shares_of_a_known_mixture_are_found(rng):
    d = np.repeat([1, 2, -3], [500, 1000, 800])
    X = rng.normal(size=(2300, 2)) + np.where(d == 1, 2, -2)[:, None]
    X[1500:1700] += 4  # a quarter of the target is like the first source
    y = np.where(d > 0, np.arange(2300) % 2, -1)
    model = TransferClassifier(source_shares="target").fit(X, y, sample_domain=d)
    assert_allclose(model.source_shares_, [0.25, 0.75], atol=0.02)
    # factors give the shares
    w = model.sample_weight_
    assert_allclose(w[d == 1], 3 * model.source_shares_[0])
    assert_allclose(w[d == 2], 1.5 * model.source_shares_[1])


def test_shares_of_sources_that_overlap_do_not_follow_their_sizes(rng):
    d = np.repeat([1, 2, -3], [500, 4000, 3000])
    X = rng.normal(size=(7500, 2)) + np.where(d == 1, 0.8, -0.8)[:, None]
    X[4500:6000] += 1.6  # half of the target is like the small source
    y = np.where(d > 0, np.arange(7500) % 2, -1)
    model = TransferClassifier(source_shares="target").fit(X, y, sample_domain=d)
    assert_allclose(model.source_shares_, [0.5, 0.5], atol=0.03)


def test_a_label_that_a_source_has_not_rules_it_out_by_a_thousandth():
    # one target row of a class that the first source alone knows: the shares s of
    # s = ((s p) / (s p + (1 - s) q) + 2 / 2) / (1 + 2) with p = 1 and q = 1 / 1000
    d = np.repeat([1, 2, -3], [10, 10, 1])
    y = np.repeat(["a", "b", "a"], [10, 10, 1])
    s = 0.5
    for _ in range(200):
        s = (s / (s + (1 - s) / 1000) + 1) / 3
    found = shares_of(np.zeros((21, 1)), y, d).source_shares_
    assert_allclose(found, [s, 1 - s], atol=1e-5)


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


def test_a_source_of_one_class_or_of_other_classes_has_a_share(rng):
    X = rng.normal(size=(60, 2))
    d = np.repeat([1, 2, 3, -1], 15)
    y = np.array(list("aaaaabbbbbaaaaaaaaaaaaaaaaaaaabbbbbccccccccccabcabcabcabcabc"))
    found = shares_of(X, y, d)
    assert_allclose(found.source_shares_.sum(), 1)
    assert (found.source_shares_ > 0.1).all()
    weighted = shares_of(X, y, d, sample_weight=np.ones(60))
    assert_allclose(weighted.source_shares_, found.source_shares_)


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
