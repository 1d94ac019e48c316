"""Ridge regressions on a few neighbours each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktransfer.recommend._local_ridge import local_and_shared_ridge, local_ridge


@pytest.fixture
def products(rng):
    X = sparse.csr_array((rng.random((60, 12)) < 0.3).astype(float))
    Y = sparse.csr_array((rng.random((60, 12)) < 0.3).astype(float))
    return (X.T @ X).tocsr(), (X.T @ Y).tocsr()


def test_all_terms_are_the_ridge_regression(products):
    G, C = products
    B = local_ridge(G, C, n_terms=12, l2=2.0)
    # terms that never meet the output have no weight, so only those columns are equal
    full = C.toarray().all(axis=0)
    assert full.any()
    expected = np.linalg.solve(G.toarray() + 2 * np.eye(12), C.toarray())
    assert_allclose(B.toarray()[:, full], expected[:, full])


def test_few_terms_are_the_regression_on_the_largest(products):
    G, C = (A.toarray() for A in products)
    B = local_ridge(*products, n_terms=4, l2=2.0).toarray()
    for j in range(12):
        size = C[:, j] / np.sqrt(np.diag(G) + 2)
        K = np.sort(np.argsort(-size, kind="stable")[:4])
        K = K[size[K] > 0]
        expected = np.zeros(12)
        expected[K] = np.linalg.solve(G[np.ix_(K, K)] + 2 * np.eye(len(K)), C[K, j])
        assert_allclose(B[:, j], expected)


def test_many_items_are_looked_up_in_sparse_products(products):
    expected = local_ridge(*products, n_terms=5, l2=1.0).toarray()
    place = 500 * np.arange(12)  # the same 12 among 6,000

    def spread(A):
        A = A.tocoo()
        indices = place[A.row], place[A.col]
        return sparse.csr_array((A.data, indices), shape=(6000, 6000))

    G, C = map(spread, products)
    upper = sparse.triu(G, format="csr")  # mirrored entries once
    for gram in (G, upper):
        found = local_ridge(gram, C, n_terms=5, l2=1.0)
        assert_allclose(found[place][:, place].toarray(), expected)
        assert found.nnz == np.count_nonzero(expected)


def test_an_item_without_products_has_no_weights(products):
    G, C = (A.tolil() for A in products)
    C[:, 3] = 0
    B = local_ridge(G.tocsr(), C.tocsr(), n_terms=5, l2=1.0)
    assert not B.toarray()[:, 3].any()
    nothing = sparse.csr_array((3, 3))
    assert local_ridge(nothing, nothing, n_terms=2, l2=1.0).nnz == 0


def test_precision_is_kept_and_inputs_stay(products):
    G, C = (A.astype(np.float32) for A in products)
    before = G.toarray(), C.toarray()
    B = local_ridge(G, C, n_terms=5, l2=1.0)
    assert B.dtype == np.float32
    assert_allclose(G.toarray(), before[0])
    assert_allclose(C.toarray(), before[1])
    assert_allclose(
        B.toarray(), local_ridge(*products, n_terms=5, l2=1.0).toarray(), atol=1e-5
    )


def test_a_gram_matrix_with_entries_left_out_gives_no_wild_weights(rng):
    # without the pair (0, 2) the matrix has an eigenvalue of -0.4
    G = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
    assert np.linalg.eigvalsh(G)[0] < -0.4
    C = np.ones((3, 3))
    for l2 in (0.41, 0.42, 0.4143):
        B = local_ridge(sparse.csr_array(G), sparse.csr_array(C), n_terms=3, l2=l2)
        assert np.linalg.norm(B.toarray(), axis=0).max() <= 3**0.5 / l2 * 1.001
    lifted = [[1.0, 1, 0.9], [1, 1, 1], [0.9, 1, 1]]  # complete: nothing is changed
    found = local_ridge(
        sparse.csr_array(lifted), sparse.csr_array(C), n_terms=3, l2=0.1
    )
    expected = np.linalg.solve(np.array(lifted) + 0.1 * np.eye(3), C)
    assert_allclose(found.toarray(), expected, atol=1e-12)


def test_an_item_whose_system_is_no_gram_matrix_is_regressed_on_its_terms(rng):
    # pairs (0, 2) are left out, and the combination says otherwise
    X = np.ones((5, 4)) + 0.1 * rng.normal(size=(5, 4))
    G = X.T @ X
    F = np.ones((4, 1))
    F /= np.sqrt(F.T @ (G + np.eye(4)) @ F)
    cut = G.copy()
    cut[0, 2] = cut[2, 0] = 0
    terms = sparse.csr_array(np.where(np.eye(4), 0, G))
    setting = {"l2": 1.0, "diagonal": np.diag(G)}
    shared = {"shared": F, "shared_products": G @ F}
    B, W = local_and_shared_ridge(sparse.csr_array(cut), terms, **setting, **shared)
    alone = local_ridge(sparse.csr_array(cut), terms, n_terms=4, **setting).toarray()
    dropped = ~W.any(axis=0)
    assert dropped.any()
    assert_allclose(B.toarray()[:, dropped], alone[:, dropped])
    # where it is known that pairs are left out, the combination stands for them
    cut = sparse.csr_array(cut)
    B, W = local_and_shared_ridge(
        cut, terms, **setting, **shared, cut=np.ones(4, dtype=bool)
    )
    assert W.any(axis=0).all()
    expected, V = local_and_shared_ridge(G, terms, **setting, **shared)
    assert_allclose(B.toarray() + F @ W, expected.toarray() + F @ V, atol=0.02)


def test_a_gram_matrix_that_is_not_finite(products):
    G, C = (A.toarray() for A in products)
    G[0, 1] = G[1, 0] = np.inf
    with pytest.raises(np.linalg.LinAlgError, match="not finite"):
        local_ridge(sparse.csr_array(G), sparse.csr_array(C), n_terms=12, l2=1.0)
