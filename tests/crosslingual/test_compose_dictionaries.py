"""Dictionaries by a third language, against sums over all ways and by their laws."""

import os
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sktransfer.crosslingual import (
    Dictionary,
    compose_dictionaries,
    invert,
    read_dictionary,
)
from sktransfer.datasets import load_muse_dictionary

GERMAN = [
    ("Bank", "bank"),
    ("Bank", "bench"),
    ("Ufer", "bank"),
    ("Ufer", "shore"),
    ("Hund", "dog"),
    ("Gnu", "gnu"),
]
FRENCH = [
    ("bank", "banque"),
    ("bank", "rive"),
    ("bench", "banc"),
    ("shore", "rive"),
    ("Dog", "chien"),
]
words = st.sampled_from("abcde")
dictionaries = st.lists(st.tuples(words, words), min_size=1, max_size=20)


def test_probabilities_by_hand():
    composed = compose_dictionaries(GERMAN, FRENCH)
    assert composed == [
        ("Bank", "banc"),  # 1/2
        ("Bank", "banque"),  # 1/2 of 1/2
        ("Bank", "rive"),
        ("Ufer", "rive"),  # 1/2 of 1/2, and 1/2
        ("Ufer", "banque"),
        ("Hund", "chien"),  # case aside
    ]
    np.testing.assert_allclose(composed.weights, [0.5, 0.25, 0.25, 0.75, 0.25, 1.0])
    assert composed.skipped == {"without a translation": 1}
    best = compose_dictionaries(GERMAN, FRENCH, max_translations=1)
    assert best == [("Bank", "banc"), ("Ufer", "rive"), ("Hund", "chien")]
    assert best.skipped == {"without a translation": 1, "beyond max_translations": 3}
    assert best.weights.tolist() == [0.5, 0.75, 1.0]


def matrix(dictionary, size=5):
    """Probabilities of translations, row by row; a row without any is 0."""
    M = np.zeros((size, size))
    for (a, b), weight in (
        zip(dictionary, dictionary.weights)
        if getattr(dictionary, "weights", None) is not None
        else ((pair, 1.0) for pair in set(dictionary))
    ):
        M["abcde".index(a), "abcde".index(b)] = weight
    return M / np.maximum(M.sum(axis=1, keepdims=True), 1e-300)


@settings(max_examples=100, deadline=None)
@given(dictionaries, dictionaries)
def test_weights_are_sums_over_all_ways(first, second):
    composed = compose_dictionaries(first, second, max_translations=None)
    expected = matrix(first) @ matrix(second)
    found = np.zeros((5, 5))
    for (a, b), weight in zip(composed, composed.weights):
        found["abcde".index(a), "abcde".index(b)] = weight
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert len(set(composed)) == len(composed) == (expected > 0).sum()


@settings(max_examples=100, deadline=None)
@given(dictionaries, dictionaries, st.integers(1, 3))
def test_order(first, second, most):
    whole = compose_dictionaries(first, second, max_translations=None)
    weights = dict(zip(whole, whole.weights))
    sources = list(dict.fromkeys(a for a, _ in first))
    places = [sources.index(a) for a, _ in whole]
    assert places == sorted(places)
    for (a, b), (c, d) in pairwise(whole):
        assert a != c or weights[a, b] >= weights[c, d] - 1e-9
    kept = compose_dictionaries(first, second, max_translations=most)
    by_word = {a: [p for p in whole if p[0] == a][:most] for a in sources}
    assert kept == [pair for pairs in by_word.values() for pair in pairs]
    assert kept.skipped.get("beyond max_translations", 0) == len(whole) - len(kept)


@settings(max_examples=100, deadline=None)
@given(dictionaries)
def test_a_dictionary_of_each_word_to_itself_changes_nothing(pairs):
    grouped = sorted(dict.fromkeys(pairs), key=lambda pair: "dbace".index(pair[0]))
    sources = {a: a for a, _ in grouped}
    targets = {b: b for _, b in grouped}
    for composed in (
        compose_dictionaries(sources, grouped, max_translations=None),
        compose_dictionaries(grouped, targets, max_translations=None),
    ):
        assert composed == grouped
        np.testing.assert_allclose(matrix(composed), matrix(grouped))


