"""Interactions of several markets that count less the older they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.interactions import interaction_times
from sktransfer._core.logs.time_weights import weights_by_age
from sktransfer._core.sparse import entry_rows, with_data


class HalfLives(NamedTuple):
    """Ages at which interactions count half, in days or the unit of the times.

    None: all count the same.

    Attributes
    ----------
    fit : float or None
        Of interactions that the recommender is fitted to.
    history : float or None
        Of interactions of the users to serve.
    popularity : float or None
        Of users of an item, where its popularity in the target counts.
    """

    fit: float | None = None
    history: float | None = None
    popularity: float | None = None


def aged(
    X: Any, times: Any, half_life: float | None, group: NDArray[np.int64] | None = None
) -> Any:
    """Interactions times their weights by age, from the newest of a group of rows.

    group: of each row; None for rows of their own.
    """
    if half_life is None:
        return X
    X = sparse.csr_array(X)
    row = entry_rows(X)
    when = interaction_times(X, times)
    group = row if group is None else group[row]
    weights = weights_by_age(when, group, half_life)
    return with_data(X, X.data * weights.astype(X.dtype, copy=False))
