"""Same columns, two domains: mappings that bring the domains together."""

from sktransfer.adaptation._coral import CORAL
from sktransfer.adaptation._domain_scaler import DomainScaler

__all__ = ["CORAL", "DomainScaler"]
