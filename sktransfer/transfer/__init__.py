"""Learn from source domains, serve the target."""

from sktransfer.transfer._classifier import TransferClassifier
from sktransfer.transfer._explanations import DecisionExplanation, TopFeatures
from sktransfer.transfer._regressor import TransferRegressor
from sktransfer.transfer.auto._auto import AutoTransferClassifier
from sktransfer.transfer.auto._auto_regressor import AutoTransferRegressor
from sktransfer.transfer.auto._candidates import (
    crosslingual_candidates,
    default_candidates,
)
from sktransfer.transfer.auto._decision import TransferDecision
from sktransfer.transfer.auto._estimate import estimate_target_score
from sktransfer.transfer.auto._expected_scores import ExpectedScores, ScoreEstimate
from sktransfer.transfer.conformal._classifier import ConformalTransferClassifier
from sktransfer.transfer.ridge._biased_ridge import BiasedRidge
from sktransfer.transfer.ridge._biased_ridge_classifier import BiasedRidgeClassifier

__all__ = [
    "AutoTransferClassifier",
    "AutoTransferRegressor",
    "BiasedRidge",
    "BiasedRidgeClassifier",
    "ConformalTransferClassifier",
    "DecisionExplanation",
    "ExpectedScores",
    "ScoreEstimate",
    "TopFeatures",
    "TransferClassifier",
    "TransferDecision",
    "TransferRegressor",
    "crosslingual_candidates",
    "default_candidates",
    "estimate_target_score",
]
