import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.weighting._flattening import (
    effective_sample_size,
    flattened,
    flattening_power,
    unit_mean,
)
from sktransfer.weighting.label_shift._weighter import class_ratio_weights


def test_effective_sample_size_by_hand():
    assert effective_sample_size([1.0, 1, 1]) == 3
    assert effective_sample_size([3.0, 0, 0]) == 1
    assert effective_sample_size(np.array([2.0, 1, 0], np.float32)) == 9 / 5


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_the_scale_of_weights_does_not_matter(scale):
    w = np.array([2.0, 1.0, 0.0])
    assert effective_sample_size(scale * w) == pytest.approx(9 / 5)
    assert_allclose(unit_mean(scale * w), w)
    assert_allclose(flattened(scale * w, 0.5), flattened(w, 0.5))
    assert flattening_power(scale * w, 0.95) == pytest.approx(flattening_power(w, 0.95))


def test_flattened_by_hand():
    assert_allclose(flattened([16.0, 4.0, 0.0], 1), [2.4, 0.6, 0])
    assert_allclose(flattened([16.0, 4.0, 0.0], 0.5), [2, 1, 0])
    assert_allclose(flattened([16.0, 4.0, 0.0], 0), [1.5, 1.5, 0])


def test_less_flattening_leaves_fewer_effective_rows(rng):
    w = rng.lognormal(sigma=2, size=50)
    sizes = [effective_sample_size(flattened(w, a)) for a in np.linspace(0, 1, 9)]
    assert sizes[0] == pytest.approx(50)
    assert np.all(np.diff(sizes) < 0)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_power_meets_the_share(share, rng):
    w = rng.lognormal(sigma=4, size=80)
    alpha = flattening_power(w, share)
    assert 0 < alpha < 1
    assert effective_sample_size(flattened(w, alpha)) == pytest.approx(
        80 * share, rel=1e-6
    )


def test_even_weights_are_left_alone(rng):
    assert flattening_power(rng.uniform(0.9, 1.1, 40), 0.5) == 1
    # dropped rows do not count: of the kept ones all are effective
    assert flattening_power([0.0, 0, 0, 1, 1], 0.5) == 1


def test_class_ratios_by_hand():
    codes = np.array([0, 0, 0, 1, -1])
    w = class_ratio_weights(codes, [0.5, 0.5])
    assert_allclose(w, [2 / 3, 2 / 3, 2 / 3, 2, 1])


def test_class_ratios_reach_the_shares_whatever_the_weights(rng):
    codes, w = rng.integers(0, 3, 40), rng.uniform(size=40)
    before = w.copy()
    out = class_ratio_weights(codes, [0.2, 0.5, 0.3], w)
    shares = np.bincount(codes, weights=out) / out.sum()
    assert_allclose(shares, [0.2, 0.5, 0.3])
    assert out.sum() == pytest.approx(w.sum())
    assert_array_equal(w, before)


def test_a_class_without_weight_stays_there():
    out = class_ratio_weights(np.array([0, 0, 1]), [0.5, 0.5], [1.0, 1.0, 0.0])
    assert_allclose(out, [0.5, 0.5, 0])
