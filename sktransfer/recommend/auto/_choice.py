"""The rule that takes one of the candidates, and whether other markets help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._one_standard_error import first_as_good, standard_error
from sktransfer.recommend.auto._candidates import (
    MARKETS_DEFAULT,
    TARGET_DEFAULT,
    RecommenderCandidate,
)
from sktransfer.recommend.auto._comparison import MIN_USERS, Comparison


class CandidateChoice(NamedTuple):
    """Positions of candidates, and why the first one was taken."""

    best: int  # the one that is taken
    target: int  # the best on the validation part that learns from the target alone
    markets: int | None  # the best there that learns from other markets
    reason: str


def choose_candidate(
    candidates: Sequence[RecommenderCandidate], validation: NDArray[np.float64]
) -> CandidateChoice:
    """Take the first candidate within a standard error of the best one.

    The standard error is that of the difference to the best, user by user.
    """
    alone = [i for i, c in enumerate(candidates) if not c.markets]
    others = [i for i, c in enumerate(candidates) if c.markets]
    names = [c.name for c in candidates]
    if not validation.size:
        target = _named(names, TARGET_DEFAULT, alone)
        markets = _named(names, MARKETS_DEFAULT, others) if others else None
        reason = (
            f"the default: fewer than {MIN_USERS} users have three interactions, so "
            "that nothing was chosen by validation"
        )
        return CandidateChoice(
            target if markets is None else markets, target, markets, reason
        )
    means = [float(v.mean()) for v in validation]
    highest = int(np.argmax(means))
    best = first_as_good(dict(enumerate(validation)))
    reason = f"the best on the validation part ({means[best]:.3f})"
    if best != highest:
        reason = (
            f"{means[best]:.3f} on the validation part, within a standard error of "
            f"the best there, {names[highest]} ({means[highest]:.3f}), which stands "
            "below it"
        )
    return CandidateChoice(
        best,
        max(alone, key=means.__getitem__),
        max(others, key=means.__getitem__) if others else None,
        reason,
    )


def _named(names: list[str], name: str, among: list[int]) -> int:
    """Position of a name, else the last of some positions."""
    return names.index(name) if name in names else among[-1]


def gain_over(test: NDArray[np.float64], model: int, base: int) -> tuple[float, float]:
    """Mean gain in nDCG@10 over another candidate, and two standard errors of it."""
    difference = test[model] - test[base]
    if not difference.size:
        return float("nan"), float("nan")
    return float(difference.mean()), 2 * standard_error(difference)


def markets_help(test: NDArray[np.float64], choice: CandidateChoice) -> bool | None:
    """Whether other markets gain more than the noise; None where it cannot be told."""
    if choice.markets is None:
        return None
    gain, noise = gain_over(test, choice.markets, choice.target)
    return gain > 0 if abs(gain) > noise else None


def conclusion(
    test: NDArray[np.float64], choice: CandidateChoice, names: Sequence[str]
) -> str:
    """One sentence: do the other markets help, and by how much."""
    n_users = test.shape[1]
    if not n_users:
        return "No user has two interactions: nothing could be held out to score by."
    if choice.markets is None:
        return "No other market was given: transfer could not be compared."
    gain, noise = gain_over(test, choice.markets, choice.target)
    if noise != noise:
        return "A single user has two interactions: too few to tell."
    comparison = (
        f"{names[choice.markets]!r} against {names[choice.target]!r} {gain:+.3f} in "
        f"nDCG@10 (noise: {noise:.3f})"
    )
    if gain > noise:
        return f"Transfer helps: {comparison}."
    if gain < -noise:
        return f"Transfer hurts here: {comparison}. The target's own data will do."
    return f"Transfer makes no difference that {n_users} users can show: {comparison}."


def results_table(
    candidates: Sequence[RecommenderCandidate],
    choice: CandidateChoice,
    comparison: Comparison,
) -> dict[str, list[Any]]:
    """Scores of all candidates, a column each."""
    test = np.array([s.ndcg for s in comparison.test])
    gains = [gain_over(test, i, choice.target) for i in range(len(candidates))]
    return {
        "name": [c.name for c in candidates],
        "markets": [c.markets for c in candidates],
        "validation_ndcg": [_mean_or_nan(row) for row in comparison.validation],
        "test_ndcg": [_mean_or_nan(row) for row in test],
        "standard_error": [standard_error(row) for row in test],
        "gain": [gain for gain, _ in gains],
        "gain_interval": [interval for _, interval in gains],
        "seconds": [s.seconds for s in comparison.test],
    }


def _mean_or_nan(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")
