"""Does transfer help? Said in one sentence, with the noise of the labels."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from sktransfer.inspection import supervised_bound, transfer_conclusion


def conclude(source_right, main_right, bound=None):
    """Conclusion where each method is right on so many of 400 rows."""
    predictions = {
        name: np.repeat([0, 1], [right, 400 - right])
        for name, right in (("source only", source_right), ("main", main_right))
    }
    return transfer_conclusion(np.zeros(400, int), predictions, "main", bound=bound)


def test_conclusions_are_honest():
    assert "main is +0.250 above source only" in conclude(200, 300, 0.8)
    assert "closes 83 % of the gap" in conclude(200, 300, 0.8)
    assert "gap" not in conclude(200, 300)
    assert "gap" not in conclude(200, 300, np.nan)
    assert "Transfer hurts here (-0.250)" in conclude(300, 200, 0.8)
    assert "makes no difference that 400 labels can show" in conclude(300, 302, 0.8)


def test_a_baseline_of_another_name():
    predictions = {"none": [0] * 50, "all": [1] * 50}
    text = transfer_conclusion([1] * 50, predictions, "all", baseline="none")
    assert "all is +1.000 above none" in text
    with pytest.raises(ValueError, match=r"got none of \['source only'\]"):
        transfer_conclusion([1] * 50, predictions, "all")
    with pytest.raises(ValueError, match="inconsistent numbers"):
        transfer_conclusion([1] * 40, predictions, "all", baseline="none")


def test_the_bound_is_held_out(rng):
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "a", "b")
    assert supervised_bound(LogisticRegression(), X, y) > 0.8
    noise = rng.permutation(y)
    assert supervised_bound(LogisticRegression(), X, noise) < 0.8
    majority = supervised_bound(DummyClassifier(), X, y)
    assert majority == pytest.approx(max(np.mean(y == "a"), np.mean(y == "b")))


def test_a_class_of_one_row_has_no_bound():
    X = np.zeros((4, 1))
    assert np.isnan(supervised_bound(DummyClassifier(), X, [0, 0, 0, 1]))
    assert supervised_bound(DummyClassifier(), X, [0, 0, 1, 1]) == 0.5
