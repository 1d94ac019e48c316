"""Splitters that respect domains and interactions."""

from sktransfer.model_selection._split import TargetKFold, TargetShuffleSplit

__all__ = ["TargetKFold", "TargetShuffleSplit"]
