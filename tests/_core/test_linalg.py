"""Powers of symmetric matrices and in-place updates."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm

from sktransfer._core.linalg import (
    add_outer,
    add_scatter,
    mirror_lower,
    project_rows,
    spd_eigh,
    spd_power,
)


@pytest.fixture
def spd(rng):
    B = rng.normal(size=(30, 6))
    return B.T @ B


def test_powers_add_up(spd):
    root, inverse_root = spd_power(spd, 0.5), spd_power(spd, -0.5)
    assert_allclose(root @ root, spd, rtol=1e-10)
    assert_allclose(root @ inverse_root, np.eye(6), atol=1e-10)
    assert_allclose(spd_power(spd, -1), np.linalg.inv(spd), rtol=1e-8, atol=1e-12)
    assert_allclose(root, sqrtm(spd).real, rtol=1e-8)


def test_null_eigenvalues_give_the_pseudo_inverse(rng):
    B = rng.normal(size=(3, 5))
    A = B.T @ B  # rank 3 of 5
    assert_allclose(spd_power(A, -1), np.linalg.pinv(A, hermitian=True), atol=1e-9)
    projector = spd_power(A, 0)
    assert_allclose(projector, np.linalg.pinv(B) @ B, atol=1e-9)
    assert_allclose(spd_power(A, -0.5) @ spd_power(A, 0.5), projector, atol=1e-9)
    assert np.count_nonzero(spd_eigh(A)[0]) == 3


def test_zero_matrix_has_zero_powers():
    assert_array_equal(spd_power(np.zeros((3, 3)), -0.5), np.zeros((3, 3)))


def test_rcond_sets_what_counts_as_null():
    A = np.diag([1.0, 1e-4])
    assert_allclose(spd_power(A, -0.5), np.diag([1.0, 100.0]))
    assert_allclose(spd_power(A, -0.5, rcond=1e-3), np.diag([1.0, 0.0]))


def test_power_is_exactly_symmetric_and_float64(spd):
    P = spd_power(spd.astype(np.float32), 0.3)
    assert_array_equal(P, P.T)
    assert P.dtype == np.float64


@pytest.mark.parametrize(
    ("A", "message"),
    [
        (np.ones((2, 3)), r"square matrix; got shape \(2, 3\)"),
        (np.diag([1.0, -1.0]), "eigenvalues from -1 to 1"),
        (-np.eye(2), "positive semi-definite"),
        (np.full((2, 2), np.nan), "infs or NaNs"),
    ],
)
def test_what_is_no_covariance_is_refused(A, message):
    with pytest.raises(ValueError, match=message):
        spd_power(A, 0.5)


def test_updates_in_place(rng):
    S = np.zeros((4, 4))
    B, x = rng.normal(size=(7, 4)), rng.normal(size=4)
    add_scatter(S, B)
    add_outer(S, x, 2.0)
    mirror_lower(S)
    assert_allclose(S, B.T @ B + 2 * np.outer(x, x), rtol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_many_rows_are_projected_in_float64(container, rng):
    n = 150_000
    X, direction = rng.normal(size=(n, 3)).astype(np.float32), rng.normal(size=3)
    rows = np.flatnonzero(rng.random(n) < 0.7)
    found = project_rows(container(X), direction)
    assert found.dtype == np.float64
    assert_allclose(found, X.astype(np.float64) @ direction, atol=1e-12)
    assert_allclose(project_rows(container(X), direction, rows), found[rows])
