"""Fine-tuning: limits, validation of the strength, estimators of all kinds."""

from inspect import signature

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.base import clone, is_classifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sktransfer.transfer.strategies import FineTuning, TrainingRows


def fine_tune(estimator, source, target, weight=None, strength=None):
    """A model of source rows and labels, corrected on those of the target."""
    (S, y), (T, z) = source, target
    X = sp.vstack([S, T], format="csr") if sp.issparse(S) else np.vstack([S, T])
    d = np.repeat([1, -1], [S.shape[0], T.shape[0]])
    labels = np.concatenate([y, z])
    weights = None if weight is None else np.r_[np.ones(S.shape[0]), weight]
    classes = np.unique(labels) if is_classifier(estimator) else None
    every = np.ones(d.size, dtype=bool)
    rows = TrainingRows(X, X, every, labels, d, weights, classes=classes)
    strategy = FineTuning(strength)
    return strategy.fit_model(estimator, rows), strategy.validation_


@pytest.fixture
def domains(rng):
    """A source, and a target in which another feature counts as well."""
    S, T = rng.normal(size=(200, 5)), rng.normal(size=(300, 5))
    y = np.where(S[:, 0] + 0.3 * rng.normal(size=200) > 0, "yes", "no")
    z = T[:, 0] + T[:, 1] + 0.3 * rng.normal(size=300)
    return S, y, T, np.where(z > 0, "yes", "no")


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_scores_get_the_temperature_of_the_target(rng, factor):
    S = rng.normal(size=(200, 3))
    y = np.where(S[:, 0] + rng.normal(size=200) > 0, 1, 0)
    source = LogisticRegression().fit(S, y)
    T = rng.normal(size=(20_000, 3))
    p = 1 / (1 + np.exp(-factor * source.decision_function(T)))
    z = (rng.uniform(size=20_000) < p).astype(int)
    # next to no correction but the factor
    tuned, _ = fine_tune(LogisticRegression(), (S, y), (T, z), strength=1e9)
    assert_allclose(tuned.coef_, factor * source.coef_, rtol=0.08)


def test_the_temperature_of_few_labels_has_a_prior(domains):
    S, y, T, truth = domains
    source = LogisticRegression().fit(S, y)
    tuned, _ = fine_tune(LogisticRegression(), (S, y), (T[:6], truth[:6]), strength=1e9)
    logits = source.decision_function(T[:6]) * np.where(truth[:6] == "yes", 1, -1)
    factors = np.exp(np.linspace(-3, 3, 60_001))
    losses = np.logaddexp(0, -factors[:, None] * logits).sum(axis=1)
    best = factors[np.argmin(losses + 0.5 * np.log(factors) ** 2)]
    assert_allclose(tuned.coef_ / source.coef_, best, rtol=1e-3)


STRENGTHS = [np.inf, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003]


@pytest.mark.parametrize("weighted", [False, True])
def test_strengths_are_averaged_by_how_likely_they_make_held_out_labels(rng, weighted):
    """By leaving out each of five rows, and solving the normal equations."""
    S, T = rng.normal(size=(60, 3)), rng.normal(size=(5, 3))
    y, z = S[:, 0], T[:, 0] + 0.7 * T[:, 1] + 0.3 * rng.normal(size=5)
    w = rng.uniform(0.5, 2, 5) if weighted else np.ones(5)
    source = Ridge().fit(S, y)
    tuned, validation = fine_tune(Ridge(), (S, y), (T, z), weight=w)
    if weighted:  # the rows of the source have weight 1
        assert_allclose(source.coef_, Ridge().fit(S, y, np.ones(60)).coef_)
    strengths = (T**2).sum() / 5 * np.array(STRENGTHS)
    before = np.append(source.coef_, source.intercept_)
    T1 = np.column_stack([T, np.ones(5)])

    def corrected(rows, strength):
        if np.isinf(strength):
            return before
        A = T1[rows].T @ (w[rows, None] * T1[rows]) + strength * np.eye(4)
        residual = w[rows] * (z[rows] - T1[rows] @ before)
        return before + np.linalg.solve(A, T1[rows].T @ residual)

    losses = np.array(
        [
            [(z[i] - T1[i] @ corrected(np.arange(5) != i, s)) ** 2 for s in strengths]
            for i in range(5)
        ]
    )
    mean = w @ losses / w.sum()
    losses /= 2 * mean.min()
    excess = (losses - losses[:, :1]) * (w / w.mean())[:, None]
    upper = excess.sum(axis=0) + np.sqrt(5) * excess.std(axis=0, ddof=1)
    shares = softmax(-upper)
    assert_allclose(validation.strengths, strengths)
    assert_allclose(validation.losses, mean)
    assert_allclose(validation.shares, shares, atol=1e-10)
    assert validation.strength == strengths[shares.argmax()]
    every = np.arange(5)
    whole = sum(s * corrected(every, a) for s, a in zip(shares, strengths))
    assert_allclose(np.append(tuned.coef_, tuned.intercept_), whole)


