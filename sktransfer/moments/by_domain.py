"""States by signed domain: updates, the target, and checks for estimators."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments._state import MomentState, merge_all


def update_by_domain(
    states: Mapping[int, MomentState],
    X: Any,
    sample_domain: NDArray[np.int64] | None,
    kind: type[MomentState],
) -> dict[int, MomentState]:
    """Update one state for each domain."""
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


def target_state(states: Mapping[int, Any]) -> Any:
    """State of all target rows."""
    targets = [state for domain, state in states.items() if domain <= 0]
    return merge_all(targets) if targets else next(iter(states.values())).blank()


def check_domain_states(
    states: Mapping[int, Any], kind: type[MomentState], name: str
) -> dict[int, Any]:
    """Check the states of domains that an estimator is to be fitted from."""
    if not isinstance(states, Mapping) or not states:
        raise ValueError(
            f"{name} is fitted from a dict of states by signed domain, such as "
            f"{{1: source, -1: target}}; got {type(states).__name__}."
        )
    domains = list(states)
    for d in domains:
        if not isinstance(d, Integral) or isinstance(d, bool):
            raise ValueError(
                "The states of domains go by signed integers, positive for source and "
                f"negative for target; got {d!r}."
            )
    if 0 in domains and len(domains) > 1:
        raise ValueError(
            "Domain 0 stands for rows that are source and target at once, and has no "
            f"other beside it; got the domains {sorted(domains)}."
        )
    for state in states.values():
        check_state(state, kind, name)
    found = {int(d): state for d, state in states.items()}
    first = next(iter(found.values()))
    for state in found.values():
        if (state.n_features, state.fingerprint) != (
            first.n_features,
            first.fingerprint,
        ):
            raise ValueError(
                f"{name} needs states over the same columns; got "
                f"{state.n_features} and {first.n_features} columns with the "
                f"fingerprints {state.fingerprint!r} and {first.fingerprint!r}."
            )
    sides = {(d > 0) - (d < 0) for d, state in found.items() if state.weight > 0}
    if sides not in ({0}, {-1, 1}):
        raise ValueError(
            f"{name} needs rows of the source (domains above 0) and of the target "
            f"(below 0); got rows of the domains "
            f"{sorted(d for d, s in found.items() if s.weight > 0)}."
        )
    return dict(sorted(found.items()))


def check_state(
    state: Any, kind: type[MomentState] | tuple[type[MomentState], ...], name: str
) -> None:
    """Check the state that an estimator is to be fitted from."""
    if not issubclass(getattr(state, "kind", type(state)), kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise ValueError(
            f"{name} is fitted from {' or '.join(k.__name__ for k in kinds)}; got "
            f"{type(state).__name__}."
        )


def warn_of_noise(states: Any, name: str, *, stacklevel: int = 3) -> None:
    """Warn if states have too much noise for an estimator."""
    found = states.values() if isinstance(states, Mapping) else [states]
    for state in found:
        if hasattr(state, "warn_of_noise"):
            state.warn_of_noise(states, name, stacklevel=stacklevel + 1)
            return
