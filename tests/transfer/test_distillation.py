"""Distillation: soft labels, leave-one-out, and what the student is given."""

import pickle
import threading

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from sktransfer import (
    CrossLingualMapper,
    EncoderFeatures,
    TransferClassifier,
    TransferRegressor,
)
from sktransfer.adaptation import CORAL
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold
from sktransfer.text import WordTokenizer
from sktransfer.transfer.strategies import Distillation, Pooling


@pytest.fixture(scope="module")
def reviews():
    return make_bilingual_reviews(190, random_state=0)


@pytest.fixture
def shifted():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = np.where(X[:, 0] + X[:, 1] > 0, "buys", "leaves")
    X[150:, 2] += 2
    return X, y, np.repeat([1, -2], 150)


def test_weights_of_target_rows_weigh_what_the_student_learns(shifted):
    X, y, d = shifted
    counts = np.round(np.maximum(X + 2, 0))
    weight = np.ones(300)
    weight[d < 0] = np.arange(150) % 3
    repeated = np.repeat(np.arange(300), weight.astype(int))
    for rows in (X, sp.csr_array(counts)):
        model = TransferClassifier(strategy="distill")
        weighted = model.fit(rows, y, sample_domain=d, sample_weight=weight)
        scores = weighted.decision_function(rows)
        again = clone(model).fit(rows[repeated], y[repeated], sample_domain=d[repeated])
        assert_allclose(again.decision_function(rows), scores, atol=1e-3)


def test_labels_of_the_target_are_never_read(shifted):
    X, y, d = shifted
    model = TransferClassifier(mapper=CORAL(), strategy=Distillation(refine=1))
    y_garbage = y.copy()
    y_garbage[d < 0] = "rubbish"
    scores = clone(model).fit(X, y, sample_domain=d).decision_function(X)
    again = clone(model).fit(X, y_garbage, sample_domain=d).decision_function(X)
    assert_array_equal(scores, again)


def test_the_student_sees_native_target_rows_and_the_soft_labels(shifted):
    X, y, d = shifted

    class Spy(Ridge):
        def fit(self, X, y, sample_weight=None):
            self.X_, self.y_ = X, y
            return super().fit(X, y)

    model = TransferClassifier(mapper=CORAL(), strategy=Distillation(Spy()))
    model.fit(X, y, sample_domain=d)
    assert_array_equal(model.strategy_.student_.X_, X[d < 0])
    Z = model.mapper_.transform(X[d < 0])
    s = model.estimator_.decision_function(Z)
    assert_allclose(model.strategy_.student_.y_, np.tanh(1.5 * s / s.std()), rtol=1e-6)
    assert_allclose(
        model.decision_function(X[d < 0]), model.strategy_.student_.predict(X[d < 0])
    )
    assert_array_equal(model.classes_, ["buys", "leaves"])


class Spy(Ridge):
    """A student that remembers what it was taught."""

    def fit(self, X, y, sample_weight=None):
        self.y_ = y
        return super().fit(X, y)


