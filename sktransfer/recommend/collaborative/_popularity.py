"""The most popular items for everybody: what other recommenders have to beat."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer.recommend._learning_on import LearningOn
from sktransfer.recommend._logs import finite_half_life


class PopularityRecommender(LearningOn):
    """Recommender of the items that most users have taken.

    It ranks the same items for every user, without those that the user has taken: a
    baseline, which a recommender for each user has to beat.

    Parameters
    ----------
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. None: all
        count the same.

    Attributes
    ----------
    counts_ : ndarray of shape (n_items,)
        Number of users of each item in `fit`, weighted; with `half_life` each by the
        age of her interaction.
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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "half_life": [HALF_LIFE, None],
    }

    def __init__(self, *, half_life: float | None = None) -> None:
        self.half_life = half_life

    def _aged(self, X: Any, weights: Any) -> Any:
        return (X != 0) * weights

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Count the users of each item.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        users = X != 0 if finite_half_life(self) is None else X
        counts = np.asarray(users.T @ sample_weight)
        self.counts_ = counts.ravel().astype(X.dtype)

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            The number of users of each item, in every row.
        """
        return np.tile(self.counts_, (X.shape[0], 1))

    def _similar_scores(self, rows: Any) -> None:
        return None
