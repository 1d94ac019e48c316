"""Ranked lists as arrays, and which of their places are filled under caps and shares.

All arrays are of shape (n_lists, n_places), in the order of the lists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Lists(NamedTuple):
    """Ranked items of each list, the best first."""

    items: NDArray[np.int64]  # numbers of items, -1 for none
    relevance: NDArray[np.float64]  # falls from place to place
    place: NDArray[np.int64]  # where the item stood in the list that was given

    def in_order(self, order: NDArray[np.intp]) -> Lists:
        """The same lists with their places in another order."""
        return Lists(
            np.take_along_axis(self.items, order, axis=1),
            np.take_along_axis(self.relevance, order, axis=1),
            np.take_along_axis(self.place, order, axis=1),
        )

    def only(self, kept: Mask) -> Lists:
        """Some of the places; the others are empty, and last."""
        lists = self._replace(items=np.where(kept, self.items, -1))
        return lists.in_order(np.argsort(lists.items < 0, axis=1, kind="stable"))


class Cap(NamedTuple):
    """At most so many places for each category."""

    category: NDArray[np.int64]  # of each place, -1 for none, which has no cap
    most: int


class Floor(NamedTuple):
    """At least a share of the places for some items."""

    counts: Mask  # whether the item of a place is one of them
    share: float


def falling_relevance(items: NDArray[np.int64], scores: NDArray[np.floating]) -> Lists:
    """Lists with scores that fall: none is above those before it, and none missing."""
    known = np.isfinite(scores) & (items >= 0)
    relevance = np.where(known, scores, np.inf).astype(np.float64)
    relevance = np.minimum.accumulate(relevance, axis=1)
    best = np.where(known, relevance, -np.inf).max(axis=1, initial=-np.inf)
    best = np.where(known.any(axis=1), best, 0)[:, None]  # for those at the top
    relevance = np.where(np.isfinite(relevance), relevance, best)
    place = np.broadcast_to(np.arange(items.shape[1]), items.shape)
    return Lists(items, relevance, place)


def spread(lists: Lists) -> NDArray[np.float64]:
    """Difference of the largest and the smallest score of each list, as a column."""
    there = lists.items >= 0
    high = np.where(there, lists.relevance, -np.inf).max(axis=1, initial=-np.inf)
    low = np.where(there, lists.relevance, np.inf).min(axis=1, initial=np.inf)
    return np.where(there.any(axis=1), high - low, 0.0)[:, None]


def places_under_caps(there: Mask, k: int, caps: list[Cap]) -> NDArray[np.int64]:
    """Number of places of each list, k at most, that are filled without floors."""
    nothing, room = np.zeros_like(there), np.full(len(there), k)
    return _from_the_top(there, nothing, room, k, caps).sum(axis=1)


def filled_places(there: Mask, k: int, caps: list[Cap], floors: list[Floor]) -> Mask:
    """Which places to fill, k at most, from the top.

    Places of a floor are reserved first, from the top too; an item is passed over where
    a cap is reached.
    """
    places = places_under_caps(there, k, caps)
    filled = np.zeros_like(there)
    for floor in floors:
        wanted = wanted_places(places, floor.share) - (filled & floor.counts).sum(
            axis=1
        )
        room = np.minimum(wanted, k - filled.sum(axis=1))
        filled |= _from_the_top(there & floor.counts & ~filled, filled, room, k, caps)
    room = k - filled.sum(axis=1)
    return filled | _from_the_top(there & ~filled, filled, room, k, caps)


def wanted_places(places: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """A share of some places, rounded up."""
    return np.ceil(share * places - 1e-9).astype(np.int64)


def _from_the_top(
    free: Mask, filled: Mask, room: NDArray[np.int64], k: int, caps: list[Cap]
) -> Mask:
    """The first free places, as many as there is room for, that keep the caps."""
    if not caps:
        return free & (free.cumsum(axis=1) <= room[:, None])
    taken = np.zeros_like(free)
    rows = np.arange(len(free))
    n_filled = filled.sum(axis=1)
    seen = [_categories_of(filled, cap.category, k) for cap in caps]
    room = np.maximum(room, 0)
    for j in range(free.shape[1]):
        fits = free[:, j] & (room > 0)
        for cap, categories in zip(caps, seen):
            own = cap.category[:, j]
            n_own = (categories == own[:, None]).sum(axis=1)
            fits &= (own < 0) | (n_own < cap.most)
        taken[fits, j] = True
        for cap, categories in zip(caps, seen):
            categories[rows[fits], n_filled[fits]] = cap.category[fits, j]
        n_filled = n_filled + fits
        room = room - fits
        if not room.any():
            break
    return taken


def _categories_of(
    filled: Mask, category: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Categories of the filled places of each list, then -1; shape (n_lists, k)."""
    found = np.full((len(filled), k), -1, dtype=np.int64)
    row, place = np.nonzero(filled)
    count = filled.cumsum(axis=1)[row, place] - 1
    found[row, count] = category[row, place]
    return found
