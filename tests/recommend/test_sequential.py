"""SequentialRecommender: hand-checkable sessions, laws, and the common laws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard
from scipy import sparse

from sktransfer.recommend import SequentialRecommender

METHODS = ["blend", "neighbors", "rules", "linear"]


class TestBlend(RecommenderLaws):
    grid = {"n_neighbors": [5, 50], "decay": [0.6, 1.0]}

    def model(self):
        return SequentialRecommender()


class TestNeighbors(RecommenderLaws):
    grid = {"n_neighbors": [5, 50]}

    def model(self):
        return SequentialRecommender("neighbors")


class TestRules(RecommenderLaws):
    grid = {"window": [1, 5]}

    def model(self):
        return SequentialRecommender("rules")


class TestLinear(RecommenderLaws):
    grid = {"l2": [1.0, 10.0]}

    def model(self):
        return SequentialRecommender("linear", l2=5.0)
