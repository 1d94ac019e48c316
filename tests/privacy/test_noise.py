"""Gaussian noise on the integers: its distribution, and where it comes from."""

import os

import numpy as np
import pytest
from scipy import stats

from sktransfer.privacy._gaussian_noise import (
    _high_product,
    _integer_parts,
    _scale_to_integer,
    rounded_gaussian,
)

pytestmark = pytest.mark.usefixtures("repeatable_noise")


@pytest.mark.parametrize("sigma", [1, 2, 7])
def test_each_integer_has_the_probability_of_its_interval(sigma):
    z = rounded_gaussian(sigma, 100_000)
    edge = int(3.5 * sigma)
    values = np.arange(-edge, edge + 1)
    p = stats.norm.cdf((values + 0.5) / sigma) - stats.norm.cdf((values - 0.5) / sigma)
    p = np.r_[p, 1 - p.sum()]
    counts = np.array([*(np.sum(z == v) for v in values), np.sum(np.abs(z) > edge)])
    assert stats.chisquare(counts, p * z.size).pvalue > 1e-4


@pytest.mark.parametrize("sigma", [1 << 20, (1 << 40) + 12_345, 1 << 55])
def test_large_noise_is_normal_to_the_last_bit(sigma):
    z = rounded_gaussian(sigma, 100_000)
    assert stats.kstest(z / sigma, "norm").pvalue > 1e-4
    bits = (z[:, None] >> np.arange(10)) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(z.size)
    tail = np.mean(np.abs(z) > 3 * sigma)
    expected = 2 * stats.norm.sf(3)
    assert abs(tail - expected) < 4 * np.sqrt(expected / z.size)


def test_numbers_are_independent_of_their_neighbours():
    z = rounded_gaussian(1 << 30, 200_000) / 2.0**30
    for lag in (1, 2, 1 << 16):
        assert abs(np.mean(z[:-lag] * z[lag:])) < 4.5 / np.sqrt(z.size - lag)


def test_integer_parts_have_the_probabilities_of_the_paper():
    k = _integer_parts(200_000)
    p = np.exp(-(np.arange(5) ** 2) / 2)
    p = np.r_[p[:4], p[4:].sum()] / p.sum()
    counts = np.bincount(np.minimum(k, 4), minlength=5)
    assert stats.chisquare(counts, p * k.size).pvalue > 1e-4


def test_products_of_words_are_those_of_python_integers(rng):
    a = rng.integers(0, 1 << 64, 500, dtype=np.uint64)
    low = rng.integers(0, 1 << 64, 500, dtype=np.uint64)
    for m in (3, (1 << 56) - 5, 1 << 56):
        got = _high_product(a, np.uint64(m))
        assert [int(x) for x in got] == [int(x) * m >> 64 for x in a]
        k = rng.integers(0, 9, 500)
        got = _scale_to_integer(k, a, low, m)
        exact = [
            int(i) * m + ((((int(x) << 64) + int(y)) * m) >> 128)
            for i, x, y in zip(k, a, low, strict=True)
        ]
        assert got.tolist() == exact


def test_the_operating_system_is_asked(monkeypatch):
    rng, asked = np.random.default_rng(0), []

    def urandom(n):
        asked.append(n)
        return rng.bytes(n)

    monkeypatch.setattr(os, "urandom", urandom)
    rounded_gaussian(10, 3)
    assert sum(asked) >= 3 * 8 * 4  # of each number two uniform ones and a sign


@pytest.mark.parametrize("sigma", [0, -1, (1 << 55) + 1])
def test_standard_deviations_out_of_range(sigma):
    with pytest.raises(ValueError, match="sigma"):
        rounded_gaussian(sigma, 3)
