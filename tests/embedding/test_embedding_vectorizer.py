"""EmbeddingVectorizer: its formula, its laws, and what texts it takes."""

import inspect
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.transfer import TransferClassifier

REVIEWS = make_bilingual_reviews(
    {"en/books": 120, "en/music": 120}, source="en/books", target="en/music"
)
X, Y, D = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain
WORDS = ["good", "bad", "book"]
VECTORS = np.array([[1, 0], [-1, 1], [0, 2]], dtype=np.float32)
VECTORIZERS = {
    "skipgram": EmbeddingVectorizer(
        WordVectors(vector_size=8, epochs=2, random_state=0)
    ),
    "cbow": EmbeddingVectorizer(
        WordVectors("cbow", vector_size=8, epochs=2, random_state=0), pooling="mean"
    ),
    "glove": EmbeddingVectorizer(
        WordVectors("glove", vector_size=8, epochs=3, random_state=0), pooling="tfidf"
    ),
    "ppmi": EmbeddingVectorizer(WordVectors("ppmi", vector_size=8, random_state=0)),
    "given": EmbeddingVectorizer(vectors=(WORDS, VECTORS)),
}
pytestmark = pytest.mark.filterwarnings("ignore:.*of the tokens.*:UserWarning")
every = pytest.mark.parametrize("name", VECTORIZERS)


def fitted(name, texts=X):
    return clone(VECTORIZERS[name]).fit(texts)


class TestPooling:
    TEXTS = ("good good book", "bad", "unknown good", "", "unknown")
    P = np.array([3, 1, 1]) / 7  # share of each word in all tokens

    def vectorizer(self, pooling, **settings):
        return EmbeddingVectorizer(
            vectors=(WORDS, VECTORS), pooling=pooling, **settings
        )

    def test_mean(self):
        Z = self.vectorizer("mean").fit_transform(self.TEXTS)
        expected = [[2 / 3, 2 / 3], [-1, 1], [1, 0], [0, 0], [0, 0]]
        assert_allclose(Z, expected, rtol=1e-6)

    def test_words_without_a_vector_make_the_others_rarer(self):
        texts = ["good the the the", "bad the the the"]
        v = self.vectorizer("sif", a=0.1).fit(texts)
        weights = dict(zip(v.vocabulary_, v.word_weights_))
        # one of eight tokens: .1 / (.1 + 1/8)
        assert weights["good"] == pytest.approx(4 / 9)
        assert weights["bad"] == pytest.approx(4 / 9)
        assert weights["book"] == 1

    def test_tfidf(self):
        v = self.vectorizer("tfidf")
        Z = v.fit_transform(self.TEXTS)
        idf = np.log([6 / 3, 6 / 2, 6 / 2]) + 1
        assert_allclose(v.word_weights_, idf, rtol=1e-6)
        w = np.array([(1 + np.log(2)) * idf[0], idf[2]])
        assert_allclose(Z[0], w / w.sum() @ VECTORS[[0, 2]], rtol=1e-6)
        assert_allclose(Z[1:3], VECTORS[[1, 0]])

    @pytest.mark.parametrize("n_common", [0, 1])
    def test_sif_by_the_formula_of_the_paper(self, n_common):
        a = 0.1
        v = self.vectorizer("sif", a=a, n_common=n_common)
        Z = v.fit_transform(self.TEXTS)
        w = a / (a + self.P)
        S = np.array(
            [
                (2 * w[0] * VECTORS[0] + w[2] * VECTORS[2]) / 3,
                w[1] * VECTORS[1],
                w[0] * VECTORS[0],
                [0, 0],
                [0, 0],
            ]
        )
        if n_common:
            u = np.linalg.svd(S)[2][0]
            S = S - np.outer(S @ u, u)
        assert_allclose(Z, S, atol=1e-6)
        assert v.common_components_.shape == (n_common, 2)
        assert_allclose(v.transform(self.TEXTS), S, atol=1e-6)

    def test_the_common_component_is_that_of_fit(self):
        v = self.vectorizer("sif").fit(self.TEXTS)
        one = v.transform(["bad book"])
        many = v.transform(["bad book", "good", "good good", "book"])
        assert_array_equal(one[0], many[0])

    def test_coverage(self):
        v = self.vectorizer("mean").fit(self.TEXTS)
        assert v.coverage_ == 5 / 7
        with pytest.warns(UserWarning, match=r"20.0% of the tokens.*lower case"):
            self.vectorizer("mean").fit(["good xx xx xx xx"])
        with pytest.raises(ValueError, match=r"0.0% of the tokens"):
            self.vectorizer("mean").fit(["xx yy"])

    def test_a_word_that_fit_did_not_see_is_looked_up(self):
        v = self.vectorizer("sif", n_common=0).fit(["good good"])
        assert_array_equal(v.transform(["book"]), VECTORS[[2]])

    def test_training_coverage_names_min_count(self):
        with pytest.warns(UserWarning, match="Lower min_count"):
            EmbeddingVectorizer(WordVectors("ppmi", min_count=2), n_common=0).fit(
                ["aa aa bb cc dd ee ff gg"]
            )

    def test_files_are_read(self, tmp_path):
        path = tmp_path / "vectors.txt"
        path.write_text("good 1 0\nbad -1 1\nbook 0 2\n")
        expected = self.vectorizer("sif").fit_transform(self.TEXTS)
        v = EmbeddingVectorizer(vectors=path)
        assert_array_equal(v.fit_transform(self.TEXTS), expected)
        path.write_text("good 1 nan\n")
        with pytest.raises(ValueError, match=r"line 1 .'good'. holds"):
            v.fit(self.TEXTS)


