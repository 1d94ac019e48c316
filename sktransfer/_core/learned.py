"""Attributes that an estimator has learned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def learning(estimator: Any) -> Iterator[None]:
    """Forget what an earlier fit has learned, and note what is learned within."""
    noted = vars(estimator).get("_learned", ())
    for name in list(vars(estimator)):
        of_columns = name in ("n_features_in_", "feature_names_in_")
        if name in noted or (name.endswith("_") and not of_columns):
            delattr(estimator, name)
    before = {"_learned", *vars(estimator)}
    try:
        yield
    finally:
        estimator._learned = tuple(sorted(set(vars(estimator)) - before))
