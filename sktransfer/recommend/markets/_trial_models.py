"""Models of a trial, and their scores of what was held out and of other items."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend.markets._aging import aged
from sktransfer.recommend.markets._training import MarketRows, fit_each_market
from sktransfer.recommend.markets._trials import Listing, Trial, listed_scores


class TrialModels:
    """Scores of listed items by models of a trial, each fitted once."""

    def __init__(
        self,
        rows: MarketRows,
        estimator: Any,
        trial: Trial,
        histories: list[float | None],
    ) -> None:
        self.rows, self.estimator = rows, estimator
        self.listings = trial.listings()
        self.histories = histories  # half-life in the rows to serve, of each listing
        self.served = trial.rows
        self.seen: dict[float | None, Any] = {}
        self.target_model: Any = None  # a part of the models of each market
        self.pooled: dict[tuple[float, ...], list[NDArray[np.floating]]] = {}
        self.separate: dict[tuple[float, ...], list[NDArray[np.floating]]] = {}

    def pooled_scores(self, weights: dict[int, float]) -> list[NDArray[np.floating]]:
        """By one model of the weighted rows of all markets."""
        key = tuple(weights.values())
        if key not in self.pooled:
            model = self.rows.fit_pooled(self.estimator, weights)
            if not any(key):
                self.target_model = model
            self.pooled[key] = self._listed(model)
        return self.pooled[key]

    def separate_scores(self, weights: dict[int, float]) -> list[NDArray[np.floating]]:
        """By a model of each market."""
        key = tuple(weights.values())
        if not any(key):
            return self.pooled_scores(weights)
        if key not in self.separate:
            model = fit_each_market(
                self.rows, self.estimator, weights, self.target_model
            )
            self.separate[key] = self._listed(model)
        return self.separate[key]

    def _listed(self, model: Any) -> list[NDArray[np.floating]]:
        if len(set(self.histories)) == 1:
            return self.with_history(model, self.histories[0], self.listings)
        return [
            self.with_history(model, half_life, [listing])[0]
            for half_life, listing in zip(self.histories, self.listings)
        ]

    def with_history(
        self, model: Any, half_life: float | None, listings: list[Listing]
    ) -> list[NDArray[np.floating]]:
        """Scores by a model of what users took, aged, for the items of listings."""
        if half_life not in self.seen:
            seen, times = self.rows.X[self.served], self.rows.times
            if half_life is not None:
                seen = aged(seen, times[self.served], half_life)
            self.seen[half_life] = seen
        return listed_scores(model, self.seen[half_life], listings)
