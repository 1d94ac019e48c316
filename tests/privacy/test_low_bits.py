"""The low bits of a release tell nothing; those of float64 noise do."""

import numpy as np
from scipy import stats

from sktransfer.moments import Moments
from sktransfer.privacy import PrivacyBudget, _privatize
from sktransfer.privacy._gaussian_noise import _seeded_source_for_tests

N_DRAWS = 20_000


def last_places(values):
    """Exponent of the last binary digit of each number that is not 0."""
    mantissa, exponent = np.frexp(values[values != 0])
    whole = (mantissa * 2.0**53).astype(np.int64)
    low = np.log2((whole & -whole).astype(float)).astype(int)
    return exponent - 53 + low


def distance(a, b):
    """Total variation between the last places of two samples."""
    a, b = last_places(a), last_places(b)
    places = np.union1d(a, b)
    share = [np.array([np.mean(x == p) for p in places]) for x in (a, b)]
    return 0.5 * np.abs(share[0] - share[1]).sum()


def states():
    empty = Moments.empty(1, arithmetic="exact", bits=16, row_norm=1.0)
    return empty, empty.update(np.array([[1.0]]))


def released(state, scales):
    """Sums of the rows, as they are read."""
    _, sums, _ = _privatize.draw_releases(state.sums, scales, N_DRAWS)
    return sums[:, 0] * state.sums.unit


def test_the_last_bit_of_float_noise_names_the_input(rng):
    # exact value plus float64 noise: without the row all bits are those of the noise,
    # with it those below the last place of the sum are gone
    sigma = 0.05
    without = 0.0 + sigma * rng.standard_normal(N_DRAWS)
    with_row = 1.0 + sigma * rng.standard_normal(N_DRAWS)
    assert distance(without, with_row) > 0.5


def test_the_last_bit_of_a_release_does_not():
    without, with_row = states()
    scales = _privatize.release_scales(without, PrivacyBudget(8.0, 1e-6).charge())
    with _seeded_source_for_tests(1):
        a, b = released(without, scales), released(with_row, scales)
    # of 20,000 draws each, equal distributions differ by .01
    assert distance(a, b) < 0.02
    for values in (a, b):
        whole = values / without.sums.unit
        assert (whole == np.rint(whole)).all()
        counts = np.bincount(whole.astype(np.int64) & 63, minlength=64)
        assert stats.chisquare(counts).pvalue > 1e-4
