"""How a transfer estimator drives the parts that it owns: mapper, weighter, estimator.

Weights and domains have no channel through a Pipeline, so they are handed over here.
Composite parts (Pipeline, FeatureUnion, ColumnTransformer) get ``sample_domain`` by
scikit-learn's metadata routing, switched on for the length of the call and in this
thread only: a step that takes it has requested it, any other step never sees it.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import _num_samples

N_PROBES = 8


def takes(part: Any, method: str, name: str) -> bool:
    """Whether a part asks for a piece of metadata in a method.

    Parameters
    ----------
    part : estimator
        Mapper or weighter; may be a Pipeline.
    method : str
        "fit", "fit_transform" or "transform".
    name : str
        Name of the metadata, such as "sample_domain".

    Returns
    -------
    taken : bool
        True if the part, or a step of it, has requested the metadata.
    """
    return bool(get_routing_for_object(part).consumes(method, {name}))


def _call(part: Any, method: str, *args: Any, sample_domain: Any) -> Any:
    with config_context(enable_metadata_routing=True):
        domain = {}
        if sample_domain is not None and takes(part, method, "sample_domain"):
            domain["sample_domain"] = sample_domain
        return getattr(part, method)(*args, **domain)


def map_rows(mapper: Any, X: Any, sample_domain: Any) -> Any:
    """Transform rows with a fitted mapper, each by its own domain.

    Parameters
    ----------
    mapper : transformer
        Fitted.
    X : array-like or sequence of texts
        Rows.
    sample_domain : ndarray of shape (n_samples,) or None
        None: target rows.

    Returns
    -------
    Z : array-like or sparse matrix of shape (n_samples, n_features)
        Mapped rows.
    """
    return _call(mapper, "transform", X, sample_domain=sample_domain)


def fit_mapper(mapper: Any, X: Any, y: Any, sample_domain: Any) -> Any:
    """Fit a mapper and map its own rows.

    Parameters
    ----------
    mapper : transformer
        An unfitted clone; it is fitted in place.
    X : array-like or sequence of texts
        Rows of all domains.
    y : ndarray of shape (n_samples,)
        Labels; missing where they may not be seen.
    sample_domain : ndarray of shape (n_samples,) or None
        Domain of each row.

    Returns
    -------
    Z : array-like or sparse matrix of shape (n_samples, n_features)
        Mapped rows, in the order of ``X``.
    """
    name = type(mapper).__name__
    if not hasattr(mapper, "transform"):
        raise TypeError(
            f"mapper must be a transformer (fit and transform); got {name}. "
            "A classifier belongs in estimator=, a weighter in weighter=."
        )
    if hasattr(mapper, "fit_transform"):
        Z = _call(mapper, "fit_transform", X, y, sample_domain=sample_domain)
    else:
        _call(mapper, "fit", X, y, sample_domain=sample_domain)
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
    _check_order(mapper, X, Z, sample_domain)
    return Z


def _check_order(mapper: Any, X: Any, Z: Any, sample_domain: Any) -> None:
    """Raise if rows come back permuted: labels and weights would go astray."""
    n = _num_samples(X)
    rows = np.arange(n) if sample_domain is None else np.flatnonzero(sample_domain < 0)
    if rows.size == 0:
        return
    rows = rows[np.linspace(0, rows.size - 1, min(N_PROBES, rows.size)).astype(int)]
    # one at a time: a mapper that sorts would sort the probes as well
    probes = [map_rows(mapper, _safe_indexing(X, [i]), None) for i in rows]
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


def fit_weights(
    weighter: Any, Z: Any, y: Any, sample_domain: Any
) -> NDArray[np.floating]:
    """Fit a weighter and read the weight of each row.

    Parameters
    ----------
    weighter : estimator
        An unfitted clone with ``weights_`` after ``fit``, or a Pipeline that ends in
        one; it is fitted in place.
    Z : array-like or sparse matrix of shape (n_samples, n_features)
        Mapped rows of all domains.
    y : ndarray of shape (n_samples,)
        Labels; missing where they may not be seen.
    sample_domain : ndarray of shape (n_samples,) or None
        Domain of each row.

    Returns
    -------
    weights : ndarray of shape (n_samples,)
        Finite, not negative, not all zero.
    """
    _call(weighter, "fit", Z, y, sample_domain=sample_domain)
    last = weighter.steps[-1][1] if isinstance(weighter, Pipeline) else weighter
    name, n = type(last).__name__, _num_samples(Z)
    if not hasattr(last, "weights_"):
        raise TypeError(
            f"weighter must set weights_ in fit, one weight per row; {name} does not. "
            "Use a weighter of sktransfer.weighting, alone or as the last step of a "
            "Pipeline."
        )
    weights = np.asarray(last.weights_)
    if weights.shape != (n,):
        raise ValueError(
            f"weighter {name} must give one weight per row; got shape "
            f"{weights.shape} for {n} rows."
        )
    if not np.all(np.isfinite(weights)) or np.any(weights < 0) or not weights.any():
        raise ValueError(
            f"weighter {name} must give finite weights, none negative and not all "
            f"zero; got minimum {weights.min()} and maximum {weights.max()}."
        )
    return weights


def fit_estimator(estimator: Any, Z: Any, y: Any, sample_weight: Any) -> Any:
    """Fit the base estimator, with weights where there are any.

    Parameters
    ----------
    estimator : estimator
        An unfitted clone; it is fitted in place. May be a Pipeline.
    Z : array-like or sparse matrix of shape (n_samples, n_features)
        Labelled rows.
    y : ndarray of shape (n_samples,)
        Their labels.
    sample_weight : ndarray of shape (n_samples,) or None
        Their weights.

    Returns
    -------
    estimator : estimator
        The same object, fitted.
    """
    if sample_weight is None:
        return estimator.fit(Z, y)
    final, prefix, name = estimator, "", "sample_weight"
    while isinstance(final, Pipeline):
        prefix += f"{final.steps[-1][0]}__"
        final = final.steps[-1][1]
    parameters = inspect.signature(final.fit).parameters
    if name not in parameters and not any(
        p.kind is p.VAR_KEYWORD for p in parameters.values()
    ):
        raise TypeError(
            f"{type(final).__name__} cannot be weighted: its fit takes no "
            "sample_weight, and dropping the weights would undo the transfer. Use an "
            "estimator that takes them (LogisticRegression, LinearSVC, "
            "HistGradientBoostingClassifier, ...), or leave out weighter, "
            "target_weight and sample_weight."
        )
    # Without routing, the prefix sends the weights to the last step and to no other;
    # with it, each step that could take weights would have to be asked.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(Z, y, **{prefix + name: sample_weight})
