"""What the mappers share that read moments of each domain instead of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from sktransfer.adaptation._base import DomainMapper
from sktransfer.moments import MomentState
from sktransfer.moments.by_domain import (
    check_domain_states,
    target_state,
    update_by_domain,
    warn_of_noise,
)


class MomentMapper(DomainMapper):
    """Mapper that is a function of the moments of each domain.

    A subclass names the kind of its states in ``_kind`` and defines ``_check(X,
    sample_domain, reset=)``, which validates rows, ``_check_settings(n_features)``,
    which validates parameters, and ``_read_state()``, which sets what `transform` uses
    from ``state_``.
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
        X, d = self._check(X, sample_domain, reset=not hasattr(self, "state_"))
        self.state_ = update_by_domain(getattr(self, "state_", {}), X, d, self._kind)
        self._read_state()
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
        self._check_settings(n_features)
        vars(self).pop("feature_names_in_", None)
        self.n_features_in_ = n_features
        if self._reads_labels:
            self.class_shift_ = None  # states hold none
        self.state_ = states
        self._read_state()
        warn_of_noise(states, type(self).__name__)
        return self

    def _target_state(self) -> Any:
        return target_state(self.state_)

    def _check_settings(self, n_features: int) -> None:
        """Validate parameters, and that the maths can hold so many columns."""
