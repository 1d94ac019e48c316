"""Faults that draws found, each as the smallest case of its kind."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import Ridge

from sktransfer import (
    CORAL,
    PLSA,
    ColdStartRecommender,
    CrossLingualMapper,
    GensimLDA,
    GibbsLDA,
    ItemKNNRecommender,
    LogCountRatioScaler,
    Procrustes,
    ScriptNgramCounter,
    TransferClassifier,
    TransferRegressor,
    WordVectors,
    encode_domains,
)
from sktransfer.base import BaseRecommender
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import TargetKFold, split_interactions
from sktransfer.moments import Moments, csr_chunks

TABLE = np.array([[1.0, 0, 2], [0, 3, 0], [1, 1, 0], [0, 2, 5]])


def test_domains_that_can_be_read_once():
    reviews = make_bilingual_reviews(20)
    mapper = CrossLingualMapper(reviews.dictionary, min_df=1)
    d = reviews.sample_domain.tolist()
    expected = mapper.fit_transform(reviews.data, sample_domain=d)
    for fitted in (
        mapper.fit_transform(reviews.data, sample_domain=iter(d)),
        mapper.fit(reviews.data, sample_domain=iter(d)).transform(
            reviews.data, sample_domain=iter(d)
        ),
    ):
        np.testing.assert_allclose(fitted, expected, atol=1e-6)


def test_word_vectors_of_texts_that_can_be_read_once():
    texts = ["good knife", "bad knife", "good shop"]
    vectors = WordVectors(vector_size=3, min_count=1, epochs=1, random_state=0)
    found, expected = vectors.fit(iter(texts)), vectors.fit(texts)
    np.testing.assert_array_equal(found.vectors_, expected.vectors_)


def test_objects_are_chunks_of_numbers():
    chunks = csr_chunks(TABLE.astype(object), 2)
    np.testing.assert_array_equal(sp.vstack(list(chunks)).toarray(), TABLE)


def test_interactions_in_a_frame_of_categories():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(TABLE).astype("category")
    found = ColdStartRecommender().fit(frame.rename(columns=str)).predict(TABLE)
    expected = ColdStartRecommender().fit(TABLE).predict(TABLE)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    "take",
    [
        lambda X: CORAL().fit(X, sample_domain=[1, -1]),
        lambda X: ItemKNNRecommender().fit(X),
        lambda X: split_interactions(X),
        lambda X: Moments.empty(2).update(X),
        lambda X: list(csr_chunks(X, 2)),
    ],
)
def test_rows_of_several_lengths_are_refused(take):
    with pytest.raises(ValueError, match=r"rows of 1 to 2 columns.*Fill"):
        take([[1.0], [1.0, 2.0]])


def test_counts_of_more_tokens_than_can_be_drawn_are_refused():
    pytest.importorskip("tomotopy")
    with pytest.raises(ValueError, match="Divide the counts"):
        GibbsLDA(2).fit([[1e10, 1.0], [1.0, 1.0]])


def test_a_missing_name_of_pandas_is_no_domain():
    pd = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="missing label in 1 row"):
        encode_domains(["en", pd.NA, "de"], target="de")


@pytest.mark.parametrize("missing", [5, None, np.nan])
def test_numbers_among_texts_stay_what_they_are(missing):
    """NumPy makes the text "5", "None" or "nan" of them."""
    texts = ["good knife", "good shop", missing]
    with pytest.raises(TypeError, match="texts of type str; got"):
        ScriptNgramCounter(min_df=1).fit(iter(texts))
    if missing == 5:
        d = encode_domains(texts, target=5)
        np.testing.assert_array_equal(np.sign(d), [1, 1, -1])
    else:
        with pytest.raises(ValueError, match="missing label in 1 row"):
            encode_domains(texts, target="good knife")


def test_classes_of_floats_in_an_array_of_objects():
    y = np.array([0.0, 1.0, 2.0, 1.0])
    X = np.abs(np.c_[TABLE, TABLE[::-1]])
    found = LogCountRatioScaler().fit(X, y.astype(object)).scale_
    np.testing.assert_allclose(found, LogCountRatioScaler().fit(X, y).scale_)


def test_huge_values_of_neighbours_are_refused():
    with pytest.raises(ValueError, match=r"up to 1e[+]200 may overflow.*Scale X"):
        ItemKNNRecommender().fit(TABLE * 2e199)


def test_a_column_of_weights_is_read_by_states():
    w = [1.0, 0.5, 2.0, 1.0]
    expected = Moments.empty(3).update(TABLE, sample_weight=w).mean
    for given in (np.array(w)[:, None], iter(w)):
        found = Moments.empty(3).update(TABLE, sample_weight=given).mean
        np.testing.assert_array_equal(found, expected)


def test_hidden_classes_are_refused():
    y = np.ma.array([0, 1, 2, 1], mask=[True, False, False, False])
    with pytest.raises(ValueError, match="1 missing entries among 4"):
        LogCountRatioScaler().fit(TABLE, y)


def test_several_lengths_of_targets_are_refused():
    with pytest.raises(ValueError, match=r"y must hold .* several lengths"):
        Procrustes().fit(TABLE[:2], [[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_rows_whose_squares_overflow_are_refused(make):
    with pytest.raises(ValueError, match=r"values up to 5e[+]200.*Divide"):
        CORAL().fit(make(TABLE * 1e200), sample_domain=[1, 1, -1, -1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_predictions_that_are_no_numbers_are_refused():
    model = TransferRegressor(Ridge(), strategy="fine_tune", target_labels="use")
    table = sp.csr_array(TABLE * 1e300)
    model.fit(table, [1.0, 2, 3, 4], sample_domain=[1, 1, -1, -1])
    assert np.isnan(model.model_.predict(table)).any()
    with pytest.raises(ValueError, match=r"predicts NaN.*Divide"):
        model.predict(table)


class Overflows(BaseRecommender):
    def fit_interactions(self, X, sample_weight):
        self.n_items_ = X.shape[1]

    def score_items(self, X):
        return np.full(X.shape, np.nan)


def test_scores_that_are_no_numbers_are_refused():
    model = Overflows().fit(TABLE)
    for ask in (model.predict, model.recommend):
        with pytest.raises(ValueError, match=r"no number for the scores.*Scale X"):
            ask(TABLE)


def test_labels_and_rows_of_folds_are_as_many():
    with pytest.raises(ValueError, match=r"one label for each of the 4 rows.*3 labels"):
        next(TargetKFold(2).split(TABLE, ["a", "b", "a"], [1, -1, -1, -1]))


@pytest.mark.parametrize("names", [[True, False], [1, 0], [2.0, 1.0]])
def test_missing_labels_in_floats_and_objects_give_the_same_folds(names):
    known = [names[i] for i in (0, 1, 1, 0, 1, 0, 0)]
    objects = np.array([None, *known, None], dtype=object)
    floats = np.array([np.nan, *map(float, known), np.nan])
    d = -np.ones(len(objects), dtype=int)
    folds = [list(TargetKFold(3).split(d, y, d)) for y in (objects, floats)]
    for a, b in zip(*folds):
        assert all(map(np.array_equal, a, b))


@pytest.mark.parametrize("dtype", [">i4", ">f4", ">f8", "f2"])
def test_chunks_of_numbers_that_scipy_does_not_take(dtype):
    chunks = csr_chunks(TABLE.astype(dtype), 2)
    np.testing.assert_array_equal(sp.vstack(list(chunks)).toarray(), TABLE)


@pytest.mark.parametrize("model", [PLSA, GensimLDA])
def test_topics_of_counts_with_stored_zeros(model):
    model = model(2, random_state=0)
    X = np.random.default_rng(0).poisson(0.5, (12, 5)).astype(float)
    stored = sp.csr_array(X)
    stored.data[:3] = 0
    plain = stored.copy()
    plain.eliminate_zeros()
    np.testing.assert_allclose(model.fit_transform(stored), model.fit_transform(plain))
    assert (stored.data == 0).sum() == 3


def test_relevance_of_several_lengths_is_refused():
    with pytest.raises(ValueError, match=r"Relevance must be a table.*Fill"):
        ndcg_at_k([[1.0], [1.0, 0.0]], [[0], [1]], 1)


def test_sparse_frames_of_flags():
    """scikit-learn's solvers take no sparse flags."""
    pd = pytest.importorskip("pandas")
    flags = sp.csr_array(np.tile(TABLE > 0, (5, 1)))
    frame = pd.DataFrame.sparse.from_spmatrix(flags, columns=list("abc"))
    y = np.tile(["good", "bad", "good", "bad"], 5)
    model = TransferClassifier().fit(frame, y)
    expected = TransferClassifier().fit(flags.astype(float), y)
    np.testing.assert_allclose(
        model.predict_proba(frame), expected.predict_proba(flags.astype(float))
    )
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_solver_that_meets_infinity_says_what_to_do():
    model = TransferRegressor(Ridge())
    with pytest.raises(ValueError, match=r"Ridge finds no solution.*Divide"):
        model.fit(TABLE * 1e300, [1.0, 2, 3, 4], sample_weight=[1, 2, 1, 1])


