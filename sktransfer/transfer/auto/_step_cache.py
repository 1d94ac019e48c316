"""Steps that several candidates have in common are fitted once."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import joblib
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
)
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer._core.parts import bare_step
from sktransfer.embedding import TableVectorizer
from sktransfer.text import ScriptNgramCounter

# they learn the same from the same rows, whatever the labels
_LABEL_FREE = (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    ScriptNgramCounter,
    TruncatedSVD,
    StandardScaler,
    TableVectorizer,
)
_LAST = "cached_to_here"


class StepCache:
    """A ``memory`` of Pipelines that fits equal steps once, and pickles empty.

    Copies of it are the same object, so that clones of several Pipelines share it.
    """

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}

    def cache(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """Return the function with a memory."""

        def cached(transformer: Any, X: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
            # other arguments differ by Pipeline, not by result: messages, callbacks
            known = [kwargs.get("weight"), kwargs.get("params")]
            labels = None if ignores_labels(transformer) else y
            try:
                key = joblib.hash((bare_step(transformer), X, labels, args, known))
            except (pickle.PicklingError, TypeError, AttributeError):
                return function(transformer, X, y, *args, **kwargs)
            if key not in self.results:
                Z, fitted = function(transformer, X, y, *args, **kwargs)
                self._remember(fitted)
                self.results[key] = Z, fitted
            # a later step may write into its input
            Z, fitted = self.results[key]
            return _copy(Z), fitted

        return cached

    def _remember(self, fitted: Any) -> None:
        """Let a fitted transformer keep what it makes of rows that it meets again."""
        fitted = bare_step(fitted)
        transform = fitted.transform
        known: dict[str, Any] = {}

        @functools.wraps(transform)
        def remembered(X: Any, *args: Any, **kwargs: Any) -> Any:
            key = joblib.hash((X, args, kwargs))
            if key not in known:
                known[key] = transform(X, *args, **kwargs)
            return _copy(known[key])

        fitted.transform = remembered

    def __deepcopy__(self, memo: dict[int, Any]) -> StepCache:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return StepCache, ()


def _copy(Z: Any) -> Any:
    return Z.copy() if hasattr(Z, "copy") else copy.copy(Z)


def ignores_labels(transformer: Any) -> bool:
    """Whether a transformer is known to learn from rows alone."""
    transformer = bare_step(transformer)
    if isinstance(transformer, Pipeline):
        return all(ignores_labels(step) for _, step in transformer.steps)
    if isinstance(transformer, FeatureUnion):
        return all(ignores_labels(step) for _, step in transformer.transformer_list)
    return isinstance(transformer, _LABEL_FREE)


def use_step_cache(estimator: BaseEstimator, cache: StepCache) -> BaseEstimator:
    """Clone an estimator whose Pipelines are to share their steps."""
    estimator = clone(estimator)
    for part in list(estimator.get_params(deep=True).values()):
        if isinstance(part, Pipeline) and part.memory is None:
            part.memory = cache
    mapper = getattr(estimator, "mapper", None)
    if isinstance(mapper, Pipeline) and mapper.memory is cache:
        mapper.steps = [*mapper.steps, (_LAST, "passthrough")]
    return estimator


def drop_step_cache(estimator: BaseEstimator) -> BaseEstimator:
    """Undo :func:`use_step_cache` in a fitted estimator, in place."""
    seen, left = set(), [estimator]
    while left:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, BaseEstimator):
            vars(part).pop("transform", None)  # a remembered one
        if isinstance(part, Pipeline):
            if isinstance(part.memory, StepCache):
                part.memory = None
            part.steps = [s for s in part.steps if s[0] != _LAST]
            left += [s for _, s in part.steps]
        elif isinstance(part, FeatureUnion):
            left += [s for _, s in part.transformer_list]
        elif isinstance(part, BaseEstimator):
            left += vars(part).values()
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list | tuple):
            left += part
    return estimator
