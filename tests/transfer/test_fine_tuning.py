"""Fine-tuning: limits, validation of the strength, estimators of all kinds."""

from inspect import signature

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
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

from sktransfer.transfer.strategies._fine_tuning import (
    fine_tune_classifier,
    fine_tune_regressor,
)
from sktransfer.transfer.strategies._strength_validation import (
    even_folds,
    mean_squared_length,
    temperature,
    tune_scores,
    upper_losses,
)


@pytest.fixture
def domains(rng):
    """A source, and a target in which another feature counts as well."""
    S, T = rng.normal(size=(200, 5)), rng.normal(size=(300, 5))
    y = np.where(S[:, 0] + 0.3 * rng.normal(size=200) > 0, "yes", "no")
    z = T[:, 0] + T[:, 1] + 0.3 * rng.normal(size=300)
    return S, y, T, np.where(z > 0, "yes", "no")


def test_folds_spread_classes_and_scores_in_any_order(rng):
    labels, scores = rng.choice(list("abc"), size=47), rng.normal(size=47)
    folds = even_folds(labels, scores)
    for c in "abc":
        counts = np.bincount(folds[labels == c], minlength=5)
        assert np.ptp(counts) <= 1
    order = rng.permutation(47)
    assert_array_equal(even_folds(labels[order], scores[order]), folds[order])
    assert_array_equal(np.sort(even_folds(labels[:3], scores[:3])), [0, 1, 2])


def test_the_temperature_of_logits_is_one(rng):
    s = 2 * rng.normal(size=(20_000, 1))
    Y = (rng.uniform(size=s.shape) < 1 / (1 + np.exp(-s))).astype(float)
    w = np.ones(len(s))
    assert_allclose(temperature(s, Y, w), 1, atol=0.05)
    assert_allclose(temperature(s / 10, Y, w), 10, rtol=0.05)
    # nothing seen: the prior
    assert_allclose(temperature(s[:1], Y[:1], np.zeros(1)), 1, atol=1e-4)


def test_upper_losses_add_the_standard_error():
    losses = np.array([[1.0, 0.5], [1.0, 1.5], [1.0, 0.0], [1.0, 1.0]])
    d = losses[:, 1] - losses[:, 0]
    expected = [0, d.sum() + 2 * d.std(ddof=1)]
    assert_allclose(upper_losses(losses, np.ones(4)), expected)
    assert_allclose(upper_losses(losses, np.full(4, 5.0)), expected)
    assert_allclose(upper_losses(losses, np.ones(4), 0.0), [0, -1])


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_strength_leads_from_source_to_target(domains, make):
    S, y, T, truth = domains
    source = LogisticRegression().fit(make(S), y)
    scores = {}
    for strength in (np.inf, 1e6, 1.0):
        tuned, validation = fine_tune_classifier(
            source, make(T[:100]), truth[:100], strength=strength
        )
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
    before = source.coef_.copy()
    tuned, validation = fine_tune_classifier(source, T[:100], truth[:100])
    assert tuned.score(T, truth) > source.score(T, truth) + 0.1
    assert_array_equal(source.coef_, before)
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
    tuned, _ = fine_tune_classifier(source, T[:40], labels[:40])
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
    source = estimator.fit(S, y)
    same, _ = fine_tune_classifier(source, T[:100], truth[:100], strength=np.inf)
    assert_array_equal(same.predict(T), source.predict(T))
    tuned, validation = fine_tune_classifier(source, T[:100], truth[:100])
    assert tuned.score(T, truth) >= source.score(T, truth)
    assert validation.losses.min() < validation.losses[0]
    given, _ = fine_tune_classifier(source, T[:100], truth[:100], strength=0.5)
    assert not np.array_equal(given.predict(T), source.predict(T))


def test_ridge_classifier_solves_the_normal_equations(domains):
    S, y, T, truth = domains
    source = RidgeClassifier().fit(S, y)
    tuned, _ = fine_tune_classifier(source, T, truth, strength=2.0)
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
    source = estimator.fit(S, np.array(list("acdb"))[codes])
    codes = rng.integers(4, size=300)
    T, truth = centres[codes] + rng.normal(size=(300, 4)), np.array(list("acdb"))[codes]
    tuned, _ = fine_tune_classifier(source, T[:100], truth[:100])
    assert tuned.classes_.tolist() == list("abcd")
    assert tuned.score(T[100:], truth[100:]) > 0.9


