"""Weights that make source rows stand for the target."""

from __future__ import annotations

from sktransfer.weighting._base import InstanceWeighter
from sktransfer.weighting._cluster import ClusterInstanceSelector
from sktransfer.weighting._discriminator import DiscriminatorInstanceWeighter
from sktransfer.weighting._information import InformationInstanceSelector
from sktransfer.weighting._kliep import KLIEPInstanceWeighter
from sktransfer.weighting._knn import KNNInstanceWeighter
from sktransfer.weighting._relative_density import RelativeDensityInstanceWeighter
from sktransfer.weighting.label_shift._weighter import LabelShiftInstanceWeighter
from sktransfer.weighting.mean_matching._kmm import KMMInstanceWeighter
from sktransfer.weighting.mean_matching._mean_matching import (
    MeanMatchingInstanceWeighter,
)

__all__ = [
    "ClusterInstanceSelector",
    "DiscriminatorInstanceWeighter",
    "InformationInstanceSelector",
    "InstanceWeighter",
    "KLIEPInstanceWeighter",
    "KMMInstanceWeighter",
    "KNNInstanceWeighter",
    "LabelShiftInstanceWeighter",
    "MeanMatchingInstanceWeighter",
    "RelativeDensityInstanceWeighter",
]
