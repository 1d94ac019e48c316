"""Two-stage TrAdaBoost.R2: rounds and stages by hand."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from sktransfer.transfer import TransferRegressor
from sktransfer.transfer.strategies import Boosting
from sktransfer.transfer.strategies._tradaboost_r2 import r2_weights, stage_weights

TARGET = np.array([0, 0, 1, 1], bool)


def test_a_round_by_hand():
    w = np.full(4, 0.25)
    got, vote = r2_weights(w, np.array([0.0, 2.0, 1.0, 0.0]), TARGET)
    # relative errors 0, 1, 1/2, 0: 3/8 in all, beta = 3/5
    assert_allclose(vote, np.log(5 / 3))
    expected = np.array([1, 1, 0.6**0.5, 0.6])
    assert_allclose(got, expected / expected.sum())


def test_rounds_that_end_it():
    w = np.full(4, 0.25)
    assert r2_weights(w, np.ones(4), TARGET)[1] == 0
    assert r2_weights(w, np.zeros(4), TARGET)[1] == 30


def test_a_stage_by_hand():
    w = np.full(4, 0.25)
    got = stage_weights(w, np.array([2.0, 1.0, 0.0, 5.0]), TARGET, 0.8)
    assert_allclose(got[2:], 0.4)
    assert_allclose(got.sum(), 1)
    # source weights beta^(2/5) and beta^(1/5): their ratio is a root of beta
    ratio = got[0] / got[1]
    assert_allclose(got[1] / got[2], ratio)
    assert_allclose(ratio + ratio**2, 0.5)


def test_source_rows_without_error_fade_too():
    got = stage_weights(np.full(4, 0.25), np.array([0.0, 1.0, 1.0, 1.0]), TARGET, 0.9)
    assert_allclose(got[2:].sum(), 0.9)
    again = stage_weights(np.full(4, 0.25), np.zeros(4), TARGET, 0.9)
    assert_allclose(again, [0.05, 0.05, 0.45, 0.45])
    # a share that is there already changes nothing
    assert_allclose(stage_weights(got, np.ones(4), TARGET, 0.5), got)


def test_the_median_is_weighted(rng):
    X = rng.normal(size=(120, 2))
    y, d = X[:, 0] * X[:, 1], np.repeat([1, -1], 60)
    tree = DecisionTreeRegressor(max_depth=2, random_state=0)
    strategy = Boosting(7, n_stages=1)
    model = TransferRegressor(tree, strategy=strategy, target_labels="use")
    vote = model.fit(X, y, sample_domain=d).model_
    assert len(np.unique(vote.votes_)) > 2
    values = np.array([member.predict(X) for member in vote.estimators_])
    for found, own in zip(model.predict(X), values.T):
        # half of the votes, at least, are for no more and for no less
        assert vote.votes_[own <= found].sum() >= 0.5 * vote.votes_.sum()
        assert vote.votes_[own >= found].sum() >= 0.5 * vote.votes_.sum()
        assert found in own


def test_a_misleading_source_fades_out(rng):
    X = rng.normal(size=(260, 2))
    d = np.repeat([1, -1], [200, 60])
    y = np.where(d > 0, -X[:, 0], X[:, 0]) + 0.1 * rng.normal(size=260)
    known = np.where(np.arange(260) < 230, y, np.nan)
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    model = TransferRegressor(tree, strategy=Boosting(5), target_labels="use")
    model.fit(X, known, sample_domain=d)
    pooled = TransferRegressor(tree, target_labels="use").fit(X, known, sample_domain=d)
    assert model.score(X[230:], y[230:]) > 0.6 > pooled.score(X[230:], y[230:])
    shares = model.sample_weight_[d < 0].sum() / model.sample_weight_.sum()
    assert shares > 0.5


def test_one_target_row_keeps_the_first_stage(rng):
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    d = np.where(np.arange(20) == 19, -1, 1)
    strategy = Boosting(3, n_stages=4)
    model = TransferRegressor(Ridge(), strategy=strategy, target_labels="use")
    assert_allclose(model.fit(X, y, sample_domain=d).sample_weight_, 1)


def test_rows_of_weight_0_have_no_say_in_what_is_a_large_error():
    w, errors = np.full(4, 0.25), np.array([0.0, 2.0, 1.0, 0.0])
    more = np.append(w, 0.0), np.append(errors, 99.0), np.append(TARGET, False)
    expected, vote = r2_weights(w, errors, TARGET)
    got, same = r2_weights(*more)
    assert same == vote
    assert_allclose(got, np.append(expected, 0))
    staged = stage_weights(*more, 0.8)
    assert_allclose(staged, np.append(stage_weights(w, errors, TARGET, 0.8), 0))


def test_weights_of_rows_are_numbers_of_them(rng):
    X = rng.normal(size=(90, 2))
    d = np.repeat([1, -1], [60, 30])
    y = X[:, 0] + np.where(d > 0, X[:, 1], 0)
    tree = DecisionTreeRegressor(max_depth=2, random_state=0)
    model = TransferRegressor(
        tree, strategy=Boosting(6, n_stages=1), target_labels="use"
    )
    w = rng.integers(0, 3, 90)
    rows = np.repeat(np.arange(90), w)
    one = model.fit(X, y, sample_domain=d, sample_weight=w).predict(X)
    two = model.fit(X[rows], y[rows], sample_domain=d[rows]).predict(X)
    assert_allclose(one, two, atol=1e-8)