class TestTextChecks:
    @every
    def test_constructor_only_assigns(self, name):
        v = VECTORIZERS[name]
        assert set(inspect.signature(type(v)).parameters) == set(vars(clone(v)))
        for parameter in v.get_params(deep=False):
            marker = object()
            changed = clone(v).set_params(**{parameter: marker})
            assert getattr(changed, parameter) is marker
        assert repr(clone(v)) == repr(v)
        assert estimator_html_repr(v)

    @every
    def test_fit_leaves_parameters_and_inputs_alone(self, name):
        v = clone(VECTORIZERS[name])
        before = pickle.dumps(v.get_params(deep=False))
        texts = list(X)
        assert v.fit(texts, Y) is v
        v.transform(texts)
        assert pickle.dumps(v.get_params(deep=False)) == before
        assert texts == X
        learned = set(vars(v)) - set(v.get_params())
        assert all(n.endswith("_") or n.startswith("_") for n in learned)

    @every
    def test_fit_is_idempotent_and_forgets(self, name):
        v = fitted(name)
        first = v.transform(X)
        v.fit(X[:60])
        assert_array_equal(v.fit(X).transform(X), first)

    @every
    def test_fit_transform_is_fit_then_transform(self, name):
        Z = clone(VECTORIZERS[name]).fit_transform(X)
        assert Z.dtype == np.float32
        assert Z.shape == (len(X), 2 if name == "given" else 8)
        assert_array_equal(fitted(name).transform(X), Z)

    @every
    def test_a_row_depends_on_its_own_text(self, name):
        v = fitted(name)
        texts = [*X[:20], "", "words unheardof", "zz 12 good"]
        together = v.transform(texts)
        for k, text in enumerate(texts):
            assert_array_equal(v.transform([text])[0], together[k])
        assert_array_equal(v.transform(texts[::-1])[::-1], together)

    @every
    def test_containers_of_texts(self, name):
        v = fitted(name)
        expected = v.transform(X[-5:])
        array = np.array(X[-5:], dtype=object)
        for texts in (tuple(X[-5:]), array, array[:, None], np.array(X[-5:])):
            assert_array_equal(v.transform(texts), expected)
        pd = pytest.importorskip("pandas")
        series = pd.Series(X[-5:], index=[5, 3, 9, 1, 1])
        assert_array_equal(v.transform(series), expected)
        assert_array_equal(v.transform(series.to_frame("text")), expected)

    @every
    @pytest.mark.parametrize(
        ("texts", "error", "message"),
        [
            ("one text", ValueError, "Wrap it in a list"),
            (["a", None], TypeError, "NoneType .* in row 1.*Replace missing"),
            ([1, 2], TypeError, "EmbeddingVectorizer takes texts of type str; got int"),
            ([b"a"], TypeError, "bytes"),
            (np.ones((2, 2)), ValueError, r"shape \(2, 2\)"),
            (sparse.csr_array((2, 2)), TypeError, "sparse"),
        ],
    )
    def test_what_is_no_sequence_of_texts(self, name, texts, error, message):
        with pytest.raises(error, match=message):
            clone(VECTORIZERS[name]).fit(texts)
        with pytest.raises(error, match=message):
            fitted(name).transform(texts)

    @every
    def test_nothing_to_fit(self, name):
        with pytest.raises(ValueError, match="got no text"):
            clone(VECTORIZERS[name]).fit([])
        with pytest.raises(ValueError, match="no text has a token"):
            clone(VECTORIZERS[name]).fit(["", " ", "!"])

    @every
    def test_nothing_to_transform(self, name):
        v = fitted(name)
        assert v.transform([]).shape == (0, v.get_feature_names_out().size)

    @every
    @pytest.mark.parametrize(
        "text",
        [" \t\n", "<br />&amp;", "l'été", "\x00\ud83d", "好 音楽", "a" * 10_000,
         "good " * 20_000],
    )  # fmt: skip
    def test_real_texts_are_finite(self, name, text):
        v = fitted(name, [*X, text, text])
        assert np.isfinite(v.transform([text])).all()

    @every
    def test_empty_texts_and_unseen_words_are_zero(self, name):
        assert not fitted(name).transform(["", "!?", "unheardof"]).any()

    @every
    def test_pickling_and_names(self, name):
        v = fitted(name)
        again = pickle.loads(pickle.dumps(v))
        assert_array_equal(again.transform(X[-9:]), v.transform(X[-9:]))
        names = v.get_feature_names_out()
        assert names[1] == "embeddingvectorizer1"
        assert names.size == v.transform(X[:1]).shape[1]
        with pytest.raises(NotFittedError):
            clone(v).transform(X)

    @every
    def test_set_output(self, name):
        pd = pytest.importorskip("pandas")
        v = fitted(name).set_output(transform="pandas")
        frame = v.transform(X[-3:])
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.columns) == list(v.get_feature_names_out())

    def test_tags(self):
        tags = get_tags(EmbeddingVectorizer())
        assert tags.input_tags.string
        assert tags.input_tags.one_d_array
        assert not tags.input_tags.two_d_array

    @pytest.mark.parametrize(
        ("settings", "error", "message"),
        [
            (
                {"pooling": "max"},
                ValueError,
                r"pooling of \w+ must be one of 'mean', 'sif'",
            ),
            (
                {"n_common": -1},
                ValueError,
                r"n_common of \w+ must be an integer of at least 0",
            ),
            ({"a": 0}, ValueError, "a of EmbeddingVectorizer must be a number above 0"),
            ({"a": np.nan}, ValueError, "a of EmbeddingVectorizer must be"),
            ({"tokenizer": "char"}, ValueError, r"tokenizer of \w+ must be a callable"),
            ({"tokenizer": str.lower}, TypeError, "list of tokens; got a str"),
            ({"tokenizer": lambda t: [1]}, TypeError, "tokens of type str; got int"),
            ({"vectors": 3}, TypeError, "vectors has the type int"),
            ({"vectors__min_count": 10**9}, ValueError, "Lower min_count"),
        ],
    )
    def test_parameters_are_checked(self, settings, error, message):
        with pytest.raises(error, match=message):
            EmbeddingVectorizer(WordVectors("ppmi")).set_params(**settings).fit(X)


