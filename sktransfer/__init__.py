"""Transfer learning across languages, categories and markets, on scikit-learn."""

from sktransfer._core.domains import encode_domains
from sktransfer.adaptation import CORAL, DomainScaler
from sktransfer.crosslingual import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.recommend import EASERecommender, TransferRecommender
from sktransfer.selection import TopicFeatureSelector
from sktransfer.transfer import TransferClassifier
from sktransfer.weighting import KMMInstanceWeighter

__version__ = "0.1.0.dev0"

__all__ = [
    "CORAL",
    "CrossLingualMapper",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
    "DomainScaler",
    "EASERecommender",
    "KMMInstanceWeighter",
    "TopicFeatureSelector",
    "TransferClassifier",
    "TransferRecommender",
    "__version__",
    "encode_domains",
]
