"""TrAdaBoost: a round by hand, its vote, what it does to source rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sktransfer import TransferClassifier
from sktransfer.transfer.strategies import Boosting
from sktransfer.transfer.strategies._tradaboost import boosted_weights


def test_a_round_by_hand():
    w = np.ones(6)
    target = np.array([0, 0, 0, 0, 1, 1], bool)
    wrong = np.array([1, 0, 0, 0, 0, 1], bool)
    w = np.array([1.0, 1, 1, 1, 3, 1])
    got, vote = boosted_weights(w, wrong, target, n_estimators=8)
    # error of the target 1 / 4, so that beta_t = 1 / 3
    assert_allclose(vote, np.log(3))
    beta = 1 / (1 + np.sqrt(2 * np.log(4) / 8))
    expected = np.array([beta, 1, 1, 1, 3, 3])
    assert_allclose(got, expected * 6 / expected.sum())
    _, several = boosted_weights(w, wrong, target, 8, n_classes=4)
    assert_allclose(several, np.log(3) + np.log(3))


def test_an_error_of_none_counts_as_a_quarter_row():
    target = np.array([0, 1, 1], bool)
    got, vote = boosted_weights(np.ones(3), np.zeros(3, bool), target, 5)
    assert_allclose(got, 1)
    assert_allclose(vote, np.log(7))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_vote_is_weighted(rng, n_classes):
    X = rng.normal(size=(200, 3))
    y = np.array(list("abc"))[X[:, :n_classes].argmax(axis=1)]
    d = np.repeat([1, -1], 100)
    tree = DecisionTreeClassifier(max_depth=1, random_state=0)
    model = TransferClassifier(tree, strategy=Boosting(12), target_labels="use")
    model.fit(X, y, sample_domain=d)
    vote = model.model_
    assert len(vote.estimators_) == len(vote.votes_) == 6
    shares = np.zeros((200, n_classes))
    for member, weight in zip(vote.estimators_, vote.votes_):
        shares += weight * (member.predict(X)[:, None] == model.classes_)
    shares /= vote.votes_.sum()
    assert np.unique(shares.round(6)).size > 3  # the members disagree
    assert_array_equal(model.predict(X), model.classes_[shares.argmax(axis=1)])
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(
        p, np.maximum(shares, 1e-3) / np.maximum(shares, 1e-3).sum(1)[:, None]
    )
    assert_allclose(np.exp(model.predict_log_proba(X)), p)
    scores = shares if n_classes == 3 else shares[:, 1] - shares[:, 0]
    assert_allclose(model.decision_function(X), scores)


def test_source_rows_that_contradict_the_target_fade(rng):
    X = rng.normal(size=(300, 2))
    d = np.repeat([1, 2, -3], 100)
    y = np.where(X[:, 0] > 0, 1, 0)
    y[d == 2] = 1 - y[d == 2]
    model = TransferClassifier(
        DecisionTreeClassifier(max_depth=2, random_state=0),
        strategy="boost",
        target_labels="use",
    ).fit(X, y, sample_domain=d)
    assert model.score(X[d < 0], y[d < 0]) > 0.95
    assert (
        model.sample_weight_[d == 2].mean() < 0.5 * model.sample_weight_[d == 1].mean()
    )


def test_a_model_no_better_than_chance_ends_it():
    X = np.zeros((8, 1))
    y, d = np.array([0, 0, 0, 0, 1, 1, 1, 0]), np.repeat([1, -1], 4)
    tree = DecisionTreeClassifier()
    model = TransferClassifier(tree, strategy="boost", target_labels="use")
    model.fit(X, y, sample_domain=d)
    assert len(model.estimator_.estimators_) == 1
    assert model.predict(X).shape == (8,)


def test_weights_are_needed_and_may_not_all_be_zero(rng):
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 2
    d = np.repeat([1, -1], 10)
    model = TransferClassifier(
        KNeighborsClassifier(), strategy="boost", target_labels="use"
    )
    with pytest.raises(TypeError, match="KNeighborsClassifier cannot be weighted"):
        model.fit(X, y, sample_domain=d)
    model = TransferClassifier(strategy="boost", target_labels="use")
    with pytest.raises(ValueError, match="positive weight; all 10 have weight 0"):
        model.fit(X, y, sample_domain=d, sample_weight=(d > 0).astype(float))


def test_one_round_is_the_estimator(rng):
    X, y = rng.normal(size=(40, 2)), rng.integers(2, size=40)
    d = np.repeat([1, -1], 20)
    model = TransferClassifier(strategy=Boosting(1), target_labels="use")
    model.fit(X, y, sample_domain=d)
    plain = LogisticRegression(max_iter=1000).fit(X, y)
    assert_array_equal(model.predict(X), plain.predict(X))


def test_weights_of_rows_are_numbers_of_them(rng):
    X = rng.normal(size=(160, 2))
    d = np.repeat([1, -1], [120, 40])
    y = np.where(X[:, 0] + np.where(d > 0, 0, X[:, 1]) > 0, 1, 0)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0)
    w = rng.integers(0, 3, 160)
    rows = np.repeat(np.arange(160), w)
    model = TransferClassifier(tree, strategy=Boosting(15), target_labels="use")
    one = model.fit(X, y, sample_domain=d, sample_weight=w).decision_function(X)
    votes = model.model_.votes_
    two = model.fit(X[rows], y[rows], sample_domain=d[rows]).decision_function(X)
    assert np.unique(np.round(one, 6)).size > 2  # the models of the vote differ
    assert_allclose(votes, model.model_.votes_)
    assert_allclose(one, two)
