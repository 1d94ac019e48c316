"""LogCountRatioScaler: the ratios by hand, soft labels, sparse and dense."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.text import LogCountRatioScaler

X = np.array([[2.0, 0, 1], [1, 0, 1], [0, 3, 1], [0, 1, 1], [1, 1, 1]])
Y = np.array(["good", "good", "bad", "bad", "bad"])


def log_count_ratios(inside, smoothing):
    """One count at a time."""
    found = []
    for column in X.T:
        holds = [
            (smoothing + sum(column[rows] != 0)) / (smoothing + sum(rows))
            for rows in (inside, ~inside)
        ]
        found.append(np.log(holds[0] / holds[1]))
    return np.array(found)


@pytest.mark.parametrize("smoothing", [1.0, 0.1])
def test_factors_are_the_ratios_of_counts(smoothing):
    scale = LogCountRatioScaler(1.0, smoothing=smoothing).fit(X, Y).scale_
    expected = np.abs(log_count_ratios(Y == "good", smoothing))
    assert_allclose(scale / scale[0], expected / expected[0], atol=1e-12)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_factors_are_powers_of_the_ratios_and_rows_have_unit_length(power):
    scaler = LogCountRatioScaler(power)
    Z = scaler.fit_transform(X, Y)
    expected = np.array([np.log(2), np.log(3), 0]) ** power
    assert_allclose(scaler.scale_ / scaler.scale_[0], expected / expected[0])
    assert_allclose((Z**2).sum() / 5, 1)


def test_sparse_equals_dense_and_an_explicit_zero_is_absent():
    row, column = np.nonzero(X)
    S = sp.csr_array(
        sp.coo_array(
            (np.r_[X[row, column], 0.0], (np.r_[row, 0], np.r_[column, 1])), X.shape
        )
    )
    assert S.nnz == len(row) + 1
    before = S.copy()
    found = LogCountRatioScaler().fit(S, Y)
    assert_allclose(found.scale_, LogCountRatioScaler().fit(X, Y).scale_)
    assert_allclose(
        found.transform(S).toarray(), LogCountRatioScaler().fit(X, Y).transform(X)
    )
    assert_array_equal(before.data, S.data)


def test_soft_labels_between_their_extremes():
    hard = LogCountRatioScaler().fit(X, Y)
    soft = LogCountRatioScaler().fit(
        X, np.where(Y == "good", 0.9, -0.9) + 1e-9 * np.arange(5)
    )
    assert_allclose(soft.scale_, hard.scale_, atol=1e-6)


def test_several_classes_take_the_largest_weight():
    y = np.array([0, 1, 2, 2, 2])
    scaler = LogCountRatioScaler(1.0).fit(X, y)
    ratios = [log_count_ratios(y == c, 1.0) for c in range(3)]
    expected = np.abs(ratios).max(axis=0)
    assert_allclose(scaler.scale_ / scaler.scale_.max(), expected / expected.max())


def test_no_information_leaves_the_features_in_proportion():
    scaler = LogCountRatioScaler().fit(np.ones((4, 2)), [0, 1, 0, 1])
    assert_allclose(scaler.scale_, np.full(2, np.sqrt(0.5)))
    assert_array_equal(
        LogCountRatioScaler().fit(np.zeros((4, 2)), [0, 1, 0, 1]).scale_, [1, 1]
    )


def test_float32_stays():
    Z = LogCountRatioScaler().fit_transform(X.astype(np.float32), Y)
    assert Z.dtype == np.float32


@pytest.mark.parametrize(("name", "value"), [("power", -1), ("smoothing", 0.0)])
def test_parameters_out_of_range(name, value):
    with pytest.raises(
        ValueError, match=f"{name} of LogCountRatioScaler must be a num"
    ):
        LogCountRatioScaler().set_params(**{name: value}).fit(X, Y)
