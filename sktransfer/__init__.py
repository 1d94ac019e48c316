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
from sktransfer.transfer import (
    AutoTransferClassifier,
    LogCountRatioScaler,
    TransferClassifier,
    TransferRegressor,
    WordTokenizer,
)
from sktransfer.weighting import (
    ClusterInstanceSelector,
    DiscriminatorInstanceWeighter,
    InformationInstanceSelector,
    KLIEPInstanceWeighter,
    KMMInstanceWeighter,
    KNNInstanceWeighter,
    LabelShiftInstanceWeighter,
    RelativeDensityInstanceWeighter,
)

__version__ = "0.1.0.dev0"

__all__ = [
    "CORAL",
    "PLSA",
    "AlignedEmbeddings",
    "AutoTransferClassifier",
    "ClusterInstanceSelector",
    "CorrespondenceFeatures",
    "CrossLingualMapper",
    "DictionaryTranslation",
    "DiscriminatorInstanceWeighter",
    "DistributionalCorrespondence",
    "DomainScaler",
    "EASERecommender",
    "EmbeddingVectorizer",
    "GensimLDA",
    "GibbsLDA",
    "InformationInstanceSelector",
    "KLIEPInstanceWeighter",
    "KMMInstanceWeighter",
    "KNNInstanceWeighter",
    "KernelAlignment",
    "LabelShiftInstanceWeighter",
    "LogCountRatioScaler",
    "Procrustes",
    "RelativeDensityInstanceWeighter",
    "RelaxedCSLSAlignment",
    "SelfLearningAlignment",
    "SpectralFeatureAlignment",
    "SubspaceAlignment",
    "TopicFeatureSelector",
    "TransferClassifier",
    "TransferComponentAnalysis",
    "TransferFeatureSelector",
    "TransferRecommender",
    "TransferRegressor",
    "WhitenedAlignment",
    "WordSpaceUnion",
    "WordTokenizer",
    "__version__",
    "csls_neighbors",
    "encode_domains",
]
