"""Fitting an estimator with weights, and the features it has seen."""

from __future__ import annotations

import inspect
from typing import Any

from numpy.linalg import LinAlgError
from sklearn import config_context
from sklearn.pipeline import Pipeline

from sktransfer._core.parts.pipelines import _steps


def fit_estimator(
    estimator: Any, Z: Any, y: Any, sample_weight: Any, *, every_step: bool = False
) -> Any:
    """Fit the base estimator, with weights unless they are None."""
    if sample_weight is None:
        return _fit(estimator, Z, y)
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
        return _fit(estimator, Z, y, **weights)


def _fit(estimator: Any, Z: Any, y: Any, **weights: Any) -> Any:
    """Fit; where the solver meets infinity, say what to do."""
    try:
        return estimator.fit(Z, y, **weights)
    except ValueError as error:
        if not isinstance(error, LinAlgError) and "infs or NaNs" not in str(error):
            raise
        raise ValueError(
            f"{type(estimator).__name__} finds no solution: sums over the features "
            "overflow, or features depend on each other. Divide the features by a "
            "number first, or give the estimator a penalty."
        ) from error


def copy_features(part: Any, model: Any) -> None:
    """Copy number and names of features from the first part of a transfer estimator."""
    for name in ("n_features_in_", "feature_names_in_"):
        model.__dict__.pop(name, None)  # of an earlier fit
        if hasattr(part, name):
            setattr(model, name, getattr(part, name))
