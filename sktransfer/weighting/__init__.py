"""Weights that make source rows stand for the target."""

from __future__ import annotations

from sktransfer.weighting._kmm import KMMInstanceWeighter

__all__ = ["KMMInstanceWeighter"]
