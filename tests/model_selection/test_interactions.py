"""Holding out interactions of rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.model_selection import split_interactions


@pytest.fixture
def X(rng):
    dense = np.where(rng.random((60, 30)) < 0.3, rng.integers(1, 6, (60, 30)), 0)
    dense[0], dense[1] = 0, 0
    dense[1, 4] = 3
    return sparse.csr_array(dense.astype(np.float32))


@pytest.mark.parametrize("options", [{}, {"test_size": 2}, {"test_size": 0.9}])
def test_parts_are_disjoint_and_sum_to_the_whole(X, options):
    X_in, X_out = split_interactions(X, random_state=0, **options)
    assert (X_in + X_out - X).nnz == 0
    assert X_in.multiply(X_out).nnz == 0
    n, n_in, n_out = (np.diff(A.indptr) for A in (X, X_in, X_out))
    assert (n_in[n >= 1] >= 1).all()
    assert (n_out[n >= 2] >= 1).all()
    assert (n_out[n < 2] == 0).all()
    size = options.get("test_size", 0.2)
    wanted = np.full(n.shape, size) if size == 2 else np.rint(n * size)
    enough = n >= 2
    assert_array_equal(n_out[enough], np.clip(wanted, 1, n - 1)[enough])
    assert X_in.dtype == X_out.dtype == X.dtype


@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, np.asarray]
)
def test_every_form_of_input_gives_the_same_parts(X, kind):
    expected = split_interactions(X, random_state=3)
    given = X.toarray() if kind is np.asarray else kind(X)
    found = split_interactions(given, random_state=3)
    assert_array_equal(found[0].toarray(), expected[0].toarray())
    assert_array_equal(found[1].toarray(), expected[1].toarray())
    assert isinstance(found[0], sparse.sparray) == isinstance(given, sparse.sparray)


def test_seeds(X):
    one, same, other = (
        split_interactions(X, random_state=s)[1].toarray() for s in (1, 1, 2)
    )
    assert_array_equal(one, same)
    assert (one != other).any()


def test_each_interaction_is_held_out_as_often():
    X = sparse.csr_array(np.ones((4000, 5)))
    share = split_interactions(X, random_state=0)[1].sum(axis=0) / 4000
    assert np.abs(share - 0.2).max() < 0.03  # five standard errors


def test_the_last_by_time():
    X = sparse.csr_array(np.array([[1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]))
    when = sparse.csr_array(np.array([[30, 10, 20, 0], [0, 9, 0, 0], [4, 0, 0, 5]]))
    X_in, X_out = split_interactions(X, last=1, time=when)
    assert_array_equal(X_out.toarray(), [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    assert_array_equal((X_in + X_out).toarray(), X.toarray())
    _, X_out = split_interactions(X, last=2, time=when)
    assert_array_equal(X_out.toarray(), [[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]])


def test_equal_times_are_drawn():
    X = sparse.csr_array(np.ones((2000, 2)))
    _, X_out = split_interactions(X, last=1, time=X, random_state=0)
    assert abs(X_out.sum(axis=0)[0] / 2000 - 0.5) < 0.06


def test_seconds_since_1970_keep_their_order():
    now = 1_700_000_000
    when = np.array([[now + 2, now + 1, now + 3]])
    _, X_out = split_interactions(np.ones((1, 3)), last=1, time=when)
    assert_array_equal(X_out.toarray(), [[0, 0, 1]])


def test_input_is_not_written_to_and_stored_zeros_are_no_interactions():
    X = sparse.csr_array(
        (np.array([0.0, 1, 1]), np.array([0, 1, 2]), np.array([0, 3])), shape=(1, 3)
    )
    X_in, X_out = split_interactions(X, random_state=0)
    assert X.nnz == 3
    assert X_in.nnz == X_out.nnz == 1


@pytest.mark.parametrize("size", [0, 1.0, 0.0, -0.1, True, "half", 0.2 + 1j])
def test_bad_test_size(X, size):
    with pytest.raises(ValueError, match="test_size must be"):
        split_interactions(X, test_size=size)


def test_errors(X):
    with pytest.raises(ValueError, match="needs the times"):
        split_interactions(X, last=1)
    with pytest.raises(ValueError, match="with `last` and `since` only"):
        split_interactions(X, time=X)
    for last in (0, 1.5, True):
        with pytest.raises(ValueError, match="last must be an integer"):
            split_interactions(X, last=last, time=X)
    with pytest.raises(ValueError, match="shape of X"):
        split_interactions(X, last=1, time=X[:3])
    with pytest.raises(ValueError, match="Times start above 0"):
        split_interactions(np.ones((1, 2)), last=1, time=np.array([[1, 0]]))
    with pytest.raises(ValueError, match="finite"):
        split_interactions(np.ones((1, 2)), last=1, time=np.array([[1, np.inf]]))
    with pytest.raises(ValueError, match="NaN"):
        split_interactions([[1, np.nan]])
    with pytest.raises(ValueError, match="not both"):
        split_interactions(X, last=1, since=3, time=X)
    with pytest.raises(ValueError, match="since=3 needs the times"):
        split_interactions(X, since=3)
    for since in ("now", True, np.nan):
        with pytest.raises(ValueError, match="since must be a number"):
            split_interactions(X, since=since, time=X)
    for users in (0, 1.0, -1, 61, True, "all", 0.0):
        with pytest.raises(ValueError, match="users must be"):
            split_interactions(X, users=users)
    with pytest.raises(ValueError, match="something to hold out, 0;"):
        split_interactions(np.eye(3), users=0.5)


def test_by_time():
    X = sparse.csr_array(np.array([[1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]))
    when = sparse.csr_array(np.array([[30, 10, 20, 0], [0, 30, 0, 0], [4, 0, 0, 5]]))
    X_in, X_out = split_interactions(X, since=20, time=when)
    assert_array_equal(X_out.toarray(), [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    assert_array_equal((X_in + X_out).toarray(), X.toarray())
    assert split_interactions(X, since=31, time=when)[1].nnz == 0
    assert split_interactions(X, since=-np.inf, time=when)[0].nnz == 0


@pytest.mark.parametrize(("users", "n"), [(0.25, 15), (7, 7), (0.001, 1)])
def test_some_users_are_split_and_the_others_whole(X, users, n):
    n_able = int((np.diff(X.indptr) >= 2).sum())
    n = min(n, round(n_able * 0.25)) if users == 0.25 else n
    X_in, X_out = split_interactions(X, users=users, random_state=0)
    new = np.diff(X_out.indptr) > 0
    assert new.sum() == n
    assert (X_in + X_out - X).nnz == 0
    assert (X_in[~new] - X[~new]).nnz == 0
    other = split_interactions(X, users=users, random_state=1)[1]
    assert (np.diff(other.indptr) > 0).tolist() != new.tolist()


def test_users_with_the_last_by_time(X):
    _, X_out = split_interactions(X, last=1, time=X, users=10, random_state=0)
    _, every = split_interactions(X, last=1, time=X, random_state=0)
    rows = np.diff(X_out.indptr) > 0
    assert rows.sum() == 10
    assert_array_equal(X_out[rows].toarray(), every[rows].toarray())
