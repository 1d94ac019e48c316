"""Content of items: kinds of columns, and what items share."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktransfer._cli._items import content_of, kind_of, number_features, read_items
from sktransfer._cli._items import tokens as words
from sktransfer.datasets import write_table


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "empty"),
        (["1", "2.5", None, "-3"], "number"),
        ([1, 2.5, None], "number"),
        ([["a", "b"], "c"], "list"),
        (["red", "blue", "red", "red"], "category"),
        (["red shoes", "blue boots", "wide hats"], "text"),
        (["so very long a text"] * 9, "text"),
    ],
)
def test_kinds(values, kind):
    assert kind_of(values, "items.csv", "c") == kind


def test_words_and_signs():
    assert words("A Red-Shoe 42") == ["red", "shoe", "42"]
    assert words("书包 red") == ["red", "书", "包", "书包"]


def test_numbers_share_the_more_the_closer_they_are():
    F = number_features([1.0, 1.1, 2.0, 5.0, None, *np.linspace(0, 9, 50)]).toarray()
    near, far, none = F[0] @ F[1], F[0] @ F[3], F[4]
    assert near > F[0] @ F[2] > far == 0
    assert not none.any()
    assert_allclose(F[np.arange(len(F)) != 4].sum(axis=1), 1)


def test_equal_numbers_are_alike():
    F = number_features(["7", "7", None]).toarray()
    assert F[0] @ F[1] > 0
    assert F[2] @ F[0] == 0


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
