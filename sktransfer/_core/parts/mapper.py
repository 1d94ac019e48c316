"""Fitting a mapper and checking what it returns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import missing_labels
from sktransfer._core.parts.pipelines import fit_part, map_rows
from sktransfer._core.sparse import is_sparse, summed_csr

N_PROBES = 8


def fit_mapper(mapper: Any, X: Any, y: Any, sample_domain: Any) -> Any:
    """Fit a mapper and map its own rows."""
    name = type(mapper).__name__
    if not hasattr(mapper, "transform"):
        raise TypeError(
            f"mapper must be a transformer (fit and transform); got {name}. "
            "A classifier belongs in estimator=, a weighter in weighter=."
        )
    if hasattr(mapper, "fit_transform"):
        Z = fit_part(mapper, X, y, sample_domain, method="fit_transform")
    else:
        fit_part(mapper, X, y, sample_domain)
        Z = map_rows(mapper, X, sample_domain)
    n = _num_samples(X)
    if np.ndim(Z) != 2 and getattr(Z, "ndim", 0) != 2:
        raise ValueError(
            f"mapper {name} must return a two-dimensional feature matrix; got "
            f"{type(Z).__name__} of shape {getattr(Z, 'shape', '()')}."
        )
    if Z.shape[0] != n:
        raise ValueError(
            f"mapper {name} must return one row per input row, in the same order; got "
            f"{Z.shape[0]} rows for {n}. Steps that drop or add rows cannot be "
            "mappers: filter the data first, or give rows weight 0 by a weighter."
        )
    _check_row_order(mapper, X, Z, y, sample_domain)
    return summed_csr(Z) if is_sparse(Z) else Z


def _check_row_order(mapper: Any, X: Any, Z: Any, y: Any, sample_domain: Any) -> None:
    """Raise if rows come back permuted: labels and weights would go astray."""
    n = _num_samples(X)
    rows = np.arange(n) if sample_domain is None else np.flatnonzero(sample_domain < 0)
    if y is not None:  # in training, a labelled row may be mapped without its label
        unlabelled = missing_labels(y)[rows]
        rows = rows[unlabelled] if unlabelled.any() else rows
    if rows.size == 0:
        return
    rows = rows[np.linspace(0, rows.size - 1, min(N_PROBES, rows.size)).astype(int)]
    # one at a time: a mapper that sorts would sort the probes as well
    probes = [map_rows(mapper, take_rows(X, [i]), None) for i in rows]
    Z = getattr(Z, "to_numpy", lambda: Z)()
    misplaced = 0
    for i, probe in zip(rows, probes):
        probe = getattr(probe, "to_numpy", lambda p=probe: p)()
        if probe.shape != (1, Z.shape[1]):
            return  # not comparable: the estimator's own checks speak
        where, distance = pairwise_distances_argmin_min(probe, Z)
        own = pairwise_distances_argmin_min(probe, Z[[i]])[1][0]
        scale = 1e-4 * (1e-12 + float(np.sqrt(abs(probe).max())))
        misplaced += own > scale >= distance[0] and where[0] != i
    if misplaced == rows.size or misplaced > N_PROBES // 2:
        raise ValueError(
            f"mapper {type(mapper).__name__} returned its rows in another order than "
            f"it got them ({misplaced} of {rows.size} probed rows stand elsewhere), so "
            "labels and weights would no longer belong to their rows. Keep the order "
            "of the input in fit_transform and transform."
        )
