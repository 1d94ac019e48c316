"""How well a classifier tells the domains apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import take_rows
from sktransfer._core.sparse import is_sparse
from sktransfer.metrics import proxy_a_distance
from sktransfer.text.checks import is_text

MAX_ROWS = 1000  # of each side


def domain_distance(model: Any, X: Any, d: NDArray[np.int64]) -> tuple[float, float]:
    """Distance of the domains by a classifier, and what chance alone gives."""
    if isinstance(X, list | tuple) and not is_text(X):
        X = np.asarray(X)
    sides = []
    for rows in (np.flatnonzero(d > 0), np.flatnonzero(d < 0)):
        if rows.size > MAX_ROWS:
            rows = rows[np.linspace(0, rows.size - 1, MAX_ROWS).astype(int)]
        sides.append(_comparable_features(model, take_rows(X, rows)))
    sizes = [_num_samples(Z) for Z in sides]
    if min(sizes) < 10 or getattr(sides[0], "ndim", 1) != 2:
        return np.nan, 0.0
    classifier: Any = LogisticRegression(class_weight="balanced", max_iter=200)
    if not is_sparse(sides[0]):
        classifier = RandomForestClassifier(
            20, min_samples_leaf=3, class_weight="balanced", random_state=0
        )
    distance = proxy_a_distance(*sides, estimator=classifier, cv=3)
    # the distance is 4 recalls - 2, and a recall of one half has this variance
    return distance, 2 * float(np.sqrt(1 / sizes[0] + 1 / sizes[1]))


def _comparable_features(model: Any, X: Any) -> Any:
    """Rows as the mapper maps them; texts and frames as the last step gets them."""
    mapper = getattr(model, "mapper_", None)
    if mapper is not None:
        return mapper.transform(X)
    last = getattr(model, "estimator_", None)
    raw = is_text(X) or hasattr(X, "iloc")
    if raw and isinstance(last, Pipeline) and len(last.steps) > 1:
        return last[:-1].transform(X)
    return X
