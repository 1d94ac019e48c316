"""Serving by the candidate that was taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import newest_pairs, times_in_days
from sktransfer.recommend._allowed_items import AllowedItems, check_candidates
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import Explanation
from sktransfer.recommend._logs import Ranking
from sktransfer.recommend._score_parts import ScoresOfColumns
from sktransfer.recommend.auto._candidates import RecommenderCandidate
from sktransfer.recommend.auto._served_candidate import ServedCandidate


class TakenRecommender(ScoresOfColumns, BaseRecommender):
    """Recommender that serves by one of several candidates, which it has taken."""

    candidates_: list[RecommenderCandidate]
    best_index_: int
    best_estimator_: Any
    max_new_share: float
    refit: bool
    _served: ServedCandidate

    @property
    def values_are_times(self) -> bool:
        """Whether the recommender that was taken reads values as times."""
        taken = getattr(self, "best_index_", None)
        return taken is not None and bool(self.candidates_[taken].time)

    @property
    def _shares_places(self) -> bool:
        limited = self._served.new_items is not None
        return limited or getattr(self.best_estimator_, "_shares_places", False)

    def _log_to_keep(self, log: Interactions) -> Interactions:
        if not hasattr(self, "best_index_") or self.values_are_times:
            return log
        return newest_pairs(log, times=self._history_half_life() is not None)

    def _half_life_of_values(self) -> None:
        return None  # they age where candidates read them

    def _history_half_life(self, *, of_candidates: bool = False) -> float | None:
        fitted = hasattr(self, "best_estimator_")
        return self._served.taken.history_half_life if fitted else None

    def recommend(
        self,
        X: Any,
        k: int = 10,
        *,
        candidates: Any = None,
        exclude_seen: bool = True,
        catalogue: Any = None,
        as_frame: bool = False,
        time: Any = None,
    ) -> Any:
        """Rank items for each row by the recommender that was taken.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items), Interactions or \
                array-like of shape (n_users,)
            What the target users to serve have interacted with so far, or ids of users,
            as in :meth:`BaseRecommender.recommend`.
        k : int, default=10
            Number of items for each row.
        candidates : array-like, list of array-like or sparse matrix, default=None
            Items that may be recommended: ids or a boolean mask for all rows, or a list
            of ids or a sparse matrix for each row. None: the catalogue, and new items
            where they have content.
        exclude_seen : bool, default=True
            Leave out items that the row has interacted with in X.
        catalogue : array-like, default=None
            Items that may be recommended to anybody: ids or a boolean mask.
        as_frame : bool, default=False
            Return a frame with the original ids, of the library that the log came in.
        time : {array-like, sparse matrix} of shape (n_rows, n_items), default=None
            Times of the interactions of X, read where the recommender that was taken
            knows the order of interactions. None: those of Interactions; the values of
            a matrix X are times.

        Returns
        -------
        items : ndarray of int64 of shape (n_rows, k)
            Columns of X, best first; -1 where fewer than k items are allowed.
        scores : ndarray of shape (n_rows, k)
            Their scores; ``-inf`` where there is no item, NaN for items that the
            recommender knows nothing of, which ``new_item_estimator_`` has placed.
        frame : data frame
            With `as_frame`, in place of both: "user", "item", "score" and "rank".
        """
        self._check_refitted()
        options = {"exclude_seen": exclude_seen, "time": time}
        return self._recommend(X, k, candidates, catalogue, as_frame, options)

    def _rank(
        self,
        X: Any,
        k: int,
        *,
        candidates: Any,
        exclude_seen: bool,
        time: Any = None,
    ) -> Ranking:
        """Rank items for each row of a matrix, or of a log over the items of `fit`."""
        if isinstance(X, Interactions):
            log = self._over_items_of_fit(X)
            X, time = log.matrix, times_in_days(log) if time is None else time
        X = self._validate_interactions(X, reset=False)
        allowed = check_candidates(candidates, *X.shape)
        if self._served.names_unsold(allowed):
            rows = self._served.taken.rows(X, time)
            return super()._rank(rows, k, candidates=allowed, exclude_seen=exclude_seen)
        share = self.max_new_share
        return self._served.rank(
            X, time, k, allowed, max_new_share=share, exclude_seen=exclude_seen
        )

    def explain(self, X: Any, item: Any, *, time: Any = None) -> Explanation:
        """Say which items of a row speak for an item, and by how much.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (1, n_items), Interactions of one \
                user or list of one id
            What one user has interacted with so far, as in
            :meth:`BaseRecommender.explain`.
        item : int or id
            The item to explain: a column of X, or its id where X is no matrix.
        time : {array-like, sparse matrix} of shape (1, n_items), default=None
            Times of the interactions of a matrix X, as in :meth:`recommend`.

        Returns
        -------
        explanation : Explanation
            As of :meth:`BaseRecommender.explain`: contributions and base add up to the
            score of the item by :meth:`recommend`. The base of an item that the
            recommender that was taken does not rank is ``-inf``.
        """
        self._check_refitted()
        if time is not None:
            X = self._served.taken.rows(
                self._validate_interactions(X, reset=False), time
            )
        return super().explain(X, item)

    def _model_and_served(self) -> tuple[Any, NDArray[np.bool_]]:
        self._check_refitted()
        return self.best_estimator_, self._served.ranked

    def _check_refitted(self) -> None:
        if hasattr(self, "results_") and not hasattr(self, "best_estimator_"):
            raise NotFittedError(
                f"{type(self).__name__} was fitted with refit={self.refit}: it has "
                "compared recommenders and kept none. Fit it with refit=True, or fit "
                "candidates_[best_index_].estimator."
            )
        check_is_fitted(self, "best_estimator_")

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            ``-inf`` for items that the recommender that was taken does not rank.
        """
        self._check_refitted()
        return self._served.scores(X)

    def _scores_to_rank(self, X: Any, allowed: AllowedItems) -> NDArray[np.floating]:
        self._check_refitted()
        return self._served.scores(X, named=not allowed.all)
