"""Texts: validated, and split into tokens."""

import numpy as np
import pytest
from scipy import sparse

from sktransfer.text.checks import check_texts, check_tokens
from sktransfer.text.forms import word_tokens


def test_words_of_two_letters_in_lower_case():
    assert word_tokens("A Große Übung, isn't 7 42!") == "grosse übung isn 42".split()
    # a letter and its accent are one letter
    assert word_tokens("u\u0308ber") == ["über"]
    assert word_tokens("") == []


def test_containers_of_texts():
    texts = ["a", "b"]
    array = np.array(texts, dtype=object)
    for given in (
        texts,
        tuple(texts),
        iter(texts),
        array,
        array[:, None],
        [["a"], ["b"]],
    ):
        found = check_texts(given, "Part")
        assert found == texts
        assert type(found) is list
    assert check_texts(np.array(texts), "Part") == texts
    assert check_texts([], "Part") == []
    pd = pytest.importorskip("pandas")
    assert check_texts(pd.Series(texts, index=[3, 3]), "Part") == texts
    assert check_texts(pd.DataFrame({"x": texts}), "Part") == texts


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("abc", ValueError, r"Part takes a sequence .* got one str"),
        (b"abc", ValueError, "got one bytes"),
        (sparse.csr_array((2, 2)), TypeError, "Part takes texts; got a sparse matrix"),
        (np.ones((2, 2)), ValueError, r"an array of shape \(2, 2\)"),
        (["a", None], TypeError, "got NoneType .* in row 1. Replace missing"),
        (["a", b"b"], TypeError, "got bytes .* in row 1. Decode them"),
    ],
)
def test_what_is_no_sequence_of_texts(texts, error, message):
    with pytest.raises(error, match=message):
        check_texts(texts, "Part")


def test_tokens():
    assert check_tokens(("a", "b")) == ["a", "b"]
    assert check_tokens(iter([])) == []
    with pytest.raises(TypeError, match="a list of tokens; got a str"):
        check_tokens("ab")
    with pytest.raises(TypeError, match=r"type str; got int \(1\)"):
        check_tokens(["a", 1])
