"""Content of items: kinds of columns, and what items share."""

import numpy as np
from numpy.testing import assert_allclose

from sktransfer._cli._items import content_of, read_items
from sktransfer.datasets import write_table


def test_columns_count_the_same_and_unknown_items_have_no_content(tmp_path):
    path = tmp_path / "items.jsonl"
    table = {
        "item": ["a", "b", "c", "d"],
        "kinds": [["x", "y"], ["x"], ["y"], None],
        "price": [1, 2, 3, 4],
        "none": [None] * 4,
    }
    write_table(path, table)
    items = read_items(str(path), "item")
    assert items.kinds == {"kinds": "list", "price": "number", "none": "empty"}
    content = content_of(items, np.array(["d", "zz", "a", "b", "c"])).toarray()
    assert not content[1].any()  # not in the table
    kinds, price = content[:, :2], content[:, 2:]
    assert not kinds[0].any()
    assert_allclose((kinds**2).sum() / 3, 1)  # mean square length of those that are
    assert_allclose((price**2).sum() / 4, 1)
    assert kinds[2] @ kinds[3] > 0 == kinds[3] @ kinds[4]


def test_bars_in_a_field_separate_values(tmp_path):
    path = tmp_path / "items.csv"
    write_table(path, {"item": ["a", "b"], "genre": ["x| y", "y|"]})
    assert read_items(str(path), "item").columns["genre"] == [["x", "y"], ["y"]]


def test_columns_in_which_nothing_recurs_bring_nothing(tmp_path):
    path = tmp_path / "items.csv"
    write_table(path, {"item": ["a", "b"], "title": ["one thing", "another matter"]})
    content = content_of(read_items(str(path), "item"), np.array(["a", "b"]))
    assert content.shape == (2, 1)
    assert content.nnz == 0
