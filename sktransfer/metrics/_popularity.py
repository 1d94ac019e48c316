"""Ranking quality by popularity of the items; Gini coefficient and novelty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.parameters import check_value, integer, number
from sktransfer._core.ranking import relevance_matrix
from sktransfer.metrics._ranking import check_ranking, ndcg_at_k, recall_at_k


def popularity_bands(
    counts: ArrayLike, shares: Sequence[float] = (0.2, 0.8)
) -> NDArray[np.int64]:
    """Divide items into bands of popularity, the most popular ones first.

    Parameters
    ----------
    counts : array-like of shape (n_items,)
        Interactions of each item in the training data, 0 or more.
    shares : sequence of float, default=(0.2, 0.8)
        Share of the items, not of the interactions, in each band; they sum to 1. By
        default the most popular 20 % are band 0, the head, and the others band 1, the
        tail.

    Returns
    -------
    bands : ndarray of int64 of shape (n_items,)
        Band of each item. Bands end at the rounded cumulated shares of the number of
        items; of equally popular items the one with the smaller id comes first.

    Raises
    ------
    ValueError
        If counts are negative or not finite, or shares are not positive with sum 1.

    Examples
    --------
    >>> from sktransfer.metrics import popularity_bands
    >>> popularity_bands([9, 1, 5, 2, 2])
    array([0, 1, 1, 1, 1])
    """
    n = check_item_counts(counts)
    parts = np.asarray(shares, dtype=np.float64)
    if parts.ndim != 1 or not (parts > 0).all() or abs(parts.sum() - 1) > 1e-9:
        raise ValueError(
            f"shares must be positive numbers whose sum is 1; got {shares!r}."
        )
    ends = np.rint(np.cumsum(parts) * n.size).astype(np.int64)
    bands = np.empty(n.size, dtype=np.int64)
    order = np.argsort(-n, kind="stable")
    bands[order] = np.searchsorted(ends, np.arange(n.size), side="right")
    return np.minimum(bands, parts.size - 1)


def check_item_counts(counts: ArrayLike) -> NDArray[np.float64]:
    """Validate the interactions of each item."""
    n = np.asarray(counts, dtype=np.float64)
    if n.ndim != 1 or not np.isfinite(n).all() or (n < 0).any():
        raise ValueError(
            "counts must be the interactions of each item, one-dimensional, finite and "
            f"not negative; got shape {n.shape}."
        )
    return n


def _by_band(
    metric: Callable[..., Any], Y_true: Any, items: ArrayLike, bands: ArrayLike, k: int
) -> NDArray[np.float64]:
    """Metric with the relevant items of each band alone."""
    ids = check_ranking(items, k)
    b = np.asarray(bands)
    relevance = relevance_matrix(Y_true, ids.shape[0])
    if b.ndim != 1 or b.size < relevance.shape[1] or b.dtype.kind not in "iu":
        raise ValueError(
            "bands must be the band of each item, as popularity_bands returns them, of "
            f"shape ({relevance.shape[1]},); got shape {b.shape}, dtype {b.dtype}."
        )
    values = np.full(max(int(b.max(initial=-1)) + 1, 1), np.nan)
    for band in range(values.size):
        inside = sparse.csr_array(relevance, copy=True)
        inside.data[b[inside.indices] != band] = 0
        values[band] = metric(inside, ids, k)
    return values


def ndcg_by_band(
    Y_true: Any, items: ArrayLike, bands: ArrayLike, k: int = 10
) -> NDArray[np.float64]:
    """Value of nDCG of the relevant items of each popularity band.

    For each band, items outside it count as not relevant, both in the ranking and in
    the best ranking. So the value of the tail says how well relevant items of the tail
    are ranked among all items. To rank the tail alone, pass rankings from
    ``recommend(X, candidates=np.flatnonzero(bands == 1))``.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Relevance of the items for each row, as in :func:`ndcg_at_k`.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    bands : array-like of int of shape (n_items,)
        Band of each item from 0, see :func:`popularity_bands`.
    k : int, default=10
        Number of items from the top of each ranking that count.

    Returns
    -------
    values : ndarray of shape (n_bands,)
        Mean over the rows with a relevant item in the band; NaN where no row has one.

    Raises
    ------
    ValueError
        If shapes do not agree.

    Examples
    --------
    >>> from sktransfer.metrics import ndcg_by_band
    >>> ndcg_by_band([[1, 0, 1]], [[0, 1, 2]], bands=[0, 1, 1], k=3)
    array([1. , 0.5])
    """
    return _by_band(ndcg_at_k, Y_true, items, bands, k)


def recall_by_band(
    Y_true: Any, items: ArrayLike, bands: ArrayLike, k: int = 10
) -> NDArray[np.float64]:
    """Recall of the relevant items of each popularity band.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Relevance of the items for each row, as in :func:`recall_at_k`.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    bands : array-like of int of shape (n_items,)
        Band of each item from 0, see :func:`popularity_bands`.
    k : int, default=10
        Number of items from the top of each ranking that count.

    Returns
    -------
    values : ndarray of shape (n_bands,)
        For each band, the share of a row's relevant items of the band that are among
        its first k of the whole ranking; the mean over rows with such items. NaN where
        no row has any.

    Raises
    ------
    ValueError
        If shapes do not agree.

    Examples
    --------
    >>> from sktransfer.metrics import recall_by_band
    >>> recall_by_band([[1, 0, 1]], [[0, 1]], bands=[0, 1, 1])
    array([1., 0.])
    """
    return _by_band(recall_at_k, Y_true, items, bands, k)


def gini_at_k(items: ArrayLike, n_items: int, k: int = 10) -> float:
    r"""Gini coefficient of how often the items of a catalogue are shown.

    If :math:`c_1 \le \dots \le c_n` are the numbers of rows that show each item among
    their first k, it is :math:`\sum_i (2 i - n - 1) c_i / (n \sum_i c_i)`: 0 if all
    items are shown equally often, :math:`1 - 1/n` if a single one is shown.

    Parameters
    ----------
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    n_items : int
        Number n of items of the catalogue.
    k : int, default=10
        Number of items from the top of each ranking that count.

    Returns
    -------
    gini : float
        From 0 to 1; NaN where no item is shown.

    Raises
    ------
    ValueError
        If an item id is not below `n_items`, or an item is ranked twice in a row.

    Examples
    --------
    >>> from sktransfer.metrics import gini_at_k
    >>> gini_at_k([[0], [0], [1], [2]], n_items=4)
    0.375
    """
    _, c = _times_shown(items, n_items, k)
    if c.size == 0:
        return float("nan")
    n = int(n_items)  # items that are never shown come first, and add nothing
    place = np.arange(n - c.size + 1, n + 1)
    return float((2 * place - n - 1) @ np.sort(c) / (n * int(c.sum())))


def _times_shown(
    items: ArrayLike, n_items: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items that rows show among their first k, and the number of rows of each."""
    check_value("n_items", n_items, integer(1))
    ids = check_ranking(items, k)
    ids = ids[ids >= 0]
    if ids.max(initial=-1) >= n_items:
        raise ValueError(
            f"items must be ids below n_items={n_items}; got {ids.max(initial=-1)}. "
            "Pass the number of columns of the interactions."
        )
    return np.unique(ids, return_counts=True)


