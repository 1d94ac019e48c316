"""Rows of words, whatever their case."""

from numpy.testing import assert_array_equal

from sktransfer.crosslingual.word_spaces._word_finder import WordFinder


def test_as_it_stands_before_another_case():
    rows = WordFinder(["Haus", "haus", "HOF", "Hof"])
    assert_array_equal(rows.look_up(["haus", "Haus", "HAUS"]), [1, 0, 0])
    assert_array_equal(rows.look_up(["hof", "Hof", "none"]), [2, 3, -1])


def test_width_and_composition_of_characters():
    rows = WordFinder(["ＡＢＣ", "\u0075\u0308ber"])
    assert_array_equal(rows.look_up(["abc", "über"]), [0, 1])


def test_nothing():
    assert WordFinder([]).look_up(["a"]).tolist() == [-1]
    assert WordFinder(["a"]).look_up([]).shape == (0,)
