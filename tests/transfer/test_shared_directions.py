"""A linear teacher leans less on directions in which only the target varies."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer.strategies import Distillation
from sktransfer.transfer.strategies._shared_directions import shared_directions

RNG = np.random.default_rng(0)


def rotated(scales, n=400):
    """Rows whose mean squares along two turned axes are known exactly, and the axes."""
    axes = np.array([[0.6, -0.8], [0.8, 0.6]])
    Q, _ = np.linalg.qr(RNG.normal(size=(n, 2)))
    return (Q * np.sqrt(n) * np.asarray(scales)) @ axes.T, axes


def test_a_direction_is_shrunk_by_the_ratio_of_the_variances():
    source, axes = rotated([1.0, 2.0])
    target, _ = rotated([2.0, 1.0], n=300)
    V, shared = shared_directions(source, target)
    # four times the variance in the target; a quarter of it
    assert_allclose(shared, [0.25, 1.0])
    assert_allclose(np.abs(V), np.abs(axes))


def test_sides_that_vary_alike_are_left_alone():
    source, _ = rotated([1.0, 2.0])
    target = source[RNG.permutation(len(source))]
    assert_allclose(shared_directions(source, target)[1], 1)
    assert_allclose(shared_directions(source, target / 2)[1], 1)


def test_a_direction_that_the_source_lacks_is_not_used():
    source = np.c_[RNG.normal(size=100), np.zeros(100)]
    V, shared = shared_directions(source, RNG.normal(size=(100, 2)))
    assert_allclose(shared[np.abs(V[1]).argmax()], 0)


def test_of_many_features_the_weights_fit_the_rows():
    y = np.tile([0, 1], 60)
    X = np.r_[
        RNG.normal(size=(120, 600)) + 0.2 * y[:, None], RNG.normal(size=(80, 600))
    ]
    d = np.r_[np.ones(120, int), np.full(80, -1)]
    model = TransferClassifier(strategy=Distillation(shared_directions=True))
    teacher = model.fit(X, [*y, *[None] * 80], sample_domain=d).estimator_
    assert teacher.coef_.shape == (1, 600)
    assert teacher.score(X[d > 0], y) > 0.95


def two_sides(n=300):
    """One true feature, and one whose noise is ten times as strong in the target."""
    y = np.tile([0, 1], n // 2)
    signal = np.r_[2.0 * y - 1, 2.0 * y - 1]
    noise = np.repeat([0.3, 3.0], n)
    truth = signal + RNG.normal(size=2 * n)
    other = 0.3 * signal + noise * RNG.normal(size=2 * n)
    d = np.repeat([1, -1], n)
    return np.c_[truth, other] - np.mean([truth, other], axis=1), np.r_[y, y], d


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(C=0.1), RidgeClassifier(alpha=10.0)]
)
def test_noise_of_the_target_is_trusted_less(estimator):
    X, y, d = two_sides()
    weight, right = {}, {}
    for shared in (False, True):
        model = TransferClassifier(
            estimator, strategy=Distillation(shared_directions=shared)
        ).fit(X, y, sample_domain=d)
        teacher = model.estimator_
        weight[shared] = np.abs(np.ravel(teacher.coef_))
        right[shared] = teacher.score(X[d < 0], y[d < 0])
    assert weight[True][1] / weight[True][0] < 0.5 * weight[False][1] / weight[False][0]
    assert right[True] > right[False] + 0.05


@pytest.mark.parametrize("copies", [1, 3])
def test_rows_beyond_2000_do_not_loosen_the_penalty(copies):
    X = RNG.normal(size=(2000, 3))
    y = (X[:, 0] + RNG.normal(size=2000) > 0).astype(int)
    rows, labels = np.tile(X, (copies, 1)), np.tile(y, copies)
    d = np.r_[np.ones(len(rows), int), np.full(len(X), -1)]
    model = TransferClassifier(
        LogisticRegression(C=1e-3, tol=1e-8),
        strategy=Distillation(shared_directions=True),
    ).fit(np.r_[rows, X], np.r_[labels, y], sample_domain=d)
    plain = LogisticRegression(C=1e-3, tol=1e-8).fit(X, y)
    assert_allclose(model.estimator_.coef_, plain.coef_, rtol=1e-4)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(random_state=0),
        LinearSVC(C=0.1, penalty="l1", dual=False, random_state=0),
    ],
)
def test_models_that_may_not_be_turned_stay_as_they_are(estimator):
    X, y, d = two_sides()
    predicted = [
        TransferClassifier(estimator, strategy=Distillation(shared_directions=shared))
        .fit(X, y, sample_domain=d)
        .estimator_.predict(X)
        for shared in (False, True)
    ]
    assert_allclose(predicted[0], predicted[1])


def test_few_rows_of_a_side_tell_nothing():
    X, y, d = two_sides()
    few = np.r_[np.flatnonzero(d > 0), np.flatnonzero(d < 0)[:49]]
    coefs = [
        TransferClassifier(strategy=Distillation(shared_directions=shared))
        .fit(X[few], y[few], sample_domain=d[few])
        .estimator_.coef_
        for shared in (False, True)
    ]
    assert_allclose(coefs[0], coefs[1])


@pytest.mark.parametrize("copies", [1, 25])
def test_by_default_many_labelled_texts_of_two_languages(copies):
    reviews = make_bilingual_reviews(100, random_state=0)
    source = np.flatnonzero(reviews.sample_domain > 0)
    rows = np.r_[np.tile(source, copies), np.flatnonzero(reviews.sample_domain < 0)]
    assert (copies * source.size > 2000) == (copies > 1)
    texts = [reviews.data[k] for k in rows]
    coefs = {
        shared: TransferClassifier(
            mapper=CrossLingualMapper(reviews.dictionary),
            strategy=Distillation(shared_directions=shared),
        )
        .fit(texts, reviews.target[rows], sample_domain=reviews.sample_domain[rows])
        .estimator_.coef_
        for shared in ("auto", True, False)
    }
    assert_allclose(coefs["auto"], coefs[copies > 1])
    assert not np.allclose(coefs["auto"], coefs[copies == 1])


def test_by_default_not_within_one_language():
    X, y, d = two_sides(2200)
    coefs = [
        TransferClassifier(strategy=Distillation(shared_directions=shared))
        .fit(X, y, sample_domain=d)
        .estimator_.coef_
        for shared in ("auto", False)
    ]
    assert_allclose(coefs[0], coefs[1])
