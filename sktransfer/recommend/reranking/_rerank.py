"""rerank: the rules of a shop on ranked items."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import narwhals_object
from sktransfer._core.parameters import check_value, integer
from sktransfer.recommend._rankings import items_and_scores
from sktransfer.recommend.reranking._diversity import Diversity
from sktransfer.recommend.reranking._item_columns import ItemColumns
from sktransfer.recommend.reranking._lists import (
    Floor,
    Lists,
    Mask,
    falling_relevance,
    filled_places,
    places_under_caps,
    spread,
    wanted_places,
)
from sktransfer.recommend.reranking._ranked_frames import RankedFrame
from sktransfer.recommend.reranking._rules import (
    Boost,
    CategoryCap,
    Filter,
    MinimumShare,
)

RULES = (Filter, Boost, Diversity, CategoryCap, MinimumShare)


def rerank(
    ranking: Any, rules: Sequence[Any], *, k: int = 10, items: Any = None
) -> Any:
    """Apply rules to ranked items: filters, boosts, diversity, caps and shares.

    Rank more items than you want to show, such as ``recommend(users, 50,
    as_frame=True)``: what a rule takes out or moves down, others replace.

    Parameters
    ----------
    ranking : data frame, or pair of array-like of shape (n_rows, n_places)
        What ``recommend`` returns. A frame of pandas, polars or pyarrow with the
        columns "user" and "item", the best item first or with a column "rank", and
        "score" where a rule needs it; lists of a user in several markets are told by
        "market". Or items, -1 for none, and their scores.
    rules : list of Filter, Boost, Diversity, CategoryCap and MinimumShare
        What to apply, see Notes.
    k : int, default=10
        Largest number of items of each list that is returned.
    items : data frame or mapping of columns, default=None
        Columns of the items, a row for each: found by the column "item" where the
        ranking is a frame, else in the order of the columns of X.

    Returns
    -------
    frame : data frame
        Where `ranking` is one: k of its rows, at most, for each list, with all their
        columns, ranks from 1, and scores with their boosts.
    items : ndarray of int64 of shape (n_rows, k)
        Else: the items, -1 where there is none.
    scores : ndarray of shape (n_rows, k)
        Their scores, with their boosts; ``-inf`` where there is no item.

    Raises
    ------
    ValueError
        If an item is ranked twice in a list, a column is missing or does not hold what
        a rule needs, or `items` has several rows for an item.

    Warns
    -----
    UserWarning
        If a list has too few items to fill its places or to meet a share.

    See Also
    --------
    CategoryCap, MinimumShare, Filter, Boost, Diversity : The rules.
    limit_new_items : A largest share of new items.

    Notes
    -----
    Filters take items out, then boosts raise scores, then diversity gives another
    order, whatever the order in which the rules are written; several of a kind apply
    in their order. At last the k places are filled from the top: an item is passed over
    where a cap is reached, or where the places that are left are needed for a share. So

    - filters and caps always hold, and a list may get shorter than k;
    - a share, of the places that the caps leave, holds if the list has enough such
      items that the caps allow; of several shares the earlier one goes first, and what
      is not met gives way, with a warning. Places are not taken back: with several
      shares, or several caps, another choice might have met all, or been longer;
    - a rule that is met already changes nothing, and the items that are kept stay in
      their order;
    - with falling scores, no other choice of k items that meets one cap, or one share,
      has a larger sum of scores.

    An item without a row in `items`, or without a value there, is of no category, has
    no true flag and no boost, and is similar to none. A missing score counts as that of
    the item before it, and one that is above those before it as the least of these.

    Examples
    --------
    >>> from sktransfer.recommend import CategoryCap, MinimumShare, rerank
    >>> ranking = [[0, 1, 2, 3, 4]], [[0.9, 0.8, 0.7, 0.6, 0.5]]
    >>> table = {"brand": ["a", "a", "a", "b", "b"], "is_new": [0, 0, 0, 0, 1]}
    >>> rules = [CategoryCap("brand", 2), MinimumShare("is_new", 0.2)]
    >>> rerank(ranking, rules, k=3, items=table)
    (array([[0, 1, 4]]), array([[0.9, 0.8, 0.5]]))
    """
    check_value("k", k, integer(1))
    rules = _checked_rules(rules)
    native = narwhals_object(ranking)
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    if isinstance(native, nw.DataFrame):
        frame = RankedFrame(native, scored=_needs_scores(rules))
        columns = ItemColumns(items, frame.ids, by_id=True)
        lists, scores = _reranked(frame.items, frame.scores, rules, k, columns)
        boosted = scores if _boosts(rules) else None
        return frame.rows_at(lists.place, lists.items >= 0, boosted)
    numbers, given = items_and_scores("ranking", ranking)
    ids = np.arange(max(int(numbers.max(initial=-1)) + 1, 1))
    columns = ItemColumns(items, ids, by_id=False)
    lists, scores = _reranked(numbers, given, rules, k, columns)
    kind = given.dtype if given.dtype.kind == "f" else np.dtype(float)
    return lists.items, np.where(lists.items >= 0, scores, -np.inf).astype(kind)


def _checked_rules(rules: Any) -> list[Any]:
    """Rules as a list of objects."""
    if isinstance(rules, RULES):
        rules = [rules]
    found = list(rules)
    for rule in found:
        if not isinstance(rule, RULES):
            names = ", ".join(r.__name__ for r in RULES)
            raise TypeError(
                f"rules must be a list of {names}; got {rule!r:.60} in it, such as "
                '[CategoryCap("brand", 2)].'
            )
    return found


def _of(rules: list[Any], kind: type) -> list[Any]:
    return [rule for rule in rules if isinstance(rule, kind)]


def _boosts(rules: list[Any]) -> bool:
    return bool(_of(rules, Boost))


def _needs_scores(rules: list[Any]) -> bool:
    return _boosts(rules) or bool(_of(rules, Diversity))


def _reranked(
    items: NDArray[np.int64],
    scores: NDArray[np.floating],
    rules: list[Any],
    k: int,
    columns: ItemColumns,
) -> tuple[Lists, NDArray[np.floating]]:
    """The k best places of each list under the rules, and the scores there."""
    lists = falling_relevance(items, scores)
    lists = lists.only(lists.items >= 0)
    width = spread(lists)
    n_given = (items >= 0).sum(axis=1)
    for rule in _of(rules, Filter):
        lists = rule._apply(lists, columns)
    for rule in _of(rules, Boost):
        lists = rule._apply(lists, columns, width)
    caps, shares = _of(rules, CategoryCap), _of(rules, MinimumShare)
    n_places = items.shape[1] if caps or shares else k
    for rule in _of(rules, Diversity):
        lists = rule._apply(lists, columns, n_places)
    found_caps = [rule._cap(lists, columns) for rule in caps]
    floors = [rule._floor(lists, columns) for rule in shares]
    filled = filled_places(lists.items >= 0, k, found_caps, floors)
    if shares:
        places = places_under_caps(lists.items >= 0, k, found_caps)
        _warn_of_unmet(shares, floors, places, filled)
    _warn_of_short_lists(filled, n_given, k)
    lists = _of_width(lists.only(filled), k)
    if _boosts(rules):
        return lists, lists.relevance
    return lists, np.take_along_axis(scores, lists.place, axis=1)


def _of_width(lists: Lists, k: int) -> Lists:
    """The first k places of each list, empty ones added where there are fewer."""
    missing = max(k - lists.items.shape[1], 0)
    return Lists(
        np.pad(lists.items[:, :k], ((0, 0), (0, missing)), constant_values=-1),
        np.pad(lists.relevance[:, :k], ((0, 0), (0, missing))),
        np.pad(lists.place[:, :k], ((0, 0), (0, missing))),
    )


def _warn_of_unmet(
    shares: list[MinimumShare],
    floors: list[Floor],
    places: NDArray[np.int64],
    filled: Mask,
) -> None:
    """Say which shares gave way."""
    for rule, floor in zip(shares, floors):
        short = (filled & floor.counts).sum(axis=1) < wanted_places(places, floor.share)
        if short.any():
            warnings.warn(
                f"{rule} is not met in {short.sum()} of {short.size} lists: they have "
                "too few such items that the other rules allow. Rank more items than "
                f"{filled.shape[1]} for each user, or lower the share.",
                UserWarning,
                stacklevel=4,
            )


def _warn_of_short_lists(filled: Mask, n_given: NDArray[np.int64], k: int) -> None:
    """Say that rules left fewer items than were asked for."""
    short = filled.sum(axis=1) < np.minimum(n_given, k)
    if short.any():
        warnings.warn(
            f"Filters and caps leave {short.sum()} of {short.size} lists with fewer "
            f"than {k} items. Rank more items than {filled.shape[1]} for each user.",
            UserWarning,
            stacklevel=4,
        )
