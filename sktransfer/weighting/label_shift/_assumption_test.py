"""Test of the assumption of label shift: is the target a mixture of the classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from sktransfer._core.mixtures import mixing_shares
from sktransfer.weighting.label_shift._prediction_moments import (
    class_moments,
    mean_error,
    prediction_sides,
)

_TINY = 1e-12


class LabelShiftTest(NamedTuple):
    """Result of the test whether the target is a mixture of the source classes.

    Parameters
    ----------
    p_value : float
        Of the test that they are; 1 where there is nothing to test.
    distance : float
        Total variation between the histogram of the target predictions and the
        nearest mixture: the share of target rows that no mixture accounts for.
    shares : ndarray of shape (n_classes,)
        Shares of the nearest mixture.
    """

    p_value: float
    distance: float
    shares: NDArray[np.float64]


def label_shift_test(
    source_predictions: ArrayLike,
    codes: NDArray[np.intp],
    target_predictions: ArrayLike,
    *,
    n_bins: int = 10,
) -> LabelShiftTest:
    """Test whether the target can be a mixture of the source classes.

    Under label shift the histogram of the predictions over the target is a mixture
    of the histograms over the classes of the source. The bins are finer than the
    classes (predicted class by confidence), so not every histogram is such a mixture.
    The distance from the nearest one, in units of its sampling error, follows a
    chi-square distribution. A small p-value means that rows of one class look different
    in the target, and that no estimate of the shares can be relied on.
    """
    P, Q = prediction_sides(source_predictions, target_predictions)
    shape = Q.shape[:2]
    bins = _bins(np.vstack([P, Q.reshape(-1, Q.shape[2])]), len(P), n_bins)
    m = int(bins.max()) + 1
    hot = np.eye(m)
    rows = hot[bins[len(P) :].reshape(shape)].mean(axis=0)
    means, errors = class_moments(hot[bins[: len(P)]], codes)
    target, target_error = rows.mean(axis=0), mean_error(rows)
    shares = mixing_shares(means, target)
    for _ in range(3):  # the error depends on the shares, a little
        noise = target_error + np.einsum("c,cij->ij", shares**2, errors)
        values, vectors = np.linalg.eigh(noise)
        kept = values > 1e-9 * values.max(initial=_TINY)
        W = vectors[:, kept] / np.sqrt(values[kept])
        if not kept.any():
            break
        shares = mixing_shares(means @ W, target @ W)
    left = target - shares @ means
    degrees = int(kept.sum()) - (np.count_nonzero(shares > 1e-9) - 1)
    p = chi2.sf(np.sum((left @ W) ** 2), degrees) if degrees > 0 else 1.0
    return LabelShiftTest(float(p), float(0.5 * np.abs(left).sum()), shares)


def _bins(P: NDArray[np.float64], n_source: int, n_bins: int) -> NDArray[np.intp]:
    """Bin of each row: its predicted class, cut by confidence at quantiles.

    A bin holds at least 20 of the source rows, as far as the classes allow.
    """
    top, confidence = P.argmax(axis=1), P.max(axis=1)
    a_class = max(2, n_bins // P.shape[1])
    bins, n = np.zeros(len(P), np.intp), 0
    for c in range(P.shape[1]):
        rows = top == c
        pieces = min(a_class, int(np.count_nonzero(rows[:n_source])) // 20)
        if not rows.any():
            continue
        cuts = np.array([])
        if pieces > 1:
            inner = np.linspace(0, 1, pieces + 1)[1:-1]
            cuts = np.unique(np.quantile(confidence[:n_source][rows[:n_source]], inner))
        bins[rows] = n + np.searchsorted(cuts, confidence[rows], side="right")
        n += cuts.size + 1
    return np.unique(bins, return_inverse=True)[1].reshape(-1)
