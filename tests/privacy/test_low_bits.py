"""The low bits of a release tell nothing; those of float64 noise do."""

import numpy as np
import pytest
from scipy import sparse, stats

from sktransfer.moments import ColumnMoments
from sktransfer.privacy import PrivacyBudget, privatize

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


def released(rows):
    """Sums of the rows, each column a release of its own, and their unit."""
    empty = ColumnMoments.empty(N_DRAWS, arithmetic="exact", bits=16, row_norm=1.0)
    sums = privatize(empty.update(rows), PrivacyBudget(8.0, 1e-6)).sums
    return sums.sums * sums.unit, sums.unit


def test_the_last_bit_of_float_noise_names_the_input(rng):
    # exact value plus float64 noise: without the row all bits are those of the noise,
    # with it those below the last place of the sum are gone
    sigma = 0.05
    without = 0.0 + sigma * rng.standard_normal(N_DRAWS)
    with_row = 1.0 + sigma * rng.standard_normal(N_DRAWS)
    assert distance(without, with_row) > 0.5


@pytest.mark.usefixtures("repeatable_noise")
def test_the_last_bit_of_a_release_does_not():
    without, unit = released(sparse.csr_array((1, N_DRAWS)))
    with_rows, _ = released(sparse.eye_array(N_DRAWS, format="csr"))
    # of 20,000 draws each, equal distributions differ by .01
    assert distance(without, with_rows) < 0.02
    for values in (without, with_rows):
        whole = values / unit
        assert (whole == np.rint(whole)).all()
        counts = np.bincount(whole.astype(np.int64) & 63, minlength=64)
        assert stats.chisquare(counts).pvalue > 1e-4
