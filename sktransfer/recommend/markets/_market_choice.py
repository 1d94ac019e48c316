"""How a TransferRecommender counts markets in a ranking, and the model that ranks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend.markets._aging import HalfLives
from sktransfer.recommend.markets._training import (
    FittedMarkets,
    MarketRows,
    MarketSetting,
    fit_setting,
)
from sktransfer.recommend.markets._validation import Choices


class MarketChoice(NamedTuple):
    """How markets count in a ranking, and the model that ranks.

    Attributes
    ----------
    estimator : estimator
        The fitted recommender, over the columns of the model.
    market_weights : dict of int to float
        Weight of each source domain; 0 for all where the target alone ranks best.
    fusion : {"rows", "scores", "both"}
        How markets were joined.
    popularity_weight : float
        Weight of the popularity in the target.
    item_shares : ndarray of shape (n_columns,) or None
        Share of all markets together in the score of each item, None where it is the
        same for every item.
    validation_scores : dict of str to float or None
        nDCG@10 of held-out interactions by setting; None: nothing was chosen by them.
    half_lives : HalfLives
        Ages at which interactions count half: named tuple of `fit`, `history` (of the
        users to serve) and `popularity`, None where they do not age.
    """

    estimator: Any
    market_weights: dict[int, float]
    fusion: str
    popularity_weight: float
    item_shares: NDArray[np.float64] | None
    validation_scores: dict[str, float] | None
    half_lives: HalfLives


def fit_choices(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    chosen: Choices,
) -> tuple[list[MarketChoice], Any]:
    """Fit what ranks the catalogue and what ranks candidates; pooled model of these."""
    fitted: dict[Any, FittedMarkets] = {}
    choices = []
    for name, popularity_weight, scores, ages in chosen:
        if (name, ages.fit) not in fitted:
            aging = rows.age_interactions(ages.fit)
            fitted[name, ages.fit] = fit_setting(aging, estimator, settings[name])
        model = fitted[name, ages.fit]
        choices.append(
            MarketChoice(
                estimator=model.estimator,
                market_weights=settings[name].weights,
                fusion=settings[name].fusion,
                popularity_weight=popularity_weight,
                item_shares=model.item_shares,
                validation_scores=scores,
                half_lives=ages,
            )
        )
    return choices, model.pooled
