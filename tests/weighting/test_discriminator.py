import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktransfer.weighting import DiscriminatorInstanceWeighter


def shifted(rng, n_source=600, n_target=600, n_features=2, shift=0.5):
    X = rng.normal(size=(n_source + n_target, n_features))
    X[n_source:] += shift
    d = np.repeat([1, -1], [n_source, n_target])
    return X, d, np.exp(shift * X[:n_source].sum(axis=1) - n_features * shift**2 / 2)


class Sure(ClassifierMixin, BaseEstimator):
    """The probability of the target is the first value of a row."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return (X[:, 0] > 0.5).astype(int)

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


def test_weights_are_the_odds_by_hand():
    X = np.array([0.8, 0.5, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5])[:, None]
    d = np.repeat([1, -1], 4)
    w = DiscriminatorInstanceWeighter(Sure(), cv=2, calibrate=False, flatten=None)
    w.fit(X, sample_domain=d)
    odds = np.array([4, 1, 1 / 4, 1])
    assert_allclose(w.weights_[:4], odds / odds.mean())


def test_certain_predictions_give_finite_weights():
    X = np.array([1.0, 0, 0, 1, 1, 0, 1, 1])[:, None]
    d = np.repeat([1, -1], 4)
    w = DiscriminatorInstanceWeighter(Sure(), cv=2, calibrate=False, flatten=None)
    w.fit(X, sample_domain=d)
    assert_allclose(w.weights_[:4], [2, 0, 0, 2], atol=1e-12)


@pytest.mark.parametrize("n_target", [150, 600, 2400])
def test_the_true_ratio_is_found_whatever_the_sizes(n_target, rng):
    # the log ratio of Gaussians of one covariance is linear: the model is right
    X, d, ratio = shifted(rng, 600, n_target)
    w = DiscriminatorInstanceWeighter(flatten=None).fit(X, sample_domain=d)
    found = w.weights_[d > 0]
    assert spearmanr(found, ratio)[0] > 0.97
    slope, start = np.polyfit(np.log(ratio), np.log(found), 1)
    assert slope == pytest.approx(1, abs=0.25)
    assert start == pytest.approx(0, abs=0.15)


def test_calibration_undoes_overconfidence(rng):
    X, d, ratio = shifted(rng, n_features=40, shift=0.1)
    hot = LogisticRegression(C=1e4)  # 40 coefficients fitted to noise as well
    raw, tamed = (
        DiscriminatorInstanceWeighter(hot, calibrate=c, flatten=None).fit(
            X, sample_domain=d
        )
        for c in (False, True)
    )
    assert raw.temperature_ == 1
    assert tamed.temperature_ < 1

    def slope(w):
        return np.polyfit(np.log(w.weights_[d > 0]), np.log(ratio), 1)[0]

    assert abs(slope(tamed) - 1) < abs(slope(raw) - 1)


def test_rows_are_scored_by_models_that_did_not_see_them(rng):
    # a tree recalls the domain of each row it saw: its own rows would get 0
    X, d = rng.normal(size=(400, 2)), np.repeat([1, -1], 200)
    w = DiscriminatorInstanceWeighter(DecisionTreeClassifier(random_state=0))
    w.fit(X, sample_domain=d)
    assert 0.4 < w.auc_ < 0.6
    assert w.effective_sample_size_ > 190


def test_copies_do_not_betray_their_domain(rng):
    X = np.repeat(rng.normal(size=(100, 2)), 4, axis=0)
    d = np.tile([1, 1, -1, -1], 100)
    w = DiscriminatorInstanceWeighter(KNeighborsClassifier(1)).fit(X, sample_domain=d)
    assert w.auc_ < 0.65
    assert w.weights_[d > 0].max() < 1.5


def test_a_classifier_worse_than_chance_says_nothing(rng):
    X, d = rng.normal(size=(60, 30)), np.repeat([1, -1], 30)
    seeds = (np.random.default_rng(s).normal(size=(60, 30)) for s in range(50))
    for X in seeds:
        w = DiscriminatorInstanceWeighter().fit(X, sample_domain=d)
        if w.auc_ < 0.4:
            break
    assert w.auc_ < 0.4
    assert w.temperature_ == 0
    assert_allclose(w.weights_, 1)


def test_decision_values_will_do(rng):
    X, d, ratio = shifted(rng)
    w = DiscriminatorInstanceWeighter(LinearSVC(), flatten=None)
    w.fit(X, sample_domain=d)
    assert spearmanr(w.weights_[d > 0], ratio)[0] > 0.97
    assert len(w.estimators_) == 5


def test_the_auc_is_that_of_held_out_rows(rng):
    X, d, _ = shifted(rng, 90, 70, shift=1.0)
    w = DiscriminatorInstanceWeighter(calibrate=False, flatten=None)
    w.fit(X, sample_domain=d)
    # weights order source rows as the held-out scores do
    target = DiscriminatorInstanceWeighter(calibrate=False, flatten=None)
    target.fit(X, sample_domain=-d)
    assert target.auc_ == pytest.approx(w.auc_)
    assert w.auc_ == pytest.approx(roc_auc_score(d < 0, X.sum(axis=1)), abs=0.03)


def test_one_target_row_teaches_nothing_about_its_own_fold():
    X = np.array([[0.0], [0.1], [0.2], [0.3], [5.0]])
    w = DiscriminatorInstanceWeighter(cv=2).fit(X, sample_domain=[1, 1, 1, 1, -1])
    assert len(w.estimators_) == 1
    assert np.isfinite(w.weights_).all()
    alone = DiscriminatorInstanceWeighter().fit([[1.0], [1.0]], sample_domain=[1, -1])
    assert alone.estimators_ == []
    assert_allclose(alone.score_samples([[3.0]]), 1)
