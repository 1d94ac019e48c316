"""Secure aggregation: exact states under masks that cancel in the sum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.federated._masked_state import MaskedState
from sktransfer.federated._messages import FederationError, read_messages
from sktransfer.federated._seeds import check_seeds, session_secret
from sktransfer.moments import MomentState
from sktransfer.moments.format import pack_state, unpack_state

_BLOCK = 1 << 20  # bytes of a mask that are drawn at once
_COUNTS = ("weight", "n_rows")
_COUNTS_OF_CLASSES = ("rows_of_classes", "weights_of_classes")


def mask_state(
    state: MomentState,
    *,
    party: str,
    seeds: Mapping[str, bytes],
    session: str,
    domain: Any = None,
) -> MaskedState:
    """Add the masks that a party shares with each of the others.

    Of parties a < b, a adds the mask of the pair and b subtracts it, modulo 2**64. The
    masks cancel in the sum over all parties. A single party's state is uniformly random
    to anyone without the secrets.
    """
    check_seeds(party, seeds)
    if state.arithmetic != "exact":
        raise ValueError(
            "Masks cancel in whole numbers only: a state to be masked must be of "
            'arithmetic="exact"; got "float64".'
        )
    # the bytes of a state hold its numbers once, without the half that is the same
    header, body = unpack_state(state.to_bytes(), None)
    shards = header.pop("shards")
    counts = [header.pop(name) for name in _COUNTS]
    for name in _COUNTS_OF_CLASSES:  # they tell as much of a party as the sums
        counts += header.pop(name, [])
    like = header | ({} if domain is None else {"domain": domain})
    numbers = np.concatenate(
        [np.array(counts, dtype=np.uint64), np.frombuffer(body, "<u8")]
    )
    for other, seed in seeds.items():
        secret = session_secret(seed, session, party, other)
        _add_mask(numbers, secret, like, party < other)
    parties = tuple(sorted([party, *seeds]))
    return MaskedState(party, parties, session, like, frozenset(shards), numbers)


def _add_mask(
    numbers: NDArray[np.uint64], secret: bytes, like: dict[str, Any], add: bool
) -> None:
    """Add or subtract a mask: SHAKE-256 of the secret, what it is for, and a counter.

    NumPy's generators are fast but predictable from part of their output, which zeros
    of a state reveal; SHAKE-256 is not, and is in the standard library.
    """
    text = json.dumps(like, sort_keys=True).encode()
    start = secret + hashlib.sha256(text).digest()
    per_block = _BLOCK // 8
    for i, first in enumerate(range(0, numbers.size, per_block)):
        part = numbers[first : first + per_block]
        drawn = hashlib.shake_256(start + i.to_bytes(8, "little")).digest(8 * part.size)
        mask = np.frombuffer(drawn, "<u8")
        if add:
            part += mask
        else:
            part -= mask


def unmask(
    states: Iterable[Any] | Mapping[str, Any],
    *,
    revealed: Mapping[str, Mapping[str, bytes]] | None = None,
    key: bytes | None = None,
    keys: Mapping[str, bytes] | None = None,
    max_features: int = 20_000,
) -> Any:
    """Sum of masked states: bit for bit the state of the rows of all parties.

    Parameters
    ----------
    states : iterable or mapping of str to object
        One message of every party: masked states, their bytes, or dicts of them by
        domain.
    revealed : mapping of str to dict of str to bytes, default=None
        If parties have dropped out: for each other party the result of
        :meth:`FederatedParty.reveal`.
    key : bytes, default=None
        Secret that all messages are signed with.
    keys : mapping of str to bytes, default=None
        Secret of each party, where ``states`` is a mapping.
    max_features : int, default=20_000
        States with more columns are refused.

    Returns
    -------
    state : MomentState or dict of MomentState
        State of all rows, or one for each domain.

    Raises
    ------
    FederationError
        If a party is missing or comes twice, a message was changed, sessions or kinds
        differ, or the masks do not cancel. The text says which message it is.
    ValueError
        If the keys do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.federated import FederatedParty, deal_seeds, unmask
    >>> from sktransfer.moments import Moments
    >>> spec = Moments.empty(1, arithmetic="exact", bound=10.0)
    >>> rows = {"uk": [[1.0], [3.0]], "de": [[5.0]], "fr": [[7.0]]}
    >>> seeds = deal_seeds(rows)
    >>> sent = [
    ...     FederatedParty(name, np.array(X)).masked_state(
    ...         spec, seeds=seeds[name], session="monday"
    ...     )
    ...     for name, X in rows.items()
    ... ]
    >>> unmask(sent).n_rows
    4
    """

    def read(data: Any, key: bytes | None) -> MaskedState:
        return MaskedState.from_bytes(data, key=key)

    by_domain: dict[Any, list[tuple[str, MaskedState]]] = {}
    domains = None
    for where, party, parts, _ in read_messages(states, MaskedState, read, key, keys):
        if domains not in (None, list(parts)):
            raise FederationError(
                f"{where} is refused: it has the domains {list(parts)}, others have "
                f"{domains}. Each party sends a masked state for each, if an empty one."
            )
        domains = list(parts)
        for domain, masked in parts.items():
            if party is not None and masked.party != party:
                raise FederationError(
                    f"{where} is refused: it is that of {masked.party!r}."
                )
            by_domain.setdefault(domain, []).append((where, masked))
    if domains is None:
        raise FederationError("There is nothing to unmask; got no message of a party.")
    totals = {
        domain: _sum_of_parties(sent, revealed or {}, max_features)
        for domain, sent in by_domain.items()
    }
    return totals[None] if domains == [None] else totals


def _sum_of_parties(
    sent: list[tuple[str, MaskedState]],
    revealed: Mapping[str, Mapping[str, bytes]],
    max_features: int,
) -> MomentState:
    first = sent[0][1]
    by_party: dict[str, MaskedState] = {}
    shards: set[str] = set()
    for where, masked in sent:
        _check_same_session(where, masked, first)
        if masked.party in by_party:
            raise FederationError(
                f"{where} is refused: {masked.party!r} has sent its state already."
            )
        if shards & masked.shards:
            raise FederationError(
                f"{where} is refused: shard {min(shards & masked.shards)!r} is in the "
                "sum already."
            )
        by_party[masked.party] = masked
        shards |= masked.shards
    numbers = np.zeros_like(first.numbers)
    for masked in by_party.values():
        numbers += masked.numbers
    for missing in sorted(set(first.parties) - set(by_party)):
        for party in by_party:
            secret = revealed.get(party, {}).get(missing)
            if secret is None:
                raise FederationError(
                    f"Party {missing!r} is missing, so the masks do not cancel, and "
                    f"{party!r} has not revealed what it shares with it. Wait for it, "
                    "or let every party that is there reveal(dropped=["
                    f"{missing!r}]), or start a session without it."
                )
            # what party added is taken off again
            _add_mask(numbers, secret, first.like, not party < missing)
    return _state_of_sum(first.like, numbers, shards, max_features)


def _check_same_session(where: str, masked: MaskedState, first: MaskedState) -> None:
    for name in ("session", "parties", "like"):
        got, expected = getattr(masked, name), getattr(first, name)
        if got != expected:
            raise FederationError(
                f"{where} is refused: its {name} is {got!s:.300}, and that of "
                f"{first.party!r} is {expected!s:.300}."
            )
    if masked.numbers.size != first.numbers.size or masked.party not in masked.parties:
        raise FederationError(f"{where} is refused: it is not complete.")


def _state_of_sum(
    like: dict[str, Any],
    numbers: NDArray[np.uint64],
    shards: set[str],
    max_features: int,
) -> MomentState:
    """State from the sum, checked as if it had come as a message."""
    header = {name: value for name, value in like.items() if name != "domain"}
    classes = header.get("classes")
    n = len(classes) if isinstance(classes, list) else 0
    counts, by_rows, by_weight, rest = np.split(numbers, [2, 2 + n, 2 + 2 * n])
    header |= {"shards": sorted(shards), **dict(zip(_COUNTS, counts.tolist()))}
    if n:
        of_classes = by_rows.tolist(), by_weight.tolist()
        header |= dict(zip(_COUNTS_OF_CLASSES, of_classes, strict=True))
    try:
        data = pack_state(header, [rest.view(np.int64)], None)
        return MomentState.from_bytes(data, max_features=max_features)
    except ValueError as error:  # of the format; or garbage that is too long for it
        raise FederationError(
            "The masks do not cancel: a party has used another seed, or changed its "
            f"numbers. The sum reads: {error}"
        ) from error
