"""Learn from source domains, serve the target."""

from sktransfer.transfer._classifier import TransferClassifier
from sktransfer.transfer._log_count_ratio import LogCountRatioScaler
from sktransfer.transfer._regressor import TransferRegressor

__all__ = ["LogCountRatioScaler", "TransferClassifier", "TransferRegressor"]
