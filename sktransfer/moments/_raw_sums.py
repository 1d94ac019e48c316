"""Products of columns about 0 in float64, for Gram matrices of sparse counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.linalg import add_scatter, mirror_lower
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._rows import (
    add_sparse_product,
    check_finite_squares,
    dense_blocks,
)
from sktransfer.moments.sums import Sums, check_remaining_squares, diagonal


@dataclass(frozen=True, eq=False)
class RawSums(Sums):
    r"""Weight and products of rows about 0; immutable.

    Parameters
    ----------
    weight : float
        Sum of the weights.
    n_rows : int
        Number of rows with a positive weight.
    products : ndarray of float64 of shape (n_features, n_features)
        :math:`X^\top W X`.
    """

    arithmetic: ClassVar[str] = "float64"

    weight: float
    n_rows: int
    products: NDArray[np.float64]

    @classmethod
    def empty(cls, n_features: int, ndim: int = 2) -> Self:
        """Sums of no rows."""
        return cls(0.0, 0, np.zeros((n_features,) * ndim))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.products.shape[0]

    def blank(self) -> Self:
        """Sums of no rows, of the same shape."""
        return self.empty(self.n_features)

    def update(self, X: Any, w: NDArray[np.float64] | None) -> Self:
        """Add rows."""
        products = np.array(self.products, order="C")
        with np.errstate(invalid="ignore", over="ignore"):  # checked below
            self._add(products, X, None if w is None else np.sqrt(w))
        check_finite_squares(diagonal(products), X)
        weight = float(X.shape[0]) if w is None else float(w.sum())
        return type(self)(self.weight + weight, self.n_rows + X.shape[0], products)

    def _add(self, products: NDArray, X: Any, root: NDArray | None) -> None:
        """Add the products of rows times the roots of their weights."""
        if is_sparse(X):
            X = X.astype(np.float64)
            if root is not None:
                X.data *= np.repeat(root, np.diff(X.indptr))
            add_sparse_product(products, X.T.tocsr(), X)
            return
        for rows in dense_blocks(X):
            B = np.array(X[rows], dtype=np.float64, order="C")
            if root is not None:
                B *= root[rows, None]
            add_scatter(products, B)
        mirror_lower(products)

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums."""
        return type(self)(
            self.weight + other.weight,
            self.n_rows + other.n_rows,
            self.products + other.products,
        )

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again."""
        n_rows = self.n_rows - other.n_rows
        if n_rows == 0:
            return self.blank()
        products = self.products - other.products
        squares = diagonal(products)
        check_remaining_squares(squares, diagonal(self.products))
        np.maximum(squares, 0, out=squares)
        return type(self)(self.weight - other.weight, n_rows, products)

    def gram(self) -> NDArray[np.float64]:
        """Products about 0."""
        return np.array(self.products)
