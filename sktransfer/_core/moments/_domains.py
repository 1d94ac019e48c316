"""One state for each domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.moments._state import MomentState


def update_by_domain(
    states: Mapping[int, MomentState],
    X: Any,
    sample_domain: NDArray[np.int64] | None,
    kind: type[MomentState],
) -> dict[int, MomentState]:
    """Update one state for each domain.

    Parameters
    ----------
    states : mapping of int to MomentState
        State of each domain seen so far, by its signed number. Stays as it is.
    X : {ndarray, sparse matrix, sparse array} of shape (n_samples, n_features)
        Validated rows.
    sample_domain : ndarray of int64 of shape (n_samples,) or None
        Validated signed domains; None stands for rows that are source and target at
        once, whose state has the key 0.
    kind : type
        The subclass of `MomentState` for domains that are new.

    Returns
    -------
    states : dict of int to MomentState
        The states after ``X``, by increasing key.

    Raises
    ------
    ValueError
        If domains are given after chunks without, or the other way round.
    """
    if states and (0 in states) != (sample_domain is None):
        raise ValueError(
            "sample_domain must be given to every call of partial_fit or to none; "
            f"got {'none' if sample_domain is None else 'one'} after chunks "
            f"{'without' if 0 in states else 'with'} it."
        )
    states = dict(states)
    parts = {0: X}
    if sample_domain is not None:
        domains = np.unique(sample_domain).tolist()
        parts = {d: X[np.flatnonzero(sample_domain == d)] for d in domains}
    for d, rows in parts.items():
        states[d] = states.get(d, kind.empty(X.shape[1])).update(rows)
    return dict(sorted(states.items()))


def target_state(states: Mapping[int, MomentState], empty: MomentState) -> MomentState:
    """State of all target rows.

    Parameters
    ----------
    states : mapping of int to MomentState
        State of each domain by its signed number; 0 is source and target at once.
    empty : MomentState
        What no target row gives.

    Returns
    -------
    state : MomentState
        Of the domains that are not positive, merged.
    """
    for domain, state in states.items():
        if domain <= 0:
            empty = empty.merge(state)
    return empty