def test_word_vectors_of_an_object_with_array_alone():
    class OnlyArray:
        def __array__(self, dtype=None, copy=None):
            return np.array(["good knife", "good shop"], dtype=dtype)

    vectors = WordVectors(vector_size=3, min_count=1, epochs=1, random_state=0)
    expected = vectors.fit(["good knife", "good shop"]).vectors_
    np.testing.assert_array_equal(vectors.fit(OnlyArray()).vectors_, expected)


def test_word_vectors_of_an_index_of_pandas():
    pd = pytest.importorskip("pandas")
    texts = ["good knife", "good shop"]
    vectors = WordVectors(vector_size=3, min_count=1, epochs=1, random_state=0)
    found = vectors.fit(pd.Index(texts)).vectors_
    np.testing.assert_array_equal(found, vectors.fit(texts).vectors_)


def test_categories_that_a_model_does_not_take_say_what_to_pass():
    pd = pytest.importorskip("pandas")
    flags = np.tile(np.eye(4), (3, 1))  # columns of equal categories become objects
    frame = pd.DataFrame(flags, columns=list("abcd"))
    y = np.tile(["good", "bad", "good", "bad"], 3)
    with pytest.raises(TypeError, match=r"rows of objects.*X[.]astype[(]float[)]"):
        TransferClassifier().fit(frame, y).predict_proba(frame.astype("category"))


@pytest.mark.parametrize("rows", [[{"a": 1.0}, {"a": 2.0}], [{1.0}, {2.0}]])
@pytest.mark.parametrize(
    "fit",
    [
        lambda X: CORAL().fit(X, sample_domain=[1, -1]),
        lambda X: ItemKNNRecommender().fit(X),
        lambda X: Moments.empty(1).update(X),
    ],
)
def test_rows_that_have_no_order_are_refused(fit, rows):
    with pytest.raises(TypeError, match=r"rows of numbers in order; got a (dict|set)"):
        fit(rows)
