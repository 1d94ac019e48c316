"""Strategies as parts: searched, named by strings, and written by users."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer import TransferClassifier, TransferRegressor
from sktransfer.adaptation import CORAL
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import strategies
from sktransfer.transfer.strategies import (
    Augmentation,
    Boosting,
    Distillation,
    FineTuning,
    Pooling,
    SelfTraining,
    Strategy,
)

NAMES = {
    "pool": Pooling,
    "augment": Augmentation,
    "fine_tune": FineTuning,
    "self_train": SelfTraining,
    "distill": Distillation,
    "boost": Boosting,
}
PARAMETERS = {
    name for strategy in NAMES.values() for name in strategy().get_params(deep=False)
}
SEVEN = [
    "estimator",
    "mapper",
    "weighter",
    "strategy",
    "target_labels",
    "target_weight",
    "source_shares",
]


@pytest.fixture
def few(rng):
    """Two sources, and a target with 40 labels in which another feature counts."""
    X = rng.normal(size=(240, 4))
    d = np.repeat([1, 2, -3], [80, 80, 80])
    z = X[:, 0] + np.where(d < 0, X[:, 1], 0) + 0.2 * rng.normal(size=240)
    y = np.where(np.arange(240) < 200, np.where(z > 0, "yes", "no"), None)
    return X, y, d, z


class TargetAlone(Strategy):
    """Learns from the labelled target rows, sharpened by a parameter of its own."""

    def __init__(self, times=1):
        self.times = times

    def fit_model(self, estimator, rows):
        rows.require_target("TargetAlone", labelled=True)
        self.n_rows_ = int((rows.labelled & rows.target).sum())
        return rows.fit(estimator, rows.labelled & rows.target)


class SourceAlone:
    """A strategy that is no estimator, and no Strategy."""

    def fit_model(self, estimator, rows):
        X, y, weights = rows.part(rows.labelled & ~rows.target)
        return clone(estimator).fit(X, y, sample_weight=weights)


class ByDomain:
    """Its model takes rows in native form, and their domains."""

    class Model:
        takes_native_rows = takes_sample_domain = True

        def __init__(self, seen):
            self.seen = seen

        def predict(self, X, sample_domain=None):
            self.seen.append((X, sample_domain))
            return np.zeros(len(X))

    def __init__(self):
        self.seen = []

    def fit_model(self, estimator, rows):
        self.sample_weight_ = np.full(len(rows.labelled), 7.0)
        self.estimator_ = rows.fit(estimator)
        return self.Model(self.seen)


@pytest.mark.parametrize("cls", [TransferClassifier, TransferRegressor])
def test_seven_parameters(cls):
    assert list(inspect.signature(cls).parameters) == SEVEN


@pytest.mark.parametrize("name", NAMES)
def test_a_string_stands_for_the_defaults(few, name):
    X, y, d, _ = few
    one, two = (
        TransferClassifier(strategy=s, target_labels="use").fit(X, y, sample_domain=d)
        for s in (name, NAMES[name]())
    )
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert type(one.strategy_) is NAMES[name]
    assert one.strategy == name


def test_one_grid_spans_strategies(few):
    X, _, d, z = few
    grid = {
        "strategy": [Pooling(), Distillation()],
        "strategy__teacher_weight": [0, 0.5],
    }
    for routing in (False, True):
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                TransferClassifier(), grid, cv=TargetKFold(2), error_score="raise"
            )
            extra = {} if routing else {"groups": d}
            search.fit(X, z > 0, sample_domain=d, **extra)
        assert len(search.cv_results_["params"]) == 4
        scores = search.cv_results_["mean_test_score"]
        assert scores[0] == scores[1]  # pooling knows no teacher
    assert grid["strategy"][1].teacher_weight == 0.0


def test_a_string_becomes_a_strategy_when_a_parameter_is_set():
    model = TransferClassifier(strategy="distill")
    model.set_params(strategy__teacher_weight=0.5)
    assert isinstance(model.strategy, Distillation)
    assert model.strategy.teacher_weight == 0.5
    model.set_params(strategy="self_train", strategy__n_rounds=2)
    assert isinstance(model.strategy, SelfTraining)
    assert model.get_params()["strategy__n_rounds"] == 2


@pytest.mark.parametrize("strategy", NAMES.values())
def test_parameters_of_other_strategies_are_left_out_and_unknown_ones_raise(strategy):
    part = strategy()
    own = part.get_params()
    others = dict.fromkeys(PARAMETERS - set(own), 99)
    assert part.set_params(**others) is part
    assert part.get_params() == own
    with pytest.raises(ValueError, match="Invalid parameter 'teacher_wait'"):
        part.set_params(teacher_wait=1)
    model = TransferClassifier(strategy=part)
    with pytest.raises(ValueError, match="Invalid parameter 'teacher_wait'"):
        model.set_params(strategy__teacher_wait=1)


def test_parameters_of_a_students_parts_are_set():
    part = Distillation(make_pipeline(StandardScaler(), Ridge()))
    model = TransferClassifier(strategy=part)
    model.set_params(strategy__student__ridge__alpha=7.0)
    assert part.student[-1].alpha == 7.0
    copy = clone(model)
    assert copy.strategy.student[-1].alpha == 7.0
    assert copy.strategy is not part


@pytest.mark.parametrize("strategy", [TargetAlone(), SourceAlone()])
@pytest.mark.parametrize("mapper", [None, CORAL()])
def test_a_strategy_of_a_user(few, rng, strategy, mapper):
    X, y, d, z = few
    w = rng.uniform(0.5, 2, size=240)
    side = d < 0 if isinstance(strategy, TargetAlone) else d > 0
    rows = side & (np.arange(240) < 200)
    for cls, base, labels in (
        (TransferClassifier, LogisticRegression(), y),
        (TransferRegressor, Ridge(), np.where(np.arange(240) < 200, z, np.nan)),
    ):
        model = cls(base, mapper=mapper, strategy=strategy, target_labels="use")
        model.fit(X, labels, sample_domain=d, sample_weight=w)
        Z = X
        if mapper is not None:
            Z = clone(mapper).fit(X, sample_domain=d).transform(X, sample_domain=d)
        known = labels[rows].astype(str if labels is y else float)
        plain = clone(base).fit(Z[rows], known, sample_weight=w[rows])
        assert_array_equal(model.predict(X, sample_domain=d), plain.predict(Z))
        assert model.estimator_ is model.model_
        assert model.n_features_in_ == 4


def test_parameters_and_attributes_of_a_users_strategy(few):
    X, y, d, _ = few
    model = TransferClassifier(strategy=TargetAlone(), target_labels="use")
    grid = {"strategy__times": [1, 2]}
    search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
    known = np.arange(200)
    search.fit(X[known], y[known], groups=d[known], sample_domain=d[known])
    assert search.best_estimator_.strategy_.n_rows_ == 40
    with pytest.raises(ValueError, match="Invalid parameter 'speed'"):
        model.set_params(strategy__speed=1)


def test_a_model_may_take_native_rows_and_domains(few):
    X, y, d, _ = few
    strategy = ByDomain()
    model = TransferClassifier(mapper=StandardScaler(), strategy=strategy)
    model.fit(X, y, sample_domain=d)
    assert model.predict(X, sample_domain=d).shape == (240,)
    assert model.predict(X[:3]).shape == (3,)
    (first, domains), (second, none) = model.strategy_.seen
    assert first is X
    assert_array_equal(domains, d)
    assert_array_equal(second, X[:3])
    assert none is None
    assert_array_equal(model.sample_weight_, 7)
    assert isinstance(model.estimator_, LogisticRegression)
    assert not hasattr(model, "predict_proba")


def test_what_is_no_strategy_is_refused(few):
    X, y, d, _ = few
    model = TransferClassifier(strategy=LogisticRegression())
    with pytest.raises(
        ValueError, match=r"strategy of \w+ must be .*fit_model.*; got Logis"
    ):
        model.fit(X, y, sample_domain=d)


def test_a_fit_leaves_the_strategy_as_it_was(few):
    X, y, d, _ = few
    for name in NAMES.values():
        part = name()
        TransferClassifier(strategy=part, target_labels="use").fit(X, y, d)
        assert not [name for name in vars(part) if name.endswith("_")]


def test_shares_of_sources_by_a_distillation_without_target_labels(few):
    X, y, d, _ = few
    model = TransferClassifier(strategy="distill", source_shares="target")
    model.fit(X, y, sample_domain=d)
    pooled = TransferClassifier(source_shares="target").fit(X, y, sample_domain=d)
    assert_allclose(model.source_shares_, pooled.source_shares_)
    assert_array_equal(model.estimator_.coef_, pooled.estimator_.coef_)
    assert not hasattr(model.strategy_, "validation_")


def test_the_teacher_of_a_regressor_may_have_a_weight(few):
    X, _, d, z = few
    student, both = (
        TransferRegressor(strategy=Distillation(teacher_weight=w), mapper=CORAL())
        for w in (0.0, 3.0)
    )
    student.fit(X, z, sample_domain=d)
    both.fit(X, z, sample_domain=d)
    target = X[d < 0]
    teacher = student.estimator_.predict(student.mapper_.transform(target))
    expected = (student.predict(target) + 3 * teacher) / 4
    assert_allclose(both.predict(target), expected)
    assert_allclose(both.predict(X, sample_domain=d)[d < 0], expected)


def test_the_public_names():
    for name in strategies.__all__:
        assert getattr(strategies, name).__module__.startswith(strategies.__name__)
