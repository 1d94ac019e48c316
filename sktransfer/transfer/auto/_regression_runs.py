"""Regressors trained on two halves of the ratings, compared by how far they disagree.

Of two models whose errors are independent, the mean squared difference is the sum of
their mean squared errors beyond the noise of the labels. Of three or more, each error
follows (the three-cornered hat of Gray and Allan 1974).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import known_labels
from sktransfer._core.parts import call_part
from sktransfer.transfer.auto._candidate_runs import CandidateRuns
from sktransfer.transfer.auto._decision import TransferDecision, labels_to_settle
from sktransfer.transfer.auto._evidence import PRIOR_LABELS, Z90

# a candidate whose difference from the source alone is, in this share of its mean
# square, one number for all rows claims another mean of the target
ONE_SHIFT = 0.5


class Disagreement(NamedTuple):
    """What is known of each candidate; all of shape (n_candidates,)."""

    errors: NDArray[np.float64]  # mean squared, to expect, noise of labels included
    gains: NDArray[np.float64]  # over the first, as shares of its error
    label_error: NDArray[np.float64]  # standard errors of these on labels, 0 without
    shift: NDArray[np.float64]  # share of the change that is the same for all rows
    differ: NDArray[np.float64]  # root mean square of it


def _apart(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray:
    """Mean squared difference of each two candidates, across the halves."""
    apart = np.array([np.mean((second - own[:, None]) ** 2, axis=0) for own in first.T])
    return (apart + apart.T) / 2


def excess_errors(
    first: NDArray[np.float64], second: NDArray[np.float64], dependence: NDArray
) -> NDArray[np.float64]:
    """Mean squared errors beyond the noise, from predictions of two halves.

    ``first`` and ``second`` have shape (n_rows, n_candidates); ``dependence`` holds the
    products of errors on the source, of which two candidates share more than others.
    """
    m, apart = first.shape[1], _apart(first, second)
    if m < 3:
        return np.diag(apart) / 2
    others = ~np.eye(m, dtype=bool)
    apart = apart + 2 * (dependence - dependence[others].mean())
    sums = np.where(others, apart, 0).sum(axis=1)
    return np.maximum((sums - sums.sum() / (2 * (m - 1))) / (m - 2), 0)


def errors_without_copies(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same by least squares, where pairs count by how far they differ.

    Two candidates that differ by no more than the models of their halves are copies.
    """
    apart = _apart(first, second)
    noise = np.mean((first - second) ** 2, axis=0) / 2
    i, j = np.triu_indices(len(apart), 1)
    differ = np.clip((apart - noise[:, None] - noise)[i, j], 0, None)
    weights = np.sqrt(differ / max(differ.max(initial=0), np.finfo(float).tiny))
    pairs = np.zeros((i.size, len(apart)))
    pairs[np.arange(i.size), i] = pairs[np.arange(i.size), j] = 1
    system = np.vstack([pairs * weights[:, None], 1e-3 * np.eye(len(apart))])
    values = np.concatenate([apart[i, j] * weights, np.zeros(len(apart))])
    return np.linalg.lstsq(system, values, rcond=None)[0]


