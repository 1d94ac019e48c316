"""Messages of parties: reading, merging, and errors that name the party."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from sktransfer.moments.format import StateFormatError, unverified_shards


class FederationError(ValueError):
    """A message of a party is refused; the text says which one and why."""


def read_messages(
    messages: Iterable[Any] | Mapping[str, Any],
    kind: Any,
    read: Callable[[Any, bytes | None], Any],
    key: bytes | None,
    keys: Mapping[str, bytes] | None,
) -> Iterator[tuple[str, str | None, dict[Any, Any], bool]]:
    """Yield for each message: its name, party, states, whether they are by domain."""
    if isinstance(messages, bytes | bytearray | memoryview | kind):
        raise FederationError(
            "Pass the messages of all parties as a list, or as a dict by party; got "
            f"{type(messages).__name__}."
        )
    named = isinstance(messages, Mapping)
    if keys is not None and (key is not None or not named):
        raise ValueError(
            "keys goes with a dict of messages by party, and without key; got "
            f"{type(messages).__name__}{'' if key is None else ' and key'}."
        )
    pairs: list[tuple[str | None, Any]]
    if isinstance(messages, Mapping):
        pairs = list(messages.items())
    else:
        pairs = [(None, message) for message in messages]
    for i, (party, message) in enumerate(pairs):
        where = f"The message of {party!r}"
        if not named:
            where = f"Message {i + 1} of {len(pairs)}"
        own = key
        if keys is not None and party is not None:
            if party not in keys:
                raise ValueError(f"keys has no key of party {party!r}.")
            own = keys[party]
        by_domain = isinstance(message, Mapping)
        by_name: Mapping[Any, Any] = message if by_domain else {None: message}
        parts = {}
        for domain, part in by_name.items():
            place = where + (f", domain {domain}" if by_domain else "")
            parts[domain] = _read_part(place, part, kind, read, own)
        yield where, party, parts, by_domain


def _read_part(where: str, part: Any, kind: Any, read: Any, key: bytes | None) -> Any:
    """State of one domain, read if it is bytes."""
    if isinstance(part, bytes | bytearray | memoryview):
        try:
            return read(part, key)
        except StateFormatError as error:
            shards = unverified_shards(part)
            claim = f", which claims to be shard {shards[0]!r:.99}," if shards else ""
            raise FederationError(f"{where}{claim} is refused: {error}") from error
    if not isinstance(part, kind):
        names = ", ".join(k.__name__ for k in get_args(kind) or (kind,))
        raise FederationError(
            f"{where} is refused: it is {type(part).__name__}, not {names} or the "
            "bytes of one."
        )
    return part


def merge_messages(
    messages: Iterable[tuple[str, str | None, dict[Any, Any], bool]],
    check: Callable[[str, str | None, Any], None],
    begin: Callable[[Any], Any],
) -> Any:
    """Merge the states of all messages, domain by domain."""
    totals: dict[Any, Any] = {}
    domains = None
    for where, party, parts, by_domain in messages:
        if domains not in (None, by_domain):
            raise FederationError(
                f"{where} is refused: it {'has' if by_domain else 'has no'} domains, "
                "unlike those before."
            )
        domains = by_domain
        for domain, state in parts.items():
            place = where + (f", domain {domain}" if by_domain else "")
            check(place, party, state)
            try:
                if domain in totals:
                    totals[domain] = totals[domain].merge(state)
                else:
                    totals[domain] = begin(state)
            except ValueError as error:
                shards = getattr(state, "shards", None)
                named = f", shard {min(shards)!r}," if shards else ""
                raise FederationError(f"{place}{named} is refused: {error}") from error
    if domains is None:
        raise FederationError("There is nothing to merge; got no message of a party.")
    return dict(sorted(totals.items())) if domains else totals[None]
