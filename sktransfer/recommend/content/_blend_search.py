"""How content and interactions make a score, chosen on simulated new items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.progress import in_rounds
from sktransfer._core.rows import spread_rows
from sktransfer._core.sparse import multiply_columns, with_data
from sktransfer.recommend.content._ease_sides import fit_ease
from sktransfer.recommend.content._kernel_ridge import Ridge, ridge_on_content
from sktransfer.recommend.content._simulated_new_items import (
    Relevance,
    evenly,
    item_order,
    new_item_trial,
)
from sktransfer.recommend.content._values import (
    blend_values,
    moments_over_untaken,
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
_ROUNDING = 1e-5  # of a score
_KEPT_SPREAD = 0.25  # power of the spread of the scores of a row that is kept
_TRIALS = 5
_FIRST_TRIALS = 2  # after which the regressions on content that are behind are left
_FINALISTS = 3
_ROWS = 3000  # that are ranked for, in all trials
_MOST_ROWS = 2000  # in one, and rows that say how widely its predictions vary
_MANY_ITEMS = 4000  # from which one trial is enough, and some of the items
_SOME_ITEMS = 3000
_SAMPLE = 500  # known items that say how widely scores by content vary


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
    """Interactions and predictions of a trial, known items before new ones."""

    known: NDArray[np.int64]
    new: NDArray[np.int64]
    sample: NDArray[np.int64]  # places of some of the known items
    own: Any  # CSR (rows, n_known)
    collaborative: NDArray
    spread: float
    counts: NDArray
    new_rows: NDArray[np.int64]  # with held-out interactions with new items
    new_relevant: Relevance  # of these rows
    weight: NDArray
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


def blend_scores(
    collaborative: NDArray[np.floating],
    content: NDArray[np.floating],
    counts: NDArray[np.floating],
    blend: Blend,
) -> NDArray[np.floating]:
    """Scores of items with some interactions, collaborative ones counting by these."""
    share = (counts / (counts + blend.shrinkage)).astype(content.dtype)
    scores = blend.scale * content + blend.offset
    scores *= 1 - share
    scores += share * collaborative
    return scores


def padded_columns(kept: NDArray[np.bool_]) -> tuple[NDArray, NDArray[np.bool_]]:
    """Columns that each row keeps, ascending, and which of them are no padding."""
    count = kept.sum(axis=1)
    there = np.arange(count.max(initial=0)) < count[:, None]
    columns = np.zeros(there.shape, dtype=np.int64)
    columns[there] = np.nonzero(kept)[1]
    return columns, there


def choose_blend(
    X: Any, F: Any, w: NDArray[np.floating], given: dict[str, Any], l2: float
) -> tuple[Blend, dict[str, float], Ridge | None]:
    """Choose the fields that are not given, on new items simulated in training data.

    The regression on the content of all items is returned where it was needed.
    """
    blend = Blend()._replace(**given)
    if len(given) == len(Blend._fields):
        return blend, {}, None
    order = item_order(X, F, w)
    many = order.size >= _MANY_ITEMS
    trials = make_trials(X, order, w, l2, 1 if many else _TRIALS)
    if not trials:
        return blend, {}, None
    if many and not {"degree", "content_l2"} <= given.keys():
        blend = _choose_on_some_items(X, F, w, order, given, l2)
        given = {**given, "degree": blend.degree, "content_l2": blend.content_l2}
    blend, found, ridge = choose_content(trials, F, blend, given)
    blend, reached = _calibrate(trials, ridge, blend, given)
    return blend, {"new": found, **reached}, ridge


def _choose_on_some_items(
    X: Any, F: Any, w: NDArray, order: NDArray, given: dict[str, Any], l2: float
) -> Blend:
    """The regression on content, chosen as if the shop had some of its items only.

    Its penalty is a ratio of variances, which the number of items does not change.
    """
    items, order = trial_items(order)
    trials = make_trials(sparse.csr_array(X[:, items]), order, w, l2)
    blend = Blend()._replace(**given)
    return choose_content(trials, F[items], blend, given)[0] if trials else blend


def trial_items(order: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """The items of a shop of bounded size, and their order; all where they are few."""
    if order.size < _MANY_ITEMS:
        return np.arange(order.size), order
    items = evenly(order, _SOME_ITEMS)
    return items, np.argsort(np.argsort(order)[items])


def make_trials(
    X: Any, order: NDArray, w: NDArray, l2: float, n_trials: int = _TRIALS
) -> list[_Trial]:
    """Items held out as if they were new, every fifth in an order."""
    rows = min(_MOST_ROWS, _ROWS // n_trials)
    places = in_rounds(range(n_trials), "items held out as if they were new")
    made = (_make_trial(X, order, w, l2, rows, place) for place in places)
    return [trial for trial in made if trial is not None]


def _make_trial(
    X: Any, order: NDArray, w: NDArray, l2: float, most_rows: int, place: int
) -> _Trial | None:
    held = new_item_trial(X, order, w, most_rows=most_rows, place=place)
    if held is None:
        return None
    taken = held.given.astype(X.dtype)
    there = (taken != 0).T @ w > 0
    known, taken = held.known[there], taken[:, there].tocsr()
    ease = fit_ease(taken, w, l2)
    columns = np.concatenate(
        [np.flatnonzero(there), held.known.size + np.arange(held.new.size)]
    )
    held_out = held.held_out[:, columns].tocsr()
    held_out.sort_indices()
    some = np.sort(spread_rows(taken, _MOST_ROWS))
    scale = prediction_scale(
        taken[some], lambda rows: ease.predict(some[rows]), w[some]
    )
    of_new = held.held_out_new
    new_rows = np.flatnonzero(np.diff(of_new.indptr))
    return _Trial(
        known=known,
        new=held.new,
        sample=evenly(np.argsort(np.argsort(order)[known]), _SAMPLE),
        own=taken[held.rows],
        collaborative=ease.predict(held.rows) * X.dtype.type(scale.unit),
        spread=scale.unit * scale.spread,
        counts=np.asarray((taken != 0).T @ w),
        new_rows=new_rows,
        new_relevant=Relevance.of(of_new[new_rows], held.weight[new_rows]),
        weight=held.weight,
        held_out=held_out,
    )


def choose_content(
    trials: list[_Trial], F: Any, blend: Blend, given: dict[str, Any]
) -> tuple[Blend, float, Ridge]:
    """The setting that ranks the new items best, its quality and its regression.

    All are tried on the first trials, the best regressions on content on the others.
    """
    first, others = trials[:_FIRST_TRIALS], trials[_FIRST_TRIALS:]
    tried: list[tuple[dict[Blend, float], Ridge]] = []
    for degree, l2 in product(_options(given, "degree"), _options(given, "content_l2")):
        ridge = ridge_on_content(F, degree, l2)
        start = blend._replace(degree=degree, content_l2=l2)
        tried.append((total_ndcg(first, ridge, start, given), ridge))
        tried.sort(key=lambda one: -max(one[0].values()))
        del tried[_FINALISTS if others else 1 :]  # which frees their matrices
    found = []
    for values, ridge in tried:
        rest = total_ndcg(others, ridge, next(iter(values)), given)
        chosen = max(values, key=lambda b: values[b] + rest.get(b, 0.0))
        total = values[chosen] + rest.get(chosen, 0.0)
        found.append((chosen, total / len(trials), ridge))
    return max(found, key=lambda one: one[1])


def total_ndcg(
    trials: list[_Trial], ridge: Ridge, start: Blend, given: dict[str, Any]
) -> dict[Blend, float]:
    """Sum over trials of the quality of each setting with one regression on content."""
    total: dict[Blend, float] = {}
    for trial in trials:
        for b, value in _ndcg_of_new_items(trial, ridge, start, given):
            total[b] = total.get(b, 0.0) + value
    return total


def _ndcg_of_new_items(
    trial: _Trial, ridge: Ridge, blend: Blend, given: dict[str, Any]
) -> Iterator[tuple[Blend, float]]:
    n = trial.sample.size
    rows = trial.new_rows
    by_content = _predict_by_content(trial, ridge, blend, trial.sample, rows)
    for share in _options(given, "interaction_share"):
        b = blend._replace(interaction_share=share)
        scores, prior = (part[:, n:] for part in by_content(share))
        for weight in _options(given, "popularity_weight"):
            value = trial.new_relevant.ndcg(scores + weight * prior)
            yield b._replace(popularity_weight=weight), value


def _predict_by_content(
    trial: _Trial,
    ridge: Ridge,
    blend: Blend,
    some: NDArray[np.int64],
    rows: Any = slice(None),
) -> Callable[[float], tuple[NDArray, NDArray]]:
    """Scores by content for a share of the own interactions, and popularity.

    They are those of some known items, then of the new ones, standardized over the
    former.
    """
    counts = trial.counts.astype(trial.collaborative.dtype)
    logs = np.log1p(counts)
    factors = rarity_factors(counts, blend.popularity_power)
    held = ridge.hold_out(trial.known, trial.new, some)
    prior, collaborative, own = held.predict(
        (logs - logs.mean())[None],
        trial.collaborative[rows] * factors,
        multiply_columns(trial.own[rows], factors),
    )
    prior = standardize_over_known(prior, some.size)

    def by_share(share: float) -> tuple[NDArray, NDArray]:
        scores = blend_values(collaborative, own, share)
        return standardize_over_known(scores, some.size), prior

    return by_share


def _calibrate(
    trials: list[_Trial], ridge: Ridge, blend: Blend, given: dict[str, Any]
) -> tuple[Blend, dict[str, float]]:
    """Choose scale, offset and shrinkage of content against collaborative scores."""
    rankings = [_RankingOfAll(trial, ridge, blend) for trial in trials]

    def qualities(blends: list[Blend], gain: float = _KNOWN_GAIN) -> NDArray:
        return np.mean([r.ndcg(blends, gain) for r in rankings], axis=0)

    def best_of(blends: list[Blend]) -> Blend:
        return blends[int(np.argmax(qualities(blends)))]

    grid = product(_options(given, "scale"), _options(given, "offset"))
    blend = best_of([blend._replace(scale=a, offset=b) for a, b in grid])
    shrinkages = (blend.shrinkage, *_options(given, "shrinkage"))
    blend = best_of([blend._replace(shrinkage=n) for n in shrinkages])
    if "offset" not in given:
        offsets = OPTIONS["offset"]
        values = qualities([blend._replace(offset=o) for o in offsets]).tolist()
        blend = blend._replace(offset=largest_as_good(dict(zip(offsets, values))))
    alone = float(np.mean([r.ndcg_without_new_items() for r in rankings]))
    together = float(qualities([blend], 1.0)[0])
    return blend, {"together": together, "collaborative": alone}


def largest_as_good(values: dict[float, float]) -> float:
    """Largest option whose value is at most 1 % below the best."""
    least = (1 - _SLACK) * max(values.values())
    return max(option for option, value in values.items() if value >= least)


class _RankingOfAll:
    """Known and new items of a trial, ranked together."""

    def __init__(self, trial: _Trial, ridge: Ridge, blend: Blend) -> None:
        every = np.arange(trial.known.size)
        by_content = _predict_by_content(trial, ridge, blend, every)
        self.content, prior = by_content(blend.interaction_share)
        self.content += self.content.dtype.type(blend.popularity_weight) * prior
        self.taken = trial.own.toarray() != 0
        self.known = np.zeros_like(self.content)
        self.known[:, : every.size] = np.where(
            self.taken,
            -np.inf,
            scale_over_untaken(trial.collaborative, self.taken, trial.spread),
        )
        self.counts = np.append(trial.counts, np.zeros(trial.new.size))
        self.trial = trial
        self.relevant = {
            gain: Relevance.of(
                weigh_known_items(trial.held_out, every.size, gain), trial.weight
            )
            for gain in (1.0, _KNOWN_GAIN)
        }

    def ndcg(self, blends: list[Blend], gain: float) -> list[float]:
        """Quality of the ranking by each of some blends."""
        kept = self._may_be_ranked(blends)
        columns, there = padded_columns(kept)
        relevant = self.relevant[gain].among(kept)
        known = np.take_along_axis(self.known, columns, axis=1)
        content = np.take_along_axis(self.content, columns, axis=1)
        content[~there] = -np.inf
        counts = self.counts[columns]
        return [relevant.ndcg(blend_scores(known, content, counts, b)) for b in blends]

    def _may_be_ranked(self, blends: list[Blend]) -> NDArray[np.bool_]:
        """Items of each row that one of the blends may rank first.

        Scores are linear in each of scale, offset and share: their extremes are those
        of extreme blends.
        """
        fields = ("scale", "offset", "shrinkage")
        of_field = zip(*((b.scale, b.offset, b.shrinkage) for b in blends))
        low = np.full_like(self.content, np.inf)
        high = -low
        for corner in product(*({min(values), max(values)} for values in of_field)):
            blend = blends[0]._replace(**dict(zip(fields, corner)))
            scores = blend_scores(self.known, self.content, self.counts, blend)
            np.minimum(low, scores, out=low)
            np.maximum(high, scores, out=high)
        n = max(low.shape[1] - 10, 0)
        bound = np.partition(low, n, axis=1)[:, n, None]
        return high >= bound - _ROUNDING * np.abs(bound)

    def ndcg_without_new_items(self) -> float:
        """Quality of a ranking that never shows a new item."""
        scores = np.full(self.content.shape, -np.inf)
        scores[:, : self.taken.shape[1]] = np.where(
            self.taken, -np.inf, self.trial.collaborative
        )
        return self.relevant[1.0].ndcg(scores)


def weigh_known_items(held_out: Any, n_known: int, gain: float) -> Any:
    """Relevance with another gain of the known items, which stand first."""
    data = np.where(held_out.indices < n_known, gain * held_out.data, held_out.data)
    return with_data(held_out, data)


def _options(given: dict[str, Any], name: str) -> tuple[Any, ...]:
    return (given[name],) if name in given else OPTIONS[name]
