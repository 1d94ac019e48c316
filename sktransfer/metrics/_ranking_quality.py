"""Several measures of one set of rankings: accuracy, coverage, novelty, popularity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.ranking import relevance_matrix
from sktransfer.metrics._popularity import (
    check_item_counts,
    ndcg_by_band,
    novelty_at_k,
    popularity_bands,
)
from sktransfer.metrics._ranking import check_ranking, coverage_at_k, ndcg_at_k


class RankingQuality(NamedTuple):
    """What rankings are like, see :func:`ranking_quality`.

    Parameters
    ----------
    ndcg : float
        Mean nDCG of the rows that have a relevant item.
    standard_error : float
        Standard error of the mean.
    coverage : float
        Share of the items that are shown to some row.
    novelty : float
        Mean self-information of the shown items in bits.
    tail_share : float
        Share of the shown places outside the first, most popular band.
    ndcg_by_band : ndarray of shape (n_bands,)
        nDCG of the relevant items of each popularity band, the most popular one first.
    shown_by_band : ndarray of shape (n_bands,)
        Share of the shown places of each band.
    """

    ndcg: float
    standard_error: float
    coverage: float
    novelty: float
    tail_share: float
    ndcg_by_band: NDArray[np.float64]
    shown_by_band: NDArray[np.float64]


def ranking_quality(
    Y_true: Any,
    items: ArrayLike,
    counts: ArrayLike,
    n_users: int,
    *,
    catalogue: ArrayLike | None = None,
    band_shares: Sequence[float] = (0.2, 0.3, 0.5),
    k: int = 10,
) -> RankingQuality:
    """Accuracy, coverage, novelty and quality by popularity of rankings.

    Parameters
    ----------
    Y_true : {array-like, sparse matrix} of shape (n_rows, n_items) or (n_rows,)
        Held-out relevance of the items for each row, as in :func:`ndcg_at_k`.
    items : array-like of int of shape (n_rows, n_ranked)
        Ranked item ids, best first; -1 = no item. The first k are read.
    counts : array-like of shape (n_items,)
        Users of each item in the training data.
    n_users : int
        Number of users in the training data.
    catalogue : array-like of bool of shape (n_items,), default=None
        Items that could be shown: coverage and bands are of these. None: all.
    band_shares : sequence of float, default=(0.2, 0.3, 0.5)
        Shares of the items in each band of popularity, see :func:`popularity_bands`.
    k : int, default=10
        Number of places looked at.

    Returns
    -------
    quality : RankingQuality
        The measures; NaN where there are no rows.

    Raises
    ------
    ValueError
        If shapes do not agree, an item that is shown or relevant has no count or is not
        in the catalogue, or the catalogue is empty.

    See Also
    --------
    ndcg_at_k, coverage_at_k, novelty_at_k, ndcg_by_band : The single measures.
    sktransfer.AutoTransferRecommender : Keeps rankings of a test part.

    Examples
    --------
    >>> from sktransfer.metrics import ranking_quality
    >>> quality = ranking_quality(
    ...     [[0, 1, 0, 0, 0], [0, 0, 0, 0, 1]], [[1, 0], [0, 1]], [8, 4, 2, 1, 1], 8,
    ...     band_shares=(0.4, 0.6),
    ... )
    >>> quality.ndcg, quality.coverage, quality.novelty
    (0.5, 0.4, 0.5)
    """
    ids = np.maximum(check_ranking(items, k), -1)
    n = check_item_counts(counts)
    relevance = relevance_matrix(Y_true, ids.shape[0])
    n_items = max(relevance.shape[1], int(ids.max(initial=-1)) + 1)
    if n_items > n.size:
        raise ValueError(
            f"counts must have an entry for each item; got {n.size} entries where "
            f"item {n_items - 1} is ranked or in Y_true. Pass the training users of "
            "all columns of the interactions."
        )
    if catalogue is not None:
        relevance = relevance_matrix(Y_true, ids.shape[0], n.size)
        relevance, ids, n = _in_catalogue(relevance, ids, n, np.asarray(catalogue))
    bands = popularity_bands(n, band_shares)
    n_bands = len(band_shares)
    if not ids.shape[0]:
        nothing, none = float("nan"), np.full(n_bands, np.nan)
        return RankingQuality(nothing, nothing, nothing, nothing, nothing, none, none)
    ndcg = np.asarray(ndcg_at_k(relevance, ids, k, average=None))
    ndcg = ndcg[~np.isnan(ndcg)]
    shown = ids[ids >= 0]
    shares = np.bincount(bands[shown], minlength=n_bands) / max(shown.size, 1)
    by_band = ndcg_by_band(relevance, ids, bands, k)
    error = np.nan
    if ndcg.size > 1:
        error = ndcg.std(ddof=1) / np.sqrt(ndcg.size)
    return RankingQuality(
        float(ndcg.mean()) if ndcg.size else float("nan"),
        float(error),
        coverage_at_k(ids, n.size, k),
        novelty_at_k(ids, n, n_users, k),
        float(shares[1:].sum()),
        np.pad(by_band, (0, n_bands - by_band.size), constant_values=np.nan),
        shares,
    )


def _in_catalogue(
    relevance: Any, items: NDArray[Any], counts: NDArray[Any], catalogue: NDArray[Any]
) -> tuple[Any, NDArray[np.int64], NDArray[Any]]:
    """Relevance, rankings and counts in the columns of the catalogue."""
    if catalogue.dtype.kind != "b" or catalogue.shape != counts.shape:
        raise ValueError(
            f"catalogue must be a boolean mask of shape {counts.shape}, as counts; got "
            f"shape {catalogue.shape}, dtype {catalogue.dtype}."
        )
    if not catalogue.any():
        raise ValueError(
            "catalogue must have an item; got a mask that is False for each of "
            f"{catalogue.size} items. Pass True for the items that could be shown."
        )
    place = np.where(catalogue, np.cumsum(catalogue) - 1, -2)
    place = np.append(place, -1)  # of no item
    ids = place[items]
    if (ids == -2).any() or not catalogue[relevance.indices].all():
        raise ValueError(
            "Items that are shown or relevant must be in the catalogue; got one that "
            "is not. Recommend with candidates=catalogue."
        )
    return relevance[:, catalogue], ids, counts[catalogue]
