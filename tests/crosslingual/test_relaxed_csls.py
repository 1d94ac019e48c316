"""RelaxedCSLSAlignment: its loss, its gradient, its constraint."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ortho_group
from sklearn.utils.estimator_checks import check_estimator

from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual.alignments._procrustes import Procrustes
from sktransfer.crosslingual.alignments._relaxed_csls import (
    RelaxedCSLSAlignment,
    relaxed_csls_gradient,
    spectral_projection,
)
from sktransfer.crosslingual.alignments._whitened import WhitenedAlignment


@pytest.fixture
def warped(rng):
    """400 pairs of 10 features: a linear map that is no rotation, and noise."""
    Y = rng.normal(size=(400, 10))
    X = Y @ rng.normal(size=(10, 10)) + 0.5 * rng.normal(size=(400, 10))
    return X, Y


def loss(M, X, Y, k):
    """The definition, term by term."""
    S = X @ M @ Y.T
    near_Y = np.sort(S, axis=1)[:, -k:].mean(axis=1)
    near_X = np.sort(S, axis=0)[-k:].mean(axis=0)
    return np.mean(-2 * np.diag(S) + near_Y + near_X)


def test_scikit_learn_checks():
    check_estimator(RelaxedCSLSAlignment())


def test_gradient_is_that_of_the_loss(rng):
    X, Y = unit_rows(rng.normal(size=(50, 4))), unit_rows(rng.normal(size=(50, 4)))
    M = rng.normal(size=(4, 4))
    G = relaxed_csls_gradient(M, X, Y, 5, X, Y)
    assert_allclose(np.sum(G * M), loss(M, X, Y, 5))  # piecewise linear
    for i, j in np.ndindex(4, 4):
        step = np.zeros((4, 4))
        step[i, j] = 1e-6
        slope = (loss(M + step, X, Y, 5) - loss(M - step, X, Y, 5)) / 2e-6
        assert_allclose(G[i, j], slope, atol=1e-6)


def test_projection_on_the_hull_of_the_rotations(rng):
    R = ortho_group.rvs(5, random_state=0)
    assert_allclose(spectral_projection(R), R, atol=1e-12)
    assert_allclose(spectral_projection(3 * R), R, atol=1e-12)
    assert_allclose(spectral_projection(R / 2), R / 2, atol=1e-12)


@pytest.mark.parametrize("constraint", ["spectral", "frobenius", None])
def test_the_loss_goes_down(warped, constraint):
    X, Y = warped
    alignment = RelaxedCSLSAlignment(constraint=constraint).fit(X, Y)
    assert np.all(np.diff(alignment.losses_) < 0)
    assert alignment.n_iter_ == len(alignment.losses_) - 1 > 0
    A, B = (unit_rows(Z) for Z in Procrustes().fit(X, Y).transform(X, Y))
    assert_allclose(alignment.losses_[0], loss(np.eye(10), A, B, 10))
    assert_allclose(alignment.losses_[-1], loss(alignment.map_, A, B, 10))
    s = np.linalg.svd(alignment.map_, compute_uv=False)
    if constraint == "spectral":
        assert s.max() <= 1 + 1e-12
    elif constraint == "frobenius":
        assert np.sum(s**2) <= 10 + 1e-9


def test_no_iteration_is_the_initial_alignment(warped):
    X, Y = warped
    A, B = RelaxedCSLSAlignment(max_iter=0).fit(X, Y).transform(X, Y)
    C, D = Procrustes().fit(X, Y).transform(X, Y)
    assert_allclose(A, C, atol=1e-12)
    assert_allclose(B, D, atol=1e-12)


@pytest.mark.parametrize("constraint", ["spectral", "frobenius"])
def test_the_criterion_improves_for_other_words(warped, constraint):
    X, Y = warped
    alignment = RelaxedCSLSAlignment(constraint=constraint).fit(X[:300], Y[:300])
    A, B = alignment.initial_.transform(X[300:], Y[300:])
    after = loss(alignment.map_, unit_rows(A), unit_rows(B), 10)
    # a shorter map would only scale the loss, which is negative
    length = np.linalg.norm(alignment.map_) / np.sqrt(10)
    assert after < loss(length * np.eye(10), unit_rows(A), unit_rows(B), 10)


def test_rows_that_neighbours_are_taken_from(warped):
    """The pairs themselves are the default; others change the loss."""
    X, Y = warped
    default = RelaxedCSLSAlignment().fit(X[:200], Y[:200])
    same = RelaxedCSLSAlignment().fit(
        X[:200], Y[:200], source_rows=X[:200], target_rows=Y[:200]
    )
    assert_allclose(same.losses_, default.losses_)
    more = RelaxedCSLSAlignment().fit(X[:200], Y[:200], source_rows=X, target_rows=Y)
    assert more.losses_[0] > default.losses_[0]  # more rows, closer neighbours


def test_initial_alignment_and_unequal_dimensions(warped):
    X, Y = warped
    alignment = RelaxedCSLSAlignment(WhitenedAlignment(n_components=3))
    mapped, target = alignment.fit(X, Y[:, :7]).transform(X, Y[:, :7])
    assert mapped.shape == target.shape == (400, 3)
    assert alignment.get_feature_names_out().size == 3


def test_float32_stays_float32(warped):
    X, Y = (Z.astype(np.float32) for Z in warped)
    sides = RelaxedCSLSAlignment().fit(X, Y).transform(X, Y)
    assert all(Z.dtype == np.float32 for Z in sides)


def test_same_result_twice(warped):
    maps = [RelaxedCSLSAlignment().fit(*warped).map_ for _ in range(2)]
    assert_array_equal(*maps)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "k must be an integer of at least 1; got 0"),
        ({"max_iter": 1.5}, "max_iter must be an integer"),
        ({"learning_rate": -1}, "learning_rate must be a number of at least 0"),
        ({"tol": None}, "tol must be"),
        ({"constraint": "ball"}, 'constraint must be "spectral", "frobenius" or None'),
    ],
)
def test_wrong_parameters(warped, parameters, message):
    with pytest.raises(ValueError, match=message):
        RelaxedCSLSAlignment(**parameters).fit(*warped)


def test_initial_must_be_an_alignment(warped):
    with pytest.raises(TypeError, match="initial must be an alignment"):
        RelaxedCSLSAlignment("procrustes").fit(*warped)
