"""Prediction sets: laws of coverage, and formulas written again."""

import numpy as np
import pytest
from known_classes import ClassRatio, Known, Ratio, covered, frozen, sample, two_domains
from numpy.testing import assert_array_equal
from scipy.stats import betabinom
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sktransfer import (
    AutoTransferClassifier,
    ConformalTransferClassifier,
    TransferClassifier,
)
from sktransfer.transfer.conformal._calibration_rows import (
    JudgedRows,
    doubly_robust_survival,
)

# ------------------------------------------------------------------ laws of coverage


@pytest.mark.parametrize("conformity_score", ["lac", "randomized_aps"])
def test_coverage_follows_the_beta_binomial_law(rng, conformity_score):
    n, m, draws, alpha = 49, 40, 300, 0.1
    right = []
    for _ in range(draws):
        model = frozen(alpha=alpha, conformity_score=conformity_score)
        model.fit(*sample(rng, n))
        X, y = sample(rng, m)
        right.append(m * covered(model.predict_set(X), y))
    outside = int(np.floor(alpha * (n + 1)))
    law = betabinom(m, n + 1 - outside, outside)
    assert np.mean(right) == pytest.approx(law.mean(), abs=4 * law.std() / draws**0.5)
    assert np.std(right) == pytest.approx(law.std(), rel=0.2)


def test_aps_covers_at_least_as_often_and_is_never_empty(rng):
    model = frozen(conformity_score="aps", alpha=0.3).fit(*sample(rng, 2000))
    X, y = sample(rng, 4000)
    sets = model.predict_set(X)
    assert covered(sets, y) > 0.68
    assert sets.any(axis=1).all()
    assert_array_equal(sets[np.arange(len(y)), Known().predict(X)], True)


def test_oracle_weights_cover_under_covariate_shift(rng):
    data, (X, y) = two_domains(rng)
    for conformity_score in ("lac", "randomized_aps"):
        options = {"conformity_score": conformity_score, "alpha": 0.2}
        right = frozen(weighter=Ratio(), method="weighted", **options)
        plain = frozen(weighter=None, **options)
        sets = right.fit(data[0], data[1], sample_domain=data[2]).predict_set(X)
        assert covered(sets, y) == pytest.approx(0.8, abs=0.035)
        sets = plain.fit(data[0], data[1], sample_domain=data[2]).predict_set(X)
        if conformity_score == "lac":  # the other is exact for each row
            assert abs(covered(sets, y) - 0.8) > 0.035


def test_learned_weights_cover_under_covariate_shift(rng):
    (rows, labels, d), (X, y) = two_domains(rng)
    for method in ("weighted", "doubly_robust"):
        for estimator in (FrozenEstimator(Known()), LogisticRegression()):
            model = ConformalTransferClassifier(estimator, alpha=0.2, method=method)
            sets = model.fit(rows, labels, sample_domain=d).predict_set(X)
            assert covered(sets, y) == pytest.approx(0.8, abs=0.035)


def test_known_shares_cover_under_label_shift(rng):
    Xs, ys = sample(rng, 9000)
    ratio = np.array([2.0, 1.0, 0.2])
    new, y_new = sample(rng, 30_000)
    kept = rng.uniform(size=len(new)) < ratio[y_new] / 2
    new, y_new = new[kept], y_new[kept]
    X = np.vstack([Xs, new[:3000]])
    y, d = (
        np.r_[ys.astype(float), np.full(3000, np.nan)],
        np.repeat([1, -1], [9000, 3000]),
    )
    for weighter in (ClassRatio(ratio.tolist()), "label_shift"):
        for method in ("weighted", "doubly_robust"):
            model = frozen(alpha=0.2, weighter=weighter, method=method)
            sets = model.fit(X, y, sample_domain=d).predict_set(new[3000:])
            assert covered(sets, y_new[3000:]) == pytest.approx(0.8, abs=0.03)
    plain = frozen(alpha=0.2, weighter=None).fit(X, y, sample_domain=d)
    assert abs(covered(plain.predict_set(new[3000:]), y_new[3000:]) - 0.8) > 0.03


