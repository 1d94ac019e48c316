"""Ridge regression towards given weights, from moments alone."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import validate_rows
from sktransfer._core.labels import complete_values
from sktransfer._core.parameters import integer, number
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.weights import check_sample_weight
from sktransfer.moments import PairMoments
from sktransfer.moments.by_domain import check_state, warn_of_noise


def biased_ridge(
    gram: NDArray[np.float64],
    cross: NDArray[np.float64],
    prior: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    r"""Weights nearest to given ones that explain the products of the columns.

    .. math:: \min_B \|Y - XB\|^2 + \lambda \|B - B_0\|^2, \qquad
              B = B_0 + (X^\top X + \lambda I)^{-1} (X^\top Y - X^\top X B_0).
    """
    right = cross - gram @ prior
    if strength > 0:
        A = np.array(gram)
        A.flat[:: A.shape[0] + 1] += strength
        try:
            return prior + linalg.solve(A, right, assume_a="pos", check_finite=False)
        except np.linalg.LinAlgError:
            pass  # no digits are left of the strength: as with 0
    return prior + linalg.lstsq(gram, right, check_finite=False)[0]


class MomentRidge(GivenParameters, BaseEstimator):
    """Base of ridge regression and classification from moments.

    A subclass names options of the validation of y in ``_y_options``, and defines
    ``_one_dimensional(n_outputs)``: whether weights are a vector.
    """

    coef_: NDArray[np.float64]
    intercept_: Any
    _y_options: ClassVar[dict[str, Any]]
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "strength": [number(0)],
        "fit_intercept": ["boolean"],
        "max_features": [integer(1)],
    }

    def __init__(
        self,
        prior: Any = None,
        *,
        strength: float = 1.0,
        fit_intercept: bool = True,
        max_features: int = 4096,
    ) -> None:
        self.prior = prior
        self.strength = strength
        self.fit_intercept = fit_intercept
        self.max_features = max_features

    def _check_rows(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        y = None if y is None else complete_values(y)
        X, y = validate_rows(self, X, y, reset=reset, **self._y_options)
        self._check_width(X.shape[1])
        return X, y

    def _check_width(self, n_features: int) -> None:
        if n_features > self.max_features:
            raise ValueError(
                f"{type(self).__name__} holds a matrix of n_features x n_features; got "
                f"{n_features} columns, more than max_features={self.max_features}. "
                "Reduce them first (TruncatedSVD, SelectKBest), or use Ridge or "
                "TransferRegressor, which take wide sparse rows."
            )

    def _update(self, X: Any, Y: NDArray[Any], sample_weight: Any) -> None:
        w = check_sample_weight(sample_weight, X, dtype=np.float64)
        state = getattr(self, "state_", None)
        if state is None:
            state = PairMoments.empty((X.shape[1], Y.shape[1]))
        self._solve(state.update(X, Y, sample_weight=w))

    def _fit_from_state(self, state: Any, n_outputs: int | None) -> None:
        """Fit from a state of another estimator."""
        name = type(self).__name__
        check_state(state, PairMoments, name)
        if state.weight == 0:
            raise ValueError(f"{name} needs rows; the state holds none.")
        if n_outputs not in (None, state.n_right):
            raise ValueError(
                f"{name} needs a state with {n_outputs} columns for the classes, as "
                f"state_ of {name} with the same classes has; got {state.n_right}."
            )
        self._check_width(state.n_left)
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = state.n_left
        self._solve(state)
        if self.prior is not None:  # else there is nothing to be worse than
            warn_of_noise(state, name, stacklevel=4)

    def _solve(self, state: Any) -> None:
        """Weights from the moments; kept only if they can be computed."""
        n, m = state.n_left, state.n_right
        prior, offset = self._prior(n, m)
        products = state.scatter if self.fit_intercept else state.gram()
        coef = biased_ridge(products[:n, :n], products[:n, n:], prior, self.strength)
        intercept = offset
        if self.fit_intercept:
            means = state.means()
            intercept = means[1] - means[0] @ coef
        self.state_ = state
        self.coef_ = coef.T
        self.intercept_ = np.asarray(intercept, dtype=np.float64)
        if self._one_dimensional(m):
            self.coef_, self.intercept_ = coef[:, 0], float(self.intercept_[0])

    def _prior(
        self, n_features: int, n_outputs: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Given weights of shape (n_features, n_outputs), and given intercepts."""
        offset = np.zeros(n_outputs)
        if self.prior is None:
            return np.zeros((n_features, n_outputs)), offset
        coef = self.prior
        if hasattr(self.prior, "coef_"):
            coef = self.prior.coef_
            offset = offset + np.ravel(self.prior.intercept_)
        coef = np.asarray(coef, dtype=np.float64)
        coef = coef.reshape(1, -1) if coef.ndim == 1 else coef
        if coef.shape != (n_outputs, n_features) or not np.isfinite(coef).all():
            raise ValueError(
                f"prior must be finite weights of shape ({n_outputs}, {n_features}), "
                "outputs by columns, or a fitted linear model that has them as coef_; "
                f"got shape {coef.shape}."
            )
        return coef.T, offset

    def _scores(self, X: Any) -> NDArray[np.floating]:
        check_is_fitted(self, "state_")
        X = validate_rows(self, X, reset=False)
        b = np.asarray(self.intercept_, dtype=X.dtype)
        return X @ self.coef_.T.astype(X.dtype) + b

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
