"""The check of parameters, by its public names."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from sktransfer.utils.validation import (
    check_parameters,
    check_value,
    integer,
    number,
    one_of,
)


@pytest.mark.parametrize(
    ("constraints", "good", "bad", "message"),
    [
        ([integer(1)], [1, np.int32(3)], [0, 1.0, True], "an integer of at least 1"),
        ([integer(1, 5)], [1, 5], [0, 6], "an integer from 1 to 5"),
        ([number(0)], [0, 1e300], [-1, np.inf, np.nan], "a number of at least 0"),
        (
            [number(0, np.inf), None],
            [0, np.inf, None],
            [-1, np.nan, "auto"],
            r"a number of at least 0 \(inf allowed\), or None",
        ),
        ([number(above=0, below=1)], [0.5], [0, 1], "a number above 0 and below 1"),
        ([number()], [-3.5], [np.inf, "1"], "a finite number"),
        ([one_of("b", "a")], ["a", "b"], ["c", 1], "one of 'a', 'b'"),
        ([integer(1), one_of("all")], [1, "all"], ["some"], ".* 1, or 'all'"),
        (["boolean"], [True, np.bool_(False)], [1, None], "True or False"),
        ([Mapping], [{}], [[]], "a mapping"),
    ],
)
def test_what_is_taken_and_what_the_message_says(constraints, good, bad, message):
    for value in good:
        check_value("k", value, *constraints)
    for value in bad:
        with pytest.raises(ValueError, match=f"^k must be {message}; got .*\\.$"):
            check_value("k", value, *constraints)


class Sorter(BaseEstimator):
    _parameter_constraints: ClassVar = {"k": [integer(1)]}

    def __init__(self, k=1):
        self.k = k


def test_the_class_is_named():
    check_parameters(Sorter(2))
    with pytest.raises(ValueError, match=r"^k of Sorter must be an integer.*; got 0"):
        check_parameters(Sorter(0))
    with pytest.raises(ValueError, match=r"the class Sorter\. .* such as Sorter\(\)"):
        check_parameters(Sorter(Sorter))
