"""What unlabelled target rows tell of models trained on two halves of the labels.

Two models trained on different labels err together less often than two trained on the
same ones, so the share of target rows on which a model of one half agrees with other
methods of the other half is close to its accuracy (Jiang et al. 2022 compare a method
with itself). How much models agree beyond being right is measured on source rows that
they were not trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.agreement import dawid_skene

# part of the errors shared on the source that is expected on the target: in a score, in
# the accuracy of a model that was adapted, and of the consensus
SHARED, SHARED_ADAPTED, SHARED_BY_CONSENSUS = 0.4, 0.2, 0.25
# agreement of a method with itself from which its confidence begins to count, and where
# it counts most, with this weight
UNSTABLE, STABLE, CONFIDENCE_WEIGHT = 0.5, 0.9, 0.5
# agreement counts as much as this many labels
PRIOR_LABELS = 25.0
# half widths of intervals; chosen, as the numbers above, on pairs of domains of ten
# kinds so that nine of ten intervals hold the truth, see the benchmark bench_estimate
GAIN_FLOOR, GAIN_BY_WAYS, GAIN_BY_DIFFERENCE = 0.01, 0.65, 0.4
ACCURACY_FLOOR, ACCURACY_BY = 0.08, 0.63
Z90 = 1.645


class HalfPredictions(NamedTuple):
    """Predicted classes, as codes, by models trained on two halves of the labels."""

    # by the models of both halves: (2, n_target, n_candidates)
    target: NDArray[np.int64]
    # by the model of the half that a row is not in: (n_source, n_candidates)
    source: NDArray[np.int64]
    labels: NDArray[np.int64]
    n_classes: int
    # largest probabilities, NaN of models that give none
    target_confidence: NDArray[np.float64]
    source_confidence: NDArray[np.float64]
    halved: bool = True  # whether both halves are not all labels, for want of more


class Evidence(NamedTuple):
    """What is known of each candidate; all of shape (n_candidates,)."""

    source_accuracy: NDArray[np.float64]
    stability: NDArray[np.float64]  # agreement of the two models of a method
    agreement: NDArray[np.float64]  # with other methods trained on the other half
    consensus: NDArray[np.float64]  # accuracy by Dawid-Skene of the other half
    shared: NDArray[np.float64]  # agreement on the source beyond being right
    shared_consensus: NDArray[np.float64]
    threshold: NDArray[np.float64]  # average thresholded confidence
    confidence: NDArray[np.float64]  # difference of confidences
    scores: NDArray[np.float64]  # to compare candidates by
    accuracy: NDArray[np.float64]  # to expect
    judged: NDArray[np.float64]  # probability to be right: (n_target, n_candidates)
    right: NDArray[np.float64]  # on labelled target rows: (n_labels, n_candidates)
    n_labels: int  # of the source
    halved: bool  # whether there were enough of them for two halves

    def lead(self, j: int, k: int) -> tuple[float, float]:
        """Difference of the scores of two candidates and its standard error."""
        n = len(self.right)
        shares = [PRIOR_LABELS / (n + PRIOR_LABELS), n / (n + PRIOR_LABELS)]
        error = sum(
            share**2 * (own[:, j] - own[:, k]).var() / len(own)
            for own, share in zip((self.judged, self.right), shares)
            if len(own)
        )
        return float(self.scores[j] - self.scores[k]), float(np.sqrt(error))

    def gain_interval(self, j: int, differ: float) -> tuple[float, float]:
        """Bounds of what candidate j gains over the first, right in nine of ten."""
        gain, n = self.scores[j] - self.scores[0], len(self.right)
        blind = self.scores + (n * self.scores - self.right.sum(axis=0)) / PRIOR_LABELS
        own = 2 * blind - self.consensus
        ways = self.consensus[j] - self.consensus[0], own[j] - own[0]
        half = GAIN_FLOOR + GAIN_BY_WAYS * abs(ways[0] - ways[1])
        half += GAIN_BY_DIFFERENCE * differ
        half = np.hypot(half, Z90 * np.sqrt(differ / len(self.judged)))
        if n:  # of both estimates, weighted as in the score
            variance = (self.right[:, j] - self.right[:, 0]).var()
            # as if one more label had shown what their disagreement allows
            seen = Z90 * np.sqrt((n * variance + differ) / (n + 1) / n)
            half = (PRIOR_LABELS * half + n * seen) / (PRIOR_LABELS + n)
        return float(max(gain - half, -1)), float(min(gain + half, 1))

    def label_error(self, j: int) -> float:
        """Standard error, on the known labels, of the gain of one; 0 without."""
        if not len(self.right):
            return 0.0
        difference = self.right[:, j] - self.right[:, 0]
        return float(difference.std() / np.sqrt(len(difference)))

    def half_width(self, j: int) -> float:
        """Of an interval of the expected accuracy that is right in nine of ten."""
        far = abs(self.source_accuracy[j] - self.accuracy[j])
        parts = [ACCURACY_FLOOR, ACCURACY_BY * self.spread(j), ACCURACY_BY * far]
        # chance among few rows; and twice the labels may teach more than a half did
        parts += [Z90 * 0.5 / np.sqrt(len(self.judged)), 1 / np.sqrt(self.n_labels)]
        if not self.halved:
            parts.append(0.5)
        return float(np.sqrt(np.sum(np.square(parts))))

    def spread(self, j: int) -> float:
        """Difference of the largest and the smallest of the estimates."""
        values = [
            self.agreement[j],
            self.agreement[j] - self.shared[j],
            self.consensus[j],
            self.consensus[j] - SHARED_BY_CONSENSUS * self.shared_consensus[j],
            self.threshold[j],
            min(self.confidence[j], 1.0),
        ]
        return float(np.nanmax(values) - np.nanmin(values))


def weigh_evidence(
    found: HalfPredictions, adapted: NDArray[np.bool_], right: NDArray[np.float64]
) -> Evidence:
    """Estimate how often each candidate is right about the target rows.

    ``adapted``: whether it learns from target rows, so that its confidence there is no
    measure. ``right``: whether the prediction of labelled target rows is, if any.
    """
    first, second = found.target
    K = found.n_classes
    prior = np.bincount(found.labels, minlength=K) / len(found.labels)
    alike = agreement_of(first, second)
    by_chance = [_class_shares(own, K) for own in (first, second, found.source)]
    across = _beyond_chance(alike, by_chance[0], by_chance[1], prior)
    across = (across + _beyond_chance(alike.T, by_chance[1], by_chance[0], prior)) / 2
    agreement = _of_others(across)
    correct = found.source == found.labels[:, None]
    source_accuracy = correct.mean(axis=0)
    on_source = agreement_of(found.source, found.source)
    on_source = _beyond_chance(on_source, by_chance[2], by_chance[2], prior)
    shared = np.maximum(_of_others(on_source) - source_accuracy, 0)
    judged, consensus = _judge_across(found, by_chance, prior)
    posterior = consensus_of(found.source, K)
    shared_consensus = _judge(found.source, posterior).mean(axis=0) - source_accuracy
    shared_consensus = np.maximum(shared_consensus, 0)
    stability = np.diag(alike)
    threshold, confidence = _by_confidence(found, correct)
    trust = np.clip((stability - UNSTABLE) / (STABLE - UNSTABLE), 0, 1)
    trust = CONFIDENCE_WEIGHT * np.where(np.isnan(threshold), 0, trust)
    sure = np.nan_to_num((threshold + confidence) / 2)
    less = agreement - SHARED * shared
    scores = (consensus + (1 - trust) * less + trust * sure) / 2
    both = (less + consensus - SHARED_BY_CONSENSUS * shared_consensus) / 2
    alone = (1 - trust) * both + trust * np.minimum(sure, 1)
    # the median: a few witnesses that know nothing say nothing of the others
    typical = _of_others(across, np.median) - SHARED_ADAPTED * shared
    accuracy = np.where(adapted, typical, alone)
    n = len(right)
    scores = (right.sum(axis=0) + PRIOR_LABELS * scores) / (n + PRIOR_LABELS)
    return Evidence(
        source_accuracy,
        stability,
        agreement,
        consensus,
        shared,
        shared_consensus,
        threshold,
        confidence,
        scores,
        np.clip(accuracy, 0, 1),
        judged,
        right,
        len(found.labels),
        found.halved,
    )


def candidate_weights(predictions: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Weights of raters by which two that are alike count as one.

    :math:`v_j \propto 1 / \sum_k a_{jk}` with the share :math:`a_{jk}` of the rows for
    which candidates j and k predict the same; the mean weight is 1.
    """
    weights = 1 / agreement_of(predictions, predictions).sum(axis=1)
    return weights * len(weights) / weights.sum()


