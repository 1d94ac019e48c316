"""The choice between weights of markets, on hidden interactions of target users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._hidden import Hidden, hidden_ndcg, listed_scores
from sktransfer.recommend._market_rows import MarketRows


class Choice(NamedTuple):
    """What ranks hidden interactions best."""

    setting: str
    popularity: float
    scores: dict[str, float]  # nDCG@10 of each setting


def choose_markets(
    rows: MarketRows,
    estimator: Any,
    settings: dict[str, dict[int, float]],
    popularities: Sequence[float],
    trials: list[Hidden],
) -> Choice:
    """Choose market weights and that of the popularity.

    Of the weights of popularity, the first that is within a standard error of the best;
    the target alone, where no setting gains more than a standard error over it.

    Parameters
    ----------
    rows : MarketRows
        Interactions.
    estimator : recommender
        Not fitted.
    settings : dict of str to dict
        Weights of the source domains, by name; "target" for the target alone.
    popularities : sequence of float
        Weights of the popularity, the preferred ones first.
    trials : list of Hidden
        Hidden interactions, always of the same rows.

    Returns
    -------
    choice : Choice
        The choice.
    """
    values = {s: dict.fromkeys(popularities, 0.0) for s in settings}
    for hidden in trials:
        given = rows._replace(X=hidden.X)
        popularity = given.popularity()[hidden.items]
        seen = hidden.X[hidden.rows]
        for name, weights in settings.items():
            model = given.train(estimator, weights)
            scores = listed_scores(model, seen, hidden.items)
            for p in popularities:
                ndcg = hidden_ndcg(scores + p * popularity, hidden.items)
                values[name][p] = values[name][p] + ndcg / len(trials)
    weight = {s: _first(values[s], popularities) for s in settings}
    best = {s: values[s][weight[s]] for s in settings}
    means = {s: float(v.mean()) for s, v in best.items()}
    chosen = max(settings, key=means.get)
    if "target" in settings:
        chosen = _first(best, ("target", chosen))
    return Choice(chosen, weight[chosen], means)


def _first(values: dict[Any, NDArray[np.float64]], keys: Iterable[Any]) -> Any:
    """First of some keys whose mean is within a standard error of the best of them."""
    keys = list(keys)
    best = max(keys, key=lambda key: values[key].mean())
    for key in keys:
        loss = values[best] - values[key]
        if loss.mean() <= loss.std(ddof=1) / np.sqrt(loss.size):
            return key
    return best  # pragma: no cover - the best loses nothing to itself
