"""How content and interactions make a score, chosen on simulated new items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.recommend.content._kernel_ridge import (
    content_kernel,
    left_out,
    ridge_on_content,
)
from sktransfer.recommend.content._simulated_new_items import mean_ndcg, new_item_trial
from sktransfer.recommend.content._values import (
    mixed,
    over_untaken,
    popularity,
    prediction_scale,
    rarity,
)

OPTIONS: dict[str, tuple[Any, ...]] = {
    "degree": (1, 5),
    "content_l2": (0.3, 1.0, 3.0, 10.0),
    "own_share": (0.1, 0.3, 0.5, 1.0),
    "popularity_weight": (0.0, 0.1, 0.2, 0.4),
    "confidence": (1.0, 3.0, 10.0, 30.0),
    "scale": (0.8, 1.0, 1.25, 1.6, 2.0),
    "offset": (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
}
# hidden interactions with known items count a quarter more: others that are still to
# come rank as high, but the trial takes them for errors
_KNOWN_GAIN = 1.25
_AS_GOOD = 0.01  # below the best: of offsets as good the one that shows most new items
_KEPT = 0.25  # of the logarithm of how far apart the scores of a row are
_TRIALS = 5
_ONE_TRIAL = 4000  # items from which one trial is enough


class Blend(NamedTuple):
    """How content and interactions make a score."""

    degree: int = 1
    content_l2: float = 3.0
    own_share: float = 0.3
    power: float = 0.25
    popularity_weight: float = 0.1
    confidence: float = 3.0
    scale: float = 1.0
    offset: float = 1.0


class _Trial(NamedTuple):
    """What is known of a trial, known items first."""

    ridge: Callable[[int, float], Any]
    k: Callable[[int], NDArray]
    own: NDArray
    collaborative: NDArray
    spread: float
    counts: NDArray
    weight: NDArray
    hidden_new: Any
    hidden: Any


def standardized(scores: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """Rows shifted and scaled by mean and deviation of their first entries."""
    first = scores[:, :n]
    centred = scores - first.mean(axis=1, keepdims=True)
    scale = centred[:, :n].std(axis=1, keepdims=True)
    rounding = np.abs(first).max(axis=1, keepdims=True) * np.finfo(scores.dtype).eps
    flat = scale <= 8 * rounding
    return np.where(flat, 0, centred / np.where(flat, 1, scale))


def apart(
    collaborative: NDArray[np.floating], taken: NDArray[np.bool_], spread: float
) -> NDArray[np.floating]:
    """Collaborative scores, centred and scaled over the items a row has not taken.

    A row whose scores are further apart than those of others is known better: it keeps
    a part of that.
    """
    mean, deviation = over_untaken(collaborative, taken)
    flat = deviation == 0
    unit = np.where(flat, 1, deviation) ** (1 - _KEPT) * spread**_KEPT
    return np.where(flat, 0, (collaborative - mean) / unit)


def joined(
    collaborative: NDArray[np.floating],
    content: NDArray[np.floating],
    counts: NDArray[np.floating],
    blend: Blend,
) -> NDArray[np.floating]:
    """Scores of known items, which stand first, and of new ones."""
    n = collaborative.shape[1]
    scores = blend.scale * content + blend.offset
    share = (counts / (counts + blend.confidence)).astype(scores.dtype)
    scores[:, :n] *= 1 - share
    scores[:, :n] += share * collaborative
    return scores


def choose_blend(
    X: Any,
    F: Any,
    w: NDArray[np.floating],
    given: dict[str, Any],
    collaborate: Callable[[Any, NDArray], NDArray],
) -> tuple[Blend, dict[str, float]]:
    """Choose what is not given on new items simulated in the training data."""
    blend = Blend()._replace(**given)
    if len(given) == len(Blend._fields):
        return blend, {}
    n_trials = _TRIALS if X.shape[1] < _ONE_TRIAL else 1
    trials = [
        trial
        for place in range(n_trials)
        if (trial := _prepare(X, F, w, collaborate, place)) is not None
    ]
    if not trials:
        return blend, {}
    blend, found = _choose_content(trials, blend, given)
    blend, reached = _calibrate(trials, blend, given)
    return blend, {"new": found, **reached}


def _calibrate(
    trials: list[_Trial], blend: Blend, given: dict[str, Any]
) -> tuple[Blend, dict[str, float]]:
    """How scores by content stand beside collaborative ones."""
    contents = [_content(t, blend) for t in trials]
    standard = [apart(t.collaborative, t.own != 0, t.spread) for t in trials]

    def together(b: Blend, gain: float) -> float:
        values = []
        for trial, E, C in zip(trials, standard, contents):
            scores, prior = C
            scores = scores + b.popularity_weight * prior
            scores = joined(E, scores, trial.counts, b)
            scores[:, : E.shape[1]][trial.own != 0] = -np.inf
            hidden = _gains(trial.hidden, E.shape[1], gain)
            values.append(mean_ndcg(scores, hidden, trial.weight))
        return float(np.mean(values))

    grid = product(_options(given, "scale"), _options(given, "offset"))
    settings = [blend._replace(scale=a, offset=b) for a, b in grid]
    blend = max(settings, key=lambda b: together(b, _KNOWN_GAIN))
    settings = [
        blend._replace(confidence=n)
        for n in (blend.confidence, *_options(given, "confidence"))
    ]
    blend = max(settings, key=lambda b: together(b, _KNOWN_GAIN))
    if "offset" not in given:
        offsets = OPTIONS["offset"]
        values = [together(blend._replace(offset=o), _KNOWN_GAIN) for o in offsets]
        least = (1 - _AS_GOOD) * max(values)
        shown = max(o for o, value in zip(offsets, values) if value >= least)
        blend = blend._replace(offset=shown)
    alone = []
    for trial in trials:
        scores = np.full(trial.hidden.shape, -np.inf)
        n = trial.own.shape[1]
        scores[:, :n] = np.where(trial.own != 0, -np.inf, trial.collaborative)
        alone.append(mean_ndcg(scores, trial.hidden, trial.weight))
    return blend, {
        "together": together(blend, 1.0),
        "collaborative": float(np.mean(alone)),
    }


def _gains(hidden: Any, n_known: int, gain: float) -> Any:
    """Relevance with another gain of the known items, which stand first."""
    data = np.where(hidden.indices < n_known, gain * hidden.data, hidden.data)
    return sparse.csr_array((data, hidden.indices, hidden.indptr), shape=hidden.shape)


def _prepare(
    X: Any, F: Any, w: NDArray, collaborate: Callable, place: int
) -> _Trial | None:
    held = new_item_trial(X, F, w, place=place)
    if held is None:
        return None
    taken = held.given.astype(X.dtype)
    there = (taken != 0).T @ w > 0
    known, taken = held.known[there], taken[:, there].tocsr()
    weights = collaborate(taken, w)
    columns = np.concatenate(
        [np.flatnonzero(there), held.known.size + np.arange(held.new.size)]
    )
    hidden = held.hidden[:, columns].tocsr()
    hidden.sort_indices()
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
        hidden_new=held.hidden_new,
        hidden=hidden,
    )


def _choose_content(
    trials: list[_Trial], blend: Blend, given: dict[str, Any]
) -> tuple[Blend, float]:
    """The setting that ranks the new items best: all are tried."""
    best, chosen = -1.0, blend
    for degree in _options(given, "degree"):
        for l2 in _options(given, "content_l2"):
            start = blend._replace(degree=degree, content_l2=l2)
            tables = [dict(_new_ndcg(trial, start, given)) for trial in trials]
            for setting in tables[0]:
                value = float(np.mean([table[setting] for table in tables]))
                if value > best:
                    best, chosen = value, setting
    return chosen, best


def _new_ndcg(
    trial: _Trial, blend: Blend, given: dict[str, Any]
) -> Iterator[tuple[Blend, float]]:
    n = trial.own.shape[1]
    for b, scores, prior in _content_parts(trial, blend, given):
        for weight in _options(given, "popularity_weight"):
            blended = scores[:, n:] + weight * prior[:, n:]
            value = mean_ndcg(blended, trial.hidden_new, trial.weight)
            yield b._replace(popularity_weight=weight), value


def _content_parts(
    trial: _Trial, blend: Blend, given: dict[str, Any]
) -> Iterator[tuple[Blend, NDArray, NDArray]]:
    n = trial.own.shape[1]
    ridge, k = trial.ridge(blend.degree, blend.content_l2), trial.k(blend.degree)
    counts = trial.counts.astype(k.dtype)
    prior = standardized(popularity(np.log1p(counts), ridge, k)[None], n)
    factors = rarity(counts, blend.power)
    parts = []
    for V in (trial.collaborative * factors, trial.own * factors):
        solved = ridge.solve(V)
        parts.append(np.hstack([left_out(V, solved, ridge.diagonal), solved @ k]))
    for share in _options(given, "own_share"):
        scores = standardized(mixed(*parts, share), n)
        yield blend._replace(own_share=share), scores, prior


def _content(trial: _Trial, blend: Blend) -> tuple[NDArray, NDArray]:
    """Scores by content, and the popularity it predicts, under one setting."""
    given = {"own_share": blend.own_share}
    ((_, scores, prior),) = _content_parts(trial, blend, given)
    return scores, prior


def _options(given: dict[str, Any], name: str) -> tuple[Any, ...]:
    return (given[name],) if name in given else OPTIONS[name]
