"""Domains of rows on their way to each step of a part that takes them.

A step of a Pipeline gets ``sample_domain`` by its name. FeatureUnion and
ColumnTransformer know no such names: they get it by scikit-learn's metadata routing,
switched on for the length of the call and in this thread only. A step whose method
does not name ``sample_domain`` never gets it.
"""

from __future__ import annotations

import inspect
from typing import Any

from sklearn import config_context
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags

from sktransfer._core.parts.labelled import labelled_steps
from sktransfer._core.sparse import is_sparse, summed_csr


def _steps(part: Any) -> list[tuple[str, Any]]:
    """Named estimators inside a Pipeline, FeatureUnion or ColumnTransformer."""
    for attribute in ("steps", "transformer_list", "transformers"):
        if hasattr(part, attribute):
            return [s[:2] for s in getattr(part, attribute) if hasattr(s[1], "fit")]
    return []


def last_step(part: Any) -> Any:
    """The last step of a Pipeline, nested ones opened; any other part itself."""
    while isinstance(part, Pipeline):
        part = part.steps[-1][1]
    return part


def takes_domain(part: Any, method: str = "fit") -> bool:
    """Whether a method of a part, or of a step of it, takes ``sample_domain``."""
    if steps := _steps(part):
        return any(takes_domain(step, method) for _, step in steps)
    function = getattr(part, method, None)
    return function is not None and (
        "sample_domain" in inspect.signature(function).parameters
    )


def reads_texts(part: Any) -> bool:
    """Whether a part takes a sequence of texts, by its input tags; none does not."""
    if isinstance(part, Pipeline):
        return bool(part.steps) and reads_texts(part.steps[0][1])
    if isinstance(part, FeatureUnion):
        return any(reads_texts(step) for _, step in _steps(part))
    if not hasattr(part, "__sklearn_tags__"):
        return False
    tags = get_tags(part).input_tags
    return tags.string and not tags.two_d_array


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


def fit_part(
    part: Any, X: Any, y: Any, sample_domain: Any, *, method: str = "fit"
) -> Any:
    """Call ``fit`` or ``fit_transform`` of a part with the domain where it is taken.

    A step without domains that reads labels sees the labelled rows alone.
    """
    with labelled_steps(part, y, takes_domain) as wrapped:
        found = _fit_with_domain(wrapped, X, y, sample_domain, method)
    return part if method == "fit" else found


def _fit_with_domain(part: Any, X: Any, y: Any, sample_domain: Any, method: str) -> Any:
    function = getattr(part, method)
    if sample_domain is None or not takes_domain(part):
        return function(X, y)
    if _needs_routing(part):
        with config_context(enable_metadata_routing=True):
            return function(X, y, sample_domain=sample_domain)
    with config_context(enable_metadata_routing=False):
        return function(X, y, **_named_domains(part, sample_domain))


def call_part(part: Any, method: str, X: Any, sample_domain: Any) -> Any:
    """Call a method of a fitted part on rows, with the domain where it is taken."""
    function = getattr(part, method)
    if sample_domain is None or not takes_domain(part, method):
        return function(X)
    if _needs_routing(part):
        with config_context(enable_metadata_routing=True):
            return function(X, sample_domain=sample_domain)
    return function(X, sample_domain=sample_domain)


def map_rows(mapper: Any, X: Any, sample_domain: Any) -> Any:
    """Transform rows with a fitted mapper, each by its own domain."""
    if mapper is None or mapper == "passthrough":
        return X
    by_step = sample_domain is not None and isinstance(mapper, Pipeline)
    if by_step and takes_domain(mapper, "transform"):
        for _, step in mapper.steps:
            X = map_rows(step, X, sample_domain)
        return X
    Z = call_part(mapper, "transform", X, sample_domain)
    return summed_csr(Z) if is_sparse(Z) else Z


def open_pipeline(estimator: Any, X: Any, sample_domain: Any) -> tuple[Any, Any]:
    """The last step of a fitted Pipeline or search, and the rows as it gets them."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    while isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            X = map_rows(step, X, sample_domain)
        estimator = estimator.steps[-1][1]
        estimator = getattr(estimator, "best_estimator_", estimator)
    return estimator, X
