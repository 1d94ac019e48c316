"""Sums read from bytes of unknown origin: what no rows can have given is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments._centred_sums import CentredSums
from sktransfer.moments._raw_sums import RawSums
from sktransfer.moments.column_blocks import (
    MAX_ROW_UNITS,
    ColumnBlock,
    ColumnBlocks,
    column_slices,
)
from sktransfer.moments.exact_sums import MOST_BITS, ExactSums
from sktransfer.moments.format import (
    StateFormatError,
    integer_field,
    text_field,
    unpack_arrays,
)
from sktransfer.moments.sums import diagonal


def read_sums(
    header: dict[str, Any], body: memoryview, *, ndim: int, raw: bool, max_features: int
) -> CentredSums | RawSums | ExactSums:
    """Read sums, and check that rows can have given them."""
    arithmetic = text_field(header, "arithmetic")
    if arithmetic not in ("float64", "exact"):
        raise StateFormatError(
            f'arithmetic is "float64" or "exact"; got {arithmetic!r:.99}.'
        )
    exact = arithmetic == "exact"
    n = integer_field(header, "n_features", 1, max_features)
    n_rows = integer_field(header, "n_rows", 0, (1 << 63) - 1)
    sums, products = unpack_arrays(
        body, n, ndim, products_only=raw and not exact, integers=exact
    )
    if exact and sums is not None:
        return _read_exact_sums(header, n_rows, sums, products)
    return _read_float_sums(header, n_rows, sums, products)


def _read_float_sums(
    header: dict[str, Any],
    n_rows: int,
    mean: NDArray[Any] | None,
    products: NDArray[Any],
) -> CentredSums | RawSums:
    given = header.get("weight")
    weight = math.nan
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            weight = float(given)
        except OverflowError:
            weight = math.inf
    if not 0 <= weight < math.inf or (weight > 0) != (n_rows > 0):
        raise StateFormatError(
            "weight is a finite number, above 0 where there are rows; got "
            f"{given!r:.99} for {n_rows} rows."
        )
    _check_products(products, None)
    _check_empty(n_rows, mean, products)
    if mean is None:
        return RawSums(weight, n_rows, products)
    return CentredSums(weight, n_rows, mean, products)


def _read_exact_sums(
    header: dict[str, Any],
    n_rows: int,
    totals: NDArray[Any],
    products: NDArray[Any],
) -> ExactSums:
    bits = integer_field(header, "bits", 2, MOST_BITS)
    bound = header.get("bound")
    if not isinstance(bound, float) or not 0 < bound < math.inf:
        raise StateFormatError(f"bound is a number above 0; got {bound!r:.99}.")
    largest = 1 << (bits - 1)
    most = ((1 << 63) - 1) // (largest**2 + 1)
    weight = integer_field(header, "weight", n_rows, most if n_rows else 0)
    blocks, max_weight = _read_clipping(header, totals.size, bound / largest)
    sums = ExactSums(weight, n_rows, totals, products, bound, bits, blocks, max_weight)
    limit = weight * largest
    if totals.max() > limit or totals.min() < -limit:
        raise StateFormatError(f"Sums are beyond {limit}, what the rows can reach.")
    _check_products(products, limit * largest)
    _check_empty(n_rows, totals, products)
    if blocks is not None:
        _check_clipped(sums, blocks)
    return sums


def _read_clipping(
    header: dict[str, Any], n_features: int, unit: float
) -> tuple[ColumnBlocks | None, int]:
    """Blocks of columns that rows were clipped in, and the largest weight of a row."""
    given = header.get("row_norm")
    if given is None:
        return None, 1
    blocks = []
    for pair in given if isinstance(given, list) else [None]:
        width, norm = pair if isinstance(pair, list) and len(pair) == 2 else (0, 0)
        whole = isinstance(width, int) and not isinstance(width, bool)
        if not (whole and width > 0 and isinstance(norm, float)):
            raise StateFormatError(
                f"row_norm lists columns and lengths; got {given!r:.99}."
            )
        if not 0 < norm / unit <= MAX_ROW_UNITS:
            raise StateFormatError(f"A row cannot have the length {norm:g}.")
        blocks.append(ColumnBlock(width, norm))
    if sum(block.width for block in blocks) != n_features or len(blocks) > 2:
        raise StateFormatError(f"The blocks of row_norm are not the columns: {blocks}.")
    return tuple(blocks), integer_field(header, "max_weight", 1, (1 << 53) - 1)


def _check_clipped(sums: ExactSums, blocks: ColumnBlocks) -> None:
    squares = diagonal(sums.products)
    # Python's integers: a total may be beyond 64 bits
    totals = [sum(squares[c].tolist()) for c in column_slices(blocks)]
    if sums.weight > sums.n_rows * sums.max_weight or any(
        total > sums.weight * limit
        for total, limit in zip(totals, sums.norm_limits, strict=True)
    ):
        raise StateFormatError("Rows of such a row_norm cannot give these sums.")


def _check_products(products: NDArray[Any], most: int | None) -> None:
    if diagonal(products).min() < 0:
        raise StateFormatError("A sum of squares is below 0.")
    if most is not None and (products.max() > most or products.min() < -most):
        raise StateFormatError(f"Products are beyond {most}, what the rows can reach.")


def _check_empty(n_rows: int, *arrays: NDArray[Any] | None) -> None:
    if n_rows == 0 and any(np.any(array) for array in arrays if array is not None):
        raise StateFormatError("The state has sums and no rows.")
