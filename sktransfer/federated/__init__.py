"""Parties that send states of their rows, not the rows."""

from sktransfer.federated._federate import FederationError, federate
from sktransfer.federated._flower import collect_from_flower, flower_client_app
from sktransfer.federated._masks import MaskedState, deal_seeds, unmask
from sktransfer.federated._party import FederatedParty

__all__ = [
    "FederatedParty",
    "FederationError",
    "MaskedState",
    "collect_from_flower",
    "deal_seeds",
    "federate",
    "flower_client_app",
    "unmask",
]
