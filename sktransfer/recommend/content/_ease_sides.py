"""EASE by its items, or by its users where these are much fewer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import multiply_columns, multiply_rows
from sktransfer._core.topk import row_blocks
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._ease_weights import invert_spd, item_gram

_LEAST_REST = 0.01  # of the unit, below which a difference from it has lost digits


class ItemSide(NamedTuple):
    """Weights B of EASE and the rows X that they were learned from."""

    X: Any
    weights: NDArray[np.floating]

    def predict(self, rows: Any) -> NDArray[np.floating]:
        """Scores of some rows of X."""
        return self.X[rows] @ self.weights

    def item_weights(self) -> NDArray[np.floating]:
        """The weights B."""
        return self.weights

    def multiply(self, factors: NDArray, Q: NDArray) -> NDArray[np.floating]:
        """B diag(factors) Q."""
        product = np.empty((self.weights.shape[0], Q.shape[1]), dtype=Q.dtype)
        for rows in row_blocks(*self.weights.shape):
            product[rows] = (self.weights[rows] * factors) @ Q
        return product


class UserSide(NamedTuple):
    r"""The same through the matrix of users: :math:`B = diag(g) + X' Z`.

    With rows X multiplied by the root of their weights and :math:`M = (X X' + \lambda
    I)^{-1}`, :math:`P = (I - X' M X) / \lambda`, so that :math:`Z = M X diag(f)`, where
    :math:`f_j = 1 / (\lambda P_{jj})` and :math:`g = 1 - f`.
    """

    X: Any
    root: NDArray[np.floating]  # of the weights of the rows
    inverse: NDArray[np.floating]  # M
    Z: NDArray[np.floating]
    f: NDArray[np.floating]
    l2: float

    def predict(self, rows: Any) -> NDArray[np.floating]:
        """Scores of some rows of X."""
        unit = self.root[rows]
        scores = self.Z[rows] * (-self.l2 / unit)[:, None]
        taken = multiply_rows(self.X[rows], 1 / unit).tocoo()
        scores[taken.row, taken.col] += taken.data
        return scores

    def item_weights(self) -> NDArray[np.floating]:
        """The weights B."""
        columns, n = self.X.T.tocsr(), self.f.size
        weights = np.empty((n, n), dtype=self.Z.dtype)
        for items in row_blocks(n, n):
            weights[items] = columns[items] @ self.Z
        np.fill_diagonal(weights, 0)
        return weights

    def multiply(self, factors: NDArray, Q: NDArray) -> NDArray[np.floating]:
        """B diag(factors) Q."""
        product = self.X.T @ self.users_times(factors, Q)
        product += ((1 - self.f) * factors)[:, None] * Q
        return product

    def users_times(self, factors: NDArray, Q: NDArray) -> NDArray[np.floating]:
        """Z diag(factors) Q, of shape (n_users, n_columns)."""
        return self.inverse @ (multiply_columns(self.X, self.f * factors) @ Q)


def fit_ease(X: Any, w: NDArray[np.floating], l2: float) -> ItemSide | UserSide:
    """EASE of sparse rows with weights above 0, the cheaper way."""
    if 2 * X.shape[0] <= X.shape[1]:
        side = _user_side(X, w, l2)
        if side is not None:
            return side
    if X.shape[1] == 0:
        return ItemSide(X, np.zeros((0, 0), dtype=w.dtype))
    return ItemSide(X, EASERecommender(l2).fit(X, sample_weight=w).item_weights_)


def _user_side(X: Any, w: NDArray[np.floating], l2: float) -> UserSide | None:
    """EASE by its users; None where too few digits would be left."""
    root = np.sqrt(w).astype(X.dtype)
    X = sparse.csr_array(multiply_rows(X, root))
    columns = X.T.tocsr()
    M = item_gram(columns)
    M.flat[:: M.shape[0] + 1] += l2
    try:
        invert_spd(M)
    except np.linalg.LinAlgError:
        return None
    Z = np.empty(X.shape, dtype=X.dtype)
    rest = np.empty(X.shape[1], dtype=X.dtype)
    for items in row_blocks(*columns.shape):
        part = columns[items]
        product = part @ M
        Z[:, items] = product.T
        rest[items] = 1 - np.asarray(part.multiply(product).sum(axis=1)).ravel()
    if not (rest > _LEAST_REST).all():
        return None
    Z /= rest
    return UserSide(X, root, M, Z, 1 / rest, l2)
