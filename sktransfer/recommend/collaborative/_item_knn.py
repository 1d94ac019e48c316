"""ItemKNNRecommender: items that were taken by the same users."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer._core.parameters import integer, number, one_of
from sktransfer.recommend._learning_on import LearningOn
from sktransfer.recommend._scores import ItemWeightsRecommender
from sktransfer.recommend.collaborative._item_neighbors import (
    item_neighbors,
    random_walk_neighbors,
)


class ItemKNNRecommender(ItemWeightsRecommender, LearningOn):
    r"""Items similar to those that a user has taken.

    An item's score is the sum of its similarities to the items of the user, over the
    `n_neighbors` items that are most similar to it. With :math:`G = X^\top W X`, W the
    weights of the rows:

    - "cosine": :math:`G_{ij} / (\sqrt{G_{ii} G_{jj}} + h)`;
    - "jaccard": :math:`G_{ij} / (G_{ii} + G_{jj} - G_{ij} + h)`, for 0/1 interactions
      the users of both over the users of either;
    - "rp3beta": the chance to walk from item i over one of its users to item j, with
      the chance of a step raised to `alpha`, over the popularity of j to the power of
      `beta` [1]_ [2]_.

    Parameters
    ----------
    n_neighbors : int, default=100
        Number of neighbours of an item.
    similarity : {"cosine", "jaccard", "rp3beta"}, default="cosine"
        The similarity.
    shrinkage : float, default=0.0
        Of "cosine" and "jaccard": the term h, which lowers the similarities of items
        with few users; for 0/1 interactions a number of users.
    alpha : float, default=0.8
        Of "rp3beta": exponent of the chances of a step.
    beta : float, default=0.4
        Of "rp3beta": exponent of popularity, larger for less popular recommendations.
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. None: all
        count the same.

    Attributes
    ----------
    item_weights_ : csr_array of shape (n_items, n_items)
        The similarities; column j scores item j.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    LocalEASERecommender : Regressions instead of similarities: mostly better.

    Notes
    -----
    Similarities are computed for some items at a time and pruned at once: memory is
    that of X and of the neighbours, time that of the pairs of items in the rows.

    The values of X are used as they are. Negative values, such as dislikes, are taken
    by "cosine" and "jaccard"; the chances of "rp3beta" need values of 0 or more.

    A similarity depends on all users of both items, so `partial_fit` keeps the rows, or
    the log, and computes the similarities again, in the time of `fit`.

    References
    ----------
    .. [1] C. Cooper, S. H. Lee, T. Radzik and Y. Siantos, "Random walks in recommender
           systems: exact computation and simulations", WWW 2014 (the walk).
    .. [2] F. Christoffel, B. Paudel, C. Newell and A. Bernstein, "Blockbusters and
           Wallflowers: Accurate, Diverse, and Scalable Recommendations with Random
           Walks", RecSys 2015 (the exponent of popularity).

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer import ItemKNNRecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = ItemKNNRecommender().fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=1)
    >>> items
    array([[1],
           [2]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_neighbors": [integer(1)],
        "similarity": [one_of("cosine", "jaccard", "rp3beta")],
        "shrinkage": [number(0)],
        "alpha": [number(0)],
        "beta": [number(0)],
        "half_life": [HALF_LIFE, None],
    }

    def __init__(
        self,
        n_neighbors: int = 100,
        *,
        similarity: str = "cosine",
        shrinkage: float = 0.0,
        alpha: float = 0.8,
        beta: float = 0.4,
        half_life: float | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.similarity = similarity
        self.shrinkage = shrinkage
        self.alpha = alpha
        self.beta = beta
        self.half_life = half_life

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Compute the similarities of each item to its neighbours.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        X = sparse.csr_array(X, copy=True)
        X.eliminate_zeros()
        self._check_values(X)
        if self.similarity == "rp3beta":
            self.item_weights_ = random_walk_neighbors(
                X,
                sample_weight,
                n_neighbors=self.n_neighbors,
                alpha=self.alpha,
                beta=self.beta,
            )
        else:
            self.item_weights_ = item_neighbors(
                X,
                sample_weight,
                similarity=self.similarity,
                n_neighbors=self.n_neighbors,
                shrinkage=self.shrinkage,
            )

    def _check_values(self, X: Any) -> None:
        largest = float(np.abs(X.data).max(initial=0))
        limit = float(np.finfo(X.dtype).max) / X.shape[0]
        if largest > (limit if self.similarity == "rp3beta" else limit**0.5):
            raise ValueError(
                f"The sums over values up to {largest:g} may overflow in {X.dtype}. "
                "Scale X down, or pass X as float64."
            )
        if self.similarity == "rp3beta" and X.nnz and X.data.min() < 0:
            raise ValueError(
                "Negative values in data passed to ItemKNNRecommender: "
                'similarity="rp3beta" takes interactions of 0 or more, as chances of a '
                f'step; got {X.data.min():g}. Use "cosine" or "jaccard", or leave out '
                "what users disliked."
            )

    @property
    def symmetric_similarity_(self) -> bool:
        """Whether similarities of items are symmetric: where none was pruned."""
        unpruned = self.n_neighbors >= self.n_features_in_ - 1
        return unpruned and self.similarity != "rp3beta"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = self.similarity == "rp3beta"
        return tags
