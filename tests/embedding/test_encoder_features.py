"""EncoderFeatures: what reaches the encoder, what is kept, and what is refused."""

import copy
import pickle
import threading
from functools import partial

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

from sktransfer import EncoderFeatures, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold
from sktransfer.testing import check_mapper

TEXTS = ["abc", "aa", "", "a. bb! c", " \n", "x"]
D = np.array([1, 1, 1, -1, -1, -1])


def lengths(texts):
    return np.array([[len(text), text.count("a")] for text in texts], dtype=float)


def scaled(texts, by):
    return by * lengths(texts)


class Recorder:
    """An encoder that notes what it gets, and does not copy or pickle."""

    def __init__(self):
        self.batches = []
        self.lock = threading.Lock()

    def encode(self, texts):
        self.batches.append(list(texts))
        return lengths(texts)

    @property
    def seen(self):
        return [text for batch in self.batches for text in batch]


class Named:
    """An encoder that is made where its name is."""

    n_made = 0

    def __init__(self):
        type(self).n_made += 1
        self.lock = threading.Lock()

    def encode(self, texts):
        return lengths(texts)


def images(n=9):
    return np.random.default_rng(0).normal(size=(n, 4, 4))


class TestWhatReachesTheEncoder:
    def test_texts_in_batches_each_once_and_none_empty(self):
        encoder = Recorder()
        EncoderFeatures(encoder, batch_size=2).fit([*TEXTS, "aa", "abc"])
        assert encoder.batches == [["abc", "aa"], ["a. bb! c", "x"]]

    def test_max_length(self):
        encoder = Recorder()
        EncoderFeatures(encoder, max_length=4).fit(TEXTS)
        assert encoder.seen == ["abc", "aa", "a. b", "x"]

    def test_sentences(self):
        encoder = Recorder()
        features = EncoderFeatures(encoder, pooling="sentences", center=False)
        Z = features.fit_transform(
            ["Good. Very good!  Or not…\nno", "好。很好！", "3.5"]
        )
        assert encoder.seen == [
            *("Good.", "Very good!", "Or not…", "no"),
            *("好。", "很好！", "3.5"),
        ]
        assert_allclose(Z[:, 0], [(5 + 10 + 7 + 2) / 4, 2.5, 3])
        assert Z.dtype == np.float32

    def test_rows_that_are_no_texts_pass_through(self):
        got = []

        def encoder(rows):
            got.append(rows)
            return rows.reshape(len(rows), -1)

        X = images()
        Z = EncoderFeatures(encoder, batch_size=4, center=False).fit_transform(X)
        assert [rows.shape for rows in got] == [(4, 4, 4), (4, 4, 4), (1, 4, 4)]
        assert_allclose(Z, X.reshape(9, -1), rtol=1e-6)

    def test_lists_of_objects_and_frames(self):
        X = [{"size": k} for k in range(5)]
        Z = EncoderFeatures(
            lambda rows: [[row["size"]] for row in rows], batch_size=2
        ).fit_transform(X)
        assert_array_equal(Z.ravel(), np.arange(5) - 2)
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"size": range(5), "name": list("abcde")}, index=[7] * 5)
        Z = EncoderFeatures(lambda rows: rows[["size"]], batch_size=2)
        assert_array_equal(Z.fit_transform(frame).ravel(), np.arange(5) - 2)
        assert list(Z.feature_names_in_) == ["size", "name"]
        with pytest.raises(ValueError, match="feature names"):
            Z.transform(frame.rename(columns={"size": "weight"}))

    def test_zero_rows_of_a_table_are_rows(self):
        X = np.array([[0.0], [4.0]])
        Z = EncoderFeatures(np.asarray).fit_transform(X)
        assert_array_equal(Z.ravel(), [-2, 2])

    def test_progress(self):
        told = []
        EncoderFeatures(lengths, batch_size=3, progress=lambda *n: told.append(n)).fit(
            TEXTS
        )
        assert told == [(3, 4), (4, 4)]


