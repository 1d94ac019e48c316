"""Local EASE: every item from its nearest others, by small ridge regressions."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval

from sktransfer._core.local_ridge import local_ridge
from sktransfer._core.sparse_topk import keep_largest, product_blocks
from sktransfer.recommend._base import (
    BaseRecommender,
    check_products,
    sparse_scores,
    weighted_rows,
)

_GRAM_ENTRIES = 1 << 27  # 512 MB of float32: for 11,585 items the whole matrix
_KEPT = 10  # products kept of an item, as a multiple of the neighbours


def nearest_products(
    X: Any, w: NDArray[np.floating], *, l2: float, n_terms: int
) -> tuple[Any, sparse.csr_array, NDArray[np.floating]]:
    r"""The Gram matrix of the columns, pruned while it is computed if it is large.

    The terms of row j are its entries i of the largest

    .. math:: \frac{G_{ij} - d_i d_j / n}{\sqrt{G_{ii} + \lambda}},

    d the sums of the columns and n the number of rows with an entry: products beyond
    those that popularity explains, as they enter a ridge regression with a penalty
    :math:`\lambda`. Which entries of a large matrix are kept is decided without the
    correction, because all of an entry enters.

    Parameters
    ----------
    X : CSR of shape (n_rows, n_items)
        Interactions.
    w : ndarray of shape (n_rows,)
        Weights of the rows.
    l2 : float
        Strength :math:`\lambda` of the penalty.
    n_terms : int
        Number of terms of a row.

    Returns
    -------
    gram : {ndarray, csr_array} of shape (n_items, n_items)
        ``X.T @ diag(w) @ X``, dense up to 512 MB of float32; else the largest entries
        of each row without the diagonal, ten times `n_terms` where they fit.
    terms : csr_array of shape (n_items, n_items)
        The entries of the terms of each row.
    diagonal : ndarray of shape (n_items,)
        The diagonal.

    Raises
    ------
    ValueError
        If a square overflows.
    """
    n_items = X.shape[1]
    weighted = weighted_rows(X, w)
    with np.errstate(over="ignore"):
        squares = X.data * weighted.data
        diagonal = np.bincount(X.indices, weights=squares, minlength=n_items)
        diagonal = diagonal.astype(X.dtype)
    check_products(diagonal)
    scale = np.sqrt(diagonal + l2).astype(X.dtype)
    taken = np.bincount(X.indices, weights=weighted.data, minlength=n_items)
    n = w[np.diff(X.indptr) > 0].sum(dtype=np.float64)
    root = (taken / np.sqrt(n if n > 0 else 1)).astype(X.dtype)
    n_kept = max(n_terms, min(_KEPT * n_terms, _GRAM_ENTRIES // n_items))
    dense = n_items**2 <= _GRAM_ENTRIES
    gram = np.empty((n_items, n_items), dtype=X.dtype) if dense else []
    terms = []
    for items, block in product_blocks(X.T.tocsr(), weighted):
        if dense:
            gram[items] = block.toarray()
        block.sort_indices()  # ties are settled by the order of storage
        row = np.repeat(np.arange(items.start, items.stop), np.diff(block.indptr))
        block.data[block.indices == row] = 0
        block.eliminate_zeros()
        if not dense:
            scaled = _with_data(block, block.data / scale[block.indices])
            kept = keep_largest(scaled, n_kept)
            gram.append(_with_data(kept, kept.data * scale[kept.indices]))
        terms.append(_beyond_popularity(block, items.start, root, scale, n_terms))
    whole = gram if dense else sparse.vstack(gram, format="csr")
    return whole, sparse.vstack(terms, format="csr"), diagonal


def _beyond_popularity(
    block: Any,
    first: int,
    root: NDArray[np.floating],
    scale: NDArray[np.floating],
    n_terms: int,
) -> sparse.csr_array:
    """The terms among some rows of products, from row `first` of the matrix on."""

    def expected(products: Any) -> NDArray[np.floating]:
        lengths = np.diff(products.indptr)
        row = np.repeat(np.arange(first, first + lengths.size), lengths)
        return root[row] * root[products.indices]

    excess = (block.data - expected(block)) / scale[block.indices]
    kept = keep_largest(_with_data(block, excess), n_terms)
    return _with_data(kept, kept.data * scale[kept.indices] + expected(kept))


def _with_data(X: Any, data: NDArray[np.floating]) -> sparse.csr_array:
    return sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)


class LocalEASERecommender(BaseRecommender):
    r"""Sparse linear item-item recommender in closed form, for many items.

    Each item is regressed on its nearest others only, with a squared penalty:

    .. math:: B_{Kj} = (G_{KK} + \lambda I)^{-1} G_{Kj}, \quad G = X^\top W X,

    with W the weights of the rows, and K the `n_neighbors` items i of the largest
    :math:`(G_{ij} - d_i d_j / n) / \sqrt{G_{ii} + \lambda}`: the products beyond those
    that the popularities d of both items in n rows explain. That is EASE [1]_ with all
    other weights fixed at 0, and EASE itself where K is all items. Time and memory grow
    linearly with the number of items.

    Parameters
    ----------
    l2 : float, default=300.0
        Strength :math:`\lambda` of the penalty, in the unit of squared entries of X:
        for 0/1 interactions, a number of users.
    n_neighbors : int, default=100
        Number of weights K of an item.

    Attributes
    ----------
    item_weights_ : csr_array of shape (n_items, n_items)
        The weights B; column j scores item j.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    EASERecommender : All weights, for up to some 10,000 items.
    ItemKNNRecommender : Similarities instead of regressions.

    Notes
    -----
    The values of X are used as they are, as by :class:`EASERecommender`. Items that no
    user took together have no weight. Up to 11,585 items the Gram matrix is held whole,
    in 512 MB at most for float32; for more items, about as many of its entries are held
    as fit there, the largest of each row, and where those that are left out would make
    a system indefinite, its eigenvalues are lifted to the penalty.

    References
    ----------
    .. [1] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer import LocalEASERecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = LocalEASERecommender(l2=1.0, n_neighbors=2).fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=2)
    >>> items
    array([[1, 2],
           [2, 0]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "l2": [Interval(Real, 0, None, closed="neither")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, l2: float = 300.0, *, n_neighbors: int = 100) -> None:
        self.l2 = l2
        self.n_neighbors = n_neighbors

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> LocalEASERecommender:
        """Compute the item-item weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows; None for 1.

        Returns
        -------
        self : LocalEASERecommender
            The fitted recommender.
        """
        X = self._validate_fit(X, y)
        w = self._row_weights(X, sample_weight)
        gram, terms, diagonal = nearest_products(
            sparse.csr_array(X), w, l2=self.l2, n_terms=self.n_neighbors
        )
        self.item_weights_ = local_ridge(
            gram, terms.T, n_terms=self.n_neighbors, l2=self.l2, diagonal=diagonal
        )
        return self

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        return sparse_scores(X, self.item_weights_)
