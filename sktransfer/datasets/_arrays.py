"""Arrays of objects, and random generators that depend on names."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def object_array(values: Iterable[Any]) -> NDArray[np.object_]:
    """One-dimensional array of any values, lists among them."""
    listed = list(values)
    out = np.empty(len(listed), dtype=object)
    out[:] = listed
    return out


def named_generator(seed: int, name: str, block: int) -> np.random.Generator:
    """Random generator of one block of rows of a domain."""
    # crc32, not hash(): the same in every process.
    return np.random.default_rng([seed, zlib.crc32(name.encode()), block])
