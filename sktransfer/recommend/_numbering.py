"""Columns that are raw ids of items, and numbers of places beyond the catalogue."""

from __future__ import annotations

import warnings
from typing import Any

from sktransfer._core.parameters import check_value, integer

_FEW_COLUMNS = 100_000
_MOST_EMPTY_COLUMNS = 10_000_000
_MOST_PLACES = 10_000


def check_numbering(n_items: int, n_entries: int, name: str) -> None:
    """Say so where nearly all columns are empty, as where they are raw ids."""
    if n_items <= _FEW_COLUMNS or 100 * n_entries >= n_items:
        return
    message = (
        f"{name} got {n_items} columns of items for {n_entries} interactions; it seems "
        "that raw ids of items are used as columns. Number the items from 0 on: "
        "ids, columns = numpy.unique(raw_ids, return_inverse=True)."
    )
    if n_items > _MOST_EMPTY_COLUMNS:
        raise ValueError(message)
    warnings.warn(message, UserWarning, stacklevel=6)


def check_places(k: Any, n_items: int) -> int:
    """Validate the number of items to rank: few of the places may be left empty."""
    check_value("k", k, integer(1))
    most = max(n_items, _MOST_PLACES)
    if k > most:
        raise ValueError(
            f"k must be at most {most}; got {k}, where X has {n_items} items. Pass "
            f"k={n_items} to rank all of them."
        )
    return int(k)
