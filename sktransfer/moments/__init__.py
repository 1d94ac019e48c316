"""States that stand for rows: merge, forget, store and ship moments."""

from sktransfer._core.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    MomentState,
    PairMoments,
    StateFormatError,
    fingerprint,
    merge_all,
)
from sktransfer.moments._chunks import csr_chunks, read_chunks
from sktransfer.moments._interactions import interaction_chunks
from sktransfer.moments._reduce import reduce_states
from sktransfer.moments._tiles import gram_tiles, tiled_gram

__all__ = [
    "ClassMoments",
    "ColumnMoments",
    "GramMoments",
    "MomentState",
    "Moments",
    "PairMoments",
    "StateFormatError",
    "csr_chunks",
    "fingerprint",
    "gram_tiles",
    "interaction_chunks",
    "merge_all",
    "read_chunks",
    "reduce_states",
    "tiled_gram",
]
