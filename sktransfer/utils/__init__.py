"""Tools beside the estimators: progress of fits, and what extensions need."""

from sktransfer._core.progress import show_progress

__all__ = ["show_progress"]
