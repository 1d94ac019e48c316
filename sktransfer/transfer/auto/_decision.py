"""Which candidate to take, from the predictions of target rows by all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.agreement import dawid_skene

# agreement counts as much as this many labels
PRIOR_LABELS = 25.0
# a candidate that moves at least this share of its changed rows one way only shifts
# class shares
MOSTLY_ONE_WAY = 0.95
# a class is not recognised if its share in the target is less than this part of its
# share in the source
COLLAPSED = 0.1
# accuracy below which the source alone is worse than guessing between two classes
GUESSING = 0.4


@dataclass(frozen=True)
class TransferDecision:
    """What was decided, and why; as a string, one sentence.

    Parameters
    ----------
    adapt : bool
        Whether another candidate than the source alone was taken.
    candidate : str
        Name of the one taken.
    reason : str
        Why.
    gain : float
        Expected gain in the score, over the source alone, of the candidate taken, or
        of the best one that was not.
    lead : float
        Lead of the best candidate over the source alone. Of the target rows where the
        two predict differently: the share the candidate is expected to get right, less
        the share the source is. NaN if they predict the same, or were not compared.
    margin : float
        What the lead had to reach.
    """

    adapt: bool
    candidate: str
    reason: str
    gain: float = 0.0
    lead: float = float("nan")
    margin: float = 0.0

    def __str__(self) -> str:
        verdict = "adapt" if self.adapt else "do not adapt"
        return f"{verdict}: {self.candidate!r}, {self.reason}"


class AccuracyEstimates(NamedTuple):
    """Expected accuracies of some candidates, and what they are made of."""

    scores: NDArray[np.float64]
    # probability, by agreement, that each candidate is right about each row
    likely: NDArray[np.float64]
    # whether each candidate predicts each known label, of which there may be none
    right: NDArray[np.bool_]

    def lead(self, j: int, k: int) -> tuple[float, float]:
        """Difference of the scores of two candidates and its standard error."""
        errors = [
            float((own[:, j].astype(float) - own[:, k]).var() / max(len(own), 1))
            for own in (self.likely, self.right)
            if len(own)
        ]
        n = len(self.right)
        shares = [PRIOR_LABELS / (n + PRIOR_LABELS), n / (n + PRIOR_LABELS)]
        error = sum(share**2 * own for share, own in zip(shares, errors))
        return float(self.scores[j] - self.scores[k]), float(np.sqrt(error))


def candidate_weights(predictions: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Weights of raters by which two that are alike count as one.

    :math:`v_j \propto 1 / \sum_k a_{jk}` with the share :math:`a_{jk}` of the rows for
    which candidates j and k predict the same; the mean weight is 1.
    """
    alike = np.array(
        [(predictions == own[:, None]).mean(axis=0) for own in predictions.T]
    )
    weights = 1 / alike.sum(axis=1)
    return weights * len(weights) / weights.sum()


