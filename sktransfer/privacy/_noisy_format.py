"""Noisy states as bytes, and back from bytes that nobody vouches for."""

from __future__ import annotations

import math
from typing import Any, Self

from sktransfer.moments.clip import MOST_UNITS, Block, Blocks
from sktransfer.moments.deserialize import read_arrays
from sktransfer.moments.format import (
    StateFormatError,
    names_field,
    packed,
    text_field,
    unpacked,
    whole_field,
)
from sktransfer.moments.serialize import WrittenState
from sktransfer.privacy._noisy_sums import NoisySums, Scales

_MOST_VARIANCE = 1 << 126  # of sixteen thousand releases with the largest noise
_FIELDS = {"kind", "of", "n_features", "weight", "mu", "unit", "row_norm", "variances"}


class WrittenNoisyState:
    """What is written of a noisy state, and read.

    A subclass is a dataclass of ``sums``, ``kind``, ``mu``, ``fingerprint``, ``n_left``
    and ``releases``.
    """

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Write the state: a JSON header, raw numbers and a checksum, no pickle.

        Parameters
        ----------
        key : bytes, default=None
            Secret that is shared with who reads, as in :meth:`MomentState.to_bytes`.

        Returns
        -------
        data : bytes
            As private as the state.
        """
        header = {
            "kind": "NoisyState",
            "of": self.kind.__name__,
            "fingerprint": self.fingerprint,
            "n_left": self.n_left,
            "releases": sorted(self.releases),
            **_fields(self.sums, self.mu),
        }
        return packed(header, list(self.sums.arrays().values()), key)

    @classmethod
    def from_bytes(
        cls, data: Any, *, max_features: int = 20_000, key: bytes | None = None
    ) -> Self:
        """Read a noisy state, trusting nothing in it.

        Parameters
        ----------
        data : bytes-like
            What :meth:`to_bytes` wrote.
        max_features : int, default=20_000
            States of more columns are refused.
        key : bytes, default=None
            Secret that the checksum was made with.

        Returns
        -------
        state : NoisyState
            The same.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were made with another key, or hold no noisy
            state.
        """
        header, body = unpacked(data, key)
        if header.get("kind") != "NoisyState":
            raise StateFormatError(
                f"NoisyState was to be read; got {header.get('kind')!r:.99}."
            )
        return cls(**_read(header, body, max_features))


def _fields(sums: NoisySums, mu: float) -> dict[str, Any]:
    """What is written beside the arrays and the names."""
    return {
        "n_features": sums.products.shape[0],
        "weight": sums.weight,
        "mu": mu,
        "unit": sums.unit,
        "row_norm": [list(block) for block in sums.blocks],
        "variances": list(sums.variances),
    }


def _read(
    header: dict[str, Any], body: memoryview, max_features: int
) -> dict[str, Any]:
    """Fields of a noisy state, checked: whether one can be so."""
    kinds = WrittenState._kinds
    kind = kinds.get(text_field(header, "of"))
    if kind is None or not kind._has_noisy_form:
        raise StateFormatError(f"There is no noisy {header['of']!r:.99}.")
    expected = _FIELDS | {"fingerprint", "n_left", "releases"}
    if set(header) != expected:
        raise StateFormatError(
            f"The fields of a noisy state are {sorted(expected)}; got "
            f"{sorted(header)!s:.999}."
        )
    n = whole_field(header, "n_features", 1, max_features)
    pairs = hasattr(kind, "cross_scatter")
    n_left = whole_field(header, "n_left", 1, n - 1) if pairs else 0
    whole_field(header, "n_left", n_left, n_left)
    widths = [n_left, n - n_left] if pairs else [n]
    unit = _positive(header, "unit")
    variances = _scales(header.get("variances"), len(widths))
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
    arrays = read_arrays(body, n, kind._ndim, raw=not with_sums, exact=True)
    sums = NoisySums(
        whole_field(header, "weight", -(1 << 63), (1 << 63) - 1),
        arrays[0] if with_sums else None,
        arrays[-1],
        variances,
        _blocks(header.get("row_norm"), widths, unit),
        unit,
    )
    releases = names_field(header, "releases")
    if not releases:
        raise StateFormatError("A noisy state names a release at least.")
    return {
        "sums": sums,
        "kind": kind,
        "mu": _positive(header, "mu"),
        "fingerprint": text_field(header, "fingerprint"),
        "n_left": n_left,
        "releases": frozenset(releases),
    }


def _positive(header: dict[str, Any], name: str) -> float:
    value = header.get(name)
    if not isinstance(value, float) or not 0 < value < math.inf:
        raise StateFormatError(f"{name} is a number above 0; got {value!r:.99}.")
    return value


def _blocks(given: Any, widths: list[int], unit: float) -> Blocks:
    norms = []
    for width, pair in zip(widths, given if isinstance(given, list) else []):
        fits = isinstance(pair, list) and len(pair) == 2 and pair[0] == width
        if fits and isinstance(pair[1], float) and 0 < pair[1] / unit <= MOST_UNITS:
            norms.append(pair[1])
    if len(norms) != len(widths) or len(given) != len(widths):
        raise StateFormatError(
            f"row_norm is a length for each of the blocks of {widths} columns; got "
            f"{given!r:.99}."
        )
    return tuple(Block(*block) for block in zip(widths, norms, strict=True))


def _scales(given: Any, n_blocks: int) -> Scales:
    """Variances in the form of `Scales`: whole numbers that noise can have."""
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
