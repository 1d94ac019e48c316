"""What local EASE regresses on: the nearest items of each, and shared directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.sparse import entry_rows, multiply_rows, with_data
from sktransfer.recommend._singular_vectors import right_singular_vectors
from sktransfer.recommend._sparse_topk import keep_largest, product_blocks
from sktransfer.recommend.collaborative._ease_weights import check_products

_GRAM_ENTRIES = 1 << 27  # 512 MB of float32: for 11,585 items the whole matrix
_MIN_ENERGY = 1e-5  # energy of a direction that counts, relative to the largest
_KEPT_PER_TERM = 10  # products kept of an item, as a multiple of the neighbours


def holds_products(n_items: int) -> bool:
    """Whether all products of items are held, as a dense matrix."""
    return n_items**2 <= _GRAM_ENTRIES


def nearest_products(
    X: Any, w: NDArray[np.floating], *, l2: float, n_terms: int
) -> tuple[Any, sparse.csr_array, NDArray[np.floating], NDArray[np.bool_]]:
    r"""The Gram matrix G of the columns, and the entries that each item regresses on.

    The terms of item j are the entries i of row j with the largest

    .. math:: \frac{G_{ij} - d_i d_j / n}{\sqrt{G_{ii} + \lambda}},

    d the sums of the columns, n the number of rows with an entry and :math:`\lambda`
    the penalty: products beyond those that popularity explains. Of a large G only the
    largest :math:`G_{ij} / \sqrt{G_{ii} + \lambda}` are kept while it is computed. They
    are not corrected for popularity, because the regression uses entries as they are.
    Also returned: the diagonal of G, and the rows of which entries were left out.
    """
    n_items = X.shape[1]
    weighted = multiply_rows(X, w)
    with np.errstate(over="ignore"):
        squares = X.data * weighted.data
        sums = np.bincount(X.indices, weights=squares, minlength=n_items)
        diagonal: NDArray[np.floating] = sums.astype(X.dtype)
    check_products(diagonal)
    scale = np.sqrt(diagonal + l2).astype(X.dtype)
    taken = np.bincount(X.indices, weights=weighted.data, minlength=n_items)
    n = w[np.diff(X.indptr) > 0].sum(dtype=np.float64)
    root = (taken / np.sqrt(n if n > 0 else 1)).astype(X.dtype)
    n_kept = max(n_terms, min(_KEPT_PER_TERM * n_terms, _GRAM_ENTRIES // n_items))
    dense = holds_products(n_items)
    whole = np.empty((n_items, n_items), dtype=X.dtype) if dense else None
    gram, terms = [], []
    cut = np.zeros(n_items, dtype=bool)
    for items, block in product_blocks(X.T.tocsr(), weighted):
        if whole is not None:
            block.toarray(out=whole[items])
        block.sort_indices()  # ties are settled by the order of storage
        row = items.start + entry_rows(block)
        block.data[block.indices == row] = 0
        block.eliminate_zeros()
        if whole is None:
            cut[items] = np.diff(block.indptr) > n_kept
            scaled = with_data(block, block.data / scale[block.indices])
            kept = keep_largest(scaled, n_kept)
            gram.append(with_data(kept, kept.data * scale[kept.indices]))
        terms.append(_beyond_popularity(block, items.start, root, scale, n_terms))
    products = sparse.vstack(gram, format="csr") if whole is None else whole
    return products, sparse.vstack(terms, format="csr"), diagonal, cut


def _beyond_popularity(
    block: Any,
    first: int,
    root: NDArray[np.floating],
    scale: NDArray[np.floating],
    n_terms: int,
) -> sparse.csr_array:
    """The terms among some rows of products, from row `first` of the matrix on."""

    def expected(products: Any) -> NDArray[np.floating]:
        row = first + entry_rows(products)
        return root[row] * root[products.indices]

    excess = (block.data - expected(block)) / scale[block.indices]
    kept = keep_largest(with_data(block, excess), n_terms)
    return with_data(kept, kept.data * scale[kept.indices] + expected(kept))


def penalised_directions(
    X: Any,
    n_directions: int,
    l2: float,
    random_state: np.random.RandomState,
    marks: NDArray[np.uint64],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Combinations of the columns that hold most of a matrix, and their products."""
    largest = np.abs(X.data).max(initial=1)
    unit = with_data(X, X.data / largest)  # no square overflows
    energies, V = right_singular_vectors(unit, n_directions, random_state, marks=marks)
    V = V[:, energies > energies.max(initial=0) * _MIN_ENERGY]
    GV = unit.T @ (unit @ V)
    energies = np.einsum("ij,ij->j", V, GV) + l2 / largest / largest
    length = np.sqrt(energies) * largest
    return V / length, GV * (largest * (largest / length))