def test_seed():
    runs = [
        EmbeddingVectorizer(
            WordVectors(vector_size=5, epochs=1, random_state=s)
        ).fit_transform(X)
        for s in (1, 1, np.random.RandomState(1), 2)
    ]
    assert_array_equal(runs[0], runs[1])
    assert_array_equal(runs[0], runs[2])
    assert np.abs(runs[0] - runs[3]).max() > 1e-4


def test_tokenizer_sees_the_text_as_it_is():
    v = EmbeddingVectorizer(
        WordVectors("ppmi", min_count=1), tokenizer=str.split, pooling="mean"
    ).fit(["Good BOOK", "Good book"])
    assert set(v.vocabulary_) == {"Good", "BOOK", "book"}
    assert v.coverage_ == 1


@pytest.mark.parametrize("routing", [False, True])
def test_in_a_search_and_as_a_mapper(routing):
    model = make_pipeline(
        EmbeddingVectorizer(WordVectors("ppmi", vector_size=20, random_state=0)),
        StandardScaler(),
        LogisticRegression(),
    )
    grid = {
        "embeddingvectorizer__pooling": ["mean", "sif"],
        "embeddingvectorizer__vectors__window": [2, 5],
    }
    with config_context(enable_metadata_routing=routing):
        search = GridSearchCV(model, grid, cv=3).fit(X, Y)
        assert search.best_score_ > 0.6
        mapper = make_pipeline(clone(model[0]), StandardScaler())
        transfer = TransferClassifier(mapper=mapper).fit(X, Y, sample_domain=D)
        target = np.flatnonzero(D < 0)
        assert transfer.score([X[k] for k in target], Y[target]) > 0.55


@pytest.mark.parametrize("model", ["skipgram", "cbow", "glove", "ppmi"])
def test_categories_are_told_apart(model):
    books_and_music = make_bilingual_reviews(
        {"en/books": 300, "en/music": 300}, source="en/books", target="en/music"
    )
    vectorizer = EmbeddingVectorizer(WordVectors(model, vector_size=20, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Z = vectorizer.fit_transform(books_and_music.data)
    music = books_and_music.sample_domain < 0
    classifier = make_pipeline(StandardScaler(), LogisticRegression())
    assert cross_val_score(classifier, Z, music).mean() > 0.85
