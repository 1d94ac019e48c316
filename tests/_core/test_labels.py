"""Labels that may be missing."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sktransfer._core.labels import (
    known_labels,
    label_array,
    mask_labels,
    missing_labels,
)


@pytest.mark.parametrize(
    "y",
    [
        [1.0, float("nan"), 2.0],
        ["a", None, "b"],
        ["a", float("nan"), "b"],
        ["a", pd.NA, "b"],
        pd.Series(["a", None, "b"]),
        pd.Series([1, None, 2], dtype="Int64"),
        pd.array(["a", None, "b"]),
    ],
)
def test_missing_is_found_in_every_container(y):
    assert_array_equal(missing_labels(label_array(y)), [False, True, False])


def test_a_string_nan_is_a_label():
    assert not missing_labels(label_array(["nan", "x"])).any()


def test_known_labels_take_their_plainest_type():
    y = np.array(["a", None, "b"], dtype=object)
    assert known_labels(y, np.array([True, False, True])).dtype.kind == "U"
    y = np.array([1, None, 2], dtype=object)
    assert known_labels(y, np.array([True, False, True])).dtype.kind == "i"
    mixed = np.array([1, "b"], dtype=object)
    assert known_labels(mixed, np.array([True, True])).tolist() == [1, "b"]


def test_masking_does_not_depend_on_what_is_masked():
    keep = np.array([True, True, False])
    for junk in (7, "junk", None, np.nan, [1, 2]):
        y = np.empty(3, dtype=object)
        y[:2], y[2] = [0, 1], junk
        assert_array_equal(mask_labels(y, keep), [0.0, 1.0, np.nan])
        y[:2] = ["n", "p"]
        assert mask_labels(y, keep).tolist() == ["n", "p", None]


def test_nothing_masked_is_the_labels_themselves():
    y = np.array([2, 1])
    assert_array_equal(mask_labels(y, np.array([True, True])), y)