class TestCentring:
    def test_each_domain_is_at_zero(self):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(240, 3))
        d = np.repeat([1, 2, -1, -2], 60)
        X += d[:, None]
        Z = EncoderFeatures(np.asarray).fit_transform(X, sample_domain=d)
        for value in np.unique(d):
            assert_allclose(Z[d == value].mean(axis=0), 0, atol=1e-6)

    def test_means_by_hand(self):
        features = EncoderFeatures(lengths)
        Z = features.fit_transform(TEXTS, sample_domain=D)
        assert_array_equal(Z[:3], [[0.5, -0.5], [-0.5, 0.5], [0, 0]])
        assert_array_equal(Z[3:], [[3.5, 0.5], [0, 0], [-3.5, -0.5]])
        assert_array_equal(features.transform(["aaaa"]), [[4 - 4.5, 4 - 0.5]])
        assert_array_equal(features.transform(["aaaa"], [1]), [[4 - 2.5, 4 - 1.5]])

    def test_labelled_source_rows_tell_the_mean_of_the_source(self):
        X = np.arange(240.0)[:, None]
        d = np.repeat([1, -1], 120)
        y = np.where(np.arange(240) < 60, "yes", None)
        Z = EncoderFeatures(np.asarray).fit_transform(X, y, sample_domain=d)
        assert_allclose(Z[:60].mean(), 0, atol=1e-5)
        assert_allclose(Z[120:].mean(), 0, atol=1e-5)

    @pytest.mark.parametrize("center", [True, False])
    def test_source_rows_without_a_label_need_not_be_encoded(self, center):
        X = np.arange(480.0).reshape(240, 2)
        d = np.repeat([1, -1], 120)
        y = np.where(np.arange(240) % 2 == 0, "yes", None)
        seen = []

        def encoder(rows):
            seen.extend(rows[:, 0].tolist())
            return rows

        features = EncoderFeatures(encoder, center=center)
        expected = features.fit_transform(X, y, sample_domain=d)
        seen.clear()
        few = features.set_params(encode_unlabelled=False)
        Z = few.fit_transform(X, y, sample_domain=d)
        left_out = (d > 0) & (y != "yes")
        assert seen == X[~left_out, 0].tolist()
        assert_array_equal(Z[~left_out], expected[~left_out])
        assert not Z[left_out].any()
        assert_allclose(few.transform(X[:2], d[:2])[0], expected[0])

    def test_with_few_labels_all_are_encoded(self):
        X, y = np.arange(120.0)[:, None], np.full(120, None)
        y[:49] = "yes"
        d = np.repeat([1, -1], 60)
        Z = [
            EncoderFeatures(np.asarray, encode_unlabelled=u).fit_transform(X, y, d)
            for u in (True, False)
        ]
        assert_array_equal(*Z)

    def test_off(self):
        Z = EncoderFeatures(lengths, center=False).fit_transform(TEXTS)
        assert_array_equal(Z, [[3, 1], [2, 2], [0, 0], [8, 1], [0, 0], [1, 0]])


class TestEdges:
    def test_empty_texts_and_no_rows_after_fit(self):
        features = EncoderFeatures(lengths).fit(TEXTS)
        assert_array_equal(features.transform(["", " "]), np.zeros((2, 2)))
        assert features.transform([]).shape == (0, 2)

    def test_one_row_of_each_side(self):
        Z = EncoderFeatures(lengths).fit_transform(["ab", "c"], sample_domain=[1, -1])
        assert_array_equal(Z, np.zeros((2, 2)))

    def test_a_side_of_empty_texts(self):
        Z = EncoderFeatures(lengths).fit_transform(["a", ""], sample_domain=[1, -1])
        assert_array_equal(Z, np.zeros((2, 2)))

    def test_containers_of_texts(self):
        pd = pytest.importorskip("pandas")
        pl = pytest.importorskip("polars")
        expected = EncoderFeatures(lengths).fit_transform(TEXTS, sample_domain=D)
        for X in (
            np.array(TEXTS),
            np.array(TEXTS, dtype=object)[:, None],
            pd.Series(TEXTS, index=range(6, 0, -1)),
            pd.DataFrame({"text": TEXTS}),
            pl.Series(TEXTS),
        ):
            Z = EncoderFeatures(lengths).fit_transform(X, sample_domain=D)
            assert_array_equal(Z, expected)

    def test_not_fitted(self):
        with pytest.raises(NotFittedError):
            EncoderFeatures(lengths).transform(TEXTS)

    def test_names_of_features(self):
        features = EncoderFeatures(lengths).fit(TEXTS)
        names = ["encoderfeatures0", "encoderfeatures1"]
        assert list(features.get_feature_names_out()) == names


WRONG = {
    "too few rows": (lambda t: np.ones((len(t) - 1, 2)), ValueError, r"shape \(3, 2\)"),
    "one number a row": (lambda t: np.ones(len(t)), ValueError, r"shape \(4,\)"),
    "no columns": (lambda t: np.ones((len(t), 0)), ValueError, r"shape \(4, 0\)"),
    "NaN": (lambda t: np.full((len(t), 2), np.nan), ValueError, "4 of 4 rows"),
    "overflow": (lambda t: np.full((len(t), 2), 1e200), ValueError, "infinity"),
    "sparse": (lambda t: sparse.csr_array((len(t), 2)), TypeError, "toarray"),
    "ragged": (lambda t: [[1.0], [1.0, 2.0]] * 2, TypeError, "array of numbers"),
    "strings": (lambda t: [["a"]] * len(t), TypeError, "array of numbers"),
    "nothing": (lambda t: None, ValueError, r"shape \(\)"),
}


