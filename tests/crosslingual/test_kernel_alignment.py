"""KernelAlignment: linear maps stay, others are learnt."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ortho_group
from sklearn.kernel_ridge import KernelRidge

from sktransfer.crosslingual import KernelAlignment, Procrustes, WhitenedAlignment


def test_a_rotation_needs_no_correction(rng):
    X = rng.normal(size=(80, 5))
    Y = X @ ortho_group.rvs(5, random_state=0)
    alignment = KernelAlignment(random_state=0).fit(X, Y)
    assert_allclose(alignment.coef_, 0, atol=1e-12)
    assert_allclose(alignment.transform(X), Procrustes().fit(X, Y).transform(X))


def test_equal_to_kernel_ridge_with_all_pairs(rng):
    """As many features as pairs: Nystroem is exact."""
    X, Y = rng.normal(size=(60, 4)), rng.normal(size=(60, 4))
    alignment = KernelAlignment(gamma=2.0, alphas=[0.5], random_state=0).fit(X, Y)
    A, B = alignment.initial_.transform(X, Y)
    ridge = KernelRidge(kernel="rbf", gamma=2.0, alpha=0.5).fit(A, B - A)
    mapped, target = alignment.transform(X, Y)
    assert_allclose(mapped, A + ridge.predict(A), atol=1e-8)
    assert_allclose(target, B)


def test_a_bent_space_is_straightened(rng):
    X = rng.normal(size=(600, 4))
    Y = np.c_[X[:, :2], np.abs(X[:, 2]), X[:, 3] ** 2]
    errors = []
    for alignment in (Procrustes(), KernelAlignment(random_state=0)):
        mapped, target = alignment.fit(X[:500], Y[:500]).transform(X[500:], Y[500:])
        errors.append(np.sum((mapped - target) ** 2))
    assert errors[1] < errors[0] / 3


def test_strength_is_chosen(rng):
    """Noise alone: the strongest ridge, and nearly no correction."""
    X, Y = rng.normal(size=(100, 6)), rng.normal(size=(100, 6))
    alignment = KernelAlignment(alphas=(1e-3, 1e4), random_state=0).fit(X, Y)
    assert alignment.alpha_ == 1e4


def test_initial_alignment_and_unequal_dimensions(rng):
    X, Y = rng.normal(size=(100, 6)), rng.normal(size=(100, 4))
    alignment = KernelAlignment(WhitenedAlignment(n_components=3), random_state=0)
    mapped, target = alignment.fit(X, Y).transform(X[:7], Y[:5])
    assert mapped.shape == (7, 3)
    assert target.shape == (5, 3)


def test_float32_stays_float32(rng):
    X, Y = (rng.normal(size=(50, 3)).astype(np.float32) for _ in range(2))
    sides = KernelAlignment(random_state=0).fit(X, Y).transform(X, Y)
    assert all(Z.dtype == np.float32 for Z in sides)


def test_same_seed_same_result(rng):
    X, Y = rng.normal(size=(50, 3)), rng.normal(size=(50, 3))
    maps = [
        KernelAlignment(n_components=10, random_state=1).fit(X, Y).transform(X)
        for _ in range(2)
    ]
    assert_array_equal(*maps)
