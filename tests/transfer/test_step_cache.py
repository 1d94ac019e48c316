"""Steps that several candidates have in common are fitted once."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sktransfer.adaptation import DomainScaler
from sktransfer.transfer import AutoTransferClassifier, TransferClassifier


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
    X = rng.normal(size=(160, 2))
    X[80:] = 2 * X[80:] + 3
    return X, (X[:, 0] > 0).astype(int), np.repeat([1, -2], 80)


def auto_of(mappers, **parameters):
    candidates = [
        (f"{j}", TransferClassifier(mapper=mapper)) for j, mapper in enumerate(mappers)
    ]
    parameters = {
        "eliminate": False,
        "guard": False,
        "keep_candidates": True,
        **parameters,
    }
    return AutoTransferClassifier(candidates, **parameters)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_equal_steps_are_fitted_once(data):
    X, y, d = data
    lasts = [[], [DomainScaler()], [PCA(1)]]
    asked = []
    for n in (1, 3):
        Counting.fits = Counting.asks = 0
        mappers = [make_pipeline(Counting(), *last) for last in lasts[:n]]
        auto = auto_of(mappers).fit(X, y, sample_domain=d)
        assert Counting.fits == 1
        asked.append(Counting.asks)
    assert asked[0] == asked[1]
    for name, model in list(auto.estimators_.items())[1:]:
        whole = clone(dict(auto.candidates)[name]).fit(X, y, sample_domain=d)
        assert_array_equal(whole.predict(X), model.predict(X))
    assert Counting.fits == 4


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_afterwards_nothing_is_left(data):
    X, y, d = data
    auto = auto_of([make_pipeline(StandardScaler(), PCA(1))]).fit(X, y, sample_domain=d)
    fitted = auto.estimators_["0"]
    for pipe in (fitted.mapper, fitted.mapper_):
        assert [name for name, _ in pipe.steps] == ["standardscaler", "pca"]
        assert pipe.memory is None
    assert "transform" not in vars(fitted.mapper_[0])
    again = pickle.loads(pickle.dumps(auto))
    assert_array_equal(again.estimators_["0"].predict(X), fitted.predict(X))
    Counting.asks = 0
    model = auto_of([make_pipeline(Counting(), PCA(1))]).fit(X, y, d).estimators_["0"]
    Counting.asks = 0
    model.predict(X)
    model.predict(X)
    assert Counting.asks == 2  # no row is remembered


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_memory_of_ones_own_stays(tmp_path, data):
    X, y, d = data
    steps = [("scale", StandardScaler()), ("pca", PCA(1))]
    auto = auto_of([Pipeline(steps, memory=str(tmp_path))]).fit(X, y, sample_domain=d)
    assert auto.estimators_["0"].mapper.memory == str(tmp_path)
    assert len(auto.estimators_["0"].mapper_.steps) == 2
    assert list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_cannot_be_hashed_is_fitted_each_time(data):
    X, y, d = data
    Counting.fits = 0
    mappers = [
        make_pipeline(FunctionTransformer(lambda Z: Z), Counting(), *last)
        for last in ([], [PCA(1)])
    ]
    auto = auto_of(mappers).fit(X, y, sample_domain=d)
    assert auto.report_["status"].tolist() == ["fitted"] * 3
    assert auto.predict(X).shape == (160,)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_step_that_writes_into_its_rows_harms_no_other(data):
    class Overwrites(FunctionTransformer):
        def transform(self, X):
            X[:] = 0
            return X

    X, y, d = data
    mappers = [
        make_pipeline(StandardScaler(), Overwrites()),
        make_pipeline(StandardScaler(), PCA(1)),
    ]
    auto = auto_of(mappers).fit(X, y, sample_domain=d)
    whole = clone(dict(auto.candidates)["1"]).fit(X, y, sample_domain=d)
    assert_array_equal(auto.estimators_["1"].predict(X), whole.predict(X))


def test_models_in_lists_are_written(data):
    X, y, d = data
    parts = [("scaled", make_pipeline(StandardScaler(), LogisticRegression()))]
    auto = AutoTransferClassifier([("vote", VotingClassifier(parts))], guard=False)
    auto.keep_candidates = True
    auto.fit(X, y, sample_domain=d)
    vote = pickle.loads(pickle.dumps(auto)).estimators_["vote"]
    assert_array_equal(vote.predict(X), auto.estimators_["vote"].predict(X))
    assert vote.estimators_[0].memory is None
