"""WeightDisplay: weights, nearest rows and what weighting moves, by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import StandardScaler

from sktransfer import (
    AutoTransferClassifier,
    KMMInstanceWeighter,
    TransferClassifier,
)
from sktransfer.inspection import WeightDisplay

pytest.importorskip("matplotlib")


@pytest.fixture
def rows():
    X = np.array([[0.0, 1.0], [4.0, 3.0], [2.0, 2.0], [8.0, 0.0], [4.1, 0], [0.2, 0]])
    return X, ["a", "b", "a", "b", None, None], np.array([1, 1, 1, 1, -2, -2])


def test_rows_nearest_rows_and_moved_features(rows):
    X, _, d = rows
    weighter = KMMInstanceWeighter().fit(X, sample_domain=d)
    weights = weighter.weights_[:4]
    shown = WeightDisplay.from_estimator(weighter, X, sample_domain=d, n_rows=1)
    assert_array_equal(shown.rows, np.argsort(-weights)[[0, 3]])
    assert_allclose(shown.weights, weights[shown.rows] / weights.mean())
    nearest = [4 + np.abs(X[4:] - X[i]).sum(axis=1).argmin() for i in shown.rows]
    assert_array_equal(shown.nearest, nearest)
    moved = np.average(X[:4], axis=0, weights=weights) - X[:4].mean(axis=0)
    moved /= X[:4].std(axis=0)
    order = np.argsort(-np.abs(moved))
    assert_allclose(shown.shift, moved[order])
    assert shown.names == [f"x{j}" for j in order]
    assert_allclose(shown.effective_size, weights.sum() ** 2 / (weights**2).sum())
    assert shown.labels[0] == f"row {shown.rows[0]} → row {nearest[0]}"
    widths = [bar.get_width() for bar in shown.bars_]
    assert_allclose(widths, shown.weights)


@pytest.mark.parametrize("kind", [pd.DataFrame, sparse.csr_array, np.float32])
def test_containers(rows, kind):
    X, _, d = rows
    weighter = KMMInstanceWeighter().fit(X, sample_domain=d)
    plain = WeightDisplay.from_estimator(weighter, X, sample_domain=d)
    found = WeightDisplay.from_estimator(weighter, kind(X), sample_domain=d)
    assert_array_equal(found.rows, plain.rows)
    assert_array_equal(found.nearest, plain.nearest)
    assert_allclose(found.shift, plain.shift, rtol=1e-5)


def test_of_a_model_in_the_space_of_its_mapper():
    texts = ["red pen", "blue pen", "red cup", "old cup", "blue cup", "blue pen"] * 10
    d = np.tile([1, 1, 1, 1, -2, -2], 10)
    y = ["pen" in text for text in texts]
    model = TransferClassifier(mapper=CountVectorizer(), weighter=KMMInstanceWeighter())
    model.fit(texts, y, sample_domain=d)
    auto = AutoTransferClassifier([("weighted", model)])
    auto.best_estimator_ = model
    for estimator in (model, auto):
        shown = WeightDisplay.from_estimator(
            estimator, texts, sample_domain=d, n_rows=2
        )
        assert dict(zip(shown.names, shown.shift))["blue"] > 0
        assert shown.labels[0] == "blue pen → blue pen"
        assert "blue +" in shown.ax_.get_title().replace("\n", " ")
        assert len(shown.rows) == 4


def test_errors(rows):
    X, y, d = rows
    weighter = KMMInstanceWeighter().fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="the 6 rows"):
        WeightDisplay.from_estimator(weighter, X[:5], sample_domain=d[:5])
    with pytest.raises(ValueError, match="takes a fitted weighter"):
        WeightDisplay.from_estimator(StandardScaler(), X, sample_domain=d)
    plain = TransferClassifier().fit(X, y, sample_domain=d)
    with pytest.raises(ValueError, match="without"):
        WeightDisplay.from_estimator(plain, X, sample_domain=d)
    with pytest.raises(ValueError, match="n_rows"):
        WeightDisplay.from_estimator(weighter, X, sample_domain=d, n_rows=0)
    with pytest.raises(ValueError, match="source"):
        WeightDisplay.from_estimator(weighter, X, sample_domain=-np.ones(6, int))
