"""Sums of no rows: float64, or exact with its limits."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from sktransfer._core.parameters import check_value, integer
from sktransfer.moments.clip import Block
from sktransfer.moments.exact_sums import MOST_BITS, ExactSums

_ARITHMETIC = ("float64", "exact")


def empty_sums(
    n_features: int,
    ndim: int,
    float_sums: type,
    *,
    arithmetic: str,
    bound: float | None,
    bits: int,
    norms: list[tuple[int, float]] | None,
    max_weight: int,
) -> Any:
    """Sums of no rows, after a look at the settings."""
    if arithmetic not in _ARITHMETIC:
        raise ValueError(
            f"arithmetic must be one of {_ARITHMETIC}; got {arithmetic!r}."
        )
    if arithmetic == "float64":
        for name, value in {"bound": bound, "row_norm": norms}.items():
            if value is not None:
                raise ValueError(
                    f'{name} is for arithmetic="exact" alone; got '
                    f'{value!r} with arithmetic="float64".'
                )
        return float_sums.empty(n_features, ndim)
    check_value("bits", bits, integer(2, MOST_BITS))
    check_value("max_weight", max_weight, integer(1, (1 << 53) - 1))
    if bound is None and norms and all(_positive(norm) for _, norm in norms):
        bound = max(norm for _, norm in norms)
    if not _positive(bound):
        raise ValueError(
            "Exact arithmetic needs bound, the largest absolute value of an entry, a "
            f"finite number above 0 that is not taken from the rows; got {bound!r}."
        )
    blocks, most = None, 1 << (31 - int(bits))
    if norms is not None:
        for _, norm in norms:
            if not _positive(norm) or norm / bound > most:
                raise ValueError(
                    "row_norm, the largest length of a row, must be a number above 0 "
                    f"and {most} times the bound at most for bits={bits}; got {norm!r}."
                )
        blocks = tuple(Block(int(width), float(norm)) for width, norm in norms)
    limits = float(bound), int(bits), blocks, int(max_weight)
    return ExactSums.empty(n_features, ndim, *limits)


def _positive(value: Any) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and 0 < value < np.inf
