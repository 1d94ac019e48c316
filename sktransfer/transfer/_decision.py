"""Which candidate to take, from what all of them say about target rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.agreement import dawid_skene

# a label that is known counts as much as this many guesses from agreement together
PRIOR_LABELS = 25.0


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
        Expected gain in the score, over the source alone, of the best candidate.
    lead : float
        The gain on the target rows about which the best candidate and the source alone
        differ: the share in which the candidate is right minus that in which the source
        is. NaN where they do not differ, or were not compared.
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


def rater_weights(ratings: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Weights of raters that resemble each other.

    :math:`v_j \propto 1 / \sum_k a_{jk}` with the share of items :math:`a_{jk}` on
    which two raters agree, so that twins count as one; the mean weight is 1.

    Parameters
    ----------
    ratings : ndarray of int64 of shape (n_items, n_raters)
        Class numbers.

    Returns
    -------
    weights : ndarray of shape (n_raters,)
        Positive.
    """
    m = ratings.shape[1]
    alike = np.array([(ratings == ratings[:, [j]]).mean(axis=0) for j in range(m)])
    weights = 1 / alike.sum(axis=1)
    return weights * m / weights.sum()


def agreed_gains(
    ratings: NDArray[np.int64], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected accuracy of each candidate by the agreement of all.

    Parameters
    ----------
    ratings : ndarray of int64 of shape (n_items, n_raters)
        Class numbers that the candidates give to target rows.
    n_classes : int
        Number of classes.

    Returns
    -------
    accuracy : ndarray of shape (n_raters,)
        Expected accuracy.
    posterior : ndarray of shape (n_items, n_classes)
        Probability of each class for each row.
    """
    consensus = dawid_skene(
        ratings, n_classes, rater_weights=rater_weights(ratings), tol=1e-4
    )
    return consensus.expected_accuracy, consensus.posterior


def with_labels(
    accuracy: NDArray[np.float64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    r"""Accuracies on a few labels, drawn to those by agreement.

    :math:`(n \hat a + 25 a) / (n + 25)` with n labels.

    Parameters
    ----------
    accuracy : ndarray of shape (n_raters,)
        Expected accuracy a by agreement.
    right : ndarray of bool of shape (n_labels, n_raters)
        Whether each candidate says the known label of each row.

    Returns
    -------
    accuracy : ndarray of shape (n_raters,)
        Between both.
    """
    n = right.shape[0]
    return (right.sum(axis=0) + PRIOR_LABELS * accuracy) / (n + PRIOR_LABELS)


def decide(
    names: list[str],
    scores: NDArray[np.float64],
    differ: NDArray[np.float64],
    margin: float,
    *,
    least: float = 0.0,
) -> tuple[int, TransferDecision]:
    """Take the most accurate candidate, or the source alone if that is too uncertain.

    Parameters
    ----------
    names : list of str
        Of the candidates, that of the source alone first.
    scores : ndarray of shape (n_candidates,)
        Expected accuracies; NaN for those that are out.
    differ : ndarray of shape (n_candidates,)
        Share of the target rows about which a candidate and the source alone differ.
    margin : float
        What the gain, divided by that share, has to reach.
    least : float, default=0.0
        What the gain has to reach.

    Returns
    -------
    best : int
        The candidate taken.
    decision : TransferDecision
        Why.
    """
    best = int(np.nanargmax(scores))
    gain = float(scores[best] - scores[0])
    lead = gain / float(differ[best]) if differ[best] > 0 else float("nan")
    name, alone, share = names[best], names[0], float(differ[best])
    if best == 0 or gain <= 0:
        best, reason = 0, "no candidate has a better expected accuracy"
    elif not gain >= least:
        best = 0
        reason = (
            f"{name!r} is expected to gain {gain:.1%} in accuracy, less than the "
            f"{least:.1%} that count"
        )
    elif share > 0 and lead < margin:
        best = 0
        reason = (
            f"{name!r} differs from it in {share:.0%} of "
            f"the target rows and is expected to lead there by {lead:.0%}, below the "
            f"margin of {margin:.0%}"
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
    """Take the candidate with the best score of a scorer.

    Parameters
    ----------
    names : list of str
        Of the candidates, that of the source alone first.
    scores : ndarray of shape (n_candidates,)
        Greater is better; NaN for those that are out.
    margin : float
        What the gain has to reach.

    Returns
    -------
    best : int
        The candidate taken.
    decision : TransferDecision
        Why.
    """
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
