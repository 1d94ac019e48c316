"""Market weights and that of popularity, validated on held-out interactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._one_standard_error import first_as_good, standard_error
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
_DEFAULT_POPULARITY_WEIGHT = 0.1  # where there is nothing to validate it on


class ChosenSetting(NamedTuple):
    """The setting and the weight of popularity that are used."""

    setting: str
    popularity_weight: float
    scores: dict[str, float] | None = None  # nDCG@10 by setting; None: not validated


class CatalogueCheck(NamedTuple):
    """Quality of the chosen setting when all items of the catalogue are ranked."""

    scores: dict[str, float]  # nDCG@10 of "target" and of the setting chosen
    worse: bool  # than the target alone, by more than a standard error


def choose_setting(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularity_weights: Sequence[float],
    plan: HoldOutPlan,
) -> ChosenSetting:
    """Choose market weights and that of popularity, where there are several.

    The weight of popularity is the first within a standard error of the best one. The
    target alone is chosen if no setting gains more than a standard error over it.
    """
    default = ChosenSetting(
        "similarity" if "similarity" in settings else next(iter(settings)),
        _DEFAULT_POPULARITY_WEIGHT
        if len(popularity_weights) > 1
        else popularity_weights[0],
    )
    if len(settings) == len(popularity_weights) == 1:
        return default
    trials = plan.trials(rows)
    if not trials:
        return default
    values = _ndcg(rows, estimator, settings, popularity_weights, trials)
    weight = {name: first_as_good(values[name]) for name in settings}
    best = {name: values[name][weight[name]] for name in settings}
    means = {name: float(v.mean()) for name, v in best.items()}
    chosen = max(settings, key=lambda name: means[name])
    if "target" in settings:
        chosen = first_as_good({name: best[name] for name in ("target", chosen)})
    return ChosenSetting(chosen, weight[chosen], means)


def check_in_catalogue(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    choice: ChosenSetting,
    plan: HoldOutPlan,
) -> CatalogueCheck:
    """Compare, among all items, a setting chosen among few with the target alone."""
    compared = {name: settings[name] for name in ("target", choice.setting)}
    p, trial = choice.popularity_weight, plan.trial_in_catalogue(rows)
    values = _ndcg(rows, estimator, compared, [p], [trial])
    target, chosen = values["target"][p], values[choice.setting][p]
    loss = target - chosen
    means = {"target": float(target.mean()), choice.setting: float(chosen.mean())}
    return CatalogueCheck(means, bool(loss.mean() > standard_error(loss)))


def _ndcg(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularity_weights: Sequence[float],
    trials: list[Trial],
) -> dict[str, dict[float, NDArray[np.float64]]]:
    """nDCG@10 of each row by setting and weight of popularity, mean of the trials."""
    values: dict[str, dict[float, Any]]
    values = {name: dict.fromkeys(popularity_weights, 0.0) for name in settings}
    for trial in trials:
        given = rows._replace(X=trial.X)
        popularity = given.popularity()[trial.items]
        for name, scores in _setting_scores(given, estimator, settings, trial):
            for p in popularity_weights:
                ndcg = held_out_ndcg(scores + p * popularity, trial.items)
                values[name][p] = values[name][p] + ndcg / len(trials)
    return values


def _setting_scores(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    trial: Trial,
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Scores of the listed items under each setting."""
    models = _TrialModels(rows, estimator, trial)
    for name, setting in settings.items():
        parts = []
        if setting.fusion != "scores":
            parts.append(models.pooled_scores(setting.weights))
        if setting.fusion != "rows":
            parts.append(models.separate_scores(setting.weights))
        scores = np.mean(parts, axis=0)
        if setting.half is not None:
            target = models.pooled_scores(setting.target_alone())
            shares = item_shares(rows, setting.half)
            scores = blend_by_item(scores, target, shares[trial.items])
        yield name, scores


class _TrialModels:
    """Scores of listed items by models of a trial, each fitted once."""

    def __init__(self, rows: MarketRows, estimator: Any, trial: Trial) -> None:
        self.rows, self.estimator, self.trial = rows, estimator, trial
        self.seen = trial.X[trial.rows]
        self.target_model: Any = None  # a part of the models of each market
        self.pooled: dict[tuple[float, ...], NDArray[np.floating]] = {}
        self.separate: dict[tuple[float, ...], NDArray[np.floating]] = {}

    def pooled_scores(self, weights: dict[int, float]) -> NDArray[np.floating]:
        """By one model of the weighted rows of all markets."""
        key = tuple(weights.values())
        if key not in self.pooled:
            model = self.rows.fit_pooled(self.estimator, weights)
            if not any(key):
                self.target_model = model
            self.pooled[key] = self._listed(model)
        return self.pooled[key]

    def separate_scores(self, weights: dict[int, float]) -> NDArray[np.floating]:
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

    def _listed(self, model: Any) -> NDArray[np.floating]:
        return listed_scores(model, self.seen, self.trial.items)
