"""Gaussian noise rounded to integers, from random integers and comparisons alone."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

MOST_SIGMA = 1 << 55  # the noise then stays below 2^62
_BLOCK = 1 << 16  # numbers that are drawn at once
_HALF = np.uint64(1 << 63)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def _words(n: int) -> NDArray[np.uint64]:
    """Random 64-bit words from the generator of the operating system."""
    return np.frombuffer(os.urandom(8 * n), dtype=np.uint64)


def rounded_gaussian(sigma: int, size: int) -> NDArray[np.int64]:
    r"""Draw independent Gaussian numbers rounded to integers.

    Integers plus this noise equal the rounded sums of the integers and continuous
    Gaussian noise, as adding an integer and rounding commute. So the privacy is that of
    the Gaussian mechanism, and no low bits of a float64 reveal more.

    Algorithm N of Karney [1]_: :math:`|z| / \sigma = k + x`, where an integer k has a
    probability :math:`\propto e^{-k^2 / 2}` and a uniform x is accepted with
    probability :math:`e^{-kx - x^2 / 2}`. Each such probability comes from comparisons
    of uniform numbers (von Neumann), and :math:`\operatorname{round}(\sigma (k + x))`
    from integer products, so no floating-point function is involved. A uniform number
    has 128 bits; a draw differs from an exact one only where two of them tie, or what
    lies beyond 128 bits decides the rounding: :math:`2^{-72}` a draw at the largest
    sigma, :math:`2^{-50}` for a million of them, far below any :math:`\delta` in use.
    """
    if not 1 <= sigma <= MOST_SIGMA:
        raise ValueError(f"sigma must be from 1 to 2 ** 55; got {sigma}.")
    noise = np.empty(size, dtype=np.int64)
    for start in range(0, size, _BLOCK):
        part = noise[start : start + _BLOCK]
        waiting = np.arange(part.size)
        while waiting.size:
            k = _integer_parts(waiting.size)
            high, low = _uniform(waiting.size)
            taken = np.flatnonzero(_fraction_accepted(k, high, low))
            z = _scale_to_integer(k[taken], high[taken], low[taken], 2 * int(sigma))
            z = (z + 1) >> 1  # half units to the nearest unit
            sign = (_words(taken.size) >> np.uint64(63)).astype(bool)
            part[waiting[taken]] = np.where(sign, -z, z)
            waiting = np.delete(waiting, taken)
    return noise


def _uniform(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Uniform numbers of [0, 1) as 128 bits, in two words."""
    words = _words(2 * n)
    return words[:n], words[n:]


def _less(a_high, a_low, b_high, b_low):
    return (a_high < b_high) | ((a_high == b_high) & (a_low < b_low))


def _decreasing_run_is_even(high, low, halve_with=None):
    r"""Whether :math:`x > u_1 > u_2 > \ldots` goes on for an even number of terms.

    The run has at least j terms with probability :math:`x^j / j!`, so it is even with
    probability :math:`e^{-x}`. With ``halve_with`` = x, each term must also pass a test
    of probability x / 2, and the probability is :math:`e^{-x^2 / 2}`.
    """
    even = np.ones(high.size, dtype=bool)
    at = np.arange(high.size)
    while at.size:
        next_high, next_low = _uniform(at.size)
        on = _less(next_high, next_low, high, low)
        if halve_with is not None:
            test_high, test_low = _uniform(at.size)
            half_high = halve_with[0] >> np.uint64(1)
            half_low = (halve_with[1] >> np.uint64(1)) | (
                halve_with[0] << np.uint64(63)
            )
            on &= _less(test_high, test_low, half_high, half_low)
            halve_with = halve_with[0][on], halve_with[1][on]
        at, high, low = at[on], next_high[on], next_low[on]
        even[at] ^= True
    return even


def _root_e(n: int) -> NDArray[np.bool_]:
    """Events of probability exp(-1/2)."""
    return _decreasing_run_is_even(np.full(n, _HALF), np.zeros(n, np.uint64))


def _integer_parts(n: int) -> NDArray[np.int64]:
    """Integers k >= 0 with probability proportional to exp(-k^2 / 2)."""
    k = np.zeros(n, dtype=np.int64)
    waiting = np.arange(n)
    while waiting.size:
        drawn = np.zeros(waiting.size, dtype=np.int64)
        at = np.arange(waiting.size)
        while at.size:  # proportional to exp(-k / 2)
            at = at[_root_e(at.size)]
            drawn[at] += 1
        # kept with probability exp(-k (k - 1) / 2)
        kept, tries = np.ones(waiting.size, dtype=bool), drawn * (drawn - 1)
        at = np.flatnonzero(tries)
        while at.size:
            passed = _root_e(at.size)
            kept[at[~passed]] = False
            at = at[passed]
            tries[at] -= 1
            at = at[tries[at] > 0]
        k[waiting[kept]] = drawn[kept]
        waiting = waiting[~kept]
    return k


def _fraction_accepted(k, high, low):
    """Events of probability exp(-k x - x^2 / 2)."""
    accepted = _decreasing_run_is_even(high, low, (high, low))
    at = np.flatnonzero(accepted & (k > 0))
    tries = k[at].copy()
    while at.size:
        passed = _decreasing_run_is_even(high[at], low[at])
        accepted[at[~passed]] = False
        at, tries = at[passed], tries[passed] - 1
        at, tries = at[tries > 0], tries[tries > 0]
    return accepted


def _scale_to_integer(k, high, low, sigma: int) -> NDArray[np.int64]:
    """Integer part of sigma (k + x), for x of 128 bits."""
    m = np.uint64(sigma)
    carry = _high_product(low, m)
    total = high * m + carry  # wraps around
    whole = _high_product(high, m) + (total < carry)
    return k * sigma + whole.astype(np.int64)


def _high_product(a: NDArray[np.uint64], m: np.uint64) -> NDArray[np.uint64]:
    """Upper word of the product of 64-bit integers."""
    a1, a0 = a >> _32, a & _LOW
    m1, m0 = m >> _32, m & _LOW
    middle = a1 * m0 + ((a0 * m0) >> _32)
    other = a0 * m1 + (middle & _LOW)
    return a1 * m1 + (middle >> _32) + (other >> _32)
