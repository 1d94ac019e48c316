"""Sums of no rows, in float64 or exact arithmetic."""

from __future__ import annotations

from typing import Any

from sktransfer._core.parameters import check_value, integer, number, one_of
from sktransfer.moments._centred_sums import CentredSums
from sktransfer.moments._raw_sums import RawSums
from sktransfer.moments.column_blocks import ColumnBlock
from sktransfer.moments.exact_sums import MOST_BITS, ExactSums


def empty_sums(
    n_features: int,
    ndim: int,
    float_sums: type[CentredSums] | type[RawSums],
    *,
    arithmetic: str,
    bound: float | None,
    bits: int,
    norms: list[tuple[int, float]] | None,
    max_weight: int,
) -> Any:
    """Sums of no rows, after a check of the settings."""
    check_value("arithmetic", arithmetic, one_of("float64", "exact"))
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
    for _, norm in norms or []:
        check_value("row_norm", norm, number(above=0))
    if bound is None and norms:
        bound = max(norm for _, norm in norms)
    if bound is None:
        raise ValueError(
            "Exact arithmetic needs bound, the largest absolute value of an entry, a "
            "finite number above 0 that is not taken from the rows; got None."
        )
    check_value("bound", bound, number(above=0))
    blocks, most = None, 1 << (31 - int(bits))
    if norms is not None:
        for _, norm in norms:
            if norm / bound > most:
                raise ValueError(
                    "row_norm, the largest length of a row, must be at most "
                    f"{most} times the bound for bits={bits}; got {norm!r}."
                )
        blocks = tuple(ColumnBlock(int(width), float(norm)) for width, norm in norms)
    limits = float(bound), int(bits), blocks, int(max_weight)
    return ExactSums.empty(n_features, ndim, *limits)