@pytest.mark.parametrize(
    "teacher",
    [
        LogisticRegression(),
        LinearSVC(),
        KNeighborsClassifier(),
        MultinomialNB(),
        DecisionTreeClassifier(random_state=0),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_of_any_teacher_agree_with_its_predictions(teacher, n_classes):
    rng = np.random.default_rng(4)
    X = rng.random((180, 5))
    y = np.array(["a", "b", "c"])[np.argsort(X[:, :n_classes], axis=1)[:, -1]]
    d = np.repeat([1, -1], 90)
    model = TransferClassifier(teacher, strategy=Distillation(Spy()))
    model.fit(X, y, sample_domain=d)
    taught = model.strategy_.student_.y_
    assert taught.shape == ((90,) if n_classes == 2 else (90, 3))
    if n_classes == 2:
        taught = np.column_stack([-taught, taught])
    clear = np.ptp(np.sort(taught, axis=1)[:, -2:], axis=1) > 1e-9
    assert clear.any()
    predicted = clone(teacher).fit(X[:90], y[:90]).predict(X[90:])
    assert_array_equal(model.classes_[taught.argmax(axis=1)][clear], predicted[clear])
    # labels between -1 and 1 that stand for probabilities
    assert np.abs(taught).max() <= 1
    assert_allclose(((taught + 1) / 2).sum(axis=1), 1)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_a_teacher_without_scores_teaches_its_predictions():
    class Plain(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return np.where(np.asarray(X)[:, 0] > 0, "b", "a")

    X = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    model = TransferClassifier(Plain(), strategy=Distillation(Spy()))
    model.fit(X, ["b", "a", "?", "?"], sample_domain=[1, 1, -1, -1])
    # scores of 1 and -1 have a deviation of 1
    assert_allclose(model.strategy_.student_.y_, np.tanh([1.5, -1.5]))


def test_known_target_labels_are_taught_where_the_source_has_none(shifted):
    X, y, d = shifted
    y = y.astype(object)
    y[160:] = None
    d = np.full(d.size, -1)
    d[:2] = [1, 1]
    y[:2] = "leaves"  # one class: no teacher
    model = TransferClassifier(
        strategy=Distillation(Spy(), refine=1), target_labels="use"
    ).fit(X, y, sample_domain=d)
    truth = np.where(y[2:160] == "leaves", 1, -1)
    assert_array_equal(model.strategy_.student_.y_[:158], truth)
    assert np.all(np.abs(model.strategy_.student_.y_[158:]) < 1)
    assert not hasattr(model.strategy_, "validation_")


def test_known_target_labels_correct_a_student_that_has_not_seen_them(shifted):
    X, y, d = shifted
    hidden = np.where(np.arange(d.size) < 190, y.astype(object), None)
    without = TransferClassifier(strategy=Distillation(Spy()))
    without.fit(X, y, sample_domain=d)
    model = TransferClassifier(strategy=Distillation(Spy()), target_labels="use")
    model.fit(X, hidden, sample_domain=d)
    assert_array_equal(model.strategy_.student_.y_, without.strategy_.student_.y_)
    assert_array_equal(model.sample_weight_ > 0, d > 0)
    logit = np.log(model.predict_proba(X) / (1 - model.predict_proba(X)))[:, 1]
    soft = without.decision_function(X)
    # a linear function of the features besides the soft label
    A = np.column_stack([soft, X, np.ones(len(X))])
    inside = np.abs(logit) < 5  # probabilities are clipped
    rest = logit - A @ np.linalg.lstsq(A[inside], logit[inside], rcond=None)[0]
    assert np.abs(rest[inside]).max() < 1e-6
    model.set_params(strategy__strength=np.inf).fit(X, hidden, sample_domain=d)
    assert_array_equal(model.decision_function(X), soft)


def test_source_rows_are_predicted_by_the_teacher_and_blending_weighs_both(shifted):
    X, y, d = shifted
    model = TransferClassifier(strategy="distill").fit(X, y, sample_domain=d)
    student = model.strategy_.student_.predict(X)
    s = model.estimator_.decision_function(X)
    teacher = np.tanh(1.5 * s / s[d < 0].std())
    assert_allclose(
        model.decision_function(X, sample_domain=d),
        np.where(d > 0, teacher, student),
        rtol=1e-6,
    )
    model.set_params(strategy__teacher_weight=0.5).fit(X, y, sample_domain=d)
    assert_allclose(
        model.decision_function(X), (student + 0.5 * teacher) / 1.5, rtol=1e-6
    )


def test_a_native_teacher_adds_its_scores_at_the_spread_over_labelled_rows(shifted):
    X, y, d = shifted
    model = TransferClassifier(
        mapper=CORAL(), strategy=Distillation(Ridge(), native_teacher=True)
    ).fit(X, y, sample_domain=d)
    native = Ridge().fit(X[d > 0], np.where(y[d > 0] == "leaves", 1, -1))
    assert_allclose(model.strategy_.native_teacher_.coef_, native.coef_)
    target = X[d < 0]
    first = model.estimator_.decision_function(model.mapper_.transform(target))
    second = native.predict(target)
    source = X[d > 0]
    spread = model.estimator_.decision_function(
        model.mapper_.transform(source, sample_domain=d[d > 0])
    ).std()
    total = first / spread + second / native.predict(source).std()
    student = Ridge().fit(target, np.tanh(1.5 * total / total.std()))
    assert_allclose(model.strategy_.student_.coef_, student.coef_, rtol=1e-6)
    model.set_params(strategy__teacher_weight=0.5).fit(X, y, sample_domain=d)
    taught = np.tanh(1.5 * total / total.std())
    assert_allclose(
        model.decision_function(target), (student.predict(target) + taught / 2) / 1.5
    )


def test_a_native_teacher_that_knows_no_target_feature_does_not_count():
    rng = np.random.default_rng(7)
    s, t = rng.normal(size=300), rng.normal(size=200)
    nothing = np.zeros((500, 1))
    # the source has its signal in column 0, the target in column 1: the mapper knows
    X = np.column_stack([np.r_[s, np.zeros(200)], np.r_[np.zeros(300), t]])
    X = np.hstack([X, nothing])
    both = FunctionTransformer(lambda X: X[:, :1] + X[:, 1:2])
    y, d = np.where(np.r_[s, t] > 0, "b", "a"), np.repeat([1, -2], [300, 200])
    one = TransferClassifier(mapper=both, strategy=Distillation(Ridge()))
    two = clone(one).set_params(strategy__native_teacher=True)
    one, two = (m.fit(X, y, sample_domain=d).decision_function(X) for m in (one, two))
    assert_allclose(one[300:], two[300:], atol=0.05)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("teacher_weight", [0.0, 0.5])
def test_matched_shares_are_those_of_the_teacher(n_classes, teacher_weight):
    rng = np.random.default_rng(8)
    X = rng.normal(size=(1200, 40))
    scores = (
        X[:, :n_classes] + rng.normal(size=(1200, n_classes)) + [2.0, 0, 0][:n_classes]
    )
    y = np.array(["a", "b", "c"])[scores.argmax(axis=1)]
    d = np.repeat([1, -2], 600)
    student = Ridge(alpha=2000.0)  # shrinks much
    model = TransferClassifier(
        strategy=Distillation(student, teacher_weight=teacher_weight)
    )
    matched = clone(model).set_params(strategy__match_shares=True)
    teacher = LogisticRegression(max_iter=1000).fit(X[d > 0], y[d > 0])
    new = rng.normal(size=(5000, 40))

    def largest(model):
        return np.mean(model.predict(new) == "a")

    wanted = np.mean(teacher.predict(new) == "a")
    assert largest(model.fit(X, y, sample_domain=d)) > wanted + 0.08
    matched.fit(X, y, sample_domain=d)
    assert_allclose(largest(matched), wanted, atol=0.04)
    # one shift for all rows: the order of the scores stays
    p, q = (m.decision_function(new).reshape(5000, -1) for m in (model, matched))
    assert_allclose(np.ptp(p - q, axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("refine", [False, True, 2])
def test_reviews_of_another_language(reviews, refine):
    source = reviews.sample_domain > 0
    model = TransferClassifier(
        mapper=CrossLingualMapper(reviews.dictionary),
        strategy=Distillation(refine=refine),
    )
    y = np.where(source, reviews.target, None)
    model.fit(reviews.data, y, sample_domain=reviews.sample_domain)
    texts = np.asarray(reviews.data, dtype=object)[~source]
    labels = np.asarray(reviews.target)[~source]
    teacher = model.estimator_.predict(model.mapper_.transform(texts))
    assert model.score(texts, labels) > 0.75
    assert model.score(texts, labels) >= np.mean(teacher == labels) - 0.03
    one = [model.decision_function([t])[0] for t in texts[:3]]
    assert_allclose(one, model.decision_function(texts)[:3], rtol=1e-5)
    p = model.predict_proba(["", "neverseen"])
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(np.log(p), model.predict_log_proba(["", "neverseen"]))
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(texts), model.predict(texts))


def test_the_default_student_suits_the_rows(reviews, shifted):
    def steps(X, y, d):
        model = TransferClassifier(strategy="distill", mapper=mapper)
        return list(model.fit(X, y, sample_domain=d).strategy_.student_.named_steps)

    mapper = TfidfVectorizer()
    texts = np.asarray(reviews.data, dtype=object)
    found = steps(texts, reviews.target, reviews.sample_domain)
    assert found == ["native", "weights", "ridge"]
    mapper = None
    X, y, d = shifted
    counts = sp.csr_array(np.round(np.maximum(X + 2, 0)))
    assert steps(counts, y, d) == ["weights", "ridge"]
    assert steps(X, y, d) == ["ridge"]


def test_three_classes_and_a_search_over_the_student(shifted):
    X, _, d = shifted
    y = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
    counts = sp.csr_array(np.round(np.maximum(X + 2, 0)))
    model = TransferClassifier(strategy="distill").fit(counts, y, sample_domain=d)
    assert model.decision_function(counts).shape == (300, 3)
    assert model.score(counts[d < 0], y[d < 0]) > 0.5
    search = GridSearchCV(
        TransferClassifier(),
        {
            "strategy": [Pooling(), Distillation(Ridge())],
            "strategy__student__alpha": [0.1, 1e6],
        },
        cv=TargetKFold(3),
    )
    search.fit(X, y, groups=d, sample_domain=d)
    assert search.best_score_ > 0.6


def test_without_domains_every_row_is_taught(shifted):
    X, y, _ = shifted
    model = TransferClassifier(strategy="distill").fit(X, y)
    assert model.strategy_.student_.n_features_in_ == 4
    assert model.score(X, y) > 0.9
    refined = TransferClassifier(strategy=Distillation(refine=1)).fit(X, y)
    assert not np.allclose(refined.decision_function(X), model.decision_function(X))


def test_students_without_weights_serve_where_there_are_none(shifted):
    X, y, d = shifted
    model = TransferClassifier(
        strategy=Distillation(KNeighborsRegressor(), native_teacher=True)
    )
    assert model.fit(X, y, sample_domain=d).score(X[d < 0], y[d < 0]) > 0.8
    with pytest.raises(TypeError, match="cannot be weighted"):
        model.fit(X, y, sample_domain=d, sample_weight=np.arange(1, 301))


def test_check_estimator():
    check_estimator(TransferClassifier(strategy=Distillation(Ridge())))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"refine": -1}, "refine of Distillation must be"),
        ({"refine": "yes"}, "refine of Distillation must be"),
        ({"teacher_weight": -0.1}, "teacher_weight of Distillation must be"),
    ],
)
def test_parameters_out_of_range(shifted, parameters, message):
    X, y, d = shifted
    model = TransferClassifier(strategy=Distillation(**parameters))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sample_domain=d)


