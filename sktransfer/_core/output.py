"""What transformers return where frames are asked for by `set_output`."""

from __future__ import annotations

from functools import wraps
from typing import Any, TypeVar

from sklearn.utils._set_output import _wrap_data_with_container

from sktransfer._core.sparse import is_sparse

T = TypeVar("T", bound=type)


def sparse_stays_sparse(transformer: T) -> T:
    """Class decorator: sparse rows are returned as they are, dense ones as frames.

    scikit-learn raises for sparse rows, and one setting for a whole program would make
    every transformer of texts fail. Its own vectorizers return them, too.
    """
    for name in ("transform", "fit_transform"):
        if hasattr(transformer.__dict__.get(name), "__wrapped__"):
            setattr(transformer, name, _framed(transformer.__dict__[name].__wrapped__))
    return transformer


def _framed(method: Any) -> Any:
    @wraps(method)
    def transform(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        Z = method(self, X, *args, **kwargs)
        if is_sparse(Z):
            return Z
        return _wrap_data_with_container("transform", Z, X, self)

    return transform
