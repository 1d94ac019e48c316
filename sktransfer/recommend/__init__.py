"""Sparse interactions in, ranked items out."""

from sktransfer.recommend._als import ALSRecommender
from sktransfer.recommend._blend import BlendRecommender
from sktransfer.recommend._cold_start import ColdStartRecommender
from sktransfer.recommend._ease import EASERecommender
from sktransfer.recommend._item_knn import ItemKNNRecommender
from sktransfer.recommend._local_ease import LocalEASERecommender
from sktransfer.recommend._niche import NicheRecommender
from sktransfer.recommend._sequence_encoder import SequenceEncoder
from sktransfer.recommend._sequential import SequentialRecommender
from sktransfer.recommend._session_vectorizer import SessionVectorizer
from sktransfer.recommend._transfer import TransferRecommender

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
