"""Moments of rows as states that can be merged, forgotten, stored and sent."""

from sktransfer.moments._chunks import csr_chunks, read_chunks
from sktransfer.moments._classes import ClassMoments
from sktransfer.moments._fingerprint import fingerprint
from sktransfer.moments._interaction_logs import interaction_chunks
from sktransfer.moments._kinds import ColumnMoments, GramMoments, Moments
from sktransfer.moments._pairs import PairMoments
from sktransfer.moments._reduce import reduce_states
from sktransfer.moments._state import MomentState, merge_all
from sktransfer.moments._tiles import gram_tiles, tiled_gram
from sktransfer.moments.format import StateFormatError

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
