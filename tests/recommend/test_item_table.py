"""Content of items from a table: kinds of columns, and what items share."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend import column_kind, item_content


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
    assert column_kind(values) == kind


def test_numbers_share_the_more_the_closer_they_are():
    F = item_content(
        {"price": [1.0, 1.1, 2.0, 5.0, None, *np.linspace(0, 9, 50)]}
    ).toarray()
    near, far, none = F[0] @ F[1], F[0] @ F[3], F[4]
    assert near > F[0] @ F[2] > far == 0
    assert not none.any()
    sums = F[np.arange(len(F)) != 4].sum(axis=1)
    assert_allclose(sums, sums[0])


def test_equal_numbers_are_alike():
    F = item_content({"price": ["7", "7", None]}).toarray()
    assert F[0] @ F[1] > 0
    assert F[2] @ F[0] == 0


def test_a_word_among_numbers_is_told():
    with pytest.raises(ValueError, match=r"row 3: expected a finite .* 11 other"):
        column_kind([*"12", "three", *"456789123"])


def test_each_column_counts_the_same():
    columns = {"kinds": [["x", "y"], ["x"], ["y"], None], "price": [1, 2, 3, 4]}
    content = item_content(columns).toarray()
    assert_allclose((content[:, :2] ** 2).sum() / 3, 1)
    assert_allclose((content[:, 2:] ** 2).sum() / 4, 1)
    given = {"kinds": sparse.csr_array(np.eye(4))}
    replaced = item_content(columns, features=given).toarray()
    assert_array_equal(replaced[:, :4], np.eye(4))
    assert_array_equal(replaced[:, 4:], content[:, 2:])
    as_text = item_content(columns, kinds={"price": "category"})
    assert as_text.nnz == 0  # no value recurs


def test_columns_that_do_not_fit():
    with pytest.raises(ValueError, match="one length"):
        item_content({"a": [1, 2], "b": [1]})
    with pytest.raises(ValueError, match="The kind of column 'a' must be one of"):
        item_content({"a": [1, 2]}, kinds={"a": "numbers"})


def test_words_of_a_script_without_spaces_are_shared(rng):
    things = ["รองเท้า", "กระเป๋า", "เสื้อกันหนาว", "นาฬิกา"]
    colours = ["สีแดง", "สีดำ", "สีขาว"]
    ends = ["ราคาถูก", "ของแท้", "ส่งฟรี", "ใหม่ล่าสุด", "คุณภาพดี"]
    thing = np.repeat(np.arange(4), 30)
    titles = [things[k] + rng.choice(colours) + rng.choice(ends) for k in thing]
    content = item_content({"title": titles}, kinds={"title": "text"})
    likeness = (content @ content.T).toarray()
    alike, titles = thing[:, None] == thing, np.array(titles)
    other = titles[:, None] != titles
    assert likeness[alike & other].mean() > 2 * likeness[~alike].mean()
