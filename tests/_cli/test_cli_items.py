"""Content of items: kinds of columns, and what items share."""

import numpy as np
from handed import handed
from numpy.testing import assert_allclose

from sktransfer.__main__ import main
from sktransfer.datasets import write_table


def arguments(folder, items, sold):
    """Options of a shop with a table of items, each sold once."""
    write_table(folder / "log.csv", {"user": ["u"] * len(sold), "item": sold})
    return ["--target", folder / "log.csv", "--items", items]


def content(folder, items, sold):
    """Content of the items sold, in the order of their names."""
    seen = handed("recommend", *arguments(folder, items, sold))
    return seen.estimator.item_features


def test_columns_count_the_same_and_unknown_items_have_no_content(tmp_path, capsys):
    path = tmp_path / "items.jsonl"
    table = {
        "item": ["a", "b", "c", "d"],
        "kinds": [["x", "y"], ["x"], ["y"], None],
        "price": [1, 2, 3, 4],
        "none": [None] * 4,
    }
    write_table(path, table)
    found = content(tmp_path, path, ["a", "b", "c", "d", "zz"]).toarray()
    assert not found[4].any()  # not in the table
    kinds, price = found[:, :2], found[:, 2:]
    assert not kinds[3].any()
    assert_allclose((kinds**2).sum() / 3, 1)  # mean square length of those that are
    assert_allclose((price**2).sum() / 4, 1)
    assert kinds[0] @ kinds[1] > 0 == kinds[1] @ kinds[2]
    page = tmp_path / "r.html"
    options = [*arguments(tmp_path, path, ["a", "b"]), "--report", page]
    assert main(["recommend", *map(str, options)]) == 0
    said = "Content: kinds (list), price (number), none (empty)."
    assert said in page.read_text(encoding="utf-8")


def test_bars_in_a_field_separate_values(tmp_path):
    path = tmp_path / "items.csv"
    write_table(path, {"item": list("abc"), "genre": ["x| y", "y|", "x"]})
    a, b, c = content(tmp_path, path, list("abc")).toarray()
    assert a @ b > 0 == b @ c
    assert a @ c > 0


def test_columns_in_which_nothing_recurs_bring_nothing(tmp_path):
    path = tmp_path / "items.csv"
    write_table(path, {"item": ["a", "b"], "title": ["one thing", "another matter"]})
    found = content(tmp_path, path, ["a", "b"])
    assert found.shape == (2, 1)
    assert not np.any(found.toarray())
