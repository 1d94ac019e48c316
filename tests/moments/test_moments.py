"""Laws of the mergeable moments, and golden comparisons with NumPy."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.moments import ColumnMoments, GramMoments, Moments
from sktransfer.moments.by_domain import update_by_domain

KINDS = [Moments, ColumnMoments]
OFFSETS = np.array([1e6, -1e6, 0.0, 1e3])

rows = st.integers(0, 12).flatmap(
    lambda n: arrays(np.float64, (n, 4), elements=st.floats(-9, 9, width=32))
)


def state(kind, X, w=None):
    return kind.empty(X.shape[1]).update(X, sample_weight=w)


def assert_same(a, b, rtol=1e-9, atol=1e-9):
    assert type(a) is type(b)
    assert a.n_rows == b.n_rows
    assert_allclose(a.weight, b.weight, rtol=1e-12)
    assert_allclose(a.mean, b.mean, rtol=rtol, atol=atol)
    assert_allclose(a.scatter, b.scatter, rtol=rtol, atol=atol)


def deviations(X, w=None):
    """Mean and scatter in extended precision, two passes."""
    X = np.asarray(X, dtype=np.longdouble)
    w = np.ones(len(X)) if w is None else np.asarray(w, dtype=np.longdouble)
    mean = w @ X / w.sum()
    D = X - mean
    return mean.astype(float), (D.T @ (w[:, None] * D)).astype(float)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=500, deadline=None)
@given(a=rows, b=rows, c=rows)
@pytest.mark.slow
def test_merge_is_commutative_associative_and_has_a_unit(kind, a, b, c):
    a, b, c = (state(kind, x + OFFSETS) for x in (a, b, c))
    # deviations of 1e-10 in means near 1e6 are the last bits of a float64
    assert_same(a.merge(b), b.merge(a), atol=1e-7)
    assert_same(a.merge(b).merge(c), a.merge(b.merge(c)), atol=1e-7)
    unit = kind.empty(4)
    assert_same(a.merge(unit), a, rtol=0, atol=0)
    assert_same(unit.merge(a), a, rtol=0, atol=0)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=500, deadline=None)
@given(a=rows, b=rows, data=st.data())
@pytest.mark.slow
def test_forgetting_undoes_merging(kind, a, b, data):
    w = data.draw(arrays(np.float64, len(b), elements=st.floats(0.1, 5)))
    a, b = a + OFFSETS, b + OFFSETS
    left = state(kind, a).update(b, sample_weight=w).forget(b, sample_weight=w)
    assert left.n_rows == len(a)
    assert_allclose(left.weight, len(a), atol=1e-9)
    if len(a):
        assert_allclose(left.mean, state(kind, a).mean, rtol=1e-13, atol=1e-7)
        # a hundred squared deviations of 1e-10 of the offset, at worst
        assert_allclose(left.scatter, state(kind, a).scatter, atol=1e-5)
    else:
        assert not left.scatter.any()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(x=rows, cuts=st.lists(st.integers(0, 12), max_size=4))
def test_chunks_equal_the_whole(kind, x, cuts):
    x = x + OFFSETS
    whole, parts = state(kind, x), np.split(x, sorted(min(c, len(x)) for c in cuts))
    chunked, merged = kind.empty(4), kind.empty(4)
    for part in parts:
        chunked = chunked.update(part)
        merged = merged.merge(state(kind, part))
    assert_same(chunked, whole, atol=1e-7)
    assert_same(merged, whole, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(x=rows, data=st.data())
def test_integer_weights_repeat_rows(kind, x, data):
    w = data.draw(arrays(np.int64, len(x), elements=st.integers(0, 3)))
    weighted, repeated = state(kind, x, w), state(kind, np.repeat(x, w, axis=0))
    assert weighted.n_rows == np.sum(w > 0)
    assert_allclose(weighted.weight, repeated.weight)
    assert_allclose(weighted.mean, repeated.mean, atol=1e-9)
    assert_allclose(weighted.scatter, repeated.scatter, atol=1e-9)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(x=rows, data=st.data())
def test_sparse_equals_dense(kind, container, x, data):
    # few decimals: hypothesis' tiny numbers would not survive a product
    x = np.where(np.abs(x) < 3, 0, np.round(x, 3)) + np.array([1e6, 0, 0, 0])
    w = data.draw(st.none() | arrays(np.float64, len(x), elements=st.floats(0.1, 5)))
    assert_same(state(kind, container(x), w), state(kind, x, w), atol=1e-7)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_offsets_of_a_million_do_not_cancel(rng, form, weighted):
    # columns: full with offset, half full with offset, sparse, small, constant
    # several blocks of either, dense ones by their many columns
    n, n_others = (3000, 1500) if form is np.asarray else (40_000, 0)
    X = rng.normal(size=(n, 5))
    X[:, 0] += 1e6
    X[::2, 1] += 1e6
    X[1::2, 1] = 0
    X[rng.random(n) < 0.9, 2] = 0
    X[:, 3] *= 1e-3
    X[:, 4] = 1e6
    w = rng.uniform(0.5, 2, size=n) if weighted else None
    mean, scatter = deviations(X, w)
    X = np.hstack([X, rng.normal(size=(n, n_others))])
    full = state(Moments, form(X), w)
    scale = np.sqrt(np.outer(np.diag(scatter), np.diag(scatter)))[:4, :4]
    assert_allclose(full.mean[:5], mean, rtol=1e-15, atol=1e-15)
    assert_allclose(full.scatter[:4, :4] / scale, scatter[:4, :4] / scale, atol=2e-10)
    assert_allclose(full.scatter[4, :5], 0, atol=1e-3)  # 1e12 squared times 1e-16
    columns = state(ColumnMoments, form(X), w)
    assert_allclose(columns.scatter[:4], np.diag(scatter)[:4], rtol=1e-10)
    assert_array_equal(columns.constant()[:5], [False, False, False, False, True])


@pytest.mark.parametrize("weighted", [False, True])
def test_many_sparse_columns(rng, weighted):
    X = sparse.random_array((3000, 700), density=0.05, rng=rng, format="csr").tolil()
    X[:, [3, 300, 650]] = 1 + rng.random((3000, 3))  # and full ones
    X = sparse.csr_array(X)
    w = rng.uniform(0.5, 2, size=3000) if weighted else np.ones(3000)
    D = X.toarray() - np.average(X.toarray(), axis=0, weights=w)
    found = state(Moments, X, w if weighted else None)
    assert_allclose(found.scatter, D.T @ (w[:, None] * D), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_mean_of_many_rows_is_right_to_its_last_bit(kind, rng):
    X = rng.normal(size=(20_000, 2)) + 1e6
    mean, _ = deviations(X)
    assert np.abs(state(kind, X).mean - mean).max() <= np.spacing(1e6)


def test_covariance_is_that_of_numpy(rng):
    X = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)) + 1e6
    w = rng.integers(1, 5, size=200)
    for ddof in (0, 1):
        got = state(Moments, X).covariance(ddof)
        assert_allclose(got, np.cov(X - X.mean(0), rowvar=False, ddof=ddof), rtol=1e-9)
        got = state(Moments, X, w).covariance(ddof)
        centred = X - np.average(X, axis=0, weights=w)
        reference = np.cov(centred, rowvar=False, ddof=ddof, fweights=w)
        assert_allclose(got, reference, rtol=1e-9)
    assert_allclose(state(ColumnMoments, X).variance(1), X.var(0, ddof=1), rtol=1e-9)


def test_covariance_is_exactly_symmetric(rng):
    a, b = (state(Moments, rng.normal(size=(50, 7))) for _ in range(2))
    for C in (a.covariance(), a.merge(b).covariance(), a.gram()):
        assert_array_equal(C, C.T)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_gram_is_the_uncentred_product(rng, form):
    X, w = rng.poisson(1.0, size=(80, 5)).astype(float), rng.random(80)
    assert_allclose(state(Moments, form(X)).gram(), X.T @ X)
    assert_allclose(state(Moments, form(X), w).gram(), X.T @ (w[:, None] * X))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_small_types_neither_wrap_nor_overflow(kind, form):
    counts = np.array([[200, 0], [250, 255], [255, 0]], dtype=np.uint8)
    assert_same(state(kind, form(counts)), state(kind, counts.astype(float)))
    flags = counts > 0
    assert_same(state(kind, form(flags)), state(kind, flags.astype(float)))


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_does_not_overflow(kind):
    # 300 squared is above the largest float16
    X = np.array([[300, -300], [-300, 1000], [0, 0]], dtype=np.float16)
    assert_same(state(kind, X), state(kind, X.astype(float)))
    assert np.isfinite(state(kind, X).scatter).all()


@pytest.mark.parametrize("kind", KINDS)
def test_duplicate_entries_of_sparse_input_add_up(kind):
    X = sparse.csr_array((np.ones(3), [0, 0, 1], [0, 2, 3]), shape=(2, 2))
    assert_same(state(kind, X), state(kind, np.array([[2.0, 0.0], [0.0, 1.0]])))
    assert X.nnz == 3


@pytest.mark.parametrize("kind", KINDS)
def test_state_is_immutable_and_survives_pickling(kind, rng):
    X = rng.normal(size=(5, 3))
    before = state(kind, X)
    copy = pickle.loads(pickle.dumps(before))
    before.update(X).merge(before)
    for s in (before, copy):
        assert_same(s, state(kind, X), rtol=0, atol=0)
        for array in (s.mean, s.scatter):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
        with pytest.raises(AttributeError):
            s.weight = 3.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_input_is_not_written_to(kind, form, rng):
    X, w = form(rng.poisson(1.0, size=(6, 3)).astype(float)), rng.random(6)
    kept, kept_w = X.copy(), w.copy()
    state(kind, X, w)
    assert (X != kept).sum() == 0
    assert_array_equal(w, kept_w)


def test_no_rows_change_nothing():
    s = Moments.empty(2)
    assert s.update(np.zeros((0, 2))) is s
    assert s.update(np.ones((3, 2)), sample_weight=np.zeros(3)) is s


def test_column_moments_stay_small_over_many_columns():
    X = sparse.random_array((50, 50_000), density=0.001, format="csr", rng=0)
    s = state(ColumnMoments, X)
    assert s.scatter.shape == (50_000,)
    assert_allclose(s.variance()[:200], X[:, :200].toarray().var(axis=0), atol=1e-12)


def test_states_by_domain_hold_the_rows_of_each(rng):
    X, d = rng.normal(size=(9, 2)), np.array([1, 1, -2, 3, -2, 1, -4, 3, 3])
    whole = update_by_domain({}, X, d, Moments)
    assert list(whole) == [-4, -2, 1, 3]
    parts = {}
    for i in range(0, 9, 2):
        parts = update_by_domain(parts, X[i : i + 2], d[i : i + 2], Moments)
    for key in whole:
        assert_same(whole[key], state(Moments, X[d == key]), rtol=0, atol=0)
        assert_same(parts[key], whole[key])
    assert list(update_by_domain({}, X, None, Moments)) == [0]


@pytest.mark.parametrize("kind", [*KINDS, GramMoments])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("w", [None, [1.0, 2.0, 1.0]])
def test_rows_that_are_not_finite_are_refused(kind, form, value, w):
    X = form(np.array([[1.0, 2.0], [value, 0.0], [3.0, 1.0]]))
    with pytest.raises(ValueError, match=f"finite numbers; got {value:g}"):
        state(kind, X, w)
    with pytest.raises(ValueError, match="fit into float64; got values up to 1e"):
        state(kind, form(np.array([[1e200, 2.0], [-1e200, 0.0]])))


@pytest.mark.parametrize("kind", [*KINDS, GramMoments])
def test_rows_that_are_no_numbers_are_refused(kind):
    s = kind.empty(2)
    for X in (np.array([["1", "2"]]), np.array([[1j, 2]]), np.array([["a", 1]], "O")):
        with pytest.raises(ValueError, match="real numbers; got dtype"):
            s.update(X)
    with pytest.raises(ValueError, match="masked entries"):
        s.update(np.ma.array([[1.0, 2.0]], mask=[[0, 1]]))
    assert s.update(np.array([[1, 2.5]], dtype=object)).n_rows == 1
    assert s.update(np.ma.array([[1.0, 2.0]])).n_rows == 1


def test_messages_name_what_was_got():
    s = Moments.empty(2)
    with pytest.raises(ValueError, match=r"2 columns.*got shape \(1, 3\)"):
        s.update(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        s.update(np.ones((1, 2)), sample_weight=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"not negative; got -1"):
        s.update(np.ones((2, 2)), sample_weight=[1.0, -1.0])
    with pytest.raises(ValueError, match="finite"):
        s.update(np.ones((2, 2)), sample_weight=[1.0, np.nan])
    with pytest.raises(ValueError, match="got Moments of 3 columns"):
        s.merge(Moments.empty(3))
    with pytest.raises(ValueError, match="got ColumnMoments of 2 columns"):
        s.merge(ColumnMoments.empty(2))
    with pytest.raises(ValueError, match="total weight 0"):
        s.covariance()
    with pytest.raises(ValueError, match="ddof=1"):
        s.update(np.ones((1, 2))).covariance(ddof=1)
