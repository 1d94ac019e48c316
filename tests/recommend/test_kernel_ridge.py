"""Ridge regressions on content beside those of scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.kernel_ridge import KernelRidge

from sktransfer.recommend.content._kernel_ridge import (
    ContentRidge,
    LinearContentRidge,
    content_kernel,
    content_ridge,
    leave_one_out,
    ridge_on_content,
    scaled_content,
)


def test_kernel_by_hand():
    F = np.array([[2.0, 0], [0, 1], [1, 1], [0, 0]])
    assert_allclose(content_kernel(F), F @ F.T)
    c = np.sqrt(0.5)
    K = content_kernel(F, degree=5)
    assert_allclose(K[0, 2], 2 * np.sqrt(2) * (c + c**3 + c**5) / 3)
    assert_allclose(np.diag(K), [4, 1, 2, 0])
    assert_allclose(content_kernel(F, F[2:], degree=5), K[:, 2:])
    assert_allclose(content_kernel(-F, F, degree=5), -K)  # unlike items stay unlike
    assert np.linalg.eigvalsh(K).min() > -1e-12
    S = sparse.csr_array(F)
    assert_allclose(content_kernel(S, degree=5), K)
    assert_allclose(
        content_kernel(S, S[2:], degree=3), content_kernel(F, F[2:], degree=3)
    )


def test_content_is_scaled_to_a_mean_square_length_of_one(rng):
    F = rng.normal(size=(20, 3)) * 1e30
    F[3] = 0
    Z, unit = scaled_content(F, np.float64)
    assert_allclose((Z**2).sum() / 20, 1)
    assert_allclose(Z * unit, F)
    S, same = scaled_content(sparse.csr_matrix(F), np.float64)
    assert_allclose(S.toarray(), Z)
    assert same == pytest.approx(unit)
    long, _ = scaled_content(F * 100, np.float64, unit=unit)
    assert_allclose(np.linalg.norm(long, axis=1)[[0, 3]], [3, 0])
    zero, unit = scaled_content(np.zeros((3, 2)), np.float32)
    assert zero.dtype == np.float32
    assert (zero == 0).all()
    assert unit == 1


def test_leave_one_out_is_the_regression_without_the_item(rng):
    F, _ = scaled_content(rng.normal(size=(12, 4)), np.float64)
    K = content_kernel(F, degree=5)
    values = rng.normal(size=(3, 12))
    P, diagonal = content_ridge(K.copy(), 0.7)
    found = leave_one_out(values, values @ P, diagonal)
    for j in range(12):
        others = np.arange(12) != j
        ridge = KernelRidge(alpha=0.7, kernel="precomputed")
        ridge.fit(K[np.ix_(others, others)], values[:, others].T)
        assert_allclose(found[:, j], ridge.predict(K[[j]][:, others])[0])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_few_columns_of_content_give_the_same_regression(rng, kind):
    F = rng.normal(size=(40, 5)) * (rng.random((40, 5)) < 0.5)
    F[3] = 0
    expected = content_ridge(content_kernel(F), 0.3)
    found = ridge_on_content(kind(F), 1, 0.3)
    assert isinstance(found, LinearContentRidge)
    assert_allclose(found.diagonal, expected.diagonal)
    values = rng.normal(size=(7, 40))
    assert_allclose(found.solve(values), values @ expected.inverse)
    assert_allclose(found.solve(values[0]), values[0] @ expected.inverse)
    assert isinstance(ridge_on_content(kind(F), 5, 0.3), ContentRidge)
    wide = ridge_on_content(kind(F[:9]), 1, 0.3)
    assert isinstance(wide, ContentRidge)
    assert_allclose(wide.inverse, content_ridge(content_kernel(F[:9]), 0.3).inverse)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(("degree", "n_columns"), [(1, 5), (1, 40), (5, 5)])
def test_items_held_out_of_an_inverse_are_as_if_they_had_not_been_there(
    rng, kind, degree, n_columns
):
    F = rng.normal(size=(40, n_columns))
    known, new, some = np.arange(3, 33), np.arange(34, 40), np.array([0, 7, 8, 29])
    values = rng.normal(size=(6, 30)) * (rng.random((6, 30)) < 0.5)
    held = ridge_on_content(kind(F), degree, 0.4).hold_out(known, new, some)
    K = content_kernel(F, degree=degree)
    P = np.linalg.inv(K[3:33, 3:33] + 0.4 * np.eye(30))
    expected = np.hstack(
        [
            leave_one_out(values, values @ P, P.diagonal())[:, some],
            values @ P @ K[3:33, 34:],
        ]
    )
    for found in held.predict(values, sparse.csr_array(values)):
        assert_allclose(found, expected, atol=1e-10)
