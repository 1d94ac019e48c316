"""Weights of rows that mean nothing are refused, wherever weights are taken."""

import inspect
from functools import partial

import numpy as np
import pytest
from sklearn import config_context

from sktransfer.recommend import ItemKNNRecommender
from sktransfer.transfer import TransferClassifier, TransferRegressor
from sktransfer.transfer.strategies import Strategy
from sktransfer.utils.discovery import all_estimators

ESTIMATORS = dict(all_estimators())
ALIGNMENTS = dict(all_estimators("alignment"))
STRATEGIES = [cls for _, cls in all_estimators("strategy") if cls is not Strategy]
REGRESSORS = {"BiasedRidge", "TransferRegressor"}
PARAMETERS = {
    "AutoTransferRecommender": {"candidates": [("k", ItemKNNRecommender())]},
    "Procrustes": {"normalize": None},
    "WhitenedAlignment": {"normalize": None},
}
N = 40


def weighted_methods():
    for name, cls in ESTIMATORS.items():
        for method in ("fit", "partial_fit", "fit_transform", "score"):
            function = getattr(cls, method, None)
            if function is None:
                continue
            if "sample_weight" in inspect.signature(function).parameters:
                yield name, method


BAD = {
    "negative": (np.where(np.arange(N) == 3, -1.0, 1.0), "not negative; got -1"),
    "all negative": (np.full(N, -2), "not negative; got -2"),
    "missing": (np.where(np.arange(N) == 3, np.nan, 1.0), "NaN"),
    "infinite": (np.where(np.arange(N) == 3, np.inf, 1.0), "infinity"),
    "too few": (np.ones(N - 1), r"sample_weight.*39.*40"),
    "a table": (np.ones((N, 2)), "1D array or scalar"),
    "texts": (np.full(N, "much"), "could not convert string to float"),
}


def data(name):
    rng = np.random.default_rng(0)
    X = rng.poisson(1.0, size=(N, 6)) + rng.uniform(size=(N, 6))
    if name in ALIGNMENTS:
        return X, X @ rng.normal(size=(6, 6))
    if name in REGRESSORS:
        return X, X[:, 0]
    return X, (X[:, 0] > np.median(X[:, 0])).astype(int)


def test_many_methods_take_weights():
    assert len(list(weighted_methods())) > 25


@pytest.mark.parametrize("kind", list(BAD))
@pytest.mark.parametrize(("name", "method"), list(weighted_methods()))
def test_meaningless_weights_are_refused(name, method, kind):
    X, y = data(name)
    model = ESTIMATORS[name](**PARAMETERS.get(name, {}))
    if method == "score":
        model.fit(X, y)
    weights, message = BAD[kind]
    call = getattr(model, method)
    if "classes" in inspect.signature(call).parameters:
        call = partial(call, classes=[0, 1])
    with pytest.raises(ValueError, match=message):
        call(X, y, sample_weight=weights)


@pytest.mark.parametrize("cls", [TransferClassifier, TransferRegressor])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("routing", [False, True])
def test_every_strategy_is_kept_from_negative_weights(strategy, cls, routing):
    X, y = data(cls.__name__)
    weights, message = BAD["negative"]
    model = cls(strategy=strategy(), target_labels="use")
    with (
        config_context(enable_metadata_routing=routing),
        pytest.raises(ValueError, match=message),
    ):
        model.fit(X, y, sample_domain=np.repeat([1, -1], 20), sample_weight=weights)


@pytest.mark.parametrize("name", [n for n, m in weighted_methods() if m == "fit"])
def test_weights_of_any_number_type_are_taken(name):
    X, y = data(name)
    whole = np.arange(N) % 3 + 1
    answers = []
    for weights in (whole.astype(float), whole, whole.astype(">i2"), whole.tolist()):
        model = ESTIMATORS[name](**PARAMETERS.get(name, {}))
        if "random_state" in model.get_params():
            model.set_params(random_state=0)
        model.fit(X, y, sample_weight=weights)
        method = getattr(model, "predict", None) or model.transform
        answers.append(np.asarray(method(X)))
    for other in answers[1:]:
        np.testing.assert_array_equal(other, answers[0])
