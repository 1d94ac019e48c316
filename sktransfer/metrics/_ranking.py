"""Quality of ranked items: nDCG, recall, reciprocal rank, coverage; scorers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import UNUSED

from sktransfer._core.inputs import column_values
from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer._core.ranking import ndcg_rows, ranked_gains, relevance_matrix


def check_ranking(items: Any, k: int) -> NDArray[np.int64]:
    """Validate ranked item ids and cut them at k."""
    check_value("k", k, integer(1))
    ids = column_values(items, "items")
    if ids.ndim != 2 or ids.dtype.kind not in "iu":
        raise ValueError(
            "items must be a two-dimensional array of item ids, a ranking in each row, "
            f"best first, as recommend() returns; got shape {ids.shape} and dtype "
            f"{ids.dtype}."
        )
    ids = ids.astype(np.int64, copy=False)[:, :k]
    ordered = np.sort(ids, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ValueError("items must rank each item once in a row; got a repeated id.")
    return ids


def _average_rows(
    values: NDArray[np.float64],
    relevant: NDArray[np.bool_],
    average: str | None,
    zero_division: float,
) -> Any:
    """Average over rows, with `zero_division` in rows without relevant items."""
    check_value("average", average, one_of("rows"), None)
    values = np.where(relevant, values, zero_division)
    if average is None:
        return values
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else float("nan")


def ndcg_at_k(
    Y_true: Any,
    items: ArrayLike,
    k: int = 10,
    *,
    average: str | None = "rows",
    zero_division: float = np.nan,
) -> float | NDArray[np.float64]:
    r"""Normalised discounted cumulative gain of the first k ranked items.

    :math:`\sum_{r=1}^k g_r / \log_2(r + 1)`, divided by the same sum of the most
    relevant items in their best order.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Relevance g of the items for each row, 0 or more; one-dimensional: the id of
        the one relevant item of each row, -1 for none.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item, as
        :meth:`~sktransfer.EASERecommender.recommend` returns them.
    k : int, default=10
        Number of items from the top of each ranking that count.
    average : {"rows", None}, default="rows"
        Mean over rows, or the value of each row.
    zero_division : float, default=np.nan
        Value of rows without relevant items; NaN leaves them out of the mean.

    Returns
    -------
    score : float or ndarray of shape (n_rows,)
        From 0 to 1; the mean is NaN where no row has a relevant item.

    Raises
    ------
    ValueError
        If shapes do not agree, an item is ranked twice in a row, or relevance is
        negative.

    References
    ----------
    K. Jarvelin and J. Kekalainen, "Cumulated gain-based evaluation of IR techniques",
    ACM TOIS 20(4), 2002.

    Examples
    --------
    >>> from sktransfer.metrics import ndcg_at_k
    >>> ndcg_at_k([[1, 0, 0, 1]], [[0, 1, 3]], k=3).__round__(3)
    0.92
    """
    ids = check_ranking(items, k)
    relevance = relevance_matrix(Y_true, ids.shape[0])
    dcg, ideal = ndcg_rows(relevance, ids, int(k))
    relevant = ideal > 0
    return _average_rows(
        dcg / np.where(relevant, ideal, 1), relevant, average, zero_division
    )


def recall_at_k(
    Y_true: Any,
    items: ArrayLike,
    k: int = 10,
    *,
    average: str | None = "rows",
    zero_division: float = np.nan,
) -> float | NDArray[np.float64]:
    """Share of the relevant items that are among the first k.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Items with a value above 0 are relevant; one-dimensional: the id of the one
        relevant item of each row, -1 for none.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    k : int, default=10
        Number of items from the top of each ranking that count.
    average : {"rows", None}, default="rows"
        Mean over rows, or the value of each row.
    zero_division : float, default=np.nan
        Value of rows without relevant items; NaN leaves them out of the mean.

    Returns
    -------
    score : float or ndarray of shape (n_rows,)
        From 0 to 1; a row with more than k relevant items cannot reach 1.

    Raises
    ------
    ValueError
        If shapes do not agree, an item is ranked twice in a row, or relevance is
        negative.

    Examples
    --------
    >>> from sktransfer.metrics import recall_at_k
    >>> recall_at_k([[1, 0, 0, 1]], [[0, 1, 2]], k=3)
    0.5
    """
    ids = check_ranking(items, k)
    relevance = relevance_matrix(Y_true, ids.shape[0])
    n_relevant = np.diff(relevance.indptr)
    hits = (ranked_gains(relevance, ids) > 0).sum(axis=1)
    values = hits / np.maximum(n_relevant, 1)
    return _average_rows(values, n_relevant > 0, average, zero_division)


def mrr_at_k(
    Y_true: Any,
    items: ArrayLike,
    k: int = 10,
    *,
    average: str | None = "rows",
    zero_division: float = np.nan,
) -> float | NDArray[np.float64]:
    """Reciprocal of the rank of the first relevant item, 0 beyond k.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Items with a value above 0 are relevant; one-dimensional: the id of the one
        relevant item of each row, -1 for none.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    k : int, default=10
        Number of items from the top of each ranking that count.
    average : {"rows", None}, default="rows"
        Mean over rows, or the value of each row.
    zero_division : float, default=np.nan
        Value of rows without relevant items; NaN leaves them out of the mean.

    Returns
    -------
    score : float or ndarray of shape (n_rows,)
        From 0 to 1.

    Raises
    ------
    ValueError
        If shapes do not agree, an item is ranked twice in a row, or relevance is
        negative.

    Examples
    --------
    >>> from sktransfer.metrics import mrr_at_k
    >>> mrr_at_k([3, 0], [[0, 3, 2], [0, 1, 2]])
    0.75
    """
    ids = check_ranking(items, k)
    relevance = relevance_matrix(Y_true, ids.shape[0])
    hits = ranked_gains(relevance, ids) > 0
    values = np.zeros(ids.shape[0])
    any_hit = hits.any(axis=1)
    values[any_hit] = 1 / (hits[any_hit].argmax(axis=1) + 1)
    return _average_rows(values, np.diff(relevance.indptr) > 0, average, zero_division)


def coverage_at_k(items: ArrayLike, n_items: int, k: int = 10) -> float:
    """Share of the catalogue that is among the first k of at least one row.

    Parameters
    ----------
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    n_items : int
        Number of items of the catalogue.
    k : int, default=10
        Number of items from the top of each ranking that count.

    Returns
    -------
    coverage : float
        From 0 to 1.

    Raises
    ------
    ValueError
        If an item id is not below `n_items`, or an item is ranked twice in a row.

    Examples
    --------
    >>> from sktransfer.metrics import coverage_at_k
    >>> coverage_at_k([[0, 1], [1, -1]], n_items=4)
    0.5
    """
    check_value("n_items", n_items, integer(1))
    shown = np.unique(check_ranking(items, k))
    shown = shown[shown >= 0]
    if shown.size and shown[-1] >= n_items:
        raise ValueError(
            f"items must be ids below n_items={n_items}; got {shown[-1]}. Pass the "
            "number of columns of the interactions."
        )
    return shown.size / int(n_items)


class _RankingScorer(BaseEstimator):
    """See `make_ranking_scorer`."""

    __metadata_request__score: ClassVar[dict[str, Any]] = {"estimator": UNUSED}

    def __init__(
        self,
        metric: Callable[..., Any],
        *,
        k: int = 10,
        exclude_seen: bool = True,
        candidates: Any = None,
    ) -> None:
        self.metric = metric
        self.k = k
        self.exclude_seen = exclude_seen
        self.candidates = candidates

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Score a fitted recommender; see :meth:`score`."""
        return self.score(estimator, X, y)

    def score(self, estimator: Any, X: Any, y: Any) -> float:
        """Score a fitted recommender."""
        n_items = getattr(estimator, "n_features_in_", self.k)
        items, _ = estimator.recommend(
            X,
            max(min(self.k, n_items), 1),
            candidates=self.candidates,
            exclude_seen=self.exclude_seen,
        )
        value = self.metric(y, items, self.k)
        if np.ndim(value) != 0 or not np.isfinite(value):
            raise ValueError(
                "A ranking scorer needs a metric with one finite value; got "
                f"{value!r}. Rows without held-out interactions have none: split with "
                "split_interactions."
            )
        return float(value)


