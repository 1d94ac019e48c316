"""Sums read from bytes that nobody vouches for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.moments._rows import slices
from sktransfer.moments.centred_sums import CentredSums
from sktransfer.moments.clip import MOST_UNITS, Block, Blocks, columns_of
from sktransfer.moments.exact_sums import MOST_BITS, ExactSums
from sktransfer.moments.format import StateFormatError, text_field, whole_field
from sktransfer.moments.raw_sums import RawSums


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
    n = whole_field(header, "n_features", 1, max_features)
    n_rows = whole_field(header, "n_rows", 0, (1 << 63) - 1)
    arrays = read_arrays(body, n, ndim, raw=raw and not exact, exact=exact)
    if exact:
        return _exact_sums(header, n_rows, arrays)
    return _float_sums(header, n_rows, arrays, raw)


def read_arrays(
    body: memoryview, n: int, ndim: int, *, raw: bool, exact: bool
) -> list[NDArray[Any]]:
    """Read the arrays of a body whose length must be right to the byte."""
    dtype = np.dtype("<i8" if exact else "<f8")
    triangle = n * (n + 1) // 2 if ndim == 2 else n
    lengths = [triangle] if raw else [n, triangle]
    if len(body) != sum(lengths) * 8:
        raise StateFormatError(
            f"Sums over {n} columns take {sum(lengths) * 8} bytes; got {len(body)}."
        )
    values = np.frombuffer(body, dtype=dtype)
    for part in slices(values.size, 1 << 20):
        if not exact and not np.isfinite(values[part]).all():
            raise StateFormatError("A number of the state is not finite.")
    squares = values[values.size - triangle :]
    squares = _square(squares, n) if ndim == 2 else squares.astype(dtype.type)
    if len(lengths) == 1:
        return [squares]
    return [values[:n].astype(dtype.type), squares]


def _square(flat: NDArray[Any], n: int) -> NDArray[Any]:
    S = np.empty((n, n), dtype=flat.dtype.type)
    start = 0
    for i in range(n):
        S[i, : i + 1] = flat[start : start + i + 1]
        S[:i, i] = S[i, :i]
        start += i + 1
    return S


def _float_sums(
    header: dict[str, Any], n_rows: int, arrays: list[NDArray[Any]], raw: bool
) -> CentredSums | RawSums:
    given = header.get("weight")
    number = isinstance(given, int | float) and not isinstance(given, bool)
    try:
        weight = float(given) if number else math.nan
    except OverflowError:
        weight = math.inf
    if not 0 <= weight < math.inf or (weight > 0) != (n_rows > 0):
        raise StateFormatError(
            "weight is a finite number, above 0 where there are rows; got "
            f"{given!r:.99} for {n_rows} rows."
        )
    _check_squares(arrays[-1], None)
    _check_empty(n_rows, arrays)
    return (RawSums if raw else CentredSums)(weight, n_rows, *arrays)


def _exact_sums(
    header: dict[str, Any], n_rows: int, arrays: list[NDArray[Any]]
) -> ExactSums:
    bits = whole_field(header, "bits", 2, MOST_BITS)
    bound = header.get("bound")
    if not isinstance(bound, float) or not 0 < bound < math.inf:
        raise StateFormatError(f"bound is a number above 0; got {bound!r:.99}.")
    largest = 1 << (bits - 1)
    most = ((1 << 63) - 1) // (largest**2 + 1)
    weight = whole_field(header, "weight", n_rows, most if n_rows else 0)
    sums = ExactSums(
        weight,
        n_rows,
        *arrays,
        bound,
        bits,
        *_clipping(header, arrays[0].size, bound / largest),
    )
    limit = weight * largest
    if sums.sums.max() > limit or sums.sums.min() < -limit:
        raise StateFormatError(f"Sums are beyond {limit}, what the rows can reach.")
    _check_squares(sums.products, limit * largest)
    _check_empty(n_rows, arrays)
    if sums.blocks is not None:
        _check_clipped(sums)
    return sums


def _clipping(
    header: dict[str, Any], n_features: int, unit: float
) -> tuple[Blocks | None, int]:
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
        if not 0 < norm / unit <= MOST_UNITS:
            raise StateFormatError(f"A row cannot have the length {norm:g}.")
        blocks.append(Block(width, norm))
    if sum(block.width for block in blocks) != n_features or len(blocks) > 2:
        raise StateFormatError(f"The blocks of row_norm are not the columns: {blocks}.")
    return tuple(blocks), whole_field(header, "max_weight", 1, (1 << 53) - 1)


def _check_clipped(sums: ExactSums) -> None:
    squares = sums.products if sums.products.ndim == 1 else sums.products.diagonal()
    weight, columns = sums.weight, columns_of(sums.blocks)
    totals = [sum(squares[c].tolist()) for c in columns]  # may be beyond 64 bits
    if weight > sums.n_rows * sums.max_weight or any(
        total > weight * limit
        for total, limit in zip(totals, sums.norm_limits, strict=True)
    ):
        raise StateFormatError("Rows of such a row_norm cannot give these sums.")


def _check_squares(products: NDArray[Any], most: int | None) -> None:
    squares = products if products.ndim == 1 else products.diagonal()
    if squares.min() < 0:
        raise StateFormatError("A sum of squares is below 0.")
    if most is not None and (products.max() > most or products.min() < -most):
        raise StateFormatError(f"Products are beyond {most}, what the rows can reach.")


def _check_empty(n_rows: int, arrays: list[NDArray[Any]]) -> None:
    if n_rows == 0 and any(array.any() for array in arrays):
        raise StateFormatError("The state has sums and no rows.")
