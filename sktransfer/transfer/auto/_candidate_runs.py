"""Fit candidates, predict target rows with them, and compare the predictions."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import known_labels
from sktransfer._core.parts import fit_part, takes_domain
from sktransfer.transfer.auto._decision import (
    GUESSING,
    PRIOR_LABELS,
    AccuracyEstimates,
    changes_shares_only,
    estimate_accuracies,
)
from sktransfer.transfer.auto._elimination import FIRST_LOOK, needless_candidates
from sktransfer.transfer.auto._step_cache import StepCache, use_step_cache

MAX_COMPARED = 2000  # target rows on which candidates are compared


class CandidateRuns:
    """Candidates of one fit, that of the source alone first.

    Labels ``y`` are missing outside the labelled ``source`` rows; ``labels`` are those
    of labelled target rows, which only compare candidates.
    """

    def __init__(
        self,
        X: Any,
        y: NDArray[Any],
        domain: Any,
        source: NDArray[np.bool_],
        classes: NDArray[Any],
        names: list[str],
        labels: Any = (),
    ) -> None:
        n = len(names)
        self.X, self.y, self.domain, self.source = X, y, domain, source
        self.classes, self.names, self.labels = classes, names, labels
        self.cache = StepCache()
        self.models: list[Any] = [None] * n
        self.errors: list[Any] = [None] * n
        self.status = ["skipped"] * n
        self.warnings: list[Any] = [[] for _ in names]
        (
            self.seconds,
            self.scores,
            self.accuracy,
            self.agreement,
            self.label_accuracy,
        ) = (np.full(n, np.nan) for _ in range(5))
        self.compared_rows = self.labelled_rows = np.arange(0)
        # codes of classes that each candidate predicts for these rows
        self.predictions: dict[int, NDArray[np.int64]] = {}
        self.label_predictions: dict[int, NDArray[np.int64]] = {}

    def fitted(self) -> list[int]:
        """Numbers of the candidates that were fitted."""
        return [j for j in range(len(self.names)) if self.status[j] == "fitted"]

    def fit(self, j: int, model: Any) -> None:
        """Fit a candidate; one that fails is left out."""
        start = time.perf_counter()
        model = use_step_cache(model, self.cache)
        # each warns of what it is bad at, which matters for the one that is taken
        with warnings.catch_warnings(record=True) as self.warnings[j]:
            warnings.simplefilter("always")
            try:
                self.models[j] = self._fit_model(model)
                self.status[j] = "fitted"
            except Exception as error:
                self.errors[j] = error
        if self.errors[j] is not None:
            self._leave_out(j, self.errors[j])
        self.seconds[j] = time.perf_counter() - start

    def _fit_model(self, model: Any) -> Any:
        """Fit on all rows with their domains, or on the source rows alone."""
        if takes_domain(model):
            return fit_part(model, self.X, self.y, self.domain)
        rows = np.flatnonzero(self.source)
        return model.fit(take_rows(self.X, rows), known_labels(self.y, self.source))

    def fit_others(
        self,
        models: Sequence[Any],
        *,
        least_gain: float,
        time_limit: float | None = None,
        eliminate: bool = True,
    ) -> None:
        """Fit all but the source alone, without those that the first make needless."""
        self.predict(0)
        for j in range(1, len(models)):
            if self.status[j].startswith("eliminated"):
                continue
            if time_limit is not None and time.perf_counter() > time_limit:
                continue
            self.fit(j, models[j])
            if self.status[j] == "fitted":
                self.predict(j)
            fitted = self.fitted()
            if eliminate and len(fitted) == FIRST_LOOK and fitted[-1] == j:
                self._eliminate(models, fitted, least_gain)

    def _eliminate(
        self, models: Sequence[Any], fitted: list[int], least_gain: float
    ) -> None:
        """Mark the candidates that need not be fitted."""
        estimates, _ = self._estimates(fitted)
        agreement = self._agreement_with_source(fitted)
        reasons = needless_candidates(
            estimates, agreement, fitted, models, self.names, least_gain
        )
        for k, reason in reasons.items():
            self.status[k] = f"eliminated: {reason}"

    def repeat_warnings(self, j: int) -> None:
        """Give the warnings of one candidate."""
        for warned in self.warnings[j]:
            warnings.warn_explicit(
                warned.message, warned.category, warned.filename, warned.lineno
            )

    def _leave_out(self, j: int, error: Exception) -> None:
        """Note that a candidate failed, and warn."""
        self.models[j], self.errors[j] = None, error
        self.status[j] = f"{type(error).__name__}: {error}"
        if j:
            warnings.warn(
                f"candidate {self.names[j]!r} failed and is left out: {self.status[j]}",
                UserWarning,
                stacklevel=6,
            )

    def choose_rows(
        self, labelled_rows: NDArray[np.intp], rng: np.random.RandomState
    ) -> None:
        """Draw the target rows on which candidates are compared."""
        target = np.flatnonzero(self.domain < 0)
        self.compared_rows = target
        if target.size > MAX_COMPARED:
            self.compared_rows = np.sort(
                rng.choice(target, MAX_COMPARED, replace=False)
            )
        self.labelled_rows = labelled_rows

    def predict(self, j: int) -> None:
        """Predict the compared target rows with a fitted candidate."""
        start = time.perf_counter()
        try:
            self.predictions[j] = self._codes(j, self.compared_rows)
            if self.labelled_rows.size:
                self.label_predictions[j] = self._codes(j, self.labelled_rows)
        except Exception as error:
            if j == 0:
                raise
            self._leave_out(j, error)
        self.seconds[j] += time.perf_counter() - start

    def _codes(self, j: int, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Predicted classes of some rows, as numbers."""
        predicted = np.asarray(self.models[j].predict(take_rows(self.X, rows)))
        return np.searchsorted(self.classes, predicted)

    def score(self, j: int, scoring: Callable[..., float], y: Any) -> None:
        """Score a fitted candidate by a label-free scorer."""
        try:
            model = self.models[j]
            self.scores[j] = scoring(model, self.X, y, sample_domain=self.domain)
        except Exception as error:
            if j == 0:
                raise
            self.scores[j] = np.nan
            self._leave_out(j, error)

    def compare(self) -> AccuracyEstimates:
        """Compare the fitted candidates by their predictions."""
        fitted = self.fitted()
        estimates, self.accuracy[fitted] = self._estimates(fitted)
        self.agreement[fitted] = self._agreement_with_source(fitted)
        self.scores[fitted] = estimates.scores
        if self.labelled_rows.size:
            self.label_accuracy[fitted] = estimates.right.mean(axis=0)
        return estimates

    def _estimates(
        self, fitted: list[int]
    ) -> tuple[AccuracyEstimates, NDArray[np.float64]]:
        predictions = np.column_stack([self.predictions[j] for j in fitted])
        return estimate_accuracies(
            predictions, self.classes.size, self._right_labels(fitted)
        )

    def _agreement_with_source(self, fitted: list[int]) -> NDArray[np.float64]:
        """Share of rows of which each candidate predicts what the source alone does."""
        alone = self.predictions[0]
        return np.array([np.mean(self.predictions[j] == alone) for j in fitted])

    def _right_labels(self, fitted: list[int]) -> NDArray[np.bool_] | None:
        """Whether each candidate predicts each known label of the target."""
        if not self.labelled_rows.size:
            return None
        return np.column_stack(
            [self.classes[self.label_predictions[j]] == self.labels for j in fitted]
        )

    def doubts(self) -> dict[str, Any]:
        """Arguments of :func:`decide` for what agreement cannot tell."""
        if len(self.labels) >= PRIOR_LABELS:  # enough labels can
            return {}
        shares_only, fitted = np.zeros(len(self.names), dtype=bool), self.fitted()
        predictions = np.column_stack([self.predictions[j] for j in fitted])
        labels = known_labels(self.y, self.source)
        shares = np.bincount(np.searchsorted(self.classes, labels)) / len(labels)
        shares_only[fitted] = changes_shares_only(predictions, shares)
        floor = GUESSING if self.classes.size == 2 else 0.0
        return {"shares_only": shares_only, "floor": floor}

    def report(self) -> dict[str, NDArray[Any]]:
        """Table of the candidates."""
        warned = ["\n".join(str(w.message) for w in own) for own in self.warnings]
        return {
            "candidate": np.array(self.names, dtype=object),
            "status": np.array(self.status, dtype=object),
            "score": self.scores,
            "expected_accuracy": self.accuracy,
            "agreement": self.agreement,
            "label_accuracy": self.label_accuracy,
            "seconds": self.seconds,
            "warnings": np.array(warned, dtype=object),
        }
