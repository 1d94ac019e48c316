"""Strings that stand for strategies with their default parameters."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from sktransfer.transfer.strategies._augmentation import Augmentation
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._boosting import Boosting
from sktransfer.transfer.strategies._distillation import Distillation
from sktransfer.transfer.strategies._fine_tuning import FineTuning
from sktransfer.transfer.strategies._pooling import Pooling
from sktransfer.transfer.strategies._self_training import SelfTraining

STRATEGIES: dict[str, type[Strategy]] = {
    "pool": Pooling,
    "augment": Augmentation,
    "fine_tune": FineTuning,
    "self_train": SelfTraining,
    "distill": Distillation,
    "boost": Boosting,
}


def named_strategy(strategy: Any) -> Any:
    """The strategy that a string stands for; anything else as it is."""
    if isinstance(strategy, str) and strategy in STRATEGIES:
        return STRATEGIES[strategy]()
    return strategy


def new_strategy(strategy: Any) -> Any:
    """A strategy to fit: an unfitted copy, or the one that a string stands for."""
    return clone(named_strategy(strategy), safe=False)
