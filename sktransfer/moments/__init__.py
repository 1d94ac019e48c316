"""States that stand for rows: merge, forget, store and ship moments."""

from sktransfer._core.moments import (
    ColumnMoments,
    GramMoments,
    Moments,
    MomentState,
    PairMoments,
    StateFormatError,
    fingerprint,
    merge_all,
)

__all__ = [
    "ColumnMoments",
    "GramMoments",
    "MomentState",
    "Moments",
    "PairMoments",
    "StateFormatError",
    "fingerprint",
    "merge_all",
]
