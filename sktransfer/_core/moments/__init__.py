"""Mergeable moments of rows: what transfer maths reads instead of the rows."""

from sktransfer._core.moments._bytes import StateFormatError
from sktransfer._core.moments._classes import ClassMoments
from sktransfer._core.moments._domains import (
    check_domain_states,
    check_state,
    target_state,
    update_by_domain,
)
from sktransfer._core.moments._fingerprint import fingerprint
from sktransfer._core.moments._gate import NoiseVerdict, noise_gate, warn_of_noise
from sktransfer._core.moments._kinds import ColumnMoments, GramMoments, Moments
from sktransfer._core.moments._noisy import NoisyState
from sktransfer._core.moments._pairs import PairMoments
from sktransfer._core.moments._raw import RawSums
from sktransfer._core.moments._state import MomentState, merge_all

__all__ = [
    "ClassMoments",
    "ColumnMoments",
    "GramMoments",
    "MomentState",
    "Moments",
    "NoiseVerdict",
    "NoisyState",
    "PairMoments",
    "RawSums",
    "StateFormatError",
    "check_domain_states",
    "check_state",
    "fingerprint",
    "merge_all",
    "noise_gate",
    "target_state",
    "update_by_domain",
    "warn_of_noise",
]
