"""Strategies: how labelled rows of several domains make one model."""

from sktransfer.transfer.strategies._augmentation import Augmentation
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._boosting import Boosting
from sktransfer.transfer.strategies._distillation import Distillation
from sktransfer.transfer.strategies._fine_tuning import FineTuning
from sktransfer.transfer.strategies._pooling import Pooling
from sktransfer.transfer.strategies._rows import TrainingRows
from sktransfer.transfer.strategies._self_training import SelfTraining

__all__ = [
    "Augmentation",
    "Boosting",
    "Distillation",
    "FineTuning",
    "Pooling",
    "SelfTraining",
    "Strategy",
    "TrainingRows",
]
