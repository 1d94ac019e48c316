"""Labels that may be missing."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.neighbors import KNeighborsClassifier

from sktransfer import TransferClassifier

X = np.arange(6.0)[:, None]
DOMAIN = np.array([1, 1, 1, 1, -2, -2])


class Listener(TransformerMixin, BaseEstimator):
    """A mapper that keeps the labels that it is given."""

    def fit(self, X, y=None, sample_domain=None):
        self.y_ = y
        return self

    def transform(self, X):
        return X


def fitted(y, **settings):
    nearest = KNeighborsClassifier(1)
    model = TransferClassifier(nearest, mapper=Listener(), **settings)
    return model.fit(X, y, sample_domain=DOMAIN)


@pytest.mark.parametrize(
    "y",
    [
        [1.0, float("nan"), 2.0, 2.0, float("nan"), float("nan")],
        ["a", None, "b", "b", None, None],
        ["a", float("nan"), "b", "b", float("nan"), None],
        ["a", pd.NA, "b", "b", pd.NA, pd.NaT],
        pd.Series(["a", None, "b", "b", None, None]),
        pd.Series([1, None, 2, 2, None, None], dtype="Int64"),
        pd.array(["a", None, "b", "b", None, None]),
    ],
)
def test_missing_is_found_in_every_container(y):
    model = fitted(y)
    first, second = model.classes_
    assert (first, second) in (("a", "b"), (1, 2))
    # the row without a label is no neighbour: that at 1 goes to 0 or 2, never to itself
    assert_array_equal(model.predict([[0.9], [1.2]]), [first, second])
    assert model.estimator_.n_samples_fit_ == 3


def test_a_string_nan_is_a_label():
    model = fitted(["nan", "x", "x", "nan", "", ""])
    assert model.classes_.tolist() == ["nan", "x"]
    assert model.estimator_.n_samples_fit_ == 4


def test_known_labels_take_their_plainest_type():
    text = np.array(["a", None, "b", "b", None, None], dtype=object)
    assert fitted(text).classes_.dtype.kind == "U"
    number = np.array([1, None, 2, 2, None, None], dtype=object)
    assert fitted(number).classes_.dtype.kind == "i"
    mixed = np.array([1, "b", "b", None, None, None], dtype=object)
    with pytest.raises(ValueError, match="labels of one type"):  # not "1" and "b"
        fitted(mixed)


@pytest.mark.parametrize("junk", [7, "junk", None, np.nan, [1, 2]])
@pytest.mark.parametrize("labels", [(0, 1), ("n", "p")])
def test_masking_does_not_depend_on_what_is_masked(junk, labels):
    y = np.empty(6, dtype=object)
    y[:4] = labels * 2
    for row in (4, 5):
        y[row] = junk
    seen = fitted(y).mapper_.y_
    assert seen[:4].tolist() == list(labels * 2)
    if labels[0] == 0:
        assert seen.dtype == np.float64
        assert np.isnan(seen[4:]).all()
    else:
        assert seen[4:].tolist() == [None, None]


def test_nothing_masked_is_the_labels_themselves():
    y = np.array([2, 1, 1, 2, 2, 1])
    seen = fitted(y, target_labels="use").mapper_.y_
    assert seen.dtype == y.dtype
    assert_array_equal(seen, y)
