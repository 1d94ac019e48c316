"""Items of the target market, and those of them that may be recommended."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import nonzero_entries
from sktransfer.recommend._allowed_items import item_ids


def items_taken(X: Any, rows: NDArray[np.bool_], name: str) -> NDArray[np.bool_]:
    """Items with an interaction in some rows, those of the target."""
    taken = np.zeros(X.shape[1], dtype=bool)
    taken[nonzero_entries(X[rows])[1]] = True
    if not taken.any():
        raise ValueError(
            f"{name} needs interactions of the target market to fit; got "
            f"{int(rows.sum())} target row(s) (negative sample_domain, weight above 0) "
            "without any. Add target users, or fit the estimator on the source rows "
            "alone."
        )
    return taken


def check_catalogue(catalogue: Any, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Validate the items that may be recommended, as a mask."""
    if isinstance(catalogue, str):
        return taken if catalogue == "target" else np.ones_like(taken)
    items = item_ids(catalogue)
    if items.dtype.kind == "b" and items.shape == taken.shape and items.any():
        return items.copy()
    are_ids = items.ndim == 1 and items.size > 0 and items.dtype.kind in "iu"
    if not are_ids or items.min() < 0 or items.max() >= taken.size:
        raise ValueError(
            'catalogue must be "target", "all", a boolean mask of shape '
            f"({taken.size},) or an array of item ids from 0 to {taken.size - 1}, "
            f"with an item at least; got shape {items.shape}, dtype {items.dtype}."
        )
    mask = np.zeros_like(taken)
    mask[items] = True
    return mask
