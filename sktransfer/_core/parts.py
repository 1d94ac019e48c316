"""How a transfer estimator drives the parts that it owns: mapper, weighter, estimator.

Weights and domains have no channel through a Pipeline, so they are handed over here:
to a step of a Pipeline under its name, and inside FeatureUnion and ColumnTransformer,
which know no such names, by scikit-learn's metadata routing, switched on for the length
of the call and in this thread only. A step that does not take the domain never sees it.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

N_PROBES = 8


def _steps(part: Any) -> list[tuple[str, Any]]:
    """Named estimators inside a Pipeline, FeatureUnion or ColumnTransformer."""
    for attribute in ("steps", "transformer_list", "transformers"):
        if hasattr(part, attribute):
            return [s[:2] for s in getattr(part, attribute) if hasattr(s[1], "fit")]
    return []


def takes_domain(part: Any, method: str = "fit") -> bool:
    """Whether a part, or a step of it, takes ``sample_domain``."""
    if steps := _steps(part):
        return any(takes_domain(step, method) for _, step in steps)
    function = getattr(part, method, None)
    return function is not None and (
        "sample_domain" in inspect.signature(function).parameters
    )


def _needs_routing(part: Any) -> bool:
    if isinstance(part, Pipeline):
        return any(_needs_routing(step) for _, step in part.steps)
    return bool(_steps(part)) and takes_domain(part)


def _named_domains(part: Any, sample_domain: Any, prefix: str = "") -> dict[str, Any]:
    """Keyword arguments that bring the domain to each step that takes it."""
    if isinstance(part, Pipeline):
        found: dict[str, Any] = {}
        for name, step in _steps(part):
            found |= _named_domains(step, sample_domain, f"{prefix}{name}__")
        return found
    return {f"{prefix}sample_domain": sample_domain} if takes_domain(part) else {}


def _fit(part: Any, method: str, X: Any, y: Any, sample_domain: Any) -> Any:
    """Call fit or fit_transform of a part with the domain where it is taken."""
    function = getattr(part, method)
    if sample_domain is None or not takes_domain(part):
        return function(X, y)
    if _needs_routing(part):
        with config_context(enable_metadata_routing=True):
            return function(X, y, sample_domain=sample_domain)
    with config_context(enable_metadata_routing=False):
        return function(X, y, **_named_domains(part, sample_domain))


def map_rows(mapper: Any, X: Any, sample_domain: Any) -> Any:
    """Transform rows with a fitted mapper, each by its own domain."""
    if sample_domain is None or not takes_domain(mapper, "transform"):
        return mapper.transform(X)
    if isinstance(mapper, Pipeline):
        for _, step in _steps(mapper):
            X = map_rows(step, X, sample_domain)
        return X
    if _needs_routing(mapper):
        with config_context(enable_metadata_routing=True):
            return mapper.transform(X, sample_domain=sample_domain)
    return mapper.transform(X, sample_domain=sample_domain)


def fit_mapper(mapper: Any, X: Any, y: Any, sample_domain: Any) -> Any:
    """Fit a mapper and map its own rows."""
    name = type(mapper).__name__
    if not hasattr(mapper, "transform"):
        raise TypeError(
            f"mapper must be a transformer (fit and transform); got {name}. "
            "A classifier belongs in estimator=, a weighter in weighter=."
        )
    if hasattr(mapper, "fit_transform"):
        Z = _fit(mapper, "fit_transform", X, y, sample_domain)
    else:
        _fit(mapper, "fit", X, y, sample_domain)
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
    """Fit a weighter and read the weight of each row."""
    _fit(weighter, "fit", Z, y, sample_domain)
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


def fit_estimator(
    estimator: Any, Z: Any, y: Any, sample_weight: Any, *, every_step: bool = False
) -> Any:
    """Fit the base estimator, with weights where there are any."""
    if sample_weight is None:
        return estimator.fit(Z, y)
    final, prefix, name = estimator, "", "sample_weight"
    weighted = []
    while isinstance(final, Pipeline):
        if every_step:
            weighted += [
                f"{prefix}{step}__{name}"
                for step, part in _steps(final)
                if part is not final.steps[-1][1]
                and name in inspect.signature(part.fit).parameters
            ]
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
    weights = dict.fromkeys([*weighted, prefix + name], sample_weight)
    # Without routing, the prefix sends the weights to the last step and to no other;
    # with it, each step that could take weights would have to be asked.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(Z, y, **weights)


def copy_features(part: Any, model: Any) -> None:
    """Let a transfer estimator know the features that its first part has seen."""
    for name in ("n_features_in_", "feature_names_in_"):
        model.__dict__.pop(name, None)  # of an earlier fit
        if hasattr(part, name):
            setattr(model, name, getattr(part, name))


def sliceable(X: Any) -> Any:
    """Rows that can be taken by their numbers."""
    if sparse.issparse(X) and X.format not in ("csr", "csc"):
        return X.tocsr()
    return X
