"""Transfer learning across languages, categories and markets, on scikit-learn."""

from sktransfer._core.domains import encode_domains
from sktransfer.transfer import TransferClassifier

__version__ = "0.1.0.dev0"

__all__ = ["TransferClassifier", "__version__", "encode_domains"]
