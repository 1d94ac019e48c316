"""Steps that read labels: fitted on the labelled rows, where labels are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator

from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import known_labels, missing_labels
from sktransfer._core.sparse import is_sparse, summed_csr

_STEP_LISTS = ("steps", "transformer_list", "transformers", "transformers_")


class _UnreadLabels:
    """Stands for labels while it is found out whether a step reads any."""

    was_read = False

    def _note(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.was_read = True
        raise TypeError("labels are missing in some rows")

    __array__ = __len__ = __iter__ = __getitem__ = _note

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._note()


class LabelledRowsStep(BaseEstimator):
    """A transformer that is fitted on the labelled rows, if it reads labels at all.

    Whether it does shows when it is fitted: PCA and SelectKBest have the same
    signature, and tags of the same values.
    """

    def __init__(self, step: Any) -> None:
        self.step = step

    def fit(self, X: Any, y: Any = None) -> LabelledRowsStep:
        """Fit the step on all rows, or on those that have a label."""
        rows = ~missing_labels(y)
        if rows.all():
            self.step.fit(X, y)
        elif self._try_without_labels("fit", X)[0]:
            self.step.fit(take_rows(X, rows), known_labels(y, rows))
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit the step, and transform all rows.

        Labelled rows are what ``fit_transform`` of the step makes of them, which for
        a TargetEncoder does not see their own label.
        """
        if not hasattr(self.step, "fit_transform"):
            return self.fit(X, y).transform(X)
        rows = ~missing_labels(y)
        if rows.all():
            Z = self.step.fit_transform(X, y)
            return Z[0] if isinstance(Z, tuple) else Z  # PLS maps labels as well
        reads_labels, Z = self._try_without_labels("fit_transform", X)
        if not reads_labels:
            return Z
        known = self.step.fit_transform(take_rows(X, rows), known_labels(y, rows))
        if isinstance(known, tuple):
            return self.step.transform(X)
        return _joined(known, self.step.transform(take_rows(X, ~rows)), rows)

    def _try_without_labels(self, method: str, X: Any) -> tuple[bool, Any]:
        """Whether the step reads or keeps labels; if not, what the method returns."""
        labels, found = _UnreadLabels(), None
        try:
            found = getattr(self.step, method)(X, labels)
        except Exception:
            if not labels.was_read:
                raise
        kept = any(value is labels for value in vars(self.step).values())
        return labels.was_read or kept, found

    def transform(self, X: Any) -> Any:
        """Transform rows by the step."""
        return self.step.transform(X)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "step" not in vars(self):
            raise AttributeError(name)
        return getattr(self.step, name)

    def __sklearn_tags__(self) -> Any:
        return self.step.__sklearn_tags__()


def _joined(known: Any, others: Any, rows: NDArray[np.bool_]) -> Any:
    """Rows of a mask and the other rows, each in its place."""
    place = np.argsort(np.r_[np.flatnonzero(rows), np.flatnonzero(~rows)])
    if is_sparse(known):
        return summed_csr(sparse.vstack([known, others], format="csr")[place])
    frame = nw.from_native(known, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        both = nw.concat([frame, nw.from_native(others)])
        return take_rows(both.to_native(), place)
    return np.concatenate([known, others])[place]


def bare_step(part: Any) -> Any:
    """The step in a `LabelledRowsStep`; any other part itself."""
    return part.step if isinstance(part, LabelledRowsStep) else part


def _replaced(part: Any, replace: Any) -> None:
    """Replace each step of a Pipeline, FeatureUnion or ColumnTransformer, in place."""
    for name in _step_lists(part):
        steps = [(s[0], replace(s[1]), *s[2:]) for s in getattr(part, name)]
        setattr(part, name, steps)


def _step_lists(part: Any) -> list[str]:
    return [name for name in _STEP_LISTS if name in getattr(part, "__dict__", ())]


def _wrapped(part: Any, takes_domain: Any) -> Any:
    """A part whose steps are wrapped, in place; a transformer without domains too."""
    if _step_lists(part):
        _replaced(part, lambda step: _wrapped(step, takes_domain))
        return part
    plain = hasattr(part, "fit") and hasattr(part, "transform")
    return LabelledRowsStep(part) if plain and not takes_domain(part) else part


def _unwrapped(part: Any) -> Any:
    if isinstance(part, LabelledRowsStep):
        return part.step
    _replaced(part, _unwrapped)
    return part


@contextmanager
def labelled_steps(part: Any, y: Any, takes_domain: Any) -> Iterator[Any]:
    """The part to be fitted, with steps that heed where labels are missing."""
    if y is None:
        yield part
        return
    try:
        yield _wrapped(part, takes_domain)
    finally:
        _unwrapped(part)
