"""MultiViewMapper: scales, weights without target labels, and what is refused."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sktransfer import (
    CrossLingualMapper,
    EncoderFeatures,
    MultiViewMapper,
    TransferClassifier,
    TransferRegressor,
)
from sktransfer.adaptation import CORAL, DomainScaler
from sktransfer.adaptation._view_weights import best_length, stacking_weights
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold

N = 200


class Columns(TransformerMixin, BaseEstimator):
    """A view: some columns, times a number."""

    def __init__(self, start=0, stop=None, factor=1.0):
        self.start = start
        self.stop = stop
        self.factor = factor

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X)[:, self.start : self.stop] * self.factor

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture
def rows():
    """Rows of two domains: 0-2 tell the class, 3-5 are noise, 6-8 tell it, too."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2 * N)
    X = rng.normal(size=(2 * N, 9))
    X[:, :3] += 0.8 * (2 * y[:, None] - 1)
    X[:, 6:] += 0.8 * (2 * y[:, None] - 1)
    return X, y, np.repeat([1, -1], N)


def spread(Z, d):
    return np.sqrt(np.mean([Z[d == k].var(axis=0).sum() for k in np.unique(d)]))


class TestScales:
    def test_no_view_drowns_another(self, rows):
        X, _, d = rows
        views = [("small", Columns(0, 2)), ("large", Columns(2, 9, factor=1000.0))]
        mapper = MultiViewMapper(views)
        Z = mapper.fit_transform(X, sample_domain=d)
        assert_allclose(spread(Z[:, :2], d), 2 * np.sqrt(0.5))
        assert_allclose(spread(Z[:, 2:], d), 2 * np.sqrt(0.5))
        assert_allclose(Z[:, :2], X[:, :2] * mapper.scales_["small"])
        assert mapper.weights_ == {"small": 0.5, "large": 0.5}

    def test_given_weights_are_shares_of_the_squared_length(self, rows):
        X, _, d = rows
        views = [("a", Columns(0, 4)), ("b", Columns(4, 8)), ("c", Columns(8, 9))]
        mapper = MultiViewMapper(views, weights={"a": 3, "c": 0})
        Z = mapper.fit_transform(X, sample_domain=d)
        assert_allclose(spread(Z[:, :4], d) ** 2, 4 * 0.75)
        assert_allclose(spread(Z[:, 4:8], d) ** 2, 4 * 0.25)
        assert not Z[:, 8:].any()

    def test_a_mean_far_from_zero_is_no_length(self, rows):
        X, _, d = rows
        shift = FunctionTransformer(lambda X: np.asarray(X) + 1e3)
        mapper = MultiViewMapper([("a", Columns()), ("b", shift)])
        mapper.fit(X, sample_domain=d)
        assert_allclose(mapper.scales_["a"], mapper.scales_["b"], rtol=1e-6)

    def test_rows_that_a_view_leaves_out_do_not_scale_it(self, rows):
        X, y, d = rows
        left_out = (d > 0) & (np.arange(d.size) % 2 == 0)
        y = np.where(left_out, None, y.astype(object))
        Z = np.where(left_out[:, None], 0, X)
        view = [("a", FunctionTransformer())]
        with_them = MultiViewMapper(view).fit(X, y, sample_domain=d)
        without = MultiViewMapper(view).fit(Z, y, sample_domain=d)
        assert with_them.scales_ == without.scales_

    def test_constant_views_stay_finite(self):
        Z = MultiViewMapper([("a", Columns())]).fit_transform(np.ones((4, 2)))
        assert np.isfinite(Z).all()

    def test_one_view_is_that_view_scaled(self, rows):
        X, _, d = rows
        Z = MultiViewMapper([("a", DomainScaler())]).fit_transform(X, sample_domain=d)
        alone = DomainScaler().fit_transform(X, sample_domain=d)
        assert_allclose(Z, alone * 2 / 3)


