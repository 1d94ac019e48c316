"""Soft labels, and students without a row, beside refitting and sums by hand."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer.transfer.strategies._soft_labels import (
    class_shares,
    fit_and_leave_one_out,
    fit_student,
    leave_one_out_scores,
    ridge_leave_one_out,
    score_scale,
    share_shift,
    soft_labels,
    with_shares,
)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_outputs", [None, 2])
def test_leave_one_out_is_what_refitting_without_the_row_gives(sparse, n_outputs):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(25, 40)) * (rng.random((25, 40)) < 0.5)
    y = rng.normal(size=25 if n_outputs is None else (25, n_outputs))
    expected = cross_val_predict(Ridge(alpha=0.7), X, y, cv=LeaveOneOut())
    found = ridge_leave_one_out(sp.csr_array(X) if sparse else X, y, 0.7)
    assert_allclose(found, expected, rtol=1e-8)


def test_leave_one_out_of_a_pipeline_keeps_the_features_of_all_rows():
    rng = np.random.default_rng(2)
    X, s = rng.normal(size=(30, 5)), rng.normal(size=30)
    labels = soft_labels(np.column_stack([-s, s]), 1.0)
    student = make_pipeline(TfidfVectorizer(analyzer=str.split), Ridge())
    texts = [" ".join(f"w{k}" for k in np.flatnonzero(x > 0)) for x in X]
    features = student[:-1].fit_transform(texts)
    expected = ridge_leave_one_out(features, labels[:, 1], 1.0)
    found = leave_one_out_scores(student, texts, labels)
    assert_allclose(found[:, 1], expected)
    assert_array_equal(found[:, 0], -found[:, 1])


def test_more_rows_of_a_pipeline_are_left_out_in_folds():
    rng = np.random.default_rng(4)
    X, s = rng.normal(size=(4100, 3)), rng.normal(size=4100)
    labels = soft_labels(np.column_stack([-s, s]), 1.0)

    class Counting(StandardScaler):
        n_fits = 0

        def fit(self, X, y=None, sample_weight=None):
            Counting.n_fits += 1
            return super().fit(X, y, sample_weight)

    found = leave_one_out_scores(make_pipeline(Counting(), Ridge()), X, labels)
    features = StandardScaler().fit_transform(X)
    folds = KFold(10, shuffle=True, random_state=0)
    expected = cross_val_predict(Ridge(), features, labels[:, 1], cv=folds)
    assert_allclose(found[:, 1], expected)
    assert Counting.n_fits == 1


@pytest.mark.parametrize("n_classes", [2, 3])
def test_fitting_and_leaving_out_share_the_features(n_classes):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 5))
    labels = soft_labels(rng.normal(size=(40, n_classes)), 1.0)
    weight = rng.uniform(size=40)
    n_fits = 0

    class Counting(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            nonlocal n_fits
            n_fits += 1
            return super().fit(X, y, sample_weight)

    for student, weights, expected_fits in (
        (make_pipeline(Counting(), Ridge()), None, 1),
        # weights shape the features of the student, and not those of leaving out
        (make_pipeline(Counting(), Ridge()), weight, 2),
        (make_pipeline(Counting(), StandardScaler(), KNeighborsRegressor()), None, 11),
        (Ridge(), weight, 0),
    ):
        n_fits = 0
        fitted, said = fit_and_leave_one_out(
            clone(student), X, labels, sample_weight=weights
        )
        assert n_fits == expected_fits
        expected = fit_student(clone(student), X, labels, sample_weight=weights)
        assert_array_equal(fitted.predict(X), expected.predict(X))
        assert_array_equal(said, leave_one_out_scores(clone(student), X, labels))


def test_other_students_are_cross_fitted():
    rng = np.random.default_rng(3)
    X, labels = rng.normal(size=(40, 3)), np.eye(3)[rng.integers(3, size=40)] * 2 - 1

    class Memory(RegressorMixin, BaseEstimator):
        """Knows the rows that it has seen, and no other."""

        def fit(self, X, y):
            self.seen_ = {x.tobytes(): t for x, t in zip(X, y)}
            self.shape_ = np.shape(y)[1:]
            return self

        def predict(self, X):
            unknown = np.full(self.shape_, 7.0)
            return np.array([self.seen_.get(x.tobytes(), unknown) for x in X])

    assert_array_equal(leave_one_out_scores(Memory(), X, labels), np.full((40, 3), 7.0))


def test_soft_labels_of_two_opposite_scores_are_a_tanh():
    s = np.linspace(-3, 3, 13)
    labels = soft_labels(np.column_stack([-s, s]), 2.0)
    assert_allclose(labels[:, 1], np.tanh(0.75 * s))
    assert_allclose(labels.sum(axis=1), 0, atol=1e-12)


def test_soft_labels_of_several_classes_stand_for_probabilities():
    scores = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    p = (soft_labels(scores, 1.0) + 1) / 2
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(p[0], 1 / 3)
    assert p[1, 0] > 0.999


@pytest.mark.parametrize("shares", [[0.3, 0.7], [0.2, 0.5, 0.3], [0.0, 0.4, 0.6]])
def test_shifted_scores_have_the_shares_and_keep_the_order(shares):
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(1000, len(shares))) + [3, *[0] * (len(shares) - 1)]
    scores[:, 0] -= 10 * (shares[0] == 0)
    shifted = with_shares(scores, np.array(shares))
    assert_allclose(class_shares(shifted), shares, atol=0.01)
    assert_array_equal(
        np.argsort(shifted, axis=0, kind="stable"),
        np.argsort(scores, axis=0, kind="stable"),
    )


def test_rounds_do_not_lose_the_rare_class():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(400, 60))
    s = X[:, 0] - 1 + rng.normal(size=400)
    labels = soft_labels(np.column_stack([-s, s]), 1.0)
    student = fit_student(Ridge(alpha=30.0), X, labels, n_rounds=6)
    # without shares the regression ends with none at all
    share = np.mean(student.predict(X) > 0)
    assert_allclose(share, class_shares(labels)[1], atol=0.05)


def test_equal_scores_have_a_scale():
    assert score_scale(np.full((5, 2), 3.0)) == 1


def test_shares_that_are_right_need_no_shift():
    rng = np.random.default_rng(9)
    scores = rng.normal(size=(500, 2))
    assert_allclose(share_shift(scores, class_shares(scores)), 0, atol=0.02)
