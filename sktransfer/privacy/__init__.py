"""Differential privacy of moment states."""

from sktransfer.privacy._budget import PrivacyBudget, PrivacyBudgetError, Release
from sktransfer.privacy._gdp import gdp_delta, gdp_epsilon, gdp_mu
from sktransfer.privacy._noise_gate import NoiseVerdict, noise_gate
from sktransfer.privacy._noisy_state import NoisyState
from sktransfer.privacy._privatize import privatize

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
    "privatize",
]