class TestDomains:
    def test_each_view_gets_the_domain_where_it_takes_one(self, rows):
        X, _, d = rows
        X = X + 5 * (d < 0)[:, None]
        mapper = MultiViewMapper([("plain", Columns()), ("by", DomainScaler())])
        Z = mapper.fit_transform(X, sample_domain=d)
        scaler = DomainScaler().fit(X, sample_domain=d)
        expected = scaler.transform(X, sample_domain=d) * mapper.scales_["by"]
        assert_allclose(Z[:, 9:], expected)
        assert_allclose(mapper.transform(X, sample_domain=d), Z)
        assert_allclose(mapper.transform(X[N:]), Z[N:])

    def test_target_labels_are_not_read(self, rows):
        X, y, d = rows
        views = [
            ("best", make_pipeline(DomainScaler(), SelectKBest(k=2))),
            ("all", CORAL()),
        ]
        mapper = MultiViewMapper(views, weights="validated")
        expected = mapper.fit_transform(X, y, sample_domain=d)
        for garbage in (1 - y, y * 0, y * np.nan):
            labels = np.where(d > 0, y, garbage)
            Z = clone(mapper).fit_transform(X, labels, sample_domain=d)
            assert_array_equal(Z, expected)


class TestValidatedWeights:
    def weights(self, X, y, d, **views):
        views = [(name, Columns(*place)) for name, place in views.items()]
        self.mapper = MultiViewMapper(views, weights="validated")
        self.mapper.fit(X, y, sample_domain=d)
        return self.mapper.weights_

    def test_noise_weighs_nothing(self, rows):
        weights = self.weights(*rows, signal=(0, 3), noise=(3, 6))
        assert weights["signal"] > 0.9
        assert_allclose(sum(weights.values()), 1)

    def test_noise_weighs_little_in_every_draw(self):
        """Views without anything in common say nothing of each other."""
        for seed in range(15):
            rng = np.random.default_rng(seed)
            y = rng.integers(0, 2, 400)
            X = rng.normal(size=(400, 23))
            X[:, :3] *= 0.7
            X[:, 0] += 2 * y
            d = np.repeat([1, -1], 200)
            assert self.weights(X, y, d, signal=(0, 3), noise=(3, 23))["noise"] < 0.3

    def test_prices_in_whole_numbers_are_no_classes(self, rows):
        X, _, d = rows
        y = np.round(40 * X[:, 0])
        weights = self.weights(X, y, d, signal=(0, 3), noise=(3, 6))
        assert weights["signal"] > 0.9

    @pytest.mark.parametrize("prices", [False, True])
    def test_scores_of_one_target_row(self, rows, prices):
        X, y, d = (part[: N + 1] for part in rows)
        y = np.round(40 * X[:, 0]) if prices else y
        views = [("signal", Columns(0, 3)), ("noise", Columns(3, 6))]
        mapper = MultiViewMapper(views, fusion="scores")
        assert np.std(mapper.fit_transform(X, y, sample_domain=d), axis=0).min() > 0

    def test_one_target_row_tells_nothing_of_views(self, rows):
        X, y, d = (part[: N + 1] for part in rows)
        weights = self.weights(X, y, d, signal=(0, 3), noise=(3, 6))
        assert weights["signal"] > 0.9

    def test_views_of_one_strength_weigh_the_same(self, rows):
        weights = self.weights(*rows, first=(0, 3), second=(6, 9))
        assert_allclose(weights["first"], 0.5, atol=0.12)
        assert 0.8 < self.mapper.agreement_ < 1

    def test_equal_views_are_equal(self, rows):
        weights = self.weights(*rows, first=(0, 3), second=(0, 3))
        assert_allclose(weights["first"], 0.5, atol=1e-3)
        assert self.mapper.agreement_ == 1

    def test_a_view_that_does_not_carry_over_weighs_little(self, rows):
        X, y, d = rows
        X = np.hstack([X, X[:, :3] + np.random.default_rng(1).normal(size=(2 * N, 3))])
        views = {"first": (0, 3), "second": (6, 9), "third": (9, 12)}
        before = self.weights(X, y, d, **views)
        X[N:, 6:9] = np.random.default_rng(2).normal(size=(N, 3))
        after = self.weights(X, y, d, **views)
        assert after["second"] < 0.2 * before["second"]

    def test_of_two_views_the_one_that_no_longer_tells_the_class(self, rows):
        X, y, d = rows
        # the columns that say so in the source stand for something else in the target
        X = np.hstack([X, np.random.default_rng(3).normal(size=(2 * N, 6))])
        both = self.weights(X, y, d, first=(0, 3), second=(6, 12))
        X[N:, 9:12], X[N:, 6:9] = X[N:, 6:9], X[N:, 9:12].copy()
        moved = self.weights(X, y, d, first=(0, 3), second=(6, 12))
        assert both["second"] > 0.35
        assert moved["second"] < 0.15

    def test_what_fits_noise_is_penalised_more(self):
        rng = np.random.default_rng(0)
        X, folds = rng.normal(size=(200, 30)), np.arange(200) % 5
        noise, truth = rng.normal(size=(200, 1)), X[:, :1] - X[:, 1:2]
        assert best_length(X, noise, folds)[0] == 0.25
        length, scores = best_length(X, truth, folds)
        assert length == 1
        assert_allclose(scores, truth, atol=0.1)

    def test_a_penalised_view_is_shorter_than_the_others(self, rows):
        _, y, d = rows
        rng = np.random.default_rng(4)
        weak = 0.15 * (2 * y[:, None] - 1) + rng.normal(size=(2 * N, 60))
        exact = (2 * y[:, None] - 1) + 0.01 * rng.normal(size=(2 * N, 1))
        self.weights(np.hstack([exact, weak]), y, d, exact=(0, 1), weak=(1, 61))
        weights, scales = self.mapper.weights_, self.mapper.scales_
        given = MultiViewMapper(self.mapper.views, weights=weights)
        given.fit(np.hstack([exact, weak]), y, sample_domain=d)
        assert_allclose(scales["exact"], given.scales_["exact"])
        assert scales["weak"] <= given.scales_["weak"] / 2

    def test_several_classes(self, rows):
        X, y, d = rows
        y = y + 2 * (X[:, 8] > 0.5)
        weights = self.weights(X, y, d, signal=(0, 9), noise=(3, 6))
        assert weights["signal"] > 0.8

    def test_names_of_labels_do_not_matter(self, rows):
        X, y, d = rows
        expected = self.weights(X, y, d, a=(0, 5), b=(5, 9))
        for labels in (np.array(["no", "yes"])[y], y.astype(float), list(y)):
            assert self.weights(X, labels, d, a=(0, 5), b=(5, 9)) == expected

    def test_numbers(self, rows):
        X, _, d = rows
        y = X[:, 0] + 0.1 * np.random.default_rng(0).normal(size=2 * N)
        weights = self.weights(X, y, d, signal=(0, 3), noise=(3, 6))
        assert weights["signal"] > 0.95
        assert self.mapper.agreement_ is None
        model = TransferRegressor(mapper=self.mapper)
        model.fit(X, np.where(d > 0, y, np.nan), sample_domain=d)
        assert model.score(X[N:], y[N:]) > 0.8

    def test_too_few_labels_to_tell(self, rows):
        X, y, d = rows
        few = np.where(np.arange(2 * N) < 5, y, -1).astype(object)
        few[5:] = None
        one_class = np.zeros(2 * N)
        for labels in (None, few, one_class):
            weights = self.weights(X, labels, d, a=(0, 3), b=(3, 6))
            assert weights == {"a": 0.5, "b": 0.5}

    def test_stacking_finds_the_least_loss(self):
        rng = np.random.default_rng(0)
        codes = rng.integers(0, 3, 300)
        scores = [
            np.eye(3)[codes] * k + rng.normal(size=(300, 3)) for k in (1.5, 0.5, 0.0)
        ]
        found = stacking_weights(scores, codes)
        units = np.stack([s / s.std() for s in scores])

        def loss(weights):
            factors = np.linspace(0.2, 4, 77)[:, None, None]
            total = factors * np.tensordot(weights, units, 1)
            likelihood = log_softmax(total, axis=2)[:, np.arange(300), codes]
            return -likelihood.mean(axis=1).max()

        assert found[0] > found[1] > found[2] >= 0
        for other in rng.dirichlet(np.ones(3), size=60):
            assert loss(found) < loss(other) + 2e-3


