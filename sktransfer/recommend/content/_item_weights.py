"""Weights of known items in the content scores of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.topk import row_blocks
from sktransfer.recommend.content._ease_sides import ItemSide, UserSide
from sktransfer.recommend.content._kernel_ridge import (
    ContentRidge,
    Ridge,
    leave_one_out,
)


class ContentValues(NamedTuple):
    """Values that content predicts: ``(predicted * B + own * I) diag(factors)``."""

    predicted: float
    own: float
    factors: NDArray[np.floating]

    def times(
        self, Q: NDArray[np.floating], multiply: Callable[[NDArray, NDArray], NDArray]
    ) -> NDArray[np.floating]:
        """Their product with Q, B by its own way to multiply."""
        product = multiply(self.factors, Q)
        product *= self.predicted
        product += (self.own * self.factors)[:, None] * Q
        return product


def known_weights(
    values: ContentValues, ease: ItemSide | UserSide, ridge: Ridge
) -> NDArray[np.floating]:
    """Weights in the content scores of known items, each without its own values.

    The memory of a dense inverse is written to where that saves a matrix.
    """
    if isinstance(ease, UserSide) and isinstance(ridge, ContentRidge):
        return _by_users(values, ease, ridge)
    B = ease.item_weights()
    weights = np.empty_like(B)
    for rows in row_blocks(*B.shape):
        part = B[rows] * (values.predicted * values.factors)
        own = values.own * values.factors[rows]
        part[np.arange(own.size), np.arange(B.shape[0])[rows]] += own
        weights[rows] = leave_one_out(part, ridge.solve(part), ridge.diagonal)
    return weights


def _by_users(
    values: ContentValues, ease: UserSide, ridge: ContentRidge
) -> NDArray[np.floating]:
    """The same, as ``diag(own) (I - P / d) + X' T`` in the memory of P."""
    P, n = ridge.inverse, ridge.diagonal.size
    T = ease.Z * values.factors
    for items in row_blocks(n, n):
        columns_of_P = P[items].T / ridge.diagonal[items]  # P is symmetric
        T[:, items] -= ease.users_times(values.factors, columns_of_P)
    T *= values.predicted
    own = (values.predicted * (1 - ease.f) + values.own) * values.factors
    columns = ease.X.T.tocsr()
    for rows in row_blocks(n, n):
        P[rows] *= -own[rows, None] / ridge.diagonal
        P[rows] += columns[rows] @ T
    P.flat[:: n + 1] += own
    return P
