"""Finding the public estimators of the package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
)

__all__ = ["all_estimators"]

_PACKAGE = "sktransfer"


def _takes(cls: type, method: str, *names: str) -> bool:
    """Whether a method takes arguments of these names."""
    function = getattr(cls, method, None)
    return callable(function) and (
        set(names) <= set(inspect.signature(function).parameters)
    )


def _is_mapper(cls: type) -> bool:
    return hasattr(cls, "transform") and _takes(cls, "fit", "sample_domain")


def _is_weighter(cls: type) -> bool:
    answers = ("transform", "predict", "recommend")
    return _takes(cls, "fit", "sample_domain") and not any(
        hasattr(cls, name) for name in answers
    )


def _is_recommender(cls: type) -> bool:
    return hasattr(cls, "recommend")


def _is_alignment(cls: type) -> bool:
    return _takes(cls, "transform", "X", "y") and hasattr(cls, "translate")


def _is_word_space(cls: type) -> bool:
    return _takes(cls, "fit", "source", "target", "links")


_CAPABILITIES: dict[str, Callable[[type], bool]] = {
    "alignment": _is_alignment,
    "classifier": lambda cls: issubclass(cls, ClassifierMixin),
    "mapper": _is_mapper,
    "recommender": _is_recommender,
    "regressor": lambda cls: issubclass(cls, RegressorMixin),
    "strategy": lambda cls: hasattr(cls, "fit_model"),
    "transformer": lambda cls: issubclass(cls, TransformerMixin),
    "weighter": _is_weighter,
    "word_space": _is_word_space,
}


def all_estimators(
    type_filter: str | list[str] | None = None,
) -> list[tuple[str, type[BaseEstimator]]]:
    """Find all public estimators of the package.

    The modules of the package are imported one by one, and the classes in their
    ``__all__`` looked at. Base classes (:mod:`sktransfer.base`) are left out.

    Parameters
    ----------
    type_filter : str or list of str, default=None
        Keep estimators that can do one of these, told by their methods:

        - "weighter": ``fit`` takes `sample_domain`, and there is no ``transform``,
          ``predict`` or ``recommend``;
        - "mapper": ``transform``, and a ``fit`` that takes `sample_domain`;
        - "recommender": ``recommend``;
        - "strategy": ``fit_model``;
        - "alignment": ``transform`` of two sides, and ``translate``;
        - "word_space": ``fit`` of two corpora and their dictionary;
        - "classifier", "regressor", "transformer": the mixin of scikit-learn.

        None keeps all.

    Returns
    -------
    estimators : list of tuple (str, class)
        Names and classes, sorted by name.

    Raises
    ------
    ValueError
        If a type is not one of these.

    Examples
    --------
    >>> from sktransfer.utils.discovery import all_estimators
    >>> [name for name, _ in all_estimators("regressor")]
    ['AutoTransferRegressor', 'BiasedRidge', 'TransferRegressor']
    """
    asked = [type_filter] if isinstance(type_filter, str) else type_filter
    unknown = sorted(set(asked or ()) - set(_CAPABILITIES))
    if unknown:
        raise ValueError(
            f"type_filter must be None or among {sorted(_CAPABILITIES)}; got {unknown}."
        )
    base = importlib.import_module(f"{_PACKAGE}.base")
    bases = {getattr(base, name) for name in base.__all__}
    found = {
        cls.__name__: cls
        for cls in _public_classes()
        if issubclass(cls, BaseEstimator) and cls not in bases
    }
    return [
        (name, cls)
        for name, cls in sorted(found.items())
        if asked is None or any(_CAPABILITIES[kind](cls) for kind in asked)
    ]


def _public_classes() -> Iterator[Any]:
    """Classes that public modules list in ``__all__``."""
    package = importlib.import_module(_PACKAGE)
    for info in pkgutil.walk_packages(package.__path__, f"{_PACKAGE}."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value):
                yield value
