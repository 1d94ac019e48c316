"""MaskedState: sums under random masks, readable only after all are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments import StateFormatError
from sktransfer.moments.format import (
    names_field,
    pack_state,
    text_field,
    unpack_state,
)


@dataclass(frozen=True, eq=False)
class MaskedState:
    """State under a random mask, readable only in the sum over all parties.

    It has no mean and takes no rows. :func:`unmask` adds the states of all parties.

    Parameters
    ----------
    party : str
        Name of the party.
    parties : tuple of str
        All parties of the session, sorted.
    session : str
        Name of the session that the masks are for.
    like : dict
        Kind, columns, arithmetic and fingerprint, the same in all states of a session.
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
        return pack_state(header, [self.numbers.view(np.int64)], key)

    @classmethod
    def from_bytes(cls, data: Any, *, key: bytes | None = None) -> Self:
        """Read a masked state.

        Only the sum of all parties can be checked, which :func:`unmask` does.

        Parameters
        ----------
        data : bytes-like
            Bytes that :meth:`to_bytes` has written.
        key : bytes, default=None
            Secret that it was signed with.

        Returns
        -------
        state : MaskedState
            The state that was written.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were signed with another key, or hold something
            else.
        """
        header, body = unpack_state(data, key)
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
