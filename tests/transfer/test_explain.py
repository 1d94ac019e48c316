"""Contributions to decisions: they add up, and are what can be computed by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, sparse
from scipy.special import softmax
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LogisticRegression,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PowerTransformer,
    StandardScaler,
)
from sklearn.svm import LinearSVC

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    BiasedRidgeClassifier,
    CorrespondenceFeatures,
    CrossLingualMapper,
    DictionaryTranslation,
    DomainScaler,
    EmbeddingVectorizer,
    EncoderFeatures,
    KMMInstanceWeighter,
    LogCountRatioScaler,
    MultiViewMapper,
    ScriptNgramCounter,
    SpectralFeatureAlignment,
    SubspaceAlignment,
    TransferClassifier,
    TransferComponentAnalysis,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer import crosslingual_candidates
from sktransfer.transfer.strategies import Boosting, Distillation

D = np.repeat([1, 2, -3], [60, 60, 80])


def total(explanation):
    return explanation.contributions.sum(axis=0) + explanation.base


def require_sum(model, row, domain=None, methods=("linear",)):
    """Contributions add up to the decision, in the way that is expected."""
    found = model.explain(row, sample_domain=domain)
    assert found.method in methods
    domain = None if domain is None else [domain]
    decision = np.ravel(model.decision_function(row, sample_domain=domain))
    assert_allclose(total(found), decision, rtol=0, atol=1e-9)
    assert_array_equal(found.decision, decision)
    assert found.predicted == model.predict(row, sample_domain=domain)[0]
    return found


def by_name(explanation):
    return dict(zip(explanation.features, explanation.contributions))


@pytest.fixture(scope="module")
def X():
    return 3 + np.random.default_rng(0).normal(size=(200, 5))


def labels(X, n_classes):
    cuts = {2: [4.5], 3: [4, 5]}[n_classes]
    return np.array(["a", "b", "c"])[np.digitize(X[:, 0] + 0.5 * X[:, 1], cuts)]


two_or_three = pytest.mark.parametrize("n_classes", [2, 3])

ESTIMATORS = [
    None,
    RidgeClassifier(),
    LinearSVC(),
    SGDClassifier(random_state=0),
    Perceptron(),
    BiasedRidgeClassifier(),
    make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
    make_pipeline(MinMaxScaler(), LinearDiscriminantAnalysis()),
    make_pipeline(Normalizer(), SelectKBest(k=3), LogisticRegression()),
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2),
]
MAPPERS = [
    CORAL(),
    DomainScaler(),
    SubspaceAlignment(2),
    TransferComponentAnalysis(2, kernel="linear"),
    make_pipeline(SimpleImputer(), StandardScaler(), CORAL()),
    FeatureUnion([("scaled", StandardScaler()), ("axes", PCA(2))]),
    MultiViewMapper([("scaled", StandardScaler()), ("axes", PCA(2))]),
    MultiViewMapper([("a", StandardScaler()), ("b", CORAL())], fusion="scores"),
]
STRATEGIES = ["distill", "augment", "fine_tune", "self_train"]
STRATEGIES += [Distillation(teacher_weight=0.5, native_teacher=True, match_shares=True)]


@two_or_three
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_decisions_of_estimators_are_sums(X, estimator, n_classes):
    y = labels(X, n_classes)
    model = TransferClassifier(estimator).fit(X, y, sample_domain=D)
    found = require_sum(model, X[[150]])
    assert sorted(found.features) == ["x0", "x1", "x2", "x3", "x4"]


@two_or_three
@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda m: str(m)[:60])
def test_decisions_after_mappers_are_sums(X, mapper, n_classes):
    model = TransferClassifier(mapper=mapper, weighter=KMMInstanceWeighter())
    model.fit(X, labels(X, n_classes), sample_domain=D)
    for domain in (None, -3, 1, 2):
        require_sum(model, X[[150]], domain)
    assert np.isfinite(model.top_features("a", side="source").weights).all()


@two_or_three
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("target_labels", ["use", "ignore"])
def test_decisions_of_strategies_are_sums(X, strategy, n_classes, target_labels):
    if target_labels == "ignore" and strategy in ("augment", "fine_tune"):
        pytest.skip("needs labels of the target")
    model = TransferClassifier(
        mapper=DomainScaler(), strategy=strategy, target_labels=target_labels
    )
    model.fit(X, labels(X, n_classes), sample_domain=D)
    for domain in (None, 1):
        require_sum(model, X[[150]], domain, ("linear", "path"))


@pytest.fixture(scope="module")
def one_language():
    return make_bilingual_reviews(120, target="en/music")


@pytest.fixture(scope="module")
def two_languages():
    return make_bilingual_reviews(150)


def words(**options):
    return TfidfVectorizer(min_df=2, **options)


def counts_by_hashing(texts):
    return HashingVectorizer(n_features=64).transform(texts).toarray()


TEXT_MAPPERS = [
    words(),
    HashingVectorizer(n_features=256),
    EmbeddingVectorizer(),
    EmbeddingVectorizer(pooling="tfidf"),
    make_pipeline(words(), CorrespondenceFeatures()),
    make_pipeline(words(), CorrespondenceFeatures(output="profiles")),
    make_pipeline(words(), SpectralFeatureAlignment()),
    make_pipeline(
        CountVectorizer(), TfidfTransformer(sublinear_tf=True), TruncatedSVD(20)
    ),
    make_pipeline(ScriptNgramCounter(), TfidfTransformer(), MaxAbsScaler()),
    FeatureUnion(
        [("words", words()), ("letters", ScriptNgramCounter())],
        transformer_weights={"words": 2.0},
    ),
    MultiViewMapper([("words", words()), ("vectors", EmbeddingVectorizer())]),
    MultiViewMapper(
        [("words", words()), ("vectors", EmbeddingVectorizer())], fusion="scores"
    ),
]


@pytest.mark.parametrize("mapper", TEXT_MAPPERS, ids=lambda m: str(m)[:70])
@pytest.mark.parametrize("strategy", ["pool", "distill"])
def test_decisions_of_texts_are_sums(one_language, mapper, strategy):
    r = one_language
    model = TransferClassifier(mapper=mapper, strategy=strategy)
    model.fit(r.data, r.target, sample_domain=r.sample_domain)
    text = [r.data[-1]]
    require_sum(model, text)
    require_sum(model, text, 1, ("linear", "path"))
    assert model.top_features("positive", 3).weights.size == 3


CROSSLINGUAL = [
    {},
    {"strategy": "distill"},
    {"strategy": Distillation(native_teacher=True, teacher_weight=0.5)},
    {"strategy": Distillation(teacher_weight=1.0), "target_labels": "use"},
    {"strategy": "distill", "target_labels": "use"},
    {"strategy": "augment", "target_labels": "use"},
    {"strategy": "fine_tune", "target_labels": "use"},
    {"strategy": "self_train", "weighter": KMMInstanceWeighter()},
]


@pytest.mark.parametrize("options", CROSSLINGUAL, ids=str)
@pytest.mark.parametrize("space", [None, DictionaryTranslation()], ids=str)
def test_decisions_in_two_languages_are_sums(two_languages, options, space):
    r = two_languages
    if space is not None and "weighter" in options:
        options = {"strategy": "self_train"}
    mapper = CrossLingualMapper(r.dictionary, word_space=space)
    model = TransferClassifier(mapper=mapper, **options)
    model.fit(r.data, r.target, sample_domain=r.sample_domain)
    unheard = "Wunderbar, zzzz qqqq unerhört"
    for text in (r.data[-1], unheard, ""):
        require_sum(model, [text], None, ("linear", "path"))
    require_sum(model, [r.data[0]], 1, ("linear", "path"))
    top = model.top_features("positive", side="source").features
    assert {"wonderful", "great", "fantastic", "good"} & set(top)


def test_default_candidates_explain_themselves(two_languages, one_language):
    r = one_language
    auto = AutoTransferClassifier(guard=False)
    auto.fit(r.data, r.target, sample_domain=r.sample_domain)
    found = require_sum(auto, [r.data[-1]], None, ("linear", "path"))
    own = auto.best_estimator_.explain(r.data[-1])
    assert_array_equal(found.contributions, own.contributions)
    for container in (pd.Series, np.array, lambda t: pd.DataFrame({"text": t})):
        same = auto.explain(container([r.data[-1]]))
        assert_array_equal(same.contributions, own.contributions)
    r = two_languages
    auto = AutoTransferClassifier(crosslingual_candidates(r.dictionary))
    auto.fit(r.data, r.target, sample_domain=r.sample_domain)
    require_sum(auto, [r.data[-1]], None, ("linear", "path"))
    top = auto.top_features("positive", side="source").features
    assert_array_equal(
        top, auto.best_estimator_.top_features("positive", side="source").features
    )


def test_a_plain_classifier_may_have_won(X):
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    auto = AutoTransferClassifier([("source only", plain)])
    auto.fit(X, labels(X, 2), sample_domain=D)
    require_sum(auto, X[[150]])
    assert auto.top_features("b").features[0] == "x0"


@two_or_three
def test_of_a_linear_model_a_feature_adds_its_weight_times_its_value(X, n_classes):
    y = labels(X, n_classes)
    model = TransferClassifier().fit(X, y, sample_domain=D)
    found = model.explain(X[[7]])
    for name, added in by_name(found).items():
        assert_allclose(added, X[7, int(name[1])] * model.model_.coef_[:, int(name[1])])
    assert_allclose(found.base, model.model_.intercept_)
    assert_array_equal(found.classes, model.classes_ if n_classes == 3 else ["b"])
    assert found.values[0] == X[7, int(found.features[0][1])]


def test_centring_is_in_the_base(X):
    estimator = make_pipeline(StandardScaler(), PCA(3), LogisticRegression())
    model = TransferClassifier(estimator).fit(X, labels(X, 2), sample_domain=D)
    scaler, axes, last = (step for _, step in model.model_.steps)
    weights = (last.coef_ @ axes.components_)[0] / scaler.scale_
    found = model.explain(X[[150]])
    for name, added in by_name(found).items():
        assert_allclose(added, X[150, int(name[1])] * weights[int(name[1])])
    centre = scaler.mean_ + scaler.scale_ * axes.mean_
    assert_allclose(found.base, last.intercept_ - weights @ centre)


def test_words_add_their_share_of_a_row_of_unit_length(one_language):
    r = one_language
    model = TransferClassifier(mapper=words()).fit(r.data, r.target, r.sample_domain)
    found = model.explain("a wonderful, wonderful pan and a bad song")
    weights = dict(zip(model.mapper_.get_feature_names_out(), model.model_.coef_[0]))
    row = model.mapper_.transform(["a wonderful, wonderful pan and a bad song"])
    values = dict(zip(model.mapper_.get_feature_names_out(), row.toarray()[0]))
    assert set(found.features) == {w for w, v in values.items() if v}
    for word, added in by_name(found).items():
        assert_allclose(added, values[word] * weights[word])
    assert_allclose(found.base, model.model_.intercept_)


def test_words_of_another_language_add_what_they_add_alone(two_languages):
    """Base is that of the empty text; of a row of unit length each adds its share."""
    r = two_languages
    mapper = CrossLingualMapper(r.dictionary)
    model = TransferClassifier(mapper=mapper).fit(r.data, r.target, r.sample_domain)
    alone = {w: model.explain(w) for w in ("wunderbar", "langsam")}
    bases = [found.base for found in alone.values()]
    assert_allclose(bases[0], bases[1], atol=1e-5)
    both = model.explain("wunderbar langsam")
    assert_allclose(both.base, bases[0], atol=1e-5)
    lengths = dict(zip(both.features, both.values))
    assert_allclose(np.square(list(lengths.values())).sum(), 1)
    for word, added in by_name(both).items():
        (single,) = alone[word].contributions
        assert_allclose(added, single * lengths[word], atol=1e-6)


def test_profiles_add_in_proportion_to_the_column(one_language):
    r = one_language
    counts = CountVectorizer(min_df=5).fit(r.data)
    X, names = counts.transform(r.data).astype(float), counts.get_feature_names_out()
    mapper = CorrespondenceFeatures(output="profiles")
    model = TransferClassifier(mapper=mapper).fit(X, r.target, r.sample_domain)
    both = [names.searchsorted(w) for w in ("the", "and")]
    ratios = []
    for k in (1, 3):
        row = np.zeros((1, len(names)))
        row[0, both], row[0, 5] = (2.0, 1.0), k
        added = by_name(model.explain(row))
        ratios.append(added[f"x{both[0]}"] / added[f"x{both[1]}"] / 2)
    assert_allclose(ratios[0], ratios[1], rtol=1e-5)


def test_a_teacher_shares_its_softmax_out_by_linear_contributions(X):
    """Of two classes all slopes are one; of three they are integrals."""
    for n_classes in (2, 3):
        y = labels(X, n_classes)
        model = TransferClassifier(strategy="distill").fit(X, y, sample_domain=D)
        teacher, row = model.strategy_.estimator_, X[[20]]
        found = model.explain(row, sample_domain=1)
        assert found.method == "path"
        each = np.array(
            [row[0, int(n[1])] * teacher.coef_[:, int(n[1])] for n in found.features]
        )
        if n_classes == 2:
            ratio = found.contributions / each
            assert_allclose(ratio, np.full_like(ratio, ratio[0, 0]))
            continue
        # the scale of the teacher follows from a soft label
        scores = teacher.decision_function(row)[0]
        soft = (found.decision + 1) / 2
        scale = np.log(soft[0] / soft[1]) / (scores[0] - scores[1])
        start, way = scale * teacher.intercept_, scale * each.sum(axis=0)

        def slope(t, j, k, start=start, way=way, scale=scale, each=each):
            p = softmax(start + t * way)
            return 2 * scale * p[k] * (each[j, k] - p @ each[j])

        for j, k in ((0, 0), (1, 2), (4, 1)):
            expected = integrate.quad(slope, 0, 1, args=(j, k), epsabs=1e-12)[0]
            assert_allclose(found.contributions[j, k], expected, atol=1e-9)


def test_leaving_out_is_what_the_decision_loses(X):
    forest = RandomForestClassifier(5, random_state=0)
    model = TransferClassifier(forest).fit(X, labels(X, 3), sample_domain=D)
    found = model.explain(X[[150]])
    assert found.method == "leave_one_out"
    assert found.output == "predict_proba"
    for name, added in by_name(found).items():
        without = X[[150]].copy()
        without[0, int(name[1])] = 0
        lost = model.predict_proba(X[[150]]) - model.predict_proba(without)
        assert_allclose(added, lost[0])
    assert_allclose(total(found), model.predict_proba(X[[150]])[0])
    S = sparse.csr_array(X[[150]] * [[1, 0, 1, 0, 1]])
    assert sorted(model.explain(S).features) == ["x0", "x2", "x4"]


def test_of_linear_models_leaving_out_gives_the_same(X):
    model = TransferClassifier(mapper=DomainScaler()).fit(X, labels(X, 3), D)
    linear = by_name(model.explain(X[[150]], method="linear"))
    left_out = by_name(model.explain(X[[150]], method="leave_one_out"))
    for name, added in linear.items():
        assert_allclose(left_out[name], added)


def test_words_are_left_out_of_texts(two_languages):
    r = two_languages
    mapper = EncoderFeatures(counts_by_hashing)
    model = TransferClassifier(mapper=mapper).fit(r.data, r.target, r.sample_domain)
    found = model.explain("Gut, sehr GUT und neu", method="auto")
    assert found.method == "leave_one_out"
    assert dict(zip(found.features, found.values)) == {
        "gut": 2, "sehr": 1, "und": 1, "neu": 1,
    }  # fmt: skip
    full, without = model.decision_function(
        ["gut, sehr gut und neu", ", sehr  und neu"]
    )
    assert_allclose(by_name(found)["gut"], full - without, rtol=1e-6)  # float32
    # words without spaces between them
    text = "良い本です"
    assert_allclose(total(model.explain(text)), model.decision_function([text]))


NOT_LINEAR = [
    (TransferClassifier(HistGradientBoostingClassifier(max_iter=3)), "HistGradient"),
    (TransferClassifier(RandomForestClassifier(3)), "RandomForestClassifier"),
    (TransferClassifier(mapper=TransferComponentAnalysis(2)), "TransferComponentAna"),
    (
        TransferClassifier(strategy=Boosting(3), target_labels="use"),
        "no sum over the features",
    ),
]


@pytest.mark.parametrize(("model", "named"), NOT_LINEAR, ids=lambda v: str(v)[:40])
def test_errors_name_the_part_that_is_not_linear(X, model, named):
    model.fit(X, labels(X, 2), sample_domain=D)
    with pytest.raises(ValueError, match=named):
        model.explain(X[[0]], method="linear")
    with pytest.raises(ValueError, match=named):
        model.top_features("a")
    assert model.explain(X[[0]]).method == "leave_one_out"


def test_functions_of_single_columns_add_up_but_have_no_weights(X):
    estimator = make_pipeline(PowerTransformer(), LogisticRegression())
    model = TransferClassifier(estimator).fit(X, labels(X, 2), sample_domain=D)
    require_sum(model, X[[0]])
    with pytest.raises(ValueError, match="PowerTransformer is not linear"):
        model.top_features("a")


class Rotation(TransformerMixin, BaseEstimator):
    """A linear part of somebody else."""

    def fit(self, X, y=None):
        self.axes_ = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
        return self

    def transform(self, X):
        return np.asarray(X) @ self.axes_ + 1


def test_linear_parts_of_others_are_found_to_be_so(X):
    model = TransferClassifier(mapper=Rotation()).fit(X, labels(X, 3), D)
    found = require_sum(model, X[[150]])
    weights = model.mapper_.axes_ @ model.model_.coef_.T
    for name, added in by_name(found).items():
        assert_allclose(added, X[150, int(name[1])] * weights[int(name[1])])
    assert_allclose(
        found.base, model.model_.intercept_ + model.model_.coef_.sum(axis=1)
    )


def polars_frame(frame):
    polars = pytest.importorskip("polars")
    return polars.DataFrame({name: frame[name].to_numpy() for name in frame})


def table(n=200):
    rng = np.random.default_rng(1)
    adjective, thing = (
        rng.choice(["good", "bad", "fine"], n),
        rng.choice(["pen", "cup"], n),
    )
    return pd.DataFrame(
        {
            "text": [f"{a} {b}" for a, b in zip(adjective, thing)],
            "price": rng.normal(size=n),
            "size": 4 + rng.normal(size=n),
            "colour": rng.choice(["red", "blue"], n),
        }
    )


def columns():
    return ColumnTransformer(
        [
            ("words", CountVectorizer(), "text"),
            ("numbers", StandardScaler(), ["price", "size"]),
            ("kinds", OneHotEncoder(handle_unknown="ignore"), ["colour"]),
        ]
    )


@pytest.mark.parametrize(
    "frame", [pd.DataFrame, polars_frame], ids=["pandas", "polars"]
)
@pytest.mark.parametrize("place", ["mapper", "estimator"])
def test_columns_of_frames_keep_their_names(frame, place):
    X = frame(table())
    y = np.where(["good" in text for text in X["text"]], "yes", "no")
    row = X[199:]
    parts = {"mapper": columns()}
    if place == "estimator":
        parts = {"estimator": make_pipeline(columns(), LogisticRegression())}
    model = TransferClassifier(**parts).fit(X, y, sample_domain=D)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = require_sum(model, row)
    text, price, _, colour = table().iloc[199]
    values = dict(zip(found.features, found.values))
    assert set(values) == {*text.split(), "price", "size", f"colour_{colour}"}
    assert_allclose(values["price"], price)
    views = dict(zip(found.features, found.views))
    assert views["price"] == ""
    assert views[text.split()[0]] == "words"
    written = found.to_frame()
    assert type(written).__module__.startswith(type(X).__module__.partition(".")[0])
    assert list(written.columns) == [
        "feature", "view", "class", "contribution", "value", "learned_from",
    ]  # fmt: skip
    assert_allclose(np.sum(np.asarray(written["contribution"])), found.decision[0])
    assert model.top_features("yes", 1).features == ["good"]


def test_cells_of_frames_are_left_out():
    X = table()
    y = np.where(X["text"].str.contains("good"), "yes", "no")
    estimator = make_pipeline(columns(), RandomForestClassifier(20, random_state=0))
    for frame in (X, polars_frame(X)):
        model = TransferClassifier(estimator).fit(frame, y, sample_domain=D)
        found = model.explain(frame[199:])
        assert found.method == "leave_one_out"
        assert set(found.features) == set(X.columns)
        assert found.features[0] == "text"


CONTAINERS = {
    "list": lambda X: X.tolist(),
    "float32": lambda X: X.astype(np.float32),
    "integers": lambda X: X.round().astype(int),
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csc_array": sparse.csc_array,
    "pandas": pd.DataFrame,
    "polars": lambda X: polars_frame(pd.DataFrame(X).rename(columns=str)),
    "sparse frame": lambda X: pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X)),
    "objects": lambda X: X.astype(object),
}


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(
    "mapper",
    [None, DomainScaler(with_mean=False), TruncatedSVD(3), Normalizer(),
     CorrespondenceFeatures(), SpectralFeatureAlignment(3)],
    ids=lambda m: type(m).__name__,
)  # fmt: skip
def test_any_container_of_rows(kind, mapper):
    rng = np.random.default_rng(0)
    X = np.abs(rng.normal(size=(200, 12))) * (rng.random((200, 12)) < 0.4)
    rows, row = CONTAINERS[kind](X), CONTAINERS[kind](X[[150]])
    y = np.where(X[:, 0] > 0.1, "u", "v")
    if kind == "objects" and mapper is None:
        pytest.skip("scikit-learn's models take no objects")
    model = TransferClassifier(mapper=mapper).fit(rows, y, sample_domain=D)
    before = X[[150]].copy()
    require_sum(model, row)
    assert_array_equal(X[[150]], before)


@pytest.mark.parametrize(
    "container",
    [list, tuple, np.array, pd.Series, lambda t: np.array([t]).T,
     lambda t: polars_frame(pd.DataFrame({"text": t}))["text"],
     lambda t: pd.DataFrame({"text": t})],
)  # fmt: skip
def test_any_container_of_a_text(one_language, container):
    r = one_language
    model = TransferClassifier(mapper=words()).fit(r.data, r.target, r.sample_domain)
    expected = model.explain("good bad song")
    found = model.explain(container(["good bad song"]))
    assert_array_equal(found.features, expected.features)
    assert_array_equal(found.contributions, expected.contributions)


def test_frames_between_steps(X):
    y = labels(X, 2)
    frame = pd.DataFrame(X, columns=list("abcde"))
    estimator = make_pipeline(StandardScaler(), PCA(2), LogisticRegression())
    estimator.set_output(transform="pandas")
    model = TransferClassifier(estimator).fit(frame, y, sample_domain=D)
    plain = require_sum(model, frame.iloc[[3]])
    with config_context(transform_output="pandas"):
        found = require_sum(model, frame.iloc[[3]])
    assert_allclose(found.contributions, plain.contributions)
    assert set(found.features) == set("abcde")


def test_missing_values_are_what_the_imputer_makes_of_them(X):
    X = X.copy()
    X[150, 2] = np.nan
    estimator = make_pipeline(SimpleImputer(), LogisticRegression())
    model = TransferClassifier(estimator).fit(X, labels(X, 2), sample_domain=D)
    found = require_sum(model, X[[150]])
    mean = model.model_[0].statistics_[2]
    assert_allclose(by_name(found)["x2"], mean * model.model_[1].coef_[:, 2])


def test_top_features_of_a_linear_model_are_its_weights(X):
    for n_classes in (2, 3):
        model = TransferClassifier().fit(X, labels(X, n_classes), sample_domain=D)
        coef = model.model_.coef_
        if n_classes == 2:
            coef = np.vstack([-coef, coef])
        for k, label in enumerate(model.classes_):
            top = model.top_features(label, 3)
            expected = [j for j in np.argsort(-coef[k])[:3] if coef[k, j] > 0]
            assert_array_equal(top.features, [f"x{j}" for j in expected])
            assert_allclose(top.weights, coef[k, expected])


def test_top_features_of_both_languages(two_languages):
    r = two_languages
    mapper = CrossLingualMapper(r.dictionary)
    model = TransferClassifier(mapper=mapper).fit(r.data, r.target, r.sample_domain)
    target = model.top_features("positive", 20)
    source = model.top_features("positive", 20, side="source")
    assert {"wunderbar", "hervorragend"} <= set(target.features)
    assert {"wonderful", "outstanding"} <= set(source.features)
    behind = dict(zip(target.features, target.learned_from))
    assert "wonderful" in behind["wunderbar"]
    assert source.learned_from == [[]] * 20
    # a unit of a word is a text of that word alone
    for top, domain in ((target, None), (source, [1])):
        for word, weight in list(zip(top.features, top.weights))[:3]:
            found = model.explain(word, sample_domain=domain)
            assert_allclose(by_name(found)[word], weight, rtol=1e-4)


def test_words_are_learned_from_words_of_the_source_that_mean_the_same(two_languages):
    r = two_languages
    mapper = CrossLingualMapper(r.dictionary)
    for strategy in ("pool", "distill"):
        model = TransferClassifier(mapper=mapper, strategy=strategy)
        model.fit(r.data, r.target, sample_domain=r.sample_domain)
        found = model.explain("Wunderbar, aber langsam")
        behind = dict(zip(found.features, found.learned_from))
        assert "wonderful" in behind["wunderbar"]
        assert "slow" in behind["langsam"]
        assert "wunderbar" in repr(found)
        assert "<- wonderful" in repr(found)
        assert model.explain("wonderful", sample_domain=1).learned_from == [[]]


def test_words_of_one_language_are_learned_from_words_of_like_company(one_language):
    r = one_language
    mapper = make_pipeline(words(), CorrespondenceFeatures())
    model = TransferClassifier(mapper=mapper).fit(r.data, r.target, r.sample_domain)
    found = model.explain("a good groove")
    behind = dict(zip(found.features, found.learned_from))
    assert behind["good"][0] == "good"
    held = set(words().fit(np.array(r.data)[r.sample_domain > 0]).vocabulary_)
    assert set(behind["good"]) <= held


def test_printing_shows_the_ten_largest_and_the_sum_of_the_rest(X):
    wide = np.hstack([X, X, X])
    model = TransferClassifier().fit(wide, labels(X, 3), sample_domain=D)
    found = model.explain(wide[[150]])
    k = list(found.classes).index(found.predicted)
    *lines, rest, base = repr(found).splitlines()
    assert lines[0].startswith(f"predicted '{found.predicted}': decision_function")
    assert len(lines) == 2 + 10
    assert rest.endswith("5 other features")
    assert base.endswith("(base)")
    printed = [float(line.split()[0]) for line in [*lines[2:], rest, base]]
    assert_allclose(sum(printed), found.decision[k], rtol=1e-2)


def test_a_frame_has_a_row_for_each_class(X):
    model = TransferClassifier().fit(X, labels(X, 3), sample_domain=D)
    found = model.explain(X[[150]])
    frame = found.to_frame()
    assert list(frame.columns) == [
        "feature", "class", "contribution", "value", "learned_from",
    ]  # fmt: skip
    sums = frame.groupby("class")["contribution"].sum()
    assert_allclose(sums[list(found.classes)], found.decision)
    top = model.top_features("a", 2).to_frame()
    assert list(top.columns) == ["feature", "weight", "learned_from"]


def test_bad_arguments(X):
    model = TransferClassifier().fit(X, labels(X, 2), sample_domain=D)
    for rows in (X[0], X[:2], X[:0], pd.Series(X[0]), []):
        with pytest.raises(ValueError, match="one row"):
            model.explain(rows)
    with pytest.raises(ValueError, match="method must be"):
        model.explain(X[[0]], method="shap")
    with pytest.raises(ValueError, match="label must be one of"):
        model.top_features("x")
    with pytest.raises(ValueError, match="side must be"):
        model.top_features("a", side="both")
    with pytest.raises(ValueError, match="k must be"):
        model.top_features("a", 0)
    with pytest.raises(ValueError, match="features"):
        model.explain(X[[0], :3])


def test_log_count_ratios_scale_words(one_language):
    r = one_language
    estimator = make_pipeline(words(), LogCountRatioScaler(), LogisticRegression())
    model = TransferClassifier(estimator).fit(r.data, r.target, r.sample_domain)
    _, scaler, last = (step for _, step in model.model_.steps)
    names = model.model_[0].get_feature_names_out()
    top = model.top_features("positive", 5)
    weights = scaler.scale_ * last.coef_[0]
    assert_allclose(top.weights, np.sort(weights)[::-1][:5])
    assert_allclose(top.weights, weights[names.searchsorted(top.features)])
    require_sum(model, [r.data[-1]])


@pytest.mark.parametrize("n_columns", [1500, 4500])
def test_wide_rows_take_little_memory(n_columns):
    """Terms of dense rows are mapped some at a time, and give what a few do."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, n_columns))
    d, y = np.repeat([1, -2], 30), np.where(X[:, 0] > 0, "u", "v")
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    model = TransferClassifier(estimator).fit(X, y, sample_domain=d)
    found = require_sum(model, X[[40]])
    weights = model.model_[1].coef_[0] / model.model_[0].scale_
    for name, (added,) in list(by_name(found).items())[::100]:
        assert_allclose(added, weights[int(name[1:])] * X[40, int(name[1:])])
    top = model.top_features("v", 3)
    assert_allclose(top.weights, np.sort(weights)[::-1][:3])


def test_a_word_and_an_n_gram_written_the_same_stay_apart(two_languages):
    r = two_languages
    mapper = CrossLingualMapper(r.dictionary)
    strategy = Distillation(teacher_weight=0.5)
    model = TransferClassifier(mapper=mapper, strategy=strategy)
    model.fit(r.data, r.target, sample_domain=r.sample_domain)
    found = model.explain("Wunderbar, und die Musik auch")
    rows = list(zip(found.features, found.views, found.values))
    assert len(set(rows)) == len({row[:2] for row in rows}) == len(rows)
    views = {view for name, view, _ in rows if name in ("und", "wunderbar", "auch")}
    assert "words" in views
    for _, view, value in rows:  # counts of n-grams, tf-idf of words
        assert (view == "characters") == (value == int(value))
