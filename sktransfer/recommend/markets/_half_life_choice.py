"""Half-lives of interactions, chosen on held-out interactions of the target alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.interactions import interaction_times
from sktransfer._core.progress import begin_part
from sktransfer.recommend._one_standard_error import first_as_good
from sktransfer.recommend.markets._aging import HalfLives
from sktransfer.recommend.markets._training import MarketRows
from sktransfer.recommend.markets._trial_models import TrialModels
from sktransfer.recommend.markets._trials import Trial, held_out_ndcg

# in median ages of the interactions of the target, the longest first; 0: no aging
_OF_FIT = (0.0, 1.0, 0.5)
_OF_HISTORY = (0.0, 0.5, 0.25, 0.125)
_OF_POPULARITY = (0.0, 0.5, 0.25)
_POPULARITY_WEIGHT = 0.2  # with which the first two are chosen, where it is validated

# half-lives of fit, history and popularity, and the weight of popularity
Setting = tuple[float, float, float, float]
Values = dict[Setting, NDArray[np.float64]]  # nDCG@10 of each row


def choose_half_lives(
    rows: MarketRows,
    estimator: Any,
    popularity_weights: Sequence[float],
    trials: list[Trial],
) -> list[HalfLives]:
    """Half-lives for each listing of the trials; that of the fit is the same for all.

    Each is the longest that is within a standard error of the best one.
    """
    listings = trials[0].listings()
    unit = _median_age(rows)
    if unit == 0:
        return [HalfLives()] * len(listings)
    found: list[Values] = [{} for _ in listings]
    for trial in trials:
        given = rows._replace(X=trial.X)
        for i, setting, ndcg in _ndcg(
            given, estimator, popularity_weights, trial, unit, len(trials)
        ):
            found[i][setting] = found[i].get(setting, 0.0) + ndcg / len(trials)
    weight = _middle(popularity_weights)
    common = [
        values
        if listing.places.size == listings[0].places.size
        # the rows of the first listing are among those of the second
        else {s: v[listings[0].places] for s, v in values.items()}
        for values, listing in zip(found, listings)
    ]
    both = {
        fit: np.sum(
            [v[fit, _best_history(v, fit, weight), 0.0, weight] for v in common], axis=0
        )
        for fit in _OF_FIT
    }
    fit = first_as_good(both)
    return [
        HalfLives(
            fit * unit or None,
            _best_history(values, fit, weight) * unit or None,
            _best_popularity(values, popularity_weights) * unit or None,
        )
        for values in found
    ]


def _ndcg(
    rows: MarketRows,
    estimator: Any,
    popularity_weights: Sequence[float],
    trial: Trial,
    unit: float,
    n_trials: int,
) -> Iterator[tuple[int, Setting, NDArray[np.float64]]]:
    """Number of a listing, setting, and nDCG@10 of each row of the listing."""
    models = TrialModels(rows, estimator, trial, [])
    popularity = {part: rows.popularity(part * unit or None) for part in _OF_POPULARITY}
    weight = _middle(popularity_weights)
    for fit in _OF_FIT:
        begin_part("half-life", of=n_trials * len(_OF_FIT))
        model = rows.age_interactions(fit * unit or None).fit_target(estimator)
        for history in _OF_HISTORY:
            scores = models.with_history(model, history * unit or None, models.listings)
            more = [(0.0, weight)]
            if fit == history == 0:
                more += [(a, p) for a in popularity for p in popularity_weights]
            for i, ((_, items), listed) in enumerate(zip(models.listings, scores)):
                for age, p in dict.fromkeys(more):
                    ndcg = held_out_ndcg(listed + p * popularity[age][items], items)
                    yield i, (fit, history, age, p), ndcg


def _middle(popularity_weights: Sequence[float]) -> float:
    several = len(popularity_weights) > 1
    return _POPULARITY_WEIGHT if several else popularity_weights[0]


def _best_history(values: Values, fit: float, weight: float) -> float:
    return first_as_good({h: values[fit, h, 0.0, weight] for h in _OF_HISTORY})


def _best_popularity(values: Values, weights: Sequence[float]) -> float:
    """Half-life that is best with its best weight of popularity."""
    best = {}
    for age in _OF_POPULARITY:
        by_weight = [values[0.0, 0.0, age, p] for p in weights]
        best[age] = max(by_weight, key=np.mean)
    return first_as_good(best)


def _median_age(rows: MarketRows) -> float:
    """Median age of the interactions of the target, from the newest of them."""
    when = interaction_times(rows.X[rows.target], rows.times[rows.target])
    return float(np.median(when.max() - when)) if when.size else 0.0
