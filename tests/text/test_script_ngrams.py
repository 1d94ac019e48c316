"""ScriptNgramCounter: counts by hand and by scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.feature_extraction.text import CountVectorizer

from sktransfer.text._script_ngrams import ScriptNgramCounter
from sktransfer.text.checks import is_text
from sktransfer.text.forms import ngrams
from sktransfer.transfer.strategies._student import default_student

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
    if analyzer == "char":
        texts = [t.replace(" ", "") for t in texts]
    peer = CountVectorizer(analyzer=analyzer, ngram_range=lengths, min_df=min_df)
    expected = peer.fit_transform(texts)
    assert_array_equal(counter.get_feature_names_out(), peer.get_feature_names_out())
    assert_array_equal(counts.toarray(), expected.toarray())
    new = ["Das gute Buch xyz"] if analyzer == "char_wb" else ["良いCD"]
    assert_array_equal(counter.transform(new).toarray(), peer.transform(new).toarray())


def test_short_texts_are_their_own_ngram():
    assert ngrams(" a", (3, 5)) == [" a"]
    assert ngrams("abcd", (3, 4)) == ["abc", "bcd", "abcd"]


def test_empty_texts_have_no_ngram():
    counter = ScriptNgramCounter().fit(LETTERS)
    assert counter.transform(["", " "]).nnz == 0
    assert counter.transform([]).shape == (0, len(counter.vocabulary_))


def test_the_student_suits_the_rows():
    assert "native" in default_student(LETTERS).named_steps
    assert (
        "weights"
        in default_student(ScriptNgramCounter().fit_transform(LETTERS)).named_steps
    )
    assert list(default_student(np.eye(2)).named_steps) == ["ridge"]
    assert not is_text([1.0, 2.0])
    assert is_text(np.array(["a"], dtype=object))
