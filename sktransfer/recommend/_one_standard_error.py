"""One-standard-error rule: the first setting that is about as good as the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", str, float, int)


def standard_error(values: NDArray[np.float64]) -> float:
    """Standard error of a mean; NaN for fewer than two values."""
    if values.size < 2:
        return float("nan")
    return float(values.std(ddof=1) / np.sqrt(values.size))


def first_as_good(values: Mapping[Key, NDArray[np.float64]]) -> Key:
    """First key whose mean is at most a standard error below the largest mean.

    The standard error is that of the differences to the best, row by row.
    """
    best = max(values, key=lambda key: values[key].mean())
    for key in values:
        loss = values[best] - values[key]
        if not loss.mean() > standard_error(loss):
            return key
    return best  # pragma: no cover - the best loses nothing to itself
