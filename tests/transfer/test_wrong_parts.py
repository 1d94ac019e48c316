"""What is no part, or gives no model, is refused by name."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer import (
    CORAL,
    CrossLingualMapper,
    KMMInstanceWeighter,
    TransferClassifier,
    TransferRegressor,
)
from sktransfer.base import Strategy
from sktransfer.transfer.strategies import Distillation, FineTuning

X = np.arange(8.0)[:, None]
Y = np.array(["a", "b"] * 4)
D = np.repeat([1, -1], 4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"strategy": Distillation},
            "strategy of .* got the class Distillation. Pass an object, such as "
            r"Distillation\(\)\.",
        ),
        (
            {"weighter": KMMInstanceWeighter},
            r"weighter of .* must be a weighter, such as KMMInstanceWeighter\(\), or "
            r"None; got the class KMMInst.* such as KMMInstanceWeighter\(\)",
        ),
        ({"weighter": "kmm"}, "weighter of .* must be a weighter.* got 'kmm'"),
        (
            {"mapper": "coral"},
            r"mapper of .* must be a transformer, .* got 'coral'",
        ),
        ({"mapper": CrossLingualMapper}, r"such as CrossLingualMapper\(\.\.\.\)"),
        ({"estimator": "lr"}, "estimator of .* with fit and predict, or .* got 'lr'"),
        ({"strategy": "destill"}, "strategy of .* 'augment', 'boost', 'distill', .*"),
        ({"strategy": FineTuning(-1)}, r"strength of FineTuning .*, or None; got -1\."),
    ],
)
@pytest.mark.parametrize("cls", [TransferClassifier, TransferRegressor])
def test_what_is_no_part_is_named(cls, parameters, message):
    with pytest.raises(ValueError, match=message):
        cls(**parameters).fit(X, Y, sample_domain=D)


class Returns(Strategy):
    """Gives whatever it is told to."""

    def __init__(self, model=None):
        self.model = model

    def fit_model(self, estimator, rows):
        return self.model


@pytest.mark.parametrize("model", [None, CORAL()])
def test_a_strategy_without_a_model_is_named(model):
    with pytest.raises(TypeError, match=r"fit_model of Returns must return .* predict"):
        TransferClassifier(strategy=Returns(model)).fit(X, Y, sample_domain=D)


@pytest.mark.parametrize("base", [Ridge(), make_pipeline(StandardScaler(), Ridge())])
@pytest.mark.parametrize("labels", [Y, np.array([0, 1] * 4)])
def test_a_regressor_is_no_classifier(base, labels):
    message = "must be a classifier, or None; got the regressor .* TransferRegressor is"
    with pytest.raises(ValueError, match=message):
        TransferClassifier(base).fit(X, labels, sample_domain=D)


class PlainMapper(BaseEstimator):
    """No transformer at all."""

    def fit(self, X, y=None):
        return self


def test_a_mapper_that_maps_nothing_is_named_as_before():
    with pytest.raises(TypeError, match=r"mapper must be a transformer \(fit and tran"):
        TransferClassifier(mapper=PlainMapper()).fit(X, Y, sample_domain=D)
