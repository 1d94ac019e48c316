"""Market weights and that of popularity, validated on held-out interactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.progress import begin_part
from sktransfer.recommend._one_standard_error import first_as_good
from sktransfer.recommend.markets._aging import HalfLives
from sktransfer.recommend.markets._combined_scores import blend_by_item
from sktransfer.recommend.markets._half_life_choice import choose_half_lives
from sktransfer.recommend.markets._training import (
    MarketRows,
    MarketSetting,
    item_shares,
)
from sktransfer.recommend.markets._trial_models import TrialModels
from sktransfer.recommend.markets._trials import HoldOutPlan, Trial, held_out_ndcg

POPULARITY_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
# nDCG@10 of each row by setting and weight of popularity
Values = dict[str, dict[float, NDArray[np.float64]]]
_DEFAULT_POPULARITY_WEIGHT = 0.1  # where there is nothing to validate it on


class ChosenSetting(NamedTuple):
    """The setting and the weight of popularity that are used."""

    setting: str
    popularity_weight: float
    scores: dict[str, float] | None = None  # nDCG@10 by setting; None: not validated
    half_lives: HalfLives = HalfLives()


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
    half_lives: HalfLives | None,
) -> Choices:
    """Choose market weights, that of popularity, and half-lives if they are None.

    Once by what ranks best in the whole catalogue, and once among few items. The weight
    of popularity is the first within a standard error of the best one. The target alone
    is chosen if no setting gains more than a standard error over it.
    """
    default = ChosenSetting(
        "similarity" if "similarity" in settings else next(iter(settings)),
        _DEFAULT_POPULARITY_WEIGHT
        if len(popularity_weights) > 1
        else popularity_weights[0],
        half_lives=half_lives or HalfLives(),
    )
    several = max(len(settings), len(popularity_weights)) > 1
    trials = plan.trials(rows) if several or half_lives is None else []
    if not trials:
        return Choices(default, default)
    if half_lives is None:
        ages = choose_half_lives(rows, estimator, popularity_weights, trials)
    else:
        ages = [half_lives] * len(trials[0].listings())
    if not several:
        chosen = [default._replace(half_lives=age) for age in ages]
        return Choices(chosen[0], chosen[-1])
    ndcg = _ndcg(rows, estimator, settings, popularity_weights, trials, ages)
    chosen = [
        _best_setting(values)._replace(half_lives=age)
        for values, age in zip(ndcg, ages)
    ]
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
    ages: list[HalfLives],
) -> list[Values]:
    """nDCG@10 of each row in each listing, with its half-lives; mean of the trials."""
    found: list[dict[str, dict[float, Any]]] = [
        {name: dict.fromkeys(popularity_weights, 0.0) for name in settings}
        for _ in trials[0].listings()
    ]
    for trial in trials:
        given = rows._replace(X=trial.X).age_interactions(ages[0].fit)
        popularity = [given.popularity(age.popularity) for age in ages]
        models = TrialModels(given, estimator, trial, [age.history for age in ages])
        for name, scores in _setting_scores(models, settings, len(trials)):
            for values, (_, items), listed, users in zip(
                found, models.listings, scores, popularity
            ):
                more = users[items]
                for p in popularity_weights:
                    ndcg = held_out_ndcg(listed + p * more, items)
                    values[name][p] = values[name][p] + ndcg / len(trials)
    return found


def _setting_scores(
    models: TrialModels, settings: dict[str, MarketSetting], n_trials: int
) -> Iterator[tuple[str, list[NDArray[np.floating]]]]:
    """Scores of the items of each listing under each setting."""
    for name, setting in settings.items():
        begin_part(f"setting {name!r}", of=n_trials * len(settings))
        parts = []
        if setting.fusion != "scores":
            parts.append(models.pooled_scores(setting.weights))
        if setting.fusion != "rows":
            parts.append(models.separate_scores(setting.weights))
        scores = [np.mean(part, axis=0) for part in zip(*parts)]
        if setting.half is not None:
            target = models.pooled_scores(setting.target_alone())
            shares = item_shares(models.rows, setting.half)
            scores = [
                blend_by_item(of_markets, alone, shares[items])
                for of_markets, alone, (_, items) in zip(
                    scores, target, models.listings
                )
            ]
        yield name, scores
