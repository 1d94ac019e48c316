"""Parties that send states of their rows, not the rows."""

from sktransfer.federated._federate import FederationError, federate
from sktransfer.federated._masks import MaskedState, deal_seeds, unmask
from sktransfer.federated._party import FederatedParty

__all__ = [
    "FederatedParty",
    "FederationError",
    "MaskedState",
    "deal_seeds",
    "federate",
    "unmask",
]
