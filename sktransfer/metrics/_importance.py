"""Weights of held-out source rows that make them stand for the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer._core.cross_fit import cross_fit

N_FOLDS = 5


def density_ratio(Z: Any, d: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Ratio of the densities, target over source, at each source row.

    :math:`\frac{n_s}{n_t} \frac{p(t \mid x)}{p(s \mid x)}` by logistic regression that
    was not fitted to the row (five folds).
    """
    target = (d < 0).astype(int)
    sizes = np.bincount(target, minlength=2)
    folds = min(N_FOLDS, *sizes)
    if folds < 2:
        raise ValueError(
            "density ratios need two rows of each domain at least; got "
            f"{sizes[0]} source and {sizes[1]} target rows in the test fold. Use "
            "fewer folds."
        )
    model = LogisticRegression(max_iter=1000)
    if not sparse.issparse(Z):
        model = make_pipeline(StandardScaler(), model)
    cv = StratifiedKFold(folds, shuffle=True, random_state=0)
    fold = np.empty(target.size, dtype=np.intp)
    for k, (_, held) in enumerate(cv.split(target, target)):
        fold[held] = k
    P, _ = cross_fit(model, Z, target, fold)
    p = np.clip(P[target == 0, 1], 1e-6, 1 - 1e-6)
    return sizes[0] / sizes[1] * p / (1 - p)


def source_weights(
    weighter: Any, Z: Any, d: NDArray[np.int64], y: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Weights of the source rows by a weighter, or by `density_ratio`."""
    if weighter is None:
        return density_ratio(Z, d)
    weighter = clone(weighter)
    last = weighter
    if isinstance(weighter, Pipeline):
        last = weighter.steps[-1][1]
        Z = weighter[:-1].fit_transform(Z)
    if not hasattr(last, "fit"):
        raise TypeError(
            "weighter must be an estimator with weights_ after fit, such as those of "
            f"sktransfer.weighting; got {type(last).__name__}."
        )
    last.fit(Z, y, sample_domain=d)
    weights = np.asarray(last.weights_, dtype=np.float64)[d > 0]
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise ValueError(
            f"weighter {type(last).__name__} must give finite weights, none negative "
            f"and not all zero; got {weights.min()} to {weights.max()}."
        )
    return weights
