"""Alignments as parts of others: any estimator that has the methods of one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sktransfer._core.linalg import unit_rows


def require_alignment(alignment: Any, name: str) -> None:
    """Raise unless an object has the methods of an alignment."""
    methods = ("fit", "transform", "get_params")
    lacks = [m for m in methods if not callable(getattr(alignment, m, None))]
    if lacks or isinstance(alignment, type):
        what = f", which lacks {', '.join(lacks)}" if lacks else ""
        raise TypeError(
            f"{name} must be an alignment: an estimator with fit(X, Y) and "
            "transform(X, Y), such as Procrustes() or a subclass of "
            f"sktransfer.crosslingual.Alignment; got {alignment!r:.200}{what}."
        )


def fit_alignment(
    alignment: Any, X: NDArray[Any], Y: NDArray[Any], name: str
) -> tuple[Any, NDArray[Any], NDArray[Any]]:
    """Fit a clone of an alignment; return it, and the mapped pairs of unit length."""
    require_alignment(alignment, name)
    fitted = clone(alignment)
    if hasattr(fitted, "set_output"):
        fitted.set_output(transform="default")
    fitted.fit(X, Y)
    n = X.shape[1]
    source = map_side(fitted, X, "source", n)
    return fitted, unit_rows(source), unit_rows(map_side(fitted, Y, "target", n))


def map_both(
    alignment: Any, X: NDArray[Any], Y: NDArray[Any]
) -> list[NDArray[np.float32]]:
    """Map rows of both sides by a fitted alignment, to unit length."""
    mapped = alignment.transform(X, Y)
    if not isinstance(mapped, tuple | list) or len(mapped) != 2:
        raise TypeError(
            f"transform(X, Y) of the alignment {alignment!r:.200} must return two "
            f"arrays, both sides in the common space; got {type(mapped).__name__}."
        )
    return [unit_rows(np.asarray(Z, dtype=np.float32)) for Z in mapped]


def map_side(
    alignment: Any, rows: NDArray[Any], side: str, n_source_features: int
) -> NDArray[Any]:
    """Map validated rows of one side by a fitted alignment."""
    if hasattr(alignment, "map_rows"):
        return alignment.map_rows(rows, side)
    if side == "source":
        return np.asarray(alignment.transform(rows))
    # transform takes both sides: a row of zeros stands for the source
    zeros = np.zeros((1, n_source_features), dtype=rows.dtype)
    return np.asarray(alignment.transform(zeros, rows)[1])
