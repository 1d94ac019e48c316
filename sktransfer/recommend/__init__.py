"""Sparse interactions in, ranked items out."""

from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._ease import EASERecommender
from sktransfer.recommend._similarity import market_similarity
from sktransfer.recommend._transfer import TransferRecommender

__all__ = [
    "BaseRecommender",
    "EASERecommender",
    "TransferRecommender",
    "market_similarity",
]
