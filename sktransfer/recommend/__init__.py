"""Sparse interactions in, ranked items out."""

from sktransfer.recommend._ease import EASERecommender
from sktransfer.recommend._transfer import TransferRecommender

__all__ = ["EASERecommender", "TransferRecommender"]