complete = st.permutations("abcde").map(lambda order: list(zip("abcde", order)))


@settings(max_examples=100, deadline=None)
@given(st.tuples(*[st.tuples(complete, dictionaries)] * 3))
def test_three_dictionaries_in_either_order(parts):
    a, b, c = (base + more for base, more in parts)
    left = compose_dictionaries(
        compose_dictionaries(a, b, max_translations=None), c, max_translations=None
    )
    right = compose_dictionaries(
        a, compose_dictionaries(b, c, max_translations=None), max_translations=None
    )
    assert set(left) == set(right)
    np.testing.assert_allclose(matrix(left), matrix(right), atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(dictionaries)
def test_inverting_twice_gives_the_dictionary(pairs):
    once = invert(pairs)
    assert once == [(b, a) for a, b in dict.fromkeys(pairs)]
    assert invert(once) == list(dict.fromkeys(pairs))


@settings(max_examples=100, deadline=None)
@given(dictionaries, dictionaries)
def test_inverted_weights_stay_with_their_pairs(first, second):
    composed = compose_dictionaries(first, second)
    turned = invert(composed)
    assert isinstance(turned, Dictionary)
    assert turned.weights.tolist() == composed.weights.tolist()
    assert invert(turned) == composed == read_dictionary(composed)


def test_case_of_words_between():
    second = [("May", "mai"), ("may", "pouvoir"), ("MAY", "x")]
    first = [("Mai", "May"), ("darf", "may"), ("y", "mAy")]
    composed = compose_dictionaries(first, second)
    assert composed[:2] == [("Mai", "mai"), ("darf", "pouvoir")]
    assert composed[2:] == [("y", "mai"), ("y", "pouvoir"), ("y", "x")]


def test_chinese_between_is_traditional_or_simplified():
    composed = compose_dictionaries([("book", "書")], [("书", "livre"), ("好", "bon")])
    assert composed == [("book", "livre")]


def test_one_word_between_many():
    # all pairs go by one word: as many as both sides multiplied
    first = [(f"s{i}", "hub") for i in range(300)]
    second = [("hub", f"t{i}") for i in range(300)]
    composed = compose_dictionaries(first, second)
    expected = product(range(300), range(10))
    assert composed == [(f"s{i}", f"t{j}") for i, j in expected]


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "all"])
def test_wrong_numbers_of_translations(most):
    with pytest.raises(ValueError, match="max_translations must be"):
        compose_dictionaries(GERMAN, FRENCH, max_translations=most)


def test_weights_belong_to_pairs():
    with pytest.raises(ValueError, match="one number a pair, 1 in all"):
        Dictionary([("a", "b")], weights=[1.0, 2.0])
    for weight in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="finite numbers above 0"):
            Dictionary([("a", "b")], weights=[weight])
    given = Dictionary([("a", "x"), ("a", " x"), ("a", "y")], weights=[0.6, 0.2, 0.2])
    assert read_dictionary(given).weights.tolist() == [0.6, 0.2]
    given.append(("a", "z"))
    with pytest.raises(ValueError, match="4 pairs and 3 weights"):
        read_dictionary(given)


@pytest.mark.realdata
@pytest.mark.skipif(
    not os.environ.get("SKTRANSFER_DATA"), reason="SKTRANSFER_DATA is unset"
)
def test_german_to_japanese_and_chinese_by_english():
    german = invert(load_muse_dictionary("de").dictionary)
    place = {word: n for n, word in enumerate(dict.fromkeys(a for a, _ in german))}
    for language, pairs in {
        "ja": [("langweilig", "つまらない"), ("groß", "大きい")],
        "zh": [("langweilig", "無聊"), ("groß", "大")],
    }.items():
        english = load_muse_dictionary(language).dictionary
        composed = compose_dictionaries(german, english)
        assert set(pairs) <= set(composed)
        places = [place[word] for word, _ in composed]
        assert places == sorted(places)
        assert composed.skipped["without a translation"] < len(german)
