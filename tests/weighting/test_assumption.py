import numpy as np
import pytest
from gaussian_classes import mixture
from numpy.testing import assert_allclose

from sktransfer.weighting.label_shift._assumption_test import label_shift_test


def test_the_fit_rejects_as_often_as_it_says(rng):
    rejected = 0
    for _ in range(200):
        codes, P = mixture(rng, [0.5, 0.5], 300)
        _, Q = mixture(rng, [0.2, 0.8], 300)
        rejected += label_shift_test(P, codes, Q).p_value < 0.05
    assert 1 <= rejected <= 24  # 10, and more than 4 standard deviations


@pytest.mark.parametrize("k", [2, 3, 8])
def test_the_fit_sees_classes_that_blur(k, rng):
    shares = np.full(k, 1 / k)
    codes, P = mixture(rng, shares, 3000, separation=2.0)
    _, same = mixture(rng, shares[::-1], 3000, separation=2.0)
    _, blurred = mixture(rng, shares, 3000, separation=1.0)
    assert label_shift_test(P, codes, same).p_value > 0.01
    assert label_shift_test(P, codes, blurred).p_value < 1e-4
    assert label_shift_test(P, codes, blurred).distance > 0.02


def test_the_fit_finds_the_shares_too(rng):
    codes, P = mixture(rng, [0.5, 0.5], 3000)
    _, Q = mixture(rng, [0.2, 0.8], 3000)
    assert_allclose(label_shift_test(P, codes, Q).shares, [0.2, 0.8], atol=0.05)


def test_constant_predictions_leave_nothing_to_test():
    P, codes = np.full((6, 2), 0.5), np.array([0, 0, 0, 1, 1, 1])
    found = label_shift_test(P, codes, P)
    assert found.p_value == 1
    assert found.distance == 0


def test_the_distance_by_hand():
    # all target rows look as class 0 does, but half of them more surely than any
    source = np.repeat([[0.6, 0.4], [0.4, 0.6]], 40, axis=0)
    source[:20] = [0.7, 0.3]
    target = np.repeat([[0.7, 0.3]], 50, axis=0)
    found = label_shift_test(source, np.repeat([0, 1], 40), target)
    # nearest: class 0, half of whose rows are as sure
    assert_allclose(found.shares, [1, 0], atol=1e-6)
    assert found.distance == pytest.approx(0.5)
    assert found.p_value < 1e-6
