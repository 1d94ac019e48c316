"""The most popular items for everybody: what other recommenders have to beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer.recommend._base import BaseRecommender


class PopularityRecommender(BaseRecommender):
    """Recommender of the items that most users have taken.

    It ranks the same items for every user, without those that the user has taken. It
    has no parameters: a baseline, which a recommender for each user has to beat.

    Attributes
    ----------
    counts_ : ndarray of shape (n_items,)
        Number of users of each item in `fit`, weighted.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    ItemKNNRecommender : What users of the same items have taken.
    sktransfer.AutoTransferRecommender : Compares it with others.

    Examples
    --------
    >>> from sktransfer.recommend import PopularityRecommender
    >>> model = PopularityRecommender().fit([[1, 1, 0], [1, 0, 0], [1, 1, 1]])
    >>> items, scores = model.recommend([[1, 0, 0]], k=2)
    >>> items, scores
    (array([[1, 2]]), array([[2., 1.]], dtype=float32))
    """

    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> PopularityRecommender:
        """Count the users of each item.

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
        self : PopularityRecommender
            The fitted recommender.
        """
        X = self._validate_fit(X, y)
        w = self._row_weights(X, sample_weight)
        self.counts_ = np.asarray((X != 0).T @ w).ravel().astype(X.dtype)
        return self

    def _score_block(self, X: Any) -> NDArray[np.floating]:
        return np.tile(self.counts_, (X.shape[0], 1))