def test_rows_without_length_have_a_scale():
    S = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    y = np.array([0.0, 1, 2, 3])
    for T, length in ((np.zeros((3, 2)), 1), (np.array([[3.0, 4], [0, 0]]), 12.5)):
        _, validation = fine_tune(Ridge(), (S, y), (T, np.arange(len(T)) + 1.0))
        assert_allclose(validation.strengths, length * np.array(STRENGTHS))


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_strength_leads_from_source_to_target(domains, make):
    S, y, T, truth = domains
    source = LogisticRegression().fit(make(S), y)
    rows = (make(S), y), (make(T[:100]), truth[:100])
    scores = {}
    for strength in (np.inf, 1e6, 1.0):
        tuned, validation = fine_tune(LogisticRegression(), *rows, strength=strength)
        scores[strength] = tuned.decision_function(make(T))
        assert validation.strength == strength
    plain = source.decision_function(make(T))
    assert_array_equal(scores[np.inf], plain)
    ratio = scores[1e6] / plain  # one factor for all
    assert_allclose(ratio, np.median(ratio), rtol=1e-2)
    right = np.where(scores[1.0] > 0, "yes", "no") == truth
    assert right.mean() > source.score(make(T), truth) + 0.1


def test_the_strength_is_chosen(domains):
    S, y, T, truth = domains
    source = LogisticRegression().fit(S, y)
    tuned, validation = fine_tune(LogisticRegression(), (S, y), (T[:100], truth[:100]))
    assert tuned.score(T, truth) > source.score(T, truth) + 0.1
    assert validation.strength == validation.strengths[validation.shares.argmax()]
    assert_allclose(validation.shares.sum(), 1)
    assert np.isinf(validation.strengths[0])
    assert validation.losses.min() < validation.losses[0]


def test_labels_that_say_nothing_leave_the_source_alone(domains, rng):
    S, y, _, _ = domains
    source = LogisticRegression().fit(S, y)
    T = rng.normal(size=(400, 5))
    labels = source.predict(T)
    flip = rng.uniform(size=400) < 0.1
    labels[flip] = np.where(labels[flip] == "yes", "no", "yes")
    tuned, _ = fine_tune(LogisticRegression(), (S, y), (T[:40], labels[:40]))
    assert np.mean(tuned.predict(T) == source.predict(T)) > 0.93


