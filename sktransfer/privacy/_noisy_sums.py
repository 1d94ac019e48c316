"""Integer sums with noise, and how large the noise is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments.clip import Blocks
from sktransfer.moments.sums import Sums


class Scales(NamedTuple):
    """Standard deviations of noise, or its variances, as integers.

    Attributes
    ----------
    weight : int
        Of the weight.
    sums : tuple of int
        Of the sums of each block of columns.
    squares : tuple of int
        Of the diagonal of each block.
    products : tuple of tuple of int
        Above the diagonal of a block (i, i), and between two blocks (i, j).
    """

    weight: int
    sums: tuple[int, ...]
    squares: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]

    def variances(self) -> Scales:
        """Squares of standard deviations."""
        return each(lambda s: s**2, self)


def each(function: Callable[..., Any], *scales: Any) -> Any:
    """Apply a function number by number."""
    if not isinstance(scales[0], tuple):
        return function(*scales)
    made = [each(function, *parts) for parts in zip(*scales, strict=True)]
    return Scales(*made) if isinstance(scales[0], Scales) else tuple(made)


@dataclass(frozen=True, eq=False)
class NoisySums(Sums):
    """Integer sums with noise, and its variances; immutable.

    Parameters
    ----------
    weight : int
        Sum of the weights.
    sums : ndarray of int64 of shape (n_features,) or None
        Sums of the rows, where the kind has any.
    products : ndarray of int64 of shape (n_features, n_features) or (n_features,)
        Products of the columns.
    variances : Scales
        Of the noise.
    blocks : tuple of Block
        Lengths that the rows were clipped to.
    unit : float
        Value of the integer 1 of a row.
    """

    weight: int
    sums: NDArray[np.int64] | None
    products: NDArray[np.int64]
    variances: Scales
    blocks: Blocks
    unit: float

    def merge(self, other: Self) -> Self:
        """Add the sums of other rows, and the variances."""
        return replace(
            self,
            weight=self.weight + other.weight,
            sums=None if self.sums is None else self.sums + other.sums,
            products=self.products + other.products,
            variances=each(operator.add, self.variances, other.variances),
        )