class TestScores:
    """A weighted mean of the scores of a model of each view."""

    VIEWS = (("first", Columns(0, 3)), ("second", Columns(6, 9)))

    def test_by_hand(self, rows):
        X, y, d = rows
        weights = {"first": 3, "second": 1}
        mapper = MultiViewMapper(list(self.VIEWS), weights=weights, fusion="scores")
        Z = mapper.fit_transform(X, y, sample_domain=d)
        expected = np.zeros((2 * N, 2))
        for (name, view), weight in zip(self.VIEWS, (0.75, 0.25)):
            rows_of_view = view.transform(X) * mapper.scales_[name]
            model = LogisticRegression().fit(rows_of_view[:N], y[:N])
            scores = model.decision_function(rows_of_view)
            scores = np.column_stack([-scores, scores])
            expected += weight * scores / scores[N:].std()
        assert_allclose(Z, expected, rtol=1e-4)
        assert_allclose(mapper.transform(X, sample_domain=d), Z)
        assert list(mapper.get_feature_names_out()) == ["score0", "score1"]

    def test_target_labels_are_not_read(self, rows):
        X, y, d = rows
        mapper = MultiViewMapper(list(self.VIEWS), weights="validated", fusion="scores")
        expected = mapper.fit_transform(X, y, sample_domain=d)
        hidden = np.where(d > 0, y, np.nan)
        assert_array_equal(mapper.fit_transform(X, hidden, sample_domain=d), expected)

    def test_numbers_and_teachers(self, rows):
        X, y, d = rows
        mapper = MultiViewMapper(list(self.VIEWS), weights="validated", fusion="scores")
        assert mapper.fit_transform(X, X[:, 0], sample_domain=d).shape == (2 * N, 1)
        model = TransferClassifier(mapper=mapper, strategy="distill")
        model.fit(X, y, sample_domain=d)
        assert model.score(X[N:], y[N:]) > 0.9

    def test_three_classes_have_three_scores(self, rows):
        X, y, d = rows
        y = y + (X[:, 3] > 1)
        mapper = MultiViewMapper(list(self.VIEWS), weights="validated", fusion="scores")
        Z = mapper.fit_transform(X, y, sample_domain=d)
        assert_allclose(Z.sum(axis=1), 0, atol=1e-6)
        assert mapper.get_feature_names_out().tolist() == ["score0", "score1", "score2"]

    def test_they_need_labels(self, rows):
        X, _, d = rows
        mapper = MultiViewMapper(list(self.VIEWS), fusion="scores")
        for y in (None, np.zeros(2 * N)):
            with pytest.raises(ValueError, match="labelled source rows"):
                mapper.fit(X, y, sample_domain=d)
        with pytest.raises(ValueError, match="fusion"):
            MultiViewMapper(list(self.VIEWS), fusion="sum").fit(X)


