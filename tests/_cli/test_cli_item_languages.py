"""Texts of items in two languages, by a dictionary."""

import numpy as np
import pytest
from handed import handed
from scipy import sparse

from sktransfer.__main__ import main
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


def options(folder, items="items.csv", **named):
    """Options of a shop that has sold the items a to d."""
    write_table(folder / "log.csv", {"user": ["u"] * 4, "item": list("abcd")})
    found = ["--target", folder / "log.csv", "--items", folder / items]
    for name, value in named.items():
        found += [f"--{name.replace('_', '-')}", value]
    return list(map(str, found))


def likeness(folder, *arguments, **named):
    """Products of the contents of the items, and what was said before."""
    content = handed("recommend", *options(folder, *arguments, **named))
    C = content.estimator.item_features.toarray()
    return C @ C.T


@pytest.mark.parametrize("turned", [False, True])
def test_translations_are_alike(shoes, turned, capsys):
    path = shoes / "en-de.csv"
    sides = ["en", "de"]
    if turned:
        lines = [",".join(line.split(",")[::-1]) for line in PAIRS.splitlines()]
        write(path, "\n".join(lines))
        sides = sides[::-1]
    alike = likeness(shoes, dictionary=path)
    share = 100 if turned else 80  # "neu" is in no dictionary
    text = f"{sides[1]} texts of items into {sides[0]}: of the words, {share} % in 'tit"
    assert text in capsys.readouterr().out
    assert alike[0, 2] > 0.5 * alike[0, 0] > 0 == alike[0, 3] == alike[0, 1]
    assert alike[1, 3] > 0.5 * alike[1, 1] > 0 == alike[1, 2]


def test_only_without_a_dictionary_a_language_is_content(shoes):
    for named, kinds in (
        ({}, "title (text), language (category)"),
        ({"dictionary": shoes / "en-de.csv"}, "title (text)"),
    ):
        page = shoes / "r.html"
        assert main(["recommend", *options(shoes, report=page, **named)]) == 0
        assert f"Content: {kinds}." in page.read_text(encoding="utf-8")


def test_a_column_of_one_language_stays_as_it_is(shoes, capsys):
    table = {
        "item": ["a", "b", "c", "d"],
        "title": ["Red shoe", "blue hat", "rot Schuh", "Hut blau"],
        "made": ["of pure wool", "of wool too", None, None],
        "in": ["en", "en", "de", "de"],
    }
    write_table(shoes / "more.csv", table)
    named = {"dictionary": shoes / "en-de.csv", "language_column": "in"}
    alike = likeness(shoes, "more.csv", **named)
    assert "of the words, 100 % in 'title'.\n" in capsys.readouterr().out
    assert alike[0, 1] > 0 == alike[0, 3]  # wool
    assert alike[0, 2] > 0


def refuse(folder, table, dictionary, message, capsys):
    rows = {"item": list("abcdef")[: len(table["lang"])], **table}
    write_table(folder / "refused.csv", rows)
    named = {"dictionary": dictionary, "language_column": "lang"}
    assert main(["recommend", *options(folder, "refused.csv", **named)]) == 2
    assert message in capsys.readouterr().err


def test_languages_that_are_not_two(shoes, capsys):
    path = str(shoes / "en-de.csv")
    title = ["red", "rot", "rouge"]
    for languages, message in (
        (["en", "", "fr"], "'lang' is empty in row 2"),
        (["en"] * 3, "must name two languages for --dictionary; got 'en'\n"),
        (["en", "de", "fr"], "got 'de', 'en', 'fr'\n"),
    ):
        refuse(shoes, {"title": title, "lang": languages}, path, message, capsys)


def test_a_dictionary_of_other_languages(shoes, capsys):
    path = write(shoes / "fr-it.csv", "rouge,rosso\n")
    table = {"title": ["red", "rot"], "lang": ["en", "de"]}
    refuse(shoes, table, path, "fr-it.csv: dictionary: no row has a word", capsys)


def test_each_column_in_another_language(shoes, capsys):
    table = {"title": ["red", None], "more": [None, "rot"], "lang": ["en", "de"]}
    path = str(shoes / "en-de.csv")
    refuse(shoes, table, path, "no column has texts of 'en' and of 'de'", capsys)


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
    log = tmp_path / "log.csv"  # of all items, so that their contents are in order
    assert sorted(shop.item_ids) == list(shop.item_ids)
    write_table(log, {"user": ["u"] * 120, "item": shop.item_ids})
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
        arguments = ["--target", log, "--items", tmp_path / "items.csv"]
        if given:
            arguments += ["--dictionary", given]
        content = handed("recommend", *arguments).estimator.item_features
        model = ColdStartRecommender(content).fit(known)
        ranked, _ = model.recommend(known, 10, candidates=np.flatnonzero(new))
        found[name] = np.nanmean(ndcg_at_k(hidden, ranked, average=None))
    gain = found["translated"] - found["without"]
    assert gain > 0.6 * (found["english"] - found["without"]) > 0.05
