"""Transfer learning across languages, categories and markets, on scikit-learn."""

from sktransfer._core.domains import encode_domains
from sktransfer.adaptation import (
    CORAL,
    CorrespondenceFeatures,
    DomainScaler,
    SpectralFeatureAlignment,
    SubspaceAlignment,
    TransferComponentAnalysis,
)
from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
    KernelAlignment,
    Procrustes,
    RelaxedCSLSAlignment,
    SelfLearningAlignment,
    WhitenedAlignment,
    WordSpaceUnion,
    csls_neighbors,
)
from sktransfer.embedding import EmbeddingVectorizer
from sktransfer.recommend import EASERecommender, TransferRecommender
from sktransfer.selection import (
    PLSA,
    GensimLDA,
    GibbsLDA,
    TopicFeatureSelector,
    TransferFeatureSelector,
)
from sktransfer.transfer import LogCountRatioScaler, TransferClassifier
from sktransfer.weighting import KMMInstanceWeighter

__version__ = "0.1.0.dev0"

__all__ = [
    "CORAL",
    "PLSA",
    "AlignedEmbeddings",
    "CorrespondenceFeatures",
    "CrossLingualMapper",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
    "DomainScaler",
    "EASERecommender",
    "EmbeddingVectorizer",
    "GensimLDA",
    "GibbsLDA",
    "KMMInstanceWeighter",
    "KernelAlignment",
    "LogCountRatioScaler",
    "Procrustes",
    "RelaxedCSLSAlignment",
    "SelfLearningAlignment",
    "SpectralFeatureAlignment",
    "SubspaceAlignment",
    "TopicFeatureSelector",
    "TransferClassifier",
    "TransferComponentAnalysis",
    "TransferFeatureSelector",
    "TransferRecommender",
    "WhitenedAlignment",
    "WordSpaceUnion",
    "__version__",
    "csls_neighbors",
    "encode_domains",
]
