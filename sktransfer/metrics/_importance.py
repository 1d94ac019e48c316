"""Weights of held-out source rows that make them stand for the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer._core.cross_fit import cross_fit
from sktransfer._core.domains import DomainMasks
from sktransfer._core.labels import label_array, mask_labels
from sktransfer._core.parts import fit_weights, last_step
from sktransfer.metrics._scorer import TargetScorer, features_of, labelled_source_rows

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
    weights = fit_weights(weighter, Z, y, d)[d > 0].astype(np.float64)
    if not weights.any():
        raise ValueError(
            f"weighter {type(last_step(weighter)).__name__} must give some source row "
            f"a weight; got zero for all {weights.size} of them."
        )
    return weights


class ImportanceScorer(TargetScorer):
    """Scorer by source rows, weighted to stand for the target."""

    weighter: Any
    features: Any

    def _weighted_rows(
        self, estimator: Any, X: Any, y: Any, d: NDArray[np.int64], masks: DomainMasks
    ) -> tuple[NDArray[np.bool_], NDArray[Any], NDArray[np.float64]]:
        """Mask of the labelled source rows, their labels and their weights."""
        rows, labels = labelled_source_rows(y, masks, self._name)
        Z = features_of(estimator, X, d, self.features)
        weights = source_weights(self.weighter, Z, d, mask_labels(label_array(y), rows))
        return rows, labels, weights[rows[masks.source]]
