"""Which candidate to take, from the predictions of target rows by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.transfer.auto._evidence import Z90, Evidence
from sktransfer.transfer.auto._expected_scores import ExpectedScores

# a candidate that moves at least this share of its changed rows one way only shifts
# class shares
MOSTLY_ONE_WAY = 0.9
# where so many candidates do, what unlabelled rows tell of the others is in doubt
SEVERAL_CANDIDATES = 0.3
# a class is not recognised if its share in the target is less than this part of its
# share in the source
COLLAPSED = 0.1
# accuracy below which the source alone is worse than guessing between two classes
GUESSING = 0.4


@dataclass(frozen=True)
class TransferDecision:
    """What was decided, how sure it is and why; as a string, one sentence.

    All that reports, tables and the command line say of a choice is read from here.

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
    gain_interval : tuple of float or None
        Bounds of the gain that hold in nine of ten pairs of domains. None where
        unlabelled rows cannot tell, or a score of the user decided.
    expected : ExpectedScores or None
        Accuracy, F1 and recall that are expected of the candidate taken on target
        rows. None where candidates were not compared.
    evidence : str
        What the numbers rest on.
    next_step : str
        What would settle the question.
    """

    adapt: bool
    candidate: str
    reason: str
    gain: float = 0.0
    gain_interval: tuple[float, float] | None = None
    expected: ExpectedScores | None = None
    evidence: str = ""
    next_step: str = ""

    @property
    def verdict(self) -> str:
        """What the interval of the gain allows to say of transfer, in short."""
        if self.gain_interval is None:
            if self.expected is None:
                return "not compared"
            return "cannot be told without labels"
        low, high = self.gain_interval
        for least, verb in ((0.0, ""), (-1 / 3, "probably ")):
            if low > least * abs(high):
                return f"transfer {verb}helps"
            if high < -least * abs(low):
                return f"transfer {verb}hurts"
        return "not certain"

    def __str__(self) -> str:
        verdict = "adapt" if self.adapt else "do not adapt"
        return f"{verdict}: {self.candidate!r}, {self.reason}"


class Doubts(NamedTuple):
    """What agreement cannot tell."""

    moves: NDArray[np.float64]  # how one-sided the changes of each candidate are
    one_sided: bool  # whether those of several candidates are
    two_classes: bool  # so that guessing has an accuracy


def one_sided_moves(
    target: NDArray[np.int64], source_shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], bool]:
    """Net share of the changed rows that each candidate moves between classes.

    Zero where the source alone hardly predicts a class that the source has.
    """
    # Have the classes other shares in the target, or did the features move? Unlabelled
    # rows do not tell, and methods that align domains agree on it, right or wrong.
    said = target.reshape(-1, target.shape[2])
    counts = [np.bincount(own, minlength=source_shares.size) for own in said.T]
    found = np.zeros(said.shape[1])
    if (counts[0] < COLLAPSED * source_shares * len(said)).any():
        return found, False
    for j, own in enumerate(said.T):
        changed = np.count_nonzero(own != said[:, 0])
        if changed:
            found[j] = np.abs(counts[j] - counts[0]).sum() / 2 / changed
    several = (
        found[1:].size and np.mean(found[1:] >= MOSTLY_ONE_WAY) >= SEVERAL_CANDIDATES
    )
    return found, bool(several)


def labels_to_settle(gain: float, differ: float) -> int:
    """Labelled target rows with which a gain would exceed its noise."""
    # the variance of a difference of two zero-one losses is at most their disagreement
    return int(np.ceil(Z90**2 * differ / max(abs(gain), 0.005) ** 2))


def decide(
    names: list[str],
    evidence: Evidence,
    differ: NDArray[np.float64],
    *,
    least_gain: float = 0.0,
    doubts: Doubts | None = None,
) -> tuple[int, TransferDecision]:
    """Take the candidate of the best score; source only if that is too uncertain."""
    scores = evidence.scores
    if len(scores) == 1:
        reason = "no other candidate was fitted"
        step = "another candidate to compare with would tell more"
        return 0, TransferDecision(False, names[0], reason, next_step=step)
    reason = _objection(
        int(np.argmax(scores)), names, scores, differ, least_gain, doubts
    )
    best = 1 + int(np.argmax(scores[1:]))
    gain, share = float(scores[best] - scores[0]), float(differ[best])
    taken = 0 if reason else best
    if not reason:
        reason = (
            f"expected to gain {gain:.1%} in accuracy over {names[0]!r}, from which it "
            f"differs in {share:.0%} of the target rows"
        )
    interval = None
    if taken or gain < least_gain:  # else unlabelled rows cannot tell
        interval = evidence.gain_interval(best, share)
    step = _next_step(gain, share, len(evidence.right))
    return taken, TransferDecision(
        taken > 0, names[taken], reason, gain, interval, next_step=step
    )


def _next_step(gain: float, differ: float, n_labels: int) -> str:
    """What would settle whether a gain is real, beyond the labels used."""
    n = max(labels_to_settle(gain, differ), 25)
    if n > 100_000 or not differ > 0:
        return "the candidates are too alike for labels to tell them apart"
    if n <= n_labels:
        return f"the {n_labels} labels of the target are enough to settle it"
    in_all = " in all" if n_labels else ""
    return (
        f"about {n} labelled target rows{in_all} (target_labels='use') would settle it"
    )


def _objection(
    best: int,
    names: list[str],
    scores: NDArray[np.float64],
    differ: NDArray[np.float64],
    least_gain: float,
    doubts: Doubts | None,
) -> str:
    """Why the best candidate is not taken, if it is not."""
    gain = float(scores[best] - scores[0])
    name, alone, share = names[best], names[0], float(differ[best])
    if best == 0 or gain <= 0:
        return "no candidate has a better expected accuracy"
    if not gain >= least_gain:
        return (
            f"{name!r} is expected to gain {gain:.1%} in accuracy, less than the "
            f"{least_gain:.1%} that count"
        )
    if doubts is None:
        return ""
    if doubts.two_classes and scores[0] < GUESSING:
        return (
            f"{name!r} is expected to be right only if {alone!r} is right in "
            f"{scores[0]:.0%} of the target rows, which is worse than guessing"
        )
    if doubts.moves[best] >= MOSTLY_ONE_WAY or doubts.one_sided:
        which = name if doubts.moves[best] >= MOSTLY_ONE_WAY else "several candidates"
        return (
            f"{which!r} differs from it in {share:.0%} of the target rows, nearly all "
            "moved from one class to another; that is a claim about the shares of "
            "the classes, which unlabelled rows cannot settle and a few labels can"
        )
    return ""


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
    return best, TransferDecision(best > 0, names[best], reason, gain)