def accuracies_by_agreement(
    predictions: NDArray[np.int64], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected accuracy of each candidate by the agreement of all."""
    consensus = dawid_skene(
        predictions, n_classes, rater_weights=candidate_weights(predictions), tol=1e-4
    )
    return consensus.expected_accuracy, consensus.posterior


def estimate_accuracies(
    predictions: NDArray[np.int64],
    n_classes: int,
    right: NDArray[np.bool_] | None = None,
) -> tuple[AccuracyEstimates, NDArray[np.float64]]:
    """Compare candidates by their agreement, and by labels where there are some."""
    accuracy, posterior = accuracies_by_agreement(predictions, n_classes)
    likely = np.take_along_axis(posterior, predictions, axis=1)
    if right is None:
        right = np.zeros((0, predictions.shape[1]), dtype=bool)
    scores = accuracies_with_labels(accuracy, right) if len(right) else accuracy.copy()
    return AccuracyEstimates(scores, likely, right), accuracy


def accuracies_with_labels(
    accuracy: NDArray[np.float64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    r"""Mean of the accuracies on a few labels and by agreement.

    :math:`(n \hat a + 25 a) / (n + 25)` with n labels.
    """
    n = right.shape[0]
    return (right.sum(axis=0) + PRIOR_LABELS * accuracy) / (n + PRIOR_LABELS)


def gain_standard_error(estimates: AccuracyEstimates) -> float:
    """Standard error, on the known labels, of the best candidate's gain; 0 without."""
    right = estimates.right.astype(float)
    if not len(right):
        return 0.0
    difference = right[:, int(np.argmax(estimates.scores))] - right[:, 0]
    return float(np.std(difference) / np.sqrt(len(difference)))


def changes_shares_only(
    predictions: NDArray[np.int64], source_shares: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a candidate moves nearly all rows that it changes in one direction."""
    # Have the classes other shares in the target, or did the features move? Unlabelled
    # rows do not tell, and methods that align domains agree on it, right or wrong.
    alone = predictions[:, 0]
    found = np.zeros(predictions.shape[1], dtype=bool)
    if source_shares.size != 2:
        return found
    shares = np.bincount(alone, minlength=2) / alone.size
    if (shares < COLLAPSED * source_shares).any():
        return found
    for j, own in enumerate(predictions.T):
        moves = own - alone
        n_moves = np.count_nonzero(moves)
        found[j] = n_moves > 0 and abs(moves.sum()) >= MOSTLY_ONE_WAY * n_moves
    return found


def decide(
    names: list[str],
    scores: NDArray[np.float64],
    differ: NDArray[np.float64],
    margin: float,
    *,
    least_gain: float = 0.0,
    preferred: Sequence[int] = (),
    shares_only: Sequence[bool] | None = None,
    floor: float = 0.0,
) -> tuple[int, TransferDecision]:
    """Take the most accurate candidate; source only if that is too uncertain."""
    best = int(np.nanargmax(scores))
    if shares_only is None:
        shares_only = [False] * len(names)
    guard = margin, least_gain, shares_only, floor
    for j in () if shares_only[best] else preferred:
        taken, decision = _decide_on(j, names, scores, differ, *guard)
        if decision.adapt:
            reason = (
                f"{decision.reason}, and no worse than {names[best]!r}, its teacher"
            )
            return taken, replace(decision, reason=reason)
    return _decide_on(best, names, scores, differ, *guard)


def _decide_on(
    best: int,
    names: list[str],
    scores: NDArray[np.float64],
    differ: NDArray[np.float64],
    margin: float,
    least_gain: float,
    shares_only: Sequence[bool],
    floor: float,
) -> tuple[int, TransferDecision]:
    """Take one candidate, or the source alone."""
    gain = float(scores[best] - scores[0])
    lead = gain / float(differ[best]) if differ[best] > 0 else float("nan")
    name, alone, share = names[best], names[0], float(differ[best])
    if best == 0 or gain <= 0:
        best, reason = 0, "no candidate has a better expected accuracy"
    elif not gain >= least_gain:
        best = 0
        reason = (
            f"{name!r} is expected to gain {gain:.1%} in accuracy, less than the "
            f"{least_gain:.1%} that count"
        )
    elif share > 0 and lead < margin:
        best = 0
        reason = (
            f"{name!r} differs from it in {share:.0%} of "
            f"the target rows and is expected to lead there by {lead:.0%}, below the "
            f"margin of {margin:.0%}"
        )
    elif scores[0] < floor:
        best = 0
        reason = (
            f"{name!r} is expected to be right only if {alone!r} is right in "
            f"{scores[0]:.0%} of the target rows, which is worse than guessing"
        )
    elif shares_only[best]:
        best = 0
        reason = (
            f"{name!r} differs from it in {share:.0%} of the target rows, nearly all "
            "moved from one class to the other; that is a claim about the shares of "
            "the classes, which unlabelled rows cannot settle and a few labels can"
        )
    else:
        reason = (
            f"expected to gain {gain:.1%} in accuracy over {alone!r}, from which it "
            f"differs in {share:.0%} of the target rows"
        )
    return best, TransferDecision(best > 0, names[best], reason, gain, lead, margin)


def decide_by_score(
    names: list[str], scores: NDArray[np.float64], margin: float
) -> tuple[int, TransferDecision]:
    """Take the candidate with the best score of a scorer."""
    best = int(np.nanargmax(scores))
    gain = float(scores[best] - scores[0])
    if best == 0:
        reason = "no candidate has a better score"
    elif not gain >= margin:  # not a number is no gain
        reason = (
            f"{names[best]!r} has a score better by {gain:.3g}, below the margin of "
            f"{margin:.3g}"
        )
        best = 0
    else:
        reason = f"its score is better by {gain:.3g} than that of {names[0]!r}"
    return best, TransferDecision(best > 0, names[best], reason, gain, margin=margin)