def test_what_cannot_be_distilled(shifted):
    X, y, d = shifted
    with pytest.raises(
        ValueError, match=r"student of \w+ must be .*'fit' and 'predict'"
    ):
        TransferClassifier(strategy=Distillation(CORAL())).fit(X, y, d)
    with pytest.raises(ValueError, match="needs target rows"):
        TransferClassifier(strategy="distill").fit(X, y, np.abs(d))
    for strategy in ("distill", "self_train"):
        model = TransferClassifier(strategy=strategy)
        with pytest.raises(ValueError, match="all 150 have weight 0"):
            model.fit(X, y, sample_domain=d, sample_weight=d > 0)


class TestTokenizerOfTheStudent:
    texts = np.array(
        ["not good at all", "very good", "bad!!", "not bad", "good!!", "very bad"] * 4,
        dtype=object,
    )
    y = np.array(["no", "yes", "no", "yes", "yes", "no"] * 4)
    domain = np.repeat([1, -2], 12)

    def words(self, mapper):
        model = TransferClassifier(mapper=mapper, strategy="distill")
        model.fit(self.texts, self.y, sample_domain=self.domain)
        words = dict(model.strategy_.student_["native"].transformer_list)["words"]
        return words.get_feature_names_out()

    def test_it_is_that_of_the_vectorizer(self):
        marked = TfidfVectorizer(tokenizer=WordTokenizer(), token_pattern=None)
        for mapper in (marked, make_pipeline(marked, Normalizer())):
            assert {"not_good", "!!"} <= set(self.words(mapper))

    def test_it_is_plain_otherwise(self):
        characters = TfidfVectorizer(analyzer="char")
        for mapper in (TfidfVectorizer(), characters, HashingVectorizer()):
            found = set(self.words(mapper))
            assert "good" in found
            assert not {"not_good", "!!"} & found

    def test_one_search_sets_it_for_teacher_and_student(self):
        vectorizer = TfidfVectorizer(tokenizer=WordTokenizer(), token_pattern=None)
        model = TransferClassifier(mapper=vectorizer, strategy="distill")
        name = "mapper__tokenizer__marks"
        search = GridSearchCV(model, {name: [False]}, cv=TargetKFold(2))
        search.fit(self.texts, self.y, groups=self.domain, sample_domain=self.domain)
        words = dict(
            search.best_estimator_.strategy_.student_["native"].transformer_list
        )
        assert "!!" not in words["words"].vocabulary_
        assert "not_good" in words["words"].vocabulary_

    @pytest.mark.parametrize("in_pipeline", [False, True])
    def test_of_two_languages_it_is_that_of_the_target(self, in_pipeline):
        class Mapper(TransformerMixin, BaseEstimator):
            def fit(self, X, y=None):
                self.tokenizer_ = {"source": str.upper, "target": str.split}
                return self

            def transform(self, X):
                return np.array([[len(text), text.count("o")] for text in X], float)

        mapper = make_pipeline(Mapper(), StandardScaler()) if in_pipeline else Mapper()
        assert "bad!!" in self.words(mapper)
        marked = TfidfVectorizer(tokenizer=str.split, analyzer="char")
        assert "bad!!" not in self.words(marked)


