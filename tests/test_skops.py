"""Fitted estimators can be written by skops, and answer the same when read."""

import inspect

import numpy as np
import pytest
from needed import NEEDED
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    CrossLingualMapper,
    RelativeDensityInstanceWeighter,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.utils.discovery import all_estimators

io = pytest.importorskip("skops.io")
REVIEWS = make_bilingual_reviews(40, source="en/books", target="de/books")
ALIGNMENTS = {name for name, _ in all_estimators("alignment")}
# they are not fitted, are part of others, or need an optional package
OTHERS = {"CrossLingualMapper", "WordTokenizer", "WordVectors", "GibbsLDA"} | {
    name for kind in ("strategy", "word_space") for name, _ in all_estimators(kind)
}
NAMES = sorted(set(dict(all_estimators())) - OTHERS)
TEXTS = {
    "EmbeddingVectorizer",
    "EncoderFeatures",
    "ScriptNgramCounter",
    "SequenceEncoder",
}


def again(model):
    """The model, written and read; skops names every class that it is to trust."""
    written = io.dumps(model)
    return io.loads(written, trusted=io.get_untrusted_types(data=written))


def answers(model, X):
    """Whatever a fitted model has to say about rows."""
    weights = getattr(model, "weights_", None)
    if isinstance(weights, np.ndarray):  # of rows
        return weights
    for method in ("predict_proba", "predict", "score_items", "transform"):
        if hasattr(model, method):
            found = getattr(model, method)(X)
            return found.toarray() if hasattr(found, "toarray") else found
    raise AssertionError("no method to ask")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_every_estimator(name):
    rng = np.random.default_rng(0)
    X = rng.poisson(2.0, (80, 5)).astype(float)
    model = dict(all_estimators())[name](**NEEDED.get(name, {}))
    if not hasattr(model, "fit"):
        pytest.skip("it is not fitted")
    y = np.where(X[:, 0] > 2, "good", "bad")
    if name in ("AutoTransferRegressor", "BiasedRidge", "TransferRegressor"):
        y = X[:, 0]
    if name in ALIGNMENTS:
        y = X[::-1]
    if name in TEXTS:
        X = [" ".join(f"word{int(v)}" for v in row) for row in X]
    own = inspect.signature(model.fit).parameters
    given = {"y": y, "sample_domain": np.repeat([1, -1], 40)}
    if hasattr(model, "recommend"):
        del given["y"]
    model.fit(X, **{k: v for k, v in given.items() if k in own})
    assert_array_equal(answers(again(model), X), answers(model, X))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "model",
    [
        TransferClassifier(
            mapper=make_pipeline(StandardScaler(), CORAL()),
            weighter=RelativeDensityInstanceWeighter(),
        ),
        TransferClassifier(strategy="augment", target_labels="use"),
        TransferClassifier(strategy="distill"),
        AutoTransferClassifier(),
    ],
    ids=["parts", "augment", "distill", "auto"],
)
def test_models_with_parts(model):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = np.where(X[:, 0] > 0, "good", "bad")
    model.fit(X, y, sample_domain=np.repeat([1, -1], 40))
    assert_array_equal(answers(again(model), X), answers(model, X))


def test_a_model_of_two_languages():
    r = REVIEWS
    model = TransferClassifier(mapper=CrossLingualMapper(r.dictionary))
    model.fit(r.data, r.target, sample_domain=r.sample_domain)
    texts = np.asarray(r.data, dtype=object)[np.asarray(r.sample_domain) < 0].tolist()
    assert_array_equal(answers(again(model), texts), answers(model, texts))
