"""Classifiers that learn from source domains and serve the target."""

from sktransfer.transfer._classifier import TransferClassifier

__all__ = ["TransferClassifier"]
