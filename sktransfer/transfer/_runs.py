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
from sktransfer._core.texts import is_text
from sktransfer.metrics import proxy_a_distance
from sktransfer.transfer._classifier import _rows
from sktransfer.transfer._decision import agreed_gains
from sktransfer.transfer._parts import _fit, takes_domain
from sktransfer.transfer._shared import SharedSteps, share_steps

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
    """

    def __init__(self, X, y, d, source, classes, names):
        m = len(names)
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

    def run(self, j, model):
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
            return _fit(model, "fit", self.X, self.y, self.d)
        rows = np.flatnonzero(self.source)
        return model.fit(_rows(self.X, rows), known_labels(self.y, self.source))

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
        said = np.asarray(model.predict(_rows(self.X, rows)))
        return np.searchsorted(self.classes, said)

    def fitted(self):
        return [j for j in range(len(self.names)) if self.status[j] == "fitted"]

    def agree(self):
        at = self.fitted()
        ratings = np.column_stack([self.ratings[j] for j in at])
        self.accuracy[at], _ = agreed_gains(ratings, self.classes.size)
        self.agreement[at] = (ratings == ratings[:, [0]]).mean(axis=0)
        self.scores[at] = self.accuracy[at]

    def right(self, labels):
        """Whether each candidate knows the labels, in the order of the known rows."""
        columns = [self.classes[self.said[j]] == labels for j in self.fitted()]
        return np.column_stack(columns)

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
    """Distance of the domains by a classifier, and what chance alone gives.

    Parameters
    ----------
    model : TransferClassifier
        The source alone, fitted; what its mapper makes of the rows is compared.
    X : array-like, sparse matrix or sequence of texts, of n_samples rows
        Rows of all domains.
    d : ndarray of int64 of shape (n_samples,)
        Domains.

    Returns
    -------
    distance : float
        The proxy A-distance, NaN where it cannot be told.
    noise : float
        Two standard errors where the domains are the same.
    """
    if isinstance(X, list | tuple) and not is_text(X):
        X = np.asarray(X)
    sides = []
    for rows in (np.flatnonzero(d > 0), np.flatnonzero(d < 0)):
        if rows.size > _MAX_DOMAIN_ROWS:
            rows = rows[np.linspace(0, rows.size - 1, _MAX_DOMAIN_ROWS).astype(int)]
        sides.append(_features(model, _rows(X, rows)))
    sizes = [_num_samples(Z) for Z in sides]
    if min(sizes) < 10 or getattr(sides[0], "ndim", 1) != 2:
        return np.nan, 0.0
    telling = LogisticRegression(class_weight="balanced", max_iter=200)
    if not sparse.issparse(sides[0]):
        telling = RandomForestClassifier(
            50, min_samples_leaf=3, class_weight="balanced", random_state=0
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
