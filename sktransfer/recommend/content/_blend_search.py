"""How content and interactions make a score, chosen on simulated new items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import with_data
from sktransfer.recommend.content._kernel_ridge import (
    content_kernel,
    leave_one_out,
    ridge_on_content,
)
from sktransfer.recommend.content._simulated_new_items import mean_ndcg, new_item_trial
from sktransfer.recommend.content._values import (
    blend_values,
    moments_over_untaken,
    popularity,
    prediction_scale,
    rarity_factors,
)

OPTIONS: dict[str, tuple[Any, ...]] = {
    "degree": (1, 5),
    "content_l2": (0.3, 1.0, 3.0, 10.0),
    "interaction_share": (0.1, 0.3, 0.5, 1.0),
    "popularity_weight": (0.0, 0.1, 0.2, 0.4),
    "shrinkage": (1.0, 3.0, 10.0, 30.0),
    "scale": (0.8, 1.0, 1.25, 1.6, 2.0),
    "offset": (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
}
# held-out interactions with known items count a quarter more: others that are still to
# come rank as high, but the trial takes them for errors
_KNOWN_GAIN = 1.25
_SLACK = 0.01  # of offsets at most so much below the best, the largest is taken
_KEPT_SPREAD = 0.25  # power of the spread of the scores of a row that is kept
_TRIALS = 5
_ONE_TRIAL = 4000  # items from which one trial is enough


class Blend(NamedTuple):
    """How content and interactions make a score."""

    degree: int = 1
    content_l2: float = 3.0
    interaction_share: float = 0.3
    popularity_power: float = 0.25
    popularity_weight: float = 0.1
    shrinkage: float = 3.0
    scale: float = 1.0
    offset: float = 1.0


class _Trial(NamedTuple):
    """Models and interactions of a trial, known items before new ones."""

    ridge: Callable[[int, float], Any]
    k: Callable[[int], NDArray]
    own: NDArray
    collaborative: NDArray
    spread: float
    counts: NDArray
    weight: NDArray
    held_out_new: Any
    held_out: Any


def standardize_over_known(
    scores: NDArray[np.floating], n: int
) -> NDArray[np.floating]:
    """Rows shifted and scaled by mean and deviation of their first entries."""
    first = scores[:, :n]
    centred = scores - first.mean(axis=1, keepdims=True)
    scale = centred[:, :n].std(axis=1, keepdims=True)
    rounding = np.abs(first).max(axis=1, keepdims=True) * np.finfo(scores.dtype).eps
    flat = scale <= 8 * rounding
    return np.where(flat, 0, centred / np.where(flat, 1, scale))


def scale_over_untaken(
    collaborative: NDArray[np.floating], taken: NDArray[np.bool_], spread: float
) -> NDArray[np.floating]:
    """Collaborative scores, centred and scaled over the items a row has not taken.

    A row whose scores spread r times as widely as is typical is known better: it keeps
    a spread of r to the power ``_KEPT_SPREAD``.
    """
    mean, deviation = moments_over_untaken(collaborative, taken)
    flat = deviation == 0
    unit = np.where(flat, 1, deviation) ** (1 - _KEPT_SPREAD) * spread**_KEPT_SPREAD
    return np.where(flat, 0, (collaborative - mean) / unit)


def blend_known_and_new(
    collaborative: NDArray[np.floating],
    content: NDArray[np.floating],
    counts: NDArray[np.floating],
    blend: Blend,
) -> NDArray[np.floating]:
    """Scores of known items, which stand first, and of new ones."""
    n = collaborative.shape[1]
    scores = blend.scale * content + blend.offset
    share = (counts / (counts + blend.shrinkage)).astype(scores.dtype)
    scores[:, :n] *= 1 - share
    scores[:, :n] += share * collaborative
    return scores


def choose_blend(
    X: Any,
    F: Any,
    w: NDArray[np.floating],
    given: dict[str, Any],
    fit_collaborative: Callable[[Any, NDArray], NDArray],
) -> tuple[Blend, dict[str, float]]:
    """Choose the fields that are not given, on new items simulated in training data."""
    blend = Blend()._replace(**given)
    if len(given) == len(Blend._fields):
        return blend, {}
    n_trials = _TRIALS if X.shape[1] < _ONE_TRIAL else 1
    trials = [
        trial
        for place in range(n_trials)
        if (trial := _make_trial(X, F, w, fit_collaborative, place)) is not None
    ]
    if not trials:
        return blend, {}
    blend, found = _choose_content(trials, blend, given)
    blend, reached = _calibrate(trials, blend, given)
    return blend, {"new": found, **reached}


def _calibrate(
    trials: list[_Trial], blend: Blend, given: dict[str, Any]
) -> tuple[Blend, dict[str, float]]:
    """Choose scale, offset and shrinkage of content against collaborative scores."""
    parts = [_known_and_new_scores(trial, blend) for trial in trials]

    def quality(b: Blend, known_gain: float = _KNOWN_GAIN) -> float:
        return float(
            np.mean([_ndcg_of_all(t, p, b, known_gain) for t, p in zip(trials, parts)])
        )

    grid = product(_options(given, "scale"), _options(given, "offset"))
    blend = max((blend._replace(scale=a, offset=b) for a, b in grid), key=quality)
    shrinkages = (blend.shrinkage, *_options(given, "shrinkage"))
    blend = max((blend._replace(shrinkage=n) for n in shrinkages), key=quality)
    if "offset" not in given:
        values = {o: quality(blend._replace(offset=o)) for o in OPTIONS["offset"]}
        blend = blend._replace(offset=largest_as_good(values))
    alone = float(np.mean([_ndcg_without_new_items(trial) for trial in trials]))
    return blend, {"together": quality(blend, 1.0), "collaborative": alone}


def largest_as_good(values: dict[float, float]) -> float:
    """Largest option whose value is at most 1 % below the best."""
    least = (1 - _SLACK) * max(values.values())
    return max(option for option, value in values.items() if value >= least)


def _known_and_new_scores(trial: _Trial, blend: Blend) -> tuple[NDArray, NDArray]:
    """Collaborative scores of known items, and scores of all items by content."""
    scores, prior = _content_scores(trial, blend)
    known = scale_over_untaken(trial.collaborative, trial.own != 0, trial.spread)
    return known, scores + blend.popularity_weight * prior


def _ndcg_of_all(
    trial: _Trial, parts: tuple[NDArray, NDArray], blend: Blend, known_gain: float
) -> float:
    """Quality of a ranking of known and new items."""
    known, content = parts
    scores = blend_known_and_new(known, content, trial.counts, blend)
    scores[:, : known.shape[1]][trial.own != 0] = -np.inf
    held_out = weigh_known_items(trial.held_out, known.shape[1], known_gain)
    return mean_ndcg(scores, held_out, trial.weight)


def _ndcg_without_new_items(trial: _Trial) -> float:
    """Quality of a ranking that never shows a new item."""
    scores = np.full(trial.held_out.shape, -np.inf)
    n_known = trial.own.shape[1]
    scores[:, :n_known] = np.where(trial.own != 0, -np.inf, trial.collaborative)
    return mean_ndcg(scores, trial.held_out, trial.weight)


def weigh_known_items(held_out: Any, n_known: int, gain: float) -> Any:
    """Relevance with another gain of the known items, which stand first."""
    data = np.where(held_out.indices < n_known, gain * held_out.data, held_out.data)
    return with_data(held_out, data)


def _make_trial(
    X: Any, F: Any, w: NDArray, fit_collaborative: Callable, place: int
) -> _Trial | None:
    held = new_item_trial(X, F, w, place=place)
    if held is None:
        return None
    taken = held.given.astype(X.dtype)
    there = (taken != 0).T @ w > 0
    known, taken = held.known[there], taken[:, there].tocsr()
    weights = fit_collaborative(taken, w)
    columns = np.concatenate(
        [np.flatnonzero(there), held.known.size + np.arange(held.new.size)]
    )
    held_out = held.held_out[:, columns].tocsr()
    held_out.sort_indices()
    scale = prediction_scale(taken, weights, w)
    rows = taken[held.rows]
    old, new = F[known], F[held.new]
    return _Trial(
        ridge=lambda degree, l2: ridge_on_content(old, degree, l2),
        k=lambda degree: content_kernel(old, new, degree=degree),
        own=rows.toarray(),
        collaborative=(rows @ weights) * X.dtype.type(scale.unit),
        spread=scale.unit * scale.spread,
        counts=np.asarray((taken != 0).T @ w),
        weight=held.weight,
        held_out_new=held.held_out_new,
        held_out=held_out,
    )


def _choose_content(
    trials: list[_Trial], blend: Blend, given: dict[str, Any]
) -> tuple[Blend, float]:
    """The setting that ranks the new items best: all are tried."""
    best, chosen = -1.0, blend
    for degree in _options(given, "degree"):
        for l2 in _options(given, "content_l2"):
            start = blend._replace(degree=degree, content_l2=l2)
            tables = [dict(_ndcg_of_new_items(trial, start, given)) for trial in trials]
            for setting in tables[0]:
                value = float(np.mean([table[setting] for table in tables]))
                if value > best:
                    best, chosen = value, setting
    return chosen, best


def _ndcg_of_new_items(
    trial: _Trial, blend: Blend, given: dict[str, Any]
) -> Iterator[tuple[Blend, float]]:
    n = trial.own.shape[1]
    for b, scores, prior in _content_scores_by_share(trial, blend, given):
        for weight in _options(given, "popularity_weight"):
            blended = scores[:, n:] + weight * prior[:, n:]
            value = mean_ndcg(blended, trial.held_out_new, trial.weight)
            yield b._replace(popularity_weight=weight), value


def _content_scores_by_share(
    trial: _Trial, blend: Blend, given: dict[str, Any]
) -> Iterator[tuple[Blend, NDArray, NDArray]]:
    n = trial.own.shape[1]
    ridge, k = trial.ridge(blend.degree, blend.content_l2), trial.k(blend.degree)
    counts = trial.counts.astype(k.dtype)
    prior = standardize_over_known(popularity(np.log1p(counts), ridge, k)[None], n)
    factors = rarity_factors(counts, blend.popularity_power)

    def predicted(values: NDArray) -> NDArray:
        solved = ridge.solve(values)
        return np.hstack([leave_one_out(values, solved, ridge.diagonal), solved @ k])

    collaborative = predicted(trial.collaborative * factors)
    own = predicted(trial.own * factors)
    for share in _options(given, "interaction_share"):
        scores = standardize_over_known(blend_values(collaborative, own, share), n)
        yield blend._replace(interaction_share=share), scores, prior


def _content_scores(trial: _Trial, blend: Blend) -> tuple[NDArray, NDArray]:
    """Scores by content, and the popularity it predicts, under one setting."""
    given = {"interaction_share": blend.interaction_share}
    ((_, scores, prior),) = _content_scores_by_share(trial, blend, given)
    return scores, prior


def _options(given: dict[str, Any], name: str) -> tuple[Any, ...]:
    return (given[name],) if name in given else OPTIONS[name]
