"""Leading singular vectors, exact and by subspace iteration, against a full SVD."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend._singular_vectors import right_singular_vectors


def decaying(rng, n_columns):
    X = rng.normal(size=(200, n_columns)) * 2.0 ** -np.arange(n_columns)
    return sparse.csr_array(X @ np.linalg.qr(rng.normal(size=(n_columns,) * 2))[0])


@pytest.mark.parametrize("n_columns", [40, 600])  # exact, and by iteration
def test_agrees_with_the_full_decomposition(rng, n_columns):
    X = decaying(rng, n_columns)
    energies, V = right_singular_vectors(X, 3, np.random.RandomState(0))
    _, s, Vt = np.linalg.svd(X.toarray(), full_matrices=False)
    assert_allclose(energies, s[:3] ** 2, rtol=1e-6)
    assert_allclose(V @ V.T, Vt[:3].T @ Vt[:3], atol=1e-6)
    assert_allclose(V.T @ V, np.eye(3), atol=1e-10)
    again = right_singular_vectors(X, 3, np.random.RandomState(0))[1]
    assert_array_equal(V, again)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_fewer_columns_than_vectors_and_dtype(rng, kind):
    X = kind(decaying(rng, 40).astype(np.float32)[:, :4])
    energies, V = right_singular_vectors(X, 9, np.random.RandomState(0))
    assert energies.shape == (4,)
    assert V.shape == (4, 4)
    assert energies.dtype == V.dtype == np.float32
    none = right_singular_vectors(X, 0, np.random.RandomState(0))
    assert none[0].shape == (0,)
    assert none[1].shape == (4, 0)
