"""Fit candidates on two halves of the source labels, and compare what they predict."""

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
from sktransfer._core.progress import begin_part, begin_step
from sktransfer.transfer.auto._decision import Doubts, one_sided_moves
from sktransfer.transfer.auto._elimination import (
    FIRST_LOOK,
    learns_from_target,
    needless_candidates,
)
from sktransfer.transfer.auto._evidence import (
    PRIOR_LABELS,
    Evidence,
    HalfPredictions,
    weigh_evidence,
)
from sktransfer.transfer.auto._expected_scores import SeenWithLabels
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
        self.models: list[Any] = [None] * n  # fitted to all labels
        self.half_models: list[Any] = [None] * n  # to half of them
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
        self.halves: list[NDArray[np.intp]] = []
        # predicted classes, and how probable: by half, of the compared rows, of the
        # labelled target rows, and of the source rows of the other half
        self.said: dict[int, list[Any]] = {}
        self.adapted = np.zeros(n, dtype=bool)

    def fitted(self) -> list[int]:
        """Numbers of the candidates that were fitted."""
        return [j for j in range(len(self.names)) if self.status[j] == "fitted"]

    def fit(self, j: int, model: Any) -> None:
        """Fit a candidate to all labels of the source; one that fails is left out."""
        with _Watch(self, j):
            self.models[j] = self._fit_model(model, self.source)
        self._mark(j)

    def fit_halves(self, j: int, model: Any) -> None:
        """Fit a candidate to each half of the labels and let both predict."""
        self.adapted[j] = learns_from_target(model)
        with _Watch(self, j):
            try:
                self.said[j] = [self._learn_and_say(j, model, i) for i in (0, 1)]
            except Exception:  # too few labels for it, or it never works
                whole = self.half_models[j] = self._fit_model(model, self.source)
                self.said[j] = [self._say(whole, i) for i in (0, 1)]
        self._mark(j)

    def _learn_and_say(self, j: int, model: Any, half: int) -> list[Any]:
        begin_part("half of the labels", of=2)
        self.half_models[j] = self._fit_model(model, self._rows_of(half))
        return self._say(self.half_models[j], half)

    def _rows_of(self, half: int) -> NDArray[np.bool_]:
        """Source rows whose labels the models of one half see."""
        rows = np.zeros(len(self.source), dtype=bool)
        rows[self.halves[half]] = True
        return rows

    def _say(self, model: Any, half: int) -> list[Any]:
        """What a model says of the compared, the labelled and the other half's rows."""
        rows = self.compared_rows, self.labelled_rows, self.halves[1 - half]
        return [self._codes(model, own) for own in rows]

    def _mark(self, j: int) -> None:
        """Note that a candidate was fitted, or failed."""
        if self.errors[j] is None:
            self.status[j] = "fitted"
        else:
            self._leave_out(j, self.errors[j])

    def _fit_model(self, model: Any, labelled: NDArray[np.bool_]) -> Any:
        """Fit with some labels: on all rows and their domains, or on those rows."""
        model = use_step_cache(model, self.cache)
        if takes_domain(model):
            y = self.y
            if not labelled.all():
                y = np.full(len(labelled), None, dtype=object)
                y[labelled] = np.asarray(self.y)[labelled]
            return fit_part(model, self.X, y, self.domain)
        rows = np.flatnonzero(labelled)
        return model.fit(take_rows(self.X, rows), known_labels(self.y, labelled))

    def fit_others(
        self,
        models: Sequence[Any],
        *,
        least_gain: float,
        time_limit: float | None = None,
        eliminate: bool = True,
    ) -> None:
        """Fit all to halves of the labels, without those the first make needless."""
        for j in range(len(models)):
            late = j and time_limit is not None and time.perf_counter() > time_limit
            if late or self.status[j].startswith("eliminated"):
                begin_step(f"leave out candidate {self.names[j]!r}")
                continue
            begin_step(f"candidate {self.names[j]!r}")
            self.fit_halves(j, models[j])
            if self.errors[0] is not None:
                raise self.errors[0]
            fitted = self.fitted()
            if eliminate and len(fitted) == FIRST_LOOK and fitted[-1] == j:
                self._eliminate(models, fitted, least_gain)

    def _eliminate(
        self, models: Sequence[Any], fitted: list[int], least_gain: float
    ) -> None:
        """Mark the candidates that need not be fitted."""
        found = self.half_predictions(fitted)
        reasons = needless_candidates(
            self._evidence(found, fitted),
            _agreement_with_source(found),
            fitted,
            models,
            self.names,
            least_gain,
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
        for found in (self.scores, self.accuracy, self.agreement, self.label_accuracy):
            found[j] = np.nan
        self.status[j] = f"{type(error).__name__}: {error}"
        if j:
            warnings.warn(
                f"candidate {self.names[j]!r} failed and is left out: {self.status[j]}",
                UserWarning,
                stacklevel=7,
            )

    def choose_rows(
        self, labelled_rows: NDArray[np.intp], rng: np.random.RandomState
    ) -> None:
        """Draw the target rows to compare on, and halve the labels of the source."""
        target = np.flatnonzero(self.domain < 0)
        self.compared_rows = target
        if target.size > MAX_COMPARED:
            self.compared_rows = np.sort(
                rng.choice(target, MAX_COMPARED, replace=False)
            )
        self.labelled_rows = labelled_rows
        self.halves = self._draw_halves(np.flatnonzero(self.source), rng)

    def _draw_halves(
        self, source: NDArray[np.intp], rng: np.random.RandomState
    ) -> list[NDArray[np.intp]]:
        """Two halves of the source rows, of each class; all twice if too few."""
        codes = self.source_codes()
        second = np.zeros(source.size, dtype=bool)
        for k in range(len(self.classes)):
            own = rng.permutation(np.flatnonzero(codes == k))
            second[own[1::2]] = True
        if any(np.unique(codes[own]).size < 2 for own in (~second, second)):
            return [source, source]
        return [source[~second], source[second]]

    def source_codes(self) -> NDArray[np.int64]:
        """Labels of the source as numbers of classes."""
        return np.searchsorted(self.classes, known_labels(self.y, self.source))

    def _codes(
        self, model: Any, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Predicted classes of some rows, as numbers, and their probabilities."""
        if not rows.size:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        X = take_rows(self.X, rows)
        # not the most probable class: a model may have a threshold of its own
        said = np.asarray(model.predict(X))
        strange = np.setdiff1d(said, self.classes)
        if strange.size:
            raise ValueError(
                f"it predicts {strange.tolist()[0]!r}, which is none of the classes "
                f"{self.classes.tolist()[:5]!r} of the source labels; pass a classifier"
            )
        sure = np.full(rows.size, np.nan)
        if hasattr(model, "predict_proba"):
            sure = np.asarray(model.predict_proba(X), dtype=float).max(axis=1)
        return np.searchsorted(self.classes, said), sure

    def score(self, j: int, scoring: Callable[..., float], y: Any) -> None:
        """Score a fitted candidate by a label-free scorer."""
        try:
            model = self.models[j]
            self.scores[j] = scoring(model, self.X, y, sample_domain=self.domain)
        except Exception as error:
            if j == 0:
                raise
            self._leave_out(j, error)

    def compare(self) -> tuple[HalfPredictions, Evidence]:
        """What the fitted candidates predict, and what it tells of each."""
        fitted = self.fitted()
        found = self.half_predictions(fitted)
        evidence = self._evidence(found, fitted)
        self.agreement[fitted] = _agreement_with_source(found)
        self.accuracy[fitted] = evidence.accuracy
        self.scores[fitted] = evidence.scores
        if self.labelled_rows.size:
            self.label_accuracy[fitted] = evidence.right.mean(axis=0)
        return found, evidence

    def half_predictions(self, fitted: list[int]) -> HalfPredictions:
        """What the two models of each candidate predict."""
        said = [self.said[j] for j in fitted]
        codes, sure = (
            np.array([[own[half][0][part] for own in said] for half in (0, 1)])
            for part in (0, 1)
        )
        n = np.count_nonzero(self.source)
        place = np.cumsum(self.source) - 1  # of a source row among them
        source, source_sure = (
            np.zeros((n, len(said)), dtype=np.int64),
            np.zeros((n, len(said))),
        )
        for half in (0, 1):
            rows = place[self.halves[1 - half]]
            for i, own in enumerate(said):
                source[rows, i], source_sure[rows, i] = own[half][2]
        return HalfPredictions(
            codes.transpose(0, 2, 1),
            source,
            self.source_codes(),
            self.classes.size,
            sure.transpose(0, 2, 1),
            source_sure,
            self.halves[0] is not self.halves[1],
        )

    def _evidence(self, found: HalfPredictions, fitted: list[int]) -> Evidence:
        return weigh_evidence(found, self.adapted[fitted], self._right(fitted))

    def _right(self, fitted: list[int]) -> NDArray[np.float64]:
        """Share of both models of a candidate that predict each known target label."""
        right = np.zeros((self.labelled_rows.size, len(fitted)))
        for i, j in enumerate(fitted):
            for own in self.said[j]:
                right[:, i] += (self.classes[own[1][0]] == self.labels) / 2
        return right

    def seen_with_labels(self, j: int) -> SeenWithLabels:
        """What labelled target rows show of a candidate trained on all labels."""
        others = [self.said[k] for k in self.fitted() if k != j] or [self.said[j]]
        agreeing = []
        for part, rows in enumerate((self.compared_rows, self.labelled_rows)):
            said = self._codes(self.models[j], rows)[0]
            judges = np.array([own[part][0] for two in others for own in two])
            agreeing.append((judges == said).mean(axis=0))
        return SeenWithLabels(
            float(agreeing[0].mean()),
            agreeing[1],
            (self.classes[said] == self.labels).astype(float),
        )

    def doubts(self, found: HalfPredictions) -> Doubts:
        """What agreement cannot tell."""
        if len(self.labels) >= PRIOR_LABELS:  # enough labels can
            return Doubts(np.zeros(found.source.shape[1]), False, False)
        shares = np.bincount(found.labels) / len(found.labels)
        moves = one_sided_moves(found.target, shares)
        return Doubts(*moves, self.classes.size == 2)

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


def _agreement_with_source(found: HalfPredictions) -> NDArray[np.float64]:
    """Share of rows of which each candidate predicts what the source alone does."""
    return (found.target == found.target[:, :, :1]).mean(axis=(0, 1))


class _Watch:
    """Times the fit of a candidate, and keeps its warnings and its error."""

    def __init__(self, runs: CandidateRuns, j: int) -> None:
        self.runs, self.j = runs, j
        self.caught = warnings.catch_warnings(record=True)

    def __enter__(self) -> None:
        self.start = time.perf_counter()
        # each warns of what it is bad at, which matters for the one that is taken
        self.runs.warnings[self.j] = self.caught.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.caught.__exit__(None, None, None)
        seconds = time.perf_counter() - self.start
        self.runs.seconds[self.j] = np.nansum([self.runs.seconds[self.j], seconds])
        if isinstance(error, Exception):
            self.runs.errors[self.j] = error
            return True
        return False
