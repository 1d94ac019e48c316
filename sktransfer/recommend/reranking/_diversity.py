"""Diversity by maximal marginal relevance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import check_value, number
from sktransfer._core.topk import row_blocks
from sktransfer.recommend.reranking._item_columns import ItemColumns
from sktransfer.recommend.reranking._lists import Lists, spread
from sktransfer.recommend.reranking._similarity import similarity_of_pairs


def marginal_relevance_order(
    relevance: NDArray[np.floating],
    similarity: NDArray[np.floating],
    trade_off: float,
    n_places: int,
) -> NDArray[np.intp]:
    r"""Order of the items of each list by maximal marginal relevance.

    One after the other the item with the largest :math:`(1 - \lambda) r_i - \lambda
    \max_{j \text{ chosen}} s_{ij}`, the first one among equal; relevance (n, m) is
    -inf where there is no item, similarity (n, m, m). After `n_places` items the others
    follow in their order.
    """
    n, m = relevance.shape
    rows = np.arange(n)
    there = np.isfinite(relevance)
    left = np.where(there, (1 - trade_off) * np.where(there, relevance, 0), -np.inf)
    nearest = np.zeros((n, m))
    step = np.full((n, m), m)
    for place in range(min(n_places, m)):
        chosen = np.argmax(left - trade_off * nearest, axis=1)
        some = left[rows, chosen] > -np.inf  # the others have no item left
        step[rows[some], chosen[some]] = place
        left[rows, chosen] = -np.inf
        near = similarity[rows, chosen]
        nearest = near if place == 0 else np.maximum(nearest, near)
    return np.argsort(step, axis=1, kind="stable")


@dataclass(frozen=True, eq=False)  # arrays have no one answer to ==
class Diversity:
    r"""Put items that are unlike each other beside each other.

    Maximal marginal relevance [1]_: the list is built from the top, each time by the
    item with the largest

    .. math:: (1 - \lambda)\, r_i - \lambda \max_{j \text{ above}} s_{ij}

    with :math:`r_i` the score of the item, 0 for the last and 1 for the best one of the
    list, and :math:`s_{ij}` the similarity of two items.

    Parameters
    ----------
    similarity : str, list of str, recommender, array-like or sparse matrix
        Where similarities come from. Columns of `items`, from which
        :func:`item_content` makes features; a fitted recommender with
        ``similar_items``, whose nearest neighbour of an item counts 1 and others in
        proportion (100 neighbours, the larger of both directions); features of shape
        (n_items, n_features), which are compared by their cosine; or similarities of
        shape (n_items, n_items), about from 0 to 1, used as they are. Rows are those of
        `items`, or the columns of X where the ranking is a pair of arrays.
    trade_off : float, default=0.3
        The weight :math:`\lambda` of diversity, from 0 (the order stays) to 1.

    See Also
    --------
    rerank : Applies rules to ranked items.

    References
    ----------
    .. [1] Carbonell and Goldstein (1998), "The use of MMR, diversity-based reranking
       for reordering documents and producing summaries", SIGIR.

    Examples
    --------
    >>> from sktransfer.recommend import Diversity, rerank
    >>> ranking = [[0, 1, 2]], [[0.9, 0.8, 0.7]]
    >>> features = [[1, 0], [1, 0], [0, 1]]
    >>> rerank(ranking, [Diversity(features, 0.5)], k=2)[0]
    array([[0, 2]])
    """

    similarity: Any
    trade_off: float = 0.3

    def __post_init__(self) -> None:
        check_value("trade_off of Diversity", self.trade_off, number(0, 1))

    def _apply(self, lists: Lists, columns: ItemColumns, n_places: int) -> Lists:
        if not lists.items.size:
            return lists
        pairs = similarity_of_pairs(self.similarity, columns)
        there = lists.items >= 0
        width = spread(lists)
        low = np.where(there, lists.relevance, np.inf).min(axis=1, keepdims=True)
        relevance = (lists.relevance - low) / np.where(width > 0, width, 1)
        relevance = np.where(there, relevance, -np.inf)
        n, m = lists.items.shape
        order = np.empty((n, m), dtype=np.intp)
        for block in row_blocks(n, m * m):
            order[block] = marginal_relevance_order(
                relevance[block],
                pairs(lists.items[block]),
                float(self.trade_off),
                n_places,
            )
        return lists.in_order(order)
