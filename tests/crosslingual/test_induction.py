"""Pairs of rows that match, by the geometry of two vector spaces alone."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ortho_group

from sktransfer.crosslingual.alignments._dictionary_induction import (
    MutualCandidates,
    candidate_pairs,
    closest_profiles,
    draw_pairs,
    similarity_profiles,
)


def test_a_rotation_does_not_change_profiles(rng):
    X = rng.normal(size=(40, 6))
    R = ortho_group.rvs(6, random_state=0)
    assert_allclose(similarity_profiles(X @ R), similarity_profiles(X), atol=1e-9)
    order = rng.permutation(40)
    pairs = closest_profiles(X, (X @ R)[order], 5)
    assert_array_equal(order[pairs[:, 1]], pairs[:, 0])


def test_candidates_of_both_directions(rng):
    X = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    order = rng.permutation(6)
    found = candidate_pairs(X, X[order], 2, 3)
    assert found.forward.shape == found.backward.shape == (6, 3)
    assert_array_equal(order[found.forward[:, 0]], np.arange(6))
    assert_array_equal(found.backward[:, 0], order)
    assert_allclose(found.objective, 1)


def test_kept_candidates_are_geometric():
    rows = np.tile(np.arange(32), (20_000, 1))
    candidates = MutualCandidates(rows, rows[:1], 0.0)
    rng = np.random.RandomState(0)
    pairs = draw_pairs(candidates, 0.25, rng)[:-1]
    share = np.bincount(pairs[:, 1], minlength=3)[:3] / 20_000
    assert_allclose(share, [0.25, 0.1875, 0.140625], atol=0.01)
    best = draw_pairs(candidates, 1.0, rng)
    assert_array_equal(best[:-1, 1], 0)
    assert best.shape == (20_001, 2)
