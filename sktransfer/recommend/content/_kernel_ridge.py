"""Kernel ridge regression on the content of items, with exact leave-one-out values."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from sklearn.utils import check_array

from sktransfer._core.sparse import canonical_csr, dense, is_sparse
from sktransfer._core.topk import row_blocks
from sktransfer.recommend.collaborative._ease_weights import invert_spd, item_gram

_LONGEST = 3.0  # times the root mean square length


class ContentRidge(NamedTuple):
    """Kernel ridge regression over items: inverse of ``K + l2 I`` and its diagonal."""

    inverse: NDArray[np.floating]
    diagonal: NDArray[np.floating]

    def solve(self, values: Any) -> NDArray[np.floating]:
        """Product of values of items, one regression a row, and the inverse."""
        return values @ self.inverse

    def hold_out(
        self, known: NDArray[np.int64], new: NDArray[np.int64], some: NDArray[np.int64]
    ) -> HeldOut:
        """The regression on known items alone."""
        P = self.inverse
        out = np.setdiff1d(np.arange(P.shape[0]), known)
        factor = cho_factor(P[np.ix_(out, out)], lower=True, overwrite_a=True)
        cross = P[np.ix_(out, known[some])]
        diagonal = self.diagonal[known[some]].copy()
        for columns in row_blocks(some.size, out.size):
            part = cross[:, columns]
            solved = cho_solve(factor, part)
            diagonal[columns] -= np.einsum("ij,ij->j", part, solved)
        places = np.searchsorted(out, new)
        return HeldOut(P, known, some, out, places, factor, cross, diagonal)


class HeldOut(NamedTuple):
    r"""Regression on known items alone, from the inverse P over known and others.

    With r the values of a row, 0 where an item is held out, and o those items, what the
    others predict of them is :math:`-(r P)_o P_{oo}^{-1}`; the inverse over known items
    alone is :math:`P_{kk} - P_{ko} P_{oo}^{-1} P_{ok}`. So one inverse serves all
    sets of items that are held out.
    """

    inverse: NDArray[np.floating]
    known: NDArray[np.int64]
    some: NDArray[np.int64]  # places of the known items that are predicted
    out: NDArray[np.int64]
    places: NDArray[np.int64]  # of the new items among those held out
    factor: Any  # Cholesky factor of P_oo
    cross: NDArray[np.floating]  # P_ok, k some
    diagonal: NDArray[np.floating]  # of the inverse over known items, of some

    def predict(self, *values: Any) -> list[NDArray[np.floating]]:
        """Some known items, each without its own value, then the new ones."""
        P, n = self.inverse, self.some.size
        columns = np.concatenate([self.known[self.some], self.out])
        solved = [np.empty((v.shape[0], columns.size), P.dtype) for v in values]
        padded = [spread_columns(v, self.known, P.shape[0]) for v in values]
        for block in row_blocks(columns.size, P.shape[0]):
            part = np.ascontiguousarray(P[columns[block]].T)
            for v, found in zip(padded, solved):
                found[:, block] = v @ part
        del padded
        return [self._finish(v, found, n) for v, found in zip(values, solved)]

    def _finish(self, values: Any, solved: NDArray, n: int) -> NDArray[np.floating]:
        """What is predicted, in the memory of the products with P."""
        n_scored = n + self.places.size
        for rows in row_blocks(*solved.shape):
            new = cho_solve(self.factor, solved[rows, n:].T).T
            own = dense(values[rows][:, self.some])
            inner = solved[rows, :n] - new @ self.cross
            solved[rows, :n] = leave_one_out(own, inner, self.diagonal)
            solved[rows, n:n_scored] = -new[:, self.places]
        return solved[:, :n_scored]


class LinearContentRidge(NamedTuple):
    """The same for ``K = F F'`` where content has fewer columns than there are items.

    ``(F F' + l2 I)^-1 = (I - F (F' F + l2 I)^-1 F') / l2``: only the matrix of the
    columns is inverted.
    """

    content: Any
    inverse: NDArray[np.floating]  # (n_content, n_content)
    l2: float
    diagonal: NDArray[np.floating]

    def solve(self, values: Any) -> NDArray[np.floating]:
        """Product of values of items, one regression a row, and the inverse."""
        F = self.content
        return (dense(values) - dense(values @ F) @ self.inverse @ F.T) / self.l2

    def hold_out(
        self, known: NDArray[np.int64], new: NDArray[np.int64], some: NDArray[np.int64]
    ) -> LinearHeldOut:
        """The regression on known items alone."""
        F = self.content
        return LinearHeldOut(_linear_ridge(F[known], self.l2), some, F[new])


class LinearHeldOut(NamedTuple):
    """The same as `HeldOut` where content has fewer columns than there are items."""

    ridge: LinearContentRidge
    some: NDArray[np.int64]
    content: Any  # of the new items

    def predict(self, *values: Any) -> list[NDArray[np.floating]]:
        """Some known items, each without its own value, then the new ones."""
        return [self._predict(v) for v in values]

    def _predict(self, values: Any) -> NDArray[np.floating]:
        ridge, some = self.ridge, self.some
        solved = ridge.solve(values)
        own = leave_one_out(
            dense(values[:, some]), solved[:, some], ridge.diagonal[some]
        )
        return np.hstack([own, (solved @ ridge.content) @ self.content.T])


Ridge: TypeAlias = ContentRidge | LinearContentRidge


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
            K[rows] = dense(F[rows] @ G.T)
    if degree == 1:
        return K
    s, t = _lengths(F), _lengths(G)
    for rows in row_blocks(*K.shape, entries=1 << 20):
        st = s[rows, None] * t
        c = np.divide(K[rows], st, out=np.zeros_like(st), where=st > 0)
        power, total = c, c.copy()
        for _ in range(3, degree + 1, 2):
            power = power * c * c
            total += power
        K[rows] = st * total / ((degree + 1) // 2)
    return K


def _lengths(F: Any) -> NDArray[np.floating]:
    squares = F.multiply(F) if is_sparse(F) else F * F
    return np.sqrt(np.asarray(squares.sum(axis=1)).ravel())


def content_ridge(K: NDArray[np.floating], l2: float) -> ContentRidge:
    """Solve the ridge regression on the content of known items."""
    K.flat[:: K.shape[0] + 1] += l2
    invert_spd(K)
    return ContentRidge(K, np.diag(K).copy())


def ridge_on_content(F: Any, degree: int, l2: float) -> Ridge:
    """Ridge regression on the content of known items, the cheaper way."""
    if degree > 1 or 2 * F.shape[1] > F.shape[0]:
        return content_ridge(content_kernel(F, degree=degree), l2)
    return _linear_ridge(F, l2)


def _linear_ridge(F: Any, l2: float) -> LinearContentRidge:
    small = content_ridge(item_gram(F), l2).inverse
    fitted = np.empty(F.shape[0], dtype=F.dtype)
    for rows in row_blocks(*F.shape):
        part = F[rows]
        product = part @ small
        kept = part.multiply(product) if is_sparse(part) else part * product
        fitted[rows] = np.asarray(kept.sum(axis=1)).ravel()
    return LinearContentRidge(F, small, l2, (1 - fitted) / l2)


def spread_columns(values: Any, columns: NDArray[np.int64], width: int) -> Any:
    """Values in columns of a wider matrix that is 0 elsewhere."""
    if is_sparse(values):
        parts = (values.data, columns[values.indices], values.indptr)
        return sparse.csr_array(parts, shape=(values.shape[0], width))
    wide = np.zeros((values.shape[0], width), dtype=values.dtype)
    wide[:, columns] = values
    return wide


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
