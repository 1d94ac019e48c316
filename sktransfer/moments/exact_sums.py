"""Integer sums of quantised rows: one bit pattern in whatever order they arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.linalg import add_scatter, mirror_lower
from sktransfer.moments._rows import add_sparse_product, row_blocks, slices
from sktransfer.moments.clip import Blocks, norm_limit, quantise
from sktransfer.moments.sums import Sums, check_left, diagonal

MOST_BITS = 24
_EXACT = 1 << 53  # float64 holds all integers up to this


@dataclass(frozen=True, eq=False)
class ExactSums(Sums):
    r"""Integer sums of rows rounded to a public grid; immutable.

    With the unit :math:`u = b / 2^{k - 1}` for a bound b and k bits, a value x counts
    as the integer :math:`q = \operatorname{round}(x / u)`, and :math:`\sum w q` and
    :math:`\sum w q q^\top` are held in 64-bit integers. Integers add up to the same
    bits in any order, and what was added can be taken off without a trace.

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
    blocks : tuple of Block, default=None
        Lengths that rows are clipped to; None: they are not clipped.
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
    blocks: Blocks | None = None
    max_weight: int = 1

    @classmethod
    def empty(
        cls,
        n_features: int,
        ndim: int,
        bound: float,
        bits: int,
        blocks: Blocks | None = None,
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
        settings = {"bound": self.bound, "bits": self.bits}
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
        # about a whole number near the mean first, in integers; what wraps around in
        # between is right in the end, for the result is below the products
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
        return (about - rest / n) * self.unit**2

    def blank(self) -> Self:
        """Sums of no rows, of the same shape and settings."""
        zeros = {name: np.zeros_like(a) for name, a in self.arrays().items()}
        return replace(self, weight=0, n_rows=0, **zeros)

    def update(self, X: Any, w: NDArray[np.float64] | None) -> Self:
        """Add rows."""
        whole = self._whole(w)
        added = X.shape[0] if w is None else int(w.sum())
        self._check_room(self.weight + added)
        weight = self.weight + (added if w is None else int(whole.sum()))
        sums, products = np.array(self.sums), np.array(self.products, order="C")
        add = _add_sparse if sparse.issparse(X) else _add_dense
        add(sums, products, X, whole, self._rounded, self.largest)
        n_rows = self.n_rows + X.shape[0]
        return replace(self, weight=weight, n_rows=n_rows, sums=sums, products=products)

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums."""
        return self._with(other, 1)

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again, without a trace."""
        left = self._with(other, -1)
        check_left(diagonal(left.products), diagonal(self.products))
        return left

    def gram(self) -> NDArray[np.float64]:
        """Weighted products of the columns about 0."""
        return self.products * self.unit**2

    def _with(self, other: Self, sign: int) -> Self:
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

    def _whole(self, w: NDArray[np.float64] | None) -> NDArray[np.int64] | None:
        if w is None:
            return None
        if np.any(w != np.rint(w)) or np.any(w >= _EXACT):
            raise ValueError(
                "Exact sums take whole numbers as sample_weight; got "
                f"{w[(w != np.rint(w)) | (w >= _EXACT)][0]:g}. Round them, or use "
                'arithmetic="float64".'
            )
        if self.blocks is not None and w.max(initial=0) > self.max_weight:
            raise ValueError(
                f"Rows of the state weigh max_weight={self.max_weight} at most; got "
                f"{w.max():g}. Lower the weights, or give a larger max_weight to "
                "empty(), which asks for as much more noise."
            )
        return w.astype(np.int64)

    def _rounded(self, X: Any) -> NDArray[np.float64]:
        """Entries of rows, of sparse ones those stored, as whole numbers in float64."""
        if self.blocks is not None:
            return quantise(X, self.blocks, self.bound, self.largest)
        values = X.data if sparse.issparse(X) else X
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


def _add_dense(sums, products, X, w, rounded, largest):
    # products of so many rows are whole numbers that float64 holds, so BLAS adds
    # them without rounding, in whatever order
    most = max(_EXACT // largest**2, 1)
    for block in row_blocks(X):
        B = rounded(X[block])
        for part, weight in _parts(B.shape[0], None if w is None else w[block], most):
            Q = B[part]
            if weight is None:
                sums += Q.sum(axis=0).astype(np.int64)
            elif weight.sum() <= most:
                sums += (weight @ Q).astype(np.int64)
            else:  # one row that weighs more than float64 holds
                Q, weight = Q.astype(np.int64), weight.astype(np.int64)
                sums += weight @ Q
            if products.ndim == 1:
                P = Q if weight is None else Q * weight[:, None]
                products += np.einsum("ij,ij->j", Q, P).astype(np.int64)
            elif weight is None:
                exact = np.zeros(products.shape)
                add_scatter(exact, Q)
                mirror_lower(exact)
                products += exact.astype(np.int64)
            else:
                products += (Q.T @ (Q * weight[:, None])).astype(np.int64)


def _parts(n_rows, w, most):
    """Slices of rows of a total weight that stays exact, and their weights."""
    if w is None:
        yield from ((part, None) for part in slices(n_rows, most))
        return
    start, total = 0, np.r_[0, np.cumsum(np.minimum(w, most + 1), dtype=np.int64)]
    while start < n_rows:
        stop = int(np.searchsorted(total, total[start] + most, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop), w[start:stop]
        start = stop


def _add_sparse(sums, products, X, w, rounded, largest):
    data = rounded(X).astype(np.int64)
    weighted = data if w is None else data * np.repeat(w, np.diff(X.indptr))
    np.add.at(sums, X.indices, weighted)
    if products.ndim == 1:
        np.add.at(products, X.indices, weighted * data)
        return
    Q = sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)
    Qt = sparse.csr_array((weighted, X.indices, X.indptr), shape=X.shape).T.tocsr()
    add_sparse_product(products, Qt, Q)
