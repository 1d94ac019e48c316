"""Rules on ranked lists, by columns of a table of items."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from sktransfer._core.parameters import check_value, integer, number
from sktransfer.recommend.reranking._item_columns import ItemColumns
from sktransfer.recommend.reranking._lists import Cap, Floor, Lists


def _check_column(rule: Any) -> None:
    if not isinstance(rule.column, str):
        raise TypeError(
            f"{type(rule).__name__} needs the name of a column of items; got "
            f"{rule.column!r:.60}."
        )


@dataclass(frozen=True)
class Filter:
    """Keep the items that a column allows; the others are taken out of all lists.

    Parameters
    ----------
    column : str
        Column of `items`. With neither `keep` nor `exclude` it must be of true and
        false (or 1 and 0), and items with true are kept. The column "item" is the id of
        the item itself.
    keep : collection, default=None
        Values of the column to keep; an item without a value is taken out.
    exclude : collection, default=None
        Values of the column to take out; an item without a value is kept.

    See Also
    --------
    rerank : Applies rules to ranked items.

    Examples
    --------
    >>> from sktransfer.recommend import Filter, rerank
    >>> ranking = [[2, 0, 1]], [[0.9, 0.5, 0.1]]
    >>> rerank(ranking, [Filter("sold_out", exclude=["yes"])], k=2,
    ...        items={"sold_out": ["no", "no", "yes"]})
    (array([[0, 1]]), array([[0.5, 0.1]]))
    """

    column: str
    keep: Collection[Any] | None = None
    exclude: Collection[Any] | None = None

    def __post_init__(self) -> None:
        _check_column(self)
        for name in ("keep", "exclude"):
            values = getattr(self, name)
            if values is not None and (
                isinstance(values, str) or not isinstance(values, Collection)
            ):
                raise TypeError(
                    f"{name} of Filter must be a list of values; got {values!r:.60}. "
                    f"Pass {name}=[{values!r:.60}]."
                )
        if self.keep is not None and self.exclude is not None:
            raise ValueError(
                "Filter takes keep or exclude; got both. Pass two filters."
            )

    def _apply(self, lists: Lists, columns: ItemColumns) -> Lists:
        if self.keep is not None:
            kept = columns.among(self.column, self.keep)
        elif self.exclude is not None:
            kept = ~columns.among(self.column, self.exclude)
        else:
            kept = columns.flags(self.column)
        return lists.only(kept[lists.items] & (lists.items >= 0))


@dataclass(frozen=True)
class Boost:
    """Raise the scores of items by a column of numbers, and sort by them.

    The score of an item rises by ``weight * value / largest * spread``, where `largest`
    is the largest absolute value of the column in `items`, and `spread` the
    difference of the best and the last score of the list that was given: a weight of
    0.1 lifts the items of the largest value by a tenth of what the list spans,
    whatever the units of column and scores.

    Parameters
    ----------
    column : str
        Column of `items`, of numbers or of true and false. An item without a value is
        not raised.
    weight : float
        How much; below 0 to lower scores.

    See Also
    --------
    rerank : Applies rules to ranked items.

    Examples
    --------
    >>> from sktransfer.recommend import Boost, rerank
    >>> ranking = [[2, 0, 1]], [[0.9, 0.5, 0.1]]
    >>> rerank(ranking, [Boost("margin", 0.6)], k=2, items={"margin": [5, 10, 0]})[0]
    array([[2, 0]])
    >>> rerank(ranking, [Boost("margin", 0.6)], k=3, items={"margin": [5, 10, 0]})[1]
    array([[0.9 , 0.74, 0.58]])
    """

    column: str
    weight: float

    def __post_init__(self) -> None:
        _check_column(self)
        check_value("weight of Boost", self.weight, number())

    def _apply(self, lists: Lists, columns: ItemColumns, spread: Any) -> Lists:
        largest = columns.largest(self.column)
        gain = columns.numbers(self.column) * (self.weight / (largest or 1))
        there = lists.items >= 0
        raised = lists.relevance + np.where(there, gain[lists.items], 0) * spread
        raised = np.where(there, raised, -np.inf)
        lists = lists._replace(relevance=raised)
        return lists.in_order(np.argsort(-raised, axis=1, kind="stable"))


@dataclass(frozen=True)
class CategoryCap:
    """At most so many items of each category in a list.

    Parameters
    ----------
    column : str
        Column of `items`: a brand, a seller, a series. Items without a value are of no
        category, and no cap holds for them.
    most : int
        The largest number of items of one category.

    See Also
    --------
    rerank : Applies rules to ranked items.

    Examples
    --------
    >>> from sktransfer.recommend import CategoryCap, rerank
    >>> ranking = [[0, 1, 2]], [[0.9, 0.5, 0.1]]
    >>> items = {"brand": ["North", "North", "Sun"]}
    >>> rerank(ranking, [CategoryCap("brand", 1)], k=2, items=items)[0]
    array([[0, 2]])
    """

    column: str
    most: int

    def __post_init__(self) -> None:
        _check_column(self)
        check_value("most of CategoryCap", self.most, integer(1))

    def _cap(self, lists: Lists, columns: ItemColumns) -> Cap:
        category = columns.categories(self.column)[lists.items]
        return Cap(np.where(lists.items >= 0, category, -1), int(self.most))


@dataclass(frozen=True)
class MinimumShare:
    """At least a share of the places of a list for some items, such as new ones.

    Parameters
    ----------
    column : str
        Column of `items` of true and false (or 1 and 0); items without a value are not
        among those.
    share : float
        Share of the places of a list, from 0 to 1, rounded up: .2 of 10 places are 2.
        Of a list with fewer than k items, the share of these.

    See Also
    --------
    rerank : Applies rules to ranked items.
    limit_new_items : The largest share of new items, in place of the least.

    Examples
    --------
    >>> from sktransfer.recommend import MinimumShare, rerank
    >>> ranking = [[0, 1, 2]], [[0.9, 0.5, 0.1]]
    >>> items = {"is_new": [False, False, True]}
    >>> rerank(ranking, [MinimumShare("is_new", 0.2)], k=2, items=items)[0]
    array([[0, 2]])
    """

    column: str
    share: float

    def __post_init__(self) -> None:
        _check_column(self)
        check_value("share of MinimumShare", self.share, number(0, 1))

    def _floor(self, lists: Lists, columns: ItemColumns) -> Floor:
        counts = columns.flags(self.column)[lists.items] & (lists.items >= 0)
        return Floor(counts, float(self.share))
