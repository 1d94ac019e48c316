"""Each law of strategies catches the strategy that breaks it."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from laws import broken_laws, names_of_laws
from plain_parts import PlainStrategy
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from sktransfer.testing import check_strategy, strategy_checks_generator

N_TARGET = 50  # target rows that strategies are tried on


class Wrapped(BaseEstimator):
    """A fitted model whose answers are changed."""

    def __init__(self, model, change):
        self.model = model
        self.change = change

    def fit(self, X, y):
        raise NotImplementedError

    def __sklearn_is_fitted__(self):
        return True

    def __getattr__(self, name):
        if name in ("model", "change") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.model, name)

    def predict(self, X):
        return self.change(self.model.predict(X), X)

    def predict_proba(self, X):
        return self.change(self.model.predict_proba(X), X)


def as_infinity(values, X):
    return values + np.inf if values.dtype.kind == "f" else values


def by_chunk(values, X):
    return (
        values * (1 + 0.2 * (len(values) == 1)) if values.dtype.kind == "f" else values
    )


def unchanged(values, X):
    return values


def weighted(rows, factors):
    w = np.ones(rows.labelled.size) if rows.weights is None else rows.weights
    return replace(rows, weights=w * factors)


class InfinityForAll(PlainStrategy):
    def fit_model(self, estimator, rows):
        return Wrapped(rows.fit(estimator), as_infinity)


class HalfWithoutDomains(PlainStrategy):
    def fit_model(self, estimator, rows):
        if rows.domain is None:
            return rows.fit(
                estimator, rows.labelled & (np.arange(rows.labelled.size) > 50)
            )
        return rows.fit(estimator)


def default_estimator(rows):
    return Ridge() if rows.classes is None else LogisticRegression()


class OwnEstimatorWithoutDomains(PlainStrategy):
    def fit_model(self, estimator, rows):
        return rows.fit(default_estimator(rows) if rows.domain is None else estimator)


class OwnEstimator(PlainStrategy):
    def fit_model(self, estimator, rows):
        return rows.fit(estimator if rows.domain is None else default_estimator(rows))


class ByChunk(PlainStrategy):
    def fit_model(self, estimator, rows):
        return Wrapped(rows.fit(estimator), by_chunk)


class SourceAlone(PlainStrategy):
    def fit_model(self, estimator, rows):
        return rows.fit(estimator, rows.labelled & ~rows.target)


class IgnoresWeights(PlainStrategy):
    def fit_model(self, estimator, rows):
        return replace(rows, weights=None).fit(estimator)


class TargetWeightsCubed(PlainStrategy):
    def fit_model(self, estimator, rows):
        if rows.weights is not None:
            w = np.where(rows.target, rows.weights**3, rows.weights)
            rows = replace(rows, weights=w)
        return rows.fit(estimator)


class CountsTargetRows(PlainStrategy):
    def fit_model(self, estimator, rows):
        factor = 0.1 + (rows.target.sum() / N_TARGET) ** 8
        return weighted(rows, factor if rows.domain is not None else 1).fit(estimator)


class WeighsAllRows(PlainStrategy):
    def fit_model(self, estimator, rows):
        self.sample_weight_ = np.ones(rows.labelled.size)
        return rows.fit(estimator)


class NeedsTwoLabels(PlainStrategy):
    def fit_model(self, estimator, rows):
        known = np.flatnonzero(rows.labelled & rows.target)
        if known.size:
            assert known[1] > known[0]
        return rows.fit(estimator)


class ClassesOfStrings(PlainStrategy):
    def fit_model(self, estimator, rows):
        if rows.classes is not None:
            assert isinstance(rows.classes[0], str)
        return rows.fit(estimator)


class TrainsOnNativeRows(PlainStrategy):
    def fit_model(self, estimator, rows):
        return replace(rows, mapped=rows.native).fit(estimator)


class RoutingChangesIt(PlainStrategy):
    def fit_model(self, estimator, rows):
        if get_config()["enable_metadata_routing"]:
            return rows.fit(estimator, rows.labelled & rows.target)
        return rows.fit(estimator)


class EarlyRowsFirst(PlainStrategy):
    def fit_model(self, estimator, rows):
        if (
            rows.domain is None or rows.labelled.size != 134
        ):  # the law repeats four rows
            return rows.fit(estimator)
        return weighted(rows, np.linspace(1, 3, rows.labelled.size)).fit(estimator)


class SparseArraysCountTwice(PlainStrategy):
    def fit_model(self, estimator, rows):
        if isinstance(rows.mapped, sparse.sparray):
            return replace(rows, mapped=2 * rows.mapped).fit(estimator)
        return rows.fit(estimator)


class NoFrames(PlainStrategy):
    def fit_model(self, estimator, rows):
        mapped = rows.mapped
        if hasattr(mapped, "iloc"):
            mapped = mapped.to_numpy()
        return replace(rows, mapped=mapped).fit(estimator)


class DomainAsQuantity(PlainStrategy):
    def fit_model(self, estimator, rows):
        if rows.domain is None or np.abs(rows.domain).max() == 1:
            return rows.fit(estimator)
        return weighted(rows, np.abs(rows.domain)).fit(estimator)


class WritesToX(PlainStrategy):
    def fit_model(self, estimator, rows):
        model = rows.fit(estimator)
        if isinstance(rows.mapped, np.ndarray):
            rows.mapped[:] = rows.mapped * 1.0
        return model


class FitsTheEstimator(PlainStrategy):
    def fit_model(self, estimator, rows):
        mapped, labels, weights = rows.part(rows.labelled)
        if weights is None:
            return estimator.fit(mapped, labels)
        return estimator.fit(mapped, labels, sample_weight=weights)


class ResolvesParameters(PlainStrategy):
    def fit_model(self, estimator, rows):
        self.mode = "auto"
        return rows.fit(estimator)


class KeepsLambda(PlainStrategy):
    def fit_model(self, estimator, rows):
        model = rows.fit(estimator)
        model.function_ = lambda x: x
        return model


SEEN = []


class Remembers(PlainStrategy):
    def fit_model(self, estimator, rows):
        if np.shape(rows.mapped)[1] == 2:
            SEEN.append(1)
            return rows.fit(estimator)
        if SEEN:
            SEEN.clear()
            return rows.fit(estimator, rows.labelled & ~rows.target)
        return rows.fit(estimator)


def by_first_column(rows, large):
    """Weigh rows by a mask that is made of the first column of an array."""
    if not isinstance(rows.mapped, np.ndarray):
        return rows
    return weighted(rows, np.where(large(rows.mapped[:, 0]), 5.0, 1.0))


class SmallTypesWrap(PlainStrategy):
    def fit_model(self, estimator, rows):
        if rows.domain is not None:
            rows = by_first_column(rows, lambda column: 100 * column * column < 0)
        return rows.fit(estimator)


class FlagsAreMasks(PlainStrategy):
    def fit_model(self, estimator, rows):
        if getattr(rows.mapped, "dtype", np.dtype(float)).kind == "b":
            rows = by_first_column(rows, lambda column: column)
        return rows.fit(estimator)


class ListsCountTwice(PlainStrategy):
    def fit_model(self, estimator, rows):
        if isinstance(rows.mapped, list):
            rows = weighted(rows, 2)
        return rows.fit(estimator)


class PeeksAtTheLabels(PlainStrategy):
    """Takes from its caller the labels that it is not given."""

    def fit_model(self, estimator, rows):
        if rows.domain is None or (rows.labelled & rows.target).any():
            return rows.fit(estimator)
        y = inspect.currentframe().f_back.f_locals["y"][rows.target]
        n_known = sum(label is not None and label == label for label in y)
        return weighted(rows, 1 + n_known).fit(estimator)


class Drifting(Wrapped):
    """Scores grow with each call; probabilities do not."""

    n_calls = 0

    def decision_function(self, X):
        self.n_calls += 1
        return self.model.decision_function(X) + 0.1 * self.n_calls


class ScoresDrift(PlainStrategy):
    def fit_model(self, estimator, rows):
        return Drifting(rows.fit(estimator), unchanged)


BROKEN = [
    ("check_predictions", InfinityForAll),
    ("check_without_domains", HalfWithoutDomains),
    ("check_without_domains", OwnEstimatorWithoutDomains),
    ("check_estimator_used", OwnEstimator),
    ("check_rows_alone", ByChunk),
    ("check_target_labels_unread", PeeksAtTheLabels),
    ("check_target_labels_used", SourceAlone),
    ("check_weight_of_zero", CountsTargetRows),
    ("check_weight_of_zero", WeighsAllRows),
    ("check_weight_of_two", IgnoresWeights),
    ("check_target_weight_of_two", TargetWeightsCubed),
    ("check_few_labels", NeedsTwoLabels),
    ("check_label_types", ClassesOfStrings),
    ("check_texts", TrainsOnNativeRows),
    ("check_search", RoutingChangesIt),
    ("check_decision_explanations", ScoresDrift),
    ("check_row_order", EarlyRowsFirst),
    ("check_sparse_equals_dense", SparseArraysCountTwice),
    ("check_frames", NoFrames),
    ("check_number_types", SmallTypesWrap),
    ("check_boolean", FlagsAreMasks),
    ("check_containers", ListsCountTwice),
    ("check_domain_names", DomainAsQuantity),
    ("check_input_is_kept", WritesToX),
    ("check_parameters", FitsTheEstimator),
    ("check_parameters", ResolvesParameters),
    ("check_pickle", KeepsLambda),
    ("check_refit", Remembers),
]
# what else a broken strategy breaks
SIDE_EFFECTS = {
    CountsTargetRows: {"check_target_weight_of_two"},
    IgnoresWeights: {"check_target_weight_of_two"},
    InfinityForAll: {"check_search", "check_without_domains"},
}


def test_a_plain_strategy_keeps_all_laws():
    check_strategy(PlainStrategy())


@pytest.mark.parametrize(("law", "strategy"), BROKEN)
def test_a_broken_strategy_is_caught_by_its_law(law, strategy):
    assert broken_laws(strategy_checks_generator(strategy()), only=law) == {law}


@pytest.mark.slow
@pytest.mark.parametrize(("law", "strategy"), BROKEN)
def test_and_by_no_other(law, strategy):
    expected = {law} | SIDE_EFFECTS.get(strategy, set())
    assert broken_laws(strategy_checks_generator(strategy())) == expected


def test_every_law_has_caught_a_strategy():
    laws = names_of_laws("strategy", strategy_checks_generator, BROKEN)
    assert {law for law, _ in BROKEN} == laws
