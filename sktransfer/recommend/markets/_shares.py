"""How much markets count, for all items or by item, and how they are joined."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend.collaborative._blend import standard_rows
from sktransfer.recommend.markets._fusion import AddedScores, train_apart
from sktransfer.recommend.markets._training import MarketRows


class MarketSetting(NamedTuple):
    """How much the markets count, and how they are joined."""

    weights: dict[int, float]  # of each source domain
    half: float | None = None  # interactions at which an item is half the target's own
    fusion: str = "rows"  # one model of weighted rows; "scores" of one each; or "both"


class SharedByItem:
    r"""Scores of all markets and of the target alone, blended item by item.

    Parameters
    ----------
    markets : recommender
        Fitted on all markets.
    target : recommender
        Fitted on the target alone.
    shares : ndarray of shape (n_items,)
        Share of the first in the score of each item.
    """

    def __init__(self, markets: Any, target: Any, shares: NDArray[np.float64]) -> None:
        self.markets = markets
        self.target = target
        self.shares = shares

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        lent = standard_rows(np.asarray(self.markets.predict(X)))
        own = standard_rows(np.asarray(self.target.predict(X)))
        return blended(lent, own, self.shares)


def blended(lent: NDArray, own: NDArray, shares: NDArray[np.float64]) -> NDArray:
    """Scores of all markets in their share, those of the target in the rest."""
    return own + shares.astype(own.dtype, copy=False) * (lent - own)


def item_shares(rows: MarketRows, half: float) -> NDArray[np.float64]:
    """Share of the markets in each item: :math:`h / (h + n)`."""
    return half / (half + np.expm1(rows.users(rows.target)))


def train_setting(rows: MarketRows, estimator: Any, setting: MarketSetting) -> Any:
    """Fit clones of a recommender with the markets weighted and joined as is set."""
    markets = _train_markets(rows, estimator, setting)
    if setting.half is None:
        return markets
    alone = rows.train(estimator, dict.fromkeys(setting.weights, 0.0))
    return SharedByItem(markets, alone, item_shares(rows, setting.half))


def _train_markets(rows: MarketRows, estimator: Any, setting: MarketSetting) -> Any:
    if not any(setting.weights.values()):  # the target alone, however joined
        return rows.train(estimator, setting.weights)
    models = []
    if setting.fusion != "scores":
        models.append(rows.train(estimator, setting.weights))
    if setting.fusion != "rows":
        models.append(train_apart(rows, estimator, setting.weights))
    if len(models) == 1:
        return models[0]
    return AddedScores(models, [0.5, 0.5], standard=True)


def of_all_rows(fitted: Any) -> Any:
    """The model of the weighted rows of all markets in what was fitted."""
    if isinstance(fitted, SharedByItem):
        fitted = fitted.markets
    return fitted.models[0] if isinstance(fitted, AddedScores) else fitted