@pytest.mark.parametrize(
    "estimator",
    [
        RidgeClassifier(),
        LinearSVC(),
        SGDClassifier(random_state=0),
        LogisticRegression(fit_intercept=False),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GaussianNB(),
        make_pipeline(StandardScaler(), MLPClassifier([8], random_state=0)),
        RandomForestClassifier(16, random_state=0),
    ],
    ids=lambda e: (
        "-".join(type(s).__name__ for s in getattr(e, "named_steps", {}).values())
        or type(e).__name__
    ),
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_of_all_kinds(domains, estimator):
    S, y, T, truth = domains
    source = clone(estimator).fit(S, y)
    rows = (S, y), (T[:100], truth[:100])
    same, _ = fine_tune(estimator, *rows, strength=np.inf)
    assert_array_equal(same.predict(T), source.predict(T))
    tuned, validation = fine_tune(estimator, *rows)
    assert tuned.score(T, truth) >= source.score(T, truth)
    assert validation.losses.min() < validation.losses[0]
    given, _ = fine_tune(estimator, *rows, strength=0.5)
    assert not np.array_equal(given.predict(T), source.predict(T))


def test_ridge_classifier_solves_the_normal_equations(domains):
    S, y, T, truth = domains
    source = RidgeClassifier().fit(S, y)
    tuned, _ = fine_tune(RidgeClassifier(), (S, y), (T, truth), strength=2.0)
    X1, t = np.column_stack([T, np.ones(300)]), np.where(truth == "yes", 1, -1)
    w = np.append(source.coef_, source.intercept_)
    exact = np.linalg.solve(X1.T @ X1 + 2 * np.eye(6), X1.T @ t + 2 * w)
    got = [*np.ravel(tuned.coef_), *tuned.intercept_]
    assert_allclose(got, exact, atol=1e-8)


@pytest.mark.parametrize("estimator", [LogisticRegression(), RidgeClassifier()])
@pytest.mark.parametrize("known", [2, 3])
def test_classes_of_the_target_alone_are_learnt(rng, estimator, known):
    centres = 4 * np.eye(4)
    codes = rng.integers(known, size=150)
    S = centres[codes] + rng.normal(size=(150, 4))
    y = np.array(list("acdb"))[codes]
    codes = rng.integers(4, size=300)
    T, truth = centres[codes] + rng.normal(size=(300, 4)), np.array(list("acdb"))[codes]
    tuned, _ = fine_tune(estimator, (S, y), (T[:100], truth[:100]))
    assert tuned.classes_.tolist() == list("abcd")
    assert tuned.score(T[100:], truth[100:]) > 0.9


def test_classes_with_a_row_or_two_do_no_harm(rng):
    X = rng.normal(size=(60, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    T = rng.normal(size=(20, 3))
    labels = np.array(["a"] * 17 + ["b"] * 2 + ["c"])
    tuned, _ = fine_tune(LogisticRegression(), (X, y), (T, labels))
    assert np.isfinite(tuned.predict_proba(T)).all()


@pytest.mark.parametrize("n", [1, 7])
def test_labels_of_one_class_leave_the_source_alone(domains, n):
    S, y, T, _ = domains
    source = LogisticRegression().fit(S, y)
    one_class = T[:n], np.full(n, "yes")
    with pytest.warns(UserWarning, match=f"The {n} labelled target rows are all of"):
        tuned, validation = fine_tune(LogisticRegression(), (S, y), one_class)
    assert np.isinf(validation.strength)
    assert_array_equal(tuned.coef_, source.coef_)
    tuned, _ = fine_tune(LogisticRegression(), (S, y), one_class, strength=1.0)
    assert tuned.intercept_ > source.intercept_


def test_weights_equal_repeated_rows(domains):
    S, y, T, truth = domains
    counts = np.arange(60) % 2 + 1
    again = np.repeat(np.arange(60), counts)
    for estimator in (LogisticRegression(), RidgeClassifier()):
        one, _ = fine_tune(estimator, (S, y), (T[:60], truth[:60]), counts, 0.7)
        two, _ = fine_tune(estimator, (S, y), (T[again], truth[again]), None, 0.7)
        assert_allclose(
            one.decision_function(T), two.decision_function(T), rtol=1e-3, atol=1e-4
        )


def test_any_order_of_rows(domains, rng):
    S, y, T, truth = domains
    order = rng.permutation(60)
    one, _ = fine_tune(LogisticRegression(), (S, y), (T[:60], truth[:60]))
    two, _ = fine_tune(LogisticRegression(), (S, y), (T[order], truth[order]))
    assert_allclose(one.coef_, two.coef_, atol=1e-3)


@pytest.mark.parametrize(
    ("estimator", "labels", "weights", "error", "message"),
    [
        (KNeighborsClassifier(), "yes no", None, TypeError, "cannot be fine-tuned"),
        (
            MLPClassifier([2], max_iter=2),
            "yes no",
            "w",
            TypeError,
            "cannot be weighted",
        ),
        (GaussianNB(), "yes never", None, ValueError, r"\['never'\] occur in target"),
        (RandomForestClassifier(2), "yes yes", None, ValueError, "of every class"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_cannot_be_fine_tuned(domains, estimator, labels, weights, error, message):
    if weights and "sample_weight" in signature(estimator.partial_fit).parameters:
        pytest.skip("takes weights in this version")
    S, y, T, _ = domains
    labels = np.array(labels.split() * 10)
    weights = np.ones(20) if weights else None
    with pytest.raises(error, match=message):
        fine_tune(estimator, (S, y), (T[:20], labels), weights, strength=1.0)


def test_many_rows_of_few_features_and_few_of_many_are_the_same_problem(rng):
    S, T = rng.normal(size=(50, 40)), rng.normal(size=(30, 40))
    y, z = np.arange(50) % 2, rng.integers(2, size=30)
    half = np.full(60, 0.5)
    # each row twice with half of the weight: more rows than features
    twice = np.vstack([T, T]), np.tile(z, 2)
    for estimator in (LogisticRegression(), RidgeClassifier()):
        few, _ = fine_tune(estimator, (S, y), (T, z), strength=3.0)
        many, _ = fine_tune(estimator, (S, y), twice, half, strength=3.0)
        assert_allclose(many.coef_, few.coef_, atol=1e-4)


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        SGDRegressor(random_state=0),
        make_pipeline(StandardScaler(), Ridge()),
        MLPRegressor(hidden_layer_sizes=[8], random_state=0, max_iter=300),
        RandomForestRegressor(16, random_state=0),
    ],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_regressors_of_all_kinds(rng, estimator):
    S, T = rng.normal(size=(200, 4)), rng.normal(size=(300, 4))
    truth = T[:, 0] + T[:, 1]
    y = S[:, 0] + 0.1 * rng.normal(size=200)
    source = clone(estimator).fit(S, y)
    tuned, validation = fine_tune(estimator, (S, y), (T[:100], truth[:100]))
    assert tuned.score(T[100:], truth[100:]) > source.score(T[100:], truth[100:]) + 0.1
    assert validation.losses.min() < validation.losses[0]
    same, validation = fine_tune(estimator, (S, y), (T[:1], truth[:1]))
    assert_array_equal(same.predict(T), source.predict(T))
    assert np.isinf(validation.strength)


def test_regressors_that_cannot_be_fine_tuned(rng):
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    with pytest.raises(TypeError, match="KNeighborsRegressor cannot be fine-tuned"):
        fine_tune(KNeighborsRegressor(), (X, y), (X, y), strength=1.0)
