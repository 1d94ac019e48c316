"""Random generators that depend on names."""

from __future__ import annotations

import zlib

import numpy as np


def named_generator(seed: int, name: str, block: int) -> np.random.Generator:
    """Random generator of one block of rows of a domain."""
    # crc32, not hash(): the same in every process.
    return np.random.default_rng([seed, zlib.crc32(name.encode()), block])
