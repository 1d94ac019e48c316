"""What transformers return where frames are asked for by `set_output`."""

from __future__ import annotations

from functools import wraps
from typing import Any, TypeVar

from sklearn.utils._set_output import _wrap_data_with_container

from sktransfer._core.sparse import is_sparse

T = TypeVar("T", bound=type)


def sparse_stays_sparse(transformer: T) -> T:
    """Class decorator: a setting for the whole program leaves sparse rows as they are.

    scikit-learn's own vectorizers do so, too. Where frames are asked of the transformer
    itself, by `set_output`, sparse rows are an error.
    """
    for name in ("transform", "fit_transform"):
        if hasattr(transformer.__dict__.get(name), "__wrapped__"):
            setattr(transformer, name, _framed(transformer.__dict__[name].__wrapped__))
    return transformer


def _framed(method: Any) -> Any:
    @wraps(method)
    def transform(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        Z = method(self, X, *args, **kwargs)
        asked = "transform" in getattr(self, "_sklearn_output_config", {})
        if is_sparse(Z) and not asked:
            return Z
        return _wrap_data_with_container("transform", Z, X, self)

    return transform
