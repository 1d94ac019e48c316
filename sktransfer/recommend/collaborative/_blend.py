"""BlendRecommender: the standardised scores of several recommenders, added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import (
    check_is_fitted,
    has_fit_parameter,
)

from sktransfer._core.logs.interactions import HALF_LIFE
from sktransfer._core.parameters import check_parameters
from sktransfer._core.progress import reports_progress
from sktransfer.recommend._base import BaseRecommender, reads_times, score_dtype
from sktransfer.recommend._score_parts import SumOfParts
from sktransfer.recommend._scores import (
    check_recommender_part,
    predicted_scores,
    standardize_rows,
)
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender
from sktransfer.recommend.collaborative._local_ease import LocalEASERecommender

MAX_DENSE = 10_000  # items by items, 0.4 GB of float32


class BlendRecommender(SumOfParts, BaseRecommender):
    r"""Sum of the scores of several recommenders, each in its own unit of a row.

    The scores of a recommender are made comparable by the mean and the standard
    deviation over the items of each row,

    .. math:: s_{ui} = \sum_r \beta_r \, \frac{s^r_{ui} - \mu^r_u}{\sigma^r_u},

    so that none counts more because its scores are larger. Models that err in
    different ways, such as neighbours and regressions, rank better together.

    Parameters
    ----------
    estimators : sequence of recommenders, default=None
        Recommenders of this package, or any estimators whose ``fit(X)`` and
        ``predict(X)`` score every column by a finite number. None for Jaccard
        neighbours, EASE (with more than 10,000 items ``LocalEASERecommender``) and,
        where no value is negative, random walks (rp3beta).
    weights : array-like of shape (n_estimators,), default=None
        Weights :math:`\beta` of the standardised scores, not negative; None for equal
        ones of sum 1, where `estimators` is None half as much for the random walks.
    half_life : float or None, default=None
        Age at which an interaction counts half, in the unit of the times of the
        Interactions that `fit` needs then: days where these are dates. It is the same
        for all recommenders of the blend. None: all count the same.

    Attributes
    ----------
    estimators_ : list of estimators
        The fitted recommenders.
    weights_ : ndarray of shape (n_estimators,)
        The weights.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    TransferRecommender : Adds other markets and the popularity in the target.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sktransfer.recommend import BlendRecommender
    >>> X = csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> model = BlendRecommender().fit(X)
    >>> items, scores = model.recommend(csr_array([[1, 0, 0, 0], [0, 0, 0, 1]]), k=1)
    >>> items
    array([[1],
           [2]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimators": [list, tuple, None],
        "weights": ["array-like", None],
        "half_life": [HALF_LIFE, None],
    }

    def __init__(
        self,
        estimators: Sequence[Any] | None = None,
        *,
        weights: ArrayLike | None = None,
        half_life: float | None = None,
    ) -> None:
        self.estimators = estimators
        self.weights = weights
        self.half_life = half_life

    @property
    def values_are_times(self) -> bool:
        """Whether a recommender of the blend reads values as times."""
        return any(map(reads_times, self.estimators or ()))

    @reports_progress
    def fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit each recommender on the same interactions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        y : object, default=None
            Not learned from: a search passes the held-out interactions here.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows; None for 1. The `fit` of each recommender
            must take weights then.

        Returns
        -------
        self : BlendRecommender
            The fitted recommender.
        """
        if sample_weight is not None:
            check_parameters(self)
            self._check_estimators_take_weights()
        return super().fit(X, y, sample_weight)

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Fit each recommender on the same interactions.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows; not passed on where all are 1.
        """
        estimators, default_weights = self.estimators, None
        if estimators is None:
            estimators, default_weights = default_blend(X)
        self.weights_ = self._check_weights(len(estimators), default_weights)
        for estimator in estimators:
            check_recommender_part(estimator, "estimators of BlendRecommender")
        equal = bool((sample_weight == 1).all())
        options = {} if equal else {"sample_weight": sample_weight}
        self.estimators_ = [clone(e).fit(X, **options) for e in estimators]

    def with_estimators(self, X: Any) -> BlendRecommender:
        """Blend of the recommenders that this one would fit on given interactions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.

        Returns
        -------
        blend : BlendRecommender
            Not fitted, with `estimators` set: the same on whatever it is fitted.
        """
        blend = clone(self)
        if self.estimators is None:
            estimators, default = default_blend(X)
            weights = default if self.weights is None else self.weights
            blend.set_params(estimators=estimators, weights=weights)
        return blend

    def _check_estimators_take_weights(self) -> None:
        for estimator in self.estimators or ():
            if not has_fit_parameter(estimator, "sample_weight"):
                raise ValueError(
                    "BlendRecommender was given sample_weight, which the fit of "
                    f"{type(estimator).__name__} does not take. Leave it out of the "
                    "blend, or the weights."
                )

    def _check_weights(self, n: int, default: Any) -> NDArray[np.float64]:
        if n == 0:
            raise ValueError("estimators must hold a recommender at least; got none.")
        if self.weights is None:
            return np.full(n, 1 / n) if default is None else np.array(default)
        weights = np.asarray(self.weights, dtype=np.float64)
        usable = weights.shape == (n,) and np.isfinite(weights).all()
        if not usable or (weights < 0).any() or not (weights > 0).any():
            raise ValueError(
                f"weights must be {n} finite numbers of 0 or more, one for each "
                f"recommender and one above 0 at least; got {self.weights!r}."
            )
        return weights

    def component_scores(self, X: Any) -> list[NDArray[np.floating]]:
        """Standardised scores of each recommender, dense.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : list of ndarray of shape (n_rows, n_items)
            With mean 0 and standard deviation 1 in each row, or 0 where the scores of
            a row are equal.
        """
        check_is_fitted(self)
        return self._components(self._validate_interactions(X, reset=False))

    def _components(self, X: Any) -> list[NDArray[np.floating]]:
        scores = [predicted_scores(e, X) for e in self.estimators_]
        return [standardize_rows(s.astype(score_dtype(X), copy=False)) for s in scores]

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return list(zip(self.estimators_, self.weights_))

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Weighted sum of the standardised scores of the recommenders.
        """
        parts = self._components(X)
        scores = np.zeros_like(parts[0])
        for weight, part in zip(self.weights_, parts):
            part *= part.dtype.type(weight)
            scores += part
        return scores


def default_blend(X: Any) -> tuple[list[BaseRecommender], list[float]]:
    """Neighbours, regressions and random walks, sparse ones for many items."""
    dense = X.shape[1] <= MAX_DENSE
    estimators = [
        ItemKNNRecommender(500, similarity="jaccard", shrinkage=20.0),
        EASERecommender() if dense else LocalEASERecommender(),
        ItemKNNRecommender(500, similarity="rp3beta", alpha=1.0, beta=0.3),
    ]
    if X.size and X.min() < 0:
        return estimators[:2], [0.5, 0.5]
    return estimators, [0.4, 0.4, 0.2]
