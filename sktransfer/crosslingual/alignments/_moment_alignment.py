"""Alignments that are a function of the moments of paired rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if

from sktransfer._core.linalg import unit_rows
from sktransfer._core.parameters import check_parameters
from sktransfer.crosslingual.alignments._base import Alignment
from sktransfer.moments import PairMoments
from sktransfer.moments.by_domain import check_state

# what the moments of the rows, or of the rows at unit length, can do
FROM_MOMENTS = ((), ("unit",), ("center",), ("unit", "center"))


def _is_fitted_by_moments(alignment: MomentAlignment) -> bool:
    try:
        alignment._moment_steps()
    except ValueError as error:
        raise AttributeError(str(error)) from None
    return True


class MomentAlignment(Alignment):
    """Base of alignments that need the products of the columns only, not the rows.

    A subclass writes ``_fit_products(source, target, cross)``.
    """

    @available_if(_is_fitted_by_moments)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Update the moments with more pairs, and the maps.

        Available if no step of ``normalize`` needs all rows at once: "center" may only
        be the last step.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Source vectors.
        y : array-like of shape (n_pairs, n_target_features) or (n_pairs,)
            Target vectors; row i means the same as row i of X.
        sample_weight : array-like of shape (n_pairs,), default=None
            Weights of the pairs. None: all 1.

        Returns
        -------
        self : MomentAlignment
            As if fitted on all pairs so far.
        """
        check_parameters(self)
        steps = self._moment_steps()
        state = getattr(self, "state_", None)
        if state is None:
            sources, targets, w = self._check_pairs(X, y, sample_weight)
            state = PairMoments.empty((sources.shape[1], targets.shape[1]))
        else:
            sources, targets, w = self._check_pairs(X, y, sample_weight, reset=False)
        if "unit" in steps:
            sources, targets = unit_rows(sources), unit_rows(targets)
        self._read_state(state.update(sources, targets, sample_weight=w))
        return self

    def fit_from_state(self, state: Any) -> Self:
        """Fit from the moments of pairs that were read elsewhere.

        Parameters
        ----------
        state : PairMoments
            Of the source rows and the target rows, each scaled to length 1 where
            ``normalize`` begins with "unit"; such as ``state_`` of another estimator,
            or several of them merged.

        Returns
        -------
        self : MomentAlignment
            The fitted estimator; `partial_fit` goes on from here.

        Raises
        ------
        ValueError
            If it is another kind of state, lacks parts or has no rows, or ``normalize``
            has a step that needs the rows: "center" may only come last.
        """
        check_parameters(self)
        self._moment_steps()
        check_state(state, PairMoments, type(self).__name__)
        if getattr(state, "parts", "all") != "all":
            raise ValueError(
                f"{type(self).__name__} reads all products of the pairs; got a release "
                f'with parts={state.parts!r}. Release parts="all".'
            )
        if state.weight == 0:
            raise ValueError(
                f"{type(self).__name__} needs pairs; the state holds no rows."
            )
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = state.n_left
        self._read_state(state)
        return self

    def _read_state(self, state: Any) -> None:
        self.state_ = state
        self.n_target_features_in_ = state.n_right
        n = state.n_left
        if "center" in self._moment_steps():
            products = state.scatter
            means = state.means()
            self.source_means_, self.target_means_ = ([np.array(m)] for m in means)
        else:
            products = state.gram()
            self.source_means_, self.target_means_ = [], []
        products = products / state.weight
        self._fit_products(products[:n, :n], products[n:, n:], products[:n, n:])

    def _moment_steps(self) -> tuple[str, ...]:
        self._check_normalize()
        steps = tuple(self.normalize or ())
        if steps not in FROM_MOMENTS:
            raise ValueError(
                f"{type(self).__name__} can be fitted from moments with normalize="
                'None, ("unit",), ("center",) or ("unit", "center"): other steps need '
                f"all rows at once; got normalize={self.normalize!r}."
            )
        return steps
