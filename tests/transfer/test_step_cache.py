import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sktransfer.adaptation import DomainScaler
from sktransfer.transfer import TransferClassifier
from sktransfer.transfer.auto._step_cache import (
    StepCache,
    drop_step_cache,
    ignores_labels,
    use_step_cache,
)


class Counting(StandardScaler):
    """Counts how often it is fitted and asked, over all copies."""

    fits, asks = 0, 0

    def fit(self, X, y=None, sample_weight=None):
        type(self).fits += 1
        return super().fit(X, y)

    def transform(self, X, copy=None):
        type(self).asks += 1
        return super().transform(X)


@pytest.fixture
def data(rng):
    X = rng.normal(size=(60, 2))
    return X, (X[:, 0] > 0).astype(int), np.repeat([1, -2], 30)


def test_equal_steps_are_fitted_once(data):
    X, y, d = data
    Counting.fits = Counting.asks = 0
    shared, found = StepCache(), []
    for last in ([], [DomainScaler()], [PCA(1)]):
        model = TransferClassifier(mapper=make_pipeline(Counting(), *last))
        model = use_step_cache(model, shared).fit(X, y, sample_domain=d)
        found.append((model, model.predict(X)))
    assert Counting.fits == 1
    asked = Counting.asks
    assert_array_equal(found[0][0].predict(X), found[0][1])
    assert Counting.asks == asked
    for model, said in found:
        whole = clone(drop_step_cache(model)).fit(X, y, sample_domain=d)
        assert_array_equal(whole.predict(X), said)
        assert_array_equal(model.predict(X), said)


def test_afterwards_nothing_is_left(data):
    X, y, d = data
    model = TransferClassifier(mapper=make_pipeline(StandardScaler(), PCA(1)))
    fitted = use_step_cache(model, StepCache()).fit(X, y, sample_domain=d)
    drop_step_cache(fitted)
    for pipe in (fitted.mapper, fitted.mapper_):
        assert [name for name, _ in pipe.steps] == ["standardscaler", "pca"]
        assert pipe.memory is None
    assert "transform" not in vars(fitted.mapper_[0])
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


def test_a_memory_of_ones_own_stays(tmp_path):
    pipe = Pipeline([("scale", StandardScaler()), ("pca", PCA(1))], memory=tmp_path)
    model = use_step_cache(TransferClassifier(mapper=pipe), StepCache())
    assert model.mapper.memory == tmp_path
    assert len(model.mapper.steps) == 2


def test_what_cannot_be_hashed_is_fitted_each_time(data):
    X, y, d = data
    shared = StepCache()
    mapper = make_pipeline(FunctionTransformer(lambda Z: Z), StandardScaler())
    model = use_step_cache(TransferClassifier(mapper=mapper), shared)
    assert model.fit(X, y, sample_domain=d).predict(X).shape == (60,)


def test_labels_matter_to_those_that_read_them():
    assert ignores_labels(make_pipeline(CountVectorizer(), TfidfTransformer()))
    assert ignores_labels(FeatureUnion([("words", CountVectorizer())]))
    assert not ignores_labels(make_pipeline(CountVectorizer(), DomainScaler()))


def test_a_memory_is_one_object_and_empty_when_pickled():
    shared = StepCache()
    shared.results["key"] = 1
    assert clone(Pipeline([("a", PCA())], memory=shared)).memory is shared
    assert pickle.loads(pickle.dumps(shared)).results == {}
