"""Splitters that respect domains and interactions."""

from sktransfer.model_selection._interactions import split_interactions
from sktransfer.model_selection._split import TargetKFold, TargetShuffleSplit

__all__ = ["TargetKFold", "TargetShuffleSplit", "split_interactions"]