class TestContainers:
    def test_sparse_beside_dense(self):
        reviews = make_bilingual_reviews(60, source="en/books", target="en/music")
        views = [
            ("words", TfidfVectorizer(min_df=2)),
            ("svd", make_pipeline(TfidfVectorizer(), TruncatedSVD(5, random_state=0))),
        ]
        mapper = MultiViewMapper(views, weights="validated")
        d = reviews.sample_domain
        Z = mapper.fit_transform(reviews.data, reviews.target, sample_domain=d)
        assert sparse.issparse(Z)
        assert Z.format == "csr"
        names = mapper.get_feature_names_out()
        assert names[0].startswith("words__")
        assert names[-1] == "svd__truncatedsvd4"
        assert Z.shape == (120, names.size)
        assert_allclose(mapper.transform(reviews.data, d).toarray(), Z.toarray())

    def test_columns_of_a_frame(self):
        pd = pytest.importorskip("pandas")
        rng = np.random.default_rng(0)
        frame = pd.DataFrame(rng.normal(size=(40, 2)), columns=["price", "size"])
        frame["photo"] = [f"{k}.jpg" for k in range(40)]
        photo = EncoderFeatures(lambda names: [[len(name)] for name in names])
        views = [
            ("numbers", ColumnTransformer([("n", DomainScaler(), ["price", "size"])])),
            ("photos", ColumnTransformer([("p", photo, "photo")])),
        ]
        Z = MultiViewMapper(views).fit_transform(frame, sample_domain=[1, -1] * 20)
        assert Z.shape == (40, 3)