def test_classes_with_a_row_or_two_do_no_harm(rng):
    X = rng.normal(size=(60, 3))
    y = np.array(["a", "b", "c"])[X.argmax(axis=1)]
    source = LogisticRegression().fit(X, y)
    T = rng.normal(size=(20, 3))
    labels = np.array(["a"] * 17 + ["b"] * 2 + ["c"])
    tuned, _ = fine_tune_classifier(source, T, labels)
    assert np.isfinite(tuned.predict_proba(T)).all()


@pytest.mark.parametrize("n", [1, 7])
def test_labels_of_one_class_leave_the_source_alone(domains, n):
    S, y, T, _ = domains
    source = LogisticRegression().fit(S, y)
    with pytest.warns(UserWarning, match=f"The {n} labelled target rows are all of"):
        tuned, validation = fine_tune_classifier(source, T[:n], np.full(n, "yes"))
    assert np.isinf(validation.strength)
    assert_array_equal(tuned.coef_, source.coef_)
    tuned, _ = fine_tune_classifier(source, T[:n], np.full(n, "yes"), strength=1.0)
    assert tuned.intercept_ > source.intercept_


def test_weights_equal_repeated_rows(domains):
    S, y, T, truth = domains
    counts = np.arange(60) % 2 + 1
    again = np.repeat(np.arange(60), counts)
    for source in (LogisticRegression().fit(S, y), RidgeClassifier().fit(S, y)):
        one, _ = fine_tune_classifier(
            source, T[:60], truth[:60], counts.astype(float), 0.7
        )
        two, _ = fine_tune_classifier(source, T[again], truth[again], None, 0.7)
        assert_allclose(
            one.decision_function(T), two.decision_function(T), rtol=1e-3, atol=1e-4
        )


def test_any_order_of_rows(domains, rng):
    S, y, T, truth = domains
    source = LogisticRegression().fit(S, y)
    order = rng.permutation(60)
    one, _ = fine_tune_classifier(source, T[:60], truth[:60])
    two, _ = fine_tune_classifier(source, T[order], truth[order])
    assert_allclose(one.coef_, two.coef_, atol=1e-3)


@pytest.mark.parametrize(
    ("estimator", "labels", "weights", "error", "message"),
    [
        (KNeighborsClassifier(), "yes no", None, TypeError, "cannot be fine-tuned"),
        (MLPClassifier([2], max_iter=2), "yes no", "w", TypeError, "takes no sample_w"),
        (GaussianNB(), "yes never", None, ValueError, r"\['never'\] occur in target"),
        (RandomForestClassifier(2), "yes yes", None, ValueError, "of every class"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_cannot_be_fine_tuned(domains, estimator, labels, weights, error, message):
    if weights and "sample_weight" in signature(estimator.partial_fit).parameters:
        pytest.skip("takes weights in this version")
    S, y, T, _ = domains
    source, labels = estimator.fit(S, y), np.array(labels.split() * 10)
    weights = np.ones(20) if weights else None
    with pytest.raises(error, match=message):
        fine_tune_classifier(source, T[:20], labels, weights, strength=1.0)


def test_many_rows_of_few_features_and_few_of_many_are_the_same_problem(rng):
    X, offset = rng.normal(size=(30, 40)), rng.normal(size=(30, 1))
    Y = rng.integers(2, size=(30, 1)).astype(float)
    few = tune_scores(X, offset, Y, Y[:, 0], np.ones(30), 3.0)
    # each row twice with half of the weight: more rows than features
    twice = [np.vstack([a, a]) for a in (X, offset, Y)]
    many = tune_scores(*twice, twice[2][:, 0], np.full(60, 0.5), 3.0)
    assert_allclose(many.W, few.W, atol=1e-4)


def test_zero_rows_have_a_scale():
    assert mean_squared_length(np.zeros((3, 2))) == 1
    assert mean_squared_length(np.array([[3.0, 4.0], [0.0, 0.0]])) == 12.5


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
    source = estimator.fit(S, S[:, 0] + 0.1 * rng.normal(size=200))
    tuned, validation = fine_tune_regressor(source, T[:100], truth[:100])
    assert tuned.score(T[100:], truth[100:]) > source.score(T[100:], truth[100:]) + 0.1
    assert validation.losses.min() < validation.losses[0]
    same, validation = fine_tune_regressor(source, T[:1], truth[:1])
    assert_array_equal(same.predict(T), source.predict(T))
    assert np.isinf(validation.strength)


def test_regressors_that_cannot_be_fine_tuned(rng):
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    model = KNeighborsRegressor().fit(X, y)
    with pytest.raises(TypeError, match="KNeighborsRegressor cannot be fine-tuned"):
        fine_tune_regressor(model, X, y, strength=1.0)
