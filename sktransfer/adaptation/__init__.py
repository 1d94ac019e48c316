"""Same columns, two domains: mappings that bring the domains together."""

from sktransfer.adaptation._base import DomainMapper
from sktransfer.adaptation._coral import CORAL
from sktransfer.adaptation._correspondence import CorrespondenceFeatures
from sktransfer.adaptation._domain_scaler import DomainScaler
from sktransfer.adaptation._multi_view import MultiViewMapper
from sktransfer.adaptation._spectral import SpectralFeatureAlignment
from sktransfer.adaptation._subspace import SubspaceAlignment
from sktransfer.adaptation._tca import TransferComponentAnalysis

__all__ = [
    "CORAL",
    "CorrespondenceFeatures",
    "DomainMapper",
    "DomainScaler",
    "MultiViewMapper",
    "SpectralFeatureAlignment",
    "SubspaceAlignment",
    "TransferComponentAnalysis",
]
