"""States as bytes, and back from bytes that nobody vouches for."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sktransfer.moments.centred_sums import CentredSums
from sktransfer.moments.deserialize import read_sums
from sktransfer.moments.format import (
    StateFormatError,
    names_field,
    packed,
    text_field,
    unpacked,
)
from sktransfer.moments.raw_sums import RawSums


class WrittenState:
    """What is written of a state: its numbers, and what they are of.

    A subclass has ``sums``, ``fingerprint``, ``shards`` and what is read of the sums.
    """

    _ndim: ClassVar[int] = 2
    _float_sums: ClassVar[type] = CentredSums
    _has_noisy_form: ClassVar[bool] = True
    _kinds: ClassVar[dict[str, type[WrittenState]]] = {}  # that may be read, by name

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Write the state: a JSON header, raw numbers and a checksum, no pickle.

        Parameters
        ----------
        key : bytes, default=None
            Secret that is shared with who reads. The checksum is then an HMAC, which
            nobody else can make; without, it guards against damage alone.

        Returns
        -------
        data : bytes
            Of a symmetric matrix half is written.
        """
        return packed(self._fields(), list(self.sums.arrays().values()), key)

    @classmethod
    def from_bytes(
        cls, data: Any, *, max_features: int = 20_000, key: bytes | None = None
    ) -> Self:
        """Read a state, trusting nothing in it.

        Parameters
        ----------
        data : bytes-like
            What :meth:`to_bytes` wrote.
        max_features : int, default=20_000
            States of more columns are refused.
        key : bytes, default=None
            Secret that the checksum was made with.

        Returns
        -------
        state : MomentState
            Of the kind that was written, which must be one of this class.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were made with another key, or hold no state that
            rows can have given.
        """
        header, body = unpacked(data, key)
        kind = cls._kinds.get(text_field(header, "kind"))
        if kind is None or not issubclass(kind, cls):
            raise StateFormatError(
                f"{cls.__name__} was to be read; got {header['kind']!r:.99}."
            )
        state = kind._read(header, kind._read_sums(header, body, max_features))
        if set(header) != set(state._fields()):
            raise StateFormatError(
                f"The fields of {kind.__name__} are {sorted(state._fields())}; got "
                f"{sorted(header)!s:.999}."
            )
        return state

    def _fields(self) -> dict[str, Any]:
        """What is written beside the numbers."""
        return {
            "kind": type(self).__name__,
            "arithmetic": self.arithmetic,
            "n_features": self.n_features,
            "n_rows": self.n_rows,
            "weight": self.weight,
            "fingerprint": self.fingerprint,
            "shards": sorted(self.shards),
            **self.sums.settings,
        }

    @classmethod
    def _read_sums(
        cls, header: dict[str, Any], body: memoryview, max_features: int
    ) -> Any:
        return read_sums(
            header,
            body,
            ndim=cls._ndim,
            raw=cls._float_sums is RawSums,
            max_features=max_features,
        )

    @classmethod
    def _read(cls, header: dict[str, Any], sums: Any, **own: Any) -> Self:
        if not own and len(getattr(sums, "blocks", None) or "1") > 1:
            raise StateFormatError(f"{cls.__name__} has one block of columns.")
        shards = frozenset(names_field(header, "shards"))
        return cls(sums, text_field(header, "fingerprint"), shards, **own)
