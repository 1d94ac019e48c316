"""Runs of candidates, as AutoTransferClassifier makes them, and distance of domains."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _num_samples

from sktransfer._core.labels import known_labels
from sktransfer._core.parts import fit_part, takes_domain
from sktransfer.metrics import proxy_a_distance
from sktransfer.text.checks import is_text
from sktransfer.transfer.auto._decision import (
    GUESSING,
    PRIOR_LABELS,
    Standing,
    one_sided,
    standing,
)
from sktransfer.transfer.auto._elimination import FIRST_LOOK, needless
from sktransfer.transfer.auto._step_cache import SharedSteps, share_steps
from sktransfer.transfer.strategies._rows import take_rows

_MAX_ROWS = 2000  # target rows on which candidates are compared
_MAX_DOMAIN_ROWS = 1000  # of each side, to tell the domains apart


class Runs:
    """Candidates of one fit: what became of each, and what it says.

    Parameters
    ----------
    X : array-like, sparse matrix or sequence of texts, of n_samples rows
        Rows of all domains.
    y : ndarray of shape (n_samples,)
        Labels to train on, missing elsewhere.
    d : ndarray of int64 of shape (n_samples,) or None
        Domains.
    source : ndarray of bool of shape (n_samples,)
        Labelled source rows.
    classes : ndarray of shape (n_classes,)
        Sorted classes.
    names : list of str
        Of the candidates, that of the source alone first.
    labels : ndarray of shape (n_known,), default=()
        Those of the labelled target rows, which only compare.
    """

    def __init__(self, X, y, d, source, classes, names, labels=()):
        m = len(names)
        self.labels = labels
        self.X, self.y, self.d, self.source = X, y, d, source
        self.classes, self.names = classes, names
        self.shared = SharedSteps()
        self.models, self.errors = [None] * m, [None] * m
        self.status = ["skipped"] * m
        self.warned = [[] for _ in names]
        self.seconds = np.full(m, np.nan)
        self.scores, self.accuracy, self.agreement, self.label_accuracy = (
            np.full(m, np.nan) for _ in range(4)
        )
        self.ratings: dict[int, NDArray] = {}
        self.said: dict[int, NDArray] = {}

    def race(self, models, *, least, limit=None, eliminate=True):
        """Fit the candidates in turn, but those that the first ones make needless."""
        self.rate(0)
        for j in range(1, len(models)):
            if self.status[j].startswith("eliminated"):
                continue
            if limit is not None and time.perf_counter() > limit:
                continue
            self.run(j, models[j])
            if self.status[j] == "fitted":
                self.rate(j)
            at = self.fitted()
            if eliminate and len(at) == FIRST_LOOK and at[-1] == j:
                found, _ = self._standing(at)
                reasons = needless(
                    found, self._alike(at), at, models, self.names, least
                )
                for k, reason in reasons.items():
                    self.status[k] = f"eliminated: {reason}"

    def run(self, j, model):
        """Fit a candidate."""
        start = time.perf_counter()
        model = share_steps(model, self.shared)
        # each warns of what it is bad at, which matters for the one that is taken
        with warnings.catch_warnings(record=True) as self.warned[j]:
            warnings.simplefilter("always")
            try:
                self.models[j] = self._fit(model)
                self.status[j] = "fitted"
            except Exception as error:
                self.errors[j] = error
        if self.errors[j] is not None:
            self._drop(j, self.errors[j])
        self.seconds[j] = time.perf_counter() - start

    def _fit(self, model):
        if takes_domain(model):
            return fit_part(model, self.X, self.y, self.d)
        rows = np.flatnonzero(self.source)
        return model.fit(take_rows(self.X, rows), known_labels(self.y, self.source))

    def warn(self, j):
        """Repeat the warnings of one candidate."""
        for warned in self.warned[j]:
            warnings.warn_explicit(
                warned.message, warned.category, warned.filename, warned.lineno
            )

    def _drop(self, j, error):
        self.models[j], self.errors[j] = None, error
        self.status[j] = f"{type(error).__name__}: {error}"
        if j:
            warnings.warn(
                f"candidate {self.names[j]!r} failed and is left out: {self.status[j]}",
                UserWarning,
                stacklevel=5,
            )

    def choose_rows(self, known, rng):
        target = np.flatnonzero(self.d < 0)
        self.asked = target
        if target.size > _MAX_ROWS:
            self.asked = np.sort(rng.choice(target, _MAX_ROWS, replace=False))
        self.known = known

    def score(self, j, scoring, y):
        """Ask a scorer about a fitted candidate."""
        try:
            self.scores[j] = scoring(self.models[j], self.X, y, sample_domain=self.d)
        except Exception as error:
            if j == 0:
                raise
            self.scores[j] = np.nan
            self._drop(j, error)

    def rate(self, j):
        """Ask a fitted candidate about target rows."""
        start = time.perf_counter()
        try:
            self.ratings[j] = self._codes(self.models[j], self.asked)
            if self.known.size:
                self.said[j] = self._codes(self.models[j], self.known)
        except Exception as error:
            if j == 0:
                raise
            self._drop(j, error)
        self.seconds[j] += time.perf_counter() - start

    def _codes(self, model, rows):
        said = np.asarray(model.predict(take_rows(self.X, rows)))
        return np.searchsorted(self.classes, said)

    def fitted(self):
        return [j for j in range(len(self.names)) if self.status[j] == "fitted"]

    def _standing(self, at):
        ratings = np.column_stack([self.ratings[j] for j in at])
        return standing(ratings, self.classes.size, self.right(at))

    def _alike(self, at):
        """Agreement with the source alone."""
        return np.array([np.mean(self.ratings[j] == self.ratings[0]) for j in at])

    def agree(self) -> Standing:
        """Compare the fitted candidates by what they say."""
        at = self.fitted()
        found, self.accuracy[at] = self._standing(at)
        self.agreement[at] = self._alike(at)
        self.scores[at] = found.scores
        if self.known.size:
            self.label_accuracy[at] = found.right.mean(axis=0)
        return found

    def doubts(self):
        """What agreement does not settle, as :func:`decide` takes it.

        Labels tell who is right, so with some of them there is no need to ask.
        """
        if len(self.labels) >= PRIOR_LABELS:
            return {}
        found, at = np.zeros(len(self.names), dtype=bool), self.fitted()
        ratings = np.column_stack([self.ratings[j] for j in at])
        labels = known_labels(self.y, self.source)
        shares = np.bincount(np.searchsorted(self.classes, labels)) / len(labels)
        found[at] = one_sided(ratings, shares)
        return {
            "shares_only": found,
            "floor": GUESSING if self.classes.size == 2 else 0.0,
        }

    def right(self, at):
        """Whether candidates know the labels, in the order of the known rows."""
        if not self.known.size:
            return None
        return np.column_stack([self.classes[self.said[j]] == self.labels for j in at])

    def report(self):
        return {
            "candidate": np.array(self.names, dtype=object),
            "status": np.array(self.status, dtype=object),
            "score": self.scores,
            "expected_accuracy": self.accuracy,
            "agreement": self.agreement,
            "label_accuracy": self.label_accuracy,
            "seconds": self.seconds,
            "warnings": np.array(
                ["\n".join(str(w.message) for w in own) for own in self.warned],
                dtype=object,
            ),
        }


def domain_distance(model: Any, X: Any, d: NDArray[np.int64]) -> tuple[float, float]:
    """Distance of the domains by a classifier, and what chance alone gives."""
    if isinstance(X, list | tuple) and not is_text(X):
        X = np.asarray(X)
    sides = []
    for rows in (np.flatnonzero(d > 0), np.flatnonzero(d < 0)):
        if rows.size > _MAX_DOMAIN_ROWS:
            rows = rows[np.linspace(0, rows.size - 1, _MAX_DOMAIN_ROWS).astype(int)]
        sides.append(_features(model, take_rows(X, rows)))
    sizes = [_num_samples(Z) for Z in sides]
    if min(sizes) < 10 or getattr(sides[0], "ndim", 1) != 2:
        return np.nan, 0.0
    telling = LogisticRegression(class_weight="balanced", max_iter=200)
    if not sparse.issparse(sides[0]):
        telling = RandomForestClassifier(
            20, min_samples_leaf=3, class_weight="balanced", random_state=0
        )
    distance = proxy_a_distance(*sides, estimator=telling, cv=3)
    # the distance is 4 recalls - 2, and a recall of one half has this variance
    return distance, 2 * float(np.sqrt(1 / sizes[0] + 1 / sizes[1]))


def _features(model: Any, X: Any) -> Any:
    """Rows as the mapper leaves them; of texts and frames, what the last step takes."""
    mapper = getattr(model, "mapper_", None)
    if mapper is not None:
        return mapper.transform(X)
    last = getattr(model, "estimator_", None)
    raw = is_text(X) or hasattr(X, "iloc")
    if raw and isinstance(last, Pipeline) and len(last.steps) > 1:
        return last[:-1].transform(X)
    return X