class TestErrors:
    @pytest.mark.parametrize("kind", WRONG)
    def test_wrong_answers_of_the_encoder(self, kind):
        encoder, error, message = WRONG[kind]
        with pytest.raises(error, match=message):
            EncoderFeatures(encoder).fit(TEXTS)

    def test_vectors_of_two_lengths(self):
        encoder = EncoderFeatures(lambda t: np.ones((len(t), len(t))), batch_size=3)
        with pytest.raises(ValueError, match="one length"):
            encoder.fit(TEXTS)
        encoder.fit(TEXTS[:2])
        with pytest.raises(ValueError, match="one length"):
            encoder.transform(["a"])

    @pytest.mark.parametrize("missing", [None, np.nan])
    def test_missing_texts(self, missing):
        for X in (["a", missing], [missing, "a"], np.array(["a", missing], object)):
            with pytest.raises(TypeError, match=r"Replace missing texts by ''"):
                EncoderFeatures(lengths).fit(X)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"encoder": 3}, "encode"),
            ({"encoder": Named}, "got the class Named|got Named"),
            ({"encoder": "numpy"}, "module:function"),
            ({"encoder": "numpy:no_such"}, "no_such"),
            ({"encoder": "no_such_module:f"}, "no_such_module"),
            ({"encoder": lengths, "batch_size": 0}, "at least 1"),
            ({"encoder": lengths, "pooling": "mean"}, "pooling"),
            ({"encoder": lengths, "max_length": 0}, "max_length"),
            ({"encoder": lengths, "cache": 3}, "cache"),
        ],
    )
    def test_parameters(self, parameters, message):
        with pytest.raises(ValueError, match=message):
            EncoderFeatures(**parameters).fit(TEXTS)

    def test_rows_and_sides(self):
        with pytest.raises(ValueError, match="got no"):
            EncoderFeatures(lengths).fit([])
        with pytest.raises(ValueError, match="no target row"):
            EncoderFeatures(lengths).fit(TEXTS, sample_domain=np.abs(D))
        with pytest.raises(ValueError, match="needs a text"):
            EncoderFeatures(lengths).fit(["", " "])
        with pytest.raises(ValueError, match="one label for each row"):
            EncoderFeatures(lengths).fit(TEXTS, [0, 1])
        with pytest.raises(ValueError, match="Wrap it in a list"):
            EncoderFeatures(lengths).fit("one text")


class TestCache:
    def test_only_what_is_new_is_encoded(self, tmp_path):
        first, second = Recorder(), Recorder()
        Z = EncoderFeatures(first, cache=tmp_path).fit_transform(TEXTS)
        again = EncoderFeatures(second, cache=str(tmp_path))
        assert_array_equal(again.fit_transform(TEXTS), Z)
        assert second.batches == []
        again.transform(["new", "aa", "newer"])
        assert second.batches == [["new", "newer"]]

    def test_sentences_are_kept_one_by_one(self, tmp_path):
        encoder = Recorder()
        features = EncoderFeatures(encoder, cache=tmp_path, pooling="sentences")
        features.fit(["One. Two."])
        features.fit(["Two. Three."])
        assert encoder.seen == ["One.", "Two.", "Three."]

    def test_a_memory_of_joblib(self, tmp_path):
        encoder = Recorder()
        memory = joblib.Memory(tmp_path, verbose=0)
        EncoderFeatures(encoder, cache=memory).fit(TEXTS)
        EncoderFeatures(encoder, cache=memory).fit(TEXTS)
        assert len(encoder.batches) == 1

    def test_functions_of_one_name_keep_their_own_vectors(self, tmp_path):
        def times(factor):
            return lambda texts: factor * lengths(texts)

        encoders = [
            *(times(1.0), times(3.0)),
            *(lambda texts: lengths(texts) + 1, lambda texts: lengths(texts) - 1),
            *(partial(scaled, by=2.0), partial(scaled, by=5.0)),
        ]
        for encoder in encoders:
            features = EncoderFeatures(encoder, center=False, cache=tmp_path)
            plain = EncoderFeatures(encoder, center=False)
            assert_array_equal(
                features.fit_transform(TEXTS), plain.fit_transform(TEXTS)
            )

    def test_an_interrupted_run_goes_on(self, tmp_path):
        class Breaks(Recorder):
            def encode(self, texts):
                if self.batches and not broken.is_set():
                    broken.set()
                    raise ConnectionError("gone")
                return super().encode(texts)

        broken, encoder = threading.Event(), Breaks()
        features = EncoderFeatures(encoder, batch_size=2, cache=tmp_path)
        with pytest.raises(ConnectionError):
            features.fit(TEXTS)
        features.fit(TEXTS)
        assert encoder.batches == [["abc", "aa"], ["a. bb! c", "x"]]

    def test_encoders_have_their_own_entries(self, tmp_path):
        encoders = [lengths, lambda t: 2 * lengths(t), lambda t: 3 * lengths(t)]
        vectorizers = [HashingVectorizer(n_features=k) for k in (4, 8)]
        encoders += [Hashed(v).encode for v in vectorizers]
        for encoder in encoders * 2:
            features = EncoderFeatures(encoder, cache=tmp_path, center=False)
            assert_allclose(features.fit_transform(["aa"]), encoder(["aa"]))

    def test_rows_of_tables_and_images(self, tmp_path):
        got = []

        def encoder(rows):
            got.append(len(rows))
            return np.reshape(rows, (len(rows), -1))

        X = images()
        features = EncoderFeatures(encoder, cache=tmp_path)
        Z = features.fit_transform(X)
        assert_array_equal(features.fit_transform(X), Z)
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(X[:, 0], columns=list("abcd"))
        features.fit(frame)
        features.fit(frame[::-1])
        features.fit(X[:, 0])
        assert got == [9, 9]


