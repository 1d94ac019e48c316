"""TransferClassifier: what it learns from, how it drives its parts, what it refuses."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import NMF, PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktransfer import TransferClassifier
from sktransfer.adaptation import CORAL, DomainScaler
from sktransfer.model_selection import TargetKFold
from sktransfer.weighting import KMMInstanceWeighter


class FixedWeights(BaseEstimator):
    """A weighter that gives what it was told to give."""

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y=None, sample_domain=None):
        self.seen_ = sample_domain
        self.y_ = y
        if self.weights is not None:
            self.weights_ = np.asarray(self.weights)
        return self


class Mangler(TransformerMixin, BaseEstimator):
    """A mapper that breaks a rule of mappers."""

    def __init__(self, how="sort"):
        self.how = how

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        if self.how == "sort":
            return X[np.argsort(X[:, 0])]
        if self.how == "drop":
            return X[1:]
        return X[:, 0]


@pytest.fixture
def shifted(rng):
    """Two sources and a target; the target's labels are the source's rule."""
    X = rng.normal(size=(150, 4))
    d = np.repeat([1, 2, -3], 50)
    y = np.where(X[:, 0] + 0.3 * rng.normal(size=150) > 0, "yes", "no")
    return X, y, d


def test_pooling_is_the_estimator_on_the_source_rows(shifted):
    X, y, d = shifted
    model = TransferClassifier().fit(X, y, sample_domain=d)
    plain = LogisticRegression(max_iter=1000).fit(X[d > 0], y[d > 0])
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert_array_equal(model.sample_weight_, (d > 0).astype(float))


def test_without_domains_it_is_the_estimator(shifted):
    X, y, _ = shifted
    plain = LogisticRegression(max_iter=1000).fit(X, y)
    assert_array_equal(TransferClassifier().fit(X, y).predict(X), plain.predict(X))


@pytest.mark.parametrize(
    ("mapper", "weighter"),
    [
        (None, None),
        (CORAL(), KMMInstanceWeighter()),
        (make_pipeline(StandardScaler(), CORAL(), PCA(2)), None),
        (make_union(DomainScaler(), CORAL()), KMMInstanceWeighter(B=3)),
        (None, make_pipeline(PCA(2), KMMInstanceWeighter())),
    ],
    ids=str,
)
@pytest.mark.parametrize("routing", [False, True])
def test_masked_target_labels_are_never_read(shifted, mapper, weighter, routing):
    X, y, d = shifted
    rubbish = [np.nan, None, 7, "no", -1, ("a", "b")]
    results = []
    for i in range(3):
        y_any = y.astype(object)
        for j, row in enumerate(np.flatnonzero(d < 0)):
            y_any[row] = rubbish[(i + j) % len(rubbish)]
        y_any = y if i == 0 else y_any
        with config_context(enable_metadata_routing=routing):
            model = TransferClassifier(mapper=mapper, weighter=weighter)
            model.fit(X, y_any, sample_domain=d)
            results.append(model.predict_proba(X))
        assert model.classes_.tolist() == ["no", "yes"]
    assert_array_equal(results[0], results[1])
    assert_array_equal(results[0], results[2])


def test_labels_of_the_target_are_used_when_asked_for(shifted):
    X, y, d = shifted
    y = y.astype(object)
    y[d < 0] = None
    y[-10:] = "maybe"
    model = TransferClassifier(target_labels="use").fit(X, y, sample_domain=d)
    assert model.classes_.tolist() == ["maybe", "no", "yes"]
    assert_array_equal(model.sample_weight_ > 0, (d > 0) | (np.arange(150) >= 140))


def test_minus_one_is_missing_only_where_it_is_no_class(shifted):
    X, y, d = shifted
    zero_one = np.where(y == "yes", 1, 0)
    zero_one[d < 0] = [-1] * 30 + [0, 1] * 10
    model = TransferClassifier(target_labels="use").fit(X, zero_one, sample_domain=d)
    assert model.classes_.tolist() == [0, 1]
    assert model.sample_weight_.sum() == 120
    signs = np.where(y == "yes", 1, -1)
    model = TransferClassifier(target_labels="use").fit(X, signs, sample_domain=d)
    assert model.classes_.tolist() == [-1, 1]
    assert model.sample_weight_.sum() == 150


def test_target_weight_equals_repeated_target_rows(shifted):
    X, y, d = shifted
    model = TransferClassifier(
        LogisticRegression(tol=1e-10, max_iter=10_000),
        target_labels="use",
        target_weight=3,
    ).fit(X, y, sample_domain=d)
    rows = np.concatenate([np.arange(150), np.repeat(np.flatnonzero(d < 0), 2)])
    plain = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X[rows], y[rows])
    assert_allclose(model.decision_function(X), plain.decision_function(X), atol=1e-5)


def test_weights_reach_the_estimator_and_multiply(shifted, rng):
    X, y, d = shifted
    w, own = rng.uniform(0.1, 2, size=(2, 150))
    model = TransferClassifier(weighter=FixedWeights(w))
    model.fit(X, y, sample_domain=d, sample_weight=own)
    source = d > 0
    plain = LogisticRegression(max_iter=1000)
    plain.fit(X[source], y[source], sample_weight=(w * own)[source])
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert_array_equal(model.sample_weight_, np.where(source, w * own, 0))
    assert_array_equal(model.weighter_.seen_, d)


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_last_step_of_a_pipeline(shifted, rng, routing):
    X, y, d = shifted
    w = rng.uniform(0.1, 2, size=150)
    base = make_pipeline(StandardScaler(), LinearSVC())
    source = d > 0
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(base, weighter=FixedWeights(w))
        model.fit(X, y, sample_domain=d)
    plain = clone(base).fit(X[source], y[source], linearsvc__sample_weight=w[source])
    assert_array_equal(model.decision_function(X), plain.decision_function(X))
    assert not hasattr(model, "predict_proba")


@pytest.mark.parametrize("routing", [False, True])
def test_mapper_steps_get_the_domain_in_both_modes(shifted, routing):
    X, y, d = shifted
    X = X + 5 * (d < 0)[:, None]
    mapper = make_pipeline(DomainScaler(), PCA(3, svd_solver="full"))
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(mapper=mapper).fit(X, y, sample_domain=d)
        Z = clone(DomainScaler()).fit_transform(X, sample_domain=d)
        expected = PCA(3, svd_solver="full").fit(Z).transform(Z)
        got = model.estimator_.decision_function(expected)
        assert_allclose(model.decision_function(X, sample_domain=d), got)
        target = d < 0
        assert_allclose(model.decision_function(X[target]), got[target])


def test_text_and_labels_of_any_kind(rng):
    texts = np.array(
        ["good book", "bad book", "good song", "bad song"] * 5, dtype=object
    )
    d = np.array([1, 1, -2, -2] * 5)
    y = ["+", "-", float("nan"), None] * 5
    for X in (texts, texts.tolist(), pd.Series(texts)):
        model = TransferClassifier(mapper=TfidfVectorizer())
        model.fit(X, y, sample_domain=d)
        assert model.predict(["good", "bad"]).tolist() == ["+", "-"]


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csr_array, sp.csc_array])
def test_sparse_equals_dense(shifted, make):
    X, y, d = shifted
    X = np.where(X > 0, X, 0)
    # the weights agree as far as the solver's certificate says
    for weighter, atol in ((None, 1e-6), (KMMInstanceWeighter(gamma=0.5), 1e-2)):
        model = TransferClassifier(weighter=weighter)
        dense = model.fit(X, y, sample_domain=d).decision_function(X)
        sparse = model.fit(make(X), y, sample_domain=d).decision_function(make(X))
        assert_allclose(sparse, dense, atol=atol)


def test_any_order_of_rows(shifted, rng):
    X, y, d = shifted
    order = rng.permutation(150)
    model = TransferClassifier(mapper=CORAL(), weighter=KMMInstanceWeighter())
    expected = model.fit(X, y, sample_domain=d).decision_function(X)
    again = model.fit(X[order], y[order], sample_domain=d[order]).decision_function(X)
    assert_allclose(again, expected, atol=1e-2)


def test_unlabelled_source_rows_shape_the_mapper_only(shifted):
    X, y, d = shifted
    y = y.astype(object)
    y[:20] = None
    model = TransferClassifier(mapper=StandardScaler()).fit(X, y, sample_domain=d)
    assert_allclose(model.mapper_.mean_, X.mean(axis=0))
    assert_array_equal(model.sample_weight_, (d > 0) & (np.arange(150) >= 20))


def test_frames_keep_their_names(shifted):
    X, y, d = shifted
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = TransferClassifier(mapper=CORAL().set_output(transform="pandas"))
    model.fit(frame, y, sample_domain=d)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.n_features_in_ == 4
    assert model.estimator_.feature_names_in_.size == 4


def test_fitting_changes_no_input_and_no_part(shifted):
    X, y, d = shifted
    copies = X.copy(), y.copy(), d.copy()
    parts = CORAL(), KMMInstanceWeighter(), LogisticRegression()
    TransferClassifier(parts[2], mapper=parts[0], weighter=parts[1]).fit(X, y, d)
    for a, b in zip((X, y, d), copies):
        assert_array_equal(a, b)
    assert all(not [v for v in vars(p) if v.endswith("_")] for p in parts)


def test_pickle_keeps_predictions(shifted):
    X, y, d = shifted
    model = TransferClassifier(mapper=CORAL(), weighter=KMMInstanceWeighter())
    model.fit(X, y, sample_domain=d)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert_allclose(
        model.predict_log_proba(X), np.log(model.predict_proba(X)), atol=1e-12
    )


def test_every_part_is_searchable(shifted):
    X, y, d = shifted
    model = TransferClassifier(LogisticRegression(), weighter=KMMInstanceWeighter())
    grid = {"weighter__B": [1, 10], "estimator__C": [0.1, 1], "mapper": [None, CORAL()]}
    search = GridSearchCV(model, grid, cv=TargetKFold(3), error_score="raise")
    search.fit(X, y, groups=d, sample_domain=d)
    assert len(search.cv_results_["params"]) == 8


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (
            TransferClassifier(
                KNeighborsClassifier(), weighter=FixedWeights([1.0] * 150)
            ),
            TypeError,
            "KNeighborsClassifier cannot be weighted.*no sample_weight.*Use an",
        ),
        (
            TransferClassifier(
                make_pipeline(StandardScaler(), KNeighborsClassifier()),
                weighter=FixedWeights([1.0] * 150),
            ),
            TypeError,
            "KNeighborsClassifier cannot be weighted",
        ),
        (
            TransferClassifier(mapper=Mangler("sort")),
            ValueError,
            "Mangler returned its rows in another order.*Keep the order",
        ),
        (
            TransferClassifier(mapper=Mangler("drop")),
            ValueError,
            "Mangler must return one row per input row.*149 rows for 150",
        ),
        (
            TransferClassifier(mapper=Mangler("flat")),
            ValueError,
            r"two-dimensional.*ndarray of shape \(150,\)",
        ),
        (
            TransferClassifier(mapper=Perceptron()),
            TypeError,
            "mapper must be a transformer.*Perceptron.*belongs in estimator=",
        ),
        (
            TransferClassifier(weighter=FixedWeights()),
            TypeError,
            "must set weights_ in fit.*FixedWeights does not",
        ),
        (
            TransferClassifier(weighter=FixedWeights([1.0, 2.0])),
            ValueError,
            r"one weight per row; got shape \(2,\) for 150 rows",
        ),
        (
            TransferClassifier(weighter=FixedWeights([np.nan] * 150)),
            ValueError,
            "finite weights",
        ),
        (
            TransferClassifier(weighter=FixedWeights([0.0] * 150)),
            ValueError,
            "not all zero",
        ),
        (TransferClassifier(strategy="magic"), ValueError, "strategy.*'pool'.*'magic'"),
        (
            TransferClassifier(target_labels=True),
            ValueError,
            "'ignore', 'use'; got True",
        ),
        (TransferClassifier(target_weight=0), ValueError, "number above 0; got 0"),
    ],
)
def test_bad_compositions_are_explained(shifted, model, error, message):
    X, y, d = shifted
    with pytest.raises(error, match=message):
        model.fit(X, y, sample_domain=d)


def test_a_source_domain_without_labels_shapes_only_mapper_and_weights(shifted):
    X, y, d = shifted
    y = y.astype(object)
    y[d == 2] = None
    seen = {}

    class Spy(BaseEstimator):
        def fit(self, X, y, sample_domain=None):
            seen.update(X=X, y=y, d=sample_domain)
            return self

        def transform(self, X):
            return X

    model = TransferClassifier(mapper=Spy()).fit(X, y, sample_domain=d)
    assert_array_equal(seen["X"], X)
    assert_array_equal(seen["d"], d)
    assert_array_equal(model.sample_weight_, (d == 1).astype(float))
    alone = TransferClassifier().fit(X[d != 2], y[d != 2], sample_domain=d[d != 2])
    assert_allclose(model.decision_function(X), alone.decision_function(X))


def test_target_labels_that_are_not_there_are_missed(shifted):
    X, y, d = shifted
    y = y.astype(object)
    y[d < 0] = None
    with pytest.raises(ValueError, match="none of the 50 target rows has a label"):
        TransferClassifier(target_labels="use").fit(X, y, sample_domain=d)


@pytest.mark.parametrize(
    ("y", "d", "message"),
    [
        (["a"] * 6, [1, 1, 1, 1, -1, -1], "one class only: 'a', in all 4"),
        (["a"] * 3 + ["b"] * 3, [1, 1, 1, -1, -1, -1], "one class only: 'a'"),
        (["a", "b", None] * 2, None, "NaN or None in 2 rows"),
        (["a", "b"] * 3, [-1] * 6, "no labelled row to learn from"),
        ([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], None, "continuous"),
        (None, None, "requires y to be passed"),
        (["a", "b"], None, "inconsistent numbers of samples"),
    ],
)
def test_bad_labels_are_explained(y, d, message):
    with pytest.raises(ValueError, match=message):
        TransferClassifier().fit(np.zeros((6, 2)), y, sample_domain=d)


def test_target_rows_alone_can_be_learnt_from():
    X = np.array([[0.0], [1.0]] * 4)
    model = TransferClassifier(DecisionTreeClassifier(), target_labels="use")
    model.fit(X, ["a", "b"] * 4, sample_domain=[-1] * 8)
    assert model.predict([[0.0], [1.0]]).tolist() == ["a", "b"]


def test_approximate_mappers_are_not_taken_for_unordered_ones(rng):
    X = rng.uniform(size=(60, 5))
    y = rng.integers(2, size=60)
    d = np.repeat([1, -1], 30)
    TransferClassifier(mapper=NMF(2, max_iter=500)).fit(X, y, sample_domain=d)
    letters = rng.choice(list("abc"), size=(60, 2)).astype(object)
    TransferClassifier(mapper=TargetEncoder()).fit(letters, y)


class OnlyTransform(BaseEstimator):
    """A mapper without fit_transform."""

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


def test_a_mapper_needs_no_fit_transform(shifted):
    X, y, d = shifted
    model = TransferClassifier(mapper=OnlyTransform()).fit(X, y, sample_domain=d)
    plain = LogisticRegression(max_iter=1000)
    plain.fit((X - X.mean(axis=0))[d > 0], y[d > 0])
    expected = plain.predict_proba(X - X.mean(axis=0))
    assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize(
    "mapper",
    [
        DomainScaler(),
        make_union(DomainScaler(), StandardScaler()),
        make_pipeline(make_union(DomainScaler(), StandardScaler()), PCA(3)),
    ],
    ids=["alone", "union", "union in pipeline"],
)
@pytest.mark.parametrize("routing", [False, True])
def test_rows_are_predicted_by_their_domain(shifted, mapper, routing):
    X, y, d = shifted
    X = X + 5 * (d < 0)[:, None]
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(mapper=mapper).fit(X, y, sample_domain=d)
        mixed = model.decision_function(X, sample_domain=d)
        as_target = model.decision_function(X)
    assert_allclose(mixed[d < 0], as_target[d < 0])
    assert np.abs(mixed[d > 0] - as_target[d > 0]).max() > 1


def test_a_mapper_that_changes_its_width_is_left_to_the_estimator(shifted):
    class Widening(OnlyTransform):
        def transform(self, X):
            return np.ones((len(X), 2 + (len(X) == 1)))

    X, y, d = shifted
    model = TransferClassifier(mapper=Widening()).fit(X, y, sample_domain=d)
    with pytest.raises(ValueError, match="3 features"):
        model.predict(X[:1])


def test_a_refit_without_names_forgets_them(shifted):
    X, y, d = shifted
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = TransferClassifier().fit(frame, y, sample_domain=d)
    model.fit(X, y, sample_domain=d)
    assert not hasattr(model, "feature_names_in_")
