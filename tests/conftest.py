"""Fixtures shared by all tests."""

import os

# BLAS threads fight each other on small machines; set before NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(0)
