"""Parameters of parts that are not there."""

import numpy as np
import pytest
from needed import NEEDED
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sktransfer import (
    CORAL,
    AlignedEmbeddings,
    AutoTransferClassifier,
    CrossLingualMapper,
    DiscriminatorInstanceWeighter,
    EmbeddingVectorizer,
    LabelShiftInstanceWeighter,
    SequenceEncoder,
    TransferClassifier,
    TransferRecommender,
    TransferRegressor,
    WordVectors,
)
from sktransfer.base import Strategy
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer.strategies import (
    Augmentation,
    Boosting,
    Distillation,
    FineTuning,
    Pooling,
    SelfTraining,
)
from sktransfer.utils.discovery import all_estimators

BUILT_IN = [
    Augmentation(),
    Boosting(),
    Distillation(),
    FineTuning(),
    Pooling(),
    SelfTraining(),
]


@pytest.mark.parametrize(
    ("estimator", "key", "remedy"),
    [
        (TransferClassifier(), "estimator__C", r"LogisticRegression\(max_iter=1000\)"),
        (TransferClassifier(), "mapper__reg", r"CORAL\(\)"),
        (TransferRegressor(), "estimator__alpha", r"Ridge\(\)"),
        (TransferRegressor(), "weighter__B", r"KMMInstanceWeighter\(\)"),
        (AutoTransferClassifier(), "estimator__C", "LogisticRegression"),
        (DiscriminatorInstanceWeighter(), "estimator__C", "LogisticRegression"),
        (LabelShiftInstanceWeighter(), "estimator__C", "LogisticRegression"),
        (EmbeddingVectorizer(), "vectors__window", r"WordVectors\(\)"),
        (
            SequenceEncoder(),
            "vectors__window",
            r'WordVectors\("ppmi", rand',
        ),
        (AlignedEmbeddings(), "vectors__window", r"WordVectors\(\)"),
        (AlignedEmbeddings(), "alignment__normalize", r"Procrustes\(\)"),
        (CrossLingualMapper([]), "word_space__n_pivots", "DistributionalCorr"),
        (TransferRecommender(), "estimator__k", r"BlendRecommender\(\)"),
        (Distillation(), "student__alpha", r"Ridge\(\)"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_a_part_that_is_not_there_has_nothing_to_set(estimator, key, remedy):
    part = key.partition("__")[0]
    message = f"^{part} of {type(estimator).__name__} is None, so {key} has nothing to "
    with pytest.raises(ValueError, match=f"{message}set: pass {part}={remedy}.*, or s"):
        clone(estimator).set_params(**{key: 1})


@pytest.mark.parametrize(("name", "cls"), all_estimators())
def test_what_is_no_part_has_nothing_to_set(name, cls):
    """Whatever the parameter, in the estimator and in a grid of a Pipeline with it."""
    model = cls(**NEEDED.get(name, {}))
    others = {p for s in BUILT_IN for p in s.get_params()} if is_strategy(model) else ()
    parts = {k for k, v in model.get_params(deep=False).items() if is_part(v)}
    for key in set(cls._get_param_names()) - parts - {"strategy", *others}:
        for estimator, prefix in (
            (clone(model), ""),
            (Pipeline([("a", model)]), "a__"),
            (Pipeline([("b", Pipeline([("a", model)]))]), "b__a__"),
        ):
            with pytest.raises(ValueError, match=rf"^{key} of {name} is .* or search"):
                clone(estimator).set_params(**{f"{prefix}{key}__C": 1})


def is_part(value):
    return hasattr(value, "set_params")


def is_strategy(value):
    return hasattr(value, "fit_model")


def test_a_search_says_what_to_pass():
    X, y, d = np.eye(8), [0, 1] * 4, [1, 1, 1, 1, -1, -1, -1, -1]
    for key in ("estimator__C", "mapper__reg", "weighter__B"):
        search = GridSearchCV(
            TransferClassifier(), {key: [1]}, cv=TargetKFold(2), error_score="raise"
        )
        part = key.partition("__")[0]
        with pytest.raises(ValueError, match=f"{part} of .* is None, .*pass {part}="):
            search.fit(X, y, groups=d, sample_domain=d)


def test_a_class_is_no_part():
    with pytest.raises(ValueError, match=r"mapper of .* has nothing to set"):
        TransferClassifier(mapper=CORAL).set_params(mapper__reg=1)


def test_a_part_that_comes_with_its_parameters_is_set():
    model = TransferClassifier().set_params(
        estimator__C=3.0, estimator=LogisticRegression(), mapper=CORAL(), mapper__reg=2
    )
    assert (model.estimator.C, model.mapper.reg) == (3.0, 2)
    vectorizer = EmbeddingVectorizer(WordVectors()).set_params(vectors__window=3)
    assert vectorizer.vectors.window == 3
    with pytest.raises(ValueError, match=r"vectors of .* is 'a.txt', so vectors__"):
        vectorizer.set_params(vectors="a.txt", vectors__window=3)
    with pytest.raises(ValueError, match="Invalid parameter 'nothing'"):
        vectorizer.set_params(nothing__window=3)


@pytest.mark.parametrize("strategy", ["destill", None, Distillation])
def test_a_strategy_that_is_none_has_no_parameters(strategy):
    message = r"strategy of TransferClassifier must be one of 'augment', .*'self_tr"
    with pytest.raises(ValueError, match=message):
        TransferClassifier(strategy=strategy).set_params(strategy__n_rounds=1)


class Own(Strategy):
    def __init__(self, factor=1):
        self.factor = factor

    def fit_model(self, estimator, rows):
        return rows.fit(estimator)


@pytest.mark.parametrize("strategy", [*BUILT_IN, Own()])
def test_every_parameter_of_a_built_in_strategy_is_one_that_others_leave_out(strategy):
    own = strategy.get_params()
    for other in BUILT_IN:
        for name, value in other.get_params().items():
            left = clone(strategy).set_params(**{name: value})
            assert set(left.get_params()) == set(own)
    if not isinstance(strategy, Own):
        with pytest.raises(ValueError, match="Invalid parameter 'factor'"):
            strategy.set_params(factor=1)
