"""Texts of items in two languages, by a dictionary."""

import numpy as np
import pytest
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._items import content_of, read_items, translation_line
from sktransfer.datasets import (
    make_bilingual_reviews,
    make_market_interactions,
    write_table,
)
from sktransfer.metrics import ndcg_at_k
from sktransfer.recommend import ColdStartRecommender

PAIRS = "red,rot\nshoe,Schuh\nblue,blau\nhat,Hut\n"


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def shoes(tmp_path):
    """Items of two languages and a dictionary."""
    table = {
        "item": ["a", "b", "c", "d"],
        "title": ["Red shoe", "blue hat", "rot Schuh Neu", "Hut, blau!"],
        "language": ["en", "en", "de", "de"],
    }
    write_table(tmp_path / "items.csv", table)
    write(tmp_path / "en-de.csv", PAIRS)
    return tmp_path


@pytest.mark.parametrize("turned", [False, True])
def test_translations_are_alike(shoes, turned):
    path = shoes / "en-de.csv"
    sides = ["en", "de"]
    if turned:
        lines = [",".join(line.split(",")[::-1]) for line in PAIRS.splitlines()]
        write(path, "\n".join(lines))
        sides = sides[::-1]
    items = read_items(str(shoes / "items.csv"), "item", str(path))
    assert items.kinds == {"title": "text"}  # the language is no content
    assert [items.translation.language, items.translation.translated] == sides
    share = 1.0 if turned else 0.8  # "neu" is in no dictionary
    assert items.translation.coverage == {"title": pytest.approx(share)}
    text = f"{sides[1]} texts of items into {sides[0]}: of the words, {100 * share:.0f}"
    assert text in translation_line(items.translation)
    C = content_of(items, items.ids).toarray()
    alike = C @ C.T
    assert alike[0, 2] > 0.5 * alike[0, 0] > 0 == alike[0, 3] == alike[0, 1]
    assert alike[1, 3] > 0.5 * alike[1, 1] > 0 == alike[1, 2]


def test_without_a_dictionary_a_language_is_a_category(shoes):
    items = read_items(str(shoes / "items.csv"), "item")
    assert items.translation is None
    assert items.kinds == {"title": "text", "language": "category"}


def test_a_column_of_one_language_stays_as_it_is(shoes):
    path = str(shoes / "more.csv")
    table = {
        "item": ["a", "b", "c", "d"],
        "title": ["Red shoe", "blue hat", "rot Schuh", "Hut blau"],
        "made": ["of pure wool", "of wool too", None, None],
        "in": ["en", "en", "de", "de"],
    }
    write_table(path, table)
    items = read_items(path, "item", str(shoes / "en-de.csv"), "in")
    assert set(items.translation.features) == {"title"}
    C = content_of(items, items.ids)
    alike = (C @ C.T).toarray()
    assert alike[0, 1] > 0 == alike[0, 3]  # wool
    assert alike[0, 2] > 0


def refuse(folder, table, dictionary, message):
    path = str(folder / "refused.csv")
    write_table(path, {"item": list("abcdef")[: len(table["lang"])], **table})
    with pytest.raises(CommandError, match=message):
        read_items(path, "item", dictionary, "lang")


def test_languages_that_are_not_two(shoes):
    path = str(shoes / "en-de.csv")
    title = ["red", "rot", "rouge"]
    for languages, message in (
        (["en", "", "fr"], "'lang' is empty in row 2"),
        (["en"] * 3, "must name two languages .* got 'en'$"),
        (["en", "de", "fr"], "got 'de', 'en', 'fr'$"),
    ):
        refuse(shoes, {"title": title, "lang": languages}, path, message)


def test_a_dictionary_of_other_languages(shoes):
    path = write(shoes / "fr-it.csv", "rouge,rosso\n")
    table = {"title": ["red", "rot"], "lang": ["en", "de"]}
    refuse(shoes, table, path, "fr-it.csv: dictionary: no row has a word")


def test_each_column_in_another_language(shoes):
    table = {"title": ["red", None], "more": [None, "rot"], "lang": ["en", "de"]}
    path = str(shoes / "en-de.csv")
    refuse(shoes, table, path, "no column has texts of 'en' and of 'de'")


def test_new_items_are_found_through_the_dictionary(tmp_path):
    """Every fifth item is new and described in German; nearly as good as English."""
    shop = make_market_interactions(n_users=(300, 10), n_items=120)
    X = shop.data[shop.sample_domain > 0]
    new = np.arange(120) % 5 == 0
    known = sparse.csr_array(X.multiply(~new[None]))
    hidden = sparse.csr_array(X.multiply(new[None]))
    dictionary = {
        pair
        for category in ("books", "music", "kitchen", "electronics")
        for pair in make_bilingual_reviews(
            20, source=f"en/{category}", target=f"de/{category}"
        ).dictionary
    }
    lines = sorted(f"{a},{b}" for a, b in dictionary)
    path = write(tmp_path / "en-de.csv", "\n".join(lines))
    english, german = shop.titles["en"], shop.titles["de"]
    found = {}
    for name, titles, given in (
        ("english", english, None),
        ("without", np.where(new, german, english), None),
        ("translated", np.where(new, german, english), path),
    ):
        table = {"item": shop.item_ids, "title": titles}
        if given:
            table["language"] = np.where(new, "de", "en")
        write_table(tmp_path / "items.csv", table)
        items = read_items(str(tmp_path / "items.csv"), "item", given)
        content = content_of(items, shop.item_ids)
        model = ColdStartRecommender(content).fit(known)
        ranked, _ = model.recommend(known, 10, candidates=np.flatnonzero(new))
        found[name] = np.nanmean(ndcg_at_k(hidden, ranked, average=None))
    gain = found["translated"] - found["without"]
    assert gain > 0.6 * (found["english"] - found["without"]) > 0.05
