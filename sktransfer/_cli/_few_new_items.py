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
        Largest share of the places of all users.
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
        """Rank known items, and put the most promising new ones between them.

        Parameters
        ----------
        X : CSR of shape (n_users, n_items)
            Interactions.
        k : int, default=10
            Items for each user.

        Returns
        -------
        items, scores : ndarray of shape (n_users, k)
            As of the model.
        """
        known = self.model.recommend(X, k, candidates=self.model.known_)
        return self.beside(X, k, *known)

    def beside(
        self, X: Any, k: int, items: NDArray[np.int64], scores: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Put the most promising new items into a ranking of known ones.

        Parameters
        ----------
        X : CSR of shape (n_users, n_items)
            Interactions.
        k : int
            Items for each user.
        items, scores : ndarray of shape (n_users, k)
            The ranking.

        Returns
        -------
        items, scores : ndarray of shape (n_users, k)
            New items stand where the model, which ranks all together, puts them;
            the known ones fill the other places in their order.
        """
        together, values = self.model.recommend(X, k)
        new = np.ones(X.shape[1], dtype=bool)
        new[self.model.known_] = False
        return merged(items, scores, together, values, new, self.share)


def merged(
    items: NDArray[np.int64],
    scores: NDArray[np.floating],
    together: NDArray[np.int64],
    values: NDArray[np.floating],
    new: NDArray[np.bool_],
    share: float,
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """New items in their places of one ranking, known ones in the order of another.

    Parameters
    ----------
    items, scores : ndarray of shape (n_users, k)
        Ranking of known items; -1 for none.
    together, values : ndarray of shape (n_users, k)
        Ranking of all items, with scores that can be compared between users.
    new : ndarray of bool of shape (n_items,)
        Items that the first ranking does not hold.
    share : float
        Largest share of the places that new items get, those of the best scores.

    Returns
    -------
    items, scores : ndarray of shape (n_users, k)
        Where known items end, new ones move up.
    """
    placed = (together >= 0) & new[together]
    n_most = int(share * placed.size)
    if np.count_nonzero(placed) > n_most:
        order = np.argsort(-np.where(placed, values, -np.inf), axis=None, kind="stable")
        placed.flat[order[n_most:]] = False
    source = np.maximum(np.cumsum(~placed, axis=1) - 1, 0)
    out = np.where(placed, together, np.take_along_axis(items, source, axis=1))
    found = np.where(placed, values, np.take_along_axis(scores, source, axis=1))
    order = np.argsort((out < 0) * out.shape[1] + np.arange(out.shape[1]), axis=1)
    return np.take_along_axis(out, order, 1), np.take_along_axis(found, order, 1)
