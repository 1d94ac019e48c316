"""Clipping rows to a public length, and rounding them without exceeding it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import is_sparse
from sktransfer.moments.column_blocks import ColumnBlocks, column_slices

_SLACK = 2.0**-30  # more than float64 loses in a sum of squares of 2^20 columns


def norm_limit(row_norm: float, unit: float) -> int:
    """Largest squared length of a rounded row, in squared units."""
    return math.ceil((row_norm / unit) ** 2 * (1 + _SLACK))


def quantise(X: Any, blocks: ColumnBlocks, bound: float, largest: int) -> NDArray:
    """Clip and round rows; no rounded row is longer than its limit."""
    values = np.array(X.data if is_sparse(X) else X, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("Rows must be finite to be clipped; got NaN or infinity.")
    if not is_sparse(X):
        for block, columns in zip(blocks, column_slices(blocks), strict=True):
            part = values[:, columns]
            part[:] = _quantised(part, None, block.row_norm, bound, largest)
        return values
    owner = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    for block, columns in zip(blocks, column_slices(blocks), strict=True):
        at = np.flatnonzero((X.indices >= columns.start) & (X.indices < columns.stop))
        values[at] = _quantised(values[at], owner[at], block.row_norm, bound, largest)
    return values


def _quantised(values, owner, row_norm, bound, largest):
    """Integers from the entries of one block; `owner` is the row of sparse entries."""
    values = _clipped(values, owner, row_norm)
    np.clip(values, -bound, bound, out=values)
    values *= largest / bound
    rounded = np.rint(values)
    # a row that rounding has made longer than its limit is rounded towards 0 instead
    q = rounded.astype(np.int64)
    squares = _row_sums(q * q, owner)
    long = squares > norm_limit(row_norm, bound / largest)
    at = long if owner is None else long[owner]
    rounded[at] = np.trunc(values[at])
    return rounded


def _clipped(values, owner, row_norm):
    # divided by the largest entry of the row first, so that squares stay in range
    if owner is None:
        top = np.maximum(np.abs(values).max(axis=1, initial=0.0), row_norm)
        norms = np.sqrt(((values / top[:, None]) ** 2).sum(axis=1))
    else:
        top = np.full(owner.max(initial=-1) + 1, row_norm)
        np.maximum.at(top, owner, np.abs(values))
        norms = np.sqrt(_row_sums((values / top[owner]) ** 2, owner))
    most = row_norm / top
    factors = np.where(norms > most, most / np.maximum(norms, most), 1.0)
    return values * (factors[:, None] if owner is None else factors[owner])


def _row_sums(values, owner):
    if owner is None:
        return values.sum(axis=1)
    sums = np.zeros(owner.max(initial=-1) + 1, dtype=values.dtype)
    np.add.at(sums, owner, values)
    return sums
