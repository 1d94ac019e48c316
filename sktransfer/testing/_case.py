"""Rows that laws are tried on, and how an estimator is fitted to them and asked."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing, get_tags

from sktransfer.testing._checks import as_array, require_estimator


class Rows(NamedTuple):
    """Rows, their labels and their domains."""

    X: Any
    y: Any
    sample_domain: Any

    def take(self, rows: Any) -> Rows:
        """Some rows, in the order of their numbers."""
        return Rows(*(None if v is None else _safe_indexing(v, rows) for v in self))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0] if hasattr(self.X, "shape") else len(self.X))

    @property
    def is_table(self) -> bool:
        """Whether X is an array or sparse matrix of numbers."""
        return getattr(self.X, "ndim", 0) == 2

    def dense_table(self) -> Any:
        """X as an array."""
        return as_array(self.X)


def takes(estimator: Any, method: str, name: str) -> bool:
    """Whether a method exists and takes an argument of this name."""
    function = getattr(estimator, method, None)
    return function is not None and name in signature(function).parameters


@dataclass(frozen=True)
class Case:
    """Rows, and how an estimator of a kind is fitted to them and asked."""

    rows: Rows
    tolerance: float = 1e-4
    answers: ClassVar[str] = "answers"  # what `answer` returns, in messages
    float32_tolerance: ClassVar[float] = 0.01

    def model(self, estimator: Any) -> Any:
        """An unfitted model with a copy of the estimator, random states fixed."""
        return seeded(clone(estimator))

    def fit_model(self, model: Any, rows: Rows) -> Any:
        """The model itself, fitted."""
        return model.fit(rows.X, rows.y, sample_domain=rows.sample_domain)

    def answer(self, model: Any, rows: Rows) -> Any:
        """What the fitted model gives for each row."""
        raise NotImplementedError

    def as_float32(self, rows: Rows) -> Rows:
        """Rows of single precision."""
        return rows._replace(X=rows.X.astype(np.float32))

    def fit(self, estimator: Any, rows: Rows) -> Any:
        """A fitted model."""
        return self.fit_model(self.model(estimator), rows)

    def fitted_answer(self, estimator: Any, rows: Rows) -> Any:
        """What a model gives for the rows that it is fitted to."""
        return self.answer(self.fit(estimator, rows), rows)


def seeded(estimator: Any) -> Any:
    """The estimator with every open random_state set to 0."""
    open_states = {
        name: 0
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**open_states)


def given_rows(estimator: Any, data: tuple[Any, Any, Any] | None) -> Rows:
    """The rows that the caller gives, or made-up ones."""
    if data is not None:
        return Rows(*data)
    require_estimator(estimator)
    if not get_tags(estimator).input_tags.two_d_array:
        raise ValueError(
            f"{type(estimator).__name__} takes no table of numbers (its input tag "
            "two_d_array is False), so the checks cannot make up rows for it. Pass "
            "data=(X, y, sample_domain)."
        )
    return made_up_rows()


def made_up_rows(n_source: int = 60, n_target: int = 50) -> Rows:
    """Numbers of 0 and more, more of the last column in the target, and labels."""
    rng = np.random.default_rng(0)
    rate = np.full((n_source + n_target, 5), 2.0)
    rate[n_source:, -1] = 3.5
    X = rng.poisson(rate) + rng.uniform(size=rate.shape)
    X[X < 1] = 0
    X[4] = 0
    y = np.where(X[:, 0] > 2.4, "good", "bad")
    return Rows(X, y, np.repeat([1, -1], [n_source, n_target]))
