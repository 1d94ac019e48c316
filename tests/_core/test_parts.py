"""Parts of transfer estimators: what each step sees, in training and in scoring."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sktransfer import (
    CORAL,
    DomainScaler,
    KMMInstanceWeighter,
    TransferClassifier,
)
from sktransfer.metrics import (
    dev_scorer,
    importance_weighted_scorer,
    prediction_entropy_scorer,
)


@pytest.fixture
def shop(rng):
    """Rows of two domains of unlike scale, labels and domains."""
    d = np.repeat([1, -2], [120, 80])
    X = rng.normal(size=(200, 3))
    y = np.where(X[:, 0] + 0.3 * rng.normal(size=200) > 0, "buys", "leaves")
    X[d < 0] = 3 * X[d < 0] + [2.0, -1.0, 1.0]
    return X, y, d


class Farness(BaseEstimator):
    """A weighter that is no class of the library."""

    def fit(self, X, y=None, sample_domain=None):
        far = np.linalg.norm(X - X[sample_domain < 0].mean(axis=0), axis=1)
        self.weights_ = np.where(sample_domain < 0, 1.0, 1 / (1 + far))
        return self


class Centred(BaseEstimator):
    """A mapper with fit and transform, no class of the library."""

    def fit(self, X, y=None, sample_domain=None):
        self.means_ = {k: X[sample_domain == k].mean(axis=0) for k in (1, -2)}
        return self

    def transform(self, X, sample_domain=None):
        d = np.full(len(X), -2) if sample_domain is None else sample_domain
        return X - np.array([self.means_[k] for k in d])


WEIGHTERS = [
    KMMInstanceWeighter(),
    make_pipeline(DomainScaler(), KMMInstanceWeighter()),
    make_pipeline(StandardScaler(), make_pipeline(CORAL(), KMMInstanceWeighter())),
    make_pipeline(make_union(DomainScaler(), StandardScaler()), KMMInstanceWeighter()),
    make_pipeline(FunctionTransformer(), DomainScaler(), Farness()),
]


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("weighter", WEIGHTERS, ids=lambda w: str(w)[:80])
@pytest.mark.parametrize("mapper", [None, DomainScaler(), make_pipeline(CORAL())])
def test_scorers_weight_rows_as_the_classifier_does(shop, mapper, weighter, routing):
    X, y, d = shop
    seen = []

    def metric(y_true, y_pred, sample_weight):
        seen.append(sample_weight)
        return 0.5

    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(mapper=mapper, weighter=weighter)
        model.fit(X, y, sample_domain=d)
        scorer = importance_weighted_scorer(metric=metric, weighter=weighter)
        assert scorer(model, X, y, d) == 0.5
    assert_array_equal(seen[0], model.sample_weight_[d > 0])
    assert np.ptp(seen[0]) > 0.1


def test_earlier_steps_of_a_weighter_see_the_domains(shop):
    """Without the domain, DomainScaler would treat all rows as target rows."""
    X, y, d = shop
    model = TransferClassifier(weighter=make_pipeline(DomainScaler(), Farness()))
    weights = model.fit(X, y, sample_domain=d).sample_weight_
    Z = DomainScaler().fit_transform(X, sample_domain=d)
    assert_array_equal(weights[d > 0], Farness().fit(Z, y, d).weights_[d > 0])
    blind = Farness().fit(DomainScaler().fit_transform(X), y, d).weights_
    assert np.abs(weights - blind)[d > 0].max() > 0.1


def test_parts_need_no_base_class_of_the_library(shop):
    X, y, d = shop
    model = TransferClassifier(mapper=Centred(), weighter=Farness())
    model.fit(X, y, sample_domain=d)
    Z = Centred().fit(X, y, d).transform(X, d)
    weights = Farness().fit(Z, y, d).weights_
    assert_array_equal(model.sample_weight_[d > 0], weights[d > 0])
    plain = LogisticRegression(max_iter=1000)
    plain.fit(Z[d > 0], y[d > 0], sample_weight=weights[d > 0])
    assert_array_equal(model.predict(X[d < 0]), plain.predict(Z[d < 0]))


def test_a_weighter_without_weights_or_fit_is_refused(shop):
    X, y, d = shop
    model = TransferClassifier().fit(X, y, sample_domain=d)
    for weighter in (StandardScaler(), make_pipeline(StandardScaler(), "passthrough")):
        for make in (dev_scorer, importance_weighted_scorer):
            with pytest.raises(TypeError, match=r"weighter must set weights_ in fit"):
                make(weighter=weighter)(model, X, y, d)
        with pytest.raises(TypeError, match=r"weighter must set weights_ in fit"):
            TransferClassifier(weighter=weighter).fit(X, y, sample_domain=d)


class Recorder(ClassifierMixin, TransformerMixin, BaseEstimator):
    """Records which calls bring a domain."""

    def fit(self, X, y=None, sample_domain=None):
        self.fitted_ = sample_domain
        self.classes_ = np.array([0, 1])
        return self

    def transform(self, X, sample_domain=None):
        self.mapped_ = sample_domain
        return X

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize("routing", [False, True])
def test_each_method_gets_the_domain_if_it_takes_it(shop, routing):
    X, y, d = shop
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(mapper=make_pipeline(StandardScaler(), Recorder()))
        mapper = model.fit(X, y, sample_domain=d).mapper_[1]
        assert_array_equal(mapper.fitted_, d)
        assert mapper.mapped_ is None or np.array_equal(mapper.mapped_, d)
        model.predict(X[:3], sample_domain=[1, -2, 1])
        assert_array_equal(mapper.mapped_, [1, -2, 1])
        model.predict(X[:3])
        assert mapper.mapped_ is None
        entropy = prediction_entropy_scorer()(Recorder().fit(X, y), X, y, d)
        assert entropy == pytest.approx(-np.log(2))


def test_scorers_open_pipelines_and_searches(shop):
    """Domains are compared by the features that the last estimator gets."""
    X, y, d = shop
    seen = []

    def metric(y_true, y_pred, sample_weight):
        seen.append(sample_weight)
        return 0.5

    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
    for last in (LogisticRegression(), search):
        pipe = make_pipeline(DomainScaler(), last)
        pipe.fit(X, y, domainscaler__sample_domain=d)
        importance_weighted_scorer(metric=metric, weighter=Farness())(pipe, X, y, d)
        Z = pipe[0].transform(X, sample_domain=d)
        assert_array_equal(seen.pop(), Farness().fit(Z, y, d).weights_[d > 0])
    nested = GridSearchCV(make_pipeline(StandardScaler(), search), {}, cv=2).fit(X, y)
    importance_weighted_scorer(metric=metric, weighter=Farness())(nested, X, y, d)
    Z = nested.best_estimator_[0].transform(X)
    assert_array_equal(seen.pop(), Farness().fit(Z, y, d).weights_[d > 0])
