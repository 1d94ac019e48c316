"""Learn from source domains, serve the target."""

from sktransfer._core.word_tokenizer import WordTokenizer
from sktransfer.transfer._auto import AutoTransferClassifier
from sktransfer.transfer._biased_ridge import BiasedRidge
from sktransfer.transfer._biased_ridge_classifier import BiasedRidgeClassifier
from sktransfer.transfer._candidates import (
    crosslingual_candidates,
    default_candidates,
)
from sktransfer.transfer._classifier import TransferClassifier
from sktransfer.transfer._decision import TransferDecision
from sktransfer.transfer._log_count_ratio import LogCountRatioScaler
from sktransfer.transfer._regressor import TransferRegressor

__all__ = [
    "AutoTransferClassifier",
    "BiasedRidge",
    "BiasedRidgeClassifier",
    "LogCountRatioScaler",
    "TransferClassifier",
    "TransferDecision",
    "TransferRegressor",
    "WordTokenizer",
    "crosslingual_candidates",
    "default_candidates",
]
