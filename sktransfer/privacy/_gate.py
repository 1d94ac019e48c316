"""Whether noisy states are worth adapting with."""

from __future__ import annotations

from typing import NamedTuple


class NoiseVerdict(NamedTuple):
    """x"""

    accepted: bool


def noise_gate():
    """X"""