def novelty_at_k(
    items: ArrayLike, counts: ArrayLike, n_users: int, k: int = 10
) -> float:
    r"""Mean self-information of the shown items, in bits.

    The mean of :math:`-\log_2 \max(c_i, 1) / u` over all shown items: how surprising
    it is that a random training user has taken the item.

    Parameters
    ----------
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item.
    counts : array-like of shape (n_items,)
        Training users c of each item; 0 counts as 1.
    n_users : int
        Number u of training users.
    k : int, default=10
        Number of items from the top of each ranking that count.

    Returns
    -------
    novelty : float
        0 if all users have taken all shown items, more for rarer ones; NaN where no
        item is shown.

    Raises
    ------
    ValueError
        If an item id has no count, or counts are larger than `n_users`.

    References
    ----------
    T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender
    systems", PNAS 107(10), 2010.

    Examples
    --------
    >>> from sktransfer.metrics import novelty_at_k
    >>> novelty_at_k([[0, 1]], counts=[4, 1], n_users=4)
    1.0
    """
    n = check_item_counts(counts)
    check_value("n_users", n_users, number(above=0))
    if n_users < max(n.max(initial=1), 1):
        raise ValueError(
            f"n_users must be at least the largest count, {n.max(initial=1):g}; got "
            f"{n_users!r}."
        )
    shown, times = _times_shown(items, n.size, k)
    if shown.size == 0:
        return float("nan")
    bits = -np.log2(np.maximum(n, 1) / n_users)
    weights = np.bincount(shown, weights=times, minlength=n.size)
    return float(weights @ bits / times.sum())
