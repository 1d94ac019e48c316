"""Steps and start of ALS beside full solutions and decompositions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend.collaborative._als_solver import (
    _conjugate_gradients,
    start_factors,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_end_at_the_precision_of_the_dtype_or_not_at_all(rng, dtype):
    Z = np.linalg.qr(rng.normal(size=(400, 20)))[0]  # Z'Z = I
    A = Z[rng.integers(0, 400, (30, 60))].astype(dtype)
    d = rng.uniform(0, 5, (30, 60)).astype(dtype)
    y = 10 ** rng.uniform(-30, 3, (30, 1)).astype(dtype) * rng.normal(size=(30, 20))
    y = y.astype(dtype)
    y[7] = 0
    x = _conjugate_gradients(A, d, y, 20)
    assert x.dtype == dtype
    wide = A.astype(float)
    M = np.eye(20) + np.einsum("bnf,bn,bng->bfg", wide, d, wide)
    assert np.linalg.eigvalsh(M).max() < 6
    expected = np.linalg.solve(M, y.astype(float)[:, :, None])[:, :, 0]
    error = np.linalg.norm(x - expected, axis=1)
    eps = np.finfo(dtype).eps
    assert (error <= 20 * eps * np.linalg.norm(expected, axis=1)).all()
    assert not x[7].any()
    assert _conjugate_gradients(A, d, y, 2) is None
    wild = (10 ** np.linspace(0, 18, 60, dtype=dtype)) * np.ones_like(d)
    assert _conjugate_gradients(A, wild, y, 20) is None
    assert _conjugate_gradients(A, d, np.full_like(y, np.nan), 20) is None


@pytest.mark.parametrize("n_columns", [40, 600])  # exact, and by iteration
def test_start_spans_the_leading_singular_vectors(rng, n_columns):
    scale = 2.0 ** -np.arange(n_columns)
    X = rng.normal(size=(200, n_columns)) * scale
    rotation = np.linalg.qr(rng.normal(size=(n_columns, n_columns)))[0]
    X = sparse.csr_array(X @ rotation)
    found = start_factors(X, 3, np.random.RandomState(0))
    _, s, Vt = np.linalg.svd(X.toarray(), full_matrices=False)
    assert_allclose(found @ found.T, (Vt[:3].T * s[:3]) @ Vt[:3], atol=1e-6)
    again = [start_factors(X, 3, np.random.RandomState(5)) for _ in range(2)]
    assert_array_equal(*again)
