"""New items beside known ones, in a bounded part of the places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend import ColdStartRecommender

NEW_SHARE = 0.1


class FewNewItems:
    """A model of new and known items that gives new ones a part of the places.

    Parameters
    ----------
    model : ColdStartRecommender
        Fitted.
    share : float, default=NEW_SHARE
        Largest share of the places of a user, one place at least where it is above 0.
    market_weights : mapping of int to float, default=None
        Weights of the markets that it has learned from.

    Attributes
    ----------
    market_weights_ : dict of int to float
        The same; empty for none.
    """

    def __init__(
        self,
        model: ColdStartRecommender,
        share: float = NEW_SHARE,
        market_weights: Mapping[int, float] | None = None,
    ) -> None:
        self.model = model
        self.share = share
        self.market_weights_ = dict(market_weights or {})

    def recommend(self, X: Any, k: int = 10) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rank known items, and put the best new ones between them."""
        new = np.ones(X.shape[1], dtype=bool)
        new[self.model.known_] = False
        known = self.model.recommend(X, k, candidates=self.model.known_)
        return self.beside(X, known, new)

    def beside(
        self,
        X: Any,
        known: tuple[NDArray[np.int64], NDArray[np.floating]],
        new: NDArray[np.bool_],
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Put the best new items into a ranking of known ones."""
        together = self.model.recommend(X, known[0].shape[1])
        return merged(known, together, new, self.share)


def merged(
    known: tuple[NDArray[np.int64], NDArray[np.floating]],
    together: tuple[NDArray[np.int64], NDArray[np.floating]],
    new: NDArray[np.bool_],
    share: float,
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """New items in their places of one ranking, known ones in the order of another."""
    placed = (together[0] >= 0) & new[together[0]]
    placed &= np.cumsum(placed, axis=1) <= np.ceil(share * placed.shape[1] - 1e-9)
    source = np.maximum(np.cumsum(~placed, axis=1) - 1, 0)
    items, scores = (
        np.where(placed, there, np.take_along_axis(here, source, axis=1))
        for here, there in zip(known, together, strict=True)
    )
    order = np.argsort(items < 0, axis=1, kind="stable")
    return np.take_along_axis(items, order, 1), np.take_along_axis(scores, order, 1)
