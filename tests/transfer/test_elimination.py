"""Candidates that need not be fitted, and students that are preferred."""

import numpy as np
import pytest
from raters import Says, compare, raters
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer.transfer import (
    TransferClassifier,
    crosslingual_candidates,
    default_candidates,
)
from sktransfer.transfer.strategies import Distillation, Pooling, SelfTraining

BEHIND = 0.05


class Taught(SelfTraining):
    """A student that predicts what a column of its rows holds."""

    def __init__(self, column=0, n_rounds=5, native_teacher=False):
        super().__init__(n_rounds)
        self.column = column
        self.native_teacher = native_teacher

    def fit_model(self, estimator, rows):
        return Says(self.column).fit(rows.mapped, rows.labels)


class Keep(TransformerMixin, BaseEstimator):
    """A mapper that changes nothing."""

    def __init__(self, value=None):
        self.value = value

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


def teacher(column, **parts):
    return TransferClassifier(Says(column), **parts)


def student(of, column, **options):
    return TransferClassifier(Says(of), strategy=Taught(column, **options))


def statuses(predictions, last, **options):
    """Report with three candidates beside the source, the second one's student last."""
    candidates = [("source only", Says(0)), ("a", teacher(1)), ("b", teacher(2))]
    candidates += [("c", teacher(3)), ("student", last)]
    return compare(predictions, candidates, guard=0.05, **options).report_


def trailing(rng, lead, n):
    """The best of three candidates, and another whose expected accuracy is less."""
    return raters(rng, (0.7, 0.9, 0.9 - lead, 0.8), n)[1]


@pytest.mark.slow
def test_students_of_a_teacher_that_trails(rng):
    leads = []
    for lead in np.linspace(0.05, 0.13, 9):
        predictions = trailing(rng, lead, 2000)
        report = statuses(predictions, student(2, 2))
        alone = compare(predictions, guard=0.05).report_["score"]
        trails = alone.max() - alone[2]
        leads.append(trails)
        if trails > BEHIND:
            assert report["status"][4] == (
                f"eliminated: its teacher 'b' is expected to trail 'a' by {trails:.1%}"
            )
            assert np.isnan(report["seconds"][4])
        else:
            assert report["status"][4] == "fitted"
    leads = np.array(leads)
    assert leads[leads > BEHIND].min() < 0.06
    assert leads[leads <= BEHIND].max() > 0.04


@pytest.mark.slow
def test_but_not_within_two_standard_errors(rng):
    ratios = []
    for lead in np.linspace(0.05, 0.3, 12):
        truth, predictions = raters(rng, (0.6, 0.85, 0.85 - lead, 0.6), 400)
        labels = np.where(np.arange(400) < 60, truth, np.nan)
        report = statuses(predictions, student(2, 2), labels=labels)
        alone = compare(predictions, guard=0.05, labels=labels).report_["score"]
        if alone.argmax() != 1:
            continue
        right = predictions[:60] == truth[:60, None]
        by_labels = 60 / 85 * (right[:, 1] * 1.0 - right[:, 2]).std() / np.sqrt(60)
        # of each row agreement says something between -1 and 1 where the two differ
        differ = np.mean(predictions[:, 1] != predictions[:, 2])
        most = np.hypot(by_labels, 25 / 85 * np.sqrt(differ / 400))
        trails = alone[1] - alone[2]
        if 2 * by_labels < trails <= 2 * most:
            continue
        assert report["status"][4].startswith("eliminated") == (trails > 2 * most)
        ratios.append(trails / by_labels)
    ratios = np.array(ratios)
    assert ((ratios > 1.2) & (ratios <= 2)).any()
    assert ((ratios > 2) & (ratios < 3)).any()


def test_nor_those_with_a_second_teacher(rng):
    predictions = trailing(rng, 0.2, 1000)
    for native, status in ((False, "eliminated"), (True, "fitted")):
        last = student(2, 2, native_teacher=native)
        assert statuses(predictions, last)["status"][4].startswith(status)


def test_nor_where_nothing_is_to_be_eliminated(rng):
    predictions = trailing(rng, 0.2, 1000)
    report = statuses(predictions, student(2, 2), eliminate=False)
    assert (report["status"] == "fitted").all()
    # a student of the best candidate, and one of none
    for last in (student(1, 1), student(4, 2), Says(2)):
        rows = predictions[:, [0, 1, 2, 3, 2]]
        assert statuses(rows, last)["status"][4] == "fitted"


class Stubborn:
    def __eq__(self, other):
        raise ValueError("no")

    __hash__ = None


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        (StandardScaler(), StandardScaler(), True),
        (StandardScaler(), StandardScaler(with_mean=False), False),
        (make_pipeline(StandardScaler()), make_pipeline(StandardScaler()), True),
        (make_pipeline(StandardScaler()), StandardScaler(), False),
        (np.arange(3), np.arange(3), True),
        (np.arange(3), np.arange(4), False),
        ({"a": (1, None)}, {"a": (1, None)}, True),
        ({"a": 1}, {"b": 1}, False),
        ([1, 2], [1], False),
        (1, 1.0, False),
        (Stubborn(), Stubborn(), False),
    ],
)
def test_a_teacher_has_the_same_parts(rng, first, second, equal):
    predictions = trailing(rng, 0.2, 500)
    candidates = [("source only", Says(0)), ("a", teacher(1))]
    candidates += [("b", teacher(2, mapper=Keep(first))), ("c", teacher(3))]
    last = student(2, 2).set_params(mapper=Keep(second))
    status = compare(predictions, [*candidates, ("d", last)]).report_["status"][4]
    assert status.startswith("eliminated") == equal


@pytest.mark.parametrize(
    "other",
    [
        teacher(2, strategy=SelfTraining()),
        teacher(2).set_params(source_shares="target"),
        Says(2),
    ],
)
def test_only_a_pooled_model_of_the_same_settings_teaches(rng, other):
    predictions = trailing(rng, 0.2, 500)
    candidates = [("source only", Says(0)), ("a", teacher(1)), ("b", other)]
    candidates += [("c", teacher(3)), ("d", student(2, 2))]
    assert compare(predictions, candidates).report_["status"][4] == "fitted"


def test_every_student_by_default_has_a_teacher_before_it(rng):
    for found in (
        default_candidates(rng.normal(size=(20, 3))),
        default_candidates(rng.normal(size=(20, 60))),
        default_candidates(["good book", "bad pan"]),
        crosslingual_candidates([("good", "gut")]),
    ):
        pooled, n_students = [], 0
        for _, model in found:
            if not isinstance(model, TransferClassifier):
                continue
            model = clone(model)
            kind = model.strategy
            if kind == "pool" or isinstance(kind, Pooling):
                pooled.append(repr(model.set_params(strategy="pool")))
            elif kind in ("distill", "self_train") or isinstance(kind, Distillation):
                n_students += 1
                assert repr(model.set_params(strategy="pool")) in pooled
        assert n_students > 0


def test_where_all_predict_the_same_none_is_needed(rng):
    _, predictions = raters(rng, (0.8,), 1000)
    predictions = predictions[:, [0, 0, 0, 0]]
    for share, eliminated in ((0.0, True), (0.015, True), (0.03, False)):
        other = predictions.copy()
        other[: int(share * 1000), 2] = 1 - other[: int(share * 1000), 2]
        status = statuses(other, Says(3))["status"][4]
        assert status.startswith("eliminated") == eliminated
        if eliminated:
            assert "predict the same as 'source only' for more than 98%" in status