@pytest.fixture(scope="module")
def reviews():
    return make_bilingual_reviews(190)


class Characters:
    """An encoder that counts its calls."""

    n_calls = 0
    hashing = HashingVectorizer(analyzer="char", ngram_range=(2, 3), n_features=128)

    def encode(self, texts):
        type(self).n_calls += 1
        return self.hashing.transform(texts).toarray()


def two_views(reviews):
    views = [
        ("words", CrossLingualMapper(reviews.dictionary)),
        ("encoder", EncoderFeatures(Characters())),
    ]
    return MultiViewMapper(views, weights="validated")


class TestTransfer:
    @pytest.mark.parametrize("fusion", ["features", "scores"])
    def test_rows_that_nothing_reads_need_no_encoder(self, rows, fusion):
        X, y, d = rows
        y = np.where((d > 0) & (np.arange(d.size) % 2 == 0), None, y.astype(object))
        scores = []
        for encode in (True, False):
            encoder = EncoderFeatures(np.asarray, encode_unlabelled=encode)
            views = [("columns", Columns(0, 2)), ("encoder", encoder)]
            mapper = MultiViewMapper(views, weights="validated", fusion=fusion)
            model = TransferClassifier(mapper=mapper, strategy="distill")
            model.fit(X, y, sample_domain=d)
            scores.append(model.decision_function(X[d < 0]))
        assert_allclose(*scores)

    def test_distilled_students_need_no_encoder(self, reviews):
        d = reviews.sample_domain
        hidden = np.where(d > 0, reviews.target, None)
        model = TransferClassifier(mapper=two_views(reviews), strategy="distill")
        model.fit(reviews.data, hidden, sample_domain=d)
        before = Characters.n_calls
        texts = np.asarray(reviews.data, dtype=object)[d < 0]
        assert model.score(texts, reviews.target[d < 0]) > 0.75
        assert Characters.n_calls == before
        model.predict(texts[:3], sample_domain=[1, 1, 1])
        assert Characters.n_calls > before

    def test_the_student_has_the_tokenizer_of_a_view(self, reviews):
        dictionary = CrossLingualMapper(reviews.dictionary, tokenizer=str.split)
        encoder = EncoderFeatures(Characters())
        for views in (
            [("encoder", encoder), ("words", dictionary)],
            [("both", MultiViewMapper([("words", dictionary)]))],
        ):
            model = TransferClassifier(
                mapper=MultiViewMapper(views), strategy="distill"
            )
            d = reviews.sample_domain
            model.fit(reviews.data, reviews.target, sample_domain=d)
            student = model.strategy_.student_
            words = student.get_params()["native__words__tokenizer"]
            assert words("ein-zwei,  drei!") == ["ein-zwei,", "drei!"]

    @pytest.mark.slow
    def test_parameters_of_views_are_searched(self, reviews):
        d = reviews.sample_domain
        model = TransferClassifier(mapper=two_views(reviews))
        grid = {
            "mapper__words__min_df": [2, 3],
            "mapper__weights": ["validated", {"encoder": 0.1}],
        }
        search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
        search.fit(reviews.data, reviews.target, sample_domain=d, groups=d)
        assert search.best_params_.keys() == grid.keys()

    def test_nested_parameters_and_copies(self, reviews):
        mapper = two_views(reviews)
        assert mapper.get_params()["encoder__pooling"] == "document"
        copy = clone(mapper).set_params(encoder__pooling="sentences")
        assert mapper.get_params()["encoder__pooling"] == "document"
        assert copy.views[1][1].encoder is mapper.views[1][1].encoder
        copy.set_params(words=CORAL())
        assert isinstance(copy.views[0][1], CORAL)
        fitted = mapper.fit(reviews.data, sample_domain=reviews.sample_domain)
        again = pickle.loads(pickle.dumps(fitted))
        texts = ["", "Ein tolles Buch"]
        assert_array_equal(again.transform(texts), fitted.transform(texts))

    def test_frames_of_one_column_reach_views_of_texts(self, reviews):
        pd = pytest.importorskip("pandas")
        model = TransferClassifier(mapper=two_views(reviews))
        frame = pd.DataFrame({"text": reviews.data})
        d = reviews.sample_domain
        model.fit(frame, reviews.target, sample_domain=d)
        expected = model.predict(list(reviews.data))
        assert_array_equal(model.predict(frame), expected)


