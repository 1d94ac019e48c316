"""Integer sums of rounded rows: the same bits in every order of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import is_sparse
from sktransfer.moments._clip import norm_limit, quantise
from sktransfer.moments._integer_products import (
    FLOAT64_INTEGERS,
    add_dense_rows,
    add_sparse_rows,
)
from sktransfer.moments.column_blocks import ColumnBlocks
from sktransfer.moments.sums import Sums, check_remaining_squares, diagonal

MOST_BITS = 24


@dataclass(frozen=True, eq=False)
class ExactSums(Sums):
    r"""Integer sums of rows rounded to a public grid; immutable.

    With the unit :math:`u = b / 2^{k - 1}` for a bound b and k bits, a value x counts
    as the integer :math:`q = \operatorname{round}(x / u)`, and :math:`\sum w q` and
    :math:`\sum w q q^\top` are 64-bit integers. Their sums have the same bits in any
    order, and rows can be taken off again exactly.

    Parameters
    ----------
    weight : int
        Sum of the weights, which are whole numbers.
    n_rows : int
        Number of rows with a positive weight.
    sums : ndarray of int64 of shape (n_features,)
        Weighted sums of the rounded rows.
    products : ndarray of int64 of shape (n_features, n_features) or (n_features,)
        Weighted products of the rounded columns; one-dimensional: with themselves.
    bound : float
        Largest absolute value b of an entry.
    bits : int
        Bits k of a rounded entry, with its sign.
    blocks : tuple of ColumnBlock, default=None
        Blocks of columns and the lengths that rows are clipped to. None: rows are not
        clipped.
    max_weight : int, default=1
        Largest weight of a row where rows are clipped.
    """

    arithmetic: ClassVar[str] = "exact"

    weight: int
    n_rows: int
    sums: NDArray[np.int64]
    products: NDArray[np.int64]
    bound: float
    bits: int
    blocks: ColumnBlocks | None = None
    max_weight: int = 1

    @classmethod
    def empty(
        cls,
        n_features: int,
        ndim: int,
        bound: float,
        bits: int,
        blocks: ColumnBlocks | None = None,
        max_weight: int = 1,
    ) -> Self:
        """Sums of no rows."""
        sums = np.zeros(n_features, dtype=np.int64)
        products = np.zeros((n_features,) * ndim, dtype=np.int64)
        limits = float(bound), int(bits), blocks, max_weight
        return cls(0, 0, sums, products, *limits)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.sums.shape[0]

    @property
    def settings(self) -> dict[str, Any]:
        """What two sums must share to be merged."""
        settings: dict[str, Any] = {"bound": self.bound, "bits": self.bits}
        if self.blocks is not None:
            settings["row_norm"] = [list(block) for block in self.blocks]
            settings["max_weight"] = self.max_weight
        return settings

    @property
    def unit(self) -> float:
        """Value of the integer 1."""
        return self.bound / self.largest

    @property
    def largest(self) -> int:
        """Integer that the bound is rounded to."""
        return 1 << (self.bits - 1)

    @property
    def norm_limits(self) -> tuple[int, ...]:
        """Largest squared length of each block of a rounded row."""
        return tuple(norm_limit(b.row_norm, self.unit) for b in self.blocks or ())

    @property
    def mean(self) -> NDArray[np.float64]:
        """Weighted mean of the rounded rows; 0 where there is none."""
        return self.sums / max(self.weight, 1) * self.unit

    @property
    def scatter(self) -> NDArray[np.float64]:
        """Weighted products of the deviations from the mean."""
        # first about an integer near the mean, in integer arithmetic. Intermediate
        # values may wrap around; the result is right, as it fits into 64 bits
        n = np.int64(max(self.weight, 1))
        centre = (self.sums + n // 2) // n
        left = self.sums - n * centre
        if self.products.ndim == 1:
            about = self.products - 2 * centre * self.sums + n * centre * centre
            rest = left.astype(np.float64) ** 2
        else:
            cross = np.multiply.outer(centre, self.sums)
            about = self.products - cross - cross.T
            about += n * np.multiply.outer(centre, centre)
            rest = np.multiply.outer(left.astype(np.float64), left)
        return np.asarray((about - rest / n) * self.unit**2, dtype=np.float64)

    def blank(self) -> Self:
        """Sums of no rows, of the same shape and settings."""
        sums, products = np.zeros_like(self.sums), np.zeros_like(self.products)
        return replace(self, weight=0, n_rows=0, sums=sums, products=products)

    def update(self, X: Any, w: NDArray[np.float64] | None) -> Self:
        """Add rows."""
        whole = None if w is None else self._whole_weights(w)
        self._check_room(self.weight + (X.shape[0] if w is None else int(w.sum())))
        weight = self.weight + (X.shape[0] if whole is None else int(whole.sum()))
        sums, products = np.array(self.sums), np.array(self.products, order="C")
        if is_sparse(X):
            add_sparse_rows(sums, products, X, whole, self._rounded)
        else:
            add_dense_rows(sums, products, X, whole, self._rounded, self.largest)
        n_rows = self.n_rows + X.shape[0]
        return replace(self, weight=weight, n_rows=n_rows, sums=sums, products=products)

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums."""
        return self._add(other, 1)

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again, exactly."""
        left = self._add(other, -1)
        check_remaining_squares(diagonal(left.products), diagonal(self.products))
        return left

    def gram(self) -> NDArray[np.float64]:
        """Weighted products of the columns about 0."""
        return np.asarray(self.products * self.unit**2, dtype=np.float64)

    def _add(self, other: Self, sign: int) -> Self:
        weight = self.weight + sign * other.weight
        self._check_room(weight)
        return replace(
            self,
            weight=weight,
            n_rows=self.n_rows + sign * other.n_rows,
            sums=self.sums + sign * other.sums,
            products=self.products + sign * other.products,
        )

    def _check_room(self, weight: int) -> None:
        most = ((1 << 63) - 1) // (self.largest**2 + 1)
        if weight > most:
            raise ValueError(
                f"Sums of {self.bits} bits hold rows of total weight {most} at most; "
                f"got {weight}. Use fewer bits."
            )

    def _whole_weights(self, w: NDArray[np.float64]) -> NDArray[np.int64]:
        wrong = (w != np.rint(w)) | (w >= FLOAT64_INTEGERS)
        if wrong.any():
            raise ValueError(
                "Exact sums take whole numbers as sample_weight; got "
                f'{w[wrong][0]:g}. Round them, or use arithmetic="float64".'
            )
        if self.blocks is not None and w.max(initial=0) > self.max_weight:
            raise ValueError(
                f"Rows of the state weigh max_weight={self.max_weight} at most; got "
                f"{w.max():g}. Lower the weights, or give a larger max_weight to "
                "empty(), which asks for as much more noise."
            )
        return w.astype(np.int64)

    def _rounded(self, X: Any) -> NDArray[np.float64]:
        """Entries of rows (of sparse rows, the stored ones) as integers in float64."""
        if self.blocks is not None:
            return quantise(X, self.blocks, self.bound, self.largest)
        values = X.data if is_sparse(X) else X
        q = np.array(values, dtype=np.float64, order="C")
        q *= self.largest / self.bound
        np.rint(q, out=q)
        # a NaN is neither above nor below, so it is caught as well
        if q.size and not (q.min() >= -self.largest and q.max() <= self.largest):
            raise ValueError(
                f"Exact sums hold values from {-self.bound:g} to {self.bound:g}; got "
                f"{_outside(values, self.bound):g}. Clip or scale the rows, or raise "
                "bound in every state that is to be merged."
            )
        return q


def _outside(values: NDArray[Any], bound: float) -> float:
    values = np.asarray(values, dtype=np.float64).ravel()
    return float(values[~(np.abs(values) <= bound)][0])
