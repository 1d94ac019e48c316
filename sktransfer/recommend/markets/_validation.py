"""The choice between weights of markets, on hidden interactions of target users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend.markets._fusion import train_apart
from sktransfer.recommend.markets._held_out import Hidden, hidden_ndcg, listed_scores
from sktransfer.recommend.markets._shares import MarketSetting, blended, item_shares
from sktransfer.recommend.markets._training import MarketRows


class Choice(NamedTuple):
    """What ranks hidden interactions best."""

    setting: str
    popularity: float
    scores: dict[str, float]  # nDCG@10 of each setting


def choose_markets(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularities: Sequence[float],
    trials: list[Hidden],
) -> Choice:
    """Choose market weights and that of the popularity.

    Of the weights of popularity, the first that is within a standard error of the best;
    the target alone, where no setting gains more than a standard error over it.
    """
    values = _values(rows, estimator, settings, popularities, trials)
    weight = {s: _first(values[s], popularities) for s in settings}
    best = {s: values[s][weight[s]] for s in settings}
    means = {s: float(v.mean()) for s, v in best.items()}
    chosen = max(settings, key=means.get)
    if "target" in settings:
        chosen = _first(best, ("target", chosen))
    return Choice(chosen, weight[chosen], means)


class AmongAll(NamedTuple):
    """nDCG@10 of hidden interactions among the whole catalogue."""

    scores: dict[str, float]  # of "target" and of another setting
    worse: bool  # the other, by more than a standard error


def among_all(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    choice: Choice,
    hidden: Hidden,
) -> AmongAll:
    """Whether the choice among few items loses to the target alone among all items."""
    compared = {name: settings[name] for name in ("target", choice.setting)}
    p = choice.popularity
    values = _values(rows, estimator, compared, [p], [hidden])
    alone, chosen = values["target"][p], values[choice.setting][p]
    loss = alone - chosen
    error = loss.std(ddof=1) / np.sqrt(loss.size)
    means = {"target": float(alone.mean()), choice.setting: float(chosen.mean())}
    return AmongAll(means, bool(loss.mean() > error))


def _values(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    popularities: Sequence[float],
    trials: list[Hidden],
) -> dict[str, dict[float, Any]]:
    """nDCG@10 of each row by setting and weight of popularity, mean of the trials."""
    values: dict[str, dict[float, Any]]
    values = {s: dict.fromkeys(popularities, 0.0) for s in settings}
    for hidden in trials:
        given = rows._replace(X=hidden.X)
        popularity = given.popularity()[hidden.items]
        for name, scores in _setting_scores(given, estimator, settings, hidden):
            for p in popularities:
                ndcg = hidden_ndcg(scores + p * popularity, hidden.items)
                values[name][p] = values[name][p] + ndcg / len(trials)
    return values


def _setting_scores(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, MarketSetting],
    hidden: Hidden,
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Name of each setting, and what it scores listed items; no fit is done twice."""
    seen = hidden.X[hidden.rows]
    fitted: dict[Any, NDArray[np.floating]] = {}
    target_model = None  # a part of the models that are apart

    def listed(weights: dict[int, float], apart: bool = False) -> NDArray[np.floating]:
        nonlocal target_model
        apart = apart and any(weights.values())
        key = (apart, *weights.values())
        if key not in fitted:
            if apart:
                model = train_apart(rows, estimator, weights, target_model)
            else:
                model = rows.train(estimator, weights)
            if not any(weights.values()):
                target_model = model
            fitted[key] = listed_scores(model, seen, hidden.items)
        return fitted[key]

    for name, setting in settings.items():
        ways = {"rows": [False], "scores": [True], "both": [False, True]}
        parts = [listed(setting.weights, apart) for apart in ways[setting.fusion]]
        scores = np.mean(parts, axis=0)
        if setting.half is not None:
            own = listed(dict.fromkeys(setting.weights, 0.0))
            shares = item_shares(rows, setting.half)
            scores = blended(scores, own, shares[hidden.items])
        yield name, scores


def _first(values: dict[Any, NDArray[np.float64]], keys: Iterable[Any]) -> Any:
    """First of some keys whose mean is within a standard error of the best of them."""
    keys = list(keys)
    best = max(keys, key=lambda key: values[key].mean())
    for key in keys:
        loss = values[best] - values[key]
        if loss.mean() <= loss.std(ddof=1) / np.sqrt(loss.size):
            return key
    return best  # pragma: no cover - the best loses nothing to itself