def make_ranking_scorer(
    metric: Callable[..., Any] = ndcg_at_k,
    *,
    k: int = 10,
    exclude_seen: bool = True,
    candidates: Any = None,
) -> Callable[[Any, Any, Any], float]:
    """Scorer of recommenders for ``scoring=`` of searches and cross-validation.

    Parameters
    ----------
    metric : callable, default=ndcg_at_k
        ``metric(Y, items, k)`` of held-out interactions and ranked item ids, greater is
        better: :func:`ndcg_at_k`, :func:`recall_at_k`, :func:`mrr_at_k`, a
        ``functools.partial`` of them, or a function of your own.
    k : int, default=10
        Number of items to rank.
    exclude_seen : bool, default=True
        Leave out items that the rows have interacted with.
    candidates : array-like, default=None
        Item ids, or a boolean mask of shape (n_items,), that may be recommended to all
        rows; None for all items.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, Y)``: the metric of ``estimator.recommend(X, k)``
        against the held-out interactions Y.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sktransfer import EASERecommender
    >>> from sktransfer.datasets import make_market_interactions
    >>> from sktransfer.metrics import make_ranking_scorer, recall_at_k
    >>> from sktransfer.model_selection import split_interactions
    >>> X = make_market_interactions(n_users=(200, 50), n_items=40).data
    >>> X_in, X_out = split_interactions(X, random_state=0)
    >>> scorer = make_ranking_scorer(recall_at_k, k=5)
    >>> search = GridSearchCV(EASERecommender(), {"l2": [10.0, 300.0]}, scoring=scorer)
    >>> search.fit(X_in, X_out).best_params_
    {'l2': 300.0}
    """
    check_value("metric", metric, callable)
    check_value("k", k, integer(1))
    return _RankingScorer(
        metric, k=int(k), exclude_seen=exclude_seen, candidates=candidates
    )