class Hashed(HashingVectorizer):
    """An estimator whose method is an encoder."""

    def __init__(self, inner):
        self.inner = inner

    def encode(self, texts):
        return self.inner.transform(texts).toarray()


class TestCopies:
    def test_clones_share_the_encoder(self):
        encoder = Recorder()
        features = EncoderFeatures(encoder).set_output(transform="default")
        assert clone(features).encoder is encoder
        model = TransferClassifier(mapper=features)
        assert clone(model).mapper.encoder is encoder
        with pytest.raises(TypeError):
            copy.deepcopy(encoder)

    def test_a_search_over_an_encoder_that_does_not_copy(self):
        reviews = make_bilingual_reviews(60)
        model = TransferClassifier(mapper=EncoderFeatures(Recorder()))
        search = GridSearchCV(
            model, {"mapper__center": [True, False]}, cv=TargetKFold(2)
        )
        d = reviews.sample_domain
        search.fit(reviews.data, reviews.target, sample_domain=d, groups=d)

    def test_what_is_named_is_not_pickled_and_loaded_once(self):
        name = f"{__name__}:Named"
        features = EncoderFeatures(name).fit(TEXTS, sample_domain=D)
        before = Named.n_made
        again = pickle.loads(pickle.dumps(features))
        assert_array_equal(again.transform(TEXTS), features.transform(TEXTS))
        assert clone(features).fit(TEXTS).encoder == name
        assert Named.n_made == before

    def test_tags(self):
        tags = get_tags(EncoderFeatures(lengths)).input_tags
        assert tags.string
        assert not tags.two_d_array


def test_tables_keep_the_laws_of_mappers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(110, 5))
    X[60:] += 2
    y = np.where(X[:, 0] > 0, "good", "bad")
    d = np.repeat([1, -1], [60, 50])
    check_mapper(EncoderFeatures(numbers), data=(X, y, d))


def numbers(rows):
    return np.asarray(rows, dtype=float)


def test_a_transfer_classifier_is_fitted_to_the_centred_vectors():
    reviews = make_bilingual_reviews(100, source="en/books", target="en/music")
    target = reviews.sample_domain < 0
    hidden = np.where(target, None, reviews.target)
    model = TransferClassifier(mapper=EncoderFeatures(hashed))
    model.fit(reviews.data, hidden, sample_domain=reviews.sample_domain)
    Z = hashed(reviews.data)
    Z[target] -= Z[target].mean(axis=0)
    Z[~target] -= Z[~target].mean(axis=0)
    plain = LogisticRegression(max_iter=1000).fit(Z[~target], reviews.target[~target])
    texts = np.asarray(reviews.data, dtype=object)[target]
    expected = plain.predict_proba(Z[target])
    assert_allclose(model.predict_proba(texts), expected, atol=1e-3)


def hashed(texts):
    vectorizer = HashingVectorizer(analyzer="char", ngram_range=(2, 4), n_features=64)
    return vectorizer.transform(texts).toarray()
