import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sktransfer import DiscriminatorInstanceWeighter
from sktransfer._core.cross_fit import class_probabilities, cross_fit


def test_rows_are_scored_by_models_that_did_not_see_them(rng):
    # one neighbour recalls what it saw: it would be right on every row of noise
    X, codes = rng.normal(size=(400, 2)), rng.integers(0, 2, 400)
    P, models = cross_fit(KNeighborsClassifier(1), X, codes, np.arange(400) % 5)
    assert len(models) == 5
    assert (P.argmax(axis=1) == codes).mean() < 0.6


def test_each_fold_agrees_with_a_model_of_the_others(rng):
    X = rng.normal(size=(60, 3))
    codes, folds = (X[:, 0] > 0).astype(int), np.arange(60) % 3
    P, _ = cross_fit(LogisticRegression(), X, codes, folds)
    rest = LogisticRegression().fit(X[folds != 1], codes[folds != 1])
    assert_allclose(P[folds == 1], rest.predict_proba(X[folds == 1]))


def test_folds_without_a_second_class_get_the_shares_of_all():
    X, codes = np.arange(6.0)[:, None], np.array([0, 0, 0, 0, 0, 1])
    P, models = cross_fit(LogisticRegression(), X, codes, np.array([0, 0, 0, 1, 1, 1]))
    assert_allclose(P[3:], [[5 / 6, 1 / 6]] * 3)
    assert len(models) == 1
    P, models = cross_fit(LogisticRegression(), X, codes, np.zeros(6, int))
    assert models == []
    assert_allclose(P, [[5 / 6, 1 / 6]] * 6)


def test_a_class_that_a_model_does_not_know_gets_0(rng):
    X = rng.normal(size=(20, 2))
    model = LogisticRegression().fit(X, np.arange(20) % 2 * 2)
    P = class_probabilities(model, X, np.arange(4))
    assert_array_equal(P[:, [1, 3]], 0)
    assert_allclose(P.sum(axis=1), 1)


@pytest.mark.parametrize("k", [2, 3])
def test_decision_values_serve_as_log_odds(k, rng):
    X = rng.normal(size=(60, 2))
    model = LinearSVC().fit(X, np.arange(60) % k)
    P, scores = class_probabilities(model, X, np.arange(k)), model.decision_function(X)
    expected = expit(scores) if k == 2 else softmax(scores, axis=1)[:, 1]
    assert_allclose(P[:, 1], expected)
    assert_allclose(P.sum(axis=1), 1)


class Broken(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


class Silent(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]


def test_what_is_not_finite_says_nothing():
    model = Broken().fit(np.zeros((2, 1)), [0, 1])
    assert_allclose(class_probabilities(model, np.zeros((3, 1)), np.arange(2)), 0.5)


def test_a_classifier_without_scores_is_an_error(rng):
    weighter = DiscriminatorInstanceWeighter(Silent())
    with pytest.raises(TypeError, match="neither predict_proba nor decision_function"):
        weighter.fit(rng.normal(size=(20, 1)), sample_domain=np.repeat([1, -1], 10))
