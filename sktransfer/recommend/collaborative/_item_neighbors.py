"""Similarities of items to their nearest items, pruned while they are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import (
    entry_rows,
    multiply_columns,
    multiply_rows,
    with_data,
)
from sktransfer.recommend._sparse_topk import keep_largest, product_blocks


def item_neighbors(
    X: Any,
    w: NDArray[np.floating],
    *,
    similarity: str,
    n_neighbors: int,
    shrinkage: float = 0.0,
) -> sparse.csr_array:
    r"""Cosine or Jaccard similarity of each item to its nearest items.

    With the weighted products :math:`G = X^\top W X`,

    .. math:: S_{ij} = \frac{G_{ij}}{\sqrt{G_{ii} G_{jj}} + h} \quad \text{or} \quad
              S_{ij} = \frac{G_{ij}}{G_{ii} + G_{jj} - G_{ij} + h},

    the second of which is users in common over users of either item for 0/1 entries.
    The products are formed for some items at a time, and only the largest similarities
    of each item are kept: memory is that of X and the neighbours.
    """
    weighted = multiply_rows(X, w)
    size = np.bincount(
        X.indices, weights=X.data * weighted.data, minlength=X.shape[1]
    ).astype(X.dtype)
    length = np.sqrt(size)
    smallest = np.finfo(X.dtype).tiny

    def similarities(products, i, j):
        if similarity == "cosine":
            below = length[i] * length[j]
        else:
            below = size[i] + size[j] - products
        return products / np.maximum(below + shrinkage, smallest)

    return _nearest(X.T.tocsr(), weighted, n_neighbors, similarities)


def random_walk_neighbors(
    X: Any,
    w: NDArray[np.floating],
    *,
    n_neighbors: int,
    alpha: float = 1.0,
    beta: float = 0.6,
) -> sparse.csr_array:
    r"""Chances to walk from an item over a user to another, less for popular ones.

    .. math:: S_{ij} = d_j^{-\beta} \sum_u w_u
              \Big( \frac{x_{ui}}{d_i} \Big)^\alpha
              \Big( \frac{x_{uj}}{s_u} \Big)^\alpha,

    with :math:`d_i = \sum_u w_u x_{ui}` and :math:`s_u = \sum_i x_{ui}`. Only the
    largest entries of each column are kept.
    """
    taken = _column_sums(multiply_rows(X, w))
    active = np.asarray(X.sum(axis=1)).ravel()
    powers = with_data(X, X.data**alpha)
    steps_out = multiply_columns(powers, _inverse_power(taken, alpha))
    steps_in = multiply_rows(powers, w * _inverse_power(active, alpha))
    steps_in = multiply_columns(steps_in, _inverse_power(taken, beta))
    return _nearest(steps_in.T.tocsr(), steps_out, n_neighbors)


def _nearest(left: Any, right: Any, n_neighbors: int, similarities: Any = None) -> Any:
    """Transpose of the largest entries of the rows of left @ right."""
    parts = []
    for items, block in product_blocks(left, right):
        block.sort_indices()  # ties are settled by the order of storage
        row = items.start + entry_rows(block)
        if similarities is not None:
            block.data = similarities(block.data, row, block.indices)
        block.data[block.indices == row] = 0
        block.eliminate_zeros()
        parts.append(keep_largest(block, n_neighbors))
    return sparse.csr_array(sparse.vstack(parts, format="csr").T.tocsr())


def _column_sums(X: Any) -> NDArray[np.floating]:
    sums = np.bincount(X.indices, weights=X.data, minlength=X.shape[1])
    return sums.astype(X.dtype)


def _inverse_power(values: NDArray[np.floating], exponent: float) -> Any:
    inverse = np.zeros_like(values)
    there = values > 0
    inverse[there] = values[there] ** -exponent
    return inverse
