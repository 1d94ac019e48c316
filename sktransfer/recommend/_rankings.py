"""Rankings as recommend returns them, validated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def items_and_scores(name: str, ranking: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Item ids and scores of a ranking, validated."""
    remedy = "Pass what recommend(X, k) returns."
    if not isinstance(ranking, (tuple, list)) or len(ranking) != 2:
        raise ValueError(
            f"{name} must be a pair of items and scores; got {type(ranking).__name__}. "
            f"{remedy}"
        )
    items, scores = _as_table(ranking[0]), _as_table(ranking[1])
    if items is None or (items.dtype.kind not in "iu" and items.size):
        raise ValueError(
            f"The items of {name} must be integers of shape (n_rows, k), -1 for none; "
            f"got {_shape_and_dtype(ranking[0])}. {remedy}"
        )
    if scores is None or scores.dtype.kind not in "iuf" or scores.shape != items.shape:
        raise ValueError(
            f"The scores of {name} must be numbers of shape {items.shape}, as the "
            f"items; got {_shape_and_dtype(ranking[1])}. {remedy}"
        )
    twice = ranked_again(items)
    if twice.size:
        raise ValueError(
            f"The items of {name} must be ranked once in each row; got item {twice[0]} "
            f"twice. {remedy}"
        )
    return np.maximum(items.astype(np.int64, copy=False), -1), scores


def ranked_again(items: NDArray[np.integer]) -> NDArray[np.integer]:
    """Items that are more than once in a row, which has -1 for none."""
    ordered = np.sort(items, axis=1)
    again = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    return ordered[:, 1:][again]


def _as_table(values: Any) -> NDArray[Any] | None:
    """Values as a two-dimensional array; None if they are not of that shape."""
    try:
        table = np.asarray(values)
    except ValueError:  # rows of several lengths
        return None
    return table if table.ndim == 2 else None


def _shape_and_dtype(values: Any) -> str:
    """Shape and dtype of values, for messages."""
    try:
        array = np.asarray(values)
    except ValueError:
        return "rows of several lengths"
    return f"shape {array.shape}, dtype {array.dtype}"
