"""Base classes for weighters, mappers, recommenders and other parts of your own.

Each says in its docstring what a subclass writes. A class without one of these bases is
accepted as well, if it has the same methods and derives from
:class:`sklearn.base.BaseEstimator`, so that it can be cloned; :mod:`sktransfer.testing`
tells whether it behaves.
"""

from sktransfer.adaptation import DomainMapper
from sktransfer.crosslingual import Alignment, WordSpace
from sktransfer.recommend import BaseRecommender
from sktransfer.transfer.strategies import Strategy
from sktransfer.weighting import InstanceWeighter

__all__ = [
    "Alignment",
    "BaseRecommender",
    "DomainMapper",
    "InstanceWeighter",
    "Strategy",
    "WordSpace",
]
