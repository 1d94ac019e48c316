"""Columns of texts in two languages, by a dictionary."""

import numpy as np
import pytest

from sktransfer.crosslingual import read_dictionary, translate_columns

PAIRS = [("red", "rot"), ("shoe", "Schuh"), ("blue", "blau"), ("hat", "Hut")]
TITLES = ["Red shoe", "blue hat", "rot Schuh Neu", "Hut, blau!"]
LANGUAGES = ["en", "en", "de", "de"]


@pytest.mark.parametrize("turned", [False, True])
def test_translations_are_alike(turned):
    pairs = [(b, a) for a, b in PAIRS] if turned else PAIRS
    found = translate_columns({"title": TITLES}, LANGUAGES, pairs)
    sides = ("de", "en") if turned else ("en", "de")
    assert (found.language, found.translated) == sides
    share = 1.0 if turned else 0.8  # "neu" is in no dictionary
    assert found.coverage == {"title": pytest.approx(share)}
    alike = (found.features["title"] @ found.features["title"].T).toarray()
    assert alike[0, 2] > 0.5 * alike[0, 0] > 0 == alike[0, 3] == alike[0, 1]
    assert alike[1, 3] > 0.5 * alike[1, 1] > 0 == alike[1, 2]


def test_a_column_of_one_language_is_left_out():
    columns = {"title": TITLES, "made": ["of wool", "of wool too", None, None]}
    assert set(translate_columns(columns, LANGUAGES, PAIRS).features) == {"title"}


@pytest.mark.parametrize("languages", [["en"] * 4, ["en", "de", "fr", "en"]])
def test_languages_that_are_not_two(languages):
    with pytest.raises(ValueError, match="name two languages"):
        translate_columns({"title": TITLES}, languages, PAIRS)


def test_what_cannot_be_translated():
    with pytest.raises(ValueError, match="no row has a word of the 'de' texts"):
        translate_columns({"title": TITLES}, LANGUAGES, [("rouge", "rosso")])
    columns = {"title": ["red", None], "more": [None, "rot"]}
    with pytest.raises(ValueError, match="no column has texts of 'en' and of 'de'"):
        translate_columns(columns, ["en", "de"], PAIRS)


def test_forms_of_a_dictionary_are_one(tmp_path):
    path = tmp_path / "en-de.csv"
    path.write_text("".join(f"{a},{b}\n" for a, b in PAIRS), encoding="utf-8")
    for given in (path, str(path), dict(PAIRS), np.array(PAIRS)):
        assert read_dictionary(given) == PAIRS
