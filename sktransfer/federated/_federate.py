"""federate: merge the states of several parties."""

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
    """Merge the states of all parties.

    Any transport will do: files, HTTP, a message queue.

    Parameters
    ----------
    states : iterable or mapping of str to object
        Messages of the parties: states, noisy states, their bytes, or dicts of them by
        domain. With a mapping by the name of the party, a shard of another party is
        refused; noisy states name no shards.
    spec : MomentState, default=None
        The empty state that all parties were given. None: all states must have the
        kind, columns and arithmetic of the first.
    key : bytes, default=None
        Secret that all messages are signed with.
    keys : mapping of str to bytes, default=None
        Secret of each party, where ``states`` is a mapping.
    max_features : int, default=20_000
        States with more columns are refused.

    Returns
    -------
    state : MomentState, NoisyState or dict of them
        Merged state, or a merged state for each domain.

    Raises
    ------
    FederationError
        If a message was changed or cut off, if kinds, columns, arithmetic or
        fingerprints differ, or if a shard has no name, comes twice or belongs to
        another party. The text says which message it is.
    ValueError
        If the keys do not fit.

    See Also
    --------
    FederatedParty : Makes the states of a party.
    unmask : Sum of masked states, which cannot be read one by one.

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
