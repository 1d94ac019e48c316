"""Fixtures of the tests of privacy."""

import os

import numpy as np
import pytest


@pytest.fixture
def repeatable_noise(monkeypatch):
    """Random bytes of the operating system that are the same in each run."""
    monkeypatch.setattr(os, "urandom", np.random.default_rng(0).bytes)
