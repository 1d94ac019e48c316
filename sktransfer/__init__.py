"""Transfer learning across languages, categories and markets, on scikit-learn."""

from sktransfer._core.domains import encode_domains

__version__ = "0.1.0.dev0"

__all__ = ["__version__", "encode_domains"]
