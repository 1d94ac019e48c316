"""Sparse interactions in, ranked items out."""

from sktransfer.recommend.collaborative._als import ALSRecommender
from sktransfer.recommend.collaborative._blend import BlendRecommender
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender
from sktransfer.recommend.collaborative._local_ease import LocalEASERecommender
from sktransfer.recommend.collaborative._niche import NicheRecommender
from sktransfer.recommend.content._cold_start import ColdStartRecommender
from sktransfer.recommend.markets._recommender import TransferRecommender
from sktransfer.recommend.sequences._sequence_encoder import SequenceEncoder
from sktransfer.recommend.sequences._sequential import SequentialRecommender
from sktransfer.recommend.sequences._session_vectorizer import SessionVectorizer

__all__ = [
    "ALSRecommender",
    "BlendRecommender",
    "ColdStartRecommender",
    "EASERecommender",
    "ItemKNNRecommender",
    "LocalEASERecommender",
    "NicheRecommender",
    "SequenceEncoder",
    "SequentialRecommender",
    "SessionVectorizer",
    "TransferRecommender",
]
