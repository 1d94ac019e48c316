"""ScriptNgramCounter: counts by hand and by scikit-learn."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils import get_tags

from sktransfer.text import ScriptNgramCounter
from sktransfer.text.checks import is_text
from sktransfer.text.forms import ngrams

LETTERS = ["Ein sehr gutes Buch, gut!", "", "gut  gut\tBuch", "ß a", "Grüße"]
IDEOGRAPHS = ["とても 良い 本", "良い本です 。", "DVD が 良い"]


@pytest.mark.parametrize(
    ("texts", "analyzer", "lengths"),
    [(LETTERS, "char_wb", (3, 5)), (IDEOGRAPHS, "char", (1, 4))],
)
@pytest.mark.parametrize("min_df", [1, 2])
def test_counts_are_those_of_scikit_learn(texts, analyzer, lengths, min_df):
    counter = ScriptNgramCounter(min_df=min_df)
    counts = counter.fit_transform(texts)
    # a sharp s is ss, as in capital letters
    texts = [t.replace("ß", "ss") for t in texts]
    if analyzer == "char":
        texts = [t.replace(" ", "") for t in texts]
    peer = CountVectorizer(analyzer=analyzer, ngram_range=lengths, min_df=min_df)
    expected = peer.fit_transform(texts)
    assert_array_equal(counter.get_feature_names_out(), peer.get_feature_names_out())
    assert_array_equal(counts.toarray(), expected.toarray())
    new = ["Das gute Buch xyz"] if analyzer == "char_wb" else ["良いCD"]
    assert_array_equal(counter.transform(new).toarray(), peer.transform(new).toarray())


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one text", ValueError, "ScriptNgramCounter takes a sequence .* Wrap it"),
        (sparse.csr_array((2, 2)), TypeError, "got a sparse matrix"),
        (np.ones((2, 2)), ValueError, r"shape \(2, 2\)"),
        (["a", None], TypeError, "NoneType .* in row 1"),
        ([["a", "b"]], TypeError, "got list"),
        ([b"bytes"], TypeError, "got bytes"),
    ],
)
def test_what_is_no_sequence_of_texts(X, error, message):
    with pytest.raises(error, match=message):
        ScriptNgramCounter().fit(X)
    with pytest.raises(error, match=message):
        ScriptNgramCounter().fit(LETTERS).transform(X)


def test_containers_of_texts():
    expected = ScriptNgramCounter().fit_transform(LETTERS).toarray()
    array = np.array(LETTERS, dtype=object)
    for X in (iter(LETTERS), tuple(LETTERS), array, array[:, None]):
        assert_array_equal(ScriptNgramCounter().fit_transform(X).toarray(), expected)
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"text": LETTERS}, index=[3, 1, 4, 1, 5])
    assert_array_equal(ScriptNgramCounter().fit_transform(X).toarray(), expected)


@pytest.mark.parametrize("min_df", [0, 1.5, 0.5, True, None])
def test_min_df_is_checked(min_df):
    with pytest.raises(
        ValueError,
        match="min_df of ScriptNgramCounter must be an integer of at least 1",
    ):
        ScriptNgramCounter(min_df=min_df).fit(LETTERS)


def test_fit_leaves_the_parameters_alone_and_can_be_pickled():
    counter = ScriptNgramCounter(min_df=1)
    assert counter.fit(LETTERS, y=range(5)) is counter
    assert counter.get_params() == {"min_df": 1}
    assert not hasattr(clone(counter), "vocabulary_")
    again = pickle.loads(pickle.dumps(counter))
    new = ["gutes Buch", "本"]
    assert_array_equal(again.transform(new).toarray(), counter.transform(new).toarray())
    assert get_tags(counter).input_tags.string
    with pytest.raises(NotFittedError):
        clone(counter).transform(LETTERS)


def test_short_texts_are_their_own_ngram():
    assert ngrams(" a", (3, 5)) == [" a"]
    assert ngrams("abcd", (3, 4)) == ["abc", "bcd", "abcd"]


def test_empty_texts_have_no_ngram():
    counter = ScriptNgramCounter().fit(LETTERS)
    assert counter.transform(["", " "]).nnz == 0
    assert counter.transform([]).shape == (0, len(counter.vocabulary_))


def test_what_is_text():
    assert not is_text([1.0, 2.0])
    assert is_text(np.array(["a"], dtype=object))
