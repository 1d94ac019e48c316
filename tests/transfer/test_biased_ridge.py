"""Ridge towards given weights: closed forms, chunks, parties, and classes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier

from sktransfer.moments import Moments, PairMoments
from sktransfer.transfer import BiasedRidge, BiasedRidgeClassifier


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(50, 4)) + 1
    y = X @ [1.0, -2.0, 0.5, 0.0] + 3 + rng.normal(size=50)
    return X, y, rng.integers(1, 4, size=50).astype(float)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_without_prior_it_is_ridge(rows, form, intercept):
    X, y, w = rows
    Y = np.c_[y, -y + 1]
    for target in (y, Y):
        ours = BiasedRidge(strength=2.5, fit_intercept=intercept)
        theirs = Ridge(alpha=2.5, fit_intercept=intercept)
        ours.fit(form(X), target, sample_weight=w)
        theirs.fit(X, target, sample_weight=w)
        assert_allclose(ours.coef_, theirs.coef_, atol=1e-9)
        assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-9)
        assert_allclose(ours.predict(form(X)), theirs.predict(X), atol=1e-9)


def test_the_prior_is_what_is_left_without_evidence(rows):
    X, y, _ = rows
    prior = np.array([4.0, 3.0, 2.0, 1.0])
    far = BiasedRidge(prior, strength=1e12).fit(X, y)
    assert_allclose(far.coef_, prior, atol=1e-6)
    near = BiasedRidge(prior, strength=0).fit(X, y)
    assert_allclose(near.coef_, BiasedRidge(strength=0).fit(X, y).coef_, atol=1e-9)
    # a shift of what is to be explained: ridge on what the prior leaves
    rest = Ridge(alpha=3.0).fit(X, y - X @ prior)
    biased = BiasedRidge(prior, strength=3.0).fit(X, y)
    assert_allclose(biased.coef_, prior + rest.coef_, atol=1e-9)
    assert_allclose(biased.intercept_, rest.intercept_, atol=1e-9)


def test_a_fitted_model_is_a_prior(rows):
    X, y, _ = rows
    source = Ridge().fit(X, 2 * y)
    same = BiasedRidge(source, strength=1e12, fit_intercept=False).fit(X, y)
    assert_allclose(same.predict(X), source.predict(X), rtol=1e-6)
    classes = np.where(y > 3, "good", "bad")
    logistic = LogisticRegression().fit(X, classes)
    same = BiasedRidgeClassifier(logistic, strength=1e12, fit_intercept=False)
    same.fit(X, classes)
    assert_array_equal(same.predict(X), logistic.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_are_those_of_ridge_classifier(rows, n_classes):
    X, y, w = rows
    labels = np.array(["a", "b", "c"])[
        np.digitize(y, np.quantile(y, [0.3, 0.7])) % n_classes
    ]
    theirs = RidgeClassifier(alpha=2.0).fit(X, labels, sample_weight=w)
    ours = BiasedRidgeClassifier(strength=2.0).fit(X, labels, sample_weight=w)
    assert_allclose(ours.coef_, np.atleast_2d(theirs.coef_), atol=1e-9)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-9)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    chunked, classes = BiasedRidgeClassifier(strength=2.0), np.unique(labels)
    order = np.argsort(labels)  # chunks of one class
    for part in np.array_split(order, 5):
        chunked.partial_fit(X[part], labels[part], classes, sample_weight=w[part])
    assert_allclose(chunked.coef_, ours.coef_, atol=1e-9)
    parties = [
        BiasedRidgeClassifier().partial_fit(X[p], labels[p], classes, w[p]).state_
        for p in np.array_split(order, 3)
    ]
    state = parties[0].merge(parties[1]).merge(parties[2])
    made = BiasedRidgeClassifier(strength=2.0).fit_from_state(state, classes)
    assert_allclose(made.coef_, ours.coef_, atol=1e-9)
    assert_array_equal(made.predict(X), ours.predict(X))


def test_exact_shards_give_one_bit_pattern(rows, rng):
    X, y, _ = rows
    empty = PairMoments.empty((4, 1), arithmetic="exact", bound=32.0)
    found = set()
    for n_shards in (1, 2, 7, 50):
        state = empty
        for part in np.array_split(rng.permutation(50), n_shards):
            state = state.merge(empty.update(X[part], y[part]))
        found.add(BiasedRidge().fit_from_state(state).coef_.tobytes())
    assert len(found) == 1
    coef = np.frombuffer(found.pop())
    assert_allclose(coef, BiasedRidge().fit(X, y).coef_, atol=1e-3)


def test_offsets_of_a_million_do_not_matter(rows):
    X, y, _ = rows
    near, far = BiasedRidge().fit(X, y), BiasedRidge().fit(X + 1e6, y)
    assert_allclose(far.coef_, near.coef_, rtol=1e-8)
    chunked = BiasedRidge()
    for part in np.array_split(np.arange(50), 7):
        chunked.partial_fit(X[part] + 1e6, y[part])
    assert_allclose(chunked.coef_, far.coef_, rtol=1e-10)


def test_float32_and_equal_columns():
    X = np.ones((6, 2), dtype=np.float32)
    X[:3] = 2
    y = np.array([1, 1, 1, 0, 0, 0], dtype=np.float32)
    model = BiasedRidge(strength=0).fit(X, y)
    assert_allclose(model.coef_, [0.5, 0.5], atol=1e-9)  # the shortest
    assert model.predict(X).dtype == np.float32


def test_messages(rows):
    X, y, _ = rows
    with pytest.raises(ValueError, match=r"shape \(1, 4\).*got shape \(1, 3\)"):
        BiasedRidge([1.0, 2.0, 3.0]).fit(X, y)
    with pytest.raises(ValueError, match="max_features=3"):
        BiasedRidge(max_features=3).fit(X, y)
    with pytest.raises(ValueError, match="strength"):
        BiasedRidge(strength=-1).fit(X, y)
    with pytest.raises(ValueError, match="fitted from PairMoments; got Moments"):
        BiasedRidge().fit_from_state(Moments.empty(5))
    with pytest.raises(ValueError, match="the state holds none"):
        BiasedRidge().fit_from_state(PairMoments.empty((4, 1)))
    labels = np.where(y > 3, "good", "bad")
    with pytest.raises(ValueError, match="first call to partial_fit"):
        BiasedRidgeClassifier().partial_fit(X, labels)
    model = BiasedRidgeClassifier().partial_fit(X, labels, ["bad", "good"])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, labels, ["bad", "best"])
    with pytest.raises(ValueError, match=r"got \['worst'\] as well"):
        model.partial_fit(X, np.full(50, "worst"))
    with pytest.raises(ValueError, match="3 columns for the classes"):
        BiasedRidgeClassifier().fit_from_state(model.state_, ["a", "b", "c"])
    with pytest.raises(ValueError, match="two classes at least"):
        BiasedRidgeClassifier().fit_from_state(model.state_, ["a"])
