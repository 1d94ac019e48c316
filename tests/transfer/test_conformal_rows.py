"""Prediction sets: few rows, rows for a person, and what goes in."""

import warnings

import numpy as np
import pytest
from known_classes import Ratio, covered, frozen, sample, two_domains
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sktransfer import (
    CORAL,
    ConformalTransferClassifier,
    CrossLingualMapper,
    KMMInstanceWeighter,
    LabelShiftInstanceWeighter,
    MeanMatchingInstanceWeighter,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold

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


@pytest.mark.parametrize("routing", [False, True])
def test_a_pipeline_and_a_search_pass_the_domains(rng, routing):
    (rows, labels, d), (new, _) = two_domains(rng, 150, 150)
    model = ConformalTransferClassifier(TransferClassifier(mapper=CORAL()), cv=2)
    alone = clone(model).fit(rows, labels, sample_domain=d)
    truth = np.where(d < 0, 0, labels)  # a search scores on labelled target rows
    with config_context(enable_metadata_routing=routing):
        name = "sample_domain" if routing else "conformal__sample_domain"
        pipeline = Pipeline([("same", FunctionTransformer()), ("conformal", model)])
        pipeline.fit(rows, labels, **{name: d})
        extra = {} if routing else {"groups": d}
        grid = {"estimator__mapper": [None, CORAL()]}
        search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
        search.fit(rows, truth, sample_domain=d, **extra)
    assert_allclose(pipeline.predict_proba(new), alone.predict_proba(new))
    assert search.best_estimator_.predict_set(new).shape == (len(new), 3)


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
