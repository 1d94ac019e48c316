"""A weighter as somebody outside the package would write it: public names only."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer import TransferClassifier
from sktransfer.model_selection import TargetKFold
from sktransfer.weighting import InstanceWeighter, LabelShiftInstanceWeighter


class NearMeanWeighter(InstanceWeighter):
    """Weights that fall with the distance from the mean of the target."""

    def __init__(self, *, gamma=1.0, flatten=None):
        self.gamma = gamma
        self.flatten = flatten

    def raw_weights(self, X, y, sample_domain):
        self.mean_ = np.asarray(X[sample_domain < 0].mean(axis=0)).ravel()
        return self.raw_scores(X[sample_domain > 0])

    def raw_scores(self, X):
        X = X.toarray() if sp.issparse(X) else X
        return np.exp(-self.gamma * ((X - self.mean_) ** 2).sum(axis=1))


class ByClassWeighter(InstanceWeighter):
    """Weights that follow from the labels: no scores of other rows, no parameters."""

    def raw_weights(self, X, y, sample_domain):
        return 1.0 + (np.asarray(y)[sample_domain > 0] == "good")


@pytest.fixture
def reviews(rng):
    X = rng.normal(size=(160, 3))
    d = np.repeat([1, 2, -3], [60, 40, 60])
    X[d < 0, 1] += 1
    return X, np.where(X[:, 0] + 0.5 * rng.normal(size=160) > 0, "good", "bad"), d


@parametrize_with_checks([NearMeanWeighter(gamma=0.1)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_the_base_does_the_rest(reviews):
    X, y, d = reviews
    w = NearMeanWeighter().fit(X, y, sample_domain=d)
    raw = np.exp(-((X[d > 0] - X[d < 0].mean(axis=0)) ** 2).sum(axis=1))
    assert_allclose(w.weights_[d > 0], raw / raw.mean())
    assert_array_equal(w.weights_[d < 0], 1)
    assert w.effective_sample_size_ == pytest.approx(raw.sum() ** 2 / (raw @ raw))
    assert_allclose(w.score_samples(X[d > 0]), w.weights_[d > 0])
    half = NearMeanWeighter(flatten=0.5).fit(X, y, sample_domain=d)
    assert_allclose(half.weights_[d > 0], raw**0.5 / (raw**0.5).mean())
    assert_array_equal(NearMeanWeighter().fit(X).weights_, 1)
    single = clone(w).fit(sp.csr_array(X.astype(np.float32)), sample_domain=d)
    assert single.weights_.dtype == np.float32
    assert_allclose(single.weights_, w.weights_, rtol=1e-4)
    assert_array_equal(pickle.loads(pickle.dumps(w)).weights_, w.weights_)
    with pytest.raises(ValueError, match="NearMeanWeighter needs rows of both sides"):
        w.fit(X[d > 0], sample_domain=d[d > 0])
    with pytest.raises(
        ValueError, match="flatten of NearMeanWeighter must be a number"
    ):
        NearMeanWeighter(flatten=2).fit(X, sample_domain=d)


def test_scores_of_new_rows_come_with_raw_scores_alone(reviews):
    X, y, d = reviews
    w = ByClassWeighter().fit(X, y, sample_domain=d)
    assert set(w.weights_[d > 0] / w.weights_[d > 0].min()) == {1.0, 2.0}
    assert not hasattr(w, "score_samples")
    assert hasattr(NearMeanWeighter(), "score_samples")


@pytest.mark.parametrize("routing", [False, True])
def test_it_works_where_the_others_do(routing, reviews):
    X, y, d = reviews
    pipeline = make_pipeline(TruncatedSVD(2, random_state=0), NearMeanWeighter())
    grid = {"weighter": [NearMeanWeighter(), pipeline, ByClassWeighter()]}
    one = {"weighter": [NearMeanWeighter()], "weighter__gamma": [0.0, 1.0]}
    with config_context(enable_metadata_routing=routing):
        extra = {} if routing else {"groups": d}
        model = TransferClassifier(LogisticRegression())
        search = GridSearchCV(model, [grid, one], cv=TargetKFold(3))
        search.fit(X, y, sample_domain=d, **extra)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    model = TransferClassifier(LogisticRegression(), weighter=NearMeanWeighter())
    expected = NearMeanWeighter().fit(X, y, sample_domain=d).weights_
    weights = model.fit(X, y, sample_domain=d).sample_weight_
    assert_allclose(weights[d > 0], expected[d > 0])
    shift = LabelShiftInstanceWeighter(weighter=pipeline).fit(X, y, sample_domain=d)
    assert shift.weighter_[-1].weights_.shape == (160,)
