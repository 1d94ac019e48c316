"""Weights that make source rows stand for the target."""

from __future__ import annotations

from sktransfer.weighting._cluster import ClusterInstanceSelector
from sktransfer.weighting._discriminator import DiscriminatorInstanceWeighter
from sktransfer.weighting._information import InformationInstanceSelector
from sktransfer.weighting._kliep import KLIEPInstanceWeighter
from sktransfer.weighting._kmm import KMMInstanceWeighter
from sktransfer.weighting._knn import KNNInstanceWeighter
from sktransfer.weighting._label_shift import LabelShiftInstanceWeighter
from sktransfer.weighting._mean_matching import MeanMatchingInstanceWeighter
from sktransfer.weighting._relative_density import RelativeDensityInstanceWeighter

__all__ = [
    "ClusterInstanceSelector",
    "DiscriminatorInstanceWeighter",
    "InformationInstanceSelector",
    "KLIEPInstanceWeighter",
    "KMMInstanceWeighter",
    "KNNInstanceWeighter",
    "LabelShiftInstanceWeighter",
    "MeanMatchingInstanceWeighter",
    "RelativeDensityInstanceWeighter",
]
