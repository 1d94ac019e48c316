"""Mappers that read moments of each domain instead of its rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.parameters import check_parameters
from sktransfer.adaptation._base import DomainMapper
from sktransfer.adaptation._diagnostics import ClassShift
from sktransfer.moments import MomentState
from sktransfer.moments.by_domain import (
    check_domain_states,
    target_state,
    update_by_domain,
    warn_of_noise,
)


class MomentMapper(DomainMapper):
    """Mapper that is a function of the moments of each domain.

    A subclass names the kind of its states in ``_kind``. It defines ``_read_state()``,
    which sets what `apply_map` uses from ``state_``, and, where the maths cannot hold
    any number of columns, ``_check_columns(n_features)``.
    """

    __metadata_request__partial_fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _kind: ClassVar[type[MomentState]]
    _reads_labels: ClassVar[bool] = True  # in `fit`, for ``class_shift_``

    def partial_fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Self:
        """Update the moments with a chunk of rows, and what is read off them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of any domains; one side may be missing.
        y : None
            Ignored.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. Given for all chunks
            or for none.

        Returns
        -------
        self : MomentMapper
            The estimator, as if fitted on all chunks so far.
        """
        check_parameters(self)
        held = getattr(self, "state_", {})
        X = self._validate_rows(X, reset=not held)
        self._update(held, X, check_sample_domain(sample_domain, X.shape[0]))
        return self

    def fit_from_state(self, states: Mapping[int, Any]) -> Self:
        """Fit from moments that were computed elsewhere.

        Chunks of a file, blocks of a cluster or parties that may not share rows each
        make a state for each of their domains; merged by domain they give what `fit`
        gives on all rows.

        Parameters
        ----------
        states : mapping of int to state
            State of each domain by its signed number, as ``state_`` of another
            estimator; key 0 alone: source and target at once. All over the same
            columns.

        Returns
        -------
        self : MomentMapper
            The fitted estimator; `partial_fit` goes on from here where the states are
            not noisy.

        Raises
        ------
        ValueError
            If a state is of another kind, states have other columns, or one side has
            no rows.

        Warns
        -----
        UserWarning
            If states are so noisy that adapting with them is likely worse than not, see
            :func:`~sktransfer.privacy.noise_gate`.
        """
        states = check_domain_states(states, self._kind, type(self).__name__)
        n_features = next(iter(states.values())).n_features
        check_parameters(self)
        self._check_columns(n_features)
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = n_features
        if self._reads_labels:
            self.class_shift_: ClassShift | None = None  # states hold no labels
        self.state_: dict[int, Any] = states
        self._read_state()
        warn_of_noise(states, type(self).__name__)
        return self

    def _target_state(self) -> Any:
        return target_state(self.state_)

    def _update(
        self,
        states: Mapping[int, Any],
        X: Any,
        sample_domain: NDArray[np.int64] | None,
    ) -> None:
        """Add rows to the states of their domains."""
        self._check_columns(X.shape[1])
        self.state_ = update_by_domain(states, X, sample_domain, self._kind)
        self._read_state()

    def _check_columns(self, n_features: int) -> None:
        """Refuse more columns than the maths can hold."""

    @abstractmethod
    def _read_state(self) -> None:
        """Set what `apply_map` uses from ``state_``."""
