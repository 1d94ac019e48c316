"""Printing of estimators whose parameters may be whole dictionaries."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Set
from typing import Any

MOST_ENTRIES = 100  # scikit-learn shows 30 of a list, and 700 characters in all
_PRINTER = "sklearn.utils._pprint"
_PAGE = "_get_params_html"


def printed_params(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters, those of many entries cut short where scikit-learn prints.

    It prints each entry before it cuts what is too long: minutes for the vectors of
    100,000 words. All that it asks of an estimator is `get_params`, also where the
    estimator is a step of a Pipeline or in a search.
    """
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_name == "get_params":
        frame = frame.f_back
    if frame is None or (
        frame.f_globals.get("__name__") != _PRINTER and frame.f_code.co_name != _PAGE
    ):
        return params
    return {k: _Long(v) if has_many_entries(v) else v for k, v in params.items()}


def has_many_entries(value: Any) -> bool:
    """Whether containers hold more entries than are worth printing, nested ones too."""
    left, count = [value], 0
    while left and count <= MOST_ENTRIES:
        value = left.pop()
        if isinstance(value, str | bytes):
            count += len(value) // MOST_ENTRIES
        elif isinstance(value, Mapping | Set | list | tuple):
            count += len(value)
            if count <= MOST_ENTRIES:
                left += value.values() if isinstance(value, Mapping) else value
    return count > MOST_ENTRIES


class _Long:
    """Stands for a value in print."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        kind = type(self.value).__name__
        return f"<{kind} of length {len(self.value)}>"
