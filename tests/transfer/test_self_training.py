"""Self-training: which rows are taken, and that no share of classes is assumed."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sktransfer import TransferClassifier
from sktransfer.transfer.strategies import SelfTraining, TrainingRows


def rows_of(X, y, labelled):
    """Labelled source rows, then target rows without labels."""
    d = np.where(labelled, 1, -1)
    return TrainingRows(X, X, labelled, y[labelled], d, classes=np.unique(y))


def test_one_round_by_hand(rng):
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "a", "b")
    strategy = SelfTraining(n_rounds=1)
    rows = rows_of(X, y, np.arange(60) < 40)
    model = strategy.fit_model(LogisticRegression(), rows)
    first = LogisticRegression().fit(X[:40], y[:40])
    labels = np.concatenate([y[:40], first.predict(X[40:])])
    again = LogisticRegression().fit(X, labels)
    assert_allclose(model.coef_, again.coef_, rtol=1e-6)
    assert_array_equal(strategy.sample_weight_, 1)


def test_the_surest_rows_come_first(rng):
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "a", "b")
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            seen.append(len(y))
            return super().fit(X, y, sample_weight)

    SelfTraining(n_rounds=4).fit_model(Spy(), rows_of(X, y, np.arange(60) < 40))
    assert seen == [40, 45, 50, 55, 60]


def test_of_several_classes_the_margin_tells_the_surest(rng):
    X = rng.normal(size=(70, 3))
    y = np.array(list("abc"))[X.argmax(axis=1)]
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            seen.append(X)
            return super().fit(X, y, sample_weight)

    SelfTraining(n_rounds=2).fit_model(Spy(), rows_of(X, y, np.arange(70) < 40))
    first = LogisticRegression().fit(X[:40], y[:40])
    top = np.sort(first.decision_function(X[40:]), axis=1)
    surest = 40 + np.sort(np.argsort(top[:, -2] - top[:, -1])[:15])
    assert_array_equal(seen[1], np.vstack([X[:40], X[surest]]))
    assert_array_equal(seen[2], X)


def test_a_target_of_one_class_stays_one(rng):
    X = np.r_[rng.normal([-2, 0], 0.3, (50, 2)), rng.normal([2, 0], 0.3, (50, 2))]
    T = rng.normal([1.5, 1], 0.3, (80, 2))
    y = np.r_[np.repeat(["a", "b"], 50), np.full(80, "?")].astype(object)
    model = TransferClassifier(strategy="self_train")
    model.fit(np.r_[X, T], y, sample_domain=np.repeat([1, -1], [100, 80]))
    assert_array_equal(model.predict(T), "b")
    assert_array_equal(model.sample_weight_, 1)


def test_it_follows_a_drift(rng):
    centres = np.array([[-1.0, 0.0], [1.0, 0.0]])
    y = rng.integers(2, size=600)
    d = np.repeat([1, -1], 300)
    turned = np.array([[-0.3, -2.0], [0.3, 2.0]])
    X = np.where((d > 0)[:, None], centres[y], turned[y])
    X = X + 0.35 * rng.normal(size=(600, 2))
    scores = [
        TransferClassifier(strategy=s)
        .fit(X, y, sample_domain=d)
        .score(X[300:], y[300:])
        for s in ("pool", "self_train")
    ]
    assert scores[1] > scores[0] + 0.02


def test_weights_and_known_labels_are_kept(rng):
    X, y = rng.normal(size=(40, 2)), rng.integers(2, size=40)
    d = np.repeat([1, -1], 20)
    known = np.where(np.arange(40) < 30, y, -1)
    w = rng.uniform(0.5, 2, size=40)
    model = TransferClassifier(
        strategy="self_train", target_labels="use", target_weight=3.0
    ).fit(X, known, sample_domain=d, sample_weight=w)
    assert_allclose(model.sample_weight_, w * np.where(d < 0, 3, 1))


def test_without_unlabelled_rows_it_pools(rng):
    X, y = rng.normal(size=(40, 2)), rng.integers(2, size=40)
    d = np.repeat([1, -1], 20)
    models = [
        TransferClassifier(KNeighborsClassifier(), strategy=s, target_labels="use").fit(
            X, y, sample_domain=d
        )
        for s in ("pool", "self_train")
    ]
    assert_array_equal(models[0].predict(X), models[1].predict(X))
