"""Market weights and that of popularity, validated on held-out interactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._one_standard_error import first_as_good
from sktransfer.recommend.markets._combined_scores import blend_by_item
from sktransfer.recommend.markets._training import (
    MarketRows,
    MarketSetting,
    fit_each_market,
    item_shares,
)
from sktransfer.recommend.markets._trials import (
    HoldOutPlan,
    Trial,
    held_out_ndcg,
    listed_scores,
)

POPULARITY_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
# nDCG@10 of each row by setting and weight of popularity
Values = dict[str, dict[float, NDArray[np.float64]]]
_DEFAULT_POPULARITY_WEIGHT = 0.1  # where there is nothing to validate it on


class ChosenSetting(NamedTuple):
    """The setting and the weight of popularity that are used."""

    setting: str
    popularity_weight: float
    scores: dict[str, float] | None = None  # nDCG@10 by setting; None: not validated


class Choices(NamedTuple):
    """What is used to rank the whole catalogue, and to rank candidates."""

    catalogue: ChosenSetting
    candidates: ChosenSetting


def choose_settings(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularity_weights: Sequence[float],
    plan: HoldOutPlan,
) -> Choices:
    """Choose market weights and that of popularity, where there are several.

    Once by what ranks best in the whole catalogue, and once among few items. The weight
    of popularity is the first within a standard error of the best one. The target alone
    is chosen if no setting gains more than a standard error over it.
    """
    default = ChosenSetting(
        "similarity" if "similarity" in settings else next(iter(settings)),
        _DEFAULT_POPULARITY_WEIGHT
        if len(popularity_weights) > 1
        else popularity_weights[0],
    )
    if len(settings) == len(popularity_weights) == 1:
        return Choices(default, default)
    trials = plan.trials(rows)
    if not trials:
        return Choices(default, default)
    ndcg = _ndcg(rows, estimator, settings, popularity_weights, trials)
    chosen = [_best_setting(values) for values in ndcg]
    return Choices(chosen[0], chosen[-1])


def _best_setting(values: Values) -> ChosenSetting:
    """The setting that gains most over the target alone, if that is beyond chance."""
    weight = {name: first_as_good(values[name]) for name in values}
    best = {name: values[name][weight[name]] for name in values}
    means = {name: float(v.mean()) for name, v in best.items()}
    chosen = max(means, key=lambda name: means[name])
    if "target" in means:
        chosen = first_as_good({name: best[name] for name in ("target", chosen)})
    return ChosenSetting(chosen, weight[chosen], means)


def _ndcg(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularity_weights: Sequence[float],
    trials: list[Trial],
) -> list[Values]:
    """nDCG@10 of each row in each listing, mean of the trials."""
    found: list[dict[str, dict[float, Any]]] = [
        {name: dict.fromkeys(popularity_weights, 0.0) for name in settings}
        for _ in trials[0].listings()
    ]
    for trial in trials:
        given, listings = rows._replace(X=trial.X), trial.listings()
        popularity = given.popularity()
        for name, scores in _setting_scores(given, estimator, settings, trial):
            for values, (_, items), listed in zip(found, listings, scores):
                more = popularity[items]
                for p in popularity_weights:
                    ndcg = held_out_ndcg(listed + p * more, items)
                    values[name][p] = values[name][p] + ndcg / len(trials)
    return found


def _setting_scores(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    trial: Trial,
) -> Iterator[tuple[str, list[NDArray[np.floating]]]]:
    """Scores of the items of each listing under each setting."""
    models = _TrialModels(rows, estimator, trial)
    for name, setting in settings.items():
        parts = []
        if setting.fusion != "scores":
            parts.append(models.pooled_scores(setting.weights))
        if setting.fusion != "rows":
            parts.append(models.separate_scores(setting.weights))
        scores = [np.mean(part, axis=0) for part in zip(*parts)]
        if setting.half is not None:
            target = models.pooled_scores(setting.target_alone())
            shares = item_shares(rows, setting.half)
            scores = [
                blend_by_item(of_markets, alone, shares[items])
                for of_markets, alone, (_, items) in zip(
                    scores, target, models.listings
                )
            ]
        yield name, scores


class _TrialModels:
    """Scores of listed items by models of a trial, each fitted once."""

    def __init__(self, rows: MarketRows, estimator: Any, trial: Trial) -> None:
        self.rows, self.estimator = rows, estimator
        self.listings = trial.listings()
        self.seen = trial.X[trial.rows]
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
        return listed_scores(model, self.seen, self.listings)
