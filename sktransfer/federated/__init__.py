"""Parties that send states of their rows, not the rows."""

from sktransfer.federated._federate import FederationError, federate
from sktransfer.federated._flower import collect_from_flower, flower_client_app
from sktransfer.federated._masked_state import MaskedState
from sktransfer.federated._masks import unmask
from sktransfer.federated._party import FederatedParty
from sktransfer.federated._seeds import deal_seeds

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