def test_right_weights_or_right_probabilities_are_enough(rng):
    (rows, labels, d), (X, y) = two_domains(rng, 6000, 6000, move=0.8)
    wrong_model = FrozenEstimator(Known(column=1))
    for estimator, weighter in (
        (FrozenEstimator(Known()), Ratio(0.8, wrong=True)),
        (wrong_model, Ratio(0.8)),
    ):
        model = ConformalTransferClassifier(estimator, alpha=0.2, weighter=weighter)
        sets = model.fit(rows, labels, sample_domain=d).predict_set(X)
        assert covered(sets, y) == pytest.approx(0.8, abs=0.035)
    wrong = frozen(alpha=0.2, weighter=Ratio(0.8, wrong=True), method="weighted")
    sets = wrong.fit(rows, labels, sample_domain=d).predict_set(X)
    assert abs(covered(sets, y) - 0.8) > 0.05


def test_rows_are_judged_by_models_that_have_not_seen_them(rng):
    X, y = sample(rng, 1200)  # one neighbour knows its own rows by heart
    new, y_new = sample(rng, 2000)
    model = ConformalTransferClassifier(KNeighborsClassifier(1), alpha=0.2).fit(X, y)
    assert KNeighborsClassifier(1).fit(X, y).score(X, y) == 1
    assert covered(model.predict_set(new), y_new) > 0.77
    (rows, labels, d), _ = two_domains(rng, 600, 600, move=0.0)
    model = ConformalTransferClassifier(
        TransferClassifier(KNeighborsClassifier(1)), alpha=0.2
    ).fit(rows, labels, sample_domain=d)
    assert covered(model.predict_set(new), y_new) > 0.75