class TestErrors:
    @pytest.mark.parametrize(
        ("views", "message"),
        [
            ([], "at least one pair"),
            (None, "at least one pair"),
            ([DomainScaler()], "at least one pair"),
            ({"a": CORAL(), "b": DomainScaler()}, "at least one pair.*list"),
            ({"ab": CORAL()}, "at least one pair.*list"),
            ([("a", DomainScaler()), ("a", CORAL())], "not unique"),
            ([("a__b", CORAL())], "__"),
            ([("weights", CORAL())], "conflict"),
            ([("a", CORAL)], "the class CORAL"),
            ([("a", "coral")], "a mapper"),
        ],
    )
    def test_views(self, views, message, rows):
        mapper = MultiViewMapper(views)
        assert mapper.get_params()["views"] is views
        with pytest.raises(ValueError, match=message):
            mapper.fit(rows[0])
        with pytest.raises(ValueError, match=message):
            TransferClassifier(mapper=mapper).fit(rows[0], rows[1], rows[2])

    @pytest.mark.parametrize(
        "weights", ["equal", {"b": 1}, {"a": -1}, {"a": 0}, {"a": np.nan}, [1.0], 2]
    )
    def test_weights(self, weights, rows):
        with pytest.raises(ValueError, match="weights"):
            MultiViewMapper([("a", CORAL())], weights=weights).fit(rows[0])

    def test_rows_labels_and_domains(self, rows):
        X, y, d = rows
        mapper = MultiViewMapper([("a", Columns())])
        with pytest.raises(ValueError, match="no target row"):
            mapper.fit(X, y, sample_domain=np.abs(d))
        with pytest.raises(ValueError, match="one label for each row"):
            mapper.fit(X, y[:-1], sample_domain=d)
        half = MultiViewMapper([("a", FunctionTransformer(lambda X: X[::2]))])
        with pytest.raises(ValueError, match="one row per input row"):
            half.fit(X)

    def test_a_part_that_is_not_there(self):
        with pytest.raises(ValueError, match="Invalid parameter"):
            MultiViewMapper([("a", CORAL())]).set_params(b__reg=1)
