"""TransferGainDisplay: gains on the same rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.dummy import DummyClassifier

from sktransfer.inspection import TransferGainDisplay
from sktransfer.inspection._gain_display import paired_gain

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def test_gain_counts_rows_won_less_rows_lost():
    right = np.array([1, 1, 1, 0, 0], dtype=bool)
    baseline = np.array([1, 0, 0, 1, 0], dtype=bool)
    gain, half_width = paired_gain(right, baseline)
    assert gain == pytest.approx(1 / 5)
    # differences 0, 1, 1, -1, 0: variance 3/5 - 1/25
    assert half_width == pytest.approx(norm.ppf(0.975) * np.sqrt((0.6 - 0.04) / 5))


def test_the_interval_covers_as_often_as_it_says(rng):
    inside = []
    for _ in range(400):
        a, b = rng.random(300) < 0.8, rng.random(300) < 0.7
        gain, half_width = paired_gain(a, b, confidence=0.9)
        inside.append(abs(gain - 0.1) <= half_width)
    # three standard errors around .9
    assert abs(np.mean(inside) - 0.9) < 3 * np.sqrt(0.9 * 0.1 / 400) + 0.01


def test_same_predictions_gain_nothing():
    assert paired_gain([1, 0, 1], [1, 0, 1]) == (0.0, 0.0)


def test_swapping_method_and_baseline_changes_the_sign(rng):
    a, b = rng.random(50) < 0.6, rng.random(50) < 0.5
    gain, half_width = paired_gain(a, b)
    assert_allclose(paired_gain(b, a), (-gain, half_width))


def test_from_predictions_with_names_of_classes():
    y = np.array(["no", "yes", "yes", "no"])
    said = {
        "none": ["no", "no", "no", "no"],
        "worse": ["yes", "no", "no", "no"],
        "all": y,
    }
    display = TransferGainDisplay.from_predictions(y, said, baseline="none")
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
    said = {"source only": [0, 1], "adapted": [0, 1]}
    display = TransferGainDisplay.from_predictions([0, 1], said, ax=ax)
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
