"""Regression of the weights on kernel features, for rows that were not matched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from sktransfer._core.nystroem import NystroemMap

_STRENGTHS = np.logspace(-8, 1, 28)


def ridge_by_cross_validation(
    gram: NDArray[np.float64], inner: NDArray[np.float64], square: float, n: float
) -> NDArray[np.float64]:
    r"""Ridge regression whose strength has the least generalised cross-validation.

    Minimises :math:`|y - Z\theta|^2 + \alpha |\theta|^2` for each of a range of
    :math:`\alpha` and takes the one with the least :math:`n |y - Z\theta|^2 / (n -
    \mathrm{tr}\,H)^2` (Golub, Heath and Wahba 1979), where :math:`H = Z
    (Z^\top Z + \alpha I)^{-1} Z^\top`.
    """
    scale = float(np.trace(gram))
    if not scale > np.finfo(np.float64).tiny:
        return np.zeros_like(inner)
    values, V = eigh(gram / scale, driver="evd")
    values = np.maximum(values, 0)
    c = V.T @ (inner / np.sqrt(scale))
    least, best = np.inf, np.zeros_like(inner)
    for alpha in values[-1] * _STRENGTHS[::-1]:  # the strongest first: it wins ties
        inverse = 1 / (values + alpha)
        left = square - float(c**2 @ ((values + 2 * alpha) * inverse**2))
        free = n - float(values @ inverse)
        score = max(left, 0.0) / free**2 if free > 1e-6 * n else np.inf
        if score < least:
            least, best = score, V @ (c * inverse)
    return best / np.sqrt(scale)


@dataclass(frozen=True)
class WeightRegression:
    """Weights of any rows: a clipped ridge regression on features of a kernel.

    Parameters
    ----------
    features : NystroemMap
        Maps rows to features.
    coef : ndarray of shape (n_features_out,)
        Coefficients of the features.
    intercept : float
        What is added.
    upper : float
        Largest weight.
    """

    features: NystroemMap
    coef: NDArray[np.float64]
    intercept: float
    upper: float

    @classmethod
    def fit(
        cls,
        features: NystroemMap,
        X: Any,
        rows: NDArray[np.intp],
        weights: NDArray[Any],
        *,
        upper: float,
        fit_intercept: bool,
    ) -> WeightRegression:
        """Regress weights on the features of their rows."""
        y = weights[rows].astype(np.float64)
        n, m = rows.size, features.basis.shape[1]
        gram, inner, total = features.moments(X, rows, y)
        mean, level = total / n, float(y.mean())
        if fit_intercept:
            gram -= n * np.outer(mean, mean)
            inner -= n * level * mean
            square, free = float(((y - level) ** 2).sum()), n - 1
        else:
            square, free = float(y @ y), n
        coef = np.zeros(m)
        if free > 0:
            coef = ridge_by_cross_validation(gram, inner, square, free)
        intercept = level - float(mean @ coef) if fit_intercept else 0.0
        function = cls(features, coef, intercept, upper)
        # the penalty has lowered the mean, or the bound at 0 has raised it
        share = np.clip(float(function(X[rows]).mean()) / level, 0.5, 2) if level else 1
        return cls(features, coef / share, intercept / share, upper)

    def __call__(self, X: Any) -> NDArray[np.float64]:
        """Weights of rows."""
        values = self.features.product(X, self.coef) + self.intercept
        return np.clip(values, 0, self.upper, out=values)
