"""Scorers of classifiers on a target without labels: definitions, laws, searches."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_validate,
    learning_curve,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import get_routing_for_object

from sktransfer import DomainScaler, KMMInstanceWeighter, TransferClassifier
from sktransfer.metrics import (
    agreement_scorer,
    circular_validation_scorer,
    dev_scorer,
    few_label_scorer,
    importance_weighted_scorer,
    prediction_entropy_scorer,
    soft_neighborhood_density_scorer,
)
from sktransfer.model_selection import TargetKFold
from sktransfer.weighting import LabelShiftInstanceWeighter

TARGET_ONLY = [prediction_entropy_scorer(), soft_neighborhood_density_scorer()]
BOTH_SIDES = [
    importance_weighted_scorer(),
    dev_scorer(),
    circular_validation_scorer(),
]
names = pytest.mark.parametrize
identity = type


@pytest.fixture
def data(rng):
    """Two classes, a target that is moved and stretched, in a random order."""
    n = 160
    y = np.where(rng.random(2 * n) < 0.5, "buys", "leaves").astype(object)
    X = rng.normal(size=(2 * n, 3))
    X[:, 0] += 3.0 * (y == "buys")
    d = np.repeat([1, -2], n)
    X[d < 0] = X[d < 0] * 1.5 + 1
    order = rng.permutation(2 * n)
    return X[order], y[order], d[order]


def hidden(y, d, filler=None):
    y = y.copy()
    y[d < 0] = filler
    return y


def scaled():
    return TransferClassifier(mapper=DomainScaler())


class Fixed(BaseEstimator):
    """A classifier that says what column 0 of its rows holds."""

    classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])

    def predict(self, X):
        return (X[:, 0] > 0.5).astype(int)


class Probabilities(BaseEstimator):
    """A classifier whose probabilities are its rows."""

    def predict_proba(self, X):
        return X


class Given(BaseEstimator):
    """A weighter that gives source rows the weights that it was made with."""

    def __init__(self, weights):
        self.weights = weights

    def fit(self, X, y=None, sample_domain=None):
        self.weights_ = np.ones(len(X))
        self.weights_[sample_domain > 0] = self.weights
        return self


def dev_risk(losses, weights, labels=None, loss="log"):
    """By the scorer, from probabilities that have these losses."""
    p = np.exp(-np.asarray(losses, float))
    labels = np.ones(p.size, int) if labels is None else labels
    X = np.r_[p, 0.5][:, None]
    y, d = np.r_[labels, 0], np.r_[np.ones(p.size, int), -1]
    scorer = dev_scorer(loss=loss, weighter=Given(np.asarray(weights, float)))
    return -scorer(Fixed(), X, y, d)


class TestDefinitions:
    def test_entropy_by_hand(self):
        X = np.array([[0.5], [1.0], [0.25]])
        expected = (np.log(2) + 0 + (0.25 * np.log(4) + 0.75 * np.log(4 / 3))) / 3
        assert_allclose(prediction_entropy_scorer()(Fixed(), X), -expected)

    def test_density_one_pair_at_a_time(self, rng):
        p = rng.dirichlet([1, 1, 1], size=40)
        f = p / np.linalg.norm(p, axis=1, keepdims=True)
        total = 0
        for i in range(40):
            s = np.array([f[i] @ f[j] for j in range(40) if j != i]) / 0.1
            q = np.exp(s) / np.exp(s).sum()
            total -= np.sum(q * np.log(q))
        scorer = soft_neighborhood_density_scorer(temperature=0.1)
        found = scorer(Probabilities(), p)
        assert_allclose(found, total / 40)

    def test_density_of_clusters_and_of_blocks(self):
        """Of m equal rows in each of two far clusters, each sees m - 1 others."""
        p = np.repeat([[1.0, 0.0], [0.0, 1.0]], 600, axis=0)
        scorer = soft_neighborhood_density_scorer(temperature=0.01)
        found = scorer(Probabilities(), p)
        assert_allclose(found, np.log(599), rtol=1e-6)

    def test_dev_by_hand(self):
        losses, w = np.array([1.0, 0.0, 2.0, 1.0]), np.array([0.5, 1.0, 2.0, 1.5])
        wl = np.array([0.5, 0.0, 4.0, 1.5])
        covariance = np.sum((wl - 1.5) * (w - 1.25)) / 3
        eta = -covariance / (np.sum((w - 1.25) ** 2) / 3)
        assert_allclose(dev_risk(losses, w), 1.5 + eta * 1.25 - eta)
        assert_allclose(dev_risk(losses, np.ones(4)), 1.0)
        assert_allclose(dev_risk([3.0], [2.0]), 6.0)

    def test_the_control_variate_takes_out_the_weights(self, rng):
        """A constant loss has that risk, whatever the weights."""
        assert_allclose(dev_risk(np.full(20, 0.7), rng.gamma(1, size=20)), 0.7)

    @names(
        ("label", "p", "zero_one", "log"),
        [
            (0, 0.75, 1, np.log(4)),
            (1, 0.75, 0, np.log(4 / 3)),
            (0, 1.0, 1, -np.log(1e-15)),
            (2, 0.75, 1, -np.log(1e-15)),  # a class that the model does not know
        ],
    )
    def test_losses_by_hand(self, label, p, zero_one, log):
        for loss, expected in (("zero_one", zero_one), ("log", log)):
            found = dev_risk([-np.log(p)], [1.0], [label], loss)
            assert_allclose(found, expected)

    def test_density_ratio_of_two_normals(self, rng):
        """N(1, 1) over N(0, 1) is exp(x - 1/2)."""
        n = 4000
        d = np.repeat([1, -1], [n, n // 2])
        Z = rng.normal(size=(d.size, 1)) + (d < 0)[:, None]
        seen = []

        def metric(y_true, y_pred, sample_weight):
            seen.append(sample_weight)
            return 0.0

        model = DummyClassifier().fit(Z, d > 0)
        for rows in (Z, sp.csr_array(Z)):
            importance_weighted_scorer(metric=metric)(model, rows, d > 0, d)
        found, sparse = seen
        assert_allclose(np.log(found), Z[d > 0, 0] - 0.5, atol=0.3)
        assert_allclose(sparse, found, rtol=0.05)

    def test_weighted_accuracy_by_hand(self, data):
        X, y, d = data
        model = LogisticRegression().fit(X[d > 0], y[d > 0])
        weights = np.linspace(0, 1, np.sum(d > 0))
        right = model.predict(X[d > 0]) == y[d > 0]
        given = Given(weights)
        for weighter in (given, make_pipeline(StandardScaler(), given)):
            scorer = importance_weighted_scorer(weighter=weighter)
            found = scorer(model, X, hidden(y, d), d)
            assert_allclose(found, right @ weights / weights.sum())

    def test_circle_by_hand(self, data):
        X, y, d = data
        model = LogisticRegression().fit(X[d > 0], y[d > 0])
        said = model.predict(X[d < 0])
        back = LogisticRegression().fit(X[d < 0], said).predict(X[d > 0])
        found = circular_validation_scorer(metric=balanced_accuracy_score)(
            model, X, hidden(y, d), d
        )
        assert found == balanced_accuracy_score(y[d > 0].astype(str), back)

    def test_circle_turns_the_domains(self, data):
        X, y, d = data
        model = scaled().fit(X, hidden(y, d), sample_domain=d)
        turned = hidden(y, -d)
        turned[d < 0] = model.predict(X[d < 0])
        back = scaled().fit(X, turned, sample_domain=-d)
        expected = np.mean(back.predict(X[d > 0]) == y[d > 0])
        scorer = circular_validation_scorer()
        assert_allclose(scorer(model, X, hidden(y, d), d), expected)
        piped = make_pipeline(StandardScaler(), scaled())
        piped.fit(X, hidden(y, d), transferclassifier__sample_domain=d)
        assert_allclose(scorer(piped, X, hidden(y, d), d), expected, atol=0.02)

    def test_circle_of_one_class(self, data):
        X, y, d = data
        model = DummyClassifier(strategy="constant", constant="buys").fit(X, y)
        found = circular_validation_scorer()(model, X, y, d)
        assert_allclose(found, np.mean(y[d > 0] == "buys"))

    def test_circle_with_numbers_and_target_labels(self, data):
        X, y, d = data
        y = (y == "buys").astype(float)
        y[np.flatnonzero(d < 0)[10:]] = np.nan
        model = scaled().set_params(target_labels="use").fit(X, y, sample_domain=d)
        assert circular_validation_scorer()(model, X, y, d) > 0.8

    def test_few_labels_by_hand(self, data):
        X, y, d = data
        model = LogisticRegression().fit(X[d > 0], y[d > 0])
        few = hidden(y, d)
        known = np.flatnonzero(d < 0)[:7]
        few[known] = y[known]
        expected = accuracy_score(y[known].astype(str), model.predict(X[known]))
        assert few_label_scorer()(model, X, few, d) == expected

    def test_agreement_finds_the_better_rater(self, rng):
        truth = rng.integers(0, 2, size=2000)

        def rater(accuracy):
            right = rng.random(2000) < accuracy
            return np.where(right, truth, 1 - truth)

        class Says(BaseEstimator):
            def __init__(self, said):
                self.said = said

            def predict(self, X):
                return self.said[X[:, 0]]

        rows = np.arange(2000)[:, None]
        scorer = agreement_scorer([Says(rater(0.8)), Says(rater(0.7))])
        for accuracy in (0.9, 0.6):
            found = scorer(Says(rater(accuracy)), rows)
            assert_allclose(found, accuracy, atol=0.05)


class TestLaws:
    @names("scorer", TARGET_ONLY + BOTH_SIDES, ids=identity)
    def test_target_labels_and_the_order_of_rows_do_not_matter(self, data, scorer):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        expected = scorer(model, X, hidden(y, d), d)
        assert np.isfinite(expected)
        for filler in ("rubbish", 3.5):
            assert scorer(model, X, hidden(y, d, filler), d) == expected
        # folds of the weights are drawn by position
        atol = 1e-9 if scorer in TARGET_ONLY else 0.05
        back = scorer(model, X[::-1], hidden(y, d)[::-1], d[::-1])
        assert_allclose(back, expected, atol=atol)

    @names("scorer", TARGET_ONLY, ids=identity)
    def test_without_domains_all_rows_are_target_rows(self, data, scorer):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        assert scorer(model, X[d < 0]) == scorer(model, X, None, d)

    def test_without_shift_the_weights_do_not_matter(self, data):
        X, y, d = data
        X, y = X[d > 0], y[d > 0]
        twice, labels = np.vstack([X, X]), np.concatenate([y, y])
        both = np.repeat([1, -2], len(X))
        model = LogisticRegression(C=0.01).fit(X[:, 1:], y)
        args = model, twice[:, 1:], labels, both
        plain = np.mean(model.predict(X[:, 1:]) == y)
        assert_allclose(importance_weighted_scorer()(*args), plain, atol=0.02)
        risk = dev_scorer(loss="zero_one")(*args)
        assert_allclose(risk, plain - 1, atol=0.02)

    def test_weights_see_what_the_mapper_made(self, data):
        """Scaled by domain, the domains are alike: nearly equal weights."""
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        found = importance_weighted_scorer()(model, X, y, d)
        right = model.predict(X[d > 0], sample_domain=d[d > 0]) == y[d > 0]
        assert_allclose(found, right.mean(), atol=0.01)
        raw = importance_weighted_scorer(features=np.asarray)(model, X, y, d)
        assert raw != found

    def test_a_weighter_of_the_library(self, data):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        scorer = importance_weighted_scorer(weighter=KMMInstanceWeighter())
        assert 0.7 < scorer(model, X, y, d) <= 1

    @pytest.mark.parametrize("make", [dev_scorer, importance_weighted_scorer])
    def test_a_weighter_that_learns_from_labels(self, make, rng):
        """The class that is rarer in the target weighs less."""
        n = np.array([200, 200, 50, 150])
        y = np.repeat(np.array(["bad", "good"] * 2, dtype=object), n)
        d = np.repeat([1, -1], [400, 200])
        X = rng.normal(size=(600, 2)) + 2 * (y == "good")[:, None]
        model = TransferClassifier().fit(X, y, sample_domain=d)
        found = make(weighter=LabelShiftInstanceWeighter())(model, X, y, d)
        hidden = np.where(d > 0, y, None)
        assert make(weighter=LabelShiftInstanceWeighter())(model, X, hidden, d) == found
        weighter = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
        weights = weighter.weights_[d > 0]
        assert weights[y[d > 0] == "bad"].max() < weights[y[d > 0] == "good"].min()
        right = model.predict(X[d > 0], sample_domain=d[d > 0]) == y[d > 0]
        if make is importance_weighted_scorer:
            assert_allclose(found, np.average(right, weights=weights))
        else:
            p = model.predict_proba(X[d > 0], sample_domain=d[d > 0])
            column = np.searchsorted(model.classes_, y[d > 0].astype(str))
            losses = -np.log(p[np.arange(400), column])
            assert_allclose(found, -dev_risk(losses, weights))

    def test_texts(self):
        texts = np.array(["good book", "bad book", "good pan", "bad pan"] * 6, object)
        y = np.array(["+", "-"] * 12, dtype=object)
        d = np.tile([1, 1, -2, -2], 6)
        model = TransferClassifier(mapper=CountVectorizer())
        model.fit(texts, hidden(y, d), sample_domain=d)
        for scorer in TARGET_ONLY + BOTH_SIDES:
            assert np.isfinite(scorer(model, texts, hidden(y, d), d))
        plain = make_pipeline(CountVectorizer(), LogisticRegression())
        plain.fit(texts[d > 0], y[d > 0])
        assert np.isfinite(dev_scorer()(plain, texts, y, d))


class TestRefusals:
    @names("scorer", BOTH_SIDES, ids=identity)
    def test_without_source_rows(self, data, scorer):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        with pytest.raises(ValueError, match="Enable metadata routing"):
            scorer(model, X, y)
        with pytest.raises(ValueError, match="labelled source rows"):
            scorer(model, X, hidden(y, -d), d)
        with pytest.raises(ValueError, match="labelled source rows"):
            scorer(model, X, None, d)

    def test_others(self, data):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)
        entropy = prediction_entropy_scorer()
        with pytest.raises(ValueError, match="target rows in the test fold"):
            entropy(model, X, y, np.abs(d))
        with pytest.raises(ValueError, match="predict_proba"):
            entropy(Perceptron().fit(X, y.astype(str)), X)
        with pytest.raises(ValueError, match="one label for each row"):
            entropy(model, X, y[:3], d)
        with pytest.raises(ValueError, match="two target rows"):
            soft_neighborhood_density_scorer()(model, X[:1])
        with pytest.raises(ValueError, match="temperature must be"):
            soft_neighborhood_density_scorer(temperature=0)(model, X)
        with pytest.raises(ValueError, match="loss must be"):
            dev_scorer(loss="hinge")(model, X, y, d)
        with pytest.raises(ValueError, match="two references"):
            agreement_scorer([model])(model, X)
        with pytest.raises(ValueError, match="target rows with a label"):
            few_label_scorer()(model, X, hidden(y, d), d)
        rows = np.r_[np.flatnonzero(d > 0), np.flatnonzero(d < 0)[:1]]
        with pytest.raises(ValueError, match="two rows of each domain"):
            dev_scorer()(model, X[rows], y[rows], d[rows])
        with pytest.raises(TypeError, match="weighter must set weights_"):
            dev_scorer(weighter=make_pipeline(StandardScaler(), "passthrough"))(
                model, X, y, d
            )

    def test_texts_without_features(self):
        texts = np.array(["a", "b", "c", "d"], dtype=object)
        model = DummyClassifier().fit(texts, [0, 1, 0, 1])
        with pytest.raises(ValueError, match="features=vectorizer"):
            dev_scorer()(model, texts, np.array([0, 1, 0, 1]), [1, 1, -1, -1])

    def test_weights_that_are_none(self, data):
        X, y, d = data
        model = scaled().fit(X, y, sample_domain=d)

        class Nothing(BaseEstimator):
            def fit(self, X, y=None, sample_domain=None):
                self.weights_ = np.zeros(len(X))
                return self

        with pytest.raises(ValueError, match="not all zero"):
            importance_weighted_scorer(weighter=Nothing())(model, X, y, d)


class TestSearches:
    grid = {"mapper": [None, DomainScaler()]}  # noqa: RUF012

    @names("scorer", TARGET_ONLY, ids=identity)
    @names("routing", [False, True])
    def test_target_folds(self, data, scorer, routing):
        X, y, d = data
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                TransferClassifier(),
                self.grid,
                scoring=scorer,
                cv=TargetKFold(2),
                error_score="raise",
            )
            extra = {} if routing else {"groups": d}
            search.fit(X, hidden(y, d, "buys"), sample_domain=d, **extra)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    @names("scorer", BOTH_SIDES, ids=identity)
    def test_folds_of_both_sides(self, data, scorer):
        X, y, d = data
        y = hidden(y, d)
        with config_context(enable_metadata_routing=True):
            search = GridSearchCV(
                TransferClassifier(),
                self.grid,
                scoring=scorer,
                cv=KFold(2, shuffle=True, random_state=0),
                error_score="raise",
            ).fit(X, y, sample_domain=d)
        first = KFold(2, shuffle=True, random_state=0).split(X)
        for fold, (train, test) in enumerate(first):
            model = TransferClassifier().fit(X[train], y[train], sample_domain=d[train])
            assert_allclose(
                search.cv_results_[f"split{fold}_test_score"][0],
                scorer(model, X[test], y[test], d[test]),
            )

    def test_several_at_once_and_learning_curves(self, data):
        X, y, d = data
        y = hidden(y, d)
        cv = KFold(3, shuffle=True, random_state=0)
        scorers = {type(s).__name__: s for s in TARGET_ONLY + BOTH_SIDES}
        with config_context(enable_metadata_routing=True):
            found = cross_validate(
                scaled(),
                X,
                y,
                cv=cv,
                scoring=scorers,
                params={"sample_domain": d},
                error_score="raise",
            )
            for name in scorers:
                assert np.isfinite(found[f"test_{name}"]).all()
            _, _, test = learning_curve(
                scaled(),
                X,
                y,
                cv=cv,
                scoring=dev_scorer(),
                shuffle=True,
                train_sizes=[0.5, 1.0],
                params={"sample_domain": d},
                random_state=0,
                error_score="raise",
            )
            assert np.isfinite(test).all()

    def test_few_labels_in_target_folds(self, data):
        X, y, d = data
        result = cross_validate(
            scaled(),
            X,
            y,
            cv=TargetKFold(2),
            groups=d,
            scoring=few_label_scorer(),
            params={"sample_domain": d},
            error_score="raise",
        )
        assert result["test_score"].min() > 0.8

    def test_agreement_in_a_search(self, data):
        X, y, d = data
        source = LogisticRegression().fit(X[d > 0], y[d > 0].astype(str))
        bayes = GaussianNB().fit(X[d > 0], y[d > 0].astype(str))
        search = GridSearchCV(
            TransferClassifier(),
            self.grid,
            cv=TargetKFold(2),
            scoring=agreement_scorer([source, bayes]),
            error_score="raise",
        ).fit(X, hidden(y, d, "buys"), sample_domain=d, groups=d)
        assert (search.cv_results_["mean_test_score"] > 0.5).all()

    def test_the_request_is_one_name(self):
        for scorer in TARGET_ONLY + BOTH_SIDES:
            request = get_routing_for_object(scorer).score.requests
            assert request == {"sample_domain": True}
            assert type(clone(scorer)) is type(scorer)
        with config_context(enable_metadata_routing=True):
            asked = dev_scorer().set_score_request(sample_domain="domain")
            assert get_routing_for_object(asked).score.requests == {
                "sample_domain": "domain"
            }


def test_scores_do_not_change_the_model(data):
    X, y, d = data
    model = scaled().fit(X, y, sample_domain=d)
    before = model.predict_proba(X)
    for scorer in TARGET_ONLY + BOTH_SIDES:
        scorer(model, X, y, d)
    assert_array_equal(model.predict_proba(X), before)