class Unpicklable:
    """An encoder that does not pickle."""

    def __init__(self):
        self.lock = threading.Lock()

    def encode(self, texts):
        return np.array([[text.count(c) for c in "aeinorst"] for text in texts])


class TestWithoutTeacher:
    """What is deployed: the student alone."""

    REVIEWS = make_bilingual_reviews(80, source="en/books", target="en/music")

    def fitted(self, kind=TransferClassifier, **parameters):
        d = self.REVIEWS.sample_domain
        mapper = EncoderFeatures(Unpicklable())
        model = kind(mapper=mapper, strategy=Distillation(**parameters))
        y = self.REVIEWS.target
        y = y if kind is TransferClassifier else (y == "positive") * 1.0
        return model.fit(self.REVIEWS.data, y, sample_domain=d)

    @pytest.mark.parametrize("kind", [TransferClassifier, TransferRegressor])
    def test_the_same_predictions_from_a_pickle_without_the_encoder(self, kind):
        model = self.fitted(kind)
        texts = list(self.REVIEWS.data)
        alone = model.without_teacher().without_teacher()
        with pytest.raises(TypeError):
            pickle.dumps(model)
        again = pickle.loads(pickle.dumps(alone))
        for left in (alone, again):
            assert type(left) is kind
            assert left.mapper is None
            np.testing.assert_array_equal(left.predict(texts), model.predict(texts))
        if kind is TransferClassifier:
            expected = model.predict_proba(texts)
            np.testing.assert_array_equal(again.predict_proba(texts), expected)
            assert list(again.classes_) == ["negative", "positive"]
        assert model.mapper_ is not None  # the model itself is as it was
        model.predict(texts[:2], sample_domain=[1, -1])

    def test_containers_of_texts(self):
        pd = pytest.importorskip("pandas")
        texts = list(self.REVIEWS.data[:5])
        alone = self.fitted().without_teacher()
        expected = alone.predict(texts)
        for X in (np.array(texts, object)[:, None], pd.DataFrame({"text": texts})):
            np.testing.assert_array_equal(alone.predict(X), expected)

    @pytest.mark.parametrize("kind", [TransferClassifier, TransferRegressor])
    def test_source_rows_are_refused(self, kind):
        alone = self.fitted(kind).without_teacher()
        with pytest.raises(ValueError, match="without"):
            alone.predict(list(self.REVIEWS.data[:2]), sample_domain=[1, -1])

    @pytest.mark.parametrize("kind", [TransferClassifier, TransferRegressor])
    def test_a_teacher_that_counts_cannot_be_left_out(self, kind):
        with pytest.raises(ValueError, match=r"teacher_weight=0\.5"):
            self.fitted(kind, teacher_weight=0.5).without_teacher()

    def test_no_student(self):
        model = TransferClassifier().fit([[0.0], [1.0]], [0, 1])
        with pytest.raises(AttributeError, match="distill"):
            model.without_teacher()
        with pytest.raises(NotFittedError):
            TransferClassifier(strategy="distill").without_teacher()

    def test_labels_of_the_target_have_corrected_it(self):
        reviews, d = self.REVIEWS, self.REVIEWS.sample_domain
        y = np.where((d > 0) | (np.arange(d.size) % 4 == 0), reviews.target, None)
        model = TransferClassifier(
            mapper=EncoderFeatures(Unpicklable()),
            strategy="distill",
            target_labels="use",
        ).fit(reviews.data, y, sample_domain=d)
        texts = list(reviews.data)
        expected = model.predict_proba(texts)
        alone = pickle.loads(pickle.dumps(model.without_teacher()))
        np.testing.assert_array_equal(alone.predict_proba(texts), expected)
