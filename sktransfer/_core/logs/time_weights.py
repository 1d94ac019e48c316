"""Weights of interactions that halve with their age."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")
_MOST_HALVINGS = 60  # so that products of weights stay above 0 in float32


def weights_by_age(
    when: NDArray[Any], group: NDArray[np.integer], half_life: float
) -> NDArray[np.float32]:
    """Weights of the interactions by their age, from the newest of their group.

    Dates, of datetime64[us], age by days, numbers by their unit.
    """
    order = np.lexsort((when, group))
    ends = np.flatnonzero(np.diff(group[order], append=-1))  # of each group
    latest = np.zeros(group.max(initial=0) + 1, dtype=when.dtype)
    latest[group[order][ends]] = when[order][ends]
    age = (latest[group] - when).astype(np.float64)
    unit = _DAY if when.dtype.kind == "M" else 1.0
    halvings = np.minimum(age / (half_life * unit), _MOST_HALVINGS)
    return np.exp2(-halvings).astype(np.float32)
