"""Secure aggregation: exact states under masks that cancel in the sum."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.moments import MomentState, StateFormatError
from sktransfer._core.moments._bytes import (
    names_field,
    packed,
    text_field,
    unpacked,
)
from sktransfer.federated._messages import FederationError, read_messages

_BLOCK = 1 << 20  # bytes of a mask that are drawn at once
_COUNTS = ("weight", "n_rows")


@dataclass(frozen=True, eq=False)
class MaskedState:
    """State that means nothing until those of all parties are added.

    It has no mean, cannot be updated and is merged by :func:`unmask` alone.

    Parameters
    ----------
    party : str
        Whose it is.
    parties : tuple of str
        All parties of the session, sorted.
    session : str
        Name of the session that the masks are for.
    like : dict
        What the states must have in common: kind, columns, arithmetic, fingerprint.
    shards : frozenset of str
        Shards whose rows are in the state; not masked.
    numbers : ndarray of uint64
        Weight, number of rows and sums, plus masks, modulo 2**64.
    """

    party: str
    parties: tuple[str, ...]
    session: str
    like: dict[str, Any]
    shards: frozenset[str]
    numbers: NDArray[np.uint64]

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Write the masked state.

        Parameters
        ----------
        key : bytes, default=None
            Secret that signs it, as in :meth:`MomentState.to_bytes`.

        Returns
        -------
        data : bytes
            A JSON header, the numbers and a checksum.
        """
        header = {
            "kind": "MaskedState",
            "party": self.party,
            "parties": list(self.parties),
            "session": self.session,
            "like": self.like,
            "shards": sorted(self.shards),
        }
        return packed(header, [self.numbers.view(np.int64)], key)

    @classmethod
    def from_bytes(cls, data: Any, *, key: bytes | None = None) -> Self:
        """Read a masked state.

        What the numbers are is known only of the sum, so :func:`unmask` checks them.

        Parameters
        ----------
        data : bytes-like
            What :meth:`to_bytes` wrote.
        key : bytes, default=None
            Secret that it was signed with.

        Returns
        -------
        state : MaskedState
            The same.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were signed with another key, or hold something
            else.
        """
        header, body = unpacked(data, key)
        if header.get("kind") != "MaskedState":
            raise StateFormatError(
                f"MaskedState was to be read; got {header.get('kind')!r:.99}."
            )
        parties, shards = (
            names_field(header, field) for field in ("parties", "shards")
        )
        if not isinstance(header.get("like"), dict) or len(body) % 8:
            raise StateFormatError("The masked state is not complete.")
        return cls(
            text_field(header, "party"),
            tuple(parties),
            text_field(header, "session"),
            header["like"],
            frozenset(shards),
            np.frombuffer(body, "<u8").astype(np.uint64),
        )


def deal_seeds(parties: Iterable[str]) -> dict[str, dict[str, bytes]]:
    """Draw a secret for each pair of parties.

    Whoever deals them can take the masks off: that must not be who receives the masked
    states. Parties that trust nobody agree on the secrets in pairs.

    Parameters
    ----------
    parties : iterable of str
        Names, at least two.

    Returns
    -------
    seeds : dict of str to dict of str to bytes
        For each party the secrets that it shares with each of the others, 32 bytes of
        the system's generator.

    Raises
    ------
    ValueError
        If there are fewer than two names, or one is given twice.
    """
    parties = list(parties)
    if len(parties) < 2 or len(set(parties)) < len(parties):
        raise ValueError(
            f"Seeds are dealt to two parties or more, each named once; got {parties}."
        )
    seeds: dict[str, dict[str, bytes]] = {party: {} for party in parties}
    for i, a in enumerate(parties):
        for b in parties[:i]:
            seeds[a][b] = seeds[b][a] = secrets.token_bytes(32)
    return seeds


def mask_state(
    state: MomentState,
    *,
    party: str,
    seeds: Mapping[str, bytes],
    session: str,
    domain: Any = None,
) -> MaskedState:
    r"""Add the masks that a party shares with each of the others.

    Of parties a < b, a adds the mask of the pair and b subtracts it, modulo 2**64, so
    that the sum over all parties is free of masks and each part of it is, to whoever
    does not know the secrets, uniformly random.

    Parameters
    ----------
    state : MomentState
        State in exact arithmetic.
    party : str
        Who masks.
    seeds : mapping of str to bytes
        Secret shared with each of the other parties.
    session : str
        Name that is used once: with it, two different states of a party would differ
        by their numbers alone.
    domain : object, default=None
        Domain that the state is for.

    Returns
    -------
    masked : MaskedState
        Of as many numbers as the state has.

    Raises
    ------
    ValueError
        If the arithmetic is float64, or the seeds do not fit.
    """
    check_seeds(party, seeds)
    if state.arithmetic != "exact":
        raise ValueError(
            "Masks cancel in whole numbers only: a state to be masked must be of "
            'arithmetic="exact"; got "float64".'
        )
    # the bytes of a state hold its numbers once, without the half that is the same
    header, body = unpacked(state.to_bytes(), None)
    shards = header.pop("shards")
    counts = [header.pop(name) for name in _COUNTS]
    like = header | ({} if domain is None else {"domain": domain})
    numbers = np.concatenate(
        [np.array(counts, dtype=np.uint64), np.frombuffer(body, "<u8")]
    )
    for other, seed in seeds.items():
        secret = session_secret(seed, session, party, other)
        _add_mask(numbers, secret, like, party < other)
    parties = tuple(sorted([party, *seeds]))
    return MaskedState(party, parties, session, like, frozenset(shards), numbers)


