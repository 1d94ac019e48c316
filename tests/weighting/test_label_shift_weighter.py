import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sktransfer.transfer import TransferClassifier
from sktransfer.weighting import (
    DiscriminatorInstanceWeighter,
    LabelShiftInstanceWeighter,
)

METHODS = ["em", "black_box"]


def label_shift(
    rng, shares=(0.5, 0.5), target=(0.2, 0.8), n=800, separation=2.0, moved=0.0
):
    """Gaussian classes around the axes, in other shares in the target."""
    k = len(shares)
    y = np.r_[rng.choice(k, n, p=shares), rng.choice(k, n, p=target)]
    y[:k] = np.arange(k)
    X = separation * np.eye(k)[y] + rng.normal(size=(2 * n, k))
    X[n:] += moved
    return X, np.array(["bad", "fair", "good"])[y], np.repeat([1, -1], n)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shares", "target"),
    [((0.5, 0.5), (0.2, 0.8)), ((0.4, 0.3, 0.3), (0.1, 0.6, 0.3))],
)
def test_the_shares_of_the_target_are_found(method, shares, target):
    # one draw in a hundred is in doubt (test_no_doubt_and_no_warning_in_most_draws)
    X, y, d = label_shift(np.random.default_rng(1), shares, target)
    w = LabelShiftInstanceWeighter(method=method).fit(X, y, sample_domain=d)
    assert_allclose(w.target_shares_, target, atol=0.05)
    low, high = w.confidence_interval_.T
    assert np.all((low <= target) & (np.array(target) <= high))
    assert np.all(high - low < 0.15)
    assert w.identifiable_
    assert w.doubts_ == []
    assert w.separation_ > 0.5
    assert w.fit_p_value_ > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_weights_are_the_ratio_of_the_shares(method, rng):
    X, y, d = label_shift(rng)
    w = LabelShiftInstanceWeighter(method=method, flatten=None)
    w.fit(X, y, sample_domain=d)
    ratio = w.target_shares_ / w.source_shares_
    codes = np.searchsorted(w.classes_, y[d > 0])
    assert_allclose(w.weights_[d > 0], ratio[codes])
    shares = np.bincount(codes, weights=w.weights_[d > 0]) / (d > 0).sum()
    assert_allclose(shares, w.target_shares_)


def test_the_classifier_gains_from_it(rng):
    X, y, d = label_shift(rng, target=(0.05, 0.95), separation=1.2)
    plain = TransferClassifier(LogisticRegression()).fit(X, y, sample_domain=d)
    model = TransferClassifier(
        LogisticRegression(), weighter=LabelShiftInstanceWeighter()
    ).fit(X, y, sample_domain=d)
    target = d < 0
    gain = model.score(X[target], y[target]) - plain.score(X[target], y[target])
    assert gain > 0.05


def test_without_shift_the_weights_are_near_one(rng):
    X, y, d = label_shift(rng, target=(0.5, 0.5))
    w = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
    assert_allclose(w.weights_, 1, atol=0.12)
    assert w.identifiable_


def test_a_classifier_less_sure_than_it_should_be_gets_milder_weights():
    # log-odds shrunk by regularisation: the full ratio shifts the border too far
    rng = np.random.default_rng(3)
    X, y, d = label_shift(rng, target=(0.3, 0.7), n=2000, separation=1.5)
    target, shy = d < 0, LogisticRegression(C=1e-3)
    score = {}
    for flatten in (0, None, "auto"):
        weighter = LabelShiftInstanceWeighter(shy, flatten=flatten)
        model = TransferClassifier(shy, weighter=weighter).fit(X, y, sample_domain=d)
        score[flatten] = model.score(X[target], y[target])
    assert model.weighter_.temperature_ > 2
    assert model.weighter_.flatten_ == 1 / model.weighter_.temperature_
    assert score["auto"] > score[0]
    assert score["auto"] > score[None] + 0.03


def test_a_classifier_too_sure_of_itself_gets_the_ratio(rng):
    X, y, d = label_shift(rng)
    X = np.c_[X, rng.normal(size=(1600, 200))]
    w = LabelShiftInstanceWeighter(LogisticRegression(C=1e4)).fit(X, y, sample_domain=d)
    assert w.temperature_ < 1
    assert w.flatten_ == 1


@pytest.mark.parametrize("estimator", [GaussianNB(), LinearSVC()])
def test_any_classifier_with_scores_will_do(estimator, rng):
    X, y, d = label_shift(rng)
    w = LabelShiftInstanceWeighter(estimator).fit(X, y, sample_domain=d)
    assert_allclose(w.target_shares_, [0.2, 0.8], atol=0.05)


# ------------------------------------------------------------------------ composition


def test_another_weighter_s_weights_are_multiplied(rng):
    X, y, d = label_shift(rng)
    inner = DiscriminatorInstanceWeighter(flatten=0.3)
    w = LabelShiftInstanceWeighter(weighter=inner, flatten=None)
    w.fit(X, y, sample_domain=d)
    alone = DiscriminatorInstanceWeighter(flatten=0.3).fit(X, sample_domain=d)
    assert_array_equal(w.weighter_.weights_, alone.weights_)
    # inside a class the weights are those of the other weighter, up to a factor ...
    factor = (w.weights_ / alone.weights_)[d > 0]
    for c in w.classes_:
        of_class = factor[y[d > 0] == c]
        assert_allclose(of_class, of_class[0])
    # ... and the classes have the estimated shares
    codes = np.searchsorted(w.classes_, y[d > 0])
    shares = np.bincount(codes, weights=w.weights_[d > 0]) / (d > 0).sum()
    assert_allclose(shares, w.target_shares_)


