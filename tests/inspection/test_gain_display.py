"""TransferGainDisplay: gains on the same rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.dummy import DummyClassifier

from sktransfer.inspection import TransferGainDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def test_from_predictions_with_names_of_classes():
    y = np.array(["no", "yes", "yes", "no"])
    predictions = {
        "none": ["no", "no", "no", "no"],
        "worse": ["yes", "no", "no", "no"],
        "all": y,
    }
    display = TransferGainDisplay.from_predictions(y, predictions, baseline="none")
    assert display.names == ["worse", "all"]
    assert_allclose(display.gains, [-0.25, 0.5])
    assert display.baseline_score == 0.5
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
        "worse",
        "all",
    ]
    assert [bar.get_width() for bar in display.bars_] == [-0.25, 0.5]
    assert "none (0.500)" in display.ax_.get_xlabel()


def test_from_estimators_predicts():
    X, y = np.zeros((4, 1)), np.array([0, 1, 1, 1])
    models = {
        "source only": DummyClassifier(strategy="constant", constant=0).fit(X, y),
        "adapted": DummyClassifier(strategy="constant", constant=1).fit(X, y),
    }
    display = TransferGainDisplay.from_estimators(models, X, y)
    assert_allclose(display.gains, [0.5])


def test_draws_where_it_is_told():
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    predictions = {"source only": [0, 1], "adapted": [0, 1]}
    display = TransferGainDisplay.from_predictions([0, 1], predictions, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure


@pytest.mark.parametrize(
    "predictions", [{"adapted": [0, 1]}, {"source only": [0, 1]}, {}]
)
def test_baseline_and_another_method_are_needed(predictions):
    with pytest.raises(ValueError, match="baseline 'source only'"):
        TransferGainDisplay.from_predictions([0, 1], predictions)


def test_numbers_of_rows_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers"):
        TransferGainDisplay.from_predictions(
            [0, 1], {"source only": [0, 1], "adapted": [0]}
        )


def test_without_matplotlib_the_message_says_how(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ImportError, match="matplotlib, which is not installed"):
        TransferGainDisplay.from_predictions(
            [0, 1], {"source only": [0, 1], "adapted": [0, 0]}
        )
