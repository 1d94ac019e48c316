"""Integer sums with noise, and how large the noise is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments.column_blocks import ColumnBlocks
from sktransfer.moments.sums import Sums


class Scales(NamedTuple):
    """Standard deviations of noise, or its variances, as integers.

    Attributes
    ----------
    weight : int
        Noise of the weight.
    sums : tuple of int
        Noise of the sums, for each block of columns.
    squares : tuple of int
        Noise of the diagonal, for each block.
    products : tuple of tuple of int
        Noise above the diagonal of block i at (i, i), and between blocks at (i, j).
    """

    weight: int
    sums: tuple[int, ...]
    squares: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]

    def variances(self) -> Scales:
        """Squares of standard deviations."""
        return map_scales(lambda s: s**2, self)


def map_scales(function: Callable[..., Any], *scales: Any) -> Any:
    """Apply a function number by number."""
    if not isinstance(scales[0], tuple):
        return function(*scales)
    made = [map_scales(function, *parts) for parts in zip(*scales, strict=True)]
    return Scales(*made) if isinstance(scales[0], Scales) else tuple(made)


@dataclass(frozen=True, eq=False)
class NoisySums(Sums):
    """Integer sums with noise, and its variances; immutable.

    Parameters
    ----------
    weight : int
        Sum of the weights.
    sums : ndarray of int64 of shape (n_features,) or None
        Sums of the rows; None if they were not released.
    products : ndarray of int64 of shape (n_features, n_features) or (n_features,)
        Products of the columns.
    variances : Scales
        Variances of the noise.
    blocks : tuple of ColumnBlock
        Blocks of columns, with the lengths that rows were clipped to.
    unit : float
        Value of the integer 1 in a row.
    """

    weight: int
    sums: NDArray[np.int64] | None
    products: NDArray[np.int64]
    variances: Scales
    blocks: ColumnBlocks
    unit: float

    def merge(self, other: Self) -> Self:
        """Add the sums of other rows, and the variances."""
        totals = None
        if self.sums is not None and other.sums is not None:
            totals = self.sums + other.sums
        return replace(
            self,
            weight=self.weight + other.weight,
            sums=totals,
            products=self.products + other.products,
            variances=map_scales(operator.add, self.variances, other.variances),
        )
