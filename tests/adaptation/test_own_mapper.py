"""A mapper as somebody outside the package would write it: public names only."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import OneToOneFeatureMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer import TransferClassifier
from sktransfer.adaptation import DomainMapper
from sktransfer.model_selection import TargetKFold


class MeanMapper(OneToOneFeatureMixin, DomainMapper):
    """Moves the source rows a part of the way to the mean of the target."""

    def __init__(self, *, part=1.0):
        self.part = part

    def learn_map(self, X, y, sample_domain):
        self.shift_ = np.zeros(X.shape[1], X.dtype)
        if sample_domain is not None:
            target, source = X[sample_domain < 0], X[sample_domain > 0]
            self.shift_ += np.ravel(target.mean(axis=0) - source.mean(axis=0))

    def apply_map(self, X, sample_domain):
        Z = X.toarray() if sp.issparse(X) else X.copy()
        if sample_domain is not None:
            Z[sample_domain > 0] += (self.part * self.shift_).astype(Z.dtype)
        return Z


@pytest.fixture
def shops(rng):
    X = rng.normal(size=(120, 3))
    d = np.repeat([1, 2, -3], [50, 30, 40])
    y = np.where(X[:, 0] + 0.5 * rng.normal(size=120) > 0, "good", "bad")
    X[d < 0] += 2
    return X, y, d


@parametrize_with_checks([MeanMapper()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_the_base_does_the_rest(shops):
    X, y, d = shops
    before = X.copy()
    mapper = MeanMapper().fit(X, y, sample_domain=d)
    Z = mapper.transform(X, d)
    assert_allclose(Z[d > 0].mean(axis=0), X[d < 0].mean(axis=0))
    assert_array_equal(Z[d < 0], X[d < 0])
    assert_array_equal(mapper.transform(X), X)  # target rows
    assert_array_equal(clone(mapper).fit_transform(X, y, d), Z)
    assert_array_equal(X, before)
    assert_array_equal(MeanMapper().fit(X).transform(X), X)
    single = clone(mapper).fit_transform(sp.csr_array(X.astype(np.float32)), y, d)
    assert single.dtype == np.float32
    assert_allclose(single, Z, atol=1e-5)
    assert_array_equal(pickle.loads(pickle.dumps(mapper)).transform(X, d), Z)
    assert list(mapper.get_feature_names_out()) == ["x0", "x1", "x2"]
    with pytest.raises(ValueError, match="MeanMapper needs rows of both sides"):
        mapper.fit(X[d > 0], sample_domain=d[d > 0])
    with pytest.raises(ValueError, match="one entry per row"):
        mapper.transform(X, d[:-1])


def test_a_subclass_has_to_say_how():
    with pytest.raises(TypeError, match=r"abstract .*apply_map.*learn_map"):
        DomainMapper()


def test_attributes_of_an_earlier_fit_are_forgotten(shops):
    X, y, d = shops
    mapper = MeanMapper().fit(X, y, sample_domain=d)
    mapper.extra_ = 1
    assert not hasattr(mapper.fit(X, y, sample_domain=d), "extra_")
    assert hasattr(mapper, "shift_")


@pytest.mark.parametrize("routing", [False, True])
def test_it_works_where_the_others_do(routing, shops):
    X, y, d = shops
    with config_context(enable_metadata_routing=routing):
        extra = {} if routing else {"groups": d}
        model = TransferClassifier(LogisticRegression(), mapper=MeanMapper())
        pipeline = make_pipeline(StandardScaler(), MeanMapper())
        grid = [{"mapper": [None, pipeline]}, {"mapper__part": [0.0, 0.5, 1.0]}]
        search = GridSearchCV(model, grid, cv=TargetKFold(3))
        search.fit(X, y, sample_domain=d, **extra)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    source = TransferClassifier(LogisticRegression()).fit(X, y, sample_domain=d)
    assert model.fit(X, y, sample_domain=d).score(X[d < 0], y[d < 0]) > 0.7
    assert source.score(X[d < 0], y[d < 0]) < 0.7


class DroppingMapper(OneToOneFeatureMixin, DomainMapper):
    """Loses a row on the way."""

    def learn_map(self, X, y, sample_domain):
        pass

    def apply_map(self, X, sample_domain):
        return X[1:]


def test_a_lost_row_is_noticed():
    mapper = DroppingMapper().fit(np.ones((4, 1)), sample_domain=[1, 1, -1, -1])
    with pytest.raises(ValueError, match=r"apply_map must return one .* 3 rows for 4"):
        mapper.transform(np.ones((4, 1)))
