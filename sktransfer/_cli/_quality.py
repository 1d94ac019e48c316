"""What the models are worth on the test part, and what that says of transfer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._choice import Choice, Scored, rows_of, standard_error
from sktransfer.metrics import (
    coverage_at_k,
    ndcg_by_band,
    novelty_at_k,
    popularity_bands,
)

BANDS = (0.2, 0.3, 0.5)  # shares of the items: popular, less so, niche


class Quality(NamedTuple):
    """What a model's rankings of the test part are like."""

    ndcg: float
    error: float  # standard error
    coverage: float  # share of the sold items that are shown to somebody
    novelty: float  # bits
    niche_share: float  # share of what is shown that is outside the head
    by_band: NDArray[np.float64]  # nDCG of popular, less popular and niche items
    shown: NDArray[np.float64]  # share of what is shown by band


def quality(choice: Choice, scored: Scored) -> Quality:
    """Quality of a model on the test part."""
    target = choice.train.target
    counts = np.asarray((target != 0).sum(axis=0)).ravel()
    bands = popularity_bands(counts, BANDS)
    if not scored.test.size:
        nan = float("nan")
        return Quality(*[nan] * 5, *[np.full(len(BANDS), nan)] * 2)
    shown = scored.items[scored.items >= 0]
    shares = np.bincount(bands[shown], minlength=len(BANDS)) / max(shown.size, 1)
    by_band = ndcg_by_band(choice.tested[rows_of(choice.tested)], scored.items, bands)
    return Quality(
        float(scored.test.mean()),
        standard_error(scored.test),
        coverage_at_k(scored.items, counts.size),
        novelty_at_k(scored.items, counts, target.shape[0]),
        float(shares[1:].sum()),
        np.pad(by_band, (0, len(BANDS) - by_band.size), constant_values=np.nan),
        shares,
    )


def gain_over(choice: Choice, model: int, base: int) -> tuple[float, float]:
    """Gain in nDCG@10 on the test part, and two standard errors of it."""
    difference = choice.scored[model].test - choice.scored[base].test
    if not difference.size:
        return float("nan"), float("nan")
    return float(difference.mean()), 2 * standard_error(difference)


def helps(choice: Choice) -> bool | None:
    """Whether other markets help on the test part."""
    if choice.others is None:
        return None
    gain, noise = gain_over(choice, choice.others, choice.alone)
    return gain > 0 if abs(gain) > noise else None


def conclusion(choice: Choice) -> str:
    """One sentence: do the other markets help, and by how much."""
    base = choice.scored[choice.alone]
    if not base.test.size:
        return "No user has two interactions: nothing could be hidden to score by."
    if choice.others is None:
        return "No other market was given, so that transfer was not looked at."
    name = choice.scored[choice.others].name
    gain, noise = gain_over(choice, choice.others, choice.alone)
    if noise != noise:
        return "A single user has two interactions: nothing can be said by that."
    said = f"{name!r} against {base.name!r} {gain:+.3f} in nDCG@10 (noise: {noise:.3f})"
    if gain > noise:
        return f"Transfer helps: {said}."
    if gain < -noise:
        return f"Transfer hurts here: {said}. The target's own data will do."
    return f"Transfer makes no difference that {base.test.size} users can show: {said}."
