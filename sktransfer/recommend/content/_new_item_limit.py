"""A limit on the places that new items get beside known ones."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from sktransfer._core.parameters import (
    HasMethods,
    check_value,
    number,
)
from sktransfer.recommend._allowed_items import check_candidates, rank_among
from sktransfer.recommend._base import BaseRecommender, reads_times
from sktransfer.recommend._rankings import items_and_scores
from sktransfer.recommend._score_parts import SumOfParts
from sktransfer.recommend.content._cold_start import ColdStartRecommender

Ranking = tuple[NDArray[np.int64], NDArray[np.floating]]


def limit_new_items(
    known: tuple[ArrayLike, ArrayLike],
    together: tuple[ArrayLike, ArrayLike],
    new: ArrayLike,
    *,
    max_share: float = 0.1,
) -> Ranking:
    """Join a ranking of known items with one of known and new items.

    The best new items keep the places that they have in `together`, up to a share of
    the places of each row; other new items are left out. Known items fill the places
    between them in the order of `known`.

    Parameters
    ----------
    known : tuple of two array-like of shape (n_rows, k)
        Ranked items without new ones, -1 for none, and their scores, as
        ``recommend`` returns them.
    together : tuple of two array-like of shape (n_rows, k)
        Ranked items, known and new ones, and their scores.
    new : array-like of bool of shape (n_items,)
        True for each new item.
    max_share : float, default=0.1
        Largest share of the k places of a row for new items, from 0 to 1, rounded up:
        one place at least where it is above 0.

    Returns
    -------
    items : ndarray of int64 of shape (n_rows, k)
        The joined ranking; -1 where there is no item.
    scores : ndarray of shape (n_rows, k)
        Scores from the ranking that each item comes from. They can be compared only if
        both rankings come from one recommender.

    Raises
    ------
    ValueError
        If the rankings differ in shape or are no item ids with scores, `known` has new
        items, `new` is no boolean mask of all items, or `max_share` is not from 0 to 1.

    See Also
    --------
    NewItemLimiter : A recommender that does this.

    Examples
    --------
    >>> from sktransfer.recommend import limit_new_items
    >>> new = [False, False, False, True, True]
    >>> known = [[2, 1, 0]], [[0.9, 0.5, 0.1]]
    >>> together = [[3, 4, 2]], [[0.8, 0.7, 0.6]]
    >>> limit_new_items(known, together, new, max_share=0.3)
    (array([[3, 2, 1]]), array([[0.8, 0.9, 0.5]]))
    """
    check_value("max_share", max_share, number(0, 1))
    known_items, known_scores = items_and_scores("known", known)
    all_items, all_scores = items_and_scores("together", together)
    if known_items.shape != all_items.shape:
        raise ValueError(
            "known and together must be rankings of the same rows and length; got "
            f"shapes {known_items.shape} and {all_items.shape}. Rank both with the "
            "same k."
        )
    largest = max(known_items.max(initial=-1), all_items.max(initial=-1))
    is_new = _check_new_mask(new, int(largest))
    misplaced = known_items[(known_items >= 0) & is_new[known_items]]
    if misplaced.size:
        raise ValueError(
            f"known must rank items that are not new; got the new item {misplaced[0]}. "
            "Recommend with candidates=~new."
        )
    placed = (all_items >= 0) & is_new[all_items]
    placed &= np.cumsum(placed, axis=1) <= np.ceil(max_share * placed.shape[1] - 1e-9)
    source = np.maximum(np.cumsum(~placed, axis=1) - 1, 0)
    items, scores = (
        np.where(placed, from_all, np.take_along_axis(from_known, source, axis=1))
        for from_known, from_all in (
            (known_items, all_items),
            (known_scores, all_scores),
        )
    )
    order = np.argsort(items < 0, axis=1, kind="stable")
    return np.take_along_axis(items, order, 1), np.take_along_axis(scores, order, 1)


def _check_new_mask(new: Any, largest: int) -> NDArray[np.bool_]:
    """The mask of new items, validated for rankings up to an item."""
    is_new = np.asarray(new)
    if is_new.dtype.kind != "b" or is_new.ndim != 1:
        raise ValueError(
            "new must be a boolean mask of shape (n_items,), True for new items; got "
            f"shape {is_new.shape}, dtype {is_new.dtype}."
        )
    if largest >= is_new.size:
        raise ValueError(
            f"new must have an entry for each item; got {is_new.size} entries where "
            f"item {largest} is ranked. Pass a mask of all columns of X."
        )
    return is_new


class NewItemLimiter(SumOfParts, BaseRecommender):
    """Recommender that gives new items a limited share of the places.

    A recommender of known and new items, such as
    :class:`~sktransfer.ColdStartRecommender`, cannot know how many new items a shop
    wants to show. This one ranks known items alone, and puts the best new items between
    them: where the recommender ranks them among all items, up to a share of the places
    of each user. New items are placed by rank, so that scores need not fall from place
    to place.

    Parameters
    ----------
    estimator : recommender, default=None
        Ranks known and new items. None for ``ColdStartRecommender()``. It needs
        ``fit(X, sample_weight=...)`` and ``recommend(X, k, candidates=...,
        exclude_seen=...)``.
    max_share : float, default=0.1
        Largest share of the places of a user for new items, from 0 to 1, rounded up:
        one place at least where it is above 0.

    Attributes
    ----------
    estimator_ : recommender
        The fitted recommender.
    new_items_ : ndarray of bool of shape (n_items,)
        Items without an interaction in `fit`.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    limit_new_items : The same for rankings of any origin.
    ColdStartRecommender : Ranks new and known items together.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.recommend import ColdStartRecommender, NewItemLimiter
    >>> X = np.array([[1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0]])
    >>> content = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [1, 0]]  # two new items
    >>> model = NewItemLimiter(ColdStartRecommender(content, l2=1.0), max_share=0.5)
    >>> items, scores = model.fit(X).recommend(X[:1], k=2)
    >>> items
    array([[4, 2]])
    """

    _part_examples: ClassVar[dict[str, str]] = {"estimator": "ColdStartRecommender()"}
    _standardizes_parts = False
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "recommend"]), None],
        "max_share": [number(0, 1)],
    }

    def __init__(self, estimator: Any = None, *, max_share: float = 0.1) -> None:
        self.estimator = estimator
        self.max_share = max_share

    @property
    def values_are_times(self) -> bool:
        """Whether `estimator` reads values as times."""
        return reads_times(self.estimator)

    _shares_places = True

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Fit the recommender.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions; new items have empty columns.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        model = ColdStartRecommender() if self.estimator is None else self.estimator
        self.estimator_ = clone(model).fit(X, sample_weight=sample_weight)
        self.new_items_ = np.asarray((X != 0).T @ sample_weight).ravel() <= 0

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            Those of the recommender, without the limit.
        """
        return self.estimator_.predict(X)

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return [(self.estimator_, 1.0)]

    def _rank(self, X: Any, k: int, *, candidates: Any, exclude_seen: bool) -> Ranking:
        """Rank known items for each row, and put the best new ones between them."""
        X = self._validate_interactions(X, reset=False)
        options = {"exclude_seen": exclude_seen}
        allowed = check_candidates(candidates, *X.shape)
        among_known = allowed.among(~self.new_items_)
        known = rank_among(self.estimator_, X, k, among_known, **options)
        together = rank_among(self.estimator_, X, k, allowed, **options)
        return limit_new_items(
            known, together, self.new_items_, max_share=self.max_share
        )
