"""Gain in accuracy on the same rows, with its interval."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from sktransfer.metrics import paired_gain


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


@pytest.mark.parametrize("baseline", [[1, 0], [], [[1], [0], [1]]])
def test_rows_that_are_not_the_same(baseline):
    with pytest.raises(ValueError, match="of the same rows"):
        paired_gain([1, 0, 1], baseline)
    with pytest.raises(ValueError, match="confidence must be a number"):
        paired_gain([1], [1], confidence=1)
