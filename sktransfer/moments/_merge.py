"""Whether two states may be merged."""

from __future__ import annotations

from typing import Any


def check_mergeable(state: Any, other: Any) -> None:
    """Raise unless kind, columns, arithmetic and fingerprint of both states agree."""
    columns = state._describe_columns()
    if type(other) is not type(state) or other._describe_columns() != columns:
        got = type(other).__name__
        if hasattr(other, "_describe_columns"):
            got += f" of {other._describe_columns()}"
        raise ValueError(
            f"{type(state).__name__} of {columns} merges only with its like; got "
            f"{got}. Both states must be built over the same columns."
        )
    first, second = (
        {"arithmetic": s.arithmetic, **s.sums.settings} for s in (state, other)
    )
    if first != second:
        raise ValueError(
            f"States merge only in the same arithmetic; got {first} and {second}."
        )
    if state.fingerprint != other.fingerprint:
        raise ValueError(
            "The columns of the states are not the same: their fingerprints are "
            f"{state.fingerprint!r} and {other.fingerprint!r}. Build both with one "
            "vocabulary and one feature map."
        )


def join_shards(shards: frozenset[str], more: frozenset[str]) -> frozenset[str]:
    """Shards of both sets; raise if they share one."""
    if twice := shards & more:
        raise ValueError(
            f"The state holds shard {sorted(twice)[0]!r} already, and rows must "
            "not count twice. Leave it out."
        )
    return shards | more
