"""Sparse interactions in, ranked items out."""

from sktransfer._core.logs.interactions import Interactions
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import Explanation
from sktransfer.recommend.auto._candidates import (
    RecommenderCandidate,
    default_recommenders,
)
from sktransfer.recommend.auto._recommender import AutoTransferRecommender
from sktransfer.recommend.collaborative._als import ALSRecommender
from sktransfer.recommend.collaborative._blend import BlendRecommender
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender
from sktransfer.recommend.collaborative._local_ease import LocalEASERecommender
from sktransfer.recommend.collaborative._niche import NicheRecommender
from sktransfer.recommend.collaborative._popularity import PopularityRecommender
from sktransfer.recommend.content._cold_start import ColdStartRecommender
from sktransfer.recommend.content._item_table import column_kind, item_content
from sktransfer.recommend.content._new_item_limit import (
    NewItemLimiter,
    limit_new_items,
)
from sktransfer.recommend.markets._recommender import TransferRecommender
from sktransfer.recommend.reranking._diversity import Diversity
from sktransfer.recommend.reranking._rerank import rerank
from sktransfer.recommend.reranking._rules import (
    Boost,
    CategoryCap,
    Filter,
    MinimumShare,
)
from sktransfer.recommend.sequences._sequence_encoder import SequenceEncoder
from sktransfer.recommend.sequences._sequential import SequentialRecommender
from sktransfer.recommend.sequences._session_vectorizer import SessionVectorizer

__all__ = [
    "ALSRecommender",
    "AutoTransferRecommender",
    "BaseRecommender",
    "BlendRecommender",
    "Boost",
    "CategoryCap",
    "ColdStartRecommender",
    "Diversity",
    "EASERecommender",
    "Explanation",
    "Filter",
    "Interactions",
    "ItemKNNRecommender",
    "LocalEASERecommender",
    "MinimumShare",
    "NewItemLimiter",
    "NicheRecommender",
    "PopularityRecommender",
    "RecommenderCandidate",
    "SequenceEncoder",
    "SequentialRecommender",
    "SessionVectorizer",
    "TransferRecommender",
    "column_kind",
    "default_recommenders",
    "item_content",
    "limit_new_items",
    "rerank",
]
