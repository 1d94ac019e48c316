"""Kernel ridge regression on the content of items, with exact leave-one-out values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_array

from sktransfer._core.sparse import canonical_csr, is_sparse
from sktransfer._core.topk import row_blocks
from sktransfer.recommend.collaborative._ease_weights import invert_spd, item_gram

_LONGEST = 3.0  # times the root mean square length


class ContentRidge(NamedTuple):
    """Kernel ridge regression over items: inverse of ``K + l2 I`` and its diagonal."""

    inverse: NDArray[np.floating]
    diagonal: NDArray[np.floating]

    def solve(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Product of values of items, one regression a row, and the inverse."""
        return values @ self.inverse


class LinearContentRidge(NamedTuple):
    """The same for ``K = F F'`` where content has fewer columns than there are items.

    ``(F F' + l2 I)^-1 = (I - F (F' F + l2 I)^-1 F') / l2``: only the matrix of the
    columns is inverted.
    """

    content: Any
    inverse: NDArray[np.floating]  # (n_content, n_content)
    l2: float
    diagonal: NDArray[np.floating]

    def solve(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Product of values of items, one regression a row, and the inverse."""
        F = self.content
        return (values - ((values @ F) @ self.inverse) @ F.T) / self.l2


def scaled_content(
    item_features: Any,
    dtype: Any,
    *,
    n_items: int | None = None,
    known: NDArray[np.int64] | None = None,
    unit: float | None = None,
) -> tuple[Any, float]:
    """Validate the content of items and scale its rows to a mean square length of 1."""
    if is_sparse(item_features):
        item_features = canonical_csr(item_features)
    elif hasattr(item_features, "__len__") and not len(item_features):
        raise ValueError(
            "item_features must have a row for each item; got none. Pass None to leave "
            "the content out."
        )
    F = check_array(
        item_features, accept_sparse="csr", dtype=np.float64, input_name="item_features"
    )
    if n_items is not None and F.shape[0] != n_items:
        raise ValueError(
            f"item_features must have a row for each column of X, {n_items}; got "
            f"shape {F.shape}. Give rows of zeros to items without content, and new "
            "items a column without interactions, or pass them to add_items."
        )
    F = sparse.csr_array(F, copy=True) if is_sparse(F) else F
    largest = float(abs(F).max()) if F.shape[1] and F.shape[0] else 0.0
    largest = largest if largest > 0 else 1.0
    F = F / largest  # squares might overflow
    squares = F.multiply(F) if is_sparse(F) else F * F
    length = np.sqrt(np.asarray(squares.sum(axis=1)).ravel())
    if unit is None:
        measured = length if known is None or not known.size else length[known]
        unit = largest * float(np.sqrt((measured**2).mean()))
        unit = unit if unit > 0 else 1.0
    length = length * (largest / unit)
    factor = largest / unit * np.minimum(1, _LONGEST / np.maximum(length, _LONGEST))
    F = sparse.diags_array(factor) @ F if is_sparse(F) else F * factor[:, None]
    return (F.tocsr() if is_sparse(F) else F).astype(dtype), unit


def content_kernel(F: Any, G: Any = None, *, degree: int = 1) -> NDArray[np.floating]:
    """Similarity of items by content.

    With c the cosine of two contents and s, t their lengths, :math:`s t c` for degree 1
    and :math:`s t (c + c^3 + c^5) / 3` for degree 5, where near twins count more than
    many items that have little in common. Odd powers keep signs; positive coefficients
    keep the kernel positive semi-definite.
    """
    if G is None:
        K = item_gram(F.T.tocsr() if is_sparse(F) else F.T)
        G = F
    else:
        K = np.empty((F.shape[0], G.shape[0]), dtype=F.dtype)
        for rows in row_blocks(*K.shape, entries=1 << 20):
            part = F[rows] @ G.T
            K[rows] = part.toarray() if is_sparse(part) else part
    if degree == 1:
        return K
    powers = range(1, degree + 1, 2)
    s, t = _lengths(F), _lengths(G)
    for rows in row_blocks(*K.shape, entries=1 << 20):
        st = s[rows, None] * t
        c = np.divide(K[rows], st, out=np.zeros_like(st), where=st > 0)
        K[rows] = st * sum(c**p for p in powers) / len(powers)
    return K


def _lengths(F: Any) -> NDArray[np.floating]:
    squares = F.multiply(F) if is_sparse(F) else F * F
    return np.sqrt(np.asarray(squares.sum(axis=1)).ravel())


def content_ridge(K: NDArray[np.floating], l2: float) -> ContentRidge:
    """Solve the ridge regression on the content of known items."""
    K.flat[:: K.shape[0] + 1] += l2
    invert_spd(K)
    return ContentRidge(K, np.diag(K).copy())


def ridge_on_content(
    F: Any, degree: int, l2: float
) -> ContentRidge | LinearContentRidge:
    """Ridge regression on the content of known items, the cheaper way."""
    if degree > 1 or 2 * F.shape[1] > F.shape[0]:
        return content_ridge(content_kernel(F, degree=degree), l2)
    small = content_ridge(item_gram(F), l2).inverse
    fitted = np.empty(F.shape[0], dtype=F.dtype)
    for rows in row_blocks(*F.shape):
        part = F[rows]
        product = part @ small
        kept = part.multiply(product) if is_sparse(part) else part * product
        fitted[rows] = np.asarray(kept.sum(axis=1)).ravel()
    return LinearContentRidge(F, small, l2, (1 - fitted) / l2)


def leave_one_out(
    values: NDArray[np.floating],
    solved: NDArray[np.floating],
    diagonal: NDArray[np.floating],
) -> NDArray[np.floating]:
    r"""What the content of each item predicts from the values of all others.

    With :math:`P = (K + \lambda I)^{-1}`, the prediction for item j of the regression
    without the value :math:`r_j` is :math:`r_j - (rP)_j / P_{jj}`: known
    items are scored as if they were new.
    """
    return values - solved / diagonal
