"""Differential privacy of moment states."""

from sktransfer._core.moments import NoiseVerdict, NoisyState, noise_gate
from sktransfer.privacy._budget import PrivacyBudget, PrivacyBudgetError, Release
from sktransfer.privacy._gdp import gdp_delta, gdp_epsilon, gdp_mu

__all__ = [
    "NoiseVerdict",
    "NoisyState",
    "PrivacyBudget",
    "PrivacyBudgetError",
    "Release",
    "gdp_delta",
    "gdp_epsilon",
    "gdp_mu",
    "noise_gate",
]
