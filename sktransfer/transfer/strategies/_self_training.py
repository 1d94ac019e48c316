"""Self-training: a model's surest predictions become labels of its next round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from sktransfer._core.parts import fit_estimator
from sktransfer.transfer.strategies._distillation import teacher_scores


def margins(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distance of the largest score of each row to the second largest."""
    top = np.sort(scores, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0], dtype=np.float64)


def fit_self_trained(
    estimator: Any,
    Z: Any,
    labelled: NDArray[np.bool_],
    labels: NDArray[Any],
    unlabelled: NDArray[np.bool_],
    weights: NDArray[np.floating] | None,
    n_rounds: int,
) -> tuple[Any, NDArray[np.bool_]]:
    """Fit an estimator, let it label target rows, and fit it again on these as well.

    Round r of R takes the share r / R of the target rows that it is surest of, whatever
    their classes: no share of classes is assumed. Labels are given anew in each round.
    """
    known, candidates = np.flatnonzero(labelled), np.flatnonzero(unlabelled)

    def fitted(rows: NDArray[np.intp], y: NDArray[Any]) -> Any:
        weight = None if weights is None else weights[rows]
        part = Z if rows.size == _num_samples(Z) else _safe_indexing(Z, np.sort(rows))
        order = np.argsort(rows)
        weight = None if weight is None else weight[order]
        return fit_estimator(clone(estimator), part, y[order], weight)

    model, rows = fitted(known, labels), known
    if candidates.size == 0:
        return model, labelled
    others = _safe_indexing(Z, candidates)
    for r in range(1, n_rounds + 1):
        sure = margins(teacher_scores(model, others, model.classes_.size))
        # rows that are as sure as the last one are taken together
        least = np.sort(sure)[candidates.size - -(-candidates.size * r // n_rounds)]
        chosen = sure >= least
        said = model.predict(others)[chosen]
        rows = np.concatenate([known, candidates[chosen]])
        model = fitted(rows, np.concatenate([labels, said.astype(labels.dtype)]))
    taken = np.zeros(labelled.size, dtype=bool)
    taken[rows] = True
    return model, taken
