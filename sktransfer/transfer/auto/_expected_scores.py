"""Accuracy, F1 and recall that are expected of a model on target rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sktransfer.transfer.auto._evidence import (
    Z90,
    Evidence,
    HalfPredictions,
    joint_shares,
)

_LEAST = 1e-3  # of a share whose logit is taken


@dataclass(frozen=True)
class ScoreEstimate:
    """An estimate with the interval that holds in nine of ten pairs of domains.

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float
        Bounds of the interval.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class ExpectedScores:
    """What a classifier is expected to reach on target rows.

    As a string, the accuracy with its interval.

    Parameters
    ----------
    accuracy : ScoreEstimate
        Share of the target rows that are predicted right.
    f1 : ScoreEstimate
        Mean of the F1 scores of the classes.
    recall : mapping of class to ScoreEstimate
        Share of the rows of each class that are predicted right.
    n_target, n_labels : int
        Target rows, and labelled ones, that the estimate rests on.
    """

    accuracy: ScoreEstimate
    f1: ScoreEstimate
    recall: Mapping[Any, ScoreEstimate]
    n_target: int
    n_labels: int = 0

    @property
    def is_informative(self) -> bool:
        """Whether the interval of the accuracy is narrower than 0.4."""
        return self.accuracy.high - self.accuracy.low < 0.4

    def __str__(self) -> str:
        if self.is_informative:
            return str(self.accuracy)
        return f"cannot be told without labels: {self.accuracy}"


class SeenWithLabels(NamedTuple):
    """A candidate on target rows: its agreement with others, and known labels."""

    agreement: float  # mean share of the others that say the same, over all rows
    agreeing: NDArray[np.float64]  # the same share, of each labelled row
    right: NDArray[np.float64]  # whether it predicts the label


def expected_scores(
    found: HalfPredictions,
    evidence: Evidence,
    j: int,
    classes: NDArray[Any],
    seen: SeenWithLabels | None = None,
) -> ExpectedScores:
    """Scores to expect of a candidate, and with what some labels show of it."""
    value, half = float(evidence.accuracy[j]), evidence.half_width(j)
    joint = joint_shares(found, j)
    if seen is not None:
        value, half = _with_labels(value, half, seen)
    accuracy = _bounded(value, half)
    recall, f1 = _by_class(joint)
    before = _logit(np.trace(joint))
    shifts = [_logit(v) - before for v in (value, accuracy.low, accuracy.high)]
    n_rows = joint.sum(axis=1) * found.target.shape[1]
    noise = Z90 * np.sqrt(recall * (1 - recall) / np.maximum(n_rows, 1))
    held = joint.sum(axis=1) > 0

    def moved(share: float, by: float = 0.0) -> ScoreEstimate:
        middle, low, high = (float(expit(_logit(share) + s)) for s in shifts)
        return ScoreEstimate(middle, max(low - by, 0.0), min(high + by, 1.0))

    return ExpectedScores(
        accuracy,
        moved(float(f1[held].mean())),
        {
            c: moved(float(recall[k]), float(noise[k]))
            if held[k]
            else ScoreEstimate(float("nan"), 0.0, 1.0)
            for k, c in enumerate(classes.tolist())
        },
        found.target.shape[1],
        0 if seen is None else len(seen.right),
    )


def _with_labels(
    value: float, half: float, seen: SeenWithLabels
) -> tuple[float, float]:
    """Combine an estimate with the prediction-powered one of some labels.

    The mean agreement on all rows is corrected by what labelled rows show of its error
    (Angelopoulos et al. 2023); both estimates are weighted by their precision.
    """
    n = len(seen.right)
    error = seen.right - seen.agreeing
    powered = seen.agreement + float(error.mean())
    # as if one more label had shown the largest variance
    variance = (n * float(error.var()) + 0.25) / (n + 1) / n
    own = (half / Z90) ** 2
    weight = own / (own + variance)
    combined = (1 - weight) * value + weight * powered
    return combined, Z90 * float(np.sqrt(own * variance / (own + variance)))


def _bounded(value: float, half: float) -> ScoreEstimate:
    value = min(max(value, 0.0), 1.0)
    return ScoreEstimate(value, max(value - half, 0.0), min(value + half, 1.0))


def _by_class(joint: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Recall and F1 of each class, where the rows of the joint shares are the truth."""
    hit = np.diag(joint)
    true, said = joint.sum(axis=1), joint.sum(axis=0)
    recall = np.divide(hit, true, out=np.zeros_like(hit), where=true > 0)
    both = true + said
    return recall, np.divide(2 * hit, both, out=np.zeros_like(hit), where=both > 0)


def _logit(share: float) -> float:
    return float(logit(min(max(share, _LEAST), 1 - _LEAST)))