def test_in_doubt_the_other_weighter_s_weights_stay(rng):
    X, y, d = label_shift(rng, separation=0.0)
    inner = DiscriminatorInstanceWeighter(flatten=0.3)
    w = in_doubt("hardly tell some classes apart", X, y, d, weighter=inner)
    assert_array_equal(w.weights_, inner.fit(X, sample_domain=d).weights_)
    assert w.flatten_ == 1


class OnlyTheFirst(BaseEstimator):
    """Keeps one source row."""

    def fit(self, X, y=None, sample_domain=None):
        self.weights_ = np.where(np.arange(len(X)) == 0, 800.0, 0.0)
        return self


@pytest.mark.filterwarnings("ignore:The 800 source rows")
@pytest.mark.parametrize("label", [None, "bad"])
def test_weights_stay_finite_where_the_other_weighter_drops_classes(label, rng):
    X, y, d = label_shift(rng)
    y = y.astype(object)
    y[0] = label
    w = LabelShiftInstanceWeighter(weighter=OnlyTheFirst()).fit(X, y, sample_domain=d)
    assert w.weights_[0] == pytest.approx(800)
    assert_array_equal(w.weights_[1:800], 0)


def test_ratios_by_hand_where_a_label_is_missing(rng):
    X, y, d = label_shift(rng, n=400)
    y = y.astype(object)
    y[3] = None
    w = LabelShiftInstanceWeighter(flatten=None).fit(X, y, sample_domain=d)
    raw = np.ones(400)
    for label, share in zip(w.classes_, w.target_shares_):
        own = y[:400] == label
        raw[own] = 399 * share / own.sum()  # of the labelled rows; the other stays
    assert_allclose(w.weights_[:400], raw, rtol=1e-10)


def test_source_rows_without_a_label_keep_the_weight_one(rng):
    X, y, d = label_shift(rng)
    y = y.astype(object)
    y[:50] = None
    w = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
    assert_allclose(w.weights_[:50], 1, rtol=0.01)
    assert_allclose(w.target_shares_, [0.2, 0.8], atol=0.05)


# --------------------------------------------------------------------- when in doubt


def in_doubt(match, X, y, d, **parameters):
    weighter = LabelShiftInstanceWeighter(**parameters)
    with pytest.warns(UserWarning, match=match) as caught:
        weighter.fit(X, y, sample_domain=d)
    assert __file__ in {c.filename for c in caught if match in str(c.message)}
    assert not weighter.identifiable_
    assert weighter.doubts_
    return weighter


def test_classes_that_look_alike_are_in_doubt(rng):
    X, y, d = label_shift(rng, separation=0.0)
    w = in_doubt("hardly tell some classes apart", X, y, d)
    assert_array_equal(w.weights_, 1)
    assert w.separation_ < 0.1


def test_a_wide_interval_is_in_doubt(rng):
    X, y, d = label_shift(rng, n=40, separation=1.5)
    w = in_doubt("may be anything from", X, y, d, max_width=0.05)
    assert np.ptp(w.confidence_interval_, axis=1).max() > 0.05


@pytest.mark.parametrize("method", METHODS)
def test_classes_that_changed_are_in_doubt(method, rng):
    X, y, d = label_shift(rng, target=(0.5, 0.5))
    X[d < 0] *= 0.4  # rows of the target are nearer to the border
    w = in_doubt("look different in the two domains", X, y, d, method=method)
    assert w.fit_p_value_ < 0.001
    assert w.fit_distance_ > 0.05
    assert_array_equal(w.weights_, 1)


def test_in_doubt_the_estimate_can_be_used_all_the_same(rng):
    X, y, d = label_shift(rng)
    X[d < 0] *= 0.4
    w = in_doubt("follow the estimate", X, y, d, when_unsure="estimate", flatten=None)
    ratio = w.target_shares_ / w.source_shares_
    codes = np.searchsorted(w.classes_, y[d > 0])
    assert_allclose(w.weights_[d > 0], ratio[codes])


def test_no_doubt_and_no_warning_in_most_draws(rng):
    sure = 0
    for _ in range(20):
        X, y, d = label_shift(rng, n=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            w = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
        sure += w.identifiable_
    assert sure >= 18


# ---------------------------------------------------------------------------- labels


def test_labels_may_be_of_any_type(rng):
    X, y, d = label_shift(rng)
    expected = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d).weights_
    code = (y == "fair").astype(int)
    masked = np.where(d > 0, code.astype(float), np.nan)
    for labels in (code, code.astype(bool), masked, (code + 5).tolist()):
        w = LabelShiftInstanceWeighter().fit(X, labels, sample_domain=d)
        assert_allclose(w.weights_, expected)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda y: None, "requires y to be passed"),
        (lambda y: y[:-1], "one label for each row"),
        (lambda y: np.linspace(0, 1, len(y)), "real numbers that are no integers"),
        (lambda y: np.full(len(y), "bad"), "at least two classes"),
        (lambda y: np.full(len(y), None), "at least two classes"),
    ],
)
def test_bad_labels_are_an_error(change, match, rng):
    X, y, d = label_shift(rng, n=30)
    with pytest.raises(ValueError, match=match):
        LabelShiftInstanceWeighter().fit(X, change(y), sample_domain=d)


def test_classes_of_one_row_give_finite_weights(rng):
    X, y, d = label_shift(rng, n=60)
    y[0] = "good"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w = LabelShiftInstanceWeighter(when_unsure="estimate")
        w.fit(X, y, sample_domain=d)
    assert w.classes_.size == 3
    assert np.isfinite(w.weights_).all()
    assert w.weights_[d > 0].mean() == pytest.approx(1)
