"""Blocks of columns that are clipped each to a length of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MAX_ROW_UNITS = 2.0**30  # longest row, so that squared lengths fit into 64 bits


class ColumnBlock(NamedTuple):
    """Adjacent columns; the part of a row in them is clipped by itself.

    Attributes
    ----------
    width : int
        Number of columns.
    row_norm : float
        Largest Euclidean length of the part.
    """

    width: int
    row_norm: float


ColumnBlocks = tuple[ColumnBlock, ...]


def column_slices(blocks: ColumnBlocks) -> list[slice]:
    """Columns of each block."""
    ends = np.cumsum([block.width for block in blocks]).tolist()
    return [slice(end - b.width, end) for b, end in zip(blocks, ends, strict=True)]