def test_folds_cover_no_more_than_asked_where_models_differ(rng):
    """Averaged over models of pure noise, p-values would all be near one half."""

    class Noise(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            self.slopes_ = 1e3 * np.random.default_rng(
                len(X) + int(y[:9].sum())
            ).normal(size=(X.shape[1], 3))
            return self

        def predict_proba(self, X):
            P = np.abs(np.sin(X @ self.slopes_)) + 0.01
            return P / P.sum(axis=1, keepdims=True)

    model = ConformalTransferClassifier(Noise(), alpha=0.2).fit(*sample(rng, 3000))
    slopes = {m.slopes_[0, 0] for m in model.estimators_}
    assert len(slopes) > 2
    X, y = sample(rng, 4000)
    sets = model.predict_set(X)
    assert covered(sets, y) == pytest.approx(0.8, abs=0.03)
    assert_array_equal(model.predict_set(X[::-1])[::-1], sets)
    assert_array_equal(
        np.vstack([model.predict_set(x[None]) for x in X[:50]]), sets[:50]
    )


# --------------------------------------------------------------- formulas by hand


def test_lac_sets_are_those_of_the_quantile_of_the_scores(rng):
    X, y = sample(rng, 237)
    new, _ = sample(rng, 300)
    scores = np.sort(1 - Known().predict_proba(X)[np.arange(len(y)), y])
    for alpha in (0.05, 0.1, 0.37):
        q = scores[int(np.ceil((len(y) + 1) * (1 - alpha))) - 1]
        sets = frozen(alpha=alpha).fit(X, y).predict_set(new)
        assert_array_equal(sets, 1 - Known().predict_proba(new) <= q)


def test_sets_are_those_of_mapie_without_a_shift(rng):
    mapie = pytest.importorskip("mapie.classification")
    X, y = sample(rng, 400)
    new, _ = sample(rng, 300)
    base = LogisticRegression().fit(*sample(rng, 400))
    for alpha in (0.1, 0.25):
        peer = mapie.SplitConformalClassifier(base, confidence_level=1 - alpha)
        _, expected = peer.conformalize(X, y).predict_set(new)
        own = ConformalTransferClassifier(FrozenEstimator(base), alpha=alpha).fit(X, y)
        assert_array_equal(own.predict_set(new), expected[:, :, 0])


def test_weighted_sets_are_those_of_the_weighted_quantile(rng):
    """The quantile of the weighted scores and a new one at infinity, row by row."""
    (rows, labels, d), (new, _) = two_domains(rng, 60, 30)
    model = frozen(alpha=0.2, weighter=Ratio(0.3), method="weighted")
    sets = model.fit(rows, labels, sample_domain=d).predict_set(new[:50])
    ratio = Ratio(0.3)
    cap = np.quantile(ratio.score_samples(rows[60:]), 0.95)
    w = np.minimum(ratio.score_samples(rows[:60]), cap)
    P, y = Known().predict_proba(rows[:60]), labels[:60].astype(int)
    scores = np.append(1 - P[np.arange(60), y], np.inf)
    order = np.argsort(scores)
    for row, found in zip(new[:50], sets):
        own = min(ratio.score_samples(row[None])[0], cap)
        share = np.append(w, own) / (w.sum() + own)
        reached = np.flatnonzero(share[order].cumsum() >= 0.8 - 1e-12)[0]
        q = scores[order][reached]
        assert_array_equal(found, 1 - Known().predict_proba(row[None])[0] <= q)


def test_label_weights_depend_on_the_class_that_is_tried(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 60, 30)
    ratio = np.array([0.5, 1.0, 3.0])
    model = frozen(alpha=0.2, weighter=ClassRatio(ratio.tolist()), method="weighted")
    sets = model.fit(rows, labels, sample_domain=d).predict_set(new[:50])
    P, y = Known().predict_proba(rows[:60]), labels[:60].astype(int)
    scores, w = 1 - P[np.arange(60), y], ratio[y]
    for p, found in zip(Known().predict_proba(new[:50]), sets):
        above = [w[scores >= 1 - p[c]].sum() + ratio[c] for c in range(3)]
        assert_array_equal(found, np.divide(above, w.sum() + ratio) > 0.2)


def test_equal_weights_are_no_weights(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 200, 100)
    equal = frozen(weighter=Ratio(0.0), method="weighted")
    none = frozen(weighter=None)
    alone = frozen().fit(rows[:200], labels[:200].astype(int))
    sets = equal.fit(rows, labels, sample_domain=d).predict_set(new)
    assert_array_equal(sets, none.fit(rows, labels, sample_domain=d).predict_set(new))
    assert_array_equal(sets, alone.predict_set(new))
    assert equal.effective_sample_size_ == pytest.approx(200)


def test_aps_scores_are_sums_of_sorted_probabilities(rng):
    X, y = sample(rng, 99)
    new, _ = sample(rng, 50)

    def likelier(P):
        return np.array([[row[row > p].sum() for p in row] for row in P])

    scores = likelier(Known().predict_proba(X))[np.arange(99), y]
    q = np.sort(scores)[int(np.ceil(100 * 0.8)) - 1]
    model = frozen(alpha=0.2, conformity_score="aps").fit(X, y)
    assert_array_equal(
        model.predict_set(new), likelier(Known().predict_proba(new)) <= q + 1e-12
    )


def test_some_of_many_rows_stand_for_what_is_expected_of_all(rng):
    n = 20_000
    X, y = sample(rng, n)
    P, target = Known().predict_proba(X), np.arange(n) % 2 == 0
    rows = JudgedRows(P, np.where(target, -1, y), np.zeros(n, int), target)
    w = np.where(target, 0.0, rng.uniform(0.5, 2, size=n))
    every = doubly_robust_survival(rows, 1 - P, w, P)
    some = doubly_robust_survival(rows, 1 - P, w, P, most=6000)
    assert some.scores.size < 0.6 * every.scores.size
    assert some.mass[0] == pytest.approx(every.mass[0]) == pytest.approx(w.sum())
    for s in (0.2, 0.5, 0.8):
        a, b = (f.mass[np.searchsorted(f.scores, s)] / w.sum() for f in (every, some))
        assert a == pytest.approx(b, abs=0.02)


@pytest.mark.parametrize("conformity_score", ["lac", "aps", "randomized_aps"])
def test_sets_shrink_as_alpha_grows(rng, conformity_score):
    (rows, labels, d), (new, _) = two_domains(rng, 300, 300)
    model = ConformalTransferClassifier(
        LogisticRegression(), conformity_score=conformity_score
    ).fit(rows, labels, sample_domain=d)
    before = np.ones((len(new), 3), dtype=bool)
    for alpha in (0.02, 0.1, 0.3, 0.6):
        sets = model.predict_set(new, alpha=alpha)
        assert np.all(sets <= before)
        assert_array_equal(sets, model.set_params(alpha=alpha).predict_set(new))
        before = sets
    assert not before.all()


# -------------------------------------------------------------------- target labels


def test_labels_of_the_target_are_read_only_if_asked(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 300, 300)
    filled = labels.copy()
    filled[300:] = 2
    for estimator in (
        LogisticRegression(),
        TransferClassifier(),
        AutoTransferClassifier(),
    ):
        model = ConformalTransferClassifier(estimator, cv=2)
        sets = model.fit(rows, labels, sample_domain=d).predict_set(new)
        again = model.fit(rows, filled, sample_domain=d).predict_set(new)
        assert_array_equal(sets, again)


def test_enough_labelled_target_rows_calibrate_alone(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 500, 500)
    labels[500:800] = sample(rng, 300)[1]
    model = frozen(target_labels="use").fit(rows, labels, sample_domain=d)
    alone = frozen().fit(rows[500:800], labels[500:800].astype(int))
    assert_array_equal(model.predict_set(new), alone.predict_set(new))
    assert model.n_calibration_ == 300
    assert model.weighter_ is None


def test_source_rows_fill_up_few_labelled_target_rows(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 500, 500, move=0)
    labels[500:550] = sample(rng, 50)[1]
    model = frozen(target_labels="use", weighter=Ratio(0.0), method="weighted")
    model.fit(rows, labels, sample_domain=d)
    # 20 / alpha = 200 rows: 50 of the target and 500 of the source that count as 150
    assert model.n_calibration_ == 550
    w = np.r_[np.full(500, 0.3), np.ones(50)]
    assert model.effective_sample_size_ == pytest.approx(w.sum() ** 2 / (w @ w))
    P, y = Known().predict_proba(rows[:550]), labels[:550].astype(int)
    scores = 1 - P[np.arange(550), y]
    P = Known().predict_proba(new)
    p = np.array([[(w[scores >= 1 - v].sum() + 1) / 201 for v in row] for row in P])
    assert_array_equal(model.predict_set(new), p > 0.1)


@pytest.mark.parametrize("estimator", [LogisticRegression(), TransferClassifier()])
def test_all_labelled_target_rows_calibrate(rng, estimator):
    """One that the models do not see is held out of none; others by folds."""
    (rows, labels, d), (new, _) = two_domains(rng, 300, 300)
    labels[300:340] = np.arange(40) % 3
    for weighter in ("covariate_shift", "label_shift", None):
        model = ConformalTransferClassifier(
            estimator, target_labels="use", weighter=weighter, cv=0.5
        ).fit(rows, labels, sample_domain=d)
        held = 20 if isinstance(estimator, TransferClassifier) else 40
        assert model.n_calibration_ == pytest.approx(150 + held, abs=2)
        assert model.predict_set(new).any(axis=1).mean() > 0.5


def test_labelled_target_rows_cover_what_no_weight_can_know(rng):
    """The meaning of the classes has changed: only labels tell."""
    (rows, labels, d), (new, y_new) = two_domains(rng, 2000, 2000, move=0)
    blind = frozen(alpha=0.2).fit(rows, labels, sample_domain=d)
    rows[2000:2400], truth = sample(rng, 400)
    labels[2000:2400] = 2 - truth
    told = frozen(alpha=0.2, target_labels="use").fit(rows, labels, sample_domain=d)
    sets = told.predict_set(new)
    assert covered(sets, 2 - y_new) == pytest.approx(0.8, abs=0.08)
    assert covered(blind.predict_set(new), 2 - y_new) < 0.7
