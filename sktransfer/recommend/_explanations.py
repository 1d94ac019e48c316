"""Similar items, and which items of a row speak for another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.logs.ids import plain_values
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import similar_frame
from sktransfer._core.sparse import dense, is_sparse, nonzero_entries
from sktransfer._core.topk import row_blocks, top_k
from sktransfer.recommend._allowed_items import item_ids
from sktransfer.recommend._logs import NO_LOG, rows_to_serve
from sktransfer.recommend._numbering import check_places

_ROUNDING = 100  # what is left of a sum of contributions, in units of their rounding


class Explanation(NamedTuple):
    """Which items of a row speak for an item; the sum of all parts is its score.

    Parameters
    ----------
    items : ndarray of shape (n_taken,)
        Items of the row, by columns or ids, what speaks most for the item first.
    contributions : ndarray of float64 of shape (n_taken,)
        What each adds to the score, in its unit; below 0 where it speaks against it.
    base : float
        The rest of the score, which is due to no single item of the row.
    """

    items: NDArray[Any]
    contributions: NDArray[np.float64]
    base: float


class ItemExplanations:
    """Similar items and explanations, of every recommender.

    A recommender overrides `_similar_scores` where a user who took one item is not what
    tells its similar items, and `_contributions` where leaving out an item at a time is
    not what tells its weight.
    """

    n_features_in_: int

    @property
    def symmetric_similarity_(self) -> bool:
        """Whether an item is as similar to another as that one to it."""
        return False

    def similar_items(
        self: Any, items: ArrayLike, k: int = 10, *, as_frame: bool = False
    ) -> Any:
        """Rank, for each item, the items that are most similar to it.

        Parameters
        ----------
        items : array-like of shape (n,)
            Item ids: columns of X; where `fit` was given Interactions, ids of its log.
        k : int, default=10
            Number of similar items for each, at most 10,000 or the number of items.
        as_frame : bool, default=False
            Return a frame with the original ids, of the library that the log came in.

        Returns
        -------
        items : ndarray of int64 of shape (n, k)
            Columns of similar items without the item itself, best first, the smaller
            one first among equal scores; -1 where there are fewer than k.
        scores : ndarray of shape (n, k)
            Their scores; ``-inf`` where there is no item.
        frame : data frame
            With `as_frame`, in place of both: columns "item", "similar_item", "score"
            and "rank", from 1, a row for each similar item.

        Raises
        ------
        ValueError
            If `items` are not all ids of items of `fit`, or the recommender knows
            nothing of pairs of items.

        Notes
        -----
        Scores are those of a user who has taken that one item, once: of linear models
        such as :class:`EASERecommender` and :class:`ItemKNNRecommender` the row of the
        item in ``item_weights_``, of :class:`SequentialRecommender` the chance to come
        next. Exceptions: of :class:`ALSRecommender` the cosine of the factors, of
        :class:`ColdStartRecommender` with content the kernel of the contents at unit
        length, of blends the sum over their recommenders, each standardised over the
        items as the blend does it. Popularity is left out. ``symmetric_similarity_``
        says whether similarities are symmetric: cosines of factors, kernels, and cosine
        and Jaccard neighbours of which none was pruned.
        """
        check_is_fitted(self)
        n_items = self.n_features_in_
        k = check_places(k, n_items)
        log: Any = getattr(self, "log_", None)
        if as_frame and log is None:
            raise ValueError(NO_LOG)
        columns = _check_columns("items", items, n_items, log)
        parts = []
        for block in row_blocks(columns.size, n_items):
            own = columns[block]
            scores = self._similar_scores(_rows_of_single_items(own, n_items))
            if scores is None:
                raise ValueError(
                    f"{type(self).__name__} knows nothing of pairs of items: its "
                    "scores are the same whatever a user has taken. Ask a recommender "
                    "that learns from what is taken together, such as "
                    "ItemKNNRecommender."
                )
            scores[np.arange(own.size), own] = -np.inf
            parts.append(top_k(scores, k))
        similar, values = (np.concatenate(part) for part in zip(*parts))
        if as_frame:
            return similar_frame(log, columns, similar, values)
        return similar, values

    def explain(self: Any, X: Any, item: Any) -> Explanation:
        """Say which items of a row speak for an item, and by how much.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (1, n_items), Interactions of one \
                user or list of one id
            What one user has interacted with so far, or, where `fit` was given
            Interactions, her id, as in :meth:`recommend`.
        item : int or id
            The item to explain: a column of X, or its id where X is no matrix. It may
            be one that the user has taken.

        Returns
        -------
        explanation : Explanation
            Named tuple of `items` (ids where X is no matrix), `contributions` and
            `base`. Contributions and base add up to the score of the item by
            :meth:`predict`.

        Raises
        ------
        ValueError
            If X has more rows than one, or `item` is no item of `fit`.

        Notes
        -----
        In linear models item j contributes :math:`x_j W_{jk}` to the score of item k,
        and the base is 0. Other models are linear in the items of the row but for
        quantities that the whole row has, which are held as they are: the mean and the
        deviation by which a blend standardises a row, the sessions that are nearest to
        it, the confidences in its equations of :class:`ALSRecommender`. An item
        contributes its share under these. What is subtracted from all items of the row,
        and popularity, is base. Of recommenders of which no more is known (your own,
        and stacking), an item contributes what the score loses without it. The base of
        an item that cannot be recommended is ``-inf``.
        """
        check_is_fitted(self)
        X = rows_to_serve(self, X)
        log = X if isinstance(X, Interactions) else None
        X = self._rows_to_score(X, of_candidates=False)
        if X.shape[0] != 1:
            raise ValueError(
                f"explain takes the row of one user, of shape (1, {X.shape[1]}); got "
                f"{X.shape[0]} rows. Pass X[[i]]."
            )
        (column,) = _check_columns("item", [item], X.shape[1], log)
        score = self._scores(X)[0, column]
        taken = np.unique(nonzero_entries(X)[1]).astype(np.int64)
        ids = taken if log is None else log.item_ids[taken]
        if not np.isfinite(score):
            return Explanation(ids, np.zeros(taken.size), float(score))
        contributions = self._contributions(X, column)[taken]
        order = np.argsort(-contributions, kind="stable")
        base = float(score) - contributions.sum()
        size = abs(float(score)) + np.abs(contributions).sum()
        if abs(base) <= _ROUNDING * np.finfo(score.dtype).eps * size:
            base = 0.0
        return Explanation(ids[order], contributions[order], float(base))

    def _similar_scores(self: Any, rows: Any) -> NDArray[np.floating] | None:
        """Scores of all items for rows of one item each; None if they say nothing."""
        return self._scores(rows)

    def _contributions(self: Any, X: Any, item: int) -> NDArray[np.float64]:
        """What each item of one row adds to the score of an item; 0 for others."""
        return losses_without_each(self._scores, X, item)


def losses_without_each(
    score: Callable[[Any], NDArray[np.floating]], X: Any, item: int
) -> NDArray[np.float64]:
    """What the score of an item loses without each item of one row."""
    losses = np.zeros(X.shape[1])
    _, taken = nonzero_entries(X)
    full = float(score(X)[0, item])
    row = dense(X)
    for block in row_blocks(taken.size, X.shape[1]):
        left_out = taken[block]
        rows = np.repeat(row, left_out.size, axis=0)
        rows[np.arange(left_out.size), left_out] = 0
        without = sparse.csr_array(rows) if is_sparse(X) else rows
        losses[left_out] = full - score(without)[:, item]
    return losses


def weighted_entries(X: Any, weights: Any) -> NDArray[np.float64]:
    """Entries of one row times the weight of each column."""
    return dense(X)[0].astype(np.float64) * weights


def _rows_of_single_items(items: NDArray[np.int64], n_items: int) -> sparse.csr_array:
    """A row for each item, which holds it alone."""
    indptr = np.arange(items.size + 1)
    return sparse.csr_array(
        (np.ones(items.size), items, indptr), shape=(items.size, n_items)
    )


def _check_columns(
    name: str, items: Any, n_items: int, log: Interactions | None
) -> NDArray[np.int64]:
    """Columns of items, by their ids where there is a log."""
    if log is not None:
        return _columns_in_log(name, items, log)
    ids = item_ids(items)
    if ids.ndim != 1 or ids.size == 0 or ids.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be item ids, whole numbers from 0 to {n_items - 1}; got "
            f"{items!r:.60}."
        )
    if ids.min() < 0 or ids.max() >= n_items:
        raise ValueError(
            f"{name} must be item ids from 0 to {n_items - 1}, the columns of X; got "
            f"{ids.min()} to {ids.max()}."
        )
    return ids.astype(np.int64)


def _columns_in_log(name: str, items: Any, log: Interactions) -> NDArray[np.int64]:
    ids = plain_values(items)
    columns = log.item_columns(ids)
    if columns.size == 0 or columns.min() < 0:
        what = "none" if columns.size == 0 else repr(ids[columns < 0][0])
        raise ValueError(
            f"{name} must be ids of items of the log of fit, such as "
            f"{log.item_ids[0]!r:.60}; got {what:.60}."
        )
    return columns
