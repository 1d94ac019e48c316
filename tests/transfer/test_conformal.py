"""Prediction sets: coverage laws, formulas written again, and what goes in."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import betabinom
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    ConformalTransferClassifier,
    CrossLingualMapper,
    KMMInstanceWeighter,
    LabelShiftInstanceWeighter,
    MeanMatchingInstanceWeighter,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews


class Known(ClassifierMixin, BaseEstimator):
    """Three classes whose probabilities are known; the larger x1, the surer.

    With another column it knows nothing.
    """

    def __init__(self, column=0):
        self.column = column
        self.classes_ = np.array([0, 1, 2])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        L = np.outer(np.exp(X[:, self.column]), [-1.0, 0.2, 1.0])
        P = np.exp(L - L.max(axis=1, keepdims=True))
        return P / P.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Ratio(BaseEstimator):
    """The true ratio of densities of N(move, 1) and N(0, 1) in the first column."""

    def __init__(self, move=1.0, wrong=False):
        self.move, self.wrong = move, wrong

    def fit(self, X, y=None, sample_domain=None):
        self.weights_ = self.score_samples(X)
        return self

    def score_samples(self, X):
        w = np.exp(self.move * X[:, 0] - self.move**2 / 2)
        return 1 / w if self.wrong else w


class ClassRatio(BaseEstimator):
    """Ratios of the shares of classes that are known."""

    def __init__(self, ratio):
        self.ratio = ratio

    def fit(self, X, y, sample_domain=None):
        self.target_shares_ = np.array(self.ratio)
        source = np.asarray(sample_domain) > 0
        self.weights_ = np.ones(len(X))
        self.weights_[source] = self.target_shares_[y[source].astype(int)]
        return self


def sample(rng, n, move=0.0):
    X = rng.normal(size=(n, 2)) + [move, 0]
    P = Known().predict_proba(X)
    y = (P.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1)
    return X, y


def frozen(**options):
    return ConformalTransferClassifier(FrozenEstimator(Known()), **options)


def covered(sets, y):
    return sets[np.arange(len(y)), y].mean()


def two_domains(rng, n=3000, m=3000, move=1.0):
    """Rows to fit on, labels of the source alone, domains; and new target rows."""
    Xs, ys = sample(rng, n)
    Xt, _ = sample(rng, m, move)
    y = np.r_[ys.astype(float), np.full(m, np.nan)]
    return (np.vstack([Xs, Xt]), y, np.repeat([1, -1], [n, m])), sample(rng, 4000, move)


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


# -------------------------------------------------------------------------- few rows


def test_too_few_rows_give_full_sets_and_a_warning(rng):
    X, y = sample(rng, 8)
    with pytest.warns(UserWarning, match=r"8 rows.*alpha=0\.1 at least 9.*all classes"):
        model = frozen().fit(X, y)
    assert model.predict_set(X).all()
    assert not model.predict_set(X, alpha=0.5).all()
    with pytest.warns(UserWarning, match="at least 99"):
        assert model.predict_set(X, alpha=0.01).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frozen().fit(*sample(rng, 9))


def test_one_heavy_row_is_too_few(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 50, 50, move=6.0)
    model = frozen(weighter=Ratio(6.0), method="weighted")
    with pytest.warns(UserWarning, match=r"50 rows that calibrate are worth"):
        model.fit(rows, labels, sample_domain=d)
    assert model.effective_sample_size_ < 9
    assert model.predict_set(new).all()


def test_calibration_rows_of_one_class(rng):
    X, y = sample(rng, 300)
    rows = y == 1
    model = frozen().fit(X[rows], y[rows])
    assert_array_equal(model.classes_, [0, 1, 2])
    assert covered(model.predict_set(X[rows]), y[rows]) >= 0.9


def test_a_class_of_one_row_is_trained_on(rng):
    X, y = sample(rng, 60)
    y = np.where(np.arange(60) == 5, "rare", "common")
    model = ConformalTransferClassifier(cv=3).fit(X, y)
    assert model.n_calibration_ == 59
    assert all(len(m.classes_) == 2 for m in model.estimators_)
    with pytest.warns(UserWarning, match="every set holds all classes"):
        tiny = ConformalTransferClassifier().fit([[0.0], [1.0]], ["a", "b"])
    assert tiny.predict_set([[0.5]]).all()


# ------------------------------------------------------------------------- to a person


def test_a_person_gets_the_rows_of_the_largest_sets(rng):
    X, y = sample(rng, 1000)
    model = frozen(alpha=0.2).fit(X, y)
    sizes = model.predict_set(X).sum(axis=1)
    best = model.predict_proba(X).max(axis=1)
    for rate in (0, 0.1, 0.255, 1):
        sent = model.defer(X, rate)
        assert sent.sum() == int(rate * 1000)
        if 0 < rate < 1:
            assert sizes[sent].min() >= sizes[~sent].max()
            at = sizes == sizes[sent].min()
            assert best[at & sent].max() <= best[at & ~sent].min()
    right = model.predict(X) == y
    assert right[~model.defer(X, 0.3)].mean() > right.mean() + 0.05
    assert_array_equal(model.defer(X[::-1], 0.2)[::-1], model.defer(X, 0.2))


def test_empty_sets_go_to_a_person_first(rng):
    X, y = sample(rng, 1000)
    model = frozen(alpha=0.7).fit(X, y)
    empty = ~model.predict_set(X).any(axis=1)
    assert 0 < empty.sum() < 900
    assert_array_equal(model.defer(X, empty.mean()), empty)


# ------------------------------------------------------------------------ what goes in


def test_texts_in_two_languages():
    r = make_bilingual_reviews(150)
    labels = np.where(r.target == r.target.max(), "good", "bad")
    model = ConformalTransferClassifier(
        TransferClassifier(mapper=CrossLingualMapper(r.dictionary)), cv=2
    ).fit(r.data, labels, sample_domain=r.sample_domain)
    assert_array_equal(model.classes_, ["bad", "good"])
    target = r.sample_domain < 0
    texts = np.array(r.data, dtype=object)[target].tolist()
    sets = model.predict_set(texts)
    assert sets.shape == (len(texts), 2)
    assert set(model.predict(texts)) <= {"bad", "good"}
    assert covered(sets, (labels[target] == "good").astype(int)) > 0.75


def test_a_pipeline_of_texts_and_its_own_weighter():
    r = make_bilingual_reviews(150, source="en/books", target="en/music")
    pipeline = make_pipeline(TfidfVectorizer(), LinearSVC())
    weighter = make_pipeline(TfidfVectorizer(), KMMInstanceWeighter())
    for own in ("covariate_shift", "label_shift", weighter):
        model = ConformalTransferClassifier(pipeline, weighter=own, cv=0.4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(r.data, r.target, sample_domain=r.sample_domain)
        assert len(model.estimators_) == 1
        assert_allclose(model.predict_proba(r.data[:5]).sum(axis=1), 1)
        assert model.predict_set(r.data[:5]).shape == (5, 2)


def test_sparse_rows_and_models_that_transfer(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 300, 300)
    dense = ConformalTransferClassifier(weighter=LabelShiftInstanceWeighter(), cv=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = dense.fit(rows, labels, sample_domain=d).predict_proba(new)
        found = dense.fit(sparse.csr_matrix(rows), labels, sample_domain=d)
    assert_allclose(found.predict_proba(sparse.csr_matrix(new)), expected, atol=1e-6)
    for weighter in (MeanMatchingInstanceWeighter(), KMMInstanceWeighter()):
        model = ConformalTransferClassifier(
            TransferClassifier(mapper=CORAL()), weighter=weighter, cv=2
        )
        model.fit(rows, labels, sample_domain=d)
        assert model.weighter_ is not weighter
        assert 0.5 < model.predict_set(new).mean() * 3 < 3


def test_a_mapper_may_bring_together_what_is_far_apart(rng):
    """The target is measured on another scale: as they are, rows have no like."""
    X, y = sample(rng, 2000)
    new, y_new = sample(rng, 2000)
    X[1000:] += 50
    d, labels = np.repeat([1, -1], 1000), np.r_[y[:1000].astype(float), [np.nan] * 1000]
    model = TransferClassifier(mapper=CORAL())
    fitted = clone(model).fit(X, labels, sample_domain=d)
    for estimator in (model, make_pipeline(model), FrozenEstimator(fitted)):
        sets = ConformalTransferClassifier(estimator, alpha=0.2, cv=3)
        sets = sets.fit(X, labels, sample_domain=d).predict_set(new + 50)
        assert covered(sets, y_new) == pytest.approx(0.8, abs=0.04)
        assert sets.sum(axis=1).mean() < 2.5
    unmapped = ConformalTransferClassifier(TransferClassifier(), cv=3)
    with pytest.warns(UserWarning, match="told apart"):
        unmapped.fit(X, labels, sample_domain=d)


def test_few_target_rows_stay_in_every_fit(rng):
    (rows, labels, d), (new, _) = two_domains(rng, 100, 3)
    model = ConformalTransferClassifier(TransferClassifier(mapper=CORAL()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows, labels, sample_domain=d)
    assert model.predict_set(new).shape == (len(new), 3)


def test_without_probabilities_there_are_no_sets(rng):
    class Plain(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return np.zeros(len(X))

    with pytest.raises(
        TypeError, match="predict_proba or decision_function; got Plain"
    ):
        ConformalTransferClassifier(Plain()).fit(*sample(rng, 40))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"cv": 1}, "cv"),
        ({"conformity_score": "raps"}, "conformity_score"),
        ({"weighter": "kmm"}, "weighter"),
        ({"method": "cqr"}, "method"),
    ],
)
def test_parameters_are_checked(rng, options, message):
    with pytest.raises(ValueError, match=message):
        ConformalTransferClassifier(**options).fit(*sample(rng, 40))


def test_arguments_of_methods_are_checked(rng):
    model = frozen().fit(*sample(rng, 40))
    X, _ = sample(rng, 5)
    with pytest.raises(ValueError, match="alpha"):
        model.predict_set(X, alpha=2)
    with pytest.raises(ValueError, match="rate"):
        model.defer(X, 1.5)
    with pytest.raises(ValueError, match="no target row"):
        frozen().fit(*sample(rng, 40), sample_domain=np.ones(40, int))