def session_secret(seed: bytes, session: str, a: str, b: str) -> bytes:
    """Secret of a pair for one session, which does not tell the one for others.

    Parameters
    ----------
    seed : bytes
        Secret of the pair.
    session : str
        Name of the session.
    a, b : str
        The parties, in any order.

    Returns
    -------
    secret : bytes
        32 bytes.
    """
    text = json.dumps(["sktransfer mask 1", session, *sorted([a, b])])
    return hmac.digest(seed, text.encode(), "sha256")


def check_seeds(party: str, seeds: Mapping[str, bytes]) -> None:
    """Refuse seeds that cannot mask.

    Parameters
    ----------
    party : str
        Whose they are.
    seeds : mapping of str to bytes
        Secret shared with each of the other parties.

    Raises
    ------
    ValueError
        If there are none, one is short, or the party is among the others.
    """
    if not seeds or party in seeds:
        raise ValueError(
            "seeds holds the secret of each other party; got "
            f"{'none' if not seeds else f'one of {party!r} with itself'}."
        )
    for other, seed in seeds.items():
        if not isinstance(seed, bytes) or len(seed) < 16:
            raise ValueError(
                f"The seed shared with {other!r} must be 16 random bytes or more; use "
                "secrets.token_bytes(32)."
            )
    values = {bytes(seed) for seed in seeds.values()}
    if len(values) < len(seeds):
        raise ValueError("Two pairs of parties have the same seed; draw one for each.")


def _add_mask(
    numbers: NDArray[np.uint64], secret: bytes, like: dict[str, Any], add: bool
) -> None:
    """Add or subtract a mask: SHAKE-256 of the secret, what it is for, and a counter.

    NumPy's generators are fast and not made to resist who sees a part of their output
    (zeros of a state show it); SHAKE-256 is, and is in the standard library.
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
    """Sum of masked states, which is bit for bit the state of the rows of all.

    Parameters
    ----------
    states : iterable or mapping of str to object
        What the parties sent: masked states, their bytes, or dicts of them by domain;
        one of every party.
    revealed : mapping of str to dict of str to bytes, default=None
        If a party has dropped out: for each other party what it revealed, see
        :meth:`FederatedParty.reveal`.
    key : bytes, default=None
        Secret that all bytes are signed with.
    keys : mapping of str to bytes, default=None
        Secret of each party, where ``states`` is a mapping.
    max_features : int, default=20_000
        States of more columns are refused.

    Returns
    -------
    state : MomentState or dict of MomentState
        State of all rows, or one for each domain.

    Raises
    ------
    FederationError
        If a party is missing or comes twice, bytes were changed, sessions or kinds
        differ, or the masks do not cancel. The message says which one it is.
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
        domain: _sum(sent, revealed or {}, max_features)
        for domain, sent in by_domain.items()
    }
    return totals[None] if domains == [None] else totals


def _sum(
    sent: list[tuple[str, MaskedState]],
    revealed: Mapping[str, Mapping[str, bytes]],
    max_features: int,
) -> MomentState:
    first = sent[0][1]
    came: dict[str, MaskedState] = {}
    shards: set[str] = set()
    for where, masked in sent:
        _check_alike(where, masked, first)
        if masked.party in came:
            raise FederationError(
                f"{where} is refused: {masked.party!r} has sent its state already."
            )
        if shards & masked.shards:
            raise FederationError(
                f"{where} is refused: shard {min(shards & masked.shards)!r} is in the "
                "sum already."
            )
        came[masked.party] = masked
        shards |= masked.shards
    numbers = np.zeros_like(first.numbers)
    for masked in came.values():
        numbers += masked.numbers
    for missing in sorted(set(first.parties) - set(came)):
        for party in came:
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
    return _unmasked(first.like, numbers, shards, max_features)


def _check_alike(where: str, masked: MaskedState, first: MaskedState) -> None:
    for name in ("session", "parties", "like"):
        got, expected = getattr(masked, name), getattr(first, name)
        if got != expected:
            raise FederationError(
                f"{where} is refused: its {name} is {got!s:.300}, and that of "
                f"{first.party!r} is {expected!s:.300}."
            )
    if masked.numbers.size != first.numbers.size or masked.party not in masked.parties:
        raise FederationError(f"{where} is refused: it is not complete.")


def _unmasked(
    like: dict[str, Any],
    numbers: NDArray[np.uint64],
    shards: set[str],
    max_features: int,
) -> MomentState:
    """Read the sum as if it had been sent, so that all of it is checked."""
    header = {name: value for name, value in like.items() if name != "domain"}
    counts = dict(zip(_COUNTS, numbers[:2].tolist()))
    header |= {"shards": sorted(shards), **counts}
    data = packed(header, [numbers[2:].view(np.int64)], None)
    try:
        return MomentState.from_bytes(data, max_features=max_features)
    except StateFormatError as error:
        raise FederationError(
            "The masks do not cancel: a party has used another seed, or changed its "
            f"numbers. The sum reads: {error}"
        ) from error