def consensus_of(predictions: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Probability of each class for each row, by what all candidates say."""
    weights = candidate_weights(predictions)
    return dawid_skene(
        predictions, n_classes, rater_weights=weights, tol=1e-4
    ).posterior


def joint_shares(found: HalfPredictions, j: int) -> NDArray[np.float64]:
    """Shares of pairs of classes: others say the first, the candidate the second."""
    m, K = found.target.shape[2], found.n_classes
    counts = np.zeros((K, K))
    for own, other in zip(found.target, found.target[::-1]):
        for k in [k for k in range(m) if k != j] or [j]:
            np.add.at(counts, (other[:, k], own[:, j]), 1)
    return counts / counts.sum()


def agreement_of(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray:
    """Share of the rows about which each candidate of two sets says the same."""
    return np.array([(second == own[:, None]).mean(axis=0) for own in first.T])


def _of_others(
    shares: NDArray[np.float64], middle: Callable[..., Any] = np.mean
) -> NDArray[np.float64]:
    """Mean of each row without its diagonal; the diagonal of a single candidate."""
    if len(shares) == 1:
        return np.diag(shares).copy()
    return np.array([middle(np.delete(row, k)) for k, row in enumerate(shares)])


def _class_shares(predictions: NDArray[np.int64], n_classes: int) -> NDArray:
    """Share of each class among the predictions of each candidate."""
    counts = [np.bincount(own, minlength=n_classes) for own in predictions.T]
    return np.array(counts) / len(predictions)


def _beyond_chance(
    agreement: NDArray, own: NDArray, others: NDArray, prior: NDArray
) -> NDArray[np.float64]:
    """Agreement of each candidate with others, as an accuracy.

    Two that always predict one class agree, but know nothing: what is beyond the
    agreement by chance counts beyond the accuracy by chance.
    """
    chance = own @ others.T
    kappa = np.divide(
        agreement - chance,
        1 - chance,
        out=np.zeros_like(chance),
        where=chance < 1 - 1e-9,
    )
    guessed = (own @ prior)[:, None]
    return guessed + (1 - guessed) * kappa


def _judge_across(
    found: HalfPredictions, shares: list[NDArray], prior: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probability that predictions are right by the other half, and its mean."""
    first, second = found.target
    judged, means = [], []
    for own, other, said in ((first, second, shares[0]), (second, first, shares[1])):
        posterior = consensus_of(other, found.n_classes)
        judged.append(_judge(own, posterior))
        mean = judged[-1].mean(axis=0)[:, None]
        means.append(_beyond_chance(mean, said, posterior.mean(axis=0)[None], prior))
    return np.mean(judged, axis=0), np.mean(means, axis=0)[:, 0]


def _judge(
    predictions: NDArray[np.int64], posterior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability that each prediction is right."""
    return np.take_along_axis(posterior, predictions, axis=1)


def _by_confidence(
    found: HalfPredictions, right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy by thresholded confidence (Garg 2022), and by the fall of confidence."""
    m = right.shape[1]
    threshold, difference = np.full(m, np.nan), np.full(m, np.nan)
    for j in range(m):
        source, target = found.source_confidence[:, j], found.target_confidence[..., j]
        if np.isnan(source).any() or np.isnan(target).any():
            continue
        accuracy = right[:, j].mean()
        threshold[j] = np.mean(target >= np.quantile(source, 1 - accuracy))
        difference[j] = accuracy - (source.mean() - target.mean())
    return threshold, difference
