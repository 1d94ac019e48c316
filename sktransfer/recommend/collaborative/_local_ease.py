"""Local EASE: every item from its nearest others and shared factors, by ridge."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer._core.parameters import integer, number
from sktransfer._core.sparse import multiply_rows
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend._grouped_ridge import grouped_ridge
from sktransfer.recommend._local_ridge import local_and_shared_ridge
from sktransfer.recommend._scores import item_weight_scores, weights_of_item
from sktransfer.recommend._similar_items import item_marks, similar_groups
from sktransfer.recommend.collaborative._local_terms import (
    holds_products,
    nearest_products,
    penalised_directions,
)

_OWN = 150  # neighbours of each item, by which groups and theirs are found, too
_SHARED = 400  # neighbours of a group
_NEIGHBORS_PER_ITEM = 6  # of a group, as many that they share for each of them


class LocalEASERecommender(BaseRecommender):
    r"""Sparse linear item-item recommender in closed form, for many items.

    Each item is regressed on its nearest others only, with a squared penalty:

    .. math:: B_{Kj} = (G_{KK} + \lambda I)^{-1} G_{Kj}, \quad G = X^\top W X,

    with W the weights of the rows, and K the `n_neighbors` items i of the largest
    :math:`(G_{ij} - d_i d_j / n) / \sqrt{G_{ii} + \lambda}`: the products beyond those
    that the popularities d of both items in n rows explain. That is EASE [1]_ with all
    other weights fixed at 0, and EASE itself where K is all items.

    The many small weights that are left out add up. So each item is also regressed on
    the `n_factors` leading singular vectors of the interactions, without its own part
    in them: of all weights that are a combination of the vectors and of its neighbours,
    it has those that the objective of EASE prefers. Time and memory grow linearly with
    the number of items.

    Parameters
    ----------
    l2 : float, default=300.0
        Strength :math:`\lambda` of the penalty, in the unit of squared entries of X:
        for 0/1 interactions, a number of users.
    n_neighbors : int or "auto", default="auto"
        Number of weights K of an item. "auto" is 150, and 400 where they are shared.
    n_factors : int, default=64
        Number of singular vectors that all items share; 0 for sparse weights alone.
        There are at most as many as items that are neither the item nor neighbours.
    group_size : int or "auto", default="auto"
        Number of similar items, at most `n_neighbors`, that share their neighbours.
        One factorization serves all of a group, so that groups of a sixth of
        `n_neighbors` afford many more weights in less time; 1: each item has its own
        neighbours. "auto" is 1 up to 11,585 items and a sixth of `n_neighbors` above.
    random_state : int, RandomState instance or None, default=0
        Starts the search of the singular vectors, where there are more than 512 items;
        the order of the items does not matter.
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. None: all
        count the same.

    Attributes
    ----------
    item_weights_ : csr_array of shape (n_items, n_items)
        The weights B; column j scores item j. On the diagonal stands what takes an
        item's own part out of the factors.
    item_factors_ : ndarray of shape (n_items, n_factors)
        The singular vectors, scaled.
    factor_weights_ : ndarray of shape (n_factors, n_items)
        Their weights: ``item_weights_ + item_factors_ @ factor_weights_`` are those of
        all items, 0 on the diagonal.
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
    user took together have no weight, unless they share factors or a group. Up to
    11,585 items the Gram matrix is held whole, in 512 MB at most for float32; for more
    items, about as many of its entries are held as fit there, the largest of each row;
    of the others stands what the factors explain of them, and where a system is
    indefinite nevertheless, the item is regressed on its neighbours alone, with
    eigenvalues lifted to the penalty.

    References
    ----------
    .. [1] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer import LocalEASERecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = LocalEASERecommender(l2=1.0, n_neighbors=2).fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=1)
    >>> items
    array([[1],
           [2]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "l2": [number(above=0)],
        "n_neighbors": [integer(1), StrOptions({"auto"})],
        "n_factors": [integer(0)],
        "group_size": [integer(1), StrOptions({"auto"})],
        "random_state": ["random_state"],
        "half_life": [HALF_LIFE, None],
    }

    def __init__(
        self,
        l2: float = 300.0,
        *,
        n_neighbors: int | Literal["auto"] = "auto",
        n_factors: int = 64,
        group_size: int | Literal["auto"] = "auto",
        random_state: int | np.random.RandomState | None = 0,
        half_life: float | None = None,
    ) -> None:
        self.l2 = l2
        self.n_neighbors = n_neighbors
        self.n_factors = n_factors
        self.group_size = group_size
        self.random_state = random_state
        self.half_life = half_life

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Compute the item-item weights.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        w = sample_weight
        X = sparse.csr_array(X)
        n_neighbors, size = self._sizes(X.shape[1])
        gram, terms, diagonal, cut = nearest_products(
            X,
            w,
            l2=self.l2,
            n_terms=n_neighbors if size == 1 else min(n_neighbors, _OWN),
        )
        marks = item_marks(X if (w > 0).all() else X[w > 0])
        n_factors = min(self.n_factors, max(0, X.shape[1] - 1 - n_neighbors))
        F, GF = penalised_directions(
            multiply_rows(X, np.sqrt(w)),
            n_factors,
            self.l2,
            check_random_state(self.random_state),
            marks,
        )
        shared: dict[str, Any] = {
            "l2": self.l2,
            "diagonal": diagonal,
            "shared": F,
            "shared_products": GF,
            "cut": cut,
        }
        if size == 1:
            found = local_and_shared_ridge(gram, terms.T, **shared)
        else:
            groups = similar_groups(terms, marks, size)
            found = grouped_ridge(
                gram, terms, groups, n_neighbors=n_neighbors, **shared
            )
        self.item_weights_, self.factor_weights_ = found
        self.item_factors_ = np.ascontiguousarray(F)  # or each product copies it

    def _sizes(self, n_items: int) -> tuple[int, int]:
        """Number of neighbours, and of items that share them."""
        many = not holds_products(n_items)
        shared = many if self.group_size == "auto" else self.group_size > 1
        n_neighbors, size = self.n_neighbors, self.group_size
        if n_neighbors == "auto":
            n_neighbors = _SHARED if shared else _OWN
        if size == "auto":
            size = n_neighbors // _NEIGHBORS_PER_ITEM if shared else 1
        return n_neighbors, max(1, min(size, n_neighbors))

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            By the weights of the items and of the factors.
        """
        scores = item_weight_scores(X, self.item_weights_)
        if self.item_factors_.shape[1]:
            X = X.astype(self.item_factors_.dtype, copy=False)
            scores += (X @ self.item_factors_) @ self.factor_weights_
        return scores

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        weights = weights_of_item(self.item_weights_, item)
        return weighted_entries(
            X, weights + self.item_factors_ @ self.factor_weights_[:, item]
        )
