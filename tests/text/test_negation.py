"""Negated words."""

import pytest

from sktransfer.text.negation import (
    ENGLISH_NEGATORS,
    JAPANESE_NEGATORS,
    mark_negations,
    target_negators,
)


def mark(text, negators=ENGLISH_NEGATORS, span=3):
    return " ".join(mark_negations(text.split(), negators, span))


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("i do not like it", "i do not not_like not_it"),
        ("not a b c d", "not not_a not_b not_c d"),
        ("not good , but cheap", "not not_good , but cheap"),
        ("not bad ! good", "not not_bad ! good"),
        # a negator in the reach of another starts anew, and stays as it is
        ("not a never b c d e", "not not_a never not_b not_c not_d e"),
        ("it doesn't work", "it doesn't not_work"),
        ("5 not 5", "5 not not_5"),
        ("good not", "good not"),
        ("", ""),
    ],
)
def test_words_after_a_negation(text, marked):
    assert mark(text) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("これ は 面白く ない です", "not_これ not_は not_面白く ない です"),
        ("本 を 読み たく なかっ た", "not_本 not_を not_読み not_たく なかっ た"),
        ("良い 。 悪く ない", "良い 。 not_悪く ない"),
        # each word is marked once, and a negation does not reach over another
        ("面白く なく 良く ない", "not_面白く なく not_良く ない"),
        ("ない 本", "ない 本"),
    ],
)
def test_japanese_negates_what_stands_before(text, marked):
    assert mark(text, JAPANESE_NEGATORS, 4) == marked


def test_chinese_negates_what_follows():
    assert mark("书 不 好 看", {"不"}, 1) == "书 不 not_好 看"


def test_span():
    assert mark("not a b c", span=0) == "not a b c"
    assert mark("not a b c", span=1) == "not not_a b c"
    assert mark("not a b c", span=9) == "not not_a not_b not_c"


def test_words_that_mostly_translate_a_negation_negate():
    pairs = [
        ("not", "pas"),
        ("step", "pas"),
        ("nor", "noch"),
        ("still", "noch"),
        ("no", "kein"),
        ("never", "jamais"),
        ("good", "gut"),
    ]
    counts = {"not": 90, "step": 3, "nor": 2, "still": 9, "no": 50, "good": 80}
    # "never" does not occur: nothing is known of it
    assert target_negators(pairs, ENGLISH_NEGATORS, counts) == {"pas", "kein"}
    assert target_negators(iter(pairs), {"still", "nor"}, counts) == {"noch"}
    assert target_negators([], ENGLISH_NEGATORS, counts) == set()
