"""federate: one state of what several parties sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sktransfer.federated._messages import (
    FederationError,
    merge_messages,
    read_messages,
)
from sktransfer.moments import MomentState
from sktransfer.moments.format import unverified_header
from sktransfer.privacy import NoisyState

__all__ = ["FederationError", "federate"]


def federate(
    states: Iterable[Any] | Mapping[str, Any],
    *,
    spec: MomentState | None = None,
    key: bytes | None = None,
    keys: Mapping[str, bytes] | None = None,
    max_features: int = 20_000,
) -> Any:
    """State of the rows of all parties.

    Transport is up to you: files, HTTP, a message queue.

    Parameters
    ----------
    states : iterable or mapping of str to object
        What the parties sent: states, noisy ones, their bytes, or dicts of them by
        domain. With a mapping by the name of the party, a shard of another party is
        refused; a noisy state names no shard.
    spec : MomentState, default=None
        The empty state that was given to the parties. None: what comes first is what
        the others must be like.
    key : bytes, default=None
        Secret that all bytes are signed with.
    keys : mapping of str to bytes, default=None
        Secret of each party, where ``states`` is a mapping.
    max_features : int, default=20_000
        States of more columns are refused when they are read.

    Returns
    -------
    state : MomentState, NoisyState or dict of them
        Merged state, or one for each domain.

    Raises
    ------
    FederationError
        If bytes were changed or cut off, kinds, columns, arithmetic or fingerprints
        differ, or a shard is unnamed, comes twice or is another party's. The message
        says which one it is.
    ValueError
        If the keys do not fit.

    See Also
    --------
    FederatedParty : What sends states.
    unmask : The sum of states that nobody can read one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.federated import FederatedParty, federate
    >>> from sktransfer.moments import Moments
    >>> spec = Moments.empty(1, fingerprint="price")
    >>> uk = FederatedParty("uk", np.array([[1.0], [3.0]]))
    >>> de = FederatedParty("de", np.array([[5.0]]))
    >>> sent = [uk.state(spec).to_bytes(), de.state(spec).to_bytes()]
    >>> federate(sent, spec=spec).mean
    array([3.])
    """

    def read(data: Any, key: bytes | None) -> MomentState | NoisyState:
        noisy = unverified_header(data).get("kind") == NoisyState.__name__
        kind = NoisyState if noisy else MomentState
        return kind.from_bytes(data, key=key, max_features=max_features)

    def begin(state: Any) -> Any:
        if spec is None:
            return state
        if isinstance(state, NoisyState):
            _check_origin(state, spec)
            return state
        return spec.merge(state)

    messages = read_messages(states, MomentState | NoisyState, read, key, keys)
    return merge_messages(messages, _check_shards, begin)


def _check_origin(state: NoisyState, spec: MomentState) -> None:
    blocks, unit = (getattr(spec.sums, name, None) for name in ("blocks", "unit"))
    expected = type(spec), blocks, unit, spec.fingerprint
    if state.origin != expected:
        raise ValueError(
            "Its kind, blocks of columns and their row_norm, unit and fingerprint are "
            f"{state.origin}, and those of spec {expected}."
        )


def _check_shards(where: str, party: str | None, state: Any) -> None:
    if isinstance(state, NoisyState):
        return  # it names releases at random, and no shard
    if not state.shards:
        raise FederationError(
            f"{where} is refused: it names no shard, so its rows might count twice. "
            "Make states with FederatedParty, or with update(X, shard=...)."
        )
    others = sorted(s for s in state.shards if s.rpartition("/")[0] != party)
    if party is not None and others:
        raise FederationError(
            f"{where} is refused: it holds shard {others[0]!r}, which is not one of "
            "this party."
        )
