"""The gain of one method over another on the same rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from sktransfer._core.parameters import check_value, number


def paired_gain(
    right: ArrayLike, baseline_right: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Gain in accuracy on the same rows, with its confidence interval.

    The interval is that of the paired difference: with :math:`d_i` the difference on
    row i, :math:`\bar d \pm z s / \sqrt n`. It is much narrower than those of two
    accuracies, as rows on which both methods are right cancel.

    Parameters
    ----------
    right : array-like of bool or float of shape (n_rows,)
        Whether the method is right on each row, or its score there.
    baseline_right : array-like of bool or float of shape (n_rows,)
        The same of the baseline.
    confidence : float, default=0.95
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    gain : float
        Mean difference.
    half_width : float
        Half the width of the interval.

    Raises
    ------
    ValueError
        If the numbers of rows differ, or there are none.

    See Also
    --------
    sktransfer.inspection.TransferGainDisplay : Draws the gains of several methods.

    Examples
    --------
    >>> from sktransfer.metrics import paired_gain
    >>> gain, half_width = paired_gain([1, 1, 1, 0], [1, 0, 1, 0])
    >>> gain, round(half_width, 2)
    (0.25, 0.42)
    """
    check_value("confidence", confidence, number(above=0, below=1))
    method, baseline = (np.asarray(a, dtype=float) for a in (right, baseline_right))
    if method.ndim != 1 or method.shape != baseline.shape or not method.size:
        raise ValueError(
            "right and baseline_right must be one-dimensional, of the same rows, one "
            f"at least; got shapes {method.shape} and {baseline.shape}."
        )
    difference = method - baseline
    z = norm.ppf((1 + confidence) / 2)
    half_width = z * difference.std() / np.sqrt(difference.size)
    return float(difference.mean()), float(half_width)
