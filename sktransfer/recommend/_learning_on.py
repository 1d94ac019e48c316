"""Recommenders that learn on: from further rows, or from a later log."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils.metaestimators import available_if

from sktransfer._core.logs.appending import (
    append_log,
    columns_of_later,
    with_other_users,
)
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import events_of
from sktransfer._core.parameters import check_parameters
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._logs import finite_half_life, refuse_half_life


class RowsSoFar(NamedTuple):
    """What was learned from: rows of matrices, and weights where they are not 1."""

    X: Any = None  # where the log has them, or they are not kept
    sample_weight: NDArray[np.floating] | None = None


def _knows_its_rows(model: Any) -> bool:
    """Whether what was learned from, if anything, can be continued."""
    rows = model._rows
    if rows is None or rows.X is not None or hasattr(model, "log_"):
        return True
    raise AttributeError(
        f"fit of {type(model).__name__} keeps no rows of a matrix, which partial_fit "
        "needs. Begin with partial_fit, or fit to Interactions."
    )


class LearningOn(BaseRecommender):
    """Recommenders with `partial_fit`.

    The rows that the first call gets are kept, in the log or as a matrix, so that those
    of returning users can be continued. `_learn_on` is given all of them; what it
    learns by default is what `fit` learns.
    """

    _rows: Any = None  # RowsSoFar; None before the first call

    @available_if(_knows_its_rows)
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from more rows: new users, and by a later log new items as well.

        The first call is `fit`. From Interactions, `fit` may come first, too.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
            A matrix: interactions of more users, in the columns of the first call. A
            log: what has happened since. Users that the log of `fit` has are found by
            their ids, and their rows continued; others become further rows, unknown
            items further columns. Of a pair with several ratings the later call counts;
            where ratings age, the newest by time. Further markets are sources, unless
            the later log names them as its `target`, or neither log names any.
        y : object, default=None
            Not learned from.
        sample_weight : array-like of shape (n_rows,), default=None
            Non-negative weights of the rows. None: 1, and of a returning user the
            weight that her row has; else the new weight counts for all of her row.

        Returns
        -------
        self : estimator
            The recommender.

        Raises
        ------
        ValueError
            If a matrix has other columns, or follows a log, or a log a matrix.
        AttributeError
            After `fit` to a matrix, of which no rows are kept: there is no
            `partial_fit` then.
        """
        return self._partial_fit(X, y, sample_weight)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        check_parameters(self)
        if self._rows is None:
            X, w = self._fit(X, y, sample_weight)
            if not hasattr(self, "log_"):
                self._rows = RowsSoFar(self._own_rows(X), w)
            return self
        if not isinstance(X, Interactions):
            sequences = self._log_of_sequences(X)
            if isinstance(sequences, Interactions) and hasattr(self, "log_"):
                X = with_other_users(sequences, self.log_)
        if isinstance(X, Interactions) != hasattr(self, "log_"):
            raise ValueError(self._other_form(X))
        learned = dict(self.__dict__)
        try:
            if isinstance(X, Interactions):
                self._learn_from_log(X, sample_weight)
            else:
                self._learn_from_matrix(X, sample_weight)
        except BaseException:  # the model stays as it was
            self.__dict__.clear()
            self.__dict__.update(learned)
            raise
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, NDArray[Any]]:
        self._rows = None
        X, w = super()._fit(X, y, sample_weight)
        self._rows = _of_log(w) if hasattr(self, "log_") else RowsSoFar()
        return X, w

    def _other_form(self, X: Any) -> str:
        name = type(self).__name__
        if isinstance(X, Interactions):
            return (
                f"{name} was fitted to a matrix, whose columns have no ids; got "
                "Interactions. Pass a matrix, or begin with Interactions."
            )
        return (
            f"{name} was fitted to Interactions, whose users have ids; got a matrix. "
            "Pass Interactions.from_frame(...) of the new rows."
        )

    def _learn_from_log(self, later: Interactions, sample_weight: Any) -> None:
        """Continue the log of `fit`, and learn from all of it."""
        if later.shape == (0, 0):
            return
        known, before = self._log_to_keep(self.log_), self._rows.sample_weight
        later = self._log_to_keep(later)
        if finite_half_life(self) is not None and events_of(known).when is None:
            refuse_half_life(self, "fit kept no times; it needs half_life as well.")
        log, rows = append_log(known, later)
        w = np.ones(len(log))
        w[: len(known)] = 1 if before is None else before
        if sample_weight is not None:
            w[rows] = self._row_weights(later.matrix, sample_weight)
        X = self._validate_interactions(log, reset=True)
        self.log_ = log
        weights = self._row_weights(X, w)
        self._rows = _of_log(weights)
        self._learn_on(X, weights, columns_of_later(log, later))

    def _learn_from_matrix(self, X: Any, sample_weight: Any) -> None:
        """Add rows to those of the first call, and learn from all of them."""
        X = self._validate_interactions(X, reset=False)
        w = self._row_weights(X, sample_weight)
        own = self._own_rows(X)
        joined = self._stacked([self._rows.X, own])
        before = self._rows.sample_weight
        w = np.r_[before, w.astype(before.dtype, copy=False)]
        self._rows = RowsSoFar(joined, w)
        self._learn_on(joined, w, np.unique(own.nonzero()[1]))

    def _learn_on(
        self, X: Any, sample_weight: NDArray[np.floating], items: NDArray[np.int64]
    ) -> None:
        """Learn from all rows; items: columns that the new rows hold."""
        self.fit_interactions(X, sample_weight)

    def _own_rows(self, X: Any) -> Any:
        """Rows in a form that can be kept and stacked."""
        return sparse.csr_array(X, copy=True)

    def _stacked(self, parts: list[Any]) -> Any:
        dtype = parts[0].dtype
        parts = [part.astype(dtype, copy=False) for part in parts]
        return sparse.csr_array(sparse.vstack(parts, format="csr"))

    @property
    def exact_partial_fit_(self) -> bool:
        """Whether `partial_fit` on parts equals `fit` on all rows."""
        return True


def _of_log(w: NDArray[np.floating]) -> RowsSoFar:
    return RowsSoFar(None, None if (w == 1).all() else w)
