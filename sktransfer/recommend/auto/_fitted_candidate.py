"""A candidate that was fitted, as it is compared and as it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from scipy import sparse
from sklearn.base import clone

from sktransfer._core.interactions import time_matrix
from sktransfer.recommend._allowed_items import ALL_ITEMS, AllowedItems, rank_among
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._logs import Ranking
from sktransfer.recommend.auto._candidates import (
    MarketWeightedRecommender,
    RecommenderCandidate,
)
from sktransfer.recommend.auto._training_data import TrainingData
from sktransfer.recommend.content._new_item_limit import NewItemLimiter
from sktransfer.recommend.markets._aging import aged


class FittedCandidate(NamedTuple):
    """A candidate and its fitted model.

    Both comparing and serving rank by it: what is compared is what is served.
    """

    candidate: RecommenderCandidate
    model: Any

    @property
    def history_half_life(self) -> float | None:
        """Half-life of interactions of the rows to serve; None for no aging."""
        if self.candidate.time or not isinstance(self.model, BaseRecommender):
            return None
        return self.model._history_half_life()

    def rows(self, X: Any, time: Any) -> Any:
        """Rows to serve as the model reads them: times, or interactions by age."""
        if time is None:
            return X
        if not self.candidate.time:
            return aged(X, time, self.history_half_life)
        time, _ = time_matrix(time)
        if time.shape != X.shape:
            raise ValueError(
                f"time must have the shape of X, {X.shape}; got {time.shape}."
            )
        return time

    def recommend(
        self,
        X: Any,
        time: Any,
        k: int,
        allowed: AllowedItems = ALL_ITEMS,
        *,
        exclude_seen: bool = True,
    ) -> Ranking:
        """Rank what may be ranked, by the choice for whole catalogues."""
        allowed = allowed._replace(as_candidates=False)
        options = {} if exclude_seen else {"exclude_seen": False}
        return rank_among(self.model, self.rows(X, time), k, allowed, **options)

    @property
    def validation_scores(self) -> dict[str, float]:
        """Scores of a model with content on simulated new items."""
        return dict(getattr(unlimited(self.model), "validation_scores_", {}))


def fit_candidate(
    candidate: RecommenderCandidate,
    data: TrainingData,
    market_weights: Mapping[int, float] | None = None,
) -> FittedCandidate:
    """Fit a clone of a candidate to what it learns from."""
    return FittedCandidate(candidate, _fitted_model(candidate, data, market_weights))


def _fitted_model(
    candidate: RecommenderCandidate,
    data: TrainingData,
    market_weights: Mapping[int, float] | None,
) -> Any:
    model = clone(candidate.estimator)
    if data.item_features is not None:
        names = [
            name
            for name, value in model.get_params().items()
            if name.split("__")[-1] == "item_features" and value is None
        ]
        model.set_params(**dict.fromkeys(names, data.item_features))
    if not candidate.time and data.time is not None and _may_age(model):
        model.fit(data.log(markets=candidate.markets))
        del model.log_  # its ids are numbers of this part
        return model
    if not candidate.markets:
        return model.fit(data.time if candidate.time else data.target)
    if candidate.time:
        times = sparse.vstack([data.source_time, data.time], format="csr")
        return model.fit(times, sample_domain=data.sample_domain)
    extra = {} if market_weights is None else {"market_weights": market_weights}
    return model.fit(data.X, sample_domain=data.sample_domain, **extra)


def _may_age(model: Any) -> bool:
    """Whether interactions may count less the older they are."""
    is_log_taken = isinstance(model, BaseRecommender)
    return is_log_taken and getattr(model, "half_life", None) is not None


def unlimited(model: Any) -> Any:
    """The recommender inside one that limits new items or weighs markets."""
    while isinstance(model, MarketWeightedRecommender | NewItemLimiter):
        model = model.estimator_
    return model
