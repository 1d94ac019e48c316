"""Header of noisy states, and the check of one of unknown origin."""

from __future__ import annotations

import math
from typing import Any

from sktransfer.moments import ClassMoments, MomentState
from sktransfer.moments.column_blocks import MAX_ROW_UNITS, ColumnBlock, ColumnBlocks
from sktransfer.moments.format import (
    StateFormatError,
    integer_field,
    names_field,
    text_field,
    unpack_arrays,
)
from sktransfer.privacy._noisy_sums import NoisySums, Scales

_MOST_VARIANCE = 1 << 126  # of sixteen thousand releases with the largest noise
_FIELDS = {"kind", "of", "n_features", "weight", "mu", "unit", "row_norm", "variances"}


def numbers_header(sums: NoisySums, mu: float) -> dict[str, Any]:
    """Part of the header that describes the numbers."""
    return {
        "n_features": sums.products.shape[0],
        "weight": sums.weight,
        "mu": mu,
        "unit": sums.unit,
        "row_norm": [list(block) for block in sums.blocks],
        "variances": list(sums.variances),
    }


def read_fields(
    header: dict[str, Any], body: memoryview, max_features: int
) -> dict[str, Any]:
    """Arguments of NoisyState, checked: what no noisy state can hold is refused."""
    kind = MomentState.kind_named(text_field(header, "of"))
    if kind is None or issubclass(kind, ClassMoments):
        raise StateFormatError(f"There is no noisy {header['of']!r:.99}.")
    expected = _FIELDS | {"fingerprint", "n_left", "releases"}
    if set(header) != expected:
        raise StateFormatError(
            f"The fields of a noisy state are {sorted(expected)}; got "
            f"{sorted(header)!s:.999}."
        )
    n = integer_field(header, "n_features", 1, max_features)
    pairs = hasattr(kind, "cross_scatter")
    n_left = integer_field(header, "n_left", 1, n - 1) if pairs else 0
    integer_field(header, "n_left", n_left, n_left)
    widths = [n_left, n - n_left] if pairs else [n]
    unit = _positive_field(header, "unit")
    variances = _read_variances(header.get("variances"), len(widths))
    with_sums, last = any(variances.sums), variances.squares[-1] > 0
    # everything, products about 0 alone, or what a regression reads
    possible = (
        {(True, True), (False, False)} if pairs else {(hasattr(kind, "mean"), True)}
    )
    if (with_sums, last) not in possible:
        raise StateFormatError(
            f"The variances {header['variances']!r:.99} are not those of "
            f"{kind.__name__}."
        )
    totals, products = unpack_arrays(
        body, n, kind.products_ndim, products_only=not with_sums, integers=True
    )
    sums = NoisySums(
        integer_field(header, "weight", -(1 << 63), (1 << 63) - 1),
        totals,
        products,
        variances,
        _read_blocks(header.get("row_norm"), widths, unit),
        unit,
    )
    releases = names_field(header, "releases")
    if not releases:
        raise StateFormatError("A noisy state names a release at least.")
    return {
        "sums": sums,
        "kind": kind,
        "mu": _positive_field(header, "mu"),
        "fingerprint": text_field(header, "fingerprint"),
        "n_left": n_left,
        "releases": frozenset(releases),
    }


def _positive_field(header: dict[str, Any], name: str) -> float:
    value = header.get(name)
    if not isinstance(value, float) or not 0 < value < math.inf:
        raise StateFormatError(f"{name} is a number above 0; got {value!r:.99}.")
    return value


def _read_blocks(given: Any, widths: list[int], unit: float) -> ColumnBlocks:
    norms = []
    for width, pair in zip(widths, given if isinstance(given, list) else []):
        fits = isinstance(pair, list) and len(pair) == 2 and pair[0] == width
        if fits and isinstance(pair[1], float) and 0 < pair[1] / unit <= MAX_ROW_UNITS:
            norms.append(pair[1])
    if len(norms) != len(widths) or len(given) != len(widths):
        raise StateFormatError(
            f"row_norm is a length for each of the blocks of {widths} columns; got "
            f"{given!r:.99}."
        )
    return tuple(ColumnBlock(*block) for block in zip(widths, norms, strict=True))


def _read_variances(given: Any, n_blocks: int) -> Scales:
    """Variances in the form of `Scales`: integers that noise can have."""
    try:
        weight, sums, squares, products = given
        rows = [sums, squares, *products]
        lengths = {len(row) for row in rows} | {len(products)}
        numbers = [weight, *(value for row in rows for value in row)]
    except (TypeError, ValueError):
        lengths, numbers = set(), []
    right = lengths == {n_blocks} and all(
        type(value) is int and 0 <= value <= _MOST_VARIANCE for value in numbers
    )
    if not right:
        raise StateFormatError(
            f"variances are whole numbers for each of {n_blocks} blocks; got "
            f"{given!r:.99}."
        )
    return Scales(
        weight, tuple(sums), tuple(squares), tuple(tuple(row) for row in products)
    )
