"""Times of the interactions of some rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.interactions import interaction_times, time_matrix


def times_of_rows(X: Any, time: Any, rows: NDArray[np.bool_]) -> Any:
    """Times of the interactions of some rows, above 0, at their places."""
    time, dates = time_matrix(time)
    if time.shape != X.shape:
        raise ValueError(f"time must have the shape of X, {X.shape}; got {time.shape}.")
    own = X[rows]
    when = interaction_times(own, time[rows])
    if dates is not None:  # days
        unit: tuple[Any, Any] = np.datetime_data(dates)
        day = np.timedelta64(1, "D") / np.timedelta64(unit[1], unit[0])
        when = (when - when.min(initial=np.iinfo(when.dtype).max)) / day + 1
    elif when.min(initial=1) <= 0:
        raise ValueError(
            f"time must be above 0 where the target has an interaction; got "
            f"{when.min()}. Add a constant to all times."
        )
    return sparse.csr_array((when, own.indices, own.indptr), shape=own.shape)


def all_timed(X: Any, time: Any, rows: NDArray[np.bool_]) -> bool:
    """Whether some rows have interactions, and each of them a time, above 0."""
    time, dates = time_matrix(time)
    known, own = sparse.csr_array(time[rows]), sparse.csr_array(X[rows])
    there = np.ones(known.nnz) if dates is not None else (known.data > 0).astype(float)
    known = sparse.csr_array((there, known.indices, known.indptr), shape=known.shape)
    n_timed = known.multiply(own != 0).count_nonzero()
    return bool(0 < own.count_nonzero() == n_timed)
