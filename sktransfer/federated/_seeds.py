"""Secrets of pairs of parties."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping


def deal_seeds(parties: Iterable[str]) -> dict[str, dict[str, bytes]]:
    """Draw a secret for each pair of parties.

    Whoever knows the secrets can remove the masks, so the receiver of the masked states
    must not deal them. Parties that trust nobody agree on the secrets in pairs.

    Parameters
    ----------
    parties : iterable of str
        Names, at least two.

    Returns
    -------
    seeds : dict of str to dict of str to bytes
        For each party, the secret that it shares with each other party: 32 bytes from
        the random generator of the operating system.

    Raises
    ------
    ValueError
        If there are fewer than two names, or one comes twice.
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


def session_secret(seed: bytes, session: str, a: str, b: str) -> bytes:
    """Secret of a pair in one session; it reveals none of their other sessions."""
    text = json.dumps(["sktransfer mask 1", session, *sorted([a, b])])
    return hmac.digest(seed, text.encode(), "sha256")


def check_seeds(party: str, seeds: Mapping[str, bytes]) -> None:
    """Raise if the secrets are missing, too short or not different."""
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