class RegressionRuns(CandidateRuns):
    """Candidates that predict numbers."""

    # lowest and highest number that is served
    bounds: tuple[float, float] = (-np.inf, np.inf)

    def _draw_halves(
        self, source: NDArray[np.intp], rng: np.random.RandomState
    ) -> list[NDArray[np.intp]]:
        """Two halves of the source rows, of like ratings; all twice if too few."""
        if source.size < 4:
            return [source, source]
        drawn = rng.permutation(source.size)
        order = drawn[np.argsort(self.source_values()[drawn], kind="stable")]
        return [np.sort(source[order[k::2]]) for k in (0, 1)]

    def source_values(self) -> NDArray[np.float64]:
        """Ratings of the source."""
        return np.asarray(known_labels(self.y, self.source), dtype=float)

    def _codes(self, model: Any, rows: NDArray[np.intp]) -> Any:
        """Predicted numbers of some rows; no probabilities."""
        if not rows.size:
            return np.zeros(0), np.zeros(0)
        # rows of the source are mapped as such, or their errors would not be its own
        said = call_part(model, "predict", take_rows(self.X, rows), self.domain[rows])
        said = np.clip(np.asarray(said, dtype=float), *self.bounds)
        return said, np.full(rows.size, np.nan)

    def disagreement(self) -> Disagreement:
        """Compare the fitted candidates by their predictions."""
        fitted = self.fitted()
        first, second = (
            np.array([self.said[j][half][0][0] for j in fitted]).T for half in (0, 1)
        )
        parts = [
            np.array([self.said[j][half][2][0] for j in fitted])
            - np.asarray(self.y[self.halves[1 - half]], dtype=float)
            for half in (0, 1)
        ]
        wrong = np.hstack(parts)
        products = wrong @ wrong.T / wrong.shape[1]
        excess = excess_errors(first, second, products)
        # the least error on the source is no less than the noise: gains are no more
        errors = excess + products.diagonal().min()
        gains = errors[0] - errors
        # a second witness: without copies, or on source rows that were not trained on
        plain, own = errors_without_copies(first, second), products.diagonal()
        seconds = np.maximum(plain[0] - plain, own[0] - own)
        gains = np.minimum(gains, seconds) if len(fitted) > 2 else 0 * gains
        n, label_error = len(self.labels), np.zeros(len(fitted))
        if n:
            seen = np.array(
                [
                    np.mean([(own[1][0] - self.labels) ** 2 for own in self.said[j]], 0)
                    for j in fitted
                ]
            )
            better = seen[:1] - seen
            gains = (n * better.mean(axis=1) + PRIOR_LABELS * gains) / (
                n + PRIOR_LABELS
            )
            first_error = (n * seen[0].mean() + PRIOR_LABELS * errors[0]) / (
                n + PRIOR_LABELS
            )
            errors = first_error - gains
            label_error = better.std(axis=1) / np.sqrt(n)
            self.label_accuracy[fitted] = seen.mean(axis=1)
        scale = max(float(errors[0]), np.finfo(float).tiny)
        change = (first + second) / 2
        change = change - change[:, :1]
        square = np.mean(change**2, axis=0)
        same = np.divide(
            change.mean(axis=0) ** 2,
            square,
            out=np.zeros_like(square),
            where=square > 0,
        )
        self.accuracy[fitted] = errors
        self.scores[fitted] = -errors
        self.agreement[fitted] = np.sqrt(square)
        return Disagreement(
            errors, gains / scale, label_error / scale, same, np.sqrt(square)
        )

    def report(self) -> dict[str, NDArray[Any]]:
        """Table of the candidates."""
        found = super().report()
        return {
            "candidate": found["candidate"],
            "status": found["status"],
            "score": found["score"],
            "expected_rmse": np.sqrt(np.maximum(found["expected_accuracy"], 0)),
            "difference": found["agreement"],
            "label_rmse": np.sqrt(found["label_accuracy"]),
            "seconds": found["seconds"],
            "warnings": found["warnings"],
        }


def decide_by_disagreement(
    names: list[str], found: Disagreement, n_labels: int, least_gain: float | None
) -> tuple[int, TransferDecision]:
    """Take the candidate of the least error; source only if that is too uncertain.

    ``least_gain`` is a share of the error of the source alone; None without a guard.
    """
    best = int(np.argmax(found.gains))
    gain, error = float(found.gains[best]), float(found.label_error[best])
    name, alone = names[best], names[0]
    reason = ""
    if best == 0 or gain <= 0:
        best, reason = 0, "no candidate is expected to have a smaller error"
    elif least_gain is not None and gain < max(least_gain, error):
        reason = (
            f"{name!r} is expected to lower the mean squared error by {gain:.1%}, less "
            f"than the {max(least_gain, error):.1%} that count"
        )
    elif (
        least_gain is not None
        and n_labels < PRIOR_LABELS
        and (found.shift[best] >= ONE_SHIFT)
    ):
        reason = (
            f"{name!r} moves nearly all predictions the same way; that is a claim "
            "about the mean of the target, which unlabelled rows cannot settle and a "
            "few labels can"
        )
    taken = 0 if reason else best
    if not reason:
        reason = (
            f"expected to lower the mean squared error of {alone!r} by {gain:.1%}, "
            f"from which it differs by {found.differ[best]:.2g} on average"
        )
    interval = (gain - Z90 * error, gain + Z90 * error) if n_labels and best else None
    step = "some labelled target rows (target_labels='use') would settle it"
    n = labels_to_settle(gain, 1.0)
    if best and n <= 100_000:
        step = (
            f"about {max(n, 25)} labelled target rows (target_labels='use') would tell"
        )
    evidence = (
        f"disagreement of {len(names)} methods trained on two halves of the labels"
    )
    evidence += f", and {n_labels} labels of the target" if n_labels else ""
    return taken, TransferDecision(
        taken > 0, names[taken], reason, gain, interval, None, evidence, step
    )
