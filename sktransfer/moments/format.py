"""A JSON header, raw numbers and a checksum: states as bytes, without pickle."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.linalg import slices

_MAGIC = b"SKTMOM\x01"
_PREFIX = struct.Struct("<7scQ")  # magic and version, kind of checksum, header length
_DIGEST = 32
_LONGEST_HEADER = 1 << 20  # JSON takes 30 times its size in memory, at worst
_TILE = 256  # rows of a triangle that are written at once


class StateFormatError(ValueError):
    """Bytes that are no state, or not one that may be read."""


def pack_state(
    header: dict[str, Any], arrays: list[NDArray[Any]], key: bytes | None
) -> bytes:
    """Write a header, arrays and a checksum.

    Of a symmetric matrix the lower triangle is written. Numbers are little-endian.
    """
    text = json.dumps(header, sort_keys=True).encode()
    if len(text) > _LONGEST_HEADER:
        raise ValueError(
            f"The header takes {len(text)} bytes, more than {_LONGEST_HEADER}: the "
            "names of the shards are too many or too long. Merge larger shards."
        )
    mode = b"\0" if key is None else b"\1"
    parts = [_PREFIX.pack(_MAGIC, mode, len(text)), text]
    for array in arrays:
        parts.extend(_array_bytes(array))
    digest = _digest(key)
    for part in parts:
        digest.update(part)
    return b"".join([*parts, digest.digest()])


def unpack_state(data: Any, key: bytes | None) -> tuple[dict[str, Any], memoryview]:
    """Check the checksum, and return the header and the bytes of the arrays."""
    try:
        data = memoryview(data).cast("B")
    except TypeError:
        raise TypeError(
            "A state is read from bytes, such as path.read_bytes(); got "
            f"{type(data).__name__}."
        ) from None
    if len(data) < _PREFIX.size + _DIGEST:
        raise StateFormatError(
            f"A state takes {_PREFIX.size + _DIGEST} bytes at least; got {len(data)}. "
            "The file is cut off or no state."
        )
    magic, mode, length = _PREFIX.unpack(data[: _PREFIX.size])
    if magic != _MAGIC:
        raise StateFormatError(
            f"A state begins with {_MAGIC!r}; got {magic!r}. It is no state, or of "
            "another version."
        )
    if mode not in (b"\0", b"\1") or (mode == b"\1") != (key is not None):
        signed = "signed with a key" if mode == b"\1" else "not signed"
        raise StateFormatError(
            f"The state is {signed}, and "
            f"{'no key' if key is None else 'a key'} was given."
        )
    digest = _digest(key)
    digest.update(data[:-_DIGEST])
    if not hmac.compare_digest(digest.digest(), bytes(data[-_DIGEST:])):
        raise StateFormatError(
            "The checksum does not fit: the bytes were changed or cut off"
            f"{'' if key is None else ', or signed with another key'}."
        )
    start = _PREFIX.size + length
    if length > _LONGEST_HEADER or start > len(data) - _DIGEST:
        raise StateFormatError(f"The header cannot take {length} bytes.")
    header = _parse_header(bytes(data[_PREFIX.size : start]))
    return header, data[start:-_DIGEST]


def unpack_arrays(
    body: memoryview, n: int, ndim: int, *, products_only: bool, integers: bool
) -> tuple[NDArray[Any] | None, NDArray[Any]]:
    """Sums (None where only products were written) and products over n columns."""
    dtype = np.dtype("<i8" if integers else "<f8")
    n_products = n * (n + 1) // 2 if ndim == 2 else n
    n_values = n_products if products_only else n + n_products
    if len(body) != n_values * 8:
        raise StateFormatError(
            f"Sums over {n} columns take {n_values * 8} bytes; got {len(body)}."
        )
    values = np.frombuffer(body, dtype=dtype)
    for part in slices(values.size, 1 << 20):
        if not integers and not np.isfinite(values[part]).all():
            raise StateFormatError("A number of the state is not finite.")
    flat = values[n_values - n_products :]
    products = _from_triangle(flat, n) if ndim == 2 else flat.astype(dtype.type)
    return None if products_only else values[:n].astype(dtype.type), products


def _from_triangle(flat: NDArray[Any], n: int) -> NDArray[Any]:
    """Symmetric matrix from the rows of its lower triangle."""
    S = np.empty((n, n), dtype=flat.dtype.type)
    start = 0
    for i in range(n):
        S[i, : i + 1] = flat[start : start + i + 1]
        S[:i, i] = S[i, :i]
        start += i + 1
    return S


def unverified_header(data: Any) -> dict[str, Any]:
    """Header without a look at the checksum; for messages, and for what to try."""
    data = bytes(memoryview(data)[: _PREFIX.size + _LONGEST_HEADER])
    try:
        _, _, length = _PREFIX.unpack(data[: _PREFIX.size])
        return _parse_header(data[_PREFIX.size : _PREFIX.size + length])
    except (struct.error, StateFormatError):
        return {}


def unverified_shards(data: Any) -> list[str]:
    """Names of shards without a look at the checksum; only for messages."""
    shards = unverified_header(data).get("shards")
    return [str(s) for s in shards] if isinstance(shards, list) else []


def _digest(key: bytes | None) -> Any:
    if key is None:
        return hashlib.sha256()
    if not isinstance(key, bytes | bytearray):
        raise TypeError(f"key must be bytes; got {type(key).__name__}.")
    if not key:
        raise ValueError("key must be a secret; got no bytes, which anybody can use.")
    return hmac.new(key, digestmod="sha256")


def _array_bytes(array: NDArray[Any]) -> list[bytes]:
    """Bytes of a vector, or of the lower triangle of a matrix."""
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.ndim == 1:
        return [array.tobytes()]
    return [
        b"".join(array[i, : i + 1].tobytes() for i in range(rows.start, rows.stop))
        for rows in slices(array.shape[0], _TILE)
    ]


def _refuse_nan(name: str) -> Any:
    raise ValueError(f"{name} is no number of a header")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _parse_header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(
            text, parse_constant=_refuse_nan, object_pairs_hook=_unique_names
        )
    except (ValueError, RecursionError) as error:
        raise StateFormatError(f"The header is no JSON object: {error}.") from None
    if not isinstance(header, dict):
        raise StateFormatError("The header is no JSON object.")
    return header


def text_field(header: dict[str, Any], name: str) -> str:
    """Text of a header."""
    value = header.get(name)
    if not isinstance(value, str):
        raise StateFormatError(f"{name} is a text; got {value!r:.99}.")
    return value


def integer_field(header: dict[str, Any], name: str, least: int, most: int) -> int:
    """Integer of a header, from `least` to `most`."""
    value = header.get(name)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or not whole or not least <= value <= most:
        raise StateFormatError(
            f"{name} is a whole number from {least} to {most}; got {value!r:.99}."
        )
    return value


def names_field(header: dict[str, Any], name: str) -> list[str]:
    """Sorted names of a header."""
    names = header.get(name)
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise StateFormatError(f"{name} is a list of names; got {names!r:.99}.")
    if names != sorted(set(names)):
        raise StateFormatError(f"The {name} are sorted, each once.")
    return names
